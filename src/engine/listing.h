/*
 * One directory of a snapshot as a page of entries. In the order of names only those of the page are looked at, so that
 * a directory of 100,000 entries answers at the speed of reading its names.
 */
#ifndef ENGINE_LISTING_H
#define ENGINE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "engine/snapshot_tree.h"

enum listing_order { LISTING_BY_NAME, LISTING_BY_SIZE, LISTING_BY_TIME };

struct listing_wish {
    const char *filter; /* part of a name, letters of either case alike; NULL: all */
    enum listing_order order;
    bool reverse;
    size_t offset;     /* entries to leave out; with an order by name, `after` is better */
    const char *after; /* the name behind which the page begins, NULL: the first; for the order by name */
    size_t limit;      /* 0: all */
};

struct listing_entry {
    const char *name;
    struct stat stat;   /* st_mode 0: it could not be looked at */
    const char *target; /* of a symbolic link, NULL for others or when it cannot be read */
};

struct listing {
    struct listing_entry *entries;
    size_t count;
    size_t total; /* of the directory */
    size_t found; /* of these, as many as the filter lets through */
    bool more;    /* there are some behind the page */
};

/* Lists the directory `path`. Errors: snapshot_tree.h. */
int listing_read(struct arena *arena, const struct snapshot_tree *tree, const char *path,
                 const struct listing_wish *wish, struct listing *listing, struct err *err);

#endif
