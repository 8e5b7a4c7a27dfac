/* What a member of an archive tells beside its name and content: pack.c's other half. */
#ifndef ENGINE_PACK_ENTRY_H
#define ENGINE_PACK_ENTRY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct archive_entry;

/* Adds access lists and extended attributes of `name` in `dirfd` to the member. ERR_IO. */
int pack_entry_attributes(int dirfd, const char *name, struct archive_entry *entry, struct err *err);

/* Adds where the file has data, when it has holes. */
void pack_entry_holes(int fd, int64_t size, struct archive_entry *entry);

#endif
