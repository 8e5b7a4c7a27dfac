/* Whether a directory answers. One that never does is in tests/fault/test_silent_root.py. */
#include "scratch.h"

#include <dirent.h>
#include <sys/file.h>

#include "sys/answer.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum { LONG_MS = 60000, SHORT_MS = 50 };

static bool answers(struct scratch *s, const char *name, int64_t limit_ms)
{
    return answer_within(s->path, arena_printf(&s->arena, "%s/%s", s->path, name), "marker", limit_ms, 0);
}

static void what_is_there_answers_and_so_does_what_is_not(void **state)
{
    struct scratch *s = *state;

    assert_int_equal(mkdirat(s->fd, "root", 0700), 0);
    assert_true(answers(s, "root", LONG_MS));
    assert_int_equal(mkfifoat(s->fd, "root/marker", 0600), 0);
    assert_true(answers(s, "root", LONG_MS));
    assert_true(answers(s, "missing", LONG_MS));
    assert_int_equal(symlinkat("root", s->fd, "link"), 0);
    assert_true(answers(s, "link", LONG_MS));
    assert_true(answer_within("/nowhere", s->path, "marker", LONG_MS, 0));
}

/* The lock that the one look has made. */
static int open_gate(struct scratch *s)
{
    DIR *stream = opendir(s->path);
    const struct dirent *entry;
    int fd = -1;

    assert_non_null(stream);
    while (fd < 0 && (entry = readdir(stream)) != NULL)
        if (strncmp(entry->d_name, ".root-", 6) == 0)
            fd = openat(s->fd, entry->d_name, O_RDONLY | O_CLOEXEC);
    closedir(stream);
    return fd;
}

static void where_one_hangs_the_next_one_says_so(void **state)
{
    struct scratch *s = *state;
    int64_t begin_ms;
    int gate;

    assert_int_equal(mkdirat(s->fd, "root", 0700), 0);
    assert_true(answers(s, "root", LONG_MS));
    gate = open_gate(s);
    assert_true(gate >= 0);
    assert_int_equal(flock(gate, LOCK_EX), 0);
    begin_ms = clock_boot_ms();
    assert_true(answer_within(s->path, scratch_path(s, "root"), "marker", SHORT_MS, LONG_MS));
    assert_false(answers(s, "root", SHORT_MS));
    assert_true(clock_boot_ms() - begin_ms >= SHORT_MS);
    fs_close(&gate);
    /* Said once, it is not asked again at once; another path is. */
    assert_false(answers(s, "root", LONG_MS));
    assert_true(answers(s, "other", LONG_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_there_answers_and_so_does_what_is_not, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(where_one_hangs_the_next_one_says_so, scratch_setup,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
