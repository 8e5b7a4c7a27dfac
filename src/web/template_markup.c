/* A small tokenizer of HTML that knows where a value stands. */
#include "web/template_markup.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

/* Appends to a name; what does not fit is cut, which no name that matters needs. */
static void name_add(char name[MARKUP_NAME], char c)
{
    size_t length = strlen(name);

    if (length < MARKUP_NAME - 1)
        name[length] = lower(c);
}

/* Keeps the last characters. */
static void tail_add(struct markup *markup, char c)
{
    size_t length = strlen(markup->tail);

    if (length == MARKUP_NAME - 1)
        memmove(markup->tail, markup->tail + 1, length--);
    markup->tail[length] = lower(c);
}

static bool tail_is(const struct markup *markup, const char *end)
{
    size_t length = strlen(markup->tail), wanted = strlen(end);

    return length >= wanted && strcmp(markup->tail + length - wanted, end) == 0;
}

static void enter(struct markup *markup, enum markup_place place)
{
    markup->place = place;
    memset(markup->tail, 0, sizeof markup->tail);
    if (place == MARKUP_TEXT) {
        memset(markup->tag, 0, sizeof markup->tag);
        markup->closing = false;
    }
    if (place == MARKUP_TEXT || place == MARKUP_IN_TAG) {
        memset(markup->attribute, 0, sizeof markup->attribute);
        markup->url = MARKUP_NO_URL;
        markup->refused = false;
    }
}

/* Elements that hold text and no tags; that of the first two is not even escaped. */
static const char *const text_elements[] = {"script", "style", "title", "textarea", NULL};
static const char *const *const plain_text_elements = text_elements + 2;

/* Behind the ">" of a tag. */
static void leave_tag(struct markup *markup)
{
    enum markup_place place = MARKUP_TEXT;

    if (!markup->closing && is_one_of(markup->tag, text_elements))
        place = is_one_of(markup->tag, plain_text_elements) ? MARKUP_PLAIN_TEXT : MARKUP_RAW_TEXT;
    enter(markup, MARKUP_IN_TAG);
    if (place == MARKUP_TEXT)
        enter(markup, MARKUP_TEXT);
    markup->place = place;
}

/* Elements whose content browsers read by rules of their own; no page of ours needs one. */
static int check_tag(const struct markup *markup, struct err *err)
{
    static const char *const unknown[] = {"iframe",   "object",   "embed",     "applet", "noscript",
                                          "noembed",  "noframes", "plaintext", "xmp",    "base",
                                          "template", "math",     NULL};

    return is_one_of(markup->tag, unknown) ? err_set(err, ERR_INVALID, "<%s> is not allowed", markup->tag)
                                           : 0;
}

static void enter_value(struct markup *markup, enum markup_place place)
{
    static const char *const urls[] = {"href", "src",    "action",     "formaction", "cite",
                                       "data", "poster", "xlink:href", NULL};
    static const char *const refused[] = {"style",      "srcdoc",  "srcset", "imagesrcset", "ping",
                                          "http-equiv", "content", "is",     NULL};

    markup->place = place;
    markup->refused = is_one_of(markup->attribute, refused) || strncmp(markup->attribute, "on", 2) == 0;
    markup->url = is_one_of(markup->attribute, urls) ? MARKUP_URL_START : MARKUP_NO_URL;
}

/* In a tag, but not in the value of an attribute. */
static int step_in_tag(struct markup *markup, char c, struct err *err)
{
    if (markup->joined && c != '>' && c != '/' && !is_blank(c))
        return err_set(err, ERR_INVALID, "a blank is missing behind a section in a tag");
    markup->joined = false;
    if (c == '>') {
        if (check_tag(markup, err) < 0)
            return -1;
        leave_tag(markup);
    } else if (c == '<') {
        return err_set(err, ERR_INVALID, "\"<\" in a tag");
    } else if (markup->place == MARKUP_BEFORE_VALUE) {
        if (c == '"')
            enter_value(markup, MARKUP_DOUBLE_QUOTED);
        else if (c == '\'')
            enter_value(markup, MARKUP_SINGLE_QUOTED);
        else if (!is_blank(c))
            return err_set(err, ERR_INVALID, "the value of attribute \"%s\" is not quoted",
                           markup->attribute);
    } else if (is_blank(c) || c == '/') {
        enter(markup, MARKUP_IN_TAG);
    } else if (markup->place == MARKUP_TAG_NAME) {
        if (markup->closing && is_one_of(markup->tag, text_elements))
            return err_set(err, ERR_INVALID, "</%s is followed by \"%c\"", markup->tag, c);
        name_add(markup->tag, c);
    } else if (c == '=') {
        markup->place = MARKUP_BEFORE_VALUE;
    } else if (c == '"' || c == '\'') {
        return err_set(err, ERR_INVALID, "a quote in a tag that is of no value");
    } else {
        markup->place = MARKUP_ATTRIBUTE_NAME;
        name_add(markup->attribute, c);
    }
    return 0;
}

static void step_value(struct markup *markup, char c)
{
    if (c == (markup->place == MARKUP_DOUBLE_QUOTED ? '"' : '\''))
        enter(markup, MARKUP_IN_TAG);
    else if (markup->url == MARKUP_URL_START || (markup->url == MARKUP_URL_PATH && (c == '?' || c == '#')))
        markup->url = c == '?' || c == '#' ? MARKUP_URL_QUERY : MARKUP_URL_PATH;
}

