/* Who we are: rows that are made on first use. */
#include "store/store_installation.h"

#include <stdio.h>
#include <string.h>

#include "store/store_row.h"

/* 1: found · 0: not there · -1: error. */
static int read_installation(struct arena *arena, struct db *db, struct installation *installation,
                             struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, "SELECT uuid, epoch, created_at FROM installation WHERE id = 1", &stmt, err) < 0)
        return -1;
    row = db_step(stmt, err);
    if (row > 0)
        *installation = (struct installation){store_text(arena, stmt, 0), db_int(stmt, 1), db_int(stmt, 2)};
    return row;
}

/* Somebody else may make the row between our look and our insert: then theirs is read. */
int store_installation_load(struct arena *arena, struct db *db, const char *uuid, int64_t now,
                            struct installation *installation, struct err *err)
{
    int row = read_installation(arena, db, installation, err);

    if (row == 0 &&
        db_run(db, err, "INSERT INTO installation (id, uuid, epoch, created_at) VALUES (1, ?, 1, ?)", "ti",
               uuid, now) < 0 &&
        err->code != ERR_EXISTS)
        return -1;
    if (row == 0)
        row = read_installation(arena, db, installation, err);
    if (row == 0)
        return err_set(err, ERR_DATABASE, "the row of table \"installation\" is gone as soon as it is made");
    return row > 0 ? 0 : -1;
}

int store_installation_set_epoch(struct db *db, int64_t epoch, struct err *err)
{
    return db_run(db, err, "UPDATE installation SET epoch = ? WHERE id = 1", "i", epoch) < 0 ? -1 : 0;
}

static int read_node(struct db *db, int64_t *id, struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, "SELECT id FROM node ORDER BY id LIMIT 1", &stmt, err) < 0)
        return -1;
    row = db_step(stmt, err);
    if (row > 0)
        *id = db_int(stmt, 0);
    return row;
}

int store_node_load(struct db *db, int64_t now, int64_t *id, struct err *err)
{
    int row = read_node(db, id, err);

    if (row == 0 &&
        db_run(db, err, "INSERT INTO node (name, created_at) VALUES ('local', ?)", "i", now) < 0 &&
        err->code != ERR_EXISTS)
        return -1;
    if (row == 0)
        row = read_node(db, id, err);
    if (row == 0)
        return err_set(err, ERR_DATABASE, "the row of table \"node\" is gone as soon as it is made");
    return row > 0 ? 0 : -1;
}

static int read_run(struct db *db, const char *where, int64_t id, struct installation_marks *marks,
                    struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, where, &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, id);
    row = db_step(stmt, err);
    if (row > 0) {
        marks->run = db_int(stmt, 0);
        marks->run_at = db_int(stmt, 1);
    }
    return row;
}

/* Never a part of a character: it is compared with what JSON says of it. */
static void write_what(char what[CHANGE_WHAT_SIZE], const char *action, const char *object)
{
    int size = snprintf(what, CHANGE_WHAT_SIZE, "%s %s", action, object);

    if (size < CHANGE_WHAT_SIZE)
        return;
    for (size_t end = CHANGE_WHAT_SIZE - 1; end > 0 && (what[end - 1] & 0x80) != 0; end--)
        what[end - 1] = '\0';
}

static int read_change(struct db *db, const char *where, int64_t id, struct installation_marks *marks,
                       struct err *err)
{
    DB_STMT_SCOPED *stmt = NULL;
    int row;

    if (db_prepare(db, where, &stmt, err) < 0)
        return -1;
    db_bind_int(stmt, 1, id);
    row = db_step(stmt, err);
    if (row > 0) {
        marks->change = db_int(stmt, 0);
        marks->change_at = db_int(stmt, 1);
        write_what(marks->change_what, db_text(stmt, 2), db_text(stmt, 3));
    }
    return row;
}

int store_installation_marks(struct db *db, struct installation_marks *marks, struct err *err)
{
    *marks = (struct installation_marks){0};
    if (read_run(db, "SELECT id, requested_at FROM run WHERE id > ? ORDER BY id DESC LIMIT 1", 0, marks,
                 err) < 0)
        return -1;
    return read_change(db, "SELECT id, at, action, object FROM audit WHERE id > ? ORDER BY id DESC LIMIT 1",
                       0, marks, err) < 0
               ? -1
               : 0;
}

int store_installation_knows(struct db *db, const struct installation_marks *marks, struct err *err)
{
    struct installation_marks known = {0};
    int run = marks->run == 0
                  ? 1
                  : read_run(db, "SELECT id, requested_at FROM run WHERE id = ?", marks->run, &known, err);
    int change = marks->change == 0 ? 1
                                    : read_change(db, "SELECT id, at, action, object FROM audit WHERE id = ?",
                                                  marks->change, &known, err);

    if (run <= 0 || change <= 0)
        return run < 0 || change < 0 ? -1 : 0;
    return (marks->run_at == 0 || marks->run_at == known.run_at) &&
           (marks->change_at == 0 || marks->change_at == known.change_at) &&
           (marks->change_what[0] == '\0' || strcmp(marks->change_what, known.change_what) == 0);
}

int store_installation_next_epoch(struct db *db, struct err *err)
{
    return db_run(db, err, "UPDATE installation SET epoch = epoch + 1 WHERE id = 1", "") < 0 ? -1 : 0;
}
