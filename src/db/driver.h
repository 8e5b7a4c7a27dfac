/*
 * What a database driver has to offer; db.c forwards to it and nobody else may call it. A driver puts struct db and
 * struct db_stmt first into structs of its own. The contract of each function is that of its namesake in db.h.
 */
#ifndef DB_DRIVER_H
#define DB_DRIVER_H

#include "db/db.h"

struct db_driver {
    const char *name; /* scheme of the URL and folder of the migrations */
    enum db_kind kind;

    /* `place` is what follows "scheme://". */
    int (*open)(const char *place, struct db **db, struct err *err);
    void (*close)(struct db *db);

    int (*prepare)(struct db *db, const char *sql, struct db_stmt **stmt, struct err *err);
    void (*finish)(struct db_stmt *stmt);
    void (*bind_int)(struct db_stmt *stmt, int index, int64_t value);
    void (*bind_text)(struct db_stmt *stmt, int index, const char *text); /* valid UTF-8, not NULL */
    void (*bind_blob)(struct db_stmt *stmt, int index, const void *bytes, size_t size);
    void (*bind_null)(struct db_stmt *stmt, int index);
    int (*step)(struct db_stmt *stmt, struct err *err);
    void (*reset)(struct db_stmt *stmt);
    bool (*is_null)(struct db_stmt *stmt, int column);
    int64_t (*get_int)(struct db_stmt *stmt, int column);
    const char *(*get_text)(struct db_stmt *stmt, int column);
    const void *(*get_blob)(struct db_stmt *stmt, int column, size_t *size);

    /* Rows that the last INSERT, UPDATE or DELETE found, changed in value or not. */
    int64_t (*changes)(struct db *db);
    int64_t (*total_changes)(struct db *db);
    int64_t (*last_id)(struct db *db);

    int (*begin)(struct db *db, struct err *err);
    int (*commit)(struct db *db, struct err *err);
    void (*rollback)(struct db *db);
    bool (*in_transaction)(const struct db *db);

    /* Of a driver whose schema cannot be changed within a transaction, else NULL: keep other programs from changing it. */
    int (*lock_schema)(struct db *db, struct err *err);
    void (*unlock_schema)(struct db *db);

    /* 1: there is a table of this name · 0: there is none · -1: error. */
    int (*has_table)(struct db *db, const char *name, struct err *err);
    int (*check)(struct db *db, struct err *err);

    /* For copying from one database to another (transfer.c). */
    bool (*is_int)(struct db_stmt *stmt, int column);
    const char *tables_sql;  /* names of the tables of ours, but schema_version */
    const char *columns_sql; /* of the table ?: name, place in the primary key or 0; in order */
    const char *keys_off;    /* foreign keys are not looked at any more by this handle */
    const char *keys_on;
    const char *
        given_sql; /* the highest id that the table ? has ever given to a row; a row without it, or none: no such */
    int (*set_given)(struct db *db, const char *table, int64_t id, struct err *err);
    /* From here to the end statements see the database as it is now; nobody has to wait. */
    int (*begin_view)(struct db *db, struct err *err);
    int (*end_view)(struct db *db, struct err *err);

    int (*copy)(struct db *db, const char *path, struct err *err);
    int (*open_copy)(const char *path, struct db **db, struct err *err);
    /* Waits until nobody else has the database open, and makes one file of it; the handle is of no more use. */
    int (*settle)(struct db *db, struct err *err);
    /* The file at `place` is kept as `kept` and replaced by `path`. */
    int (*replace)(const char *place, const char *path, const char *kept, struct err *err);
};

struct db {
    const struct db_driver *driver;
};

struct db_stmt {
    struct db *db;
    int spoiled_by; /* the parameter that was given invalid UTF-8, 0 = none */
};

extern const struct db_driver sqlite_driver;
extern const struct db_driver mariadb_driver; /* loads its library when the first database is opened */

/* sqlite_replace.c */
int sqlite_replace(const char *place, const char *path, const char *kept, struct err *err);

#endif
