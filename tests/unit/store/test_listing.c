/* Lists of all tables: their declarations agree with the database, their statements are carried out without sorting, and
 * pages follow each other without gap or repetition. */
#include <string.h>

#include "base/list.h"
#include "store/rows.h"
#include "store/store_listing.h"

static struct listing_query query_of(struct scratch *s, const char *table)
{
    struct listing_query query = {.table = listing_table_find(table), .limit = 101};

    assert_non_null(query.table);
    query.columns = listing_columns(&s->arena, query.table, &query.column_count);
    return query;
}

static const struct listing_column *column(const struct listing_query *query, const char *name)
{
    for (size_t i = 0; i < query->column_count; i++)
        if (strcmp(query->columns[i].name, name) == 0)
            return &query->columns[i];
    fail_msg("%s have no column %s", query->table->name, name);
    return NULL;
}

static void sort_by(struct listing_query *query, const char *sort)
{
    query->descending = sort[0] == '-';
    query->sort = column(query, sort + query->descending);
}

/* Every name that a declaration holds is one of its columns. */
static void check_names(const struct listing_query *query, const char *names)
{
    struct arena arena = {0};

    while (*names != '\0') {
        size_t length = strcspn(names, " ");

        assert_non_null(column(query, arena_copy(&arena, names, length)));
        names += length + (names[length] == ' ');
    }
    arena_release(&arena);
}

static void every_table_can_be_listed(void **state)
{
    struct scratch *s = *state;

    for (const struct listing_table *table = listing_tables; table->name != NULL; table++) {
        struct listing_query query = query_of(s, table->name);
        struct listing_row *rows;
        size_t count;
        int64_t first, last, total;

        check_names(&query, table->shown);
        check_names(&query, table->searched);
        check_names(&query, table->filters);
        assert_non_null(column(&query, table->label));
        query.search = "x";
        for (size_t i = 0; i < query.column_count; i++) {
            sort_by(&query, query.columns[i].name);
            query.descending = i % 2 == 0;
            assert_ok(store_listing_load(&s->arena, s->db, &query, &rows, &count, &s->err), &s->err);
        }
        assert_ok(store_listing_count(s->db, &query, 10, &total, &s->err), &s->err);
        assert_ok(store_listing_dates(&s->arena, s->db, table, &first, &last, &s->err), &s->err);
        assert_ok(store_listing_has_date(&s->arena, s->db, table, 1, 2, &s->err), &s->err);
        for (const struct listing_relation *relation = table->relations;
             relation != NULL && relation->title != NULL; relation++) {
            struct listing_query other = query_of(s, relation->table);

            assert_non_null(column(&other, relation->column));
            assert_non_null(column(&query, relation->own));
        }
    }
}

/* A column that a migration adds is shown, or left out on purpose. */
static void every_column_is_accounted_for(void **state)
{
    struct scratch *s = *state;

    only_on_sqlite(s);
    for (const struct listing_table *table = listing_tables; table->name != NULL; table++) {
        struct listing_query query = query_of(s, table->name);
        DB_STMT_SCOPED *stmt = NULL;
        int found = 0;

        assert_ok(db_prepare(s->db, "SELECT name FROM pragma_table_info(?)", &stmt, &s->err), &s->err);
        db_bind_text(stmt, 1, table->main);
        for (; db_step(stmt, &s->err) > 0; found++) {
            const char *sql = arena_printf(&s->arena, "%s.%s", table->main, db_text(stmt, 0));
            bool shown = listing_names(table->left_out, db_text(stmt, 0));

            for (size_t i = 0; i < query.column_count; i++)
                shown = shown || strcmp(query.columns[i].sql, sql) == 0;
            if (!shown)
                fail_msg("%s is neither a column of the list \"%s\" nor left out of it: see "
                         "src/store/store_listing_tables.c",
                         sql, table->name);
        }
        assert_true(found > 2);
        for (size_t i = 0; i < query.column_count; i++)
            assert_null(strstr(query.columns[i].sql, "_hash"));
    }
}

/* What the database would do, one step a line. */
static const char *plan_of(struct scratch *s, const struct listing_query *query, bool with_value)
{
    BUF_SCOPED sql = BUF_EMPTY;
    BUF_SCOPED plan = BUF_EMPTY;
    DB_STMT_SCOPED *stmt = NULL;

    buf_add_text(&sql, "EXPLAIN QUERY PLAN ");
    store_listing_sql(query, with_value, &sql);
    assert_ok(db_prepare(s->db, buf_text(&sql), &stmt, &s->err), &s->err);
    while (db_step(stmt, &s->err) > 0)
        buf_printf(&plan, "%s\n", db_text(stmt, 3));
    return arena_strdup(&s->arena, buf_text(&plan));
}

