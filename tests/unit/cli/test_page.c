/* Help as text of 80 columns and as the source of a manual page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/page.h"

#define TEN "123456789 "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static void text_is_wrapped_at_80(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;
    struct page page = {.arena = &arena, .out = &out};

    (void)state;
    page_text(&page, SEVENTY "1234567890 next\n\nother");
    assert_string_equal(buf_text(&out), SEVENTY "1234567890\nnext\n\nother\n");
    buf_clear(&out);
    page.last = PAGE_NOTHING;
    page_text(&page, SEVENTY "12345678901 next");
    assert_string_equal(buf_text(&out),
                        "123456789 123456789 123456789 123456789 123456789 123456789 123456789\n"
                        "12345678901 next\n");
}

static void items_stand_beside_or_below_their_term(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;
    struct page page = {.arena = &arena, .out = &out};

    (void)state;
    page_heading(&page, 1, "Options");
    page_item(&page, "--short", "text");
    page_item(&page, "--an-option-that-is-long", "text");
    page_heading(&page, 1, "Examples");
    page_lines(&page, "one\ntwo");
    assert_string_equal(buf_text(&out), "Options:\n"
                                        "  --short                 text\n"
                                        "  --an-option-that-is-long\n"
                                        "                          text\n"
                                        "\n"
                                        "Examples:\n"
                                        "  one\n"
                                        "  two\n");
}

static void scdoc_markup_is_escaped(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;
    struct page page = {.arena = &arena, .out = &out, .form = PAGE_SCDOC};

    (void)state;
    page_heading(&page, 1, "Options");
    page_item(&page, "--a_b", "keeps *.tmp");
    page_text(&page, "_x_");
    assert_string_equal(buf_text(&out), "# OPTIONS\n\n*\\-\\-a\\_b*\n\tKeeps \\*\\.tmp.\n\n\\_x\\_\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_wrapped_at_80),
        cmocka_unit_test(items_stand_beside_or_below_their_term),
        cmocka_unit_test(scdoc_markup_is_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
