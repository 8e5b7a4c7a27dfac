/* One check of the self-check, and those that look at this server alone; document_check() adds the rest. */
#ifndef SERVICE_CHECK_H
#define SERVICE_CHECK_H

#include "base/arena.h"

enum check_level { CHECK_OK, CHECK_WARNING, CHECK_FAILED };

/* Texts are sentences without a final stop, in the arena. expected and hint are NULL when all is well. */
struct check {
    const char *name;
    enum check_level level;
    const char *found, *expected, *hint;
};

const char *check_level_name(enum check_level level); /* "ok", "warning", "failed" */

/* The local rsync: below 3.2.4 none is run, below 3.5.0 security fixes may be missing. */
struct check check_rsync(struct arena *arena, const char *binary);

/* The local ssh. */
struct check check_ssh(struct arena *arena);

/* Which rights programs that we start have, and what a snapshot loses without them (engine.md §6). */
struct check check_privileges(struct arena *arena);

/* The state directory: owner, mode, room. */
struct check check_state_directory(struct arena *arena, const char *home);

/* The keys in it: nobody else may read them. */
struct check check_keys(struct arena *arena, const char *home);

#endif
