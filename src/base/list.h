/*
 * A list of strings that lives in an arena. Settings with several values ("excludes") are such lists; in SQL and in
 * text they are one item a line, which is why no item may hold a newline (model/rule.h sees to that).
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct list {
    const char **items; /* in the arena; NULL when empty */
    size_t count;
    size_t room;
};

/* Appends a copy of `text`. */
void list_add(struct arena *arena, struct list *list, const char *text);

/* Appends each line of `text` that is not empty. */
void list_add_lines(struct arena *arena, struct list *list, const char *text);

/* The items joined by newlines, "" when there is none. */
char *list_lines(struct arena *arena, const struct list *list);

/* The items joined by `separator`. */
char *list_join(struct arena *arena, const struct list *list, const char *separator);

bool list_has(const struct list *list, const char *text);

#endif
