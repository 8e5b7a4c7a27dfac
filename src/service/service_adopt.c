/* The order of the steps of an adoption. */
#include "service/service_adopt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "db/transaction.h"
#include "engine/adoption.h"
#include "engine/host_directory.h"
#include "plan/snapshot_name.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "service/run_end.h"
#include "service/service_root.h"
#include "service/zone_cache.h"
#include "store/store_audit.h"
#include "store/store_installation.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/process_name.h"
#include "sys/random.h"
#include "sys/zone_file.h"

struct adoption_work {
    struct service *service;
    const struct adopt_request *request;
    struct host_settings settings;
    int root_fd, from_fd;
    const char *from_path; /* links resolved */
    struct host_directory directory;
    struct adoption plan;
    struct list staged;     /* names whose tree an earlier attempt has taken */
    struct list unrecorded; /* names that an earlier attempt has published and not recorded */
    struct run run;
    struct run_log log;
    const char *base; /* the newest one that is adopted so far */
    json_t *items;
    int64_t adopted;
};

static void work_release(struct adoption_work *work)
{
    run_log_close(&work->log);
    host_directory_close(&work->directory);
    fs_close(&work->from_fd);
    fs_close(&work->root_fd);
    json_decref(work->items);
}
#define WORK_SCOPED __attribute__((cleanup(work_release))) struct adoption_work

static int open_root(struct adoption_work *work, struct err *err)
{
    struct root_report report;

    if (service_root_open(work->service, work->settings.config->backup_root, &report, &work->root_fd, err) <
        0)
        return -1;
    return work->root_fd < 0 ? root_refuse(&report, err) : 0;
}

static int open_source(struct adoption_work *work, struct err *err)
{
    struct arena *arena = work->service->arena;
    char *resolved = realpath(work->request->path, NULL);

    if (resolved == NULL)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "\"%s\"", work->request->path);
    work->from_path = arena_strdup(arena, resolved);
    free(resolved);
    work->from_fd = fs_open_root(work->from_path, err);
    if (work->from_fd < 0)
        return -1;
    if (work->request->tool == ADOPT_BACKINTIME)
        return adoption_descend(arena, &work->from_fd, &work->from_path, err);
    return 0;
}

/* A rename crosses no mount, and a copy is a decision of its own: it needs room, and hard links have to be kept. */
static int require_same_mount(const struct adoption_work *work, struct err *err)
{
    struct stat root, from;
    uint64_t root_mount, from_mount;
    bool ignored;

    if (fstat(work->root_fd, &root) < 0 || fstat(work->from_fd, &from) < 0)
        return err_errno(err, ERR_IO, errno, "cannot look at \"%s\"", work->from_path);
    if (fs_mount_id(work->root_fd, &root_mount, &ignored, err) < 0 ||
        fs_mount_id(work->from_fd, &from_mount, &ignored, err) < 0)
        return -1;
    if (root.st_dev == from.st_dev && root_mount == from_mount)
        return 0;
    err_set(err, ERR_REFUSED,
            "\"%s\" is not on the file system (and mount) of the backup root, and adopting renames",
            work->from_path);
    return err_hint(
        err, "copy it there first, with its hard links: rsync -aHAXS %s/ %s/adopt-me/; then adopt that",
        work->from_path, work->settings.config->backup_root);
}

/* Times without a zone are of this server's zone; where that is not known, UTC. */
static int make_plan(struct adoption_work *work, struct err *err)
{
    struct service *service = work->service;
    struct zone_cache zones = {.arena = service->arena};
    struct adoption_facts facts = {.tool = work->request->tool,
                                   .path = work->from_path,
                                   .host = work->settings.host.name,
                                   .now = service->now};
    struct adoption_entry *entries;
    struct err ignored;

    if (zone_cache_load(&zones, zone_file_local(service->arena), &facts.zone, &ignored) < 0)
        facts.zone = &zone_universal;
    if (work->directory.fd >= 0 && adoption_sources(service->arena, &work->directory, &facts.before, err) < 0)
        return -1;
    if (adoption_read(service->arena, work->from_fd, facts.tool, &entries, &facts.count, err) < 0)
        return err_in(err, "\"%s\"", work->from_path);
    facts.entries = entries;
    work->plan = adoption_plan(service->arena, &facts);
    return 0;
}

