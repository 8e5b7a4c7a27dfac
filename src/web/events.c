/* The watcher and its listeners. */
#include "web/events.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/when.h"
#include "service/document_changes.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "web/events_known.h"

enum {
    LOOK_MS = 500,
    BEAT_MS = 15000, /* a silent stream is taken for a dead one by proxies */
    ASK_MS = 5000,
    RING = 1000,
    SENT_AT_ONCE = 60000
};

struct listener {
    struct http_stream stream;
    struct events *events;
    struct events_wish wish;
    struct listener *next;
    int wake_fd;
    int64_t last;  /* id of the last event it was told */
    bool in_doubt; /* by the lock of `events` */
    bool begun;    /* it was told hello */
    bool ended;    /* its last words are in `text` */
    int64_t beat_ms, ask_ms;
    struct buf text;
    size_t sent; /* of `text` */
};

struct events {
    struct service_pool *pool;
    pthread_t watcher;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* somebody listens, or it is to stop */
    bool stopping;
    bool primed; /* the watcher knows what there was to begin with */
    struct listener *listeners;
    size_t count;
    struct event ring[RING]; /* that of `id` at id % RING */
    int64_t first, next;     /* ids: of the oldest that is kept, and of the next */
    struct known known;      /* of the watcher alone */
};

static void wake(const struct listener *listener)
{
    uint64_t one = 1;

    /* It can only be full, and then it is awake. */
    if (write(listener->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        log_warning("a listener cannot be woken");
}

static void wake_all(struct events *events)
{
    for (const struct listener *listener = events->listeners; listener != NULL; listener = listener->next)
        wake(listener);
}

static void add_event(void *context, const struct event *event)
{
    struct events *events = context;
    struct event *place = &events->ring[events->next % RING];

    if (events->next - events->first == RING) {
        event_release(place);
        events->first++;
    }
    *place = *event;
    events->next++;
}

/* `is_first`: what is found is where it begins, and nothing is told. */
static void look(struct events *events, bool is_first)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct service service;
    json_t *document = NULL;
    struct err err;
    int result;

    if (service_pool_take(events->pool, &arena, "web", &service, &err) < 0) {
        log_warning("events: %s", err.message);
        return;
    }
    result = document_changes(&service, events->known.ids, events->known.count, events->known.newest,
                              &document, &err);
    service_pool_give(events->pool, &service);
    if (result < 0) {
        log_warning("events: %s", err.message);
        return;
    }
    pthread_mutex_lock(&events->mutex);
    int64_t before = events->next;

    known_update(&events->known, json_object_get(document, "items"), is_first ? NULL : add_event, events);
    if (events->next != before || !events->primed)
        wake_all(events);
    events->primed = true;
    pthread_mutex_unlock(&events->mutex);
    json_decref(document);
}

/* Waits; false: it is to stop. *slept: nobody listened for a while, and what is known is old. */
static bool wait_to_look(struct events *events, bool *slept)
{
    struct timespec until;

    pthread_mutex_lock(&events->mutex);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)LOOK_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!events->stopping && pthread_cond_timedwait(&events->changed, &events->mutex, &until) == 0)
        ;
    while (!events->stopping && events->count == 0) {
        *slept = true;
        events->primed = false;
        pthread_cond_wait(&events->changed, &events->mutex);
    }
    bool goes_on = !events->stopping;

    /* What happened meanwhile was told to nobody: who comes back with an older id must look again. */
    if (goes_on && *slept) {
        while (events->first < events->next)
            event_release(&events->ring[events->first++ % RING]);
        events->first = ++events->next;
    }
    pthread_mutex_unlock(&events->mutex);
    return goes_on;
}

static void *watch(void *context)
{
    struct events *events = context;
    bool slept = true;

    while (wait_to_look(events, &slept)) {
        if (slept)
            known_release(&events->known);
        look(events, slept);
        slept = false;
    }
    return NULL;
}

