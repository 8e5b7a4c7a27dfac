/* The pool of threads that removes trees. Directories are handed over by descriptor and name, so that a thread that
 * takes one enters it just as the one that found it would have. */
#include "sys/fs_remove_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sys/fs.h"
#include "sys/removal.h"
#include "sys/stop.h"

enum { THREADS_MAX = 16, QUEUE_MAX = 16, STOP_EVERY = 1024 };

/* A directory that waits for a thread. */
struct piece {
    int dirfd; /* a descriptor of its own */
    char *name;
    size_t tree;
};

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct fs_doomed *trees;
    size_t count, begun; /* trees */
    struct piece queue[QUEUE_MAX];
    size_t first, waiting;  /* the queue is a ring */
    unsigned busy;          /* threads that remove something */
    bool shared;            /* there is more than one */
    struct link_memo *memo; /* NULL: one tree alone has few names of the same file */
    int64_t unasked;        /* entries removed since somebody asked whether to stop */
    atomic_bool wants;      /* pieces are welcome: a guess that needs no lock */
    atomic_bool failed;
    struct err err; /* of the first failure */
    int errnum;
};

/* What one thread removes at the moment. */
struct share {
    struct pool *pool;
    size_t tree;
};

static bool hand_off(void *context, int dirfd, const char *name)
{
    struct share *share = context;
    struct pool *pool = share->pool;
    bool taken = false;

    if (!atomic_load_explicit(&pool->wants, memory_order_relaxed))
        return false;
    pthread_mutex_lock(&pool->mutex);
    if (pool->waiting < QUEUE_MAX) {
        int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);

        if (fd >= 0) {
            struct piece *piece = &pool->queue[(pool->first + pool->waiting++) % QUEUE_MAX];

            *piece = (struct piece){.dirfd = fd, .name = strdup(name), .tree = share->tree};
            if (piece->name == NULL)
                abort();
            taken = true;
            pthread_cond_signal(&pool->changed);
        }
    }
    atomic_store(&pool->wants, pool->waiting < QUEUE_MAX);
    pthread_mutex_unlock(&pool->mutex);
    return taken;
}

static bool is_over(void *context)
{
    const struct share *share = context;

    return atomic_load_explicit(&share->pool->failed, memory_order_relaxed);
}

/* Takes the oldest piece, or a whole tree, which then is a piece without a descriptor of its own. Pieces come first: the
 * oldest lie nearest to the top of their tree and are the largest. */
static bool take(struct pool *pool, struct piece *piece)
{
    if (pool->waiting > 0) {
        *piece = pool->queue[pool->first];
        pool->first = (pool->first + 1) % QUEUE_MAX;
        pool->waiting--;
    } else if (pool->begun < pool->count) {
        *piece = (struct piece){.dirfd = -1, .tree = pool->begun++};
    } else {
        return false;
    }
    /* As long as there are whole trees left, every thread has enough to do. */
    atomic_store(&pool->wants, pool->begun == pool->count && pool->waiting < QUEUE_MAX);
    return true;
}

static void count(struct pool *pool, size_t tree, const struct removal *removal, int result,
                  const struct err *err)
{
    pool->trees[tree].removed += removal->removed;
    pool->trees[tree].freed += removal->freed;
    if (result < 0 && !atomic_load(&pool->failed)) {
        pool->err = *err;
        pool->errnum = errno;
        atomic_store(&pool->failed, true);
    }
    pool->unasked += removal->removed;
}

/* Many small pieces are asked together, as one large tree asks by itself. */
static void heed_stop(struct pool *pool)
{
    if (pool->unasked < STOP_EVERY || atomic_load(&pool->failed))
        return;
    pool->unasked = 0;
    if (stop_requested() == 0)
        return;
    err_set(&pool->err, ERR_INTERRUPTED, "cancelled");
    atomic_store(&pool->failed, true);
}

/* Removes a piece; called and left with the mutex held. */
static void work_on(struct pool *pool, struct piece *piece)
{
    struct share share = {.pool = pool, .tree = piece->tree};
    struct removal removal = {
        .hand_off = pool->shared ? hand_off : NULL,
        .is_over = is_over,
        .context = &share,
        .weighs = true,
        .memo = pool->memo,
    };
    const struct fs_doomed *tree = &pool->trees[piece->tree];
    struct err err;
    int result, errnum;

    pool->busy++;
    pthread_mutex_unlock(&pool->mutex);
    result = removal_run(&removal, piece->name == NULL ? tree->dirfd : piece->dirfd,
                         piece->name == NULL ? tree->name : piece->name, &err);
    errnum = errno;
    fs_close(&piece->dirfd);
    free(piece->name);
    pthread_mutex_lock(&pool->mutex);
    pool->busy--;
    errno = errnum;
    count(pool, piece->tree, &removal, result, &err);
    heed_stop(pool);
}

static void *work(void *context)
{
    struct pool *pool = context;
    struct piece piece;

    pthread_mutex_lock(&pool->mutex);
    while (!atomic_load(&pool->failed)) {
        if (take(pool, &piece))
            work_on(pool, &piece);
        else if (pool->busy == 0)
            break;
        else
            pthread_cond_wait(&pool->changed, &pool->mutex);
    }
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* What could not go because a part of it was in another thread's hands: a few empty directories. */
static int sweep(struct pool *pool, struct err *err)
{
    for (size_t i = 0; i < pool->count; i++) {
        struct removal removal = {.weighs = true};
        int result = removal_run(&removal, pool->trees[i].dirfd, pool->trees[i].name, err);

        count(pool, i, &removal, result, err);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* After a failure: what nobody took. */
static void forget_pieces(struct pool *pool)
{
    struct piece piece;

    while (pool->waiting > 0 && take(pool, &piece)) {
        fs_close(&piece.dirfd);
        free(piece.name);
    }
}

int fs_remove_pool(struct fs_doomed *trees, size_t tree_count, unsigned threads, struct err *err)
{
    struct pool pool = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .trees = trees,
        .count = tree_count,
        .shared = threads > 1,
        .memo = tree_count > 1 ? link_memo_new() : NULL,
    };
    pthread_t others[THREADS_MAX];
    unsigned started = 0;
    int result;

    for (size_t i = 0; i < tree_count; i++)
        trees[i].removed = trees[i].freed = 0;
    /* A thread that cannot be started is one less. */
    while (tree_count > 0 && started + 1 < threads && started < THREADS_MAX &&
           pthread_create(&others[started], NULL, work, &pool) == 0)
        started++;
    work(&pool);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    forget_pieces(&pool);
    link_memo_free(pool.memo);
    pool.memo = NULL;
    if (atomic_load(&pool.failed)) {
        *err = pool.err;
        errno = pool.errnum;
        result = -1;
    } else {
        result = sweep(&pool, err);
    }
    return result;
}
