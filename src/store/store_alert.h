/* What was told of each host, and the messages that are on their way. */
#ifndef STORE_STORE_ALERT_H
#define STORE_STORE_ALERT_H

#include "base/arena.h"
#include "db/db.h"

/* The subject of the backup root; hosts have their names. */
#define ALERT_ROOT "/"

struct alert_row {
    const char *subject;
    const char *health; /* its name */
    int64_t since;      /* 0: not known */
    int64_t told_at;
};

int store_alert_list(struct arena *arena, struct db *db, struct alert_row **rows, size_t *count,
                     struct err *err);
/* In place of what is there for the subject. */
int store_alert_save(struct db *db, const struct alert_row *row, struct err *err);
/* One that is not there is fine. */
int store_alert_delete(struct db *db, const char *subject, struct err *err);

/* The hosts whose last failure is being repeated: the repetition runs, or waits and is due at `since` or later. One that
 * waits longer is taken by nobody. */
int store_alert_retries(struct arena *arena, struct db *db, int64_t since, int64_t **hosts, size_t *count,
                        struct err *err);

struct outbox_row {
    int64_t id;
    const char *channel;   /* "mail", "webhook" */
    const char *recipient; /* of a mail, else NULL */
    const char *subject, *body;
    int64_t created_at;
    int64_t tries; /* attempts so far */
    int64_t next_try_at;
    const char *last_error; /* NULL: none yet */
};

/* id, tries and last_error are not read. */
int store_outbox_add(struct db *db, const struct outbox_row *row, struct err *err);

/* The oldest first, at most `limit`; `due_at` 0: all, else only those whose next attempt is due by then. */
int store_outbox_list(struct arena *arena, struct db *db, int64_t due_at, int64_t limit,
                      struct outbox_row **rows, size_t *count, struct err *err);

/* Takes a message for an attempt: counts it, and nobody else takes it before `until`. 1, or 0 when somebody else was
 * first, or -1. */
int store_outbox_take(struct db *db, const struct outbox_row *row, int64_t until, struct err *err);

/* The attempt failed: the next one is at `next_try_at`. */
int store_outbox_fail(struct db *db, int64_t id, const char *error, int64_t next_try_at, struct err *err);

/* All messages of a channel wait at least so long: its server does not answer. */
int store_outbox_postpone(struct db *db, const char *channel, const char *error, int64_t until,
                          struct err *err);

/* What waits because it failed is due now: somebody asks for it. What is being tried stays with whoever took it. */
int store_outbox_hurry(struct db *db, int64_t now, struct err *err);

/* What became of a message. */
struct delivery_row {
    int64_t at;
    const char *channel, *recipient, *subject; /* as of an outbox_row */
    bool delivered;                            /* false: given up */
    int64_t created_at, tries;
    const char *error; /* why it was given up, else NULL */
};

/* The message leaves the outbox: it was taken at `at` (`error` NULL), or is given up. Keeps the newest thousand. */
int store_outbox_end(struct db *db, const struct outbox_row *row, int64_t at, const char *error,
                     struct err *err);

/* The newest first, at most `limit`. */
int store_delivery_list(struct arena *arena, struct db *db, int64_t limit, struct delivery_row **rows,
                        size_t *count, struct err *err);

#endif