int events_open(struct service_pool *pool, struct events **events, struct err *err)
{
    pthread_condattr_t steady;
    int error;

    *events = calloc(1, sizeof **events);
    if (*events == NULL)
        abort();
    (*events)->pool = pool;
    /* Ids of an earlier server are never taken for ours. */
    (*events)->first = (*events)->next = clock_now() * 1000000;
    pthread_mutex_init(&(*events)->mutex, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&(*events)->changed, &steady);
    pthread_condattr_destroy(&steady);
    error = pthread_create(&(*events)->watcher, NULL, watch, *events);
    if (error == 0)
        return 0;
    free(*events);
    *events = NULL;
    return err_errno(err, ERR_FAILED, error, "the thread that watches runs cannot be started");
}

void events_stop(struct events *events)
{
    pthread_mutex_lock(&events->mutex);
    events->stopping = true;
    wake_all(events);
    pthread_cond_broadcast(&events->changed);
    pthread_mutex_unlock(&events->mutex);
    pthread_join(events->watcher, NULL);
}

void events_close(struct events **events)
{
    if (*events == NULL)
        return;
    while ((*events)->first < (*events)->next)
        event_release(&(*events)->ring[(*events)->first++ % RING]);
    known_release(&(*events)->known);
    pthread_mutex_destroy(&(*events)->mutex);
    pthread_cond_destroy(&(*events)->changed);
    free(*events);
    *events = NULL;
}

void events_doubt(struct events *events)
{
    pthread_mutex_lock(&events->mutex);
    for (struct listener *listener = events->listeners; listener != NULL; listener = listener->next)
        listener->in_doubt = true;
    wake_all(events);
    pthread_mutex_unlock(&events->mutex);
}

size_t events_listener_count(struct events *events)
{
    pthread_mutex_lock(&events->mutex);
    size_t count = events->count;

    pthread_mutex_unlock(&events->mutex);
    return count;
}

/* --- one listener, in the thread of its connection -------------------------------------------------------------- */

static bool is_for(const struct listener *listener, const struct event *event)
{
    const struct events_wish *wish = &listener->wish;

    if (wish->run != 0 ? event->run != wish->run : event->of_listeners_of_run)
        return false;
    return wish->host == NULL || (event->host != NULL && strcmp(wish->host, event->host) == 0);
}

/* Where it was, when that is still known: what came after it is told. */
static void begin(struct listener *listener)
{
    struct events *events = listener->events;
    char now[WHEN_TEXT];
    struct err ignored;
    int64_t last;

    listener->begun = true;
    listener->last = events->next - 1;
    if (listener->wish.last_id != NULL) {
        if (parse_int(listener->wish.last_id, 0, INT64_MAX, &last, &ignored) < 0 || last >= events->next)
            last = 0; /* of another server */
        listener->last = last;
    }
    buf_printf(&listener->text, "retry: 3000\nid: %lld\nevent: hello\ndata: {\"as_of\":\"%s\"}\n\n",
               (long long)listener->last, when_rfc3339(now, clock_now()));
}

/* What there is to tell by now. Nothing is, before the watcher knows what there was to begin with. */
static void collect(struct listener *listener)
{
    struct events *events = listener->events;

    pthread_mutex_lock(&events->mutex);
    listener->ended = events->stopping;
    if (!listener->begun && events->primed)
        begin(listener);
    if (listener->begun && listener->last + 1 < events->first) {
        listener->last = events->next - 1;
        buf_printf(&listener->text, "id: %lld\nevent: resync\ndata: {}\n\n", (long long)listener->last);
    }
    while (listener->begun && listener->last + 1 < events->next && listener->text.size < SENT_AT_ONCE) {
        const struct event *event = &events->ring[++listener->last % RING];

        if (is_for(listener, event))
            buf_printf(&listener->text, "id: %lld\nevent: %s\ndata: %s\n\n", (long long)listener->last,
                       event->type, event->data);
    }
    pthread_mutex_unlock(&events->mutex);
}

static bool is_in_doubt(struct listener *listener)
{
    pthread_mutex_lock(&listener->events->mutex);
    bool in_doubt = listener->in_doubt;

    listener->in_doubt = false;
    pthread_mutex_unlock(&listener->events->mutex);
    return in_doubt || clock_boot_ms() >= listener->ask_ms;
}

