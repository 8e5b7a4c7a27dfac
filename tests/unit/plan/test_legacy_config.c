/* The original's keys: what they come to, what is refused where, and that what is written is read back the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/yaml_text.h"
#include "plan/legacy_config.h"

static struct yaml_document *read_yaml(struct arena *arena, const char *text)
{
    struct yaml_document *document = arena_alloc(arena, sizeof *document);
    struct err err = {0};

    if (yaml_document_read(arena, "f", text, strlen(text), document, &err) < 0)
        fail_msg("%s", err.message);
    return document;
}

static struct legacy_plan plan_global(struct arena *arena, const char *text)
{
    struct legacy_plan plan;

    legacy_plan_global(arena, read_yaml(arena, text), &plan);
    return plan;
}

static struct legacy_plan plan_host(struct arena *arena, const char *text)
{
    struct list args = {0};
    struct legacy_plan plan;

    list_add(arena, &args, "--compress");
    legacy_plan_host(arena, read_yaml(arena, text), "web1", &args, &plan);
    return plan;
}

/* The items as "key=field:text", one a line; a field that is not set has no text, what is not taken no field. */
static void assert_items(struct arena *arena, const struct legacy_plan *plan, const char *expected)
{
    BUF_SCOPED all = BUF_EMPTY;

    for (size_t i = 0; i < plan->mistake_count; i++)
        fail_msg("mistake in line %d: %s", plan->mistakes[i].line, plan->mistakes[i].message);
    for (size_t i = 0; i < plan->count; i++) {
        const struct legacy_item *item = &plan->items[i];
        struct list lines = {0};

        buf_printf(&all, "%s=", item->key);
        if (item->field != NULL)
            buf_printf(&all, "%s%s", item->of_schedule ? "schedule." : "", item->field->name);
        if (item->text != NULL)
            list_add_lines(arena, &lines, item->text);
        if (item->text != NULL)
            buf_printf(&all, ":%s", list_join(arena, &lines, "|"));
        buf_add_char(&all, '\n');
    }
    assert_string_equal(buf_text(&all), expected);
}

static void the_keys_of_the_original_are_known(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct legacy_plan plan = plan_global(
        &arena, "backup_root: /backups\nssh: {user: root, port: 22, options: [ProxyJump=b]}\n"
                "rsync: {binary: rsync, args: [--compress], timeout_seconds: 300, bwlimit_kbps: 0}\n"
                "defaults: {source_root: /, one_file_system: yes}\nexcludes_default: [/proc/*]\n"
                "retention_defaults: {daily: 14, weekly: 8, monthly: 12, yearly: 3}\n");

    (void)state;
    assert_items(&arena, &plan,
                 "backup_root=backup_root:/backups\nssh.user=ssh_user:root\nssh.port=ssh_port:22\n"
                 "ssh.options=ssh_options:ProxyJump=b\nrsync.binary=rsync_binary:rsync\n"
                 "rsync.args=rsync_args:--compress\nrsync.timeout_seconds=timeout_seconds:300\n"
                 "rsync.bwlimit_kbps=bwlimit_kbps:0\ndefaults.source_root=source_root:/\n"
                 "defaults.one_file_system=one_file_system:yes\nexcludes_default=excludes:/proc/*\n"
                 "retention_defaults.daily=keep_daily:14\nretention_defaults.weekly=keep_weekly:8\n"
                 "retention_defaults.monthly=keep_monthly:12\nretention_defaults.yearly=keep_yearly:3\n");
    plan = plan_host(&arena,
                     "host: web1\naddress: a.example\nssh: {user: b}\nsource_root: /srv\nincludes: [a, b]\n"
                     "excludes_add: [x]\nrsync: {extra_args: [--checksum]}\nretention: {daily: 3}\n"
                     "schedule: {cron: '15 2 * * *', prune: on, enabled: no}\n");
    assert_items(&arena, &plan,
                 "address=address:a.example\nssh.user=ssh_user:b\nsource_root=source_root:/srv\n"
                 "includes=includes:a|b\nexcludes_add=excludes:x\n"
                 "rsync.extra_args=rsync_args:--compress|--checksum\nretention.daily=keep_daily:3\n"
                 "schedule.cron=schedule.cron:15 2 * * *\nschedule.prune=schedule.prune:yes\n"
                 "schedule.enabled=schedule.enabled:no\n");
}

