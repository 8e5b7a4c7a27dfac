/*
 * Looking for names in all snapshots of a host. Without an index: the directories of one snapshot after the other are
 * read, which costs about a tenth of a second for 100,000 names that are in memory. Nothing is looked at but what
 * matches, and of the names of one inode at one path only the first one.
 */
#ifndef ENGINE_FIND_H
#define ENGINE_FIND_H

#include <stdint.h>
#include <sys/stat.h>

#include "engine/snapshot_tree.h"

struct find_wish {
    const char *name;     /* a pattern of fnmatch(3) for the name alone */
    int64_t since, until; /* it was modified in [since, until); 0: whenever */
    int64_t min_size,
        max_size; /* bytes; -1: any. What has no size of its own (all but files) passes only if both are -1 */
};

struct find_hit {
    const char *directory; /* path from the top, "" for the top */
    const char *name;
    const struct stat *stat;
    size_t number; /* 0 for the first hit of the search, and so on: names what was found */
};

struct find;

/* A search that remembers what it has found. Free with find_end(). */
struct find *find_begin(const struct find_wish *wish);
void find_end(struct find **find);
#define FIND_SCOPED __attribute__((cleanup(find_end))) struct find

/* Searches one snapshot. `found` is called for what no tree before held at the same path; `again` for each that one
 * did, with the number of that hit. What cannot be read is counted in *unread. -1 with the callback's error, or
 * ERR_INTERRUPTED. */
struct find_report {
    int (*found)(void *context, const struct find_hit *hit, struct err *err);
    int (*again)(void *context, size_t number, struct err *err);
    void *context;
    int64_t entries; /* names that were seen */
    int64_t unread;  /* directories that could not be read */
};
int find_in_tree(struct find *find, const struct snapshot_tree *tree, struct find_report *report,
                 struct err *err);

#endif
