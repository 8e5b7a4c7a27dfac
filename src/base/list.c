/* Lists of strings in an arena. */
#include "base/list.h"

#include <string.h>

#include "base/buf.h"

void list_add(struct arena *arena, struct list *list, const char *text)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 8 : list->room * 2;
        const char **items = arena_alloc(arena, room * sizeof *items);

        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = arena_strdup(arena, text);
}

void list_add_lines(struct arena *arena, struct list *list, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        if (length > 0)
            list_add(arena, list, arena_copy(arena, text, length));
        text += length + (text[length] == '\n');
    }
}

char *list_join(struct arena *arena, const struct list *list, const char *separator)
{
    BUF_SCOPED joined = BUF_EMPTY;

    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_text(&joined, separator);
        buf_add_text(&joined, list->items[i]);
    }
    return arena_strdup(arena, buf_text(&joined));
}

char *list_lines(struct arena *arena, const struct list *list)
{
    return list_join(arena, list, "\n");
}

bool list_has(const struct list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}
