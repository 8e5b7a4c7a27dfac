/* Line by line from one text to another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "plan/line_diff.h"

static struct line_diff compare(struct arena *arena, const char *before, const char *after)
{
    struct line_diff diff;

    line_diff_plan(arena, before, strlen(before), after, strlen(after), &diff);
    return diff;
}

/* "=a -b +c" */
static const char *told(struct arena *arena, const struct line_diff *diff)
{
    static const char marks[] = {'=', '-', '+'};
    struct buf text = BUF_EMPTY;
    const char *result;

    for (size_t i = 0; i < diff->count; i++)
        buf_printf(&text, "%s%c%.*s", i > 0 ? " " : "", marks[diff->edits[i].change],
                   (int)diff->edits[i].line.size, diff->edits[i].line.bytes);
    result = arena_strdup(arena, buf_text(&text));
    buf_release(&text);
    return result;
}

static void small_changes_are_told(void **state)
{
    static const struct {
        const char *before, *after, *told;
    } cases[] = {
        {"", "", ""},
        {"a\n", "a\n", "=a"},
        {"a\n", "a", "=a"},
        {"", "a\nb\n", "+a +b"},
        {"a\nb\n", "", "-a -b"},
        {"a\nb\nc\n", "a\nx\nc\n", "=a -b +x =c"},
        {"a\nb\nc\n", "b\nc\nd\n", "-a =b =c +d"},
        {"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "-a -b =c +b =a =b -b =a +c"},
        {"\n\n\n", "\n", "= - -"},
        {"a\nb\nc\nd\n", "a\n1\n2\nd\n", "=a -b -c +1 +2 =d"},
    };
    struct arena arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line_diff diff = compare(&arena, cases[i].before, cases[i].after);

        assert_string_equal(told(&arena, &diff), cases[i].told);
        assert_false(diff.coarse);
    }
    arena_release(&arena);
}

/* The longest common subsequence by the table that everybody knows. */
static size_t fewest_changes(const char *a, const char *b)
{
    enum { MOST = 64 };
    static size_t common[MOST + 1][MOST + 1];
    size_t n = strlen(a) / 2, m = strlen(b) / 2;

    assert_true(n <= MOST && m <= MOST);
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            size_t up = common[i - 1][j], left = common[i][j - 1];

            common[i][j] =
                a[2 * (i - 1)] == b[2 * (j - 1)] ? common[i - 1][j - 1] + 1 : (up > left ? up : left);
        }
    return n + m - 2 * common[n][m];
}

static void random_text(char *text, unsigned *seed)
{
    size_t lines = (size_t)rand_r(seed) % 60;

    for (size_t i = 0; i < lines; i++) {
        text[2 * i] = (char)('a' + rand_r(seed) % 4);
        text[2 * i + 1] = '\n';
    }
    text[2 * lines] = '\0';
}

/* Both texts come out of the edits again, and there is no shorter list of them. */
static void random_texts_take_the_fewest_changes(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct arena arena = ARENA_EMPTY;
        struct buf before = BUF_EMPTY, after = BUF_EMPTY;
        char a[128], b[128];
        struct line_diff diff;

        random_text(a, &seed);
        random_text(b, &seed);
        diff = compare(&arena, a, b);
        for (size_t i = 0; i < diff.count; i++) {
            const struct line_edit *edit = &diff.edits[i];

            assert_int_equal(edit->before, before.size / 2);
            assert_int_equal(edit->after, after.size / 2);
            if (edit->change != LINE_ADDED)
                buf_printf(&before, "%.*s\n", (int)edit->line.size, edit->line.bytes);
            if (edit->change != LINE_REMOVED)
                buf_printf(&after, "%.*s\n", (int)edit->line.size, edit->line.bytes);
        }
        assert_string_equal(buf_text(&before), a);
        assert_string_equal(buf_text(&after), b);
        assert_int_equal(diff.changes, fewest_changes(a, b));
        buf_release(&before);
        buf_release(&after);
        arena_release(&arena);
    }
}

static void what_differs_too_much_is_replaced(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct buf a = BUF_EMPTY, b = BUF_EMPTY;
    struct line_diff diff;

    (void)state;
    buf_add_text(&a, "same\n");
    buf_add_text(&b, "same\n");
    for (int i = 0; i < LINE_DIFF_EDITS_MAX; i++) {
        buf_printf(&a, "a%d\n", i);
        buf_printf(&b, "b%d\n", i);
    }
    diff = compare(&arena, buf_text(&a), buf_text(&b));
    assert_true(diff.coarse);
    assert_int_equal(diff.count, 1 + 2 * LINE_DIFF_EDITS_MAX);
    assert_int_equal(diff.edits[0].change, LINE_SAME);
    assert_int_equal(diff.edits[1].change, LINE_REMOVED);
    buf_release(&a);
    buf_release(&b);
    arena_release(&arena);
}

static void changes_are_shown_with_what_is_around_them(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct line_diff diff = compare(&arena, "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\nx\n4\n5\n6\n7\n8\n9\ny\n");
    struct line_hunk hunk;

    (void)state;
    /* =1 =2 -3 +x =4 =5 =6 =7 =8 =9 +y */
    assert_true(line_diff_hunk(&diff, 1, 0, &hunk));
    assert_int_equal(hunk.first, 1);
    assert_int_equal(hunk.count, 4);
    assert_true(line_diff_hunk(&diff, 1, hunk.first + hunk.count, &hunk));
    assert_int_equal(hunk.first, 9);
    assert_int_equal(hunk.count, 2);
    assert_false(line_diff_hunk(&diff, 1, hunk.first + hunk.count, &hunk));
    assert_true(line_diff_hunk(&diff, 3, 0, &hunk));
    assert_int_equal(hunk.first, 0);
    assert_int_equal(hunk.count, diff.count);
    diff = compare(&arena, "a\n", "a\n");
    assert_false(line_diff_hunk(&diff, 3, 0, &hunk));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_changes_are_told),
        cmocka_unit_test(random_texts_take_the_fewest_changes),
        cmocka_unit_test(what_differs_too_much_is_replaced),
        cmocka_unit_test(changes_are_shown_with_what_is_around_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