/* What an earlier attempt has left in the host directory, which may not be there. */
static int find_left(struct adoption_work *work, struct err *err)
{
    struct service *service = work->service;
    struct list names = {0};

    if (host_directory_names(service->arena, &work->directory, KIND_SCHEDULED, &names, err) < 0 ||
        adoption_staged(service->arena, &work->directory, &work->staged, err) < 0)
        return -1;
    for (size_t i = 0; i < names.count; i++) {
        struct snapshot snapshot;
        struct snapshot_meta meta;
        int adopted;

        if (store_snapshot_load(service->arena, service->db, work->settings.host.id, names.items[i],
                                &snapshot, err) == 0)
            continue;
        if (err->code != ERR_NOT_FOUND)
            return -1;
        adopted = adoption_load(service->arena, &work->directory, names.items[i], &meta, err);
        if (adopted < 0)
            return -1;
        if (adopted > 0)
            list_add(service->arena, &work->unrecorded, names.items[i]);
    }
    return 0;
}

static json_t *add_item(struct adoption_work *work, const char *source, const char *action, const char *name,
                        int64_t when, enum snapshot_status status, const char *reason)
{
    json_t *item = json_object();

    json_object_set_new(item, "source", document_text(source));
    json_object_set_new(item, "action", json_string(action));
    json_object_set_new(item, "name", document_text(name));
    json_object_set_new(item, "started_at", document_time(when));
    json_object_set_new(item, "status", document_text(snapshot_status_name(status)));
    json_object_set_new(item, "reason", document_text(reason));
    json_array_append_new(work->items, item);
    return item;
}

/* As the plan names it; in full when it came from another directory. */
static const char *shown_source(const struct adoption_work *work, const struct snapshot_meta *meta)
{
    const char *source = meta->source + strlen(ADOPTION_SOURCE);
    size_t size = strlen(work->from_path);

    return strncmp(source, work->from_path, size) == 0 && source[size] == '/' ? source + size + 1 : source;
}

/* The new row's counterpart of the metadata on disk. A tree in which nothing is may have been a mount that was away. */
static int record(struct adoption_work *work, struct snapshot_meta *meta, const char *action, struct err *err)
{
    struct service *service = work->service;
    bool empty = meta->stats.files <= 0;
    struct snapshot snapshot = {
        .host_id = work->settings.host.id,
        .host = work->settings.host.name,
        .run_id = work->run.id,
        .kind = KIND_SCHEDULED,
        .name = meta->name,
        .status = empty ? SNAPSHOT_CLAIMED : meta->status,
        .started_at = meta->started_at,
        .ended_at = meta->ended_at,
        .base = meta->base,
        .files = meta->stats.files,
        .directories = meta->stats.directories,
        .bytes = meta->stats.bytes,
        .linked_files = meta->stats.linked_files,
        .new_bytes = meta->stats.new_bytes,
        .confirmed = !empty,
    };
    json_t *item;

    if (store_snapshot_insert(service->db, &snapshot, &snapshot.id, err) < 0)
        return -1;
    item = add_item(work, shown_source(work, meta), action, meta->name, meta->started_at, snapshot.status,
                    empty ? "it holds no file, and so does not count as good" : NULL);
    json_object_set_new(item, "files", document_count(meta->stats.files));
    json_object_set_new(item, "bytes", document_count(meta->stats.bytes));
    json_object_set_new(item, "linked_files", document_count(meta->stats.linked_files));
    work->adopted++;
    work->base = empty ? work->base : arena_strdup(service->arena, meta->name);
    return 0;
}

static int publish_and_record(struct adoption_work *work, const char *name, const char *action,
                              struct err *err)
{
    struct snapshot_meta meta;

    if (adoption_publish(work->service->arena, &work->directory, name, work->base, &work->log, &meta, err) <
        0)
        return -1;
    return record(work, &meta, action, err);
}