/* Behind "<" in text. */
static int step_tag_open(struct markup *markup, char c, struct err *err)
{
    if (c == '!') {
        enter(markup, MARKUP_DECLARATION);
    } else if (c == '/' && !markup->closing) {
        markup->closing = true;
    } else if (is_letter(c)) {
        memset(markup->tag, 0, sizeof markup->tag);
        enter(markup, MARKUP_TAG_NAME);
        name_add(markup->tag, c);
    } else {
        return err_set(err, ERR_INVALID, "\"<\" in text: write &lt;");
    }
    return 0;
}

/* In text that ends at the closing tag of its element. */
static void step_element_text(struct markup *markup, char c)
{
    char end[MARKUP_NAME + 2] = "</";

    memcpy(end + 2, markup->tag, strlen(markup->tag));
    tail_add(markup, c);
    if (!tail_is(markup, end))
        return;
    enter(markup, MARKUP_TAG_NAME);
    markup->closing = true;
}

int markup_step(struct markup *markup, char c, struct err *err)
{
    switch (markup->place) {
    case MARKUP_TEXT:
        if (c == '<')
            enter(markup, MARKUP_TAG_OPEN);
        return 0;
    case MARKUP_TAG_OPEN:
        return step_tag_open(markup, c, err);
    case MARKUP_TAG_NAME:
    case MARKUP_IN_TAG:
    case MARKUP_ATTRIBUTE_NAME:
    case MARKUP_BEFORE_VALUE:
        return step_in_tag(markup, c, err);
    case MARKUP_DOUBLE_QUOTED:
    case MARKUP_SINGLE_QUOTED:
        step_value(markup, c);
        return 0;
    case MARKUP_DECLARATION:
        tail_add(markup, c);
        if (strcmp(markup->tail, "--") == 0)
            enter(markup, MARKUP_COMMENT);
        else if (c == '>')
            enter(markup, MARKUP_TEXT);
        return 0;
    case MARKUP_COMMENT:
        tail_add(markup, c);
        if (tail_is(markup, "-->") || tail_is(markup, "--!>") || strcmp(markup->tail, ">") == 0 ||
            strcmp(markup->tail, "->") == 0)
            enter(markup, MARKUP_TEXT);
        return 0;
    case MARKUP_RAW_TEXT:
    case MARKUP_PLAIN_TEXT:
        step_element_text(markup, c);
        return 0;
    }
    return err_set(err, ERR_INTERNAL, "no such place in markup");
}

static const char *place_name(enum markup_place place)
{
    switch (place) {
    case MARKUP_TAG_OPEN:
    case MARKUP_TAG_NAME:
        return "the name of a tag";
    case MARKUP_IN_TAG:
    case MARKUP_ATTRIBUTE_NAME:
        return "a tag";
    case MARKUP_BEFORE_VALUE:
        return "an attribute without quotes";
    case MARKUP_COMMENT:
    case MARKUP_DECLARATION:
        return "a comment or declaration";
    case MARKUP_RAW_TEXT:
        return "a script or style";
    case MARKUP_TEXT:
    case MARKUP_PLAIN_TEXT:
    case MARKUP_DOUBLE_QUOTED:
    case MARKUP_SINGLE_QUOTED:
        break;
    }
    return "this place";
}

static enum template_escape url_escape(struct markup *markup)
{
    switch (markup->url) {
    case MARKUP_NO_URL:
        break;
    case MARKUP_URL_START:
        markup->url = MARKUP_URL_PATH;
        return ESCAPE_URL_START;
    case MARKUP_URL_PATH:
        return ESCAPE_URL_PATH;
    case MARKUP_URL_QUERY:
        return ESCAPE_URL_QUERY;
    }
    return ESCAPE_HTML;
}

int markup_value(struct markup *markup, enum template_escape *escape, struct err *err)
{
    *escape = ESCAPE_HTML;
    switch (markup->place) {
    case MARKUP_PLAIN_TEXT:
        /* What the value ends with cannot be a part of the closing tag: it is escaped. */
        memset(markup->tail, 0, sizeof markup->tail);
        return 0;
    case MARKUP_TEXT:
        return 0;
    case MARKUP_DOUBLE_QUOTED:
    case MARKUP_SINGLE_QUOTED:
        if (markup->refused)
            return err_set(err, ERR_INVALID, "no value may stand in attribute \"%s\"", markup->attribute);
        *escape = url_escape(markup);
        return 0;
    case MARKUP_TAG_OPEN:
    case MARKUP_TAG_NAME:
    case MARKUP_IN_TAG:
    case MARKUP_ATTRIBUTE_NAME:
    case MARKUP_BEFORE_VALUE:
    case MARKUP_COMMENT:
    case MARKUP_DECLARATION:
    case MARKUP_RAW_TEXT:
        break;
    }
    return err_set(err, ERR_INVALID, "a value stands in %s, where it cannot be escaped",
                   place_name(markup->place));
}

static bool is_same(const struct markup *a, const struct markup *b)
{
    return a->place == b->place && a->url == b->url && a->closing == b->closing && a->refused == b->refused &&
           a->joined == b->joined && memcmp(a->tag, b->tag, sizeof a->tag) == 0 &&
           memcmp(a->attribute, b->attribute, sizeof a->attribute) == 0 &&
           memcmp(a->tail, b->tail, sizeof a->tail) == 0;
}

static bool is_in_tag(const struct markup *markup)
{
    return markup->place == MARKUP_TAG_NAME || markup->place == MARKUP_IN_TAG ||
           markup->place == MARKUP_ATTRIBUTE_NAME;
}

bool markup_join(struct markup *a, const struct markup *b)
{
    if (is_same(a, b))
        return true;
    if (!is_in_tag(a) || !is_in_tag(b) || a->closing != b->closing ||
        memcmp(a->tag, b->tag, sizeof a->tag) != 0)
        return false;
    enter(a, MARKUP_IN_TAG);
    a->joined = true;
    return true;
}
