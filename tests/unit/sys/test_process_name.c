/* Names of processes: whom they name, and when that one is gone. */
#include "scratch.h"

#include <sys/wait.h>

#include "sys/clock.h"
#include "sys/process_name.h"

static void we_are_here(void **state)
{
    char name[PROCESS_NAME_SIZE], again[PROCESS_NAME_SIZE];

    (void)state;
    assert_string_equal(process_name(name), process_name(again));
    assert_false(process_is_gone(name));
}

static void who_has_ended_is_gone(void **state)
{
    char name[PROCESS_NAME_SIZE] = "";
    int ends[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        process_name(name);
        _exit(write(ends[1], name, sizeof name) == (ssize_t)sizeof name ? 0 : 1);
    }
    assert_int_equal(read(ends[0], name, sizeof name), sizeof name);
    close(ends[0]);
    close(ends[1]);
    waitpid(child, NULL, 0);
    assert_true(process_is_gone(name));
}

static void other_times_and_places(void **state)
{
    char name[PROCESS_NAME_SIZE], other[PROCESS_NAME_SIZE];
    char *at;

    (void)state;
    process_name(name);
    snprintf(other, sizeof other, "1%s", name); /* a pid of somebody else, or of nobody */
    assert_true(process_is_gone(other));
    at = strchr(name, '@');
    snprintf(other, sizeof other, "%d.1%s", (int)getpid(), at); /* the pid has changed hands */
    assert_true(process_is_gone(other));
    snprintf(other, sizeof other, "%d.1@00000000-0000-0000-0000-000000000000/1", (int)getpid());
    assert_true(process_is_gone(other)); /* another boot */
    snprintf(other, sizeof other, "%d.1@%s/1", (int)getpid(), clock_boot_id());
    assert_false(process_is_gone(other)); /* another container: not to be seen from here */
    assert_false(process_is_gone("a worker"));
    assert_false(process_is_gone(""));
    assert_false(process_is_gone(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(we_are_here),
        cmocka_unit_test(who_has_ended_is_gone),
        cmocka_unit_test(other_times_and_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