static int finish_left(struct adoption_work *work, struct err *err)
{
    for (size_t i = 0; i < work->unrecorded.count; i++) {
        struct snapshot_meta meta;

        if (adoption_load(work->service->arena, &work->directory, work->unrecorded.items[i], &meta, err) <
                0 ||
            record(work, &meta, "finished", err) < 0)
            return -1;
    }
    for (size_t i = 0; i < work->staged.count; i++)
        if (publish_and_record(work, work->staged.items[i], "finished", err) < 0)
            return -1;
    return 0;
}

static int adopt_one(struct adoption_work *work, const struct adoption_item *item, const char *installation,
                     struct err *err)
{
    struct arena *arena = work->service->arena;
    struct snapshot_meta meta = {
        .host = work->settings.host.name,
        .name = item->name,
        .kind = KIND_SCHEDULED,
        .status = item->status,
        .run = work->run.id,
        .installation = installation,
        .boot_id = clock_boot_id(),
        .started_at = item->when,
        .ended_at = item->when,
        .message = arena_printf(arena, "adopted from %s", adoption_tool_name(work->request->tool)),
        .source = arena_printf(arena, ADOPTION_SOURCE "%s/%s", work->from_path, item->source),
        .stats = RUN_STATS_UNKNOWN,
    };

    if (adoption_take(arena, &work->directory, work->from_fd, item->source, &meta, err) < 0)
        return -1;
    return publish_and_record(work, item->name, "adopted", err);
}

static int begin_run(struct adoption_work *work, struct err *err)
{
    struct service *service = work->service;
    char worker[PROCESS_NAME_SIZE];

    work->run = (struct run){
        .node_id = work->settings.host.node_id,
        .worker = arena_strdup(service->arena, process_name(worker)),
        .host_id = work->settings.host.id,
        .host = work->settings.host.name,
        .job = JOB_DISCOVER,
        .trigger = "cli",
        .state = RUN_RUNNING,
        .actor = service->actor,
        .requested_at = service->now,
        .started_at = service->now,
        .token = 1,
        .stats = RUN_STATS_UNKNOWN,
    };
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "host.adopt",
                        work->settings.host.name, NULL,
                        arena_printf(service->arena, "%s: %s, %zu trees",
                                     adoption_tool_name(work->request->tool), work->from_path,
                                     work->plan.taken),
                        err) < 0)
        return -1;
    return store_run_insert(service->db, &work->run, &work->run.id, err);
}

/* The row ends whatever has become of it. */
static int end_run(struct adoption_work *work, int result, struct err *err)
{
    struct err trouble;

    work->run.state = result == 0 ? RUN_SUCCESS : err->code == ERR_INTERRUPTED ? RUN_CANCELLED : RUN_FAILED;
    work->run.cause = work->run.state == RUN_FAILED ? CAUSE_IO_ERROR : CAUSE_NONE;
    work->run.message = result == 0
                            ? arena_printf(work->service->arena, "%lld snapshots adopted from %s",
                                           (long long)work->adopted, adoption_tool_name(work->request->tool))
                            : arena_strdup(work->service->arena, err->message);
    work->run.ended_at = clock_now();
    if (run_end(work->service, &work->run, &trouble) == 0)
        return result;
    log_error("the end of run %lld, adoption for \"%s\", cannot be recorded: %s", (long long)work->run.id,
              work->settings.host.name, trouble.message);
    return result;
}

static int apply(struct adoption_work *work, struct err *err)
{
    struct service *service = work->service;
    struct installation installation;
    char uuid[37];
    int result;

    random_uuid(uuid);
    if (store_installation_load(service->arena, service->db, uuid, service->now, &installation, err) < 0 ||
        begin_run(work, err) < 0)
        return -1;
    run_log_printf(&work->log, "adopting %zu trees of %s from %s", work->plan.taken,
                   adoption_tool_name(work->request->tool), work->from_path);
    result = run_log_open(service->environment.home, work->run.id, &work->log, err);
    if (result == 0)
        result = finish_left(work, err);
    for (size_t i = 0; result == 0 && i < work->plan.taken; i++)
        result = adopt_one(work, &work->plan.items[i], installation.uuid, err);
    if (result < 0 && work->adopted > 0)
        err_in(err, "%lld adopted, then", (long long)work->adopted);
    if (result < 0)
        err_hint(err, "nothing is lost: pobsync adopt again goes on where this one ended");
    return end_run(work, result, err);
}

