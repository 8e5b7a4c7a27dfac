/* Statements of MariaDB: prepared on the server, bound and read here. */
#include <assert.h>
#include <errmsg.h>
#include <stdlib.h>
#include <string.h>

#include "db/mariadb_driver.h"

enum { SHORT_VALUE = 256 };

static void *zeroed(size_t count, size_t size)
{
    void *made = calloc(count == 0 ? 1 : count, size);

    if (made == NULL)
        abort();
    return made;
}

static bool begins_with(const char *sql, const char *word)
{
    return strncmp(sql, word, strlen(word)) == 0;
}

static void forget_values(struct mariadb_stmt *stmt)
{
    for (int i = 0; i < stmt->places.parameters; i++) {
        free(stmt->values[i].bytes);
        stmt->values[i] = (struct mariadb_parameter){0};
    }
}

void mariadb_stmt_free(struct mariadb_stmt *stmt)
{
    if (stmt == NULL)
        return;
    if (stmt->handle != NULL)
        libmariadb.mysql_stmt_close(stmt->handle);
    forget_values(stmt);
    free(stmt->values);
    free(stmt->columns);
    free(stmt->sql);
    buf_release(&stmt->rows);
    free(stmt);
}

static unsigned stmt_fail(const struct mariadb_stmt *stmt, struct err *err)
{
    unsigned number = libmariadb.mysql_stmt_errno(stmt->handle);

    mariadb_fail(mariadb_of(stmt->stmt.db), number, libmariadb.mysql_stmt_error(stmt->handle), err);
    return number;
}

/* Has the server compile it, unless it has done so on this connection. Returns 0, or the error's number. */
static unsigned compile(struct mariadb_stmt *stmt, struct err *err)
{
    struct mariadb_db *db = mariadb_of(stmt->stmt.db);
    BUF_SCOPED text = BUF_EMPTY;

    if (db->link == NULL) {
        mariadb_link_fail(db, CR_SERVER_GONE_ERROR, err);
        return CR_SERVER_GONE_ERROR;
    }
    if (stmt->handle != NULL && stmt->link_number == db->link_number)
        return 0;
    if (stmt->handle != NULL)
        libmariadb.mysql_stmt_close(stmt->handle);
    stmt->handle = libmariadb.mysql_stmt_init(db->link);
    if (stmt->handle == NULL)
        abort();
    mariadb_text(stmt->sql, &text, &stmt->places);
    if (libmariadb.mysql_stmt_prepare(stmt->handle, buf_text(&text), text.size) != 0) {
        unsigned number = stmt_fail(stmt, err);

        libmariadb.mysql_stmt_close(stmt->handle);
        stmt->handle = NULL;
        return number;
    }
    stmt->link_number = db->link_number;
    free(stmt->columns);
    stmt->column_count = libmariadb.mysql_stmt_field_count(stmt->handle);
    stmt->columns = zeroed(stmt->column_count, sizeof *stmt->columns);
    assert(libmariadb.mysql_stmt_param_count(stmt->handle) == (unsigned long)stmt->places.count);
    return 0;
}

/* A finished statement of the same text, or NULL. */
static struct mariadb_stmt *take_kept(struct mariadb_db *db, const char *sql)
{
    for (size_t i = 0; i < MARIADB_KEPT_MAX; i++) {
        struct mariadb_stmt *stmt = db->kept[i];

        if (stmt == NULL || strcmp(stmt->sql, sql) != 0)
            continue;
        db->kept[i] = NULL;
        return stmt;
    }
    return NULL;
}

struct mariadb_stmt *mariadb_stmt_make(struct mariadb_db *db, const char *sql)
{
    struct mariadb_stmt *made = take_kept(db, sql);
    BUF_SCOPED text = BUF_EMPTY;

    if (made != NULL)
        return made;
    made = zeroed(1, sizeof *made);
    made->stmt.db = &db->db;
    made->sql = zeroed(strlen(sql) + 1, 1);
    memcpy(made->sql, sql, strlen(sql));
    made->writes = begins_with(sql, "INSERT ") || begins_with(sql, "UPDATE ") || begins_with(sql, "DELETE ");
    mariadb_text(sql, &text, &made->places);
    made->values = zeroed((size_t)made->places.parameters, sizeof *made->values);
    return made;
}

int mariadb_prepare(struct db *db, const char *sql, struct db_stmt **stmt, struct err *err)
{
    struct mariadb_stmt *made = mariadb_stmt_make(mariadb_of(db), sql);
    unsigned number;

    while ((number = compile(made, err)) != 0)
        if (mariadb_recover(mariadb_of(db), number, err) < 0) {
            mariadb_stmt_free(made);
            return -1;
        }
    *stmt = &made->stmt;
    return 0;
}

