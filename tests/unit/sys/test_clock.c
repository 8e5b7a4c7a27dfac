/* The clocks. */
#include "scratch.h"

#include <time.h>

#include "sys/clock.h"

static void now_can_be_faked(void **state)
{
    time_t before;

    (void)state;
    setenv("POBSYNC_FAKE_NOW", "1795381205", 1);
    assert_int_equal(clock_now(), 1795381205);
    setenv("POBSYNC_FAKE_NOW", "2026-11-22T21:00:05Z", 1);
    assert_int_equal(clock_now(), 1795381205);
    before = time(NULL);
    setenv("POBSYNC_FAKE_NOW", "yesterday", 1);
    assert_in_range(clock_now(), before, before + 60);
    unsetenv("POBSYNC_FAKE_NOW");
    assert_in_range(clock_now(), before, before + 60);
}

static void boot_time_goes_on(void **state)
{
    struct timespec time;
    int64_t first = clock_boot_ms();
    int64_t expected;

    (void)state;
    clock_gettime(CLOCK_BOOTTIME, &time);
    expected = (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
    assert_in_range(first, expected - 10000, expected);
    while (clock_boot_ms() == first)
        ;
    assert_true(clock_boot_ms() > first);
}

static void the_boot_has_an_id(void **state)
{
    char known[64] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(known, sizeof known, file));
    fclose(file);
    known[strcspn(known, "\n")] = '\0';
    assert_int_equal(strlen(known), 36);
    assert_string_equal(clock_boot_id(), known);
    assert_string_equal(clock_boot_id(), known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_can_be_faked),
        cmocka_unit_test(boot_time_goes_on),
        cmocka_unit_test(the_boot_has_an_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
