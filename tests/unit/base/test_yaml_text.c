/* YAML that we write is read back as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml_document.h"
#include "base/yaml_text.h"

/* The tree as JSON again. */
static json_t *json_of(const struct yaml_value *value)
{
    json_t *whole = value->type == YAML_MAP ? json_object() : json_array();

    if (value->type == YAML_MAP || value->type == YAML_LIST) {
        for (const struct yaml_value *part = value->first; part != NULL; part = part->next) {
            if (value->type == YAML_MAP)
                json_object_set_new(whole, part->key, json_of(part));
            else
                json_array_append_new(whole, json_of(part));
        }
        return whole;
    }
    json_decref(whole);
    if (value->type == YAML_TEXT)
        return json_string(value->text);
    if (value->type == YAML_INT)
        return json_integer(value->number);
    return value->type == YAML_BOOL ? json_boolean(value->truth) : json_null();
}

static void assert_comes_back(const char *text)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED yaml = BUF_EMPTY;
    struct yaml_document document;
    struct err err = {0};
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL), *again;

    assert_non_null(value);
    if (yaml_text_write(value, &yaml, &err) < 0 ||
        yaml_document_read(&arena, "f", yaml.data, yaml.size, &document, &err) < 0)
        fail_msg("%s: %s in\n%s", text, err.message, buf_text(&yaml));
    again = json_of(document.top);
    if (!json_equal(value, again))
        fail_msg("%s became\n%s", text, buf_text(&yaml));
    json_decref(value);
    json_decref(again);
}

static void what_is_written_comes_back(void **state)
{
    (void)state;
    assert_comes_back(
        "{\"a\": 1, \"b\": {\"c\": [], \"d\": {}}, \"e\": null, \"f\": [true, false, [1, [2]]]}");
    assert_comes_back(
        "[\"yes\", \"No\", \"null\", \"~\", \"\", \"12\", \"0x1f\", \"1:30\", \"2026-11-22\", \"1.5\"]");
    assert_comes_back(
        "[\"*.tmp\", \"&x\", \"!tag\", \"- a\", \"a: b\", \"# c\", \"a #c\", \" lead\", \"trail \", \"%x\", \"@x\"]");
    assert_comes_back(
        "[\"it's\", \"say \\\"x\\\"\", \"a\\nb\", \"\\tx\", \"\\u0001\", \"\\u00e9\\u20ac\", \"<<\", \"---\", \"...\"]");
    assert_comes_back("{\"yes\": 1, \"1\": 2, \"a b\": 3, \"\": 4}");
    assert_comes_back("[-9223372036854775807, 9223372036854775807, 0]");
}

static void long_text_stays_on_its_line(void **state)
{
    BUF_SCOPED yaml = BUF_EMPTY;
    struct err err = {0};
    char words[1001];
    json_t *value;

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        words[i] = i % 5 == 4 ? ' ' : 'x';
    words[999] = 'x';
    words[1000] = '\0';
    value = json_pack("{ss}", "key", words);
    assert_int_equal(yaml_text_write(value, &yaml, &err), 0);
    assert_int_equal(yaml.size, strlen("key: ") + 1000 + 1);
    json_decref(value);
}

static void what_has_no_form_is_refused(void **state)
{
    BUF_SCOPED yaml = BUF_EMPTY;
    struct err err = {0};
    json_t *value = json_pack("{sf}", "a", 1.5);

    (void)state;
    assert_int_equal(yaml_text_write(value, &yaml, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(long_text_stays_on_its_line),
        cmocka_unit_test(what_has_no_form_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
