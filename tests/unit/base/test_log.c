/* Log lines: levels, prefixes, one harmless line each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* What log_line() writes while standard error is a file in memory. */
static const char *written(enum log_level level, const char *text)
{
    static char line[8192];
    int saved = dup(STDERR_FILENO), file = memfd_create("log", MFD_CLOEXEC);
    ssize_t size;

    assert_true(saved >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    log_line(level, "%s", text);
    dup2(saved, STDERR_FILENO);
    size = pread(file, line, sizeof line - 1, 0);
    assert_true(size >= 0);
    line[size] = '\0';
    close(saved);
    close(file);
    return line;
}

static void quiet_below_the_level(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    assert_string_equal(written(LOG_LEVEL_INFO, "x"), "");
    assert_string_equal(written(LOG_LEVEL_WARNING, "disk is slow"), "pobsync: warning: disk is slow\n");
    assert_string_equal(written(LOG_LEVEL_ERROR, "x"), "pobsync: error: x\n");
    log_set_level(LOG_LEVEL_DEBUG);
    assert_true(log_is_on(LOG_LEVEL_DEBUG));
    assert_string_equal(written(LOG_LEVEL_DEBUG, "x"), "pobsync: debug: x\n");
    log_set_level(LOG_LEVEL_ERROR);
    assert_false(log_is_on(LOG_LEVEL_WARNING));
    log_set_level(LOG_LEVEL_WARNING);
}

static void the_journal_gets_priorities(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "8:1", 1);
    assert_string_equal(written(LOG_LEVEL_ERROR, "x"), "<3>error: x\n");
    assert_string_equal(written(LOG_LEVEL_WARNING, "x"), "<4>warning: x\n");
    unsetenv("JOURNAL_STREAM");
}

static void one_line_whatever_it_holds(void **state)
{
    char text[5000];

    (void)state;
    assert_string_equal(written(LOG_LEVEL_ERROR, "a\n<3>forged\x1b"),
                        "pobsync: error: a\\x0a<3>forged\\x1b\n");
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_string_equal(strchr(written(LOG_LEVEL_ERROR, text), '\n'), "\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_below_the_level),
        cmocka_unit_test(the_journal_gets_priorities),
        cmocka_unit_test(one_line_whatever_it_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