/* Until there is something to do. False: the other side has gone. */
static bool sleep_until_woken(struct listener *listener)
{
    int64_t until = listener->beat_ms < listener->ask_ms ? listener->beat_ms : listener->ask_ms;
    int64_t left = until - clock_boot_ms();
    struct pollfd fds[] = {{.fd = listener->wish.connection_fd, .events = POLLRDHUP},
                           {.fd = listener->wake_fd, .events = POLLIN}};
    uint64_t woken;

    if (poll(fds, 2, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
        return false;
    if (fds[1].revents != 0 && read(listener->wake_fd, &woken, sizeof woken) < 0 && errno != EAGAIN)
        return false;
    return (fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
}

static ssize_t send_text(struct listener *listener, char *bytes, size_t room)
{
    size_t size = listener->text.size - listener->sent;

    if (size > room)
        size = room;
    memcpy(bytes, listener->text.data + listener->sent, size);
    listener->sent += size;
    if (listener->sent == listener->text.size) {
        buf_clear(&listener->text);
        listener->sent = 0;
    }
    listener->beat_ms = clock_boot_ms() + BEAT_MS;
    return (ssize_t)size;
}

/* Never 0: libmicrohttpd would ask again at once, for ever. */
static ssize_t read_events(void *context, char *bytes, size_t room)
{
    struct listener *listener = context;

    while (listener->text.size == 0) {
        if (listener->ended)
            return HTTP_STREAM_END;
        if (is_in_doubt(listener)) {
            listener->ask_ms = clock_boot_ms() + ASK_MS;
            if (!listener->wish.may_listen(listener->wish.context)) {
                buf_add_text(&listener->text, "event: bye\ndata: {}\n\n");
                listener->ended = true;
                break;
            }
        }
        collect(listener);
        if (listener->text.size > 0 || listener->ended)
            continue;
        if (clock_boot_ms() >= listener->beat_ms)
            buf_add_text(&listener->text, ":\n\n");
        else if (!sleep_until_woken(listener))
            return HTTP_STREAM_END;
    }
    return send_text(listener, bytes, room);
}

static void forget(struct listener *listener)
{
    struct events *events = listener->events;

    pthread_mutex_lock(&events->mutex);
    for (struct listener **at = &events->listeners; *at != NULL; at = &(*at)->next)
        if (*at == listener) {
            *at = listener->next;
            events->count--;
            break;
        }
    pthread_mutex_unlock(&events->mutex);
}

static void close_events(void *context)
{
    struct listener *listener = context;

    forget(listener);
    listener->wish.release(listener->wish.context);
    fs_close(&listener->wake_fd);
    buf_release(&listener->text);
    free(listener);
}

static int refuse(const struct events_wish *wish, struct err *err)
{
    wish->release(wish->context);
    err_set(err, ERR_BUSY, "%d streams of events are open, and no more are allowed", EVENTS_LISTENERS_MAX);
    return err_hint(err, "close pages that nobody looks at, or ask again later");
}

int events_listen(struct events *events, const struct events_wish *wish, struct http_stream **stream,
                  struct err *err)
{
    struct listener *listener;
    int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (wake_fd < 0)
        return refuse(wish, err);
    listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        abort();
    *listener =
        (struct listener){.events = events,
                          .wish = *wish,
                          .wake_fd = wake_fd,
                          .ask_ms = clock_boot_ms() + ASK_MS,
                          .beat_ms = clock_boot_ms() + BEAT_MS,
                          .stream = {.read = read_events, .close = close_events, .context = listener}};
    pthread_mutex_lock(&events->mutex);
    bool is_full = events->stopping || events->count >= EVENTS_LISTENERS_MAX;

    if (!is_full) {
        listener->next = events->listeners;
        events->listeners = listener;
        if (events->count++ == 0)
            pthread_cond_broadcast(&events->changed);
    }
    pthread_mutex_unlock(&events->mutex);
    if (!is_full) {
        *stream = &listener->stream;
        return 0;
    }
    fs_close(&wake_fd);
    free(listener);
    return refuse(wish, err);
}
