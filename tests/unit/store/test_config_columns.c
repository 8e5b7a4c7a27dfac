/* The tables hold the fields of the field table, all of them and in the same form. */
#include "db/scratch.h"

#include <string.h>

#include "store/config_columns.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_installation.h"

/* The type that a column has for a field. */
static const char *column_type(const struct field *field)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_LIST:
        return "TEXT";
    case FIELD_INT:
    case FIELD_BOOL:
    case FIELD__MAX:
        break;
    }
    return "INTEGER";
}

/* The columns behind the first `own` ones of a table are the fields of the scope, in order. */
static void assert_columns(struct scratch *s, const char *table, int own, enum field_scope scope)
{
    DB_STMT_SCOPED *stmt = NULL;
    size_t i = 0;

    assert_ok(db_prepare(s->db, "SELECT name, type, \"notnull\" FROM pragma_table_info(?) ORDER BY cid",
                         &stmt, &s->err),
              &s->err);
    db_bind_text(stmt, 1, table);
    for (int skipped = 0; skipped < own; skipped++)
        assert_int_equal(db_step(stmt, &s->err), 1);
    while (db_step(stmt, &s->err) == 1) {
        while (i < config_field_count && (config_fields[i].scope & scope) == 0)
            i++;
        if (i == config_field_count)
            fail_msg("table %s has column %s and no such field", table, db_text(stmt, 0));
        if (strcmp(db_text(stmt, 0), config_fields[i].name) != 0)
            fail_msg("table %s has column %s where field %s was expected: a migration is missing", table,
                     db_text(stmt, 0), config_fields[i].name);
        assert_string_equal(db_text(stmt, 1), column_type(&config_fields[i]));
        assert_int_equal(db_int(stmt, 2), 0);
        i++;
    }
    for (; i < config_field_count; i++)
        if ((config_fields[i].scope & scope) != 0)
            fail_msg("table %s has no column for field %s: a migration is missing", table,
                     config_fields[i].name);
}

static void tables_have_the_fields(void **state)
{
    only_on_sqlite((struct scratch *)*state);
    assert_columns(*state, "global_config", 1, SCOPE_GLOBAL);
    assert_columns(*state, "host", 4, SCOPE_HOST);
}

static void statements_list_the_fields(void **state)
{
    struct scratch *s = *state;
    const char *names = config_columns_sql(&s->arena, "<", SCOPE_HOST, FIELD_COLUMNS_NAMES, ">");

    assert_memory_equal(names, "<address, enabled, timezone, ", 29);
    assert_null(strstr(names, "backup_root"));
    assert_memory_equal(config_columns_sql(&s->arena, "", SCOPE_GLOBAL, FIELD_COLUMNS_ASSIGN, ""),
                        "backup_root = ?, parallel_runs = ?, ", 36);
    assert_memory_equal(config_columns_sql(&s->arena, "(", SCOPE_GLOBAL, FIELD_COLUMNS_MARKS, ")"), "(?, ?, ",
                        7);
}

/* A value for each field of a scope that no other field has. */
static void fill(struct arena *arena, struct config *config, enum field_scope scope)
{
    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];
        void *member = field_member(field, config);

        if ((field->scope & scope) == 0)
            continue;
        config->set |= (uint64_t)1 << i;
        switch (field->type) {
        case FIELD_TEXT:
            *(const char **)member = arena_printf(arena, "text of %s", field->name);
            break;
        case FIELD_INT:
            *(int64_t *)member = (int64_t)1 << (i + 20);
            break;
        case FIELD_BOOL:
            *(bool *)member = true;
            break;
        case FIELD_LIST:
            list_add(arena, member, field->name);
            list_add(arena, member, "second item");
            break;
        case FIELD__MAX:
            break;
        }
    }
}

static void assert_same(struct arena *arena, const struct config *a, const struct config *b)
{
    assert_true(a->set == b->set);
    for (size_t i = 0; i < config_field_count; i++) {
        const char *left = field_text(arena, &config_fields[i], a),
                   *right = field_text(arena, &config_fields[i], b);

        assert_int_equal(left == NULL, right == NULL);
        if (left != NULL)
            assert_string_equal(left, right);
    }
}

static void every_field_comes_back(void **state)
{
    struct scratch *s = *state;
    struct config global = {0}, read = {0};
    struct host host = {.name = "web1", .created_at = 5}, loaded;
    int64_t id;

    fill(&s->arena, &global, SCOPE_GLOBAL);
    assert_ok(store_global_save(s->db, &global, &s->err), &s->err);
    assert_ok(store_global_load(&s->arena, s->db, &read, &s->err), &s->err);
    assert_same(&s->arena, &global, &read);

    fill(&s->arena, &host.config, SCOPE_HOST);
    assert_ok(store_node_load(s->db, 1, &host.node_id, &s->err), &s->err);
    assert_ok(store_host_insert(s->db, &host, &id, &s->err), &s->err);
    assert_ok(store_host_load(&s->arena, s->db, "web1", &loaded, &s->err), &s->err);
    assert_int_equal(loaded.id, id);
    assert_same(&s->arena, &host.config, &loaded.config);
}

static void not_set_and_set_to_nothing_are_two_things(void **state)
{
    struct scratch *s = *state;
    const struct field *excludes = config_field("excludes"), *identity = config_field("ssh_identity_file"),
                       *replace = config_field("excludes_replace"), *limit = config_field("bwlimit_kbps");
    struct config config = {0}, read;

    assert_ok(store_global_load(&s->arena, s->db, &read, &s->err), &s->err);
    assert_true(read.set == 0);
    assert_ok(config_set(&s->arena, &config, SCOPE_GLOBAL, excludes, "", &s->err), &s->err);
    assert_ok(config_set(&s->arena, &config, SCOPE_GLOBAL, identity, "", &s->err), &s->err);
    assert_ok(config_set(&s->arena, &config, SCOPE_GLOBAL, replace, "no", &s->err), &s->err);
    assert_ok(config_set(&s->arena, &config, SCOPE_GLOBAL, limit, "0", &s->err), &s->err);
    assert_ok(store_global_save(s->db, &config, &s->err), &s->err);
    assert_ok(store_global_load(&s->arena, s->db, &read, &s->err), &s->err);
    assert_true(read.set == config.set);
    assert_int_equal(read.excludes.count, 0);
    assert_string_equal(read.ssh_identity_file, "");
    config_unset(&config, excludes);
    assert_ok(store_global_save(s->db, &config, &s->err), &s->err);
    assert_ok(store_global_load(&s->arena, s->db, &read, &s->err), &s->err);
    assert_false(config_is_set(&read, excludes));
    assert_true(config_is_set(&read, identity));
}

static void a_lost_row_is_told(void **state)
{
    struct scratch *s = *state;
    struct config config = {0};

    scratch_run(s, "DELETE FROM global_config");
    assert_fails(store_global_load(&s->arena, s->db, &config, &s->err), &s->err, ERR_DATABASE);
    assert_fails(store_global_save(s->db, &config, &s->err), &s->err, ERR_DATABASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_have_the_fields, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(statements_list_the_fields, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(every_field_comes_back, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(not_set_and_set_to_nothing_are_two_things, scratch_setup_db,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_lost_row_is_told, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
