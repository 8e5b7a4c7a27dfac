/*
 * The hard links of a tree. In a snapshot nearly every file has many names, but in other snapshots; what matters when a
 * tree is copied or packed is which inodes have several names in this tree. One pass over the names finds them; then each
 * has a place for what its first name became.
 */
#ifndef ENGINE_LINKS_H
#define ENGINE_LINKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct links;

/* Walks the tree below `fd` by names. NULL with ERR_IO or ERR_INTERRUPTED. */
struct links *links_open(int fd, struct err *err);
void links_close(struct links **links);
#define LINKS_SCOPED __attribute__((cleanup(links_close))) struct links

/* The note of an inode, which stays where it is; NULL when it has one name only, and when `links` is
 * NULL. */
struct link_note {
    char *path;             /* malloc'ed, NULL at first; freed by links_close() */
    uint64_t device, inode; /* of what was made of it, for the caller */
};
struct link_note *links_note(struct links *links, uint64_t inode);

#endif