/* One that needs the server to compile it again costs as much as a new one. */
void mariadb_finish(struct db_stmt *stmt)
{
    struct mariadb_stmt *finished = (struct mariadb_stmt *)stmt;
    struct mariadb_db *db = mariadb_of(stmt->db);
    size_t place = 0;

    if (finished->handle == NULL || finished->link_number != db->link_number ||
        !(finished->writes || begins_with(finished->sql, "SELECT "))) {
        mariadb_stmt_free(finished);
        return;
    }
    forget_values(finished);
    buf_release(&finished->rows);
    finished->executed = false;
    finished->stmt.spoiled_by = 0;
    while (place < MARIADB_KEPT_MAX && db->kept[place] != NULL)
        place++;
    if (place == MARIADB_KEPT_MAX) {
        place = db->oldest;
        db->oldest = (db->oldest + 1) % MARIADB_KEPT_MAX;
        mariadb_stmt_free(db->kept[place]);
    }
    db->kept[place] = finished;
}

void mariadb_bind(struct mariadb_stmt *stmt, int index, struct mariadb_parameter value)
{
    struct mariadb_parameter *own = &stmt->values[index - 1];

    assert(index >= 1 && index <= stmt->places.parameters && !stmt->executed);
    free(own->bytes);
    *own = value;
    if (value.bytes == NULL)
        return;
    own->bytes = zeroed(value.size + 1, 1);
    memcpy(own->bytes, value.bytes, value.size);
}

static void send_values(struct mariadb_stmt *stmt)
{
    static const enum enum_field_types types[] = {[MARIADB_NULL] = MYSQL_TYPE_NULL,
                                                  [MARIADB_INT] = MYSQL_TYPE_LONGLONG,
                                                  [MARIADB_TEXT] = MYSQL_TYPE_STRING,
                                                  [MARIADB_BLOB] = MYSQL_TYPE_BLOB};
    MYSQL_BIND binds[MARIADB_PLACES_MAX] = {0};

    for (int i = 0; i < stmt->places.count; i++) {
        struct mariadb_parameter *value = &stmt->values[stmt->places.parameter[i] - 1];

        binds[i].buffer_type = types[value->kind];
        binds[i].buffer = value->kind == MARIADB_INT ? (void *)&value->number : (void *)value->bytes;
        binds[i].buffer_length = value->size;
        binds[i].length = &value->size;
    }
    if (stmt->places.count > 0)
        libmariadb.mysql_stmt_bind_param(stmt->handle, binds);
}

static bool is_int(enum enum_field_types type)
{
    return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 ||
           type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG;
}

/* Where the library puts a value: a number, or the beginning of a text. */
struct landing {
    int64_t number;
    char text[SHORT_VALUE];
    unsigned long size;
    my_bool is_null, is_cut;
};

/* Adds a value to the rows: whether it is one, its number or its size, its bytes. */
static int keep_value(struct mariadb_stmt *stmt, unsigned column, struct landing *landing)
{
    const bool number = stmt->columns[column].is_int;
    int64_t head = number ? landing->number : (int64_t)landing->size;
    size_t start;

    buf_add_char(&stmt->rows, landing->is_null ? 'n' : 'v');
    if (landing->is_null)
        return 0;
    buf_add(&stmt->rows, &head, sizeof head);
    if (number)
        return 0;
    start = stmt->rows.size;
    if (landing->size <= sizeof landing->text) {
        buf_add(&stmt->rows, landing->text, landing->size);
    } else {
        char *whole = zeroed(landing->size, 1);
        MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING, .buffer = whole, .buffer_length = landing->size};
        unsigned long size = 0;
        int failed;

        bind.length = &size;
        failed = libmariadb.mysql_stmt_fetch_column(stmt->handle, &bind, column, 0);
        buf_add(&stmt->rows, whole, landing->size);
        free(whole);
        if (failed)
            return -1;
    }
    assert(stmt->rows.size - start == landing->size);
    buf_add_char(&stmt->rows, '\0');
    return 0;
}

static int read_rows(struct mariadb_stmt *stmt, struct landing *landings)
{
    int status;

    while ((status = libmariadb.mysql_stmt_fetch(stmt->handle)) == 0 || status == MYSQL_DATA_TRUNCATED)
        for (unsigned i = 0; i < stmt->column_count; i++)
            if (keep_value(stmt, i, &landings[i]) < 0)
                return -1;
    return status == MYSQL_NO_DATA ? 0 : -1;
}

