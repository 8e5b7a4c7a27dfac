/*
 * How a restore is pushed back to a host: the argument vectors of rsync as pure functions of the settings, and what a line
 * of its list of changes says. The other side is rsync behind a key that may write (engine/ssh_key.h).
 */
#ifndef PLAN_RSYNC_PUSH_H
#define PLAN_RSYNC_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/config.h"

/* Where a file that was interrupted goes on, in each directory of the target; rsync removes it when it is empty. */
#define PUSH_PARTIAL ".pobsync-partial"

enum push_step {
    PUSH_PLAN, /* writes nothing: what would be done, every entry named */
    PUSH_NEWER, /* writes nothing: the same without what is newer on the host; only what would be done is named */
    PUSH_WRITE,  /* does it */
    PUSH_REPAIR, /* does it, and looks at the content of what seems to be the same */
    PUSH_VERIFY  /* writes nothing: names what is not as in the snapshot, content compared by checksum */
};

struct push_places {
    const char *ssh_config; /* absolute path of the generated file */
    const char
        *source; /* absolute path here; with a slash at its end the content of the directory is meant */
    const char *target; /* absolute path of a directory of the host, made if absent */
    bool keep;          /* what stands there is left alone */
    const char *
        aside; /* name of a directory in the target for what is replaced; relative, because rrsync takes no other */
};

/* The whole argument vector, NULL-terminated, in the arena. The extra arguments of the settings are left out: they are
 * about reading the host. So is --modify-window: rrsync refuses a negative one. Nothing is ever deleted. ERR_INVALID for
 * what fails its rule: the database is not trusted. */
const char *const *rsync_push_argv(struct arena *arena, const struct config *config,
                                   const struct push_places *places, enum push_step step, struct err *err);

enum push_change {
    PUSH_NO_CHANGE_LINE, /* another line of output */
    PUSH_SAME,           /* as in the snapshot already */
    PUSH_CREATE,         /* is not there */
    PUSH_REPLACE,        /* is there and differs */
    PUSH_ATTRIBUTES      /* the content is the same; owner, mode, times or the like are not */
};

struct push_line {
    enum push_change change;
    int64_t bytes;    /* of content that would go over; 0 for what has none, or is the same */
    const char *path; /* points into the line; behind it " -> …" or " => …" where rsync names a second one */
};

/* Reads one line ("<f.st...... 1234 etc/fstab"). Format: --itemize-changes and --out-format in rsync(1). */
void push_line_read(const char *line, struct push_line *read);

#endif
