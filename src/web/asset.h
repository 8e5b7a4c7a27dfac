/* Templates, style sheet and script, compiled into the program; tools/embed_web.py writes the tables. */
#ifndef WEB_ASSET_H
#define WEB_ASSET_H

#include <stddef.h>

#include "web/http.h"
#include "web/template.h"

struct asset {
    const char *name; /* "pobsync.css" */
    const char *path; /* "/static/pobsync.0123456789abcdef.css": changes with the content */
    const char *type;
    const char *etag;
    const void *data;
    size_t size;
    const void *packed; /* by gzip */
    size_t packed_size;
};

extern const struct template_source web_templates[];
extern const size_t web_template_count;
extern const struct asset web_assets[];
extern const size_t web_asset_count;

/* The path that a page names for an asset; never NULL for those that exist. */
const char *asset_path(const char *name);

/* Answers a request for a path below /static/, whether there is such an asset or not. */
void asset_answer(struct http_request *request, struct http_response *response);

#endif
