/* Deleting what a person names. */
#include "service/service_delete.h"

#include <sodium.h>
#include <string.h>

#include "db/transaction.h"
#include "engine/incomplete.h"
#include "engine/prune.h"
#include "model/rule.h"
#include "plan/prune_guard.h"
#include "service/document.h"
#include "service/prune_run.h"
#include "service/reader_document.h"
#include "service/service_retention.h"
#include "service/service_root.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"

static const char *reason_of(struct service *service, const struct deletion_request *request)
{
    return request->reason != NULL ? request->reason
                                   : arena_printf(service->arena, "deleted by %s", service->actor);
}

static int begin(struct service *service, const struct deletion_request *request, const char *what,
                 bool keeps_incomplete, struct prune_run *run, struct host_work *work, struct err *err)
{
    prune_run_init(run, service, request->host, JOB_DELETE, request->trigger);
    run->notice = request->notice;
    run->context = request->context;
    if (request->claimed != NULL)
        prune_run_take(run, request->claimed);
    if (request->reason != NULL && rule_reason(request->reason, err) < 0)
        return -1;
    return host_work_open(service, request->host, what, keeps_incomplete, request->notice, request->context,
                          work, err);
}

/* Rows alone: whether a person may have it deleted. */
static int require_permission(struct service *service, const struct host *host, const char *name,
                              int64_t own_run, struct snapshot *doomed, struct err *err)
{
    struct prune_refusal refusal;
    struct snapshot *snapshots;
    struct run *runs;
    size_t count, run_count;
    const char *base_in_use = NULL;

    if (store_snapshot_load(service->arena, service->db, host->id, name, doomed, err) < 0 ||
        store_snapshot_list(service->arena, service->db, host->id, true, &snapshots, &count, err) < 0 ||
        store_run_running(service->arena, service->db, host->id, &runs, &run_count, err) < 0)
        return -1;
    for (size_t i = 0; i < run_count; i++)
        if (runs[i].id != own_run && runs[i].base != NULL)
            base_in_use = runs[i].base;
    refusal = prune_guard_snapshot(service->arena, snapshots, count, doomed, base_in_use);
    if (refusal.why == NULL)
        return 0;
    err_set(err, ERR_REFUSED, "%s", refusal.why);
    return err_hint(err, "%s", refusal.hint);
}

/* What the planner says of one snapshot; null: it plans for no such kind, or not for this one. */
static int planned(struct service *service, const struct snapshot *snapshot, json_t **decision,
                   struct err *err)
{
    static const char *const decisions[] = {"keep", "delete"};
    json_t *plan;

    *decision = json_null();
    if (snapshot->kind != KIND_SCHEDULED && snapshot->kind != KIND_MANUAL)
        return 0;
    if (service_retention_plan(service, snapshot->host, snapshot_kind_name(snapshot->kind), NULL, &plan,
                               err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        const json_t *items = json_object_get(plan, decisions[i]);

        for (size_t j = 0; j < json_array_size(items); j++) {
            const json_t *item = json_array_get(items, j);

            if (strcmp(json_string_value(json_object_get(item, "name")), snapshot->name) == 0)
                *decision = json_pack("{s:s, s:O}", "decision", decisions[i], "reasons",
                                      json_object_get(item, "reasons"));
        }
    }
    json_decref(plan);
    return 0;
}

int document_deletion(struct service *service, const char *host, const char *snapshot, json_t **document,
                      struct err *err)
{
    struct host_settings settings;
    struct snapshot doomed = {0};
    json_t *decision, *refusal = NULL;

