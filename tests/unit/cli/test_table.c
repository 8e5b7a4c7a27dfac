/* Tables for people: alignment, cutting, colour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/table.h"

static const struct table_column columns[] = {
    {"HOST", TABLE_LEFT}, {"FILES", TABLE_RIGHT}, {"STATE", TABLE_STATE}};

static const char *render(struct arena *arena, struct buf *out, size_t width, bool color)
{
    struct table table = TABLE_OF(arena, columns);
    struct terminal terminal = {.color = color, .width = width};
    static const char *const cells[] = {"web1", "7", "failed", "d\xc3\xa9pot", "310882", "never"};

    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        table_add(&table, cells[i]);
    assert_int_equal(table_row_count(&table), 2);
    table_render(&table, &terminal, out);
    return buf_text(out);
}

static void columns_line_up(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;

    (void)state;
    assert_string_equal(render(&arena, &out, 0, false), "HOST    FILES  STATE\n"
                                                        "web1        7  failed\n"
                                                        "d\xc3\xa9pot  310882  never\n");
}

static void lines_are_cut_at_the_width(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    {
        BUF_SCOPED out = BUF_EMPTY;

        /* 20 columns: the header fits as it is. */
        assert_string_equal(render(&arena, &out, 20, false), "HOST    FILES  STATE\n"
                                                             "web1        7  fail>\n"
                                                             "d\xc3\xa9pot  310882  never\n");
    }
    for (size_t width = 1; width < 24; width++) {
        BUF_SCOPED out = BUF_EMPTY;
        const char *line = render(&arena, &out, width, false);

        for (size_t i = 0; i < 3; i++) {
            size_t columns_used = 0;

            for (; *line != '\n'; line++)
                columns_used += ((unsigned char)*line & 0xC0) != 0x80;
            line++;
            assert_in_range(columns_used, 1, width);
        }
    }
}

static void a_cut_never_splits_a_character(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;

    (void)state;
    assert_non_null(strstr(render(&arena, &out, 3, false), "d\xc3\xa9>\n"));
}

static void only_state_words_are_coloured(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;

    (void)state;
    assert_string_equal(render(&arena, &out, 0, true), "HOST    FILES  STATE\n"
                                                       "web1        7  \033[31mfailed\033[0m\n"
                                                       "d\xc3\xa9pot  310882  never\n");
}

static void a_cut_word_keeps_its_colour_and_ends_it(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;

    (void)state;
    assert_non_null(strstr(render(&arena, &out, 18, true), "web1        7  \033[31mfa\033[0m>\n"));
}

static void without_titles_there_is_no_header(void **state)
{
    static const struct table_column untitled[] = {{NULL, TABLE_LEFT}, {NULL, TABLE_LEFT}};
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED out = BUF_EMPTY;
    struct table table = TABLE_OF(&arena, untitled);
    struct terminal terminal = {0};

    (void)state;
    table_add(&table, "a");
    table_add(&table, "");
    table_render(&table, &terminal, &out);
    assert_string_equal(buf_text(&out), "a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_line_up),
        cmocka_unit_test(lines_are_cut_at_the_width),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(only_state_words_are_coloured),
        cmocka_unit_test(a_cut_word_keeps_its_colour_and_ends_it),
        cmocka_unit_test(without_titles_there_is_no_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
