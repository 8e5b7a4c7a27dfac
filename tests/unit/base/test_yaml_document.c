/* YAML from outside: what is read, and what is refused at which place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/yaml_document.h"

static const struct yaml_value *read_top(struct arena *arena, const char *text)
{
    struct yaml_document document;
    struct err err = {0};

    if (yaml_document_read(arena, "f", text, strlen(text), &document, &err) < 0)
        fail_msg("%s", err.message);
    return document.top;
}

static void a_tree_has_places(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct yaml_value *top, *ssh, *list;

    (void)state;
    top = read_top(&arena, "# a comment\nhost: web1\nssh:\n  port: 2222\n  options: [ a, 'yes' ]\n");
    assert_int_equal(top->type, YAML_MAP);
    assert_int_equal(top->count, 2);
    assert_string_equal(yaml_find(top, "host")->text, "web1");
    ssh = yaml_find(top, "ssh");
    assert_int_equal(ssh->key_line, 3);
    assert_int_equal(ssh->key_column, 1);
    assert_int_equal(yaml_find(ssh, "port")->number, 2222);
    assert_int_equal(yaml_find(ssh, "port")->line, 4);
    assert_int_equal(yaml_find(ssh, "port")->column, 9);
    list = yaml_find(ssh, "options");
    assert_int_equal(list->type, YAML_LIST);
    assert_int_equal(list->count, 2);
    assert_null(list->first->key);
    assert_string_equal(list->first->next->text, "yes");
    assert_int_equal(list->first->next->type, YAML_TEXT);
    assert_null(yaml_find(ssh, "user"));
    assert_null(yaml_find(list, "user"));
}

static void nothing_at_all_is_null(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_int_equal(read_top(&arena, "")->type, YAML_NULL);
    assert_int_equal(read_top(&arena, "# only words\n")->type, YAML_NULL);
    assert_int_equal(read_top(&arena, "---\n...\n")->type, YAML_NULL);
    assert_int_equal(yaml_find(read_top(&arena, "a:\nb: ~\n"), "a")->type, YAML_NULL);
}

static void json_and_a_byte_order_mark_are_read(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct yaml_value *top =
        read_top(&arena, "\xef\xbb\xbf{\"a\": [1, null, true], \"b\": {\"c\": \"\\u00e9\"}}");

    (void)state;
    assert_int_equal(yaml_find(top, "a")->count, 3);
    assert_string_equal(yaml_find(yaml_find(top, "b"), "c")->text, "\xc3\xa9");
}

/* The values are those of PyYAML 6.0, yaml.safe_load(). */
static void plain_scalars_mean_what_pyyaml_made_of_them(void **state)
{
    static const struct {
        const char *text;
        enum yaml_type type;
        int64_t number;
    } cases[] = {
        {"", YAML_NULL, 0},
        {"~", YAML_NULL, 0},
        {"null", YAML_NULL, 0},
        {"NULL", YAML_NULL, 0},
        {"nULL", YAML_TEXT, 0},
        {"yes", YAML_BOOL, 1},
        {"Yes", YAML_BOOL, 1},
        {"YES", YAML_BOOL, 1},
        {"yEs", YAML_TEXT, 0},
        {"On", YAML_BOOL, 1},
        {"true", YAML_BOOL, 1},
        {"off", YAML_BOOL, 0},
        {"FALSE", YAML_BOOL, 0},
        {"no", YAML_BOOL, 0},
        {"y", YAML_TEXT, 0},
        {"n", YAML_TEXT, 0},
        {"none", YAML_TEXT, 0},
        {"0", YAML_INT, 0},
        {"-12", YAML_INT, -12},
        {"+7", YAML_INT, 7},
        {"1_000", YAML_INT, 1000},
        {"0x1F", YAML_INT, 31},
        {"0b101", YAML_INT, 5},
        {"017", YAML_INT, 15},
        {"08", YAML_TEXT, 0},
        {"0o17", YAML_TEXT, 0},
        {"1:30", YAML_INT, 90},
        {"2:15:00", YAML_INT, 8100},
        {"1:60", YAML_TEXT, 0},
        {"0:30", YAML_TEXT, 0},
        {"1:", YAML_TEXT, 0},
        {"-", YAML_TEXT, 0},
        {"0x", YAML_TEXT, 0},
        {"1.5", YAML_TEXT, 0},
        {"2026-11-22", YAML_TEXT, 0},
        {"15 2 * * *", YAML_TEXT, 0},
        {"9223372036854775807", YAML_INT, INT64_MAX},
        {"9223372036854775808", YAML_TEXT, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t number = 0;
        bool truth = false;
        enum yaml_type type = yaml_resolve(cases[i].text, &number, &truth);

        if (type != cases[i].type || (type == YAML_INT && number != cases[i].number) ||
            (type == YAML_BOOL && truth != (cases[i].number == 1)))
            fail_msg("\"%s\" is %s, %lld", cases[i].text, yaml_type_name(type), (long long)number);
    }
}

static void assert_refused(const char *text, size_t size, const char *beginning)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct yaml_document document;
    struct err err = {0};

    if (yaml_document_read(&arena, "f", text, size, &document, &err) == 0)
        fail_msg("taken: %s", text);
    assert_int_equal(err.code, ERR_INVALID);
    if (strncmp(err.message, beginning, strlen(beginning)) != 0)
        fail_msg("%s, not %s", err.message, beginning);
}

