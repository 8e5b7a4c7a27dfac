/*
 * Where in the markup a position of a template stands: as much of HTML's tokenizer (WHATWG HTML, 13.2.5) as is needed
 * to say how a value must be escaped there. Not for whoever only renders.
 */
#ifndef WEB_TEMPLATE_MARKUP_H
#define WEB_TEMPLATE_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum markup_place {
    MARKUP_TEXT,
    MARKUP_TAG_OPEN, /* behind "<" */
    MARKUP_TAG_NAME,
    MARKUP_IN_TAG,
    MARKUP_ATTRIBUTE_NAME,
    MARKUP_BEFORE_VALUE, /* behind "=" */
    MARKUP_DOUBLE_QUOTED,
    MARKUP_SINGLE_QUOTED,
    MARKUP_COMMENT,
    MARKUP_DECLARATION, /* <!doctype … > */
    MARKUP_RAW_TEXT,    /* script, style: nothing is escaped there */
    MARKUP_PLAIN_TEXT,  /* title, textarea: text without tags */
};

enum markup_url { MARKUP_NO_URL, MARKUP_URL_START, MARKUP_URL_PATH, MARKUP_URL_QUERY };

enum { MARKUP_NAME = 24 };

/* Zeroed: the beginning of a document or of its body. Compared as a whole, so that what is not used is zero. */
struct markup {
    enum markup_place place;
    enum markup_url url;
    bool closing;                /* of the tag: </p> */
    bool refused;                /* no value may stand in this attribute */
    bool joined;                 /* in a tag, behind a section: no name may go on here */
    char tag[MARKUP_NAME];       /* lower case, cut */
    char attribute[MARKUP_NAME]; /* the same */
    char tail[MARKUP_NAME];      /* the last characters, to find the end of a comment or of raw text */
};

enum template_escape {
    ESCAPE_HTML,
    ESCAPE_URL_START, /* a whole URL, or the beginning of one */
    ESCAPE_URL_PATH,
    ESCAPE_URL_QUERY,
    ESCAPE_NOT, /* raw_html */
};

/* Goes on over a character. ERR_INVALID for markup that a template may not have. */
int markup_step(struct markup *markup, char c, struct err *err);

/* How a value that stands here is escaped; ERR_INVALID when it cannot be. Tells the markup that it stood here. */
int markup_value(struct markup *markup, enum template_escape *escape, struct err *err);

/* Whether two branches of a section may end here and there; `a` becomes the place behind the section. Within a tag, at
 * the end of names, the branches may differ: one has an attribute, the other none. */
bool markup_join(struct markup *a, const struct markup *b);

#endif
