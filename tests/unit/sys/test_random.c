/* Random names. */
#include "scratch.h"

#include "sys/random.h"

static void numbers_differ(void **state)
{
    uint32_t first = random_u32();
    bool differs = false;

    (void)state;
    for (int i = 0; i < 8; i++)
        differs = differs || random_u32() != first;
    assert_true(differs);
}

static void uuids_have_the_form_of_version_4(void **state)
{
    char a[37], b[37];

    (void)state;
    for (int round = 0; round < 64; round++) {
        random_uuid(a);
        random_uuid(b);
        assert_string_not_equal(a, b);
        assert_int_equal(strlen(a), 36);
        for (int i = 0; i < 36; i++) {
            if (i == 8 || i == 13 || i == 18 || i == 23)
                assert_int_equal(a[i], '-');
            else
                assert_non_null(strchr("0123456789abcdef", a[i]));
        }
        assert_int_equal(a[14], '4');
        assert_non_null(strchr("89ab", a[19]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_differ),
        cmocka_unit_test(uuids_have_the_form_of_version_4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