/* Takes in all rows. Returns 0 or -1 with the handle's error. */
static int take_rows(struct mariadb_stmt *stmt)
{
    struct landing *landings = zeroed(stmt->column_count, sizeof *landings);
    MYSQL_BIND *binds = zeroed(stmt->column_count, sizeof *binds);
    MYSQL_RES *meta = libmariadb.mysql_stmt_result_metadata(stmt->handle);
    const MYSQL_FIELD *fields = meta == NULL ? NULL : libmariadb.mysql_fetch_fields(meta);
    int result = -1;

    for (size_t i = 0; fields != NULL && i < stmt->column_count; i++) {
        bool number = is_int(fields[i].type);

        stmt->columns[i].is_int = number;
        binds[i] = (MYSQL_BIND){
            .buffer_type = number ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING,
            .buffer = number ? (void *)&landings[i].number : (void *)landings[i].text,
            .buffer_length = number ? sizeof landings[i].number : sizeof landings[i].text,
        };
        binds[i].length = &landings[i].size;
        binds[i].is_null = &landings[i].is_null;
        binds[i].error = &landings[i].is_cut;
    }
    if (fields != NULL && libmariadb.mysql_stmt_bind_result(stmt->handle, binds) == 0)
        result = read_rows(stmt, landings);
    if (meta != NULL)
        libmariadb.mysql_free_result(meta);
    free(binds);
    free(landings);
    return result;
}

unsigned mariadb_execute(struct mariadb_stmt *stmt, struct err *err)
{
    struct mariadb_db *db = mariadb_of(stmt->stmt.db);
    unsigned number = compile(stmt, err);

    if (number != 0)
        return number;
    buf_clear(&stmt->rows);
    stmt->at = 0;
    send_values(stmt);
    if (libmariadb.mysql_stmt_execute(stmt->handle) != 0)
        return stmt_fail(stmt, err);
    if (stmt->column_count > 0 && take_rows(stmt) < 0) {
        number = stmt_fail(stmt, err);
        libmariadb.mysql_stmt_free_result(stmt->handle);
        return number;
    }
    if (stmt->writes) {
        db->changes = (int64_t)libmariadb.mysql_stmt_affected_rows(stmt->handle);
        db->last_id = (int64_t)libmariadb.mysql_stmt_insert_id(stmt->handle);
    }
    if (stmt->column_count > 0)
        libmariadb.mysql_stmt_free_result(stmt->handle);
    return 0;
}

/* Executes it, in a transaction of its own where it writes outside of one: the lock of the writers then keeps it from
 * changing what another has just read. */
static int run(struct mariadb_stmt *stmt, struct err *err)
{
    struct mariadb_db *db = mariadb_of(stmt->stmt.db);
    bool alone = stmt->writes && !db->in_transaction && !db->migrating;
    unsigned number;

    if (alone && mariadb_begin(&db->db, err) < 0)
        return -1;
    while ((number = mariadb_execute(stmt, err)) != 0)
        if (mariadb_recover(db, number, err) < 0) {
            if (alone)
                mariadb_rollback(&db->db);
            return -1;
        }
    if (stmt->writes)
        db->total_changes += db->changes;
    if (db->in_transaction)
        mariadb_log(db, stmt);
    if (alone && mariadb_commit(&db->db, err) < 0) {
        mariadb_rollback(&db->db);
        return -1;
    }
    return 0;
}

/* Takes the next value of the rows apart. */
static void read_column(struct mariadb_stmt *stmt, struct mariadb_column *column)
{
    int64_t head;

    column->is_null = stmt->rows.data[stmt->at++] == 'n';
    column->bytes = NULL;
    column->number = 0;
    column->size = 0;
    if (column->is_null)
        return;
    memcpy(&head, stmt->rows.data + stmt->at, sizeof head);
    stmt->at += sizeof head;
    if (column->is_int) {
        column->number = head;
        return;
    }
    column->bytes = stmt->rows.data + stmt->at;
    column->size = (size_t)head;
    stmt->at += column->size + 1;
}

int mariadb_step(struct db_stmt *stmt, struct err *err)
{
    struct mariadb_stmt *own = (struct mariadb_stmt *)stmt;

    if (!own->executed && run(own, err) < 0)
        return -1;
    own->executed = true;
    if (own->at >= own->rows.size)
        return 0;
    for (size_t i = 0; i < own->column_count; i++)
        read_column(own, &own->columns[i]);
    return 1;
}

void mariadb_reset(struct db_stmt *stmt)
{
    struct mariadb_stmt *own = (struct mariadb_stmt *)stmt;

    own->executed = false;
    buf_clear(&own->rows);
    own->at = 0;
}
