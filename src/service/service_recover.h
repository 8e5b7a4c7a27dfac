/*
 * Putting right what dead runs left, on every host of this node: rows that still say `running`, unfinished directories,
 * orphaned processes, interrupted removals. Done by itself: by a worker when it starts and whenever a run dies, by each
 * run of a host for that host. Idempotent.
 */
#ifndef SERVICE_SERVICE_RECOVER_H
#define SERVICE_SERVICE_RECOVER_H

#include <stdbool.h>

#include <jansson.h>

#include "model/run.h"
#include "service/service.h"

/* All hosts. `dry_run` changes nothing and tells what there is to do. *document: {"dry_run", "items": [{"host": name or
 * null, "state": "ok" | "busy" | "unreachable" (root or directory; "message" says why), "done": [sentences]}]}, with the
 * hosts that had something. */
int service_recover(struct service *service, bool dry_run, json_t **document, struct err *err);

/* Ends one running run, as it was just loaded, and tidies its host. `taker` NULL: its worker is known to be gone, or is
 * the caller; else the name of who takes it from a worker that gives no sign of life, which happens only while nobody
 * holds the host's lock. 1: its row has ended · 0: not now (the lock is held by a process that lives, the root is away,
 * or there was a sign of life after all) · -1. */
int service_recover_run(struct service *service, const struct run *run, const char *taker, struct err *err);

#endif