static void other_spellings_are_known_as_well(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct legacy_plan plan =
        plan_host(&arena, "hostname: a.example\nssh_port: 2222\nssh: {key: /k, options: {ProxyJump: b}}\n"
                          "keep_daily: 5\nexclude: |\n  a\n  b\nschedule: '@daily'\nrsync: {timeout: 60}\n");

    (void)state;
    assert_items(&arena, &plan,
                 "hostname=address:a.example\nssh_port=ssh_port:2222\nssh.key=ssh_identity_file:/k\n"
                 "ssh.options=ssh_options:ProxyJump=b\nkeep_daily=keep_daily:5\nexclude=excludes:a|b\n"
                 "schedule=schedule.cron:@daily\nrsync.timeout=timeout_seconds:60\n");
    plan = plan_host(&arena, "ssh: {options: ['-oProxyJump=b', '-o', ConnectTimeout 5]}\n");
    assert_items(&arena, &plan, "ssh.options=ssh_options:ProxyJump=b|ConnectTimeout=5\n");
}

static void null_an_empty_list_and_a_list_are_three_things(void **state)
{
    static const struct {
        const char *text, *items;
    } cases[] = {
        {"excludes_add: null\n", "excludes_add=excludes\n"},
        {"excludes_add: []\n", "excludes_add=excludes:\n"},
        {"excludes_replace: null\n", "excludes_replace=excludes_replace\n"},
        {"excludes_replace: []\n", "excludes_replace=excludes_replace:yes\nexcludes_replace=excludes:\n"},
        {"excludes_replace: [a]\n", "excludes_replace=excludes_replace:yes\nexcludes_replace=excludes:a\n"},
        {"excludes_add: [b]\nexcludes_replace: [a]\n",
         "excludes_add=\nexcludes_replace=excludes_replace:yes\nexcludes_replace=excludes:a|b\n"},
        {"excludes_add: [b]\nexcludes_replace: null\n",
         "excludes_add=excludes:b\nexcludes_replace=excludes_replace\n"},
        {"excludes_replace: no\n", "excludes_replace=excludes_replace:no\n"},
        {"ssh:\n  port:\n", "ssh.port=ssh_port\n"},
        {"schedule: null\nssh: null\n", ""},
        {"schedule:\n  cron: null\n", "schedule.cron=\n"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct legacy_plan plan = plan_host(&arena, cases[i].text);

        assert_items(&arena, &plan, cases[i].items);
    }
}

static void what_nobody_knows_is_reported_and_no_mistake(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct legacy_plan plan =
        plan_host(&arena, "frob: {a: [1, {b: 2}]}\nretention: {enabled: no, daily: 3}\n");

    (void)state;
    assert_items(&arena, &plan, "frob=\nretention.enabled=\nretention.daily=keep_daily:3\n");
    assert_null(plan.items[0].note);
    assert_int_equal(plan.items[1].value->key_line, 2);
    plan = plan_global(&arena, "rsync: {args: [--archive, -aHAX, --compress]}\nschedule: {cron: '@daily'}\n");
    assert_items(&arena, &plan,
                 "rsync.args=\nrsync.args=\nrsync.args=rsync_args:--compress\nschedule.cron=\n");
    assert_non_null(plan.items[0].note);
    assert_non_null(plan.items[3].note);
}

static void mistakes_have_a_place(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *part;
    } cases[] = {
        {"ssh:\n  port: many\n", 2, 3, "not a whole number"},
        {"ssh:\n  port: 70000\n", 2, 3, "from 1 to 65535"},
        {"ssh:\n  port: yes\n", 2, 3, "a whole number, and yes or no stands here"},
        {"ssh:\n  port: [22]\n", 2, 3, "a list stands here"},
        {"ssh: root\n", 1, 1, "\"ssh\" is a map of keys, and text stands here"},
        {"ssh:\n  options:\n  - ProxyJump=b\n  - ProxyCommand=sh\n", 4, 5, "ProxyCommand"},
        {"ssh: {options: {ProxyCommand: sh}}\n", 1, 17, "ProxyCommand"},
        {"rsync:\n  extra_args: [--rsync-path=sh]\n", 2, 16, "--rsync-path=sh"},
        {"rsync:\n  extra_args: ['-e', sh]\n", 2, 16, "\"-e\""},
        {"rsync: {binary: /bin/sh}\n", 1, 9, "rsync"},
        {"address: '-oProxyCommand=x'\n", 1, 1, "--address"},
        {"source_root: ../x\n", 1, 1, "--source-root"},
        {"includes: [[a]]\n", 1, 12, "an item of \"includes\" is text, and a list stands here"},
        {"includes: [null]\n", 1, 12, "nothing stands here"},
        {"includes: {a: b}\n", 1, 1, "\"includes\" is a list"},
        {"excludes_add: [\"a\\nb\"]\n", 1, 16, "a line break"},
        {"excludes: [a]\nexcludes_add: [b]\n", 2, 1, "says again what \"excludes\" in line 1 says"},
        {"keep_daily: 3\nretention: {daily: 4}\n", 2, 13, "says again what \"keep_daily\" in line 1 says"},
        {"schedule:\n  cron: '61 * * * *'\n", 2, 3, "column 1"},
        {"schedule: {prune: maybe}\n", 1, 12, "maybe"},
        {"schedule: [x]\n", 1, 1, "a list stands here"},
        {"host: web2\n", 1, 1, "the file is called \"web1\""},
        {"backup_root: /x\n", 1, 1, "whole installation"},
        {"- a\n", 1, 1, "a list stands here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct legacy_plan plan = plan_host(&arena, cases[i].text);

        if (plan.mistake_count != 1)
            fail_msg("%zu mistakes in: %s", plan.mistake_count, cases[i].text);
        if (plan.mistakes[0].line != cases[i].line || plan.mistakes[0].column != cases[i].column ||
            strstr(plan.mistakes[0].message, cases[i].part) == NULL)
            fail_msg("%d:%d: %s in: %s", plan.mistakes[0].line, plan.mistakes[0].column,
                     plan.mistakes[0].message, cases[i].text);
    }
}

/* Values that the rule of each kind of field takes. */
static const char *random_text(struct arena *arena, const struct field *field)
{
    static const struct {
        const char *field;
        const char *values[4];
    } special[] = {
        {"backup_root", {"/backups", "/srv/back ups", "/b", "/yes"}},
        {"ssh_identity_file", {"", "/root/.ssh/id", "/a b", "/k"}},
        {"allowed_hosts", {"", "a.example", "a.example\nb.example", "127.0.0.1"}},
        {"trusted_proxies", {"", "10.0.0.0/8", "::1", "10.0.0.1\n10.0.0.2"}},
        {"address", {"a.example", "192.0.2.1", "2001:db8::1", "12.example"}},
        {"timezone", {"UTC", "Europe/Amsterdam", "America/New_York", "UTC"}},
        {"ssh_user", {"root", "yes", "null", "_b"}},
        {"ssh_options", {"", "ProxyJump=bastion", "ConnectTimeout=5\nCompression=yes", "AddressFamily=inet"}},
        {"rsync_binary", {"rsync", "/usr/bin/rsync", "/opt/rsync-3", "rsync"}},
        {"rsync_args",
         {"", "--compress", "--checksum\n--bwlimit=100", "--rsync-path=sudo rsync\n--numeric-ids"}},
        {"source_root", {"/", "/srv", "/a b", "/~"}},
        {"includes", {"", "etc", "/etc\nvar/lib", "no\n~\n12"}},
        {"excludes", {"", "*.tmp", "yes\nnull\n12\nx: y\n[z]", "/a\n lead\n\xc3\xa9 '\"&*!|>%@`"}},
    };

    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (strcmp(special[i].field, field->name) == 0)
            return special[i].values[rand() % 4];
    if (field->type == FIELD_BOOL)
        return rand() % 2 == 0 ? "yes" : "no";
    assert_int_equal(field->type, FIELD_INT);
    return arena_printf(arena, "%lld", (long long)(field->min + rand() % (field->max - field->min + 1)));
}

static void fill(struct arena *arena, struct config *config, enum field_scope scope)
{
    struct err err = {0};

    *config = (struct config){0};
    for (size_t i = 0; i < config_field_count; i++)
        if ((config_fields[i].scope & scope) != 0 && rand() % 3 != 0 &&
            config_set(arena, config, scope, &config_fields[i], random_text(arena, &config_fields[i]), &err) <
                0)
            fail_msg("%s", err.message);
}

static struct yaml_document *write_and_read(struct arena *arena, json_t *map, const char **written)
{
    BUF_SCOPED text = BUF_EMPTY;
    struct err err = {0};

    if (yaml_text_write(map, &text, &err) < 0)
        fail_msg("%s", err.message);
    json_decref(map);
    *written = arena_copy(arena, text.data, text.size);
    return read_yaml(arena, *written);
}

static void assert_gives(struct arena *arena, const struct legacy_plan *plan, enum field_scope scope,
                         const struct config *expected, const struct schedule *schedule, const char *written)
{
    struct config config = {0};
    struct schedule again;
    struct err err = {0};

    schedule_init(arena, &again);
    if (plan->mistake_count > 0)
        fail_msg("%d: %s in\n%s", plan->mistakes[0].line, plan->mistakes[0].message, written);
    for (size_t i = 0; i < plan->count; i++) {
        const struct legacy_item *item = &plan->items[i];

        if (item->field == NULL)
            fail_msg("%s is not taken in\n%s", item->key, written);
        if ((item->of_schedule ? schedule_set(arena, &again, item->field, item->text, &err)
                               : config_set(arena, &config, scope, item->field, item->text, &err)) < 0)
            fail_msg("%s", err.message);
    }
    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];

        if (config_is_set(&config, field) != config_is_set(expected, field) ||
            (config_is_set(expected, field) &&
             strcmp(field_text(arena, field, &config), field_text(arena, field, expected)) != 0))
            fail_msg("%s differs in\n%s", field->name, written);
    }
    for (size_t i = 0; schedule != NULL && i < schedule_fields.count; i++) {
        const char *a = field_text(arena, &schedule_fields.fields[i], schedule);
        const char *b = field_text(arena, &schedule_fields.fields[i], &again);

        if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0))
            fail_msg("schedule.%s differs in\n%s", schedule_fields.fields[i].name, written);
    }
}

