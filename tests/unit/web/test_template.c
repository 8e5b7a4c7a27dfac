/* What templates become: values, sections, loops, includes, formatters, and escaping by place. */
#include "page_text.h"

static void values_are_text(void **state)
{
    (void)state;
    assert_page("a {{x}} b", NULL, "{\"x\":\"v\"}", "a v b");
    assert_page("{{n}} {{yes}} {{no}} {{none}}|{{f}}", NULL,
                "{\"n\":-7,\"yes\":true,\"no\":false,\"none\":null,\"f\":0.5}", "-7 yes no |0.5");
    assert_page("{{a.b.c}}{{none.b.c}}", NULL, "{\"a\":{\"b\":{\"c\":1}},\"none\":null}", "1");
    assert_page("{{outside}}", NULL, "{}", "outer");
    assert_page("{{outside}}", NULL, "{\"outside\":\"inner\"}", "inner");
    assert_page("", NULL, "{}", "");
    assert_page("{ {{x}} }", NULL, "{\"x\":1}", "{ 1 }");
}

static void formatters_are_called(void **state)
{
    (void)state;
    assert_page("{{double n}} {{ double   n }}", NULL, "{\"n\":21}", "42 42");
    assert_page("{{context n}}", NULL, "{\"n\":1}", "&lt;context&gt;");
}

static void sections_choose(void **state)
{
    static const char text[] = "{{#if x}}yes{{else}}no{{/if}}{{#unless x}}!{{/unless}}";

    (void)state;
    assert_page(text, NULL, "{\"x\":true}", "yes");
    assert_page(text, NULL, "{\"x\":\"a\"}", "yes");
    assert_page(text, NULL, "{\"x\":{}}", "yes");
    assert_page(text, NULL, "{\"x\":[0]}", "yes");
    assert_page(text, NULL, "{\"x\":5}", "yes");
    assert_page(text, NULL, "{\"x\":false}", "no!");
    assert_page(text, NULL, "{\"x\":null}", "no!");
    assert_page(text, NULL, "{\"x\":\"\"}", "no!");
    assert_page(text, NULL, "{\"x\":[]}", "no!");
    assert_page(text, NULL, "{\"x\":0}", "no!");
    assert_page("{{#is s failed}}F{{else}}-{{/is}}", NULL, "{\"s\":\"failed\"}", "F");
    assert_page("{{#is s failed}}F{{else}}-{{/is}}", NULL, "{\"s\":\"failed2\"}", "-");
    assert_page("{{#is s failed}}F{{else}}-{{/is}}", NULL, "{\"s\":null}", "-");
    assert_page("{{#is n 5}}five{{/is}}", NULL, "{\"n\":5}", "five");
    assert_page("{{#if a}}{{#if b}}ab{{else}}a{{/if}}{{else}}{{#if b}}b{{/if}}{{/if}}", NULL,
                "{\"a\":false,\"b\":true}", "b");
}

static void loops_repeat(void **state)
{
    (void)state;
    assert_page("{{#each l}}[{{.}}]{{else}}none{{/each}}", NULL, "{\"l\":[1,\"b\"]}", "[1][b]");
    assert_page("{{#each l}}[{{.}}]{{else}}none{{/each}}", NULL, "{\"l\":[]}", "none");
    assert_page("{{#each l}}[{{.}}]{{else}}none{{/each}}", NULL, "{\"l\":null}", "none");
    assert_page("{{#each l}}{{name}}@{{host}} {{/each}}", NULL,
                "{\"host\":\"h\",\"l\":[{\"name\":\"a\"},{\"name\":\"b\",\"host\":\"i\"}]}", "a@h b@i ");
    assert_page("{{#each l}}{{#each .}}{{.}}{{/each}};{{/each}}", NULL, "{\"l\":[[1,2],[3]]}", "12;3;");
}

static void includes_take_a_scope(void **state)
{
    (void)state;
    assert_page("<p>{{> other}}</p>", "<b>{{x}}</b>", "{\"x\":1}", "<p><b>1</b></p>");
    assert_page("{{> other v}}", "({{.}})", "{\"v\":\"w\"}", "(w)");
    assert_page("{{> other o}}{{x}}", "{{x}}{{y}}", "{\"o\":{\"x\":2},\"x\":1,\"y\":3}", "231");
    assert_page("{{> other none}}", "{{#if .}}y{{else}}n{{/if}}", "{\"none\":null}", "n");
}

