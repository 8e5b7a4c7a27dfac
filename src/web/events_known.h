/* What the watcher of events knows of runs, and which events come of what it finds new. */
#ifndef WEB_EVENTS_KNOWN_H
#define WEB_EVENTS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct event {
    const char *type; /* static */
    char *data;       /* JSON on one line */
    char *host;       /* NULL: none */
    int64_t run;
    bool of_listeners_of_run; /* nobody else is told */
};

void event_release(struct event *event);

/* Of each run that may still change. Zeroed, it knows nothing. */
struct known {
    int64_t *ids;
    struct known_run *runs; /* beside `ids` */
    size_t count, room;
    int64_t newest; /* the highest id that was ever seen */
};

/* `items`: of document_changes() for these `ids` and `newest`. Calls `tell` for each event, which takes what it holds; NULL:
 * nothing is told. */
void known_update(struct known *known, const json_t *items,
                  void (*tell)(void *context, const struct event *event), void *context);
void known_release(struct known *known);

#endif
