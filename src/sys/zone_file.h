/* The files of the time zones, below /usr/share/zoneinfo or, where it is an absolute path, TZDIR. */
#ifndef SYS_ZONE_FILE_H
#define SYS_ZONE_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Appends the bytes of the zone's file to `content`, which may be any regular file of at most 64 KiB; plan/zone.h reads
 * them. The name is checked first (rule_timezone's grammar: no "." and so no way out of the directory); links are
 * followed, because the directory is the administrator's and tzdata has some. ERR_INVALID for a name that is none,
 * ERR_NOT_FOUND for one that this server does not know, ERR_IO. */
int zone_file_read(const char *name, struct buf *content, struct err *err);

/* The name of this server's own zone: TZ, else where /etc/localtime leads, else "UTC". */
const char *zone_file_local(struct arena *arena);

#endif