static void tags_alone_in_a_line_take_it_away(void **state)
{
    (void)state;
    assert_page("a\n  {{#if x}}\n  b\n  {{else}}\n  c\n  {{/if}}\nd\n", NULL, "{\"x\":1}", "a\n  b\nd\n");
    assert_page("a\n{{! a note\nover two lines }}\nb {{! c }} d", NULL, "{}", "a\nb  d");
    assert_page("{{x}}\n{{x}}\n", NULL, "{\"x\":1}", "1\n1\n");
}

static void text_is_escaped(void **state)
{
    (void)state;
    assert_page("<p>{{x}}</p>", NULL, "{\"x\":\"<script>alert('1')&\\\"\"}",
                "<p>&lt;script&gt;alert(&#39;1&#39;)&amp;&quot;</p>");
    assert_page("<title>{{x}}</title><textarea>{{x}}</textarea>", NULL, "{\"x\":\"</title></textarea>\"}",
                "<title>&lt;/title&gt;&lt;/textarea&gt;</title>"
                "<textarea>&lt;/title&gt;&lt;/textarea&gt;</textarea>");
    assert_page("{{x}}", NULL, "{\"x\":\"a\\u0007b\\u202ec\\u009bd\\ne\\tf\\u200fg\\u061ch\"}",
                "a\xef\xbf\xbd"
                "b\xef\xbf\xbd"
                "c\xef\xbf\xbd"
                "d\ne\tf\xef\xbf\xbdg\xef\xbf\xbdh");
    assert_page("{{raw_html x}}", NULL, "{\"x\":\"<b>\"}", "<b>");
}

static void attributes_are_escaped(void **state)
{
    (void)state;
    assert_page("<p class=\"s-{{x}}\" title='{{x}}'>", NULL, "{\"x\":\"\\\" onclick='\"}",
                "<p class=\"s-&quot; onclick=&#39;\" title='&quot; onclick=&#39;'>");
    assert_page("<option{{#if x}} selected{{/if}} value=\"{{x}}\">", NULL, "{\"x\":\"a\"}",
                "<option selected value=\"a\">");
}

static void urls_are_held_against_a_list(void **state)
{
    static const char *const fine[] = {"/hosts",         "/a?b=c#d",        "#top", "?after=1", "hosts/web1",
                                       "https://a.test", "mailto:a@b.test", NULL};
    static const char *const refused[] = {"javascript:alert(1)",
                                          "JaVaScRiPt:alert(1)",
                                          " javascript:alert(1)",
                                          "java\\tscript:alert(1)",
                                          "\\u0001javascript:alert(1)",
                                          "data:text/html,x",
                                          "vbscript:x",
                                          "//evil.test",
                                          "/\\\\evil.test",
                                          "\\\\\\\\evil.test",
                                          "ftp://a.test",
                                          "a:b",
                                          NULL};
    char json[256];

    (void)state;
    for (const char *const *url = fine; *url != NULL; url++) {
        BUF_SCOPED expected = BUF_EMPTY;

        snprintf(json, sizeof json, "{\"u\":\"%s\"}", *url);
        buf_printf(&expected, "<a href=\"%s\">", *url);
        assert_page("<a href=\"{{u}}\">", NULL, json, buf_text(&expected));
    }
    for (const char *const *url = refused; *url != NULL; url++) {
        snprintf(json, sizeof json, "{\"u\":\"%s\"}", *url);
        assert_page("<form action='{{u}}'>", NULL, json, "<form action='#'>");
    }
}

static void parts_of_urls_are_encoded(void **state)
{
    (void)state;
    assert_page("<a href=\"/hosts/{{h}}/x?q={{h}}\">", NULL, "{\"h\":\"a/../b?c&d=\\\"e%\"}",
                "<a href=\"/hosts/a%2F..%2Fb%3Fc%26d%3D%22e%25/x?q=a%2F..%2Fb%3Fc%26d%3D%22e%25\">");
    assert_page("<a href=\"{{b}}/{{h}}\">", NULL, "{\"b\":\"/x\",\"h\":\"\xc3\xa9\"}",
                "<a href=\"/x/%C3%A9\">");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_text),
        cmocka_unit_test(formatters_are_called),
        cmocka_unit_test(sections_choose),
        cmocka_unit_test(loops_repeat),
        cmocka_unit_test(includes_take_a_scope),
        cmocka_unit_test(tags_alone_in_a_line_take_it_away),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(attributes_are_escaped),
        cmocka_unit_test(urls_are_held_against_a_list),
        cmocka_unit_test(parts_of_urls_are_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