    if (host_settings_load(service, host, &settings, err) < 0)
        return -1;
    if (require_permission(service, &settings.host, snapshot, 0, &doomed, err) < 0) {
        if (err->code != ERR_REFUSED)
            return -1;
        refusal =
            json_pack("{s:o, s:o}", "message", document_text(err->message), "hint", document_text(err->hint));
    }
    if (planned(service, &doomed, &decision, err) < 0) {
        json_decref(refusal);
        return -1;
    }
    *document = json_object();
    json_object_set_new(*document, "host", document_text(settings.host.name));
    json_object_set_new(*document, "name", document_text(doomed.name));
    json_object_set_new(*document, "snapshot",
                        document_snapshot_item(service, &doomed, settings.config->backup_root));
    json_object_set_new(*document, "refusal", refusal == NULL ? json_null() : refusal);
    json_object_set_new(*document, "retention", decision);
    return 0;
}

static int refuse_unconfirmed(const struct deletion_request *request, const struct snapshot *doomed,
                              struct err *err)
{
    if (request->unconfirmed != NULL)
        *request->unconfirmed = true;
    err_set(err, ERR_REFUSED,
            "snapshot %s of \"%s\" would be deleted for good, and nobody has confirmed that", doomed->name,
            doomed->host);
    return err_hint(err, "pobsync delete %s %s --yes", doomed->host, doomed->name);
}

static int mark(struct service *service, const struct deletion_request *request, struct prune_run *run,
                const struct host_work *work, struct snapshot *doomed, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    const struct host *host = &work->settings.host;
    const struct purge_item item = {doomed, reason_of(service, request)};
    struct purge_order order = {.host = host, .action = "snapshot.delete", .items = &item, .count = 1};

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        require_permission(service, host, request->snapshot, run->run.id, doomed, err) < 0)
        return -1;
    /* One that is gone already leaves its record only. */
    if (prune_check(service->arena, &work->directory, doomed, err) < 0 && err->code != ERR_NOT_FOUND)
        return -1;
    if (!request->confirmed)
        return refuse_unconfirmed(request, doomed, err);
    run->run.kind = snapshot_kind_name(doomed->kind);
    run->run.snapshot = doomed->name;
    if (prune_run_begin(run, host, err) < 0)
        return -1;
    order.run = run->run.id;
    if (purge_mark(service, &order, err) < 0 || transaction_commit(&transaction, err) < 0)
        return -1;
    prune_run_tell(run, &item, 1);
    return 0;
}

/* What came of it, with the run; `member` is taken. */
static int tell(struct service *service, const char *host, const char *name, json_t *member, int64_t run,
                json_t **document, struct err *err)
{
    json_t *told;

    if (document_run(service, run, &told, err) < 0) {
        json_decref(member);
        return -1;
    }
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host));
    json_object_set_new(*document, name, member);
    json_object_set_new(*document, "run", told);
    return 0;
}

/* An error of a run that has a row ends that row, unless the row is a worker's and the host was only busy. */
static int end_failed(struct prune_run *run, struct err *err)
{
    return err->code == ERR_BUSY ? -1 : prune_run_fail(run, err);
}

int service_snapshot_delete(struct service *service, const struct deletion_request *request,
                            json_t **document, int *exit_status, struct err *err)
{
    PRUNE_RUN_SCOPED run = {.log = RUN_LOG_CLOSED};
    HOST_WORK_SCOPED work = HOST_WORK_CLOSED;
    struct snapshot doomed = {0};

    if (begin(service, request, arena_printf(service->arena, "deletion in %s", request->host), false, &run,
              &work, err) < 0 ||
        mark(service, request, &run, &work, &doomed, err) < 0)
        return end_failed(&run, err);
    if (prune_run_carry_out(&run, &work, 1, arena_printf(service->arena, "deleted %s", doomed.name), err) < 0)
        return -1;
    *exit_status = prune_run_empty(&run, &work);
    return tell(service, request->host, "snapshot", document_text(doomed.name), run.run.id, document, err);
}

/* What never finished: rows and directories, by name. */
struct remains {
    struct snapshot *rows;
    size_t row_count;
    struct list names; /* of directories */
    bool readable;     /* whether the names are known */
};

static int load_rows(struct service *service, const struct host *host, struct remains *remains,
                     struct err *err)
{
    struct snapshot *all;
    size_t count;

    if (store_snapshot_list(service->arena, service->db, host->id, false, &all, &count, err) < 0)
        return -1;
    remains->rows = arena_alloc(service->arena, count * sizeof *all);
    for (size_t i = 0; i < count; i++)
        if (all[i].kind == KIND_INCOMPLETE && all[i].status != SNAPSHOT_DELETING)
            remains->rows[remains->row_count++] = all[i];
    return 0;
}

