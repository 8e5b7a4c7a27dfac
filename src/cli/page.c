/* Help as plain text or as the source of a manual page. */
#include "cli/page.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { WIDTH = 80, ITEM_INDENT = 2, TEXT_INDENT = 26 };

static void add_blanks(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_char(out, ' ');
}

/* Fills lines of WIDTH columns; the first one already has `column` columns. */
static void wrap(struct buf *out, size_t indent, size_t column, const char *text, size_t size)
{
    bool first = true;

    for (size_t i = 0; i < size;) {
        size_t length = 0;

        while (i < size && text[i] == ' ')
            i++;
        while (i + length < size && text[i + length] != ' ')
            length++;
        if (!first && column + 1 + length > WIDTH) {
            buf_add_char(out, '\n');
            add_blanks(out, indent);
            column = indent;
        } else if (!first) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add(out, text + i, length);
        column += length;
        i += length;
        first = false;
    }
    buf_add_char(out, '\n');
}

void page_fill(struct buf *out, size_t indent, const char *text)
{
    add_blanks(out, indent);
    page_fill_on(out, indent, text);
}

void page_fill_on(struct buf *out, size_t indent, const char *text)
{
    wrap(out, indent, indent, text, strlen(text));
}

/* Whatever scdoc might read as markup gets a backslash. */
static void add_escaped(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr("*_\\#[]|~`+-<>.", text[i]) != NULL)
            buf_add_char(out, '\\');
        buf_add_char(out, text[i]);
    }
}

/* A sentence of a table begins with a small letter and has no stop; in a text of its own it gets both. */
static void add_sentence(struct buf *out, const char *text)
{
    char first = (char)toupper((unsigned char)text[0]);
    size_t size = strlen(text);

    if (size == 0)
        return;
    add_escaped(out, &first, 1);
    add_escaped(out, text + 1, size - 1);
    if (text[size - 1] != '.')
        buf_add_char(out, '.');
}

/* Plain text has an empty line between its parts, but not below a heading and not within a list. */
static void begin(struct page *page, enum page_part part)
{
    bool together =
        page->last == PAGE_NOTHING || page->last == PAGE_HEADING || (page->last == part && part == PAGE_ITEM);

    if (page->form == PAGE_PLAIN && !together)
        buf_add_char(page->out, '\n');
    page->last = part;
}

void page_title(struct page *page, const char *line)
{
    begin(page, PAGE_TEXT);
    buf_printf(page->out, page->form == PAGE_PLAIN ? "%s\n" : "%s\n\n", line);
}

void page_heading(struct page *page, int level, const char *title)
{
    begin(page, PAGE_HEADING);
    if (page->form == PAGE_PLAIN) {
        buf_printf(page->out, "%s:\n", title);
        return;
    }
    if (level == 3)
        buf_printf(page->out, "*%s*\n\n", title);
    else
        buf_printf(page->out, "%s ", level == 1 ? "#" : "##");
    if (level == 1)
        for (const char *c = title; *c != '\0'; c++)
            buf_add_char(page->out, (char)toupper((unsigned char)*c));
    else if (level == 2)
        buf_add_text(page->out, title);
    if (level != 3)
        buf_add_text(page->out, "\n\n");
}

void page_text(struct page *page, const char *text)
{
    size_t indent = page->last == PAGE_HEADING ? ITEM_INDENT : 0;

    for (bool more = true; more;) {
        const char *end = strstr(text, "\n\n");
        size_t size = end != NULL ? (size_t)(end - text) : strlen(text);

        begin(page, PAGE_TEXT);
        if (page->form == PAGE_PLAIN) {
            add_blanks(page->out, indent);
            wrap(page->out, indent, indent, text, size);
        } else {
            add_escaped(page->out, text, size);
            buf_add_text(page->out, "\n\n");
        }
        text += size + 2;
        more = end != NULL;
    }
}

void page_item(struct page *page, const char *term, const char *text)
{
    size_t column = ITEM_INDENT + strlen(term);

    begin(page, PAGE_ITEM);
    if (page->form == PAGE_SCDOC) {
        buf_add_char(page->out, '*');
        add_escaped(page->out, term, strlen(term));
        buf_add_text(page->out, "*\n\t");
        add_sentence(page->out, text);
        buf_add_text(page->out, "\n\n");
        return;
    }
    add_blanks(page->out, ITEM_INDENT);
    buf_add_text(page->out, term);
    if (column + 2 > TEXT_INDENT) {
        buf_add_char(page->out, '\n');
        column = 0;
    }
    add_blanks(page->out, TEXT_INDENT - column);
    wrap(page->out, TEXT_INDENT, TEXT_INDENT, text, strlen(text));
}

void page_lines(struct page *page, const char *lines)
{
    begin(page, PAGE_LINES);
    if (page->form == PAGE_SCDOC) {
        buf_printf(page->out, "```\n%s\n```\n\n", lines);
        return;
    }
    while (*lines != '\0') {
        size_t size = strcspn(lines, "\n");

        add_blanks(page->out, ITEM_INDENT);
        buf_add(page->out, lines, size);
        buf_add_char(page->out, '\n');
        lines += size + (lines[size] == '\n');
    }
}
