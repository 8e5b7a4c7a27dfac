/* The search for names. */
#include "engine/find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "sys/name_walk.h"
#include "sys/stop.h"

enum { FIRST_ROOM = 1024, STOP_EVERY = 4096 };

enum { NOT_WANTED = -1 };

/* One version of a path that matched. */
struct seen {
    uint64_t hash, inode;
    const char *path; /* "directory/name", NULL: a free slot */
    int64_t number;   /* of its hit, or NOT_WANTED: time or size did not fit */
};

struct find {
    struct find_wish wish;
    struct arena arena;
    struct seen *slots;
    size_t room, count; /* a power of two, at least twice the count */
    size_t hits;
};

struct pass {
    struct find *find;
    struct find_report *report;
};

struct find *find_begin(const struct find_wish *wish)
{
    struct find *find = calloc(1, sizeof *find);

    if (find == NULL)
        abort();
    find->wish = *wish;
    return find;
}

void find_end(struct find **find)
{
    if (*find == NULL)
        return;
    arena_release(&(*find)->arena);
    free((*find)->slots);
    free(*find);
    *find = NULL;
}

/* FNV-1a. */
static uint64_t hash_of(const char *path, uint64_t inode)
{
    uint64_t hash = 14695981039346656037U ^ inode;

    for (; *path != '\0'; path++)
        hash = (hash ^ (unsigned char)*path) * 1099511628211U;
    return hash ^ (hash >> 32);
}

static struct seen *slot_of(struct seen *slots, size_t room, uint64_t hash, uint64_t inode, const char *path)
{
    size_t at = hash & (room - 1);

    while (slots[at].path != NULL &&
           (slots[at].hash != hash || slots[at].inode != inode || strcmp(slots[at].path, path) != 0))
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static void grow(struct find *find)
{
    size_t room = find->room == 0 ? FIRST_ROOM : find->room * 2;
    struct seen *slots = calloc(room, sizeof *slots);

    if (slots == NULL)
        abort();
    for (size_t i = 0; i < find->room; i++)
        if (find->slots[i].path != NULL)
            *slot_of(slots, room, find->slots[i].hash, find->slots[i].inode, find->slots[i].path) =
                find->slots[i];
    free(find->slots);
    find->slots = slots;
    find->room = room;
}

static bool fits(const struct find_wish *wish, const struct stat *stat)
{
    if (wish->since != 0 && stat->st_mtim.tv_sec < wish->since)
        return false;
    if (wish->until != 0 && stat->st_mtim.tv_sec >= wish->until)
        return false;
    if (wish->min_size < 0 && wish->max_size < 0)
        return true;
    return S_ISREG(stat->st_mode) && (wish->min_size < 0 || stat->st_size >= wish->min_size) &&
           (wish->max_size < 0 || stat->st_size <= wish->max_size);
}

static int hit(struct pass *pass, const struct name_walk_entry *entry, struct seen *seen, struct err *err)
{
    struct find *find = pass->find;
    struct find_hit hit = {entry->directory, entry->name, NULL, find->hits};
    struct stat stat;

    seen->number = NOT_WANTED;
    find->count++;
    if (fstatat(entry->dirfd, entry->name, &stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ||
        !fits(&find->wish, &stat))
        return 0;
    seen->number = (int64_t)find->hits++;
    hit.stat = &stat;
    return pass->report->found(pass->report->context, &hit, err);
}

static int on_entry(void *context, const struct name_walk_entry *entry, struct err *err)
{
    struct pass *pass = context;
    struct find *find = pass->find;
    struct seen *seen;
    const char *path;
    uint64_t inode, hash;

    pass->report->entries++;
    pass->report->unread += entry->error != 0;
    if (pass->report->entries % STOP_EVERY == 0 && stop_requested() != 0)
        return err_set(err, ERR_INTERRUPTED, "cancelled while searching");
    if (fnmatch(find->wish.name, entry->name, 0) != 0)
        return 0;
    if (2 * (find->count + 1) > find->room)
        grow(find);
    path = arena_printf(&find->arena, "%s/%s", entry->directory, entry->name);
    inode =
        entry->type == DT_DIR ? 0 : entry->inode; /* a directory is never shared: its path is what counts */
    hash = hash_of(path, inode);
    seen = slot_of(find->slots, find->room, hash, inode, path);
    if (seen->path != NULL)
        return seen->number < 0 ? 0 : pass->report->again(pass->report->context, (size_t)seen->number, err);
    *seen = (struct seen){.hash = hash, .inode = inode, .path = path};
    return hit(pass, entry, seen, err);
}

int find_in_tree(struct find *find, const struct snapshot_tree *tree, struct find_report *report,
                 struct err *err)
{
    struct pass pass = {find, report};
    const struct name_walk walk = {.entry = on_entry, .context = &pass, .top_fd = tree->fd};

    return name_walk_tree(&walk, err);
}
