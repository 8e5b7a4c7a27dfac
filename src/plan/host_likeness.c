/* How like two names of hosts are. */
#include "plan/host_likeness.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { ALIKE, LABELS, EDITS, FAR = 5, EDITS_MAX = 2 };

static bool is_first_label(const char *name, const char *longer)
{
    size_t length = strlen(name);

    return strncasecmp(name, longer, length) == 0 && longer[length] == '.';
}

/* Less is more alike; FAR: not at all. */
static unsigned distance(const char *a, const char *b)
{
    unsigned edits;

    if (strcasecmp(a, b) == 0)
        return ALIKE;
    if (is_first_label(a, b) || is_first_label(b, a))
        return LABELS;
    edits = text_distance(a, b);
    return edits <= EDITS_MAX && edits < strlen(a) && edits < strlen(b) ? EDITS + edits - 1 : FAR;
}

struct list host_likenesses(struct arena *arena, const char *name, const struct list *names, size_t limit)
{
    struct list found = {0};

    for (unsigned rank = ALIKE; rank < FAR; rank++)
        for (size_t i = 0; i < names->count && found.count < limit; i++)
            if (strcmp(names->items[i], name) != 0 && distance(name, names->items[i]) == rank)
                list_add(arena, &found, names->items[i]);
    return found;
}
