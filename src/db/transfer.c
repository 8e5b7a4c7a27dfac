/* All rows of one database into another, in pages, and the proof that they are the same. */
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "db/driver.h"

enum { PAGE = 1000 };

struct table {
    const char *name;
    struct list columns;
    const char *key;       /* of one column: pages begin behind its last value; NULL: they are counted */
    const char *first_sql; /* SELECT of a page */
    const char *next_sql;  /* the same behind a value of the key */
    const char *insert_sql;
};

/* Where a walk over a table is. */
struct walk {
    struct db *db;
    const struct table *table;
    struct db_stmt *stmt;
    int64_t row; /* how many there were before */
    int key_column;
    struct buf last; /* value of the key of the row before */
    bool last_is_int;
    int64_t last_int;
};

static const char *joined(struct arena *arena, const struct list *columns, const char *mark)
{
    BUF_SCOPED text = BUF_EMPTY;

    for (size_t i = 0; i < columns->count; i++)
        buf_printf(&text, "%s%s", i == 0 ? "" : ", ", mark != NULL ? mark : columns->items[i]);
    return arena_copy(arena, buf_text(&text), text.size);
}

/* Reads the columns, in the order of the database that is copied. */
static int load_table(struct arena *arena, struct db *db, const char *name, struct table *table,
                      struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    struct list keys = {0};
    const char *columns;
    int row;

    *table = (struct table){.name = name};
    if (db_prepare(db, db->driver->columns_sql, &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, name);
    while ((row = db_step(stmt, err)) > 0) {
        list_add(arena, &table->columns, arena_printf(arena, "\"%s\"", db_text(stmt, 0)));
        if (db_int(stmt, 1) > 0)
            list_add(arena, &keys, arena_printf(arena, "\"%s\"", db_text(stmt, 0)));
    }
    if (row < 0)
        return -1;
    columns = joined(arena, &table->columns, NULL);
    table->key = keys.count == 1 ? keys.items[0] : NULL;
    table->first_sql = arena_printf(arena, "SELECT %s FROM \"%s\" ORDER BY %s LIMIT %d%s", columns, name,
                                    joined(arena, &keys, NULL), PAGE, table->key == NULL ? " OFFSET ?" : "");
    table->next_sql = arena_printf(arena, "SELECT %s FROM \"%s\" WHERE %s > ? ORDER BY %s LIMIT %d", columns,
                                   name, joined(arena, &keys, NULL), joined(arena, &keys, NULL), PAGE);
    table->insert_sql = arena_printf(arena, "INSERT INTO \"%s\" (%s) VALUES (%s)", name, columns,
                                     joined(arena, &table->columns, "?"));
    return 0;
}

static int load_tables(struct arena *arena, struct db *db, struct list *names, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    *names = (struct list){0};
    if (db_prepare(db, db->driver->tables_sql, &stmt, err) < 0)
        return -1;
    while ((row = db_step(stmt, err)) > 0)
        list_add(arena, names, arena_strdup(arena, db_text(stmt, 0)));
    return row;
}

static struct walk walk_of(struct db *db, const struct table *table)
{
    struct walk walk = {.db = db, .table = table, .last = BUF_EMPTY};

    while (table->key != NULL && strcmp(table->columns.items[walk.key_column], table->key) != 0)
        walk.key_column++;
    return walk;
}

static void walk_end(struct walk *walk)
{
    db_finish(&walk->stmt);
    buf_release(&walk->last);
}

static int next_page(struct walk *walk, struct err *err)
{
    bool counted = walk->table->key == NULL;

    db_finish(&walk->stmt);
    if (db_prepare(walk->db, walk->row == 0 || counted ? walk->table->first_sql : walk->table->next_sql,
                   &walk->stmt, err) < 0)
        return -1;
    if (counted)
        db_bind_int(walk->stmt, 1, walk->row);
    else if (walk->row > 0 && walk->last_is_int)
        db_bind_int(walk->stmt, 1, walk->last_int);
    else if (walk->row > 0)
        db_bind_text(walk->stmt, 1, buf_text(&walk->last));
    return 0;
}

/* To the next row: 1, 0 at the end, -1. */
static int walk_next(struct walk *walk, struct err *err)
{
    int row;

    if (walk->row % PAGE == 0 && next_page(walk, err) < 0)
        return -1;
    row = db_step(walk->stmt, err);
    if (row <= 0)
        return row;
    walk->row++;
    if (walk->table->key == NULL || walk->row % PAGE != 0)
        return 1;
    walk->last_is_int = walk->db->driver->is_int(walk->stmt, walk->key_column);
    walk->last_int = db_int(walk->stmt, walk->key_column);
    buf_clear(&walk->last);
    buf_add_text(&walk->last, db_text(walk->stmt, walk->key_column));
    return 1;
}

static int insert_row(struct walk *walk, struct db_stmt *insert, struct err *err)
{
    for (int i = 0; i < (int)walk->table->columns.count; i++) {
        if (db_is_null(walk->stmt, i))
            db_bind_null(insert, i + 1);
        else if (walk->db->driver->is_int(walk->stmt, i))
            db_bind_int(insert, i + 1, db_int(walk->stmt, i));
        else
            db_bind_text(insert, i + 1, db_text(walk->stmt, i));
    }
    if (db_step(insert, err) < 0)
        return err_in(err, "row %lld of table \"%s\"", (long long)walk->row, walk->table->name);
    db_reset(insert);
    return 0;
}

/* A transaction for each page: one for all would be held in memory. */
static int copy_rows(struct walk *walk, struct db *to, struct err *err)
{
    DB_STMT_SCOPED *insert = NULL;
    int row;

    if (db_begin(to, err) < 0 || db_prepare(to, walk->table->insert_sql, &insert, err) < 0)
        return -1;
    while ((row = walk_next(walk, err)) > 0) {
        if (insert_row(walk, insert, err) < 0)
            return -1;
        if (walk->row % PAGE == 0 && (db_commit(to, err) < 0 || db_begin(to, err) < 0))
            return -1;
    }
    return row < 0 ? -1 : db_commit(to, err);
}

static int copy_table(struct arena *arena, struct db *from, struct db *to, const struct table *table,
                      struct err *err)
{
    struct walk walk = walk_of(from, table);
    int result = db_run(to, err, arena_printf(arena, "DELETE FROM \"%s\"", table->name), "") < 0
                     ? -1
                     : copy_rows(&walk, to, err);

    walk_end(&walk);
    return result;
}

static bool same_value(struct walk *a, struct walk *b, int column)
{
    const char *one = db_text(a->stmt, column), *other = db_text(b->stmt, column);

    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static int compare_rows(struct walk *a, struct walk *b, struct err *err)
{
    int here, there;

    do {
        here = walk_next(a, err);
        there = here < 0 ? -1 : walk_next(b, err);
        if (there < 0)
            return -1;
        for (int i = 0; here > 0 && there > 0 && i < (int)a->table->columns.count; i++)
            if (!same_value(a, b, i))
                return err_set(err, ERR_DATABASE, "the copy differs: row %lld of table \"%s\", column %s",
                               (long long)a->row, a->table->name, a->table->columns.items[i]);
        if (here != there)
            return err_set(err, ERR_DATABASE, "the copy differs: table \"%s\" has %s rows", a->table->name,
                           here > 0 ? "too few" : "too many");
    } while (here > 0);
    return 0;
}

static int compare_table(struct db *from, struct db *to, const struct table *table, int64_t *rows,
                         struct err *err)
{
    struct walk a = walk_of(from, table), b = walk_of(to, table);
    int result = compare_rows(&a, &b, err);

    *rows += a.row;
    walk_end(&a);
    walk_end(&b);
    return result;
}

/* Ids of rows that have gone are not given again over there either. */
static int copy_given(struct db *from, struct db *to, const char *table, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(from, from->driver->given_sql, &stmt, err) < 0)
        return -1;
    db_bind_text(stmt, 1, table);
    row = db_step(stmt, err);
    if (row <= 0 || db_is_null(stmt, 0))
        return row < 0 ? -1 : 0;
    return to->driver->set_given(to, table, db_int(stmt, 0), err);
}

/* Rows that the migrations put in are no rows of anybody. */
static int refuse_rows(struct arena *arena, struct db *to, const struct list *names, struct err *err)
{
    for (size_t i = 0; i < names->count; i++) {
        DB_STMT_SCOPED *stmt = NULL;

        if (strcmp(names->items[i], "global_config") == 0 || strcmp(names->items[i], "notification") == 0)
            continue;
        if (db_prepare(to, arena_printf(arena, "SELECT count(*) FROM \"%s\"", names->items[i]), &stmt, err) <
                0 ||
            db_step(stmt, err) < 0)
            return -1;
        if (db_int(stmt, 0) > 0) {
            err_set(err, ERR_REFUSED, "the other database is not empty: table \"%s\" has rows",
                    names->items[i]);
            return err_hint(err, "give an empty one: what is in it would be lost");
        }
    }
    return 0;
}

static int refuse_version(struct db *from, struct db *to, struct err *err)
{
    int here, there, expected;

    if (db_schema_version(from, &here, &expected, err) < 0 ||
        db_schema_version(to, &there, &expected, err) < 0)
        return -1;
    return here == there ? 0
                         : err_set(err, ERR_REFUSED,
                                   "the one database is of version %d, the other of version %d", here, there);
}

static int transfer(struct arena *arena, struct db *from, struct db *to, const struct list *names,
                    int64_t *rows, struct err *err)
{
    for (size_t i = 0; i < names->count; i++) {
        struct table table;

        if (load_table(arena, from, names->items[i], &table, err) < 0 ||
            copy_table(arena, from, to, &table, err) < 0 || compare_table(from, to, &table, rows, err) < 0 ||
            copy_given(from, to, table.name, err) < 0)
            return -1;
    }
    return 0;
}

int db_transfer(struct db *from, struct db *to, int64_t *rows, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list names;
    struct err ignored;
    int result;

    *rows = 0;
    if (from->driver->begin_view(from, err) < 0)
        return -1;
    result = refuse_version(from, to, err) < 0 || load_tables(&arena, from, &names, err) < 0 ||
                     refuse_rows(&arena, to, &names, err) < 0 || db_run(to, err, to->driver->keys_off, "") < 0
                 ? -1
                 : transfer(&arena, from, to, &names, rows, err);
    db_rollback(to);
    if (db_run(to, result < 0 ? &ignored : err, to->driver->keys_on, "") < 0)
        result = -1;
    if (from->driver->end_view(from, result < 0 ? &ignored : err) < 0)
        result = -1;
    return result;
}