static void what_is_not_taken_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *beginning;
    } cases[] = {
        {"a: &x 1\nb: *x\n", "f:1:4: an anchor"},
        {"a: 1\nb: *x\n", "f:2:4: an alias (*x)"},
        {"a: &x {b: 1}\n", "f:1:4: an anchor"},
        {"a: &x [1]\n", "f:1:4: an anchor"},
        {"a: !!python/object/apply:os.system ['id']\n", "f:1:4: a tag"},
        {"a: !!str 1\n", "f:1:4: a tag"},
        {"a: ! 1\n", "f:1:4: a tag"},
        {"%TAG ! tag:example.com,2026:\n---\na: 1\n", "f:1:1: a %TAG directive"},
        {"<<: {a: 1}\n", "f:1:1: a merge key"},
        {"a: 1\nb: 2\na: 3\n", "f:3:1: the key \"a\" stands here again; it was in line 1 before"},
        {"a: 1\n'a': 3\n", "f:2:1: the key \"a\""},
        {"a: {b: 1, c: 2, b: 3}\n", "f:1:17: the key \"b\""},
        {"{[1]: 2}\n", "f:1:2: a list as a key"},
        {"? {a: 1}\n: 2\n", "f:1:3: a map of keys as a key"},
        {"? \n: 2\n", "f:1:2: a value without a key"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document"},
        {"ssh:\n\tport: 22\n", "f:2:1: a tab"},
        {"ssh:\n  \tport: 22\n", "f:2:3: a tab"},
        {"a: \"x\\0y\"\n", "f:1:4: a NUL character"},
        {"a: \xff\n", "f:1:4: a byte that is not UTF-8 (0xff)"},
        {"a: 1\r\nb: \xc0\x80\n", "f:2:4: a byte that is not UTF-8"},
        {"a: \x01\n", "f:1:4: a control character (0x01)"},
        {"a: b: c\n", "f:1:5: mapping values are not allowed"},
        {"a: [1, 2\n", "f:2:1: did not find expected ',' or ']'"},
        {"a: 'x\n", "f:2:1: found unexpected end of stream"},
        {"a: 1\n b: 2\n", "f:2:3: mapping values are not allowed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].beginning);
    assert_refused("a: \0b\n", 6, "f:1:4: a NUL byte");
}

/* `begin`, then `part` as often as it fits, then `end`. */
static void assert_bomb_refused(const char *begin, const char *part, const char *what)
{
    BUF_SCOPED text = BUF_EMPTY;
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct yaml_document document;
    struct err err = {0};

    buf_add_text(&text, begin);
    while (text.size + strlen(part) <= YAML_DOCUMENT_MAX)
        buf_add_text(&text, part);
    if (yaml_document_read(&arena, "f", text.data, text.size, &document, &err) == 0)
        fail_msg("a bomb of %s was taken", part);
    if (strstr(err.message, what) == NULL)
        fail_msg("%s: %s", part, err.message);
}

static void bombs_are_refused(void **state)
{
    (void)state;
    assert_bomb_refused("", "[", "levels deep");
    assert_bomb_refused("", "{a: ", "levels deep");
    assert_bomb_refused("", "- ", "levels deep");
    assert_bomb_refused("", "? ", "as a key");
    assert_bomb_refused("[", "a,", "values");
    assert_bomb_refused("", "- a\n", "values");
    assert_bomb_refused("", "aa: 12345\n", "stands here again");
    assert_bomb_refused("", "&a ", "f:1:1: ");
    assert_bomb_refused("a: \"", "\\x41", "f:1:");
}

static void depth_of_32_is_taken_and_33_refused(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    char text[2 * 33 + 1] = {0};

    (void)state;
    memset(text, '[', 32);
    memset(text + 32, ']', 32);
    assert_int_equal(read_top(&arena, text)->type, YAML_LIST);
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    assert_refused(text, 66, "f:1:33: more than 32 levels deep");
}

static void a_value_can_be_refused_at_its_key(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct yaml_document document;
    struct err err = {0};
    const char *text = "ssh:\n  port: many\n  options:\n  - no\n";
    const struct yaml_value *ssh;

    (void)state;
    assert_int_equal(yaml_document_read(&arena, "a.yaml", text, strlen(text), &document, &err), 0);
    ssh = yaml_find(document.top, "ssh");
    yaml_refuse(&document, yaml_find(ssh, "port"), &err, "no %s", "number");
    assert_string_equal(err.message, "a.yaml:2:3: no number");
    yaml_refuse(&document, yaml_find(ssh, "options")->first, &err, "no option");
    assert_string_equal(err.message, "a.yaml:4:5: no option");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_has_places),
        cmocka_unit_test(nothing_at_all_is_null),
        cmocka_unit_test(json_and_a_byte_order_mark_are_read),
        cmocka_unit_test(plain_scalars_mean_what_pyyaml_made_of_them),
        cmocka_unit_test(what_is_not_taken_is_told_with_its_place),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(depth_of_32_is_taken_and_33_refused),
        cmocka_unit_test(a_value_can_be_refused_at_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