static void the_first_page_sorts_nothing(void **state)
{
    static const char *const large[] = {"snapshots", "runs", "purges", "audit"};
    struct scratch *s = *state;

    only_on_sqlite(s);
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        struct listing_query query = query_of(s, large[i]);
        const char *plan;

        sort_by(&query, query.table->sort);
        plan = plan_of(s, &query, true);
        if (strstr(plan, "TEMP B-TREE") != NULL)
            fail_msg("%s: %s", large[i], plan);
        query.goes_on = true;
        query.after = (struct listing_value){.kind = LISTING_IS_NUMBER};
        plan = plan_of(s, &query, true);
        if (strstr(plan, "TEMP B-TREE") != NULL || strstr(plan, "SEARCH") == NULL)
            fail_msg("%s, the next page: %s", large[i], plan);
        query.goes_on = false;
        query.until = 1;
        sort_by(&query, arena_printf(&s->arena, "-%s", query.table->date));
        plan = plan_of(s, &query, true);
        if (strstr(plan, "TEMP B-TREE") != NULL || strstr(plan, "SEARCH") == NULL)
            fail_msg("%s, of a day: %s", large[i], plan);
    }
    /* The test can see a sort. */
    struct listing_query query = query_of(s, "snapshots");
    sort_by(&query, "bytes");
    assert_non_null(strstr(plan_of(s, &query, true), "TEMP B-TREE"));
}

enum { ROWS = 57 };

static void add_runs(struct scratch *s)
{
    const struct host host = rows_host(s, "web1");

    for (int64_t i = 0; i < ROWS; i++)
        assert_ok(
            db_run(
                s->db, &s->err,
                "INSERT INTO run (host_id, host_name, job, trigger_name, state, message, actor, "
                "requested_at, ended_at, files) VALUES (?, 'web1', 'backup', 'cli', ?, ?, 'root', ?, 5000, ?)",
                "ittio", host.id, i % 2 == 0 ? "failed" : "success", i == 5 ? "100% of it_" : NULL,
                1000 + i / 3, i % 4 == 0 ? (int64_t)-1 : i / 5),
            &s->err);
}

/* Goes through all pages, and gives how many rows there were; each id is there once, and the values keep their order. */
static size_t walk(struct scratch *s, struct listing_query *query)
{
    bool seen[ROWS + 1] = {false};
    size_t total = 0, at = (size_t)(query->sort - query->columns);
    struct listing_row *rows;
    size_t count;
    int64_t last = query->descending ? INT64_MAX : INT64_MIN;

    query->goes_on = false;
    do {
        assert_ok(store_listing_load(&s->arena, s->db, query, &rows, &count, &s->err), &s->err);
        assert_true(count <= (size_t)query->limit);
        for (size_t i = 0; i < count; i++) {
            int64_t value = rows[i].values[at].kind == LISTING_NONE ? INT64_MIN : rows[i].values[at].number;

            assert_in_range(rows[i].id, 1, ROWS);
            assert_false(seen[rows[i].id]);
            assert_true(query->descending ? value <= last : value >= last);
            seen[rows[i].id] = true;
            last = value;
        }
        total += count;
        if (count > 0) {
            query->goes_on = true;
            query->after_id = rows[count - 1].id;
            query->after = rows[count - 1].values[at];
        }
    } while (count > 0);
    return total;
}

static void pages_follow_each_other(void **state)
{
    static const char *const sorts[] = {"id", "-id", "files", "-files", "requested_at", "-requested_at"};
    struct scratch *s = *state;
    struct listing_query query = query_of(s, "runs");

    add_runs(s);
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++)
        for (query.limit = 1; query.limit < 30; query.limit += 3) {
            sort_by(&query, sorts[i]);
            assert_int_equal(walk(s, &query), ROWS);
        }
}

static void filters_and_search(void **state)
{
    struct scratch *s = *state;
    struct listing_query query = query_of(s, "runs");
    const struct listing_value failed = {.kind = LISTING_IS_TEXT, .text = "failed"},
                               none = {.kind = LISTING_NONE};
    struct listing_filter filters[] = {{column(&query, "state"), &failed, 1},
                                       {column(&query, "files"), &none, 1}};
    struct listing_row row;
    int64_t count;

    add_runs(s);
    sort_by(&query, "-id");
    query.filters = filters;
    query.filter_count = 1;
    assert_int_equal(walk(s, &query), (ROWS + 1) / 2);
    query.filter_count = 2;
    assert_int_equal(walk(s, &query), (ROWS + 3) / 4);
    query.filter_count = 0;
    query.search = "100% OF it_";
    assert_int_equal(walk(s, &query), 1);
    query.search = "100_ of it%";
    assert_int_equal(walk(s, &query), 0);
    query.search = NULL;
    query.from = 1000;
    query.until = 1002;
    assert_int_equal(walk(s, &query), 6);
    query.from = query.until = 0;
    assert_ok(store_listing_count(s->db, &query, 10, &count, &s->err), &s->err);
    assert_int_equal(count, 10);
    assert_ok(store_listing_count(s->db, &query, 1000, &count, &s->err), &s->err);
    assert_int_equal(count, ROWS);
    assert_int_equal(store_listing_find(&s->arena, s->db, query.table, 6, &row, &s->err), 1);
    assert_int_equal(row.values[0].number, 6);
    assert_int_equal(store_listing_find(&s->arena, s->db, query.table, 1000, &row, &s->err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_table_can_be_listed, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(every_column_is_accounted_for, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_first_page_sorts_nothing, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(pages_follow_each_other, scratch_setup_db, scratch_teardown),
        cmocka_unit_test_setup_teardown(filters_and_search, scratch_setup_db, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
