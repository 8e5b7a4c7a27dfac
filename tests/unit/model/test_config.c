/* Settings: the table, the texts of fields, and how layers become the effective settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/config.h"

static const struct field *field_of(const char *name)
{
    const struct field *field = config_field(name);

    if (field == NULL)
        fail_msg("no field %s", name);
    return field;
}

static void set_both(struct arena *arena, struct config *config, enum field_scope scope, const char *name,
                     const char *text)
{
    struct err err = {0};

    if (config_set(arena, config, scope, field_of(name), text, &err) != 0)
        fail_msg("%s: %s", name, err.message);
}

/* The table of product.md §3, in its order. */
static void the_table_is_whole(void **state)
{
    static const char *const names[] = {
        "backup_root",      "parallel_runs",     "allowed_hosts",   "trusted_proxies",
        "address",          "enabled",           "timezone",        "ssh_user",
        "ssh_port",         "ssh_identity_file", "ssh_options",     "rsync_binary",
        "rsync_args",       "bwlimit_kbps",      "timeout_seconds", "max_runtime_seconds",
        "retries",          "source_root",       "includes",        "excludes",
        "excludes_replace", "one_file_system",   "keep_last",       "keep_hourly",
        "keep_daily",       "keep_weekly",       "keep_monthly",    "keep_yearly",
        "protect_bases",    "max_delete",        "allow_empty",     "max_age_hours",
        "min_free_bytes",   "min_free_inodes",   "keep_logs_days",
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_int_equal(config_field_count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];

        assert_string_equal(field->name, names[i]);
        assert_ptr_equal(config_field(field->name), field);
        assert_int_equal(config_field_index(field), i);
        assert_true(strlen(field->help) > 10 && field->help[strlen(field->help) - 1] != '.');
        assert_true(field->type == FIELD_BOOL || field->placeholder != NULL);
        assert_true(field->type != FIELD_INT || field->min < field->max);
        assert_true((field->type != FIELD_TEXT && field->type != FIELD_LIST) || field->rule != NULL);
    }
    assert_null(config_field("ssh-port"));
    assert_string_equal(field_option(&arena, field_of("max_runtime_seconds")), "--max-runtime-seconds");
}

static void defaults_are_those_of_the_product_page(void **state)
{
    static const struct {
        const char *name;
        const char *text;
    } rows[] = {
        {"parallel_runs", "2"},
        {"allowed_hosts", ""},
        {"trusted_proxies", ""},
        {"enabled", "yes"},
        {"timezone", "UTC"},
        {"ssh_user", "root"},
        {"ssh_port", "22"},
        {"ssh_options", ""},
        {"rsync_binary", "rsync"},
        {"rsync_args", ""},
        {"bwlimit_kbps", "0"},
        {"timeout_seconds", "300"},
        {"max_runtime_seconds", "86400"},
        {"retries", "2"},
        {"source_root", "/"},
        {"includes", ""},
        {"excludes_replace", "no"},
        {"one_file_system", "no"},
        {"keep_last", "0"},
        {"keep_hourly", "0"},
        {"keep_daily", "14"},
        {"keep_weekly", "8"},
        {"keep_monthly", "12"},
        {"keep_yearly", "3"},
        {"protect_bases", "no"},
        {"max_delete", "20"},
        {"allow_empty", "no"},
        {"max_age_hours", "0"},
        {"min_free_bytes", "1073741824"},
        {"min_free_inodes", "10000"},
        {"keep_logs_days", "90"},
    };
    static const char *const unknown[] = {"backup_root", "address", "ssh_identity_file"};
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct effective effective;
    struct err err = {0};

    (void)state;
    config_effective(&arena, NULL, NULL, NULL, &effective);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct field *field = field_of(rows[i].name);

        assert_string_equal(field_text(&arena, field, &effective.config), rows[i].text);
        assert_int_equal(effective.origin[config_field_index(field)], ORIGIN_DEFAULT);
        assert_true(config_is_set(&effective.config, field));
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_false(config_is_set(&effective.config, field_of(unknown[i])));
        assert_int_equal(effective.origin[config_field_index(field_of(unknown[i]))], ORIGIN_NONE);
    }
    assert_null(effective.config.ssh_identity_file);
    assert_true(list_has(&effective.config.excludes, "/proc/*"));
    assert_true(list_has(&effective.config.excludes, "lost+found"));
    assert_true(list_has(&effective.config.excludes, "/swapfile"));
    assert_int_equal(config_check(&effective.config, &err), 0);
}

