/*
 * Space by inode numbers. Which trees hold an inode is a bit for each tree, 64 trees at a time: after each 64 the bits
 * are counted and begin anew. Threads take whole trees; the table of inodes is cut into shards with a lock each.
 */
#include "engine/space.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/name_walk.h"
#include "sys/stop.h"

enum {
    SHARDS = 64,
    AT_A_TIME = 64,
    FIRST_ROOM = 256,
    BLOCK_SIZE = 512,
    THREADS_MAX = 16,
    STOP_EVERY = 4096,
    NEIGHBOURS = 8
};

#define BLOCKS_MAX ((UINT64_C(1) << 46) - 1)
#define TREES_MAX ((UINT64_C(1) << 16) - 1)

struct inode {
    uint64_t number;      /* 0: a free slot */
    uint64_t bits;        /* trees of these 64 that hold it */
    uint64_t blocks : 46; /* of 512 bytes: 32 PiB */
    uint64_t first : 16;  /* the tree that held it first, from 1; 0: not settled yet */
    uint64_t several : 1; /* more than one tree holds it */
    uint64_t stays : 1;   /* a tree that is not chosen holds it */
};

struct shard {
    pthread_mutex_t mutex;
    struct inode *slots;
    size_t room, count;
};

struct measure {
    struct space_tree *trees;
    size_t count;
    size_t base;        /* the first of these 64 */
    atomic_size_t next; /* the next tree to be taken */
    size_t end;         /* of these 64 */
    atomic_bool failed;
    pthread_mutex_t mutex; /* of `err` */
    struct err err;
    struct shard shards[SHARDS];
};

/* A tree that a thread walks. */
struct walker {
    struct measure *measure;
    struct space_tree *tree;
    uint64_t bit;
    int64_t seen;
};

/* Finalizer of MurmurHash3, by Austin Appleby, public domain. */
static uint64_t mix(uint64_t number)
{
    number ^= number >> 33;
    number *= 0xff51afd7ed558ccdU;
    number ^= number >> 33;
    number *= 0xc4ceb9fe1a85ec53U;
    return number ^ (number >> 33);
}

/* Files that were made one after the other mostly lie together in a directory and have neighbouring numbers: those share
 * a shard, and their slots share lines of the cache. */
static struct shard *shard_of(struct measure *measure, uint64_t number)
{
    return &measure->shards[mix(number / NEIGHBOURS) % SHARDS];
}

static struct inode *slot_of(struct inode *slots, size_t room, uint64_t number)
{
    size_t at = ((mix(number / NEIGHBOURS) >> 8) * NEIGHBOURS + number % NEIGHBOURS) & (room - 1);

    while (slots[at].number != 0 && slots[at].number != number)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static void grow(struct shard *shard)
{
    size_t room = shard->room == 0 ? FIRST_ROOM : shard->room * 2;
    struct inode *slots = calloc(room, sizeof *slots);

    if (slots == NULL)
        abort();
    for (size_t i = 0; i < shard->room; i++)
        if (shard->slots[i].number != 0)
            *slot_of(slots, room, shard->slots[i].number) = shard->slots[i];
    free(shard->slots);
    shard->slots = slots;
    shard->room = room;
}

static struct inode *find_or_add(struct shard *shard, uint64_t number, bool *is_new)
{
    struct inode *inode;

