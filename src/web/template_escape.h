/* Writing text so that it stays text where it stands in a page. */
#ifndef WEB_TEMPLATE_ESCAPE_H
#define WEB_TEMPLATE_ESCAPE_H

#include <stddef.h>

#include "base/buf.h"
#include "web/template_markup.h"

/* Appends `text` (valid UTF-8). HTML: the five characters that mean something become entities; control characters,
 * and those that turn the direction of writing, become U+FFFD. URLs: a beginning with a scheme other than http, https
 * or mailto, or with "//", becomes "#"; behind the beginning all but letters, digits and "-._~" is percent-encoded. */
void template_escape(struct buf *out, const char *text, size_t size, enum template_escape escape);

#endif
