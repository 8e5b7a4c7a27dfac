/*
 * Looking into snapshots: listing, versions, differences, search. All read only. Names and paths are bytes of the
 * host: as text they have \xNN for what is not UTF-8, and the bytes themselves beside it ("path_b64", "name_b64").
 * Paths come as model/place.h makes them; in documents they begin with a slash.
 *
 * An entry: "type" (file, directory, symlink, other), "size", "modified", "mode" ("0644"), "uid", "gid", "inode",
 * "links", "target" of a symlink. What could not be looked at has "type" null.
 */
#ifndef SERVICE_SERVICE_BROWSE_H
#define SERVICE_SERVICE_BROWSE_H

#include <jansson.h>

#include "engine/find.h"
#include "engine/listing.h"
#include "service/service.h"

/* {"host","snapshot","kind","started_at","path","total","found","items":[{"name", entry…}…],"next": name or absent}. Of
 * anything but a directory its one entry. `snapshot`: NULL is the newest good one. */
int service_browse_list(struct service *service, const char *host, const char *snapshot, const char *path,
                        const struct listing_wish *wish, json_t **document, struct err *err);

/* {"host","path","items":[{"snapshots":[name…], entry…}…],"absent":[name…],"unread":[{"snapshot","why"}…]}, newest first.
 * ERR_NOT_FOUND when it is in no snapshot. */
int service_browse_versions(struct service *service, const char *host, const char *path, json_t **document,
                            struct err *err);

enum { HISTORY_COLUMNS = 12 };

/* The names of a directory over all snapshots: {"host","path","total": snapshots,"from","snapshots":[{"name","started_at"}…],
 * "items":[{"name","type","versions":n,"cells":[number of the version, or null where it was not there…]}…],"next": name or
 * absent,"unread":[{"snapshot","why"}…]}. Newest first; 1 is the oldest version. Told are HISTORY_COLUMNS snapshots behind
 * the first `from`, and `limit` names behind `after` (NULL: from the first); the numbers count over all of them.
 * ERR_NOT_FOUND when it is a directory in no snapshot. */
int service_browse_history(struct service *service, const char *host, const char *path, const char *after,
                           size_t limit, size_t from, json_t **document, struct err *err);

/* {"host","before","after","path","counts":{"added"…},"bytes":{"added","removed","changed"},"items":[{"change","path",
 * "type","size","size_before"}…],"more": number of changes behind the limit}. `path` is a directory in both. `limit` 0:
 * all. */
int service_browse_diff(struct service *service, const char *host, const char *before, const char *after,
                        const char *path, size_t limit, json_t **document, struct err *err);

enum { TEXT_DIFF_MAX = 1 << 20 };

/* One file in two snapshots, each of at most TEXT_DIFF_MAX bytes, line by line: {"host","before","after","path",
 * "size_before","size","same","binary","changes": lines,"coarse","cut","hunks":[{"before_line","before_count","after_line",
 * "after_count","lines":[{"change","text","cut"}…]}…]}. Of what is the same or binary there are no hunks. "coarse": not
 * the shortest list (plan/line_diff.h); "cut": there is more than is told. Both readings stand in the audit. ERR_FAILED for
 * what is no regular file, or too large. */
int service_browse_text_diff(struct service *service, const char *host, const char *before, const char *after,
                             const char *path, json_t **document, struct err *err);

struct browse_search {
    const char *host;
    const char *snapshot; /* NULL: all that are finished */
    struct find_wish wish;
    size_t limit; /* versions in the document; 0: all */
    /* Told of each version as it is found, before it is known which other snapshots hold it. May be NULL. */
    void (*found)(void *context, const json_t *item);
    void *context;
};

/* {"host","items":[{"path", entry…,"snapshots":[name…]}…],"more": number of versions behind the limit,"searched":n,
 * "entries":n,"unread":[{"snapshot","why"}…]}. */
int service_browse_find(struct service *service, const struct browse_search *search, json_t **document,
                        struct err *err);

/* The newest good snapshot of every host, by name of the host; `host` and `snapshot` of the search are not read. With
 * `budget_ms` no further host is begun once that has passed; 0: no limit. {"items":[{"host","path", entry…,"snapshots":
 * [name]}…],"more","searched": hosts,"entries","unread":[{"host","snapshot": name or null,"why"}…],"unsearched":[host…]}. A
 * host without a snapshot is among those unread. */
int service_browse_find_everywhere(struct service *service, const struct browse_search *search,
                                   int64_t budget_ms, json_t **document, struct err *err);

#endif
