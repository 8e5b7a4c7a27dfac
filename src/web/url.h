/* What stands in a request's target and in a form: percent-encoding, paths, name=value pairs. Nothing is guessed:
 * what is not well-formed is ERR_USAGE. */
#ifndef WEB_URL_H
#define WEB_URL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"

struct url_pair {
    const char *name, *value;
};

struct url_pairs {
    struct url_pair *pairs; /* in the order in which they came */
    size_t count;
};

enum { URL_PAIRS_MAX = 300 };

/* "/hosts/web1/runs" → hosts, web1, runs; "/" has none, and a "/" at the end says nothing. One "/" at the beginning;
 * no empty part, no "." or "..", no encoded "/", no NUL, no control character; valid UTF-8. */
int url_parse_path(struct arena *arena, const char *path, struct list *parts, struct err *err);

/* application/x-www-form-urlencoded: of a query, or of a body. A name without "=" has the value "". No NUL; valid
 * UTF-8; at most URL_PAIRS_MAX. */
int url_parse_form(struct arena *arena, const char *text, size_t size, struct url_pairs *pairs,
                   struct err *err);

void url_pairs_add(struct arena *arena, struct url_pairs *pairs, const char *name, const char *value);

/* The first value of a name; NULL when there is none. */
const char *url_pairs_get(const struct url_pairs *pairs, const char *name);

/* Everything but letters, digits and "-._~" (and "/" if `slash`) percent-encoded. */
const char *url_encode(struct arena *arena, const char *text, bool slash);

/* Whether it is a path of this server that a redirect may lead to: one "/" at the beginning, no "\", no control
 * character, at most 2,000 bytes. */
bool url_is_local(const char *target);

#endif
