/*
 * The names of one directory in byte order, with what reading it tells about each: type and inode number. Nothing is
 * looked at, so that a directory of 100,000 entries costs what reading it costs.
 */
#ifndef SYS_NAME_LIST_H
#define SYS_NAME_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct name_entry {
    const char *name;   /* any bytes but "/" and NUL */
    uint64_t inode;     /* of a mount point: that of the directory below the mount */
    unsigned char type; /* DT_DIR, DT_REG …; never DT_UNKNOWN */
};

struct name_list {
    struct name_entry *items;
    size_t count;
    char *bytes; /* what holds the names */
};

#define NAME_LIST_EMPTY ((struct name_list){0})
#define NAME_LIST_SCOPED __attribute__((cleanup(name_list_release))) struct name_list

/* Reads the directory `dirfd` from its beginning; `what` is its name for messages. Without "." and "..". ERR_IO, also
 * for more than NAME_LIST_MAX bytes of names. */
enum { NAME_LIST_MAX = 512 << 20 };
int name_list_read(int dirfd, const char *what, struct name_list *list, struct err *err);

void name_list_release(struct name_list *list);

#endif
