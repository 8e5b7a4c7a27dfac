/* Making the hard-link trees of another tool snapshots of a host, in place. What becomes of what: plan/adoption.h; the
 * steps on disk: engine/adoption.h. */
#ifndef SERVICE_SERVICE_ADOPT_H
#define SERVICE_SERVICE_ADOPT_H

#include <stdbool.h>

#include <jansson.h>

#include "plan/adoption.h"
#include "service/service.h"

struct adopt_request {
    enum adoption_tool tool;
    const char *path; /* of the tool's directory */
    const char *host;
    bool confirmed; /* false: only the plan */
};

/* With `confirmed`: takes what the plan takes, the oldest first, scans each tree itself, and records it: confirmed, status
 * success (partial where the tool says that paths are missing; claimed and not confirmed when nothing is in it). Goes on
 * with what an earlier attempt that died has left. ERR_NOT_FOUND: nothing there is of that tool, and nothing is left from
 * before. ERR_REFUSED: the trees are on another file system than the backup root. ERR_ROOT, ERR_BUSY as a backup.
 *
 * *document: {"host","from","path","applied","run"|null,"adopted":n,"items":[{"source","action","name","started_at",
 * "status","reason","files","bytes","linked_files"}…]}; action: "adopt" (or "adopted", when applied), "finish" ("finished":
 * left by an earlier attempt), "leave". */
int service_adopt(struct service *service, const struct adopt_request *request, json_t **document,
                  struct err *err);

#endif
