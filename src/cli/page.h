/*
 * Help and the manual are the same content in two forms: plain text of at most 80 columns, and the source of a manual
 * page in scdoc's format (scdoc(5)).
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "base/arena.h"
#include "base/buf.h"

enum page_form { PAGE_PLAIN, PAGE_SCDOC };
enum page_part { PAGE_NOTHING, PAGE_HEADING, PAGE_TEXT, PAGE_ITEM, PAGE_LINES };

struct page {
    struct arena *arena;
    struct buf *out;
    enum page_form form;
    enum page_part last; /* what was written last */
};

/* A section of the manual (level 1), a part of it (2), a part of that (3). Plain text makes no difference. */
void page_heading(struct page *page, int level, const char *title);

/* A line as it is, at the top. */
void page_title(struct page *page, const char *line);

/* Paragraphs, separated by an empty line. */
void page_text(struct page *page, const char *text);

/* A term and what it means. */
void page_item(struct page *page, const char *term, const char *text);

/* Lines that are to be typed as they are. */
void page_lines(struct page *page, const char *lines);

/* Text in lines of 80 columns, each behind `indent` blanks. */
void page_fill(struct buf *out, size_t indent, const char *text);

/* The same behind a label of `indent` columns that stands there already. */
void page_fill_on(struct buf *out, size_t indent, const char *text);

#endif
