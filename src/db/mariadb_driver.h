/* What the files of the MariaDB driver share. Nobody else includes this. */
#ifndef DB_MARIADB_DRIVER_H
#define DB_MARIADB_DRIVER_H

#include "base/arena.h"
#include "db/driver.h"
#include "db/mariadb_library.h"
#include "db/mariadb_place.h"
#include "db/mariadb_text.h"

enum { MARIADB_KEPT_MAX = 16, MARIADB_MARK_SIZE = 40 };

/* A value of a parameter; bytes belong to it. */
struct mariadb_parameter {
    enum { MARIADB_NULL, MARIADB_INT, MARIADB_TEXT, MARIADB_BLOB } kind;
    int64_t number;
    char *bytes;
    unsigned long size;
};

/* A column of the row that is being read; bytes point into the rows of its statement. */
struct mariadb_column {
    bool is_int;
    bool is_null;
    int64_t number;
    const char *bytes; /* NUL-terminated; NULL for a number */
    size_t size;
    char digits[24]; /* of a number that is asked for as text */
};

struct mariadb_stmt {
    struct db_stmt stmt;
    char *sql; /* as it was given to us */
    struct mariadb_places places;
    struct mariadb_parameter *values; /* places.parameters of them */
    MYSQL_STMT *handle;               /* belongs to the connection of this number */
    unsigned link_number;
    bool writes;   /* INSERT, UPDATE or DELETE */
    bool executed; /* and the rows of its result are being read */
    struct mariadb_column *columns;
    size_t column_count;
    /* All rows of the result, so that other statements can be sent while they are read, and none is lost with the
     * connection. */
    struct buf rows;
    size_t at; /* where the next row begins */
};

/* One statement of the transaction that is going on, and what it gave. */
struct mariadb_call {
    struct mariadb_call *next;
    const char *sql;
    struct mariadb_parameter *values;
    int value_count;
    uint64_t outcome;
    int64_t last_id; /* 0: it made none */
};

struct mariadb_db {
    struct db db;
    struct arena arena; /* holds place and name */
    struct mariadb_place place;
    const char *name; /* "user@host/database" */
    MYSQL *link;      /* NULL: there is no connection */
    unsigned link_number;
    bool in_transaction;
    bool
        viewing; /* statements see the database as it was when that began, which another connection could not */
    bool migrating; /* statements stand alone, under the lock of the schema */
    int64_t changes, total_changes, last_id;
    struct mariadb_stmt *kept[MARIADB_KEPT_MAX]; /* finished, ready to be used again */
    size_t oldest;                               /* the place whose statement goes when all are taken */

    /* The transaction that is going on, so that it can be repeated. */
    struct arena log_arena;
    struct mariadb_call *log_first, **log_end;
    bool wrote;
    char
        mark[MARIADB_MARK_SIZE]; /* the name under which this handle notes its commits, "" before the first */
    int64_t turn;                /* the number of the last transaction that was to be noted so */
};

static inline struct mariadb_db *mariadb_of(const struct db *db)
{
    return (struct mariadb_db *)db;
}

/* mariadb_link.c: the connection */

/* Connects anew; a connection that is there is closed. Returns 0, or the error's number with `err` filled. */
unsigned mariadb_link_up(struct mariadb_db *db, struct err *err);
void mariadb_link_down(struct mariadb_db *db);

/* Runs one or more statements without parameters and forgets what they give. Returns 0, or the error's number. */
unsigned mariadb_query(struct mariadb_db *db, const char *sql);

/* Runs one that gives rows; the first column of the first as a number, 0 without a row. Returns 0, or the error's number. */
unsigned mariadb_query_int(struct mariadb_db *db, const char *sql, int64_t *number);

/* Fills `err` with what the server or the library said; returns -1. */
int mariadb_fail(const struct mariadb_db *db, unsigned number, const char *text, struct err *err);
int mariadb_link_fail(const struct mariadb_db *db, unsigned number, struct err *err);

/* The connection is lost; what was under way may be tried again on another. */
bool mariadb_is_lost(unsigned number);
/* The server has rolled the transaction back, because of another one; it may be tried again. */
bool mariadb_is_conflict(unsigned number);

/* mariadb_stmt.c: statements */
struct mariadb_stmt *mariadb_stmt_make(struct mariadb_db *db, const char *sql);
int mariadb_prepare(struct db *db, const char *sql, struct db_stmt **stmt, struct err *err);
void mariadb_finish(struct db_stmt *stmt);
void mariadb_stmt_free(struct mariadb_stmt *stmt);
void mariadb_bind(struct mariadb_stmt *stmt, int index, struct mariadb_parameter value);
/* Sends it to the server as it is bound, and takes in the result. Returns 0, or the error's number with `err` filled. */
unsigned mariadb_execute(struct mariadb_stmt *stmt, struct err *err);
int mariadb_step(struct db_stmt *stmt, struct err *err);
void mariadb_reset(struct db_stmt *stmt);

/* mariadb_transaction.c */

/* Connects for the first time, and waits a little for a server that is being started again. */
int mariadb_link_first(struct mariadb_db *db, struct err *err);

int mariadb_begin(struct db *db, struct err *err);
int mariadb_commit(struct db *db, struct err *err);
void mariadb_rollback(struct db *db);

/* Notes a statement that has been executed in the transaction. */
void mariadb_log(struct mariadb_db *db, const struct mariadb_stmt *stmt);

/* After an error of this number: brings the connection back, and the transaction to where it was, waiting a while for a
 * server that is away. 0: the statement that failed may be tried again · -1 with `err`, as it was or of its own. */
int mariadb_recover(struct mariadb_db *db, unsigned number, struct err *err);

#endif
