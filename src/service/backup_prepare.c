/* The steps of a backup before rsync starts. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/host_key.h"
#include "engine/root.h"
#include "engine/ssh_key.h"
#include "plan/base_choice.h"
#include "plan/rsync_plan.h"
#include "plan/snapshot_name.h"
#include "service/backup_run.h"
#include "service/purge.h"
#include "store/store_audit.h"
#include "store/store_host_key.h"
#include "store/store_root.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/random.h"

int backup_open_root(struct backup *backup, struct err *err)
{
    struct service *service = backup->service;
    struct root_question question = {.path = backup->config->backup_root,
                                     .known = &backup->root,
                                     .home = service->environment.home,
                                     .patience_ms = ROOT_PATIENCE_RUN_MS};
    struct root_report report;

    if (store_root_load(backup->arena, service->db, backup->host.node_id, &backup->root, err) < 0) {
        if (err->code != ERR_NOT_FOUND)
            return backup_fail(backup, CAUSE_INTERNAL);
        question.known = NULL;
    }
    backup->root_fd = root_open(backup->arena, &question, &report);
    if (backup->root_fd < 0) {
        root_refuse(&report, err);
        return backup_fail(backup, root_cause(report.state));
    }
    return 0;
}

static bool has_room(struct backup *backup, enum cause *cause, struct err *err)
{
    struct fs_room room;

    *cause = CAUSE_IO_ERROR;
    return fs_room(backup->root_fd, &room, err) == 0 &&
           root_require_room(&room, backup->config->min_free_bytes, backup->config->min_free_inodes, cause,
                             err) == 0;
}

static int fail_room(struct backup *backup, const struct err *err)
{
    return err->code == ERR_INTERRUPTED ? backup_fail(backup, CAUSE_NONE) : backup_fail_io(backup);
}

/* A disk that our own remains have filled is freed by removing them: the trash first, and what could have been resumed
 * from only when that is not enough. */
int backup_require_room(struct backup *backup, struct err *err)
{
    struct list names = {0};
    struct purge_report report;
    enum cause cause;
    int discarded;

    if (has_room(backup, &cause, err))
        return 0;
    if (purge_empty(backup->service, &backup->host, &backup->directory, true, &report, err) < 0)
        return fail_room(backup, err);
    if (has_room(backup, &cause, err))
        return 0;
    if (backup->recovery.resume == NULL)
        return backup_fail(backup, cause);
    backup_notice(backup, "no room: the unfinished snapshot %s is given up", backup->recovery.resume);
    list_add(backup->arena, &names, backup->recovery.resume);
    backup->recovery.resume = NULL;
    if (recovery_discard(backup->service, &backup->host, &backup->directory, &names, NULL, &discarded, err) <
            0 ||
        purge_empty(backup->service, &backup->host, &backup->directory, true, &report, err) < 0)
        return fail_room(backup, err);
    return has_room(backup, &cause, err) ? 0 : backup_fail(backup, cause);
}

int backup_open_identity(struct backup *backup, struct err *err)
{
    bool created;

    if (ssh_key_find(backup->arena, backup->service->environment.home, backup->host.name, backup->config,
                     false, &backup->identity, &created, err) < 0)
        return backup_fail(backup, CAUSE_CONFIG);
    return 0;
}

/* First contact: the key that the host shows is pinned, but only where a person sees its fingerprint. */
static int pin_first(struct backup *backup, struct err *err)
{
    struct service *service = backup->service;
    struct host_key *key = arena_alloc(backup->arena, sizeof *key);

    if (!backup->request->foreground) {
        err_set(err, ERR_UNREACHABLE, "the host key of \"%s\" is not known yet", backup->host.name);
        return backup_fail(backup, CAUSE_HOST_KEY_UNKNOWN);
    }
    if (host_key_probe(backup->arena, service->environment.home, backup->host.name, backup->config, key,
                       err) < 0)
        return backup_fail(backup, err->code == ERR_UNREACHABLE ? CAUSE_HOST_UNREACHABLE : CAUSE_CONFIG);
    key->pinned_at = service->now;
    key->pinned_by = service->actor;
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "host_key.pin",
                        backup->host.name, NULL, key->fingerprint, err) < 0 ||
        store_host_key_save(service->db, backup->host.id, key, err) < 0)
        return backup_fail(backup, CAUSE_INTERNAL);
    backup_notice(backup, "host key pinned at first contact: %s %s", key->type, key->fingerprint);
    backup->keys = key;
    backup->key_count = 1;
    return 0;
}

