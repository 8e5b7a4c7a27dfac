/* Deleting snapshots: rows, names, files, rows. */
#include "service/purge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/prune.h"
#include "engine/purge_file.h"
#include "engine/trash.h"
#include "service/document_purge.h"
#include "store/store_audit.h"
#include "store/store_purge.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/fs.h"

static int mark_one(struct service *service, const struct purge_order *order, const struct purge_item *item,
                    struct err *err)
{
    const struct snapshot *snapshot = item->snapshot;
    const struct purge purge = {
        .at = service->now,
        .actor = service->actor,
        .origin = service->origin,
        .host_id = order->host->id,
        .host = order->host->name,
        .snapshot_id = snapshot->id,
        .snapshot = snapshot->name,
        .kind = snapshot->kind,
        .status = snapshot_status_name(snapshot->status),
        .snapshot_started_at = snapshot->started_at,
        .files = snapshot->files,
        .bytes = snapshot->bytes,
        .new_bytes = snapshot->new_bytes,
        .reason = item->reason,
        .plan = order->plan,
        .run_id = order->run,
    };
    const char *object = arena_printf(service->arena, "%s@%s", order->host->name, snapshot->name);

    if (store_audit_add(service->db, service->now, service->actor, service->origin, order->action, object,
                        purge.status, item->reason, err) < 0 ||
        store_purge_add(service->db, &purge, err) < 0)
        return -1;
    return store_snapshot_set_status(service->db, snapshot->id, SNAPSHOT_DELETING, err);
}

int purge_mark(struct service *service, const struct purge_order *order, struct err *err)
{
    for (size_t i = 0; i < order->count; i++)
        if (mark_one(service, order, &order->items[i], err) < 0)
            return -1;
    return 0;
}

static int note_purges(struct service *service, const struct host *host,
                       const struct host_directory *directory, struct err *err)
{
    BUF_SCOPED lines = BUF_EMPTY;
    struct purge *purges;
    size_t count;

    if (store_purge_unnoted(service->arena, service->db, host->id, &purges, &count, err) < 0)
        return -1;
    if (count == 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        json_t *line = document_purge_item(&purges[i]);
        char *text = json_dumps(line, JSON_COMPACT);

        json_decref(line);
        if (text == NULL)
            abort();
        buf_printf(&lines, "%s\n", text);
        free(text);
    }
    /* The file first: what it tells twice does no harm, what it never tells would. */
    if (purge_file_append(directory, lines.data, lines.size, err) < 0)
        return -1;
    return store_purge_set_noted(service->db, host->id, purges[count - 1].id, err);
}

/* What the files in the host directory say for a rebuild. On a full disk they cannot be written; that must not keep
 * anybody from freeing it, and they are written when the trash has been emptied. */
static void note_on_disk(struct service *service, const struct host *host,
                         const struct host_directory *directory, bool is_last_word)
{
    struct err err;

    if (note_purges(service, host, directory, &err) == 0)
        return;
    if (is_last_word || (errno != ENOSPC && errno != EDQUOT))
        log_warning("purges.jsonl of \"%s\" is out of date: %s", host->name, err.message);
}

/* The rows of a host that are being deleted, and that have final names or (`with_incomplete`) not. */
static int load_deleting(struct service *service, const struct host *host, bool with_incomplete,
                         struct snapshot **doomed, size_t *count, struct err *err)
{
    struct snapshot *all;
    size_t all_count;

    *count = 0;
    if (store_snapshot_list(service->arena, service->db, host->id, false, &all, &all_count, err) < 0)
        return -1;
    *doomed = arena_alloc(service->arena, all_count * sizeof **doomed);
    for (size_t i = 0; i < all_count; i++)
        if (all[i].status == SNAPSHOT_DELETING && (with_incomplete || all[i].kind != KIND_INCOMPLETE))
            (*doomed)[(*count)++] = all[i];
    return 0;
}

int purge_bury(struct service *service, const struct host *host, const struct host_directory *directory,
               int64_t *buried, struct err *err)
{
    struct snapshot *doomed;
    size_t count;
    int64_t moved = 0;

    if (buried != NULL)
        *buried = 0;
    if (load_deleting(service, host, false, &doomed, &count, err) < 0)
        return -1;
    note_on_disk(service, host, directory, false);
    if (count == 0)
        return 0;
    if (prune_bury(service->arena, directory, doomed, count, &moved, err) < 0)
        return -1;
    if (buried != NULL)
        *buried = moved;
    return 0;
}

/* Whether nothing of a snapshot is left; what cannot be looked at is. */
static bool has_gone(struct service *service, const struct host_directory *directory,
                     const struct snapshot *snapshot)
{
    const char *path =
        arena_printf(service->arena, "%s/%s", snapshot_kind_directory(snapshot->kind), snapshot->name);
    struct err ignored;
    FD_SCOPED fd = fs_open_dir(directory->fd, path, true, &ignored);

    return fd < 0 && errno == ENOENT && !trash_holds(directory, snapshot->name);
}

/* What was removed of a snapshot now; -1 when nothing of it was there, so that nothing is known. */
static void weigh(const struct trash_report *trash, const char *name, int64_t *entries, int64_t *freed)
{
    *entries = *freed = -1;
    for (size_t i = 0; i < trash->count; i++)
        if (trash_is_of(trash->items[i].name, name)) {
            *entries = (*entries < 0 ? 0 : *entries) + trash->items[i].removed;
            *freed = (*freed < 0 ? 0 : *freed) + trash->items[i].freed;
        }
}

/* The rows of what has gone. */
static int record_gone(struct service *service, const struct host *host,
                       const struct host_directory *directory, const struct trash_report *trash,
                       struct purge_report *report, struct err *err)
{
    struct snapshot *doomed;
    size_t count;

    if (load_deleting(service, host, true, &doomed, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        int64_t entries, freed;

        if (!has_gone(service, directory, &doomed[i]))
            continue;
        weigh(trash, doomed[i].name, &entries, &freed);
        if (store_purge_set_removed(service->db, doomed[i].id, clock_now(), entries, freed, err) < 0 ||
            store_snapshot_set_status(service->db, doomed[i].id, SNAPSHOT_DELETED, err) < 0)
            return -1;
        report->snapshots++;
    }
    return 0;
}

int purge_empty(struct service *service, const struct host *host, const struct host_directory *directory,
                bool wait, struct purge_report *report, struct err *err)
{
    struct trash_report trash;
    struct err recording;
    int result;

    *report = (struct purge_report){0};
    result = trash_empty(service->arena, directory, wait, &trash, err);
    report->busy = trash.busy;
    if (trash.busy)
        return result;
    for (size_t i = 0; i < trash.count; i++) {
        report->entries += trash.items[i].removed;
        report->freed_bytes += trash.items[i].freed;
    }
    if (record_gone(service, host, directory, &trash, report, &recording) < 0 && result == 0) {
        *err = recording;
        result = -1;
    }
    note_on_disk(service, host, directory, true);
    return result;
}