static void reading_what_was_written_gives_the_same(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 500; seed++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        struct config global, host;
        struct schedule schedule;
        struct legacy_plan plan;
        const char *written;

        srand(seed);
        fill(&arena, &global, SCOPE_GLOBAL);
        fill(&arena, &host, SCOPE_HOST);
        schedule_init(&arena, &schedule);
        schedule.cron = rand() % 2 == 0 ? "@daily" : "*/5 1-3 * * mon";
        schedule.prune = rand() % 2 == 0;
        schedule.enabled = rand() % 2 == 0;
        schedule.timezone = rand() % 2 == 0 ? NULL : "Europe/Amsterdam";
        schedule.grace_seconds = 60 + rand() % 1000;
        legacy_plan_global(&arena, write_and_read(&arena, legacy_global_json(&global), &written), &plan);
        assert_gives(&arena, &plan, SCOPE_GLOBAL, &global, NULL, written);
        legacy_plan_host(&arena, write_and_read(&arena, legacy_host_json("web1", &host, &schedule), &written),
                         "web1", &global.rsync_args, &plan);
        assert_gives(&arena, &plan, SCOPE_HOST, &host, &schedule, written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_keys_of_the_original_are_known),
        cmocka_unit_test(other_spellings_are_known_as_well),
        cmocka_unit_test(null_an_empty_list_and_a_list_are_three_things),
        cmocka_unit_test(what_nobody_knows_is_reported_and_no_mistake),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(reading_what_was_written_gives_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
