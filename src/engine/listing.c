/* Pages of directories. */
#include "engine/listing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sys/fs.h"
#include "sys/name_list.h"

static void look(struct arena *arena, int dirfd, struct listing_entry *entry)
{
    if (fstatat(dirfd, entry->name, &entry->stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
        entry->stat = (struct stat){0};
    else if (S_ISLNK(entry->stat.st_mode))
        entry->target = snapshot_tree_target(arena, dirfd, entry->name);
}

static bool passes(const struct listing_wish *wish, const char *name)
{
    return wish->filter == NULL || strcasestr(name, wish->filter) != NULL;
}

/* The sign of a comparison: ties are told apart by name, so that pages never overlap. */
static int by_name(const struct listing_entry *a, const struct listing_entry *b)
{
    return strcmp(a->name, b->name);
}

static int by_size(const void *a, const void *b)
{
    const struct listing_entry *one = a, *two = b;

    if (one->stat.st_size != two->stat.st_size)
        return one->stat.st_size < two->stat.st_size ? -1 : 1;
    return by_name(one, two);
}

static int by_time(const void *a, const void *b)
{
    const struct listing_entry *one = a, *two = b;
    const struct timespec *early = &one->stat.st_mtim, *late = &two->stat.st_mtim;

    if (early->tv_sec != late->tv_sec)
        return early->tv_sec < late->tv_sec ? -1 : 1;
    if (early->tv_nsec != late->tv_nsec)
        return early->tv_nsec < late->tv_nsec ? -1 : 1;
    return by_name(one, two);
}

static void reverse(struct listing_entry *entries, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct listing_entry entry = entries[i];

        entries[i] = entries[count - 1 - i];
        entries[count - 1 - i] = entry;
    }
}

/* Where the page begins in entries by name. */
static size_t first_after(const struct listing_entry *entries, size_t count, const struct listing_wish *wish)
{
    size_t first = 0;

    if (wish->after == NULL)
        return wish->offset;
    while (first < count && (wish->reverse ? strcmp(entries[first].name, wish->after) >= 0
                                           : strcmp(entries[first].name, wish->after) <= 0))
        first++;
    return first;
}

static void take_page(struct arena *arena, int dirfd, const struct listing_wish *wish,
                      struct listing_entry *entries, size_t count, struct listing *listing)
{
    size_t first = wish->order == LISTING_BY_NAME ? first_after(entries, count, wish) : wish->offset;

    first = first < count ? first : count;
    listing->entries = entries + first;
    listing->count = count - first;
    if (wish->limit > 0 && listing->count > wish->limit) {
        listing->count = wish->limit;
        listing->more = true;
    }
    for (size_t i = 0; i < listing->count; i++) {
        struct listing_entry *entry = &listing->entries[i];

        entry->name = arena_strdup(arena, entry->name);
        look(arena, dirfd, entry);
    }
}

int listing_read(struct arena *arena, const struct snapshot_tree *tree, const char *path,
                 const struct listing_wish *wish, struct listing *listing, struct err *err)
{
    FD_SCOPED fd = snapshot_tree_dir(tree, path, err);
    NAME_LIST_SCOPED names = NAME_LIST_EMPTY;
    struct listing_entry *entries;
    size_t count = 0;

    *listing = (struct listing){0};
    if (fd < 0 || name_list_read(fd, path, &names, err) < 0)
        return -1;
    entries = arena_alloc(arena, (names.count + 1) * sizeof *entries);
    for (size_t i = 0; i < names.count; i++)
        if (passes(wish, names.items[i].name))
            entries[count++].name = names.items[i].name;
    if (wish->order != LISTING_BY_NAME) {
        for (size_t i = 0; i < count; i++)
            if (fstatat(fd, entries[i].name, &entries[i].stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
                entries[i].stat = (struct stat){0};
        if (count > 0)
            qsort(entries, count, sizeof *entries, wish->order == LISTING_BY_SIZE ? by_size : by_time);
    }
    if (wish->reverse)
        reverse(entries, count);
    listing->total = names.count;
    listing->found = count;
    take_page(arena, fd, wish, entries, count, listing);
    return 0;
}
