/* The audit trail: rows are added, never changed. A row is written before its change takes effect. */
#ifndef STORE_STORE_AUDIT_H
#define STORE_STORE_AUDIT_H

#include "base/arena.h"
#include "db/db.h"

struct audit {
    int64_t id;
    int64_t at;
    const char *actor;  /* who: "root", a user of the web */
    const char *origin; /* from where: "cli", "web", "api", "schedule" */
    const char *action; /* "host.save" */
    const char *object; /* "web1" */
    const char *before; /* what it was, or NULL */
    const char *after;  /* what it is now, or NULL */
};

int store_audit_add(struct db *db, int64_t at, const char *actor, const char *origin, const char *action,
                    const char *object, const char *before, const char *after, struct err *err);

/* Newest first, at most `limit`; those before id `before`, 0 = from the newest on. */
int store_audit_list(struct arena *arena, struct db *db, int64_t before, int64_t limit, struct audit **audits,
                     size_t *count, struct err *err);

/* The same, of one actor and about one object; NULL: any. */
int store_audit_find(struct arena *arena, struct db *db, const char *actor, const char *object,
                     int64_t before, int64_t limit, struct audit **audits, size_t *count, struct err *err);

/* The same, of what changed a host: its settings, schedule, keys, and what people decided about its snapshots. Not what was
 * run, read or pruned. */
int store_audit_of_host(struct arena *arena, struct db *db, const char *host, int64_t before, int64_t limit,
                        struct audit **audits, size_t *count, struct err *err);

/* What was changed behind change `after`, oldest first, at most `limit`; only ids, actions and objects are filled. */
int store_audit_since(struct arena *arena, struct db *db, int64_t after, int64_t limit, struct audit **audits,
                      size_t *count, struct err *err);

#endif
