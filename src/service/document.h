/*
 * Documents: one JSON object each, built once from the store, printed by the API, tabulated by the command line,
 * rendered by templates. Shapes are those of product.md §10. The caller owns the result (json_decref()).
 * Times are RFC 3339 UTC, bytes and seconds integers, null is "not known".
 */
#ifndef SERVICE_DOCUMENT_H
#define SERVICE_DOCUMENT_H

#include <stdbool.h>

#include <jansson.h>

#include "model/field.h"
#include "model/host.h"
#include "model/run.h"
#include "model/snapshot.h"
#include "service/service.h"

/* {"settings":[{"name","value","origin","help"}…]}: the global layer over the defaults; value is null when nothing is
 * known; lists are arrays, numbers numbers, booleans booleans. */
int document_global(struct service *service, json_t **document, struct err *err);

/* {"items":[{ document_health_item(), "address","enabled","last_run": document_last_run() of the newest backup that began
 * |null,"last_good":{name,started_at,ended_at}|null,"snapshots":n,"as_of"}…]}, by name. */
int document_hosts(struct service *service, json_t **document, struct err *err);

/* {"items":[{"host","address"}…]}, by name: for completion, which looks at nothing but the database. */
int document_host_names(struct service *service, json_t **document, struct err *err);

/* {"host","created_at","path","settings":[{"name","value","origin","help"}…],"pinned_keys":[…],"key":{…}|null,
 * "running": the run of it that is under way, as in document_runs(), or null}. */
int document_host(struct service *service, const char *name, json_t **document, struct err *err);

/* {"items":[snapshot…]} newest first; all hosts when `host` is NULL; deleted ones are left out. A snapshot:
 * host, kind, name, status, good, path, started_at, ended_at, base, files, bytes, linked_files, new_bytes, pinned,
 * confirmed, held_reason, missing_since. */
int document_snapshots(struct service *service, const char *host, json_t **document, struct err *err);

/* {"items":[run…],"next": id or absent} newest first. host and state may be NULL; before 0: from the newest.
 * A run: id, job, host, kind, trigger, state, cause, message, snapshot, requested_at, started_at, ended_at, stats{…},
 * progress: backup_progress_document() of a backup that runs, or null. */
int document_runs(struct service *service, const char *host, const char *state, int64_t before, int limit,
                  json_t **document, struct err *err);

/* One run with "hint", "base", "log" (path of its log file or null), "failed_paths", "result": what a test found
 * (service_connection_test()), a discovery recorded (service_discover()) and so on, or null. */
int document_run(struct service *service, int64_t id, json_t **document, struct err *err);

/* The newest run of that job of the host (NULL: of none), as document_run(); JSON null when there is none. */
int document_run_newest(struct service *service, const char *host, enum job job, json_t **document,
                        struct err *err);

/* The whole log of a run, decompressed, as text in *text. From $POBSYNC_HOME/runs, or from the snapshot when that has
 * been dropped. ERR_NOT_FOUND says where was looked. */
int document_log(struct service *service, int64_t id, char **text, size_t *size, struct err *err);

/* {"ok":bool,"checks":[{"name","level","found","expected","hint"}…],"environment":{"home","database",
 * "backup_root_fixed","env_file": each {"value","origin"}}}; level ok, warning or failed; ok: none has failed. A check
 * that fails is data, not an error. */
int document_check(struct service *service, json_t **document, struct err *err);

struct retention;
/* The plan of one kind: {"host","kind","policy":{"keep_last"…,"protect_bases"},"plan_id","keep":[…],"delete":[…],
 * "incomplete":[…]}; an item has name, reasons, status, started_at, bytes, new_bytes. With "refusal", a sentence, when it
 * may not be applied. */
json_t *document_retention(const char *host, enum snapshot_kind kind, const struct config *policy,
                           const struct retention *plan);

/* Single items, for documents that hold them. New references. */
json_t *document_snapshot_item(struct service *service, const struct snapshot *snapshot,
                               const char *backup_root);
json_t *document_run_item(const struct run *run);
/* {"id","state","cause","started_at","ended_at"}: a run as a part of its host. */
json_t *document_last_run(const struct run *run);
/* `settings` of a layer: value and origin of every field of `scope`. */
json_t *document_settings(const struct effective *effective, enum field_scope scope);
/* The value of one field of an entity: a text, a number, a boolean, or a list of texts. */
json_t *document_field(const struct field *field, const void *entity);
/* [{"type","fingerprint","pinned_at","pinned_by"}…] */
json_t *document_pins(const struct host_key *keys, size_t count);

/* Text that may hold any bytes, as a JSON string: invalid UTF-8 becomes \xNN. NULL gives null. */
json_t *document_text(const char *text);
/* UTC seconds, 0 gives null. */
json_t *document_time(int64_t when);
/* A number, negative gives null. */
json_t *document_count(int64_t count);

#endif
