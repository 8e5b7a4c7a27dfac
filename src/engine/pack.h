/*
 * A tree, or one entry, of a snapshot as a tar or zip archive on a descriptor, written as it goes: no temporary file, and
 * memory for the hard links only. Members are relative, with "./" in front.
 *
 * tar holds everything (pax: times to the nanosecond, access lists, extended attributes, hard links, holes) but sockets,
 * and the fraction of the last second before 1970.
 * zip holds files, directories and symbolic links with their modes, uncompressed; names that are not UTF-8 have \xNN there.
 * What could not be read, and in zip also what has no place there, is named in a last member, "./pobsync-left-out.txt",
 * which is there only then.
 */
#ifndef ENGINE_PACK_H
#define ENGINE_PACK_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "model/pack_format.h"

struct pack {
    int source_fd;    /* the directory to pack, or the one that holds the entry */
    const char *name; /* NULL: all of the directory; else only this entry of it */
    /* Not NULL: these paths below the directory, and what is below them, under their whole paths; then `name` is NULL. One
     * that is not there is left out. */
    const struct list *paths;
    enum pack_format format;
    int out_fd;
    struct arena *arena;
    /* Filled: */
    int64_t entries, bytes;
    struct list unfit;    /* sentences: kinds of files that the format does not know */
    struct list left_out; /* sentences: what could not be read or written */
};

/* ERR_IO when the descriptor takes no more (errno EPIPE: nobody wants it any more) or a file gets shorter while it is
 * read: the archive is then cut off. ERR_INTERRUPTED. ERR_PARTIAL when it is whole but for what is left out. */
int pack_write(struct pack *pack, struct err *err);

#endif
