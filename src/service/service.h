/*
 * What every use case needs. One is opened for each command (later: for each request and job).
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "db/transaction.h"
#include "service/environment.h"

struct service {
    struct arena *arena; /* lives as long as the unit of work */
    struct db *db;
    struct environment environment;
    const char *actor;  /* who asks: the login name on the command line */
    const char *origin; /* by what: "cli" */
    int64_t now;        /* UTC seconds, read once by the entry point */
    /* How the backup root is seen: by the reader, as we have no right to (the web with a user of its own); or by us, who
     * are the reader and never write there. */
    bool asks_reader, is_reader;
    /* What must still be so when the change begins that is asked for, or it is refused: NULL: nothing. */
    int (*precondition)(struct service *service, void *context, struct err *err);
    void *precondition_context;
};

/* Reads the environment, makes the state directory (2770) and its parts (keys 0700, runs 2770), opens the database and
 * applies migrations, by service_migrate(). Actor: SUDO_USER if set, else the name of the uid. */
int service_open(struct service *service, struct arena *arena, const char *origin, struct err *err);
void service_close(struct service *service);

/* Opens without applying migrations, for `migrate` and `check`, which want to tell what they found. */
int service_open_unmigrated(struct service *service, struct arena *arena, const char *origin,
                            struct err *err);

/* Without the database, which may be beyond opening: for `database restore`. */
int service_open_state(struct service *service, struct arena *arena, const char *origin, struct err *err);

/* transaction_begin(), and inside of it the precondition: nobody can come between that and the change. */
int service_begin(struct service *service, struct transaction *transaction, struct err *err);

/* db_migrate(), and before it changes a database that holds something, a copy of that (database_copy.h). Without the
 * copy nothing is changed. `applied` may be NULL. */
int service_migrate(struct service *service, int *applied, struct err *err);

#endif
