/* Lists of strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"

static void items_are_copies_in_order(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list list = {0};
    char text[8];

    (void)state;
    for (int i = 0; i < 50; i++) {
        text[0] = (char)('a' + i % 26);
        text[1] = '\0';
        list_add(&arena, &list, text);
    }
    assert_int_equal(list.count, 50);
    assert_string_equal(list.items[0], "a");
    assert_string_equal(list.items[49], "x");
    assert_true(list_has(&list, "z"));
    assert_false(list_has(&list, "A"));
}

static void lines_go_in_and_out(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct list list = {0};

    (void)state;
    assert_string_equal(list_lines(&arena, &list), "");
    assert_string_equal(list_join(&arena, &list, ", "), "");
    list_add_lines(&arena, &list, "");
    list_add_lines(&arena, &list, "\n\n");
    assert_int_equal(list.count, 0);
    list_add_lines(&arena, &list, "one\n\ntwo words\n");
    list_add_lines(&arena, &list, "three");
    assert_int_equal(list.count, 3);
    assert_string_equal(list_lines(&arena, &list), "one\ntwo words\nthree");
    assert_string_equal(list_join(&arena, &list, ", "), "one, two words, three");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_copies_in_order),
        cmocka_unit_test(lines_go_in_and_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
