/*
 * The rows of any table as pages of a list, for the admin site: which tables and columns there are is declared here once,
 * and a statement is put together from this declaration alone. What somebody asked for is looked up in it by name, and its
 * values are always bound. Secrets are no columns.
 */
#ifndef STORE_STORE_LISTING_H
#define STORE_STORE_LISTING_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "db/db.h"
#include "model/field.h"

enum listing_type {
    LISTING_TEXT,
    LISTING_ID,
    LISTING_NUMBER,
    LISTING_FLAG,
    LISTING_TIME,  /* UTC seconds */
    LISTING_BYTES, /* a size */
    LISTING_LINES, /* a list, one item a line */
    LISTING__MAX
};

struct listing_column {
    const char *name; /* "started_at" */
    const char *sql;  /* "snapshot.started_at" */
    enum listing_type type;
    const char *words;         /* the closed list of values, one a line; NULL: any */
    const struct field *field; /* of a setting, which inherits where it is not set; NULL: a record has it */
};

/* Rows of another table that belong to a row: those whose `column` is the row's `own`. */
struct listing_relation {
    const char *title, *table, *column, *own;
};

/* Lists of names are separated by blanks. */
struct listing_table {
    const char *name;     /* "snapshots": in addresses */
    const char *title;    /* "Snapshots" */
    const char *singular; /* "Snapshot" */
    const char *main;     /* the table itself: "snapshot" */
    const char *from;     /* with what is joined to it */
    const char *id;       /* "snapshot.id": a number that names a row */
    const char *label;    /* the column that names it for people */
    const char *date;     /* the column by which days are looked up; NULL: none */
    const char *sort;     /* how it is sorted unless asked otherwise: "-started_at" */
    const char *shown;    /* the columns of the list unless asked otherwise */
    const char *searched; /* where a search looks */
    const char *filters;  /* the columns whose values are offered for choice */
    const char *left_out; /* SQL columns that no column shows: secrets, and what a joined table says better */
    const char *site;     /* its own page: "/hosts/:host/snapshots/:name"; NULL: none */
    const char *add;      /* the page that makes a new one; NULL: none */
    const char *object;   /* what the audit calls it: ":host@:name"; NULL: it is not in the audit */
    const char *actions;  /* the words before the "." of the actions that are about it */
    bool is_fact;         /* what happened: nobody changes it */
    const struct listing_column *columns; /* ended by a NULL name */
    const struct field_table *fields;     /* further columns of `main`, those of `scope`; NULL: none */
    unsigned scope;
    const struct listing_relation *relations; /* ended by a NULL title; NULL: none */
};

/* Ended by a NULL name. */
extern const struct listing_table listing_tables[];

const struct listing_table *listing_table_find(const char *name); /* NULL: none of that name */

/* All columns, those of the field table included. */
const struct listing_column *listing_columns(struct arena *arena, const struct listing_table *table,
                                             size_t *count);

/* Whether a name is in a list of names. */
bool listing_names(const char *names, const char *name);

enum listing_kind { LISTING_NONE, LISTING_IS_NUMBER, LISTING_IS_TEXT };
struct listing_value {
    enum listing_kind kind;
    int64_t number;
    const char *text;
};

struct listing_filter {
    const struct listing_column *column;
    const struct listing_value *values; /* one of these; LISTING_NONE: not known, not set */
    size_t count;
};

struct listing_query {
    const struct listing_table *table;
    const struct listing_column *columns; /* of listing_columns() */
    size_t column_count;
    const struct listing_column *sort; /* NULL: by the id */
    bool descending;
    const char *search;  /* NULL: none */
    int64_t from, until; /* of the date, until excluded; 0 and 0: all */
    const struct listing_filter *filters;
    size_t filter_count;
    bool goes_on; /* behind the row `after_id`, whose value of `sort` is `after` */
    struct listing_value after;
    int64_t after_id;
    int limit;
};

struct listing_row {
    int64_t id;
    const struct listing_value *values; /* one for each column */
};

/* One page, in order; of rows with the same value, and of those with none, the id decides. What has no value comes first
 * in rising order, last in falling. */
int store_listing_load(struct arena *arena, struct db *db, const struct listing_query *query,
                       struct listing_row **rows, size_t *count, struct err *err);

/* How many rows there are behind the filters of a query, counted up to `most`. */
int store_listing_count(struct db *db, const struct listing_query *query, int64_t most, int64_t *count,
                        struct err *err);

/* One row with all columns; 1, 0: there is none, -1. */
int store_listing_find(struct arena *arena, struct db *db, const struct listing_table *table, int64_t id,
                       struct listing_row *row, struct err *err);

/* The first and the last date; 0 and 0 when there is none. */
int store_listing_dates(struct arena *arena, struct db *db, const struct listing_table *table, int64_t *first,
                        int64_t *last, struct err *err);

/* Whether a row has a date from `from` to before `until`: 1, 0, -1. */
int store_listing_has_date(struct arena *arena, struct db *db, const struct listing_table *table,
                           int64_t from, int64_t until, struct err *err);

/* The statement of store_listing_load(), for the test that asks how the database would carry it out. `with_value`: the
 * part of the rows that have a value to be sorted by. */
void store_listing_sql(const struct listing_query *query, bool with_value, struct buf *sql);

#endif
