/* The listing of a connection test has the arguments of a transfer, without target and reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/rsync_list.h"

static const char *joined(struct arena *arena, const struct config *config, struct err *err)
{
    const char *const *argv = rsync_plan_list_argv(arena, config, "/home/runs/17.ssh/config", err);
    struct list words = {0};

    for (; argv != NULL && *argv != NULL; argv++)
        list_add(arena, &words, *argv);
    return list_join(arena, &words, " ");
}

static void as_a_transfer_without_target(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct effective effective;
    struct config *config = &effective.config;
    struct err err;

    (void)state;
    config_effective(&arena, NULL, NULL, NULL, &effective);
    assert_string_equal(
        joined(&arena, config, &err),
        "rsync -aHAXS --numeric-ids --modify-window=-1 --timeout=300 --outbuf=L --no-human-readable "
        "--list-only --no-recursive --dirs -e ssh -F \"/home/runs/17.ssh/config\" -- pobsync-host:/");
    config->source_root = "/srv";
    list_add(&arena, &config->rsync_args, "--rsync-path=sudo rsync");
    assert_non_null(strstr(joined(&arena, config, &err), " --rsync-path=sudo rsync --list-only "));
    assert_non_null(strstr(joined(&arena, config, &err), " -- pobsync-host:/srv/"));
    config->source_root = "/srv/*";
    assert_string_equal(joined(&arena, config, &err), "");
    assert_int_equal(err.code, ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_transfer_without_target),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
