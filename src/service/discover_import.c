/* Recording what was found. */
#include "service/discover_import.h"

#include <stdlib.h>
#include <string.h>

#include "db/transaction.h"
#include "engine/host_directory.h"
#include "engine/snapshot_claim.h"
#include "service/root_doubt.h"
#include "service/run_end.h"
#include "service/service_root.h"
#include "store/store_audit.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"
#include "sys/stop.h"

/* What lies beside an entry. Read before the transaction, so that nobody waits for our reading. */
struct finding {
    struct snapshot snapshot;
    const char *metadata;
};

static void note(struct survey *survey, struct discover_import *import, const char *name, const char *text)
{
    list_add(survey->service->arena, &import->notes,
             arena_printf(survey->service->arena, "%s: %s", name, text));
}

/* What the metadata says that cannot be: it is kept with the record, and counts for nothing. */
static void note_lies(struct survey *survey, struct discover_import *import, const char *host,
                      const char *name, enum snapshot_kind kind, const struct snapshot_claim *claim)
{
    struct arena *arena = survey->service->arena;

    if (claim->problem != NULL)
        note(survey, import, name, claim->problem);
    if (claim->host != NULL && strcmp(claim->host, host) != 0)
        note(survey, import, name, arena_printf(arena, "its metadata names host \"%s\"", claim->host));
    if (claim->name != NULL && strcmp(claim->name, name) != 0)
        note(survey, import, name, arena_printf(arena, "its metadata names snapshot \"%s\"", claim->name));
    if (claim->kind != KIND__MAX && claim->kind != kind)
        note(survey, import, name,
             arena_printf(arena, "its metadata says %s", snapshot_kind_name(claim->kind)));
}

static int64_t ended_at(const struct survey *survey, const struct snapshot *snapshot, int64_t claimed)
{
    return claimed >= snapshot->started_at && claimed <= survey->service->now ? claimed : 0;
}

static struct finding examine(struct survey *survey, const struct host *host,
                              const struct discovery_entry *entry, int host_fd,
                              struct discover_import *import)
{
    struct arena *arena = survey->service->arena;
    struct finding finding = {.snapshot = {.host_id = host->id,
                                           .host = host->name,
                                           .kind = entry->kind,
                                           .name = entry->name,
                                           .status = SNAPSHOT_CLAIMED}};
    struct snapshot *snapshot = &finding.snapshot;
    struct snapshot_claim claim;
    struct err ignored;
    FD_SCOPED fd =
        fs_open_dir(host_fd, arena_printf(arena, "%s/%s", snapshot_kind_directory(entry->kind), entry->name),
                    true, &ignored);

    snapshot_claim_load(arena, fd, &claim);
    note_lies(survey, import, host->name, entry->name, entry->kind, &claim);
    finding.metadata = claim.text;
    snapshot->started_at = discovery_started_at(entry->name, claim.started_at, survey->service->now);
    snapshot->ended_at = ended_at(survey, snapshot, claim.ended_at);
    snapshot->base = discovery_base(arena, entry->name, claim.base);
    snapshot->held_reason = claim.held_reason;
    snapshot->files = claim.stats.files;
    snapshot->directories = claim.stats.directories;
    snapshot->bytes = claim.stats.bytes;
    snapshot->linked_files = claim.stats.linked_files;
    snapshot->new_bytes = claim.stats.new_bytes;
    return finding;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct finding *)a)->snapshot.name, ((const struct finding *)b)->snapshot.name);
}

/* The entries that are new, as far as is known before the transaction, by name. */
static int examine_new(struct survey *survey, const struct survey_host *found, int host_fd,
                       struct finding **findings, size_t *count, struct discover_import *import,
                       struct err *err)
{
    *findings = arena_alloc(survey->service->arena, (found->discovery.counts.new + 1) * sizeof **findings);
    *count = 0;
    for (size_t i = 0; i < found->look.count; i++) {
        if (found->look.entries[i].class != DISCOVERY_NEW)
            continue;
        if (stop_requested())
            return err_set(err, ERR_INTERRUPTED, "stopped; nothing of \"%s\" was recorded",
                           found->host->name);
        (*findings)[(*count)++] = examine(survey, found->host, &found->look.entries[i], host_fd, import);
    }
    return 0;
}

static int record_new(struct survey *survey, const struct survey_host *found, int host_fd,
                      const struct finding *findings, size_t count, struct discover_import *import,
                      struct err *err)
{
    struct service *service = survey->service;

