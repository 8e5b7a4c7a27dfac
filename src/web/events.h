/*
 * Server-sent events: what happens to runs, told to everybody who listens. One thread looks into the database, and only
 * while somebody listens; it compares what it finds with what it found before, and keeps what it told in a ring, so that
 * who lost the connection can go on where it was. Each listener is the thread of its connection.
 *
 *     hello     {"as_of"}: the stream has begun
 *     resync    {}: what was told meanwhile is lost: look again
 *     run       a run as in the list of runs: it is new, or anything but its progress has changed
 *     progress  {"id","host","progress"}: how far a running backup is
 *     log       {"id","size"}: its log has grown; to listeners of that run only
 *     bye       {}: the login has ended
 */
#ifndef WEB_EVENTS_H
#define WEB_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "service/service_pool.h"
#include "web/http.h"

struct events;

enum { EVENTS_LISTENERS_MAX = 200 };

struct events_wish {
    int connection_fd;
    const char *last_id; /* of the header Last-Event-ID, or NULL */
    int64_t run;         /* only of this run, 0: all */
    const char *host;    /* only of this host, NULL: all; lives as long as `context` */
    /* Whether the listener still may; asked now and then, and after each change through this server. */
    bool (*may_listen)(void *context);
    void (*release)(void *context);
    void *context;
};

/* Begins to watch the runs of the pool's database; ERR_FAILED. */
int events_open(struct service_pool *pool, struct events **events, struct err *err);
/* Ends all streams and takes no new ones; after it the HTTP server can stop. */
void events_stop(struct events *events);
void events_close(struct events **events); /* after the server has stopped; NULL is fine */

/* A stream for one listener; it takes the wish's context, in every case. ERR_BUSY when there are EVENTS_LISTENERS_MAX. */
int events_listen(struct events *events, const struct events_wish *wish, struct http_stream **stream,
                  struct err *err);

/* Somebody's login may have ended: every listener is asked again. */
void events_doubt(struct events *events);

size_t events_listener_count(struct events *events);

#endif
