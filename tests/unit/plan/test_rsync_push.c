/* What rsync is started with towards a host, and how its list of changes is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/rsync_push.h"

static const char *joined(struct arena *arena, const struct config *config, const struct push_places *places,
                          enum push_step step, struct err *err)
{
    const char *const *argv = rsync_push_argv(arena, config, places, step, err);
    struct list words = {0};

    for (; argv != NULL && *argv != NULL; argv++)
        list_add(arena, &words, *argv);
    return list_join(arena, &words, " ");
}

static void each_step_has_its_arguments(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct effective effective;
    struct push_places places = {.ssh_config = "/home/runs/17.ssh/config",
                                 .source = "/proc/1/fd/7/",
                                 .target = "/var/tmp/back",
                                 .aside = ".pobsync-replaced-17"};
    const char *text;
    struct err err;

    (void)state;
    config_effective(&arena, NULL, NULL, NULL, &effective);
    list_add(&arena, &effective.config.rsync_args, "--max-size=1");
    assert_string_equal(
        joined(&arena, &effective.config, &places, PUSH_WRITE, &err),
        "rsync -aHAXS --numeric-ids --mkpath --out-format=%i %l %n%L --info=progress2 --stats --outbuf=L "
        "--no-human-readable -i --backup --backup-dir=.pobsync-replaced-17 --partial-dir=.pobsync-partial "
        "--timeout=300 -e ssh -F \"/home/runs/17.ssh/config\" -- /proc/1/fd/7/ pobsync-host:/var/tmp/back/");
    for (enum push_step step = PUSH_PLAN; step <= PUSH_VERIFY; step++) {
        text = joined(&arena, &effective.config, &places, step, &err);
        assert_null(strstr(text, "--delete"));
        assert_int_equal(strstr(text, " -n ") != NULL, step != PUSH_WRITE && step != PUSH_REPAIR);
        assert_int_equal(strstr(text, " --checksum ") != NULL, step == PUSH_VERIFY || step == PUSH_REPAIR);
        assert_int_equal(strstr(text, " --update ") != NULL, step == PUSH_NEWER);
        assert_null(strstr(text, "--ignore-existing"));
    }
    places.keep = true;
    assert_non_null(
        strstr(joined(&arena, &effective.config, &places, PUSH_WRITE, &err), "--ignore-existing"));
}

static void what_fails_its_rule_is_refused(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct effective effective;
    const struct push_places good = {
        .ssh_config = "/c", .source = "/s/", .target = "/t", .aside = ".pobsync-replaced-1"};
    struct push_places bad[3] = {good, good, good};
    struct err err;

    (void)state;
    config_effective(&arena, NULL, NULL, NULL, &effective);
    assert_non_null(rsync_push_argv(&arena, &effective.config, &good, PUSH_WRITE, &err));
    bad[0].target = "t";
    bad[1].target = "/t/../etc";
    bad[2].aside = "/etc";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(rsync_push_argv(&arena, &effective.config, &bad[i], PUSH_WRITE, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

static void lines_are_read(void **state)
{
    static const struct {
        const char *line;
        enum push_change change;
        int64_t bytes;
        const char *path;
    } rows[] = {
        {"<f+++++++++ 12 etc/fstab", PUSH_CREATE, 12, "etc/fstab"},
        {"cd+++++++++ 4096 a/", PUSH_CREATE, 0, "a/"},
        {"cL+++++++++ 4 l -> /etc", PUSH_CREATE, 0, "l -> /etc"},
        {"hf+++++++++ 3 h => a/f", PUSH_CREATE, 0, "h => a/f"},
        {"<f.st...... 3  two blanks", PUSH_REPLACE, 3, " two blanks"},
        {"<fcsT....x. 3 f", PUSH_REPLACE, 3, "f"},
        {".f          3 f", PUSH_SAME, 0, "f"},
        {".d..t...... 4096 ./", PUSH_ATTRIBUTES, 0, "./"},
        {".f....og.ax 3 f", PUSH_ATTRIBUTES, 0, "f"},
        {"*deleting   3 f", PUSH_NO_CHANGE_LINE, 0, NULL},
        {"<f+++++++++ etc/fstab", PUSH_NO_CHANGE_LINE, 0, NULL},
        {"<f+++++++++ 12 ", PUSH_NO_CHANGE_LINE, 0, NULL},
        {"<f+++++++++ 12", PUSH_NO_CHANGE_LINE, 0, NULL},
        {"<f+++++++++", PUSH_NO_CHANGE_LINE, 0, NULL},
        {"Number of files: 3 (reg: 1)", PUSH_NO_CHANGE_LINE, 0, NULL},
        {"created directory /x/y z", PUSH_NO_CHANGE_LINE, 0, NULL},
        {"", PUSH_NO_CHANGE_LINE, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct push_line read;

        push_line_read(rows[i].line, &read);
        assert_int_equal(read.change, rows[i].change);
        assert_int_equal(read.bytes, rows[i].bytes);
        if (rows[i].path == NULL)
            assert_null(read.path);
        else
            assert_string_equal(read.path, rows[i].path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_has_its_arguments),
        cmocka_unit_test(what_fails_its_rule_is_refused),
        cmocka_unit_test(lines_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
