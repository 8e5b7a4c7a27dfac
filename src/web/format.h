/* How values of documents are written for people: the formatters that templates name. */
#ifndef WEB_FORMAT_H
#define WEB_FORMAT_H

#include <stdint.h>

#include "web/template.h"

/* The context of template_render(). */
struct format_context {
    int64_t now;
};

/* ago: "13 h ago" · minute: "2026-11-22 21:00" · bytes: "1.5 GiB" · count: "310,882" · duration: "3 min 12 s" ·
 * words: "Host unreachable" of host_unreachable · sentence: with a capital · list: "a, b" · lines: the same, one a line · known: the value. What is null is
 * "not known", "never" for ago. */
extern const struct template_formatter web_formatters[];

#endif
