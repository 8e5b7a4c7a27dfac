/* The growable buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void grows_and_stays_text(void **state)
{
    BUF_SCOPED buf = BUF_EMPTY;

    (void)state;
    assert_string_equal(buf_text(&buf), "");
    buf_add_text(&buf, "");
    assert_string_equal(buf_text(&buf), "");
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "%d,", i % 10);
    assert_int_equal(buf.size, 2000);
    assert_int_equal(strlen(buf_text(&buf)), 2000);
    buf_add_char(&buf, '!');
    assert_string_equal(buf_text(&buf) + 1998, "9,!");
}

static void holds_any_byte(void **state)
{
    BUF_SCOPED buf = BUF_EMPTY;

    (void)state;
    buf_add(&buf, "a\0b", 3);
    buf_add(&buf, NULL, 0);
    assert_int_equal(buf.size, 3);
    assert_memory_equal(buf.data, "a\0b", 4);
}

static void drops_from_the_front(void **state)
{
    BUF_SCOPED buf = BUF_EMPTY;

    (void)state;
    buf_drop(&buf, 0);
    buf_add_text(&buf, "abcdef");
    buf_drop(&buf, 2);
    assert_string_equal(buf_text(&buf), "cdef");
    buf_drop(&buf, 4);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf.size, 0);
}

static void clear_keeps_the_memory(void **state)
{
    BUF_SCOPED buf = BUF_EMPTY;
    size_t room;

    (void)state;
    buf_clear(&buf);
    buf_add_text(&buf, "abc");
    room = buf.room;
    buf_clear(&buf);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf.room, room);
    buf_release(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_text),
        cmocka_unit_test(holds_any_byte),
        cmocka_unit_test(drops_from_the_front),
        cmocka_unit_test(clear_keeps_the_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
