/* Who we are: this installation, and the node of it that runs here. */
#ifndef STORE_STORE_INSTALLATION_H
#define STORE_STORE_INSTALLATION_H

#include "base/arena.h"
#include "db/db.h"

struct installation {
    const char *uuid;
    int64_t epoch; /* grows when the database was restored from a copy; 1 at first */
    int64_t created_at;
};

/* The one row; made from `uuid` and `now` on first use. */
int store_installation_load(struct arena *arena, struct db *db, const char *uuid, int64_t now,
                            struct installation *installation, struct err *err);

int store_installation_set_epoch(struct db *db, int64_t epoch, struct err *err);

/* The id of the one node of a single installation; made on first use. */
int store_node_load(struct db *db, int64_t now, int64_t *id, struct err *err);

/* How far the rows have come: the newest run and the newest change that are recorded, 0 for none. They only grow, so a
 * database that is behind what was once written down is an older one. */
enum { CHANGE_WHAT_SIZE = 160 };
struct installation_marks {
    int64_t run, change;
    /* What they were: in another history the same id is something else. 0 and "": not known. */
    int64_t run_at, change_at;
    char change_what[CHANGE_WHAT_SIZE]; /* "snapshot.pin web1@…", cut where it is too long */
};
int store_installation_marks(struct db *db, struct installation_marks *marks, struct err *err);

/* Whether the rows know that run and that change for what they were: 1, 0, or -1. */
int store_installation_knows(struct db *db, const struct installation_marks *marks, struct err *err);

/* The epoch grows: from now on nothing that an earlier one wrote down is compared with. */
int store_installation_next_epoch(struct db *db, struct err *err);

#endif