/* A root that cannot be read is no error: then nobody knows. */
static int load_remains(struct service *service, const struct host_settings *settings,
                        struct remains *remains, struct err *err)
{
    HOST_DIRECTORY_SCOPED directory = HOST_DIRECTORY_CLOSED;
    FD_SCOPED root_fd = -1;
    struct root_report report;
    const char *root = settings->config->backup_root;
    struct err ignored;

    *remains = (struct remains){0};
    if (load_rows(service, &settings->host, remains, err) < 0 ||
        service_root_open(service, root, &report, &root_fd, err) < 0)
        return -1;
    if (root_fd < 0)
        return 0;
    if (host_directory_open(service->arena, root_fd, root, settings->host.name, false, &directory, &ignored) <
        0)
        remains->readable = ignored.code == ERR_NOT_FOUND;
    else
        remains->readable =
            host_directory_names(service->arena, &directory, KIND_INCOMPLETE, &remains->names, &ignored) == 0;
    return 0;
}

static const char *remain_state(const struct snapshot *row, const struct remains *remains, const char *name,
                                bool running)
{
    if (running)
        return "running";
    if (remains->readable && !list_has(&remains->names, name))
        return "not_on_disk";
    return row != NULL ? "unfinished" : "not_recorded";
}

static json_t *remain_json(const char *name, const struct snapshot *row, const struct remains *remains,
                           const struct run *runs, size_t run_count)
{
    json_t *item = json_object();
    bool running = false;

    for (size_t i = 0; i < run_count; i++)
        running |=
            runs[i].snapshot != NULL && strcmp(runs[i].snapshot, name) == 0 && !recovery_is_dead(&runs[i]);
    json_object_set_new(item, "name", document_text(name));
    json_object_set_new(item, "started_at", document_time(row == NULL ? 0 : row->started_at));
    json_object_set_new(item, "run",
                        row == NULL || row->run_id == 0 ? json_null() : json_integer(row->run_id));
    json_object_set_new(item, "recorded", json_boolean(row != NULL));
    json_object_set_new(item, "on_disk",
                        remains->readable ? json_boolean(list_has(&remains->names, name)) : json_null());
    json_object_set_new(item, "running", json_boolean(running));
    json_object_set_new(item, "state", json_string(remain_state(row, remains, name, running)));
    return item;
}

static bool has_row(const struct remains *remains, const char *name)
{
    for (size_t i = 0; i < remains->row_count; i++)
        if (strcmp(remains->rows[i].name, name) == 0)
            return true;
    return false;
}

static json_t *names_of(const struct remains *remains)
{
    json_t *names = json_array();

    for (size_t i = 0; i < remains->row_count; i++)
        json_array_append_new(names, document_text(remains->rows[i].name));
    for (size_t i = 0; i < remains->names.count; i++)
        if (!has_row(remains, remains->names.items[i]))
            json_array_append_new(names, document_text(remains->names.items[i]));
    return names;
}

enum { REMAINS_ID = 16 }; /* hex digits */

/* The same for the same names of the same host only. */
static const char *remains_id(struct service *service, const char *host, const struct remains *remains)
{
    unsigned char sum[crypto_hash_sha256_BYTES];
    char id[REMAINS_ID + 1];
    json_t *names = names_of(remains);
    crypto_hash_sha256_state hash;

    crypto_hash_sha256_init(&hash);
    crypto_hash_sha256_update(&hash, (const unsigned char *)host, strlen(host) + 1);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));

        crypto_hash_sha256_update(&hash, (const unsigned char *)name, strlen(name) + 1);
    }
    crypto_hash_sha256_final(&hash, sum);
    json_decref(names);
    return arena_strdup(service->arena, sodium_bin2hex(id, sizeof id, sum, REMAINS_ID / 2));
}