static void later_layers_win(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config global = {0}, host = {0};
    struct effective effective;

    (void)state;
    set_both(&arena, &global, SCOPE_GLOBAL, "ssh_port", "2222");
    set_both(&arena, &global, SCOPE_GLOBAL, "ssh_user", "backup");
    set_both(&arena, &global, SCOPE_GLOBAL, "one_file_system", "yes");
    set_both(&arena, &host, SCOPE_HOST, "ssh_port", "22");
    set_both(&arena, &host, SCOPE_HOST, "one_file_system", "no");
    set_both(&arena, &host, SCOPE_HOST, "address", "web1");
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_int_equal(effective.config.ssh_port, 22);
    assert_int_equal(effective.origin[config_field_index(field_of("ssh_port"))], ORIGIN_HOST);
    assert_string_equal(effective.config.ssh_user, "backup");
    assert_int_equal(effective.origin[config_field_index(field_of("ssh_user"))], ORIGIN_GLOBAL);
    assert_false(effective.config.one_file_system);
    assert_string_equal(effective.config.address, "web1");
    config_unset(&host, field_of("ssh_port"));
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_int_equal(effective.config.ssh_port, 2222);
}

/* "Not set" inherits, "set to nothing" does not. */
static void nothing_is_a_value(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config global = {0}, host = {0};
    struct effective effective;
    const struct field *identity = field_of("ssh_identity_file");

    (void)state;
    set_both(&arena, &global, SCOPE_GLOBAL, "ssh_identity_file", "/etc/key");
    set_both(&arena, &global, SCOPE_GLOBAL, "rsync_args", "--checksum");
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_string_equal(effective.config.ssh_identity_file, "/etc/key");
    assert_int_equal(effective.config.rsync_args.count, 1);
    set_both(&arena, &host, SCOPE_HOST, "ssh_identity_file", "");
    set_both(&arena, &host, SCOPE_HOST, "rsync_args", "");
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_null(effective.config.ssh_identity_file);
    assert_false(config_is_set(&effective.config, identity));
    assert_int_equal(effective.origin[config_field_index(identity)], ORIGIN_HOST);
    assert_int_equal(effective.config.rsync_args.count, 0);
    assert_int_equal(effective.origin[config_field_index(field_of("rsync_args"))], ORIGIN_HOST);
}

static void excludes_add_up(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config global = {0}, host = {0};
    struct effective effective;
    const struct list *excludes = &effective.config.excludes;

    (void)state;
    set_both(&arena, &host, SCOPE_HOST, "excludes", "/srv/cache\n/proc/*");
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_true(list_has(excludes, "/srv/cache") && list_has(excludes, "/sys/*"));
    assert_string_equal(excludes->items[excludes->count - 1], "/srv/cache"); /* and /proc/x only once */
    set_both(&arena, &global, SCOPE_GLOBAL, "excludes", "/g");
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_string_equal(list_lines(&arena, excludes), "/g\n/srv/cache\n/proc/*");
    set_both(&arena, &host, SCOPE_HOST, "excludes_replace", "yes");
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_string_equal(list_lines(&arena, excludes), "/srv/cache\n/proc/*");
    set_both(&arena, &host, SCOPE_HOST, "excludes", "");
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_int_equal(excludes->count, 0);
    config_unset(&host, field_of("excludes"));
    config_effective(&arena, &global, &host, NULL, &effective);
    assert_string_equal(list_lines(&arena, excludes), "/g");
    assert_int_equal(host.excludes.count, 0);
}

static void the_environment_decides_the_root(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config global = {0};
    struct effective effective;
    size_t root = config_field_index(field_of("backup_root"));

    (void)state;
    set_both(&arena, &global, SCOPE_GLOBAL, "backup_root", "/srv/backups");
    config_effective(&arena, &global, NULL, NULL, &effective);
    assert_string_equal(effective.config.backup_root, "/srv/backups");
    assert_int_equal(effective.origin[root], ORIGIN_GLOBAL);
    config_effective(&arena, &global, NULL, "/backups", &effective);
    assert_string_equal(effective.config.backup_root, "/backups");
    assert_string_equal(config_origin_name(effective.origin[root]), "environment");
}

static void fields_keep_to_their_scope(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(config_set(&arena, &config, SCOPE_HOST, field_of("backup_root"), "/x", &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.hint, "configure-global"));
    assert_int_equal(config_set(&arena, &config, SCOPE_GLOBAL, field_of("address"), "web1", &err), -1);
    assert_non_null(strstr(err.hint, "configure-host"));
    assert_true(config.set == 0);
}