int backup_pin_host(struct backup *backup, struct err *err)
{
    if (store_host_key_list(backup->arena, backup->service->db, backup->host.id, &backup->keys,
                            &backup->key_count, err) < 0)
        return backup_fail(backup, CAUSE_INTERNAL);
    return backup->key_count > 0 ? 0 : pin_first(backup, err);
}

int backup_choose_base(struct backup *backup, struct err *err)
{
    const struct snapshot **candidates;
    size_t count = 0;

    if (store_snapshot_list(backup->arena, backup->service->db, backup->host.id, false, &backup->snapshots,
                            &backup->snapshot_count, err) < 0)
        return backup_fail(backup, CAUSE_INTERNAL);
    candidates = base_choice_plan(backup->arena, backup->snapshots, backup->snapshot_count, &count);
    if (backup->directory.fd < 0)
        return 0;
    base_snapshot_open(backup->arena, &backup->directory, candidates, count, &backup->base,
                       &backup->no_base_reason);
    if (backup->base.data_fd >= 0) {
        if (backup->no_base_reason != NULL)
            backup_notice(backup, "%s: linking to %s instead", backup->no_base_reason, backup->base.name);
        backup->no_base_reason = NULL;
        run_log_printf(&backup->log, "base: %s", backup->base.path);
    } else if (backup->no_base_reason != NULL) {
        backup_notice(backup, "%s: this will be a full copy", backup->no_base_reason);
    }
    return 0;
}

/* The later of what the database and the disk know as the newest name. */
static int newest_name(struct backup *backup, const char **newest, struct err *err)
{
    const char *recorded, *on_disk;

    if (store_snapshot_newest_name(backup->arena, backup->service->db, backup->host.id, &recorded, err) < 0 ||
        host_directory_newest(backup->arena, &backup->directory, &on_disk, err) < 0)
        return -1;
    *newest = recorded == NULL || (on_disk != NULL && strcmp(on_disk, recorded) > 0) ? on_disk : recorded;
    return 0;
}

static int record_begin(struct backup *backup, struct err *err)
{
    struct service *service = backup->service;

    if (db_begin(service->db, err) < 0)
        return -1;
    if (store_snapshot_insert(service->db, &backup->snapshot, &backup->snapshot.id, err) < 0 ||
        store_run_set_snapshot(service->db, backup->run.id, backup->run.token, backup->snapshot.name,
                               backup->snapshot.base, err) < 0) {
        db_rollback(service->db);
        return -1;
    }
    return db_commit(service->db, err);
}

