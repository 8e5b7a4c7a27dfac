/*
 * The removal of one tree, as fs_remove.c does it and fs_remove_pool.c shares it out among threads; not for others.
 */
#ifndef SYS_REMOVAL_H
#define SYS_REMOVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/descent.h"
#include "sys/link_memo.h"

struct removal {
    /* Offers the directory `name` of `dirfd`, which stays the caller's, to somebody else: true when it is taken. What
     * was taken may be there for longer than its parent is read, so a directory that is not empty then is left where it
     * is. NULL: everything is removed here. */
    bool (*hand_off)(void *context, int dirfd, const char *name);
    /* Asked now and then; true ends the removal with ERR_INTERRUPTED. May be NULL. */
    bool (*is_over)(void *context);
    void *context;
    bool weighs;            /* count `freed`, which costs a look at each file that the memo does not know */
    struct link_memo *memo; /* may be NULL */
    int64_t removed;        /* entries */
    int64_t freed;          /* bytes on disk of the files that had no other name, if it `weighs` */

    struct descent descent;
    int64_t removed_before; /* as many as when a directory was last found not empty after all */
};

/* Removes the directory `name` of `dirfd` and all below it; see fs_remove_tree(). */
int removal_run(struct removal *removal, int dirfd, const char *name, struct err *err);

#endif