static void units_are_read_and_shown(void **state)
{
    static const struct {
        const char *name, *text, *stored, *shown;
    } rows[] = {
        {"timeout_seconds", "5m", "300", "5 min"},
        {"timeout_seconds", "86400", "86400", "1 d"},
        {"max_runtime_seconds", "1d12h", "129600", "1 d 12 h"},
        {"min_free_bytes", "10GiB", "10737418240", "10 GiB"},
        {"min_free_bytes", "0", "0", "0 B"},
        {"max_age_hours", "36", "36", "36 h"},
        {"bwlimit_kbps", "500", "500", "500 KiB/s"},
        {"retries", "3", "3", "3"},
        {"one_file_system", "on", "yes", "yes"},
        {"includes", "/etc\nsrv/www", "/etc\nsrv/www", "/etc, srv/www"},
        {"ssh_user", "backup", "backup", "backup"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config = {0};
        const struct field *field = field_of(rows[i].name);

        set_both(&arena, &config, SCOPE_HOST, rows[i].name, rows[i].text);
        assert_string_equal(field_text(&arena, field, &config), rows[i].stored);
        assert_string_equal(field_shown(&arena, field, &config), rows[i].shown);
    }
}

static void bad_values_name_the_option(void **state)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"ssh_port", "0"},
        {"ssh_port", "65536"},
        {"ssh_port", "22x"},
        {"timeout_seconds", "9"},
        {"timeout_seconds", "25h"},
        {"max_runtime_seconds", "59"},
        {"max_runtime_seconds", "31d"},
        {"keep_daily", "10001"},
        {"keep_daily", "-1"},
        {"retries", "11"},
        {"min_free_bytes", "-1"},
        {"min_free_bytes", "2000000T"},
        {"enabled", "maybe"},
        {"source_root", ""},
        {"ssh_user", ""},
        {"timezone", ""},
        {"rsync_args", "--checksum\n--delete"},
        {"excludes", "- /etc"},
        {"max_age_hours", "1d"},
        {"address", "-oProxyCommand=x"},
    };
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config config = {0};
        struct err err = {0};
        const struct field *field = field_of(rows[i].name);
        const char *option = field_option(&arena, field);

        if (config_set(&arena, &config, SCOPE_HOST, field, rows[i].text, &err) != -1)
            fail_msg("%s took \"%s\"", rows[i].name, rows[i].text);
        assert_int_equal(err.code, ERR_INVALID);
        assert_int_equal(strncmp(err.message, option, strlen(option)), 0);
        assert_true(config.set == 0);
    }
}

/* What the database says is not trusted: values that never went through config_set(). */
static void check_finds_what_was_smuggled_in(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct effective effective;
    struct err err = {0};

    (void)state;
    config_effective(&arena, NULL, NULL, NULL, &effective);
    effective.config.ssh_port = 0;
    assert_int_equal(config_check(&effective.config, &err), -1);
    config_effective(&arena, NULL, NULL, NULL, &effective);
    effective.config.source_root = "/a\nb";
    assert_int_equal(config_check(&effective.config, &err), -1);
    assert_int_equal(strncmp(err.message, "--source-root: ", 15), 0);
    effective.config.source_root = NULL;
    assert_int_equal(config_check(&effective.config, &err), -1);
    config_effective(&arena, NULL, NULL, NULL, &effective);
    list_add(&arena, &effective.config.excludes, "ok\n+ /etc");
    assert_int_equal(config_check(&effective.config, &err), -1);
    config_effective(&arena, NULL, NULL, NULL, &effective);
    list_add(&arena, &effective.config.ssh_options, "Compression=yes");
    assert_int_equal(config_check(&effective.config, &err), 0);
    list_add(&arena, &effective.config.ssh_options, "compression=no");
    assert_int_equal(config_check(&effective.config, &err), -1);
    assert_non_null(strstr(err.message, "same option"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(defaults_are_those_of_the_product_page),
        cmocka_unit_test(later_layers_win),
        cmocka_unit_test(nothing_is_a_value),
        cmocka_unit_test(excludes_add_up),
        cmocka_unit_test(the_environment_decides_the_root),
        cmocka_unit_test(fields_keep_to_their_scope),
        cmocka_unit_test(units_are_read_and_shown),
        cmocka_unit_test(bad_values_name_the_option),
        cmocka_unit_test(check_finds_what_was_smuggled_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