int service_incomplete_list(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct host_settings settings;
    struct remains remains;
    struct run *runs;
    size_t run_count;
    json_t *items;

    if (service->asks_reader)
        return reader_document(service, READER_INCOMPLETE, host, document, err);
    if (host_settings_load(service, host, &settings, err) < 0 ||
        load_remains(service, &settings, &remains, err) < 0 ||
        store_run_running(service->arena, service->db, settings.host.id, &runs, &run_count, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < remains.row_count; i++)
        json_array_append_new(items,
                              remain_json(remains.rows[i].name, &remains.rows[i], &remains, runs, run_count));
    for (size_t i = remains.names.count; i-- > 0;)
        if (!has_row(&remains, remains.names.items[i]))
            json_array_append_new(items,
                                  remain_json(remains.names.items[i], NULL, &remains, runs, run_count));
    *document = json_object();
    json_object_set_new(*document, "host", document_text(settings.host.name));
    json_object_set_new(
        *document, "plan_id",
        document_text(remains.readable ? remains_id(service, settings.host.name, &remains) : NULL));
    json_object_set_new(*document, "items", items);
    return 0;
}

static int require_shown(struct service *service, const struct deletion_request *request,
                         const struct remains *remains, struct err *err)
{
    if (request->plan == NULL || strcmp(request->plan, remains_id(service, request->host, remains)) == 0)
        return 0;
    err_set(err, ERR_REFUSED,
            "what never finished of \"%s\" has changed since it was shown: nothing was deleted",
            request->host);
    return err_hint(err, "look at it again: pobsync incomplete %s", request->host);
}

static int mark_remains(struct service *service, const struct deletion_request *request,
                        struct prune_run *run, const struct host_work *work, struct remains *remains,
                        struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    const struct host *host = &work->settings.host;
    struct purge_order order = {.host = host, .action = "snapshot.delete"};
    struct purge_item *items;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        load_remains(service, &work->settings, remains, err) < 0)
        return -1;
    if (!request->confirmed && (remains->row_count > 0 || remains->names.count > 0)) {
        err_set(err, ERR_REFUSED,
                "unfinished snapshots of \"%s\" would be deleted, and nobody has confirmed that", host->name);
        return err_hint(err, "look at them: pobsync incomplete %s; then add --yes", host->name);
    }
    if (require_shown(service, request, remains, err) < 0 || prune_run_begin(run, host, err) < 0)
        return -1;
    items = arena_alloc(service->arena, remains->row_count * sizeof *items);
    for (size_t i = 0; i < remains->row_count; i++)
        items[i] = (struct purge_item){&remains->rows[i], reason_of(service, request)};
    order.items = items;
    order.count = remains->row_count;
    order.run = run->run.id;
    if (purge_mark(service, &order, err) < 0 || transaction_commit(&transaction, err) < 0)
        return -1;
    prune_run_tell(run, items, remains->row_count);
    return 0;
}

/* If we die between two of them, the next run of the host throws the rest away. */
static int discard(struct prune_run *run, const struct host_work *work, const struct remains *remains,
                   struct err *err)
{
    for (size_t i = 0; i < remains->names.count; i++) {
        if (!has_row(remains, remains->names.items[i]))
            run_log_printf(&run->log, "delete incomplete %s, which is not recorded", remains->names.items[i]);
        if (incomplete_discard(&work->directory, remains->names.items[i], err) < 0)
            return -1;
    }
    return 0;
}

int service_incomplete_clean(struct service *service, const struct deletion_request *request,
                             json_t **document, int *exit_status, struct err *err)
{
    PRUNE_RUN_SCOPED run = {.log = RUN_LOG_CLOSED};
    HOST_WORK_SCOPED work = HOST_WORK_CLOSED;
    struct remains remains;
    json_t *names;
    size_t count;

    if (begin(service, request, arena_printf(service->arena, "clean-up of %s", request->host), true, &run,
              &work, err) < 0 ||
        mark_remains(service, request, &run, &work, &remains, err) < 0 ||
        discard(&run, &work, &remains, err) < 0)
        return end_failed(&run, err);
    names = names_of(&remains);
    count = json_array_size(names);
    if (prune_run_carry_out(
            &run, &work, (int64_t)count,
            arena_printf(service->arena, "deleted %zu unfinished snapshot%s", count, count == 1 ? "" : "s"),
            err) < 0) {
        json_decref(names);
        return -1;
    }
    *exit_status = prune_run_empty(&run, &work);
    return tell(service, request->host, "deleted", names, run.run.id, document, err);
}
