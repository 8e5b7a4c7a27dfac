/*
 * HTML templates without logic, rendered from JSON objects. Every value is escaped for the place where it stands; a
 * template in which a value stands where it cannot be escaped does not load, and a name that no scope knows fails
 * the rendering. Knows nothing of what is shown.
 *
 *     {{name}}  {{last_run.state}}  {{.}}          a value: text, number, yes/no; null is nothing
 *     {{bytes size}}                               a value through a formatter
 *     {{#if name}} … {{else}} … {{/if}}            unless it is null, false, 0, "" or an empty list
 *     {{#is state failed}} … {{else}} … {{/is}}    when its text is this one word
 *     {{#each items}} … {{else}} … {{/each}}       for each of a list, which is then the innermost scope; else: none
 *     {{> badge}}  {{> badge state}}               another template, with a value as its innermost scope
 *     {{! … }}                                     nothing
 *     {{raw_html name}}                            not escaped: of trusted HTML only
 *
 * A name is looked for in the innermost scope that has it. Values may stand in text and in quoted attributes; in
 * href, src, action and their like the beginning of a URL is held against an allow-list of schemes, and what stands
 * behind it is percent-encoded. They may not stand in a script, a style, a comment, a tag, an unquoted attribute, or an
 * attribute that holds a script or a style. Both branches of a section must end in the same place of the markup.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct template_set;

struct template_source {
    const char *name; /* "host": what an include and template_render() call it */
    const char *text;
    size_t size;
};

/* Writes a value as plain text, which is escaped afterwards; `context` is that of template_render(). False: not a
 * value that it can write. */
struct template_formatter {
    const char *name;
    bool (*format)(const json_t *value, const void *context, struct buf *out);
};

/* Compiles all of them. Formatters end with a NULL name and must outlive the set, as must the texts. ERR_INVALID with
 * the template and its line. */
int template_set_load(const struct template_source *sources, size_t count,
                      const struct template_formatter *formatters, struct template_set **set,
                      struct err *err);
void template_set_free(struct template_set **set); /* NULL is fine; sets it to NULL */

/* Appends the page to `out`. `scopes`: objects, the outermost first, at most 4. ERR_INTERNAL for an unknown name, a
 * formatter or loop over the wrong kind of value; `out` is then to be thrown away. Safe from several threads. */
int template_render(const struct template_set *set, const char *name, json_t *const *scopes, size_t count,
                    const void *context, struct buf *out, struct err *err);

#endif
