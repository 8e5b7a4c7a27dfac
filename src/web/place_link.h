/* Addresses of what lies in snapshots. A path that an address can hold stands in it as it is; one that it cannot (control
 * characters, bytes that are not UTF-8) goes as base64 into the field path_b64. */
#ifndef WEB_PLACE_LINK_H
#define WEB_PLACE_LINK_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

struct visit;

/* The path of the visit, relative to the snapshot: of the parameter "path", or of the field. ERR_INVALID. */
int place_link_path(struct visit *visit, const char **path, struct err *err);

/* "/hosts/web1/browse/<snapshot>/etc"; `snapshot` may be NULL. */
const char *place_link(struct arena *arena, const char *host, const char *page, const char *snapshot,
                       const char *path);

/* The bytes of a base64 text, NULL when it is none or holds NUL. */
const char *place_link_bytes(struct arena *arena, const char *text);

/* The other way. */
const char *place_link_coded(struct arena *arena, const char *bytes);

/* The bytes of the name `key` in an item of the reader (service/service_browse.h); "" when there is none. */
const char *place_link_name(struct arena *arena, const json_t *item, const char *key);

/* Bytes as a page shows them. */
const char *place_link_shown(struct arena *arena, const char *bytes);

#endif