static void show_plan(struct adoption_work *work)
{
    for (size_t i = 0; i < work->unrecorded.count; i++)
        add_item(work, NULL, "finish", work->unrecorded.items[i], 0, SNAPSHOT_UNKNOWN, NULL);
    for (size_t i = 0; i < work->staged.count; i++)
        add_item(work, NULL, "finish", work->staged.items[i], 0, SNAPSHOT_UNKNOWN, NULL);
    for (size_t i = 0; i < work->plan.taken; i++) {
        const struct adoption_item *item = &work->plan.items[i];

        add_item(work, item->source, "adopt", item->name, item->when, item->status, NULL);
    }
}

static void show_rest(struct adoption_work *work)
{
    for (size_t i = work->plan.taken; i < work->plan.count; i++)
        add_item(work, work->plan.items[i].source, "leave", NULL, work->plan.items[i].when, SNAPSHOT_UNKNOWN,
                 work->plan.items[i].reason);
}

static int prepare(struct adoption_work *work, struct err *err)
{
    struct service *service = work->service;
    bool confirmed = work->request->confirmed;
    int ended;

    if (host_settings_load(service, work->request->host, &work->settings, err) < 0 ||
        open_root(work, err) < 0 || open_source(work, err) < 0 || require_same_mount(work, err) < 0)
        return -1;
    if (host_directory_open(service->arena, work->root_fd, work->settings.config->backup_root,
                            work->settings.host.name, confirmed, &work->directory, err) < 0 &&
        (confirmed || err->code != ERR_NOT_FOUND))
        return -1;
    if (confirmed &&
        host_directory_lock(&work->directory, service->now,
                            arena_printf(service->arena, "adoption for %s", work->settings.host.name), &ended,
                            err) < 0)
        return -1;
    if (work->directory.fd >= 0 && find_left(work, err) < 0)
        return -1;
    if (make_plan(work, err) < 0)
        return -1;
    if (work->plan.taken + work->staged.count + work->unrecorded.count > 0)
        return 0;
    err_set(err, ERR_NOT_FOUND, "there is no backup of %s to adopt in \"%s\"%s%s",
            adoption_tool_name(work->request->tool), work->from_path, work->plan.count > 0 ? ": " : "",
            work->plan.count == 0 ? ""
                                  : arena_printf(service->arena, "\"%s\" is %s", work->plan.items[0].source,
                                                 work->plan.items[0].reason));
    return err_hint(err, "give the directory that holds the backups; see pobsync adopt --help");
}

int service_adopt(struct service *service, const struct adopt_request *request, json_t **document,
                  struct err *err)
{
    WORK_SCOPED work = {.service = service,
                        .request = request,
                        .root_fd = -1,
                        .from_fd = -1,
                        .directory = HOST_DIRECTORY_CLOSED,
                        .log = RUN_LOG_CLOSED,
                        .items = json_array()};

    if (prepare(&work, err) < 0)
        return -1;
    if (!request->confirmed)
        show_plan(&work);
    else if (apply(&work, err) < 0)
        return -1;
    show_rest(&work);
    *document = json_object();
    json_object_set_new(*document, "host", document_text(work.settings.host.name));
    json_object_set_new(*document, "from", json_string(adoption_tool_name(request->tool)));
    json_object_set_new(*document, "path", document_text(work.from_path));
    json_object_set_new(*document, "applied", json_boolean(request->confirmed));
    json_object_set_new(*document, "run", work.run.id == 0 ? json_null() : json_integer(work.run.id));
    json_object_set_new(*document, "adopted", json_integer(work.adopted));
    json_object_set(*document, "items", work.items);
    return 0;
}