    for (size_t i = 0; i < found->look.count; i++) {
        const struct discovery_entry *entry = &found->look.entries[i];
        const struct finding key = {.snapshot = {.name = entry->name}};
        const struct finding *finding;
        int there;

        if (entry->class != DISCOVERY_NEW)
            continue;
        finding = bsearch(&key, findings, count, sizeof key, by_name);
        there = discovery_is_there(host_fd, entry->kind, entry->name, err);
        if (there < 0)
            return -1;
        /* One without a finding became new since the look: the next discovery takes it. */
        if (there == 0 || finding == NULL)
            continue;
        if (store_snapshot_import(service->db, &finding->snapshot, finding->metadata, err) < 0)
            return -1;
        list_add(service->arena, &import->imported, entry->name);
    }
    return import->imported.count == 0 ? 0 : store_snapshot_link_bases(service->db, found->host->id, err);
}

/* `since` 0: they are back. */
static int mark_rows(struct survey *survey, const struct discovery_rows *rows, int host_fd, int64_t since,
                     struct list *names, struct err *err)
{
    struct service *service = survey->service;

    for (size_t i = 0; i < rows->count; i++) {
        const struct snapshot *row = rows->items[i];
        int there = host_fd < 0 ? 0 : discovery_is_there(host_fd, row->kind, row->name, err);

        if (there < 0)
            return -1;
        if ((there == 1) != (since == 0))
            continue;
        if (store_snapshot_set_missing(service->db, row->id, since, err) < 0)
            return -1;
        list_add(service->arena, names, row->name);
    }
    return 0;
}

/* The row of a run, for those who look there: begun and ended in the same transaction. */
static int record_run(struct survey *survey, const struct host *host, struct discover_import *import,
                      struct err *err)
{
    struct service *service = survey->service;
    struct run run = {
        .host_id = host->id,
        .host = host->name,
        .node_id = host->node_id,
        .job = JOB_DISCOVER,
        .trigger = service->origin,
        .state = RUN_RUNNING,
        .actor = service->actor,
        .requested_at = service->now,
        .started_at = service->now,
        .stats = RUN_STATS_UNKNOWN,
    };

    run.message = arena_printf(service->arena, "%zu imported, %zu missing, %zu back", import->imported.count,
                               import->lost.count, import->back.count);
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "snapshot.discover",
                        host->name, NULL, run.message, err) < 0)
        return -1;
    if (import->run != 0)
        return 0; /* somebody else ends it */
    if (store_run_insert(service->db, &run, &import->run, err) < 0)
        return -1;
    run.id = import->run;
    run.state = RUN_SUCCESS;
    run.ended_at = service->now;
    return run_end(service, &run, err);
}

/* 1: something was recorded · 0: there was nothing · -1. */
static int record(struct survey *survey, struct survey_host *found, int host_fd,
                  const struct finding *findings, size_t count, struct discover_import *import,
                  struct err *err)
{
    bool mark = preflight_allows(found->preflight.state, WORK_MARK_MISSING);

    if (record_new(survey, found, host_fd, findings, count, import, err) < 0 ||
        (mark &&
         mark_rows(survey, &found->discovery.lost, host_fd, survey->service->now, &import->lost, err) < 0) ||
        mark_rows(survey, &found->discovery.back, host_fd, 0, &import->back, err) < 0)
        return -1;
    if (import->imported.count + import->lost.count + import->back.count == 0)
        return 0;
    return record_run(survey, found->host, import, err) < 0 ? -1 : 1;
}

/* Whether there is anything to write, so that one that finds nothing new waits for nobody. */
static bool has_work(const struct survey_host *found)
{
    return found->discovery.counts.new > 0 || found->discovery.lost.count > 0 ||
           found->discovery.back.count > 0;
}

/* The root may have gone since the look: then what is not found says nothing. */
static int require_root(struct survey *survey, struct err *err)
{
    struct root_question question = service_root_question(survey->service, survey->path, &survey->root);
    struct root_report report;
    FD_SCOPED fd = root_open(survey->service->arena, &question, &report);

    return fd < 0 ? root_refuse(&report, err) : 0;
}

int discover_import(struct survey *survey, struct survey_host *found, struct discover_import *import,
                    struct err *err)
{
    struct service *service = survey->service;
    TRANSACTION_SCOPED transaction = {0};
    struct finding *findings;
    struct err missing;
    size_t count;
    FD_SCOPED fd = -1;

    if (!preflight_allows(found->preflight.state, WORK_IMPORT))
        return 0;
    fd = fs_open_dir(survey->root_fd, found->host->name, true, &missing);
    if (root_doubt_note(service, fd, found->host->name, err) < 0)
        return -1;
    if (!has_work(found))
        return 0;
    if (examine_new(survey, found, fd, &findings, &count, import, err) < 0)
        return -1;
    qsort(findings, count, sizeof *findings, by_name);
    if (transaction_begin(&transaction, service->db, err) < 0 || survey_compare(survey, found, err) < 0)
        return -1;
    switch (record(survey, found, fd, findings, count, import, err)) {
    case 0:
        return 0;
    case 1:
        /* Last of all, and within the transaction: what was marked as missing was missing on the right disk. */
        return require_root(survey, err) < 0 ? -1 : transaction_commit(&transaction, err);
    default:
        return -1;
    }
}
