/* One maker at a time, and those who wait for what it makes. */
#include "web/shared_document.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "web/gzip.h"

/* What was made, or why not. Jansson counts references atomically, so the document may be read by many threads. */
struct making {
    json_t *document; /* NULL: it failed */
    struct err err;
    struct buf text, packed; /* made when the first one wants them, under `mutex` */
    pthread_mutex_t mutex;
    size_t holders; /* under the mutex of the shared document */
};

struct shared_document {
    int (*make)(struct service *service, json_t **document, struct err *err);
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    struct making *newest; /* NULL: nobody waits, or none was made */
    size_t waiting;
    uint64_t begun_count, ended_count; /* of makings; they come one after the other */
};

struct shared_document *shared_document_new(int (*make)(struct service *service, json_t **document,
                                                        struct err *err))
{
    struct shared_document *shared = calloc(1, sizeof *shared);

    if (shared == NULL)
        abort();
    shared->make = make;
    pthread_mutex_init(&shared->mutex, NULL);
    pthread_cond_init(&shared->ended, NULL);
    return shared;
}

/* With the mutex held. */
static void let_go(struct making *making)
{
    if (making == NULL || --making->holders > 0)
        return;
    json_decref(making->document);
    buf_release(&making->text);
    buf_release(&making->packed);
    pthread_mutex_destroy(&making->mutex);
    free(making);
}

void shared_document_free(struct shared_document **shared)
{
    if (*shared == NULL)
        return;
    let_go((*shared)->newest);
    pthread_cond_destroy(&(*shared)->ended);
    pthread_mutex_destroy(&(*shared)->mutex);
    free(*shared);
    *shared = NULL;
}

/* Held once, by the caller. */
static struct making *make(const struct shared_document *shared, struct service *service)
{
    struct making *making = calloc(1, sizeof *making);

    if (making == NULL)
        abort();
    pthread_mutex_init(&making->mutex, NULL);
    making->holders = 1;
    if (shared->make(service, &making->document, &making->err) < 0)
        making->document = NULL;
    return making;
}

/* Makes it in this thread, and leaves it for those who wait. With the mutex held, but not while it is made. */
static struct making *lead(struct shared_document *shared, struct service *service)
{
    struct making *making;

    shared->begun_count++;
    pthread_mutex_unlock(&shared->mutex);
    making = make(shared, service);
    pthread_mutex_lock(&shared->mutex);
    shared->ended_count = shared->begun_count;
    let_go(shared->newest);
    shared->newest = NULL;
    if (shared->waiting > 0) {
        shared->newest = making;
        making->holders++;
    }
    pthread_cond_broadcast(&shared->ended);
    return making;
}

/* One that began after the call did. To be let go. */
static struct making *ask(struct shared_document *shared, struct service *service)
{
    struct making *making;
    uint64_t wanted;

    pthread_mutex_lock(&shared->mutex);
    wanted = shared->begun_count + 1;
    shared->waiting++;
    while (shared->ended_count < wanted && shared->begun_count > shared->ended_count)
        pthread_cond_wait(&shared->ended, &shared->mutex);
    shared->waiting--;
    if (shared->ended_count < wanted) {
        making = lead(shared, service);
    } else {
        making = shared->newest;
        if (shared->waiting > 0)
            making->holders++;
        else
            shared->newest = NULL; /* the last one takes it over */
    }
    pthread_mutex_unlock(&shared->mutex);
    return making;
}

static void leave(struct shared_document *shared, struct making *making)
{
    pthread_mutex_lock(&shared->mutex);
    let_go(making);
    pthread_mutex_unlock(&shared->mutex);
}

int shared_document_take(struct shared_document *shared, struct service *service, json_t **document,
                         struct err *err)
{
    struct making *making = ask(shared, service);
    int result = making->document != NULL ? 0 : -1;

    *document = json_incref(making->document);
    if (result < 0)
        *err = making->err;
    leave(shared, making);
    return result;
}

/* The text of what was made, dumped and packed by the first who wants it. */
static const struct buf *text_of(struct making *making, bool packed)
{
    pthread_mutex_lock(&making->mutex);
    if (making->text.size == 0) {
        char *text = json_dumps(making->document, JSON_COMPACT);

        if (text == NULL)
            abort();
        buf_add_text(&making->text, text);
        buf_add_char(&making->text, '\n');
        free(text);
    }
    if (packed && making->packed.size == 0)
        gzip_pack(&making->packed, making->text.data, making->text.size);
    pthread_mutex_unlock(&making->mutex);
    return packed ? &making->packed : &making->text;
}

int shared_document_text(struct shared_document *shared, struct service *service, bool packed,
                         struct arena *arena, const char **text, size_t *size, struct err *err)
{
    struct making *making = ask(shared, service);
    int result = making->document != NULL ? 0 : -1;

    if (result == 0) {
        const struct buf *made = text_of(making, packed);

        *text = arena_copy(arena, buf_text(made), made->size);
        *size = made->size;
    } else {
        *err = making->err;
    }
    leave(shared, making);
    return result;
}