    if (2 * (shard->count + 1) > shard->room)
        grow(shard);
    inode = slot_of(shard->slots, shard->room, number);
    *is_new = inode->number == 0;
    if (*is_new) {
        *inode = (struct inode){.number = number};
        shard->count++;
    }
    return inode;
}

static void count_file(struct walker *walker, const struct name_walk_entry *entry)
{
    struct shard *shard = shard_of(walker->measure, entry->inode);
    struct stat stat;
    bool is_new;

    pthread_mutex_lock(&shard->mutex);
    find_or_add(shard, entry->inode, &is_new)->bits |= walker->bit;
    pthread_mutex_unlock(&shard->mutex);
    if (!is_new)
        return;
    if (fstatat(entry->dirfd, entry->name, &stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
        walker->tree->unread++;
        return;
    }
    pthread_mutex_lock(&shard->mutex);
    find_or_add(shard, entry->inode, &is_new)->blocks = (uint64_t)stat.st_blocks & BLOCKS_MAX;
    pthread_mutex_unlock(&shard->mutex);
}

static void count_directory(struct walker *walker, const struct stat *stat)
{
    walker->tree->directories += (int64_t)stat->st_blocks * BLOCK_SIZE;
}

static int on_entry(void *context, const struct name_walk_entry *entry, struct err *err)
{
    struct walker *walker = context;

    if (++walker->seen % STOP_EVERY == 0 && (stop_requested() != 0 || atomic_load(&walker->measure->failed)))
        return err_set(err, ERR_INTERRUPTED, "cancelled while measuring");
    if (entry->fd >= 0)
        count_directory(walker, entry->stat);
    else if (entry->error != 0 || entry->type == DT_UNKNOWN)
        walker->tree->unread++;
    else
        count_file(walker, entry);
    return 0;
}

static void measure_tree(struct measure *measure, size_t index)
{
    struct walker walker = {measure, &measure->trees[index], UINT64_C(1) << (index - measure->base), 0};
    const struct name_walk walk = {.entry = on_entry, .context = &walker, .top_fd = walker.tree->fd};
    struct stat stat;
    struct err err;

    if (fstat(walker.tree->fd, &stat) == 0)
        count_directory(&walker, &stat);
    if (name_walk_tree(&walk, &err) == 0)
        return;
    pthread_mutex_lock(&measure->mutex);
    if (!atomic_exchange(&measure->failed, true))
        measure->err = err;
    pthread_mutex_unlock(&measure->mutex);
}

static void *work(void *context)
{
    struct measure *measure = context;
    size_t index;

    while ((index = atomic_fetch_add(&measure->next, 1)) < measure->end && !atomic_load(&measure->failed))
        measure_tree(measure, index);
    return NULL;
}

/* The bits of one inode become figures. */
static void settle(struct measure *measure, struct inode *inode, uint64_t chosen)
{
    int64_t bytes = (int64_t)inode->blocks * BLOCK_SIZE;
    uint64_t bits = inode->bits;

    inode->bits = 0;
    if (bits == 0)
        return;
    if (inode->first == 0) {
        size_t first = measure->base + (size_t)__builtin_ctzll(bits);

        inode->first = (first + 1) & TREES_MAX;
        measure->trees[first].new_bytes += bytes;
        inode->several = (bits & (bits - 1)) != 0;
    } else {
        inode->several = true;
    }
    if ((bits & ~chosen) != 0)
        inode->stays = true;
    for (; bits != 0; bits &= bits - 1)
        measure->trees[measure->base + (size_t)__builtin_ctzll(bits)].total += bytes;
}

static void settle_all(struct measure *measure)
{
    uint64_t chosen = 0;

    for (size_t i = measure->base; i < measure->end; i++)
        chosen |= measure->trees[i].chosen ? UINT64_C(1) << (i - measure->base) : 0;
    for (size_t i = 0; i < SHARDS; i++)
        for (size_t slot = 0; slot < measure->shards[i].room; slot++)
            if (measure->shards[i].slots[slot].number != 0)
                settle(measure, &measure->shards[i].slots[slot], chosen);
}

static void measure_some(struct measure *measure, unsigned threads)
{
    pthread_t others[THREADS_MAX];
    unsigned started = 0;

    while (started + 1 < threads && started + 1 < measure->end - measure->base &&
           pthread_create(&others[started], NULL, work, measure) == 0)
        started++;
    work(measure);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
}

/* When all trees are in. */
static void sum_up(struct measure *measure, struct space *space)
{
    *space = (struct space){0};
    for (size_t i = 0; i < SHARDS; i++)
        for (size_t slot = 0; slot < measure->shards[i].room; slot++) {
            const struct inode *inode = &measure->shards[i].slots[slot];
            int64_t bytes = (int64_t)inode->blocks * BLOCK_SIZE;

            if (inode->number == 0)
                continue;
            space->bytes += bytes;
            space->freed += inode->stays ? 0 : bytes;
            if (!inode->several)
                measure->trees[inode->first - 1].exclusive += bytes;
        }
    for (size_t i = 0; i < measure->count; i++) {
        struct space_tree *tree = &measure->trees[i];

        tree->total += tree->directories;
        tree->new_bytes += tree->directories;
        tree->exclusive += tree->directories;
        space->bytes += tree->directories;
        space->freed += tree->chosen ? tree->directories : 0;
    }
}

static int measure_all(struct measure *measure, unsigned threads, struct space *space, struct err *err)
{
    for (measure->base = 0; measure->base < measure->count; measure->base = measure->end) {
        measure->end =
            measure->base + AT_A_TIME < measure->count ? measure->base + AT_A_TIME : measure->count;
        atomic_store(&measure->next, measure->base);
        measure_some(measure, threads < THREADS_MAX ? threads : THREADS_MAX);
        if (atomic_load(&measure->failed)) {
            *err = measure->err;
            return -1;
        }
        settle_all(measure);
    }
    sum_up(measure, space);
    return 0;
}

int space_measure(struct space_tree *trees, size_t count, unsigned threads, struct space *space,
                  struct err *err)
{
    struct measure *measure = calloc(1, sizeof *measure);
    int result;

    if (measure == NULL)
        abort();
    if (count > TREES_MAX) {
        free(measure);
        return err_set(err, ERR_FAILED, "more than %zu snapshots cannot be measured at once",
                       (size_t)TREES_MAX);
    }
    measure->trees = trees;
    measure->count = count;
    pthread_mutex_init(&measure->mutex, NULL);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&measure->shards[i].mutex, NULL);
    for (size_t i = 0; i < count; i++)
        trees[i] = (struct space_tree){.fd = trees[i].fd, .chosen = trees[i].chosen};
    result = measure_all(measure, threads, space, err);
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&measure->shards[i].mutex);
        free(measure->shards[i].slots);
    }
    pthread_mutex_destroy(&measure->mutex);
    free(measure);
    return result;
}
