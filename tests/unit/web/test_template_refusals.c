/* Templates that must not load, and documents that a template must not render. */
#include "page_text.h"

static void assert_refused(const char *text, const char *other, const char *reason)
{
    struct template_set *set = NULL;
    struct err err = {0};

    if (load_page(text, other, &set, &err) == 0)
        fail_msg("it loads: %s", text);
    assert_null(set);
    assert_int_equal(err.code, ERR_INVALID);
    if (strstr(err.message, reason) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", text, err.message, reason);
}

static void places_without_escaping(void **state)
{
    (void)state;
    assert_refused("<script>var a = {{x}};</script>", NULL, "script or style");
    assert_refused("<SCRIPT src=\"/a.js\">{{x}}</script>", NULL, "script or style");
    assert_refused("<style>p { color: {{x}} }</style>", NULL, "script or style");
    assert_refused("<!-- {{x}} -->", NULL, "comment");
    assert_refused("<!-- a > {{x}} -->", NULL, "comment");
    assert_refused("<!doctype {{x}}>", NULL, "declaration");
    assert_refused("<{{x}}>", NULL, "name of a tag");
    assert_refused("<p{{x}}>", NULL, "name of a tag");
    assert_refused("</{{x}}>", NULL, "name of a tag");
    assert_refused("<p {{x}}>", NULL, "stands in a tag");
    assert_refused("<p a{{x}}=\"\">", NULL, "stands in a tag");
    assert_refused("<p class={{x}}>", NULL, "without quotes");
    assert_refused("<p class=a{{x}}>", NULL, "not quoted");
    assert_refused("<p onclick=\"{{x}}\">", NULL, "attribute \"onclick\"");
    assert_refused("<p ONCLICK='a({{x}})'>", NULL, "attribute \"onclick\"");
    assert_refused("<p style=\"width: {{x}}%\">", NULL, "attribute \"style\"");
    assert_refused("<img srcset=\"{{x}}\">", NULL, "attribute \"srcset\"");
    assert_refused("<p class=\"{{raw_html x}}\">", NULL, "outside of text");
    assert_refused("<title>{{raw_html x}}</title>", NULL, "outside of text");
    assert_refused("<iframe src=\"/\">", NULL, "<iframe> is not allowed");
    assert_refused("<script></scriptx>{{x}}", NULL, "followed by");
    assert_refused("a < b", NULL, "\"<\" in text");
    assert_refused("<p <b>", NULL, "\"<\" in a tag");
    assert_refused("<p class=\"a\"\">", NULL, "a quote in a tag");
}

static void branches_must_meet(void **state)
{
    (void)state;
    assert_refused("{{#if x}}<a href=\"{{else}}<p>{{/if}}", NULL, "other branch");
    assert_refused("<a {{#if x}}href=\"{{/if}}", NULL, "in which it begins");
    assert_refused("{{#each x}}<p {{/each}}", NULL, "in which it begins");
    assert_refused("<a href=\"{{#if x}}/a{{/if}}{{y}}\">", NULL, "in which it begins");
    assert_refused("<p {{#if x}}on{{else}}{{/if}}click=\"{{y}}\">", NULL, "a blank is missing");
    assert_refused("<p {{#if x}}on{{/if}}click=\"{{y}}\">", NULL, "a blank is missing");
    assert_refused("<{{#if x}}script{{else}}p{{/if}}>", NULL, "other branch");
    assert_refused("<p{{#if x}}re{{/if}}>", NULL, "in which it begins");
    assert_refused("<p title=\"", NULL, "does not end in text");
    assert_refused("<p title=\"{{> other}}\">", "x", "outside of text");
    assert_refused("{{> other}}", "<p ", "does not end in text");
}

static void tags_must_make_sense(void **state)
{
    (void)state;
    assert_refused("a\nb {{x", NULL, "line 2: \"{{\" without");
    assert_refused("{{}}", NULL, "missing");
    assert_refused("{{a b c}}", NULL, "at most one");
    assert_refused("{{nothing x}}", NULL, "no formatter \"nothing\"");
    assert_refused("{{X}}", NULL, "not the name");
    assert_refused("{{a..b}}", NULL, "not the name");
    assert_refused("{{.a}}", NULL, "not the name");
    assert_refused("{{#if}}{{/if}}", NULL, "missing");
    assert_refused("{{#if a b}}{{/if}}", NULL, "wrong number");
    assert_refused("{{#is a}}{{/is}}", NULL, "wrong number");
    assert_refused("{{#when a}}{{/when}}", NULL, "no section");
    assert_refused("{{#if a}}", NULL, "not closed");
    assert_refused("{{#if a}}{{/each}}", NULL, "closes no section");
    assert_refused("{{/if}}", NULL, "closes no section");
    assert_refused("{{else}}", NULL, "without its section");
    assert_refused("{{#if a}}{{else}}{{else}}{{/if}}", NULL, "without its section");
    assert_refused("{{> nobody}}", NULL, "no template \"nobody\"");
    assert_refused("{{> page}}", NULL, "includes itself");
    assert_refused("{{> other}}", "{{> page}}", "includes itself");
}

static void names_must_be_known(void **state)
{
    static const char *const cases[][2] = {
        {"{{x}}", "{}"},
        {"{{a.x}}", "{\"a\":{}}"},
        {"{{a.x}}", "{\"a\":\"text\"}"},
        {"{{#if x}}{{/if}}", "{}"},
        {"{{#each x}}{{/each}}", "{}"},
        {"{{#each x}}{{/each}}", "{\"x\":\"text\"}"},
        {"{{#each x}}{{y}}{{/each}}", "{\"x\":[{\"y\":1},{}]}"},
        {"{{x}}", "{\"x\":[]}"},
        {"{{x}}", "{\"x\":{}}"},
        {"{{double x}}", "{\"x\":\"text\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_SCOPED out = BUF_EMPTY;
        struct template_set *set;
        struct err err = {0};

        assert_int_equal(load_page(cases[i][0], NULL, &set, &err), 0);
        if (render_page(set, cases[i][1], &out, &err) == 0)
            fail_msg("it renders: %s with %s", cases[i][0], cases[i][1]);
        assert_int_equal(err.code, ERR_INTERNAL);
        template_set_free(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_without_escaping),
        cmocka_unit_test(branches_must_meet),
        cmocka_unit_test(tags_must_make_sense),
        cmocka_unit_test(names_must_be_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