/* The row first, then the directory: a directory without a row would be nobody's. */
int backup_begin_snapshot(struct backup *backup, struct err *err)
{
    const char *newest = NULL;
    char *name = arena_alloc(backup->arena, SNAPSHOT_NAME_SIZE);
    enum snapshot_kind kind = backup->request->manual ? KIND_MANUAL : KIND_SCHEDULED;

    if (newest_name(backup, &newest, err) < 0)
        return backup_fail_io(backup);
    snapshot_name_plan(name, backup->service->now, newest, random_u32());
    backup->run.snapshot = name;
    backup->run.base = backup->base.name;
    backup->snapshot = (struct snapshot){
        .host_id = backup->host.id,
        .host = backup->host.name,
        .run_id = backup->run.id,
        .kind = KIND_INCOMPLETE,
        .name = name,
        .started_at = backup->run.started_at,
        .base = backup->base.name,
        .files = -1,
        .directories = -1,
        .bytes = -1,
        .linked_files = -1,
        .new_bytes = -1,
    };
    for (size_t i = 0; backup->base.name != NULL && i < backup->snapshot_count; i++)
        if (strcmp(backup->snapshots[i].name, backup->base.name) == 0)
            backup->snapshot.base_id = backup->snapshots[i].id;
    backup->meta = (struct snapshot_meta){
        .host = backup->host.name,
        .name = name,
        .kind = kind,
        .run = backup->run.id,
        .installation = backup->root.installation,
        .boot_id = clock_boot_id(),
        .started_at = backup->run.started_at,
        .base = backup->base.name,
        .source = arena_printf(backup->arena, "%s@%s:%s", backup->config->ssh_user, backup->config->address,
                               backup->config->source_root),
        .stats = RUN_STATS_UNKNOWN,
    };
    if (record_begin(backup, err) < 0)
        return backup_fail(backup, CAUSE_INTERNAL);
    if (incomplete_create(backup->arena, &backup->directory, &backup->meta, &backup->incomplete, err) < 0)
        return backup_fail_io(backup);
    return 0;
}

/* Writes the filter file beside the ssh configuration; NULL when nothing is filtered. */
static int write_filter(struct backup *backup, const char **path, struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;
    FD_SCOPED fd = -1;

    *path = NULL;
    if (!rsync_plan_filter(backup->arena, backup->config, &content))
        return 0;
    fd = fs_open_root(backup->session.directory, err);
    if (fd < 0 || fs_write_file(fd, "filter", content.data, content.size, 0600, err) < 0)
        return -1;
    *path = arena_printf(backup->arena, "%s/filter", backup->session.directory);
    return 0;
}

/* Where a dry run pretends to write: a name that is never made. */
static const char *dry_target(struct backup *backup)
{
    const char *host_path =
        backup->directory.path != NULL
            ? backup->directory.path
            : arena_printf(backup->arena, "%s/%s", backup->config->backup_root, backup->host.name);

    return host_directory_data_path(backup->arena, host_path, KIND_INCOMPLETE, "dry-run");
}

int backup_plan_transfer(struct backup *backup, struct err *err)
{
    struct service *service = backup->service;
    const char *name = arena_printf(backup->arena, "%lld", (long long)backup->run.id);
    struct rsync_places places = {.dry_run = backup->request->dry_run, .as_root = geteuid() == 0};

    ssh_session_close(&backup->session);
    if (ssh_session_open(backup->arena, service->environment.home, name, backup->host.name, backup->config,
                         backup->identity, backup->keys, backup->key_count, SSH_TRUST_PINNED,
                         &backup->session, err) < 0 ||
        write_filter(backup, &places.filter_file, err) < 0)
        return backup_fail(backup, CAUSE_CONFIG);
    places.ssh_config = backup->session.config_file;
    places.base = backup->base.data_fd >= 0 ? backup->base.path : NULL;
    if (backup->recovery.resume != NULL)
        places.resume = host_directory_data_path(backup->arena, backup->directory.path, KIND_INCOMPLETE,
                                                 backup->recovery.resume);
    places.target = places.dry_run ? dry_target(backup) : backup->incomplete.data_path;
    backup->argv = rsync_plan_argv(backup->arena, backup->config, &places, err);
    if (backup->argv == NULL)
        return backup_fail(backup, CAUSE_CONFIG);
    backup->meta.arguments = (struct list){0};
    for (size_t i = 0; backup->argv[i] != NULL; i++)
        list_add(backup->arena, &backup->meta.arguments, backup->argv[i]);
    backup->environment = ssh_session_environment(backup->arena, backup->run.id);
    run_log_printf(&backup->log, "%s", list_join(backup->arena, &backup->meta.arguments, " "));
    return 0;
}
