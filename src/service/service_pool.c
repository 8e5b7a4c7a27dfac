/* A few database handles for many threads. */
#include "service/service_pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"

enum { HANDLES_MAX = 8 };

struct service_pool {
    struct arena arena; /* of the environment */
    struct environment environment;
    bool asks_reader;
    pthread_mutex_t mutex;
    pthread_cond_t given_back;
    struct db *idle[HANDLES_MAX];
    size_t idle_count, open_count;
};

/* Whether the installation is somebody else's: then the backup root is not for us to see, and the reader is asked. */
static bool is_guest(const char *home)
{
    struct stat st;

    return stat(home, &st) == 0 && st.st_uid != geteuid();
}

int service_pool_open(struct service_pool **pool, struct err *err)
{
    struct service first;

    *pool = calloc(1, sizeof **pool);
    if (*pool == NULL)
        abort();
    if (service_open(&first, &(*pool)->arena, "web", err) < 0) {
        arena_release(&(*pool)->arena);
        free(*pool);
        *pool = NULL;
        return -1;
    }
    (*pool)->environment = first.environment;
    (*pool)->asks_reader = is_guest(first.environment.home);
    (*pool)->idle[0] = first.db;
    (*pool)->idle_count = (*pool)->open_count = 1;
    pthread_mutex_init(&(*pool)->mutex, NULL);
    pthread_cond_init(&(*pool)->given_back, NULL);
    return 0;
}

void service_pool_close(struct service_pool **pool)
{
    if (*pool == NULL)
        return;
    assert((*pool)->idle_count == (*pool)->open_count);
    for (size_t i = 0; i < (*pool)->idle_count; i++)
        db_close(&(*pool)->idle[i]);
    pthread_mutex_destroy(&(*pool)->mutex);
    pthread_cond_destroy(&(*pool)->given_back);
    arena_release(&(*pool)->arena);
    free(*pool);
    *pool = NULL;
}

/* One that is idle, or NULL and the right to open another one. */
static struct db *take_idle(struct service_pool *pool)
{
    struct db *db = NULL;

    pthread_mutex_lock(&pool->mutex);
    while (pool->idle_count == 0 && pool->open_count == HANDLES_MAX)
        pthread_cond_wait(&pool->given_back, &pool->mutex);
    if (pool->idle_count > 0)
        db = pool->idle[--pool->idle_count];
    else
        pool->open_count++;
    pthread_mutex_unlock(&pool->mutex);
    return db;
}

static void give_up_place(struct service_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->open_count--;
    pthread_cond_signal(&pool->given_back);
    pthread_mutex_unlock(&pool->mutex);
}

int service_pool_take(struct service_pool *pool, struct arena *arena, const char *origin,
                      struct service *service, struct err *err)
{
    *service = (struct service){.arena = arena,
                                .db = take_idle(pool),
                                .environment = pool->environment,
                                .actor = "",
                                .origin = origin,
                                .now = clock_now(),
                                .asks_reader = pool->asks_reader};
    if (service->db != NULL || db_open(pool->environment.database, &service->db, err) == 0)
        return 0;
    give_up_place(pool);
    return -1;
}

void service_pool_give(struct service_pool *pool, struct service *service)
{
    assert(!db_in_transaction(service->db));
    pthread_mutex_lock(&pool->mutex);
    pool->idle[pool->idle_count++] = service->db;
    pthread_cond_signal(&pool->given_back);
    pthread_mutex_unlock(&pool->mutex);
    service->db = NULL;
}

const struct environment *service_pool_environment(const struct service_pool *pool)
{
    return &pool->environment;
}
