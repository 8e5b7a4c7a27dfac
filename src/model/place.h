/*
 * How people name a place in a snapshot: HOST[@SNAPSHOT]:PATH, and two of them to compare: HOST@A..B[:PATH]. SNAPSHOT is
 * a name, a date or `latest` (plan/snapshot_choice.h). PATH is absolute below the snapshot and any bytes; "." and
 * repeated slashes mean nothing, ".." is refused: nothing leads out of a snapshot.
 */
#ifndef MODEL_PLACE_H
#define MODEL_PLACE_H

#include "base/arena.h"
#include "base/err.h"

struct place {
    const char *host;     /* by the grammar of hosts */
    const char *snapshot; /* NULL: none was named */
    const char *other;    /* of a pair: the second one */
    const char *path;     /* below the snapshot, without a slash at either end; "" is its top */
};

/* ERR_USAGE for what has another form, ERR_INVALID for a host or path that cannot be. */
int place_parse(struct arena *arena, const char *text, struct place *place, struct err *err);

/* HOST@A..B[:PATH]. */
int place_parse_pair(struct arena *arena, const char *text, struct place *place, struct err *err);

/* The path alone: "/a//b/./c/" becomes "a/b/c". */
int place_path(struct arena *arena, const char *text, const char **path, struct err *err);

/* As people write it: "web1@20261122-021500Z__9f3a61c2:/etc". `snapshot` may be NULL. The bytes of the path as they
 * are; place_shown() is the same, printable: for the audit. */
char *place_shown(struct arena *arena, const char *host, const char *snapshot, const char *path);
char *place_text(struct arena *arena, const char *host, const char *snapshot, const char *path);

#endif
