/* Recovery of a whole node. */
#include "service/service_recover.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "engine/host_directory.h"
#include "service/document.h"
#include "service/purge.h"
#include "service/recovery.h"
#include "service/service_root.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_installation.h"
#include "store/store_queue.h"
#include "store/store_run.h"
#include "sys/fs.h"

/* The root, opened once for all hosts. */
struct site {
    struct service *service;
    const char *path;
    int root_fd; /* -1: `why` tells */
    const char *why;
    bool dry_run;
    json_t *items;
};

static int open_site(struct service *service, struct site *site, struct err *err)
{
    struct root_report report;
    struct effective effective;
    struct config global;

    if (store_global_load(service->arena, service->db, &global, err) < 0)
        return -1;
    config_effective(service->arena, &global, NULL, service->environment.fixed_root, &effective);
    site->service = service;
    site->path = effective.config.backup_root;
    if (service_root_open(service, site->path, &report, &site->root_fd, err) < 0)
        return -1;
    site->why = site->root_fd >= 0 ? NULL : report.found;
    return 0;
}

static void add_line(void *context, const char *line)
{
    json_array_append_new(context, document_text(line));
    log_info("%s", line);
}

/* `done` may be NULL: nothing. */
static void add_item(struct site *site, const char *host, const char *state, const char *message,
                     json_t *done)
{
    json_t *item = json_object();

    json_object_set_new(item, "host", document_text(host));
    json_object_set_new(item, "state", json_string(state));
    json_object_set_new(item, "message", document_text(message));
    if (done == NULL)
        json_object_set_new(item, "done", json_array());
    else
        json_object_set(item, "done", done);
    json_array_append_new(site->items, item);
}

/* What there is to do, looked at without the lock. */
static int tell_host(struct site *site, const struct host *host, const struct host_directory *directory,
                     json_t *done, struct err *err)
{
    struct service *service = site->service;
    struct list names = {0};
    struct run *runs;
    size_t count;

    if (store_run_running(service->arena, service->db, host->id, &runs, &count, err) < 0 ||
        host_directory_names(service->arena, directory, KIND_INCOMPLETE, &names, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (recovery_is_dead(&runs[i]))
            add_line(done,
                     arena_printf(service->arena, "run %lld (%s) has died and is still recorded as running",
                                  (long long)runs[i].id, job_name(runs[i].job)));
    if (names.count > 0)
        add_line(done, arena_printf(service->arena, "%zu unfinished snapshot%s", names.count,
                                    names.count == 1 ? "" : "s"));
    return 0;
}

static int mend_host(struct site *site, const struct host *host, const struct host_directory *directory,
                     int64_t dead, json_t *done, struct err *err)
{
    struct service *service = site->service;
    struct recovery recovery;
    struct purge_report purge;

    if (recovery_apply(service, host, directory, dead, add_line, done, &recovery, err) < 0 ||
        purge_empty(service, host, directory, false, &purge, err) < 0)
        return -1;
    if (purge.entries > 0)
        add_line(done, arena_printf(service->arena, "%lld entries removed from the trash",
                                    (long long)purge.entries));
    return 0;
}

/* A run that is known to be dead, and who takes it: NULL when its worker is gone, so that nobody can object. */
struct dead_run {
    struct run *run;
    const char *taker;
};

/* With the host's lock ours, or no lock needed: whether the run is ours to end. 1, 0 when it lives after all, -1. */
static int take_over(struct service *service, const struct dead_run *dead, struct err *err)
{
    return dead->taker == NULL ? 1 : store_queue_take_over(service->db, dead->run, dead->taker, err);
}

/* 1: done · 0: busy, away or alive, and `done` is as it was · -1. `dead` may be NULL: whatever is there. */
static int recover_host(struct site *site, const struct host *host, const struct dead_run *dead, json_t *done,
                        struct err *err)
{
    struct service *service = site->service;
    HOST_DIRECTORY_SCOPED directory = HOST_DIRECTORY_CLOSED;
    int ended = 0;

    if (host_directory_open(service->arena, site->root_fd, site->path, host->name, false, &directory, err) <
        0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    if (site->dry_run)
        return tell_host(site, host, &directory, done, err) < 0 ? -1 : 1;
    if (host_directory_lock(&directory, service->now,
                            arena_printf(service->arena, "recovery of %s", host->name), &ended, err) < 0)
        return err->code == ERR_BUSY ? 0 : -1;
    if (dead != NULL) {
        int taken = take_over(service, dead, err);

        if (taken <= 0)
            return taken;
    }
    if (ended > 0)
        add_line(done, arena_printf(service->arena, "ended %d process%s that a dead run had left behind",
                                    ended, ended == 1 ? "" : "es"));
    return mend_host(site, host, &directory, dead == NULL ? 0 : dead->run->id, done, err) < 0 ? -1 : 1;
}

/* Rows of runs that need no lock, and those of hosts without a directory: nothing of theirs is on disk. */
static int recover_rows(struct site *site, int64_t node_id, struct err *err)
{
    struct service *service = site->service;
    struct run *runs;
    size_t count;

    if (store_queue_running(service->arena, service->db, node_id, &runs, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        json_t *done;

        if (!recovery_is_dead(&runs[i]) || (job_takes_host(runs[i].job) && runs[i].snapshot != NULL))
            continue;
        done = json_array();
        add_line(done, arena_printf(service->arena, "run %lld (%s) has died", (long long)runs[i].id,
                                    job_name(runs[i].job)));
        add_item(site, runs[i].host, "ok", NULL, done);
        json_decref(done);
        if (!site->dry_run && recovery_end_as_killed(service, &runs[i], err) < 0)
            return -1;
    }
    return 0;
}

static int recover_hosts(struct site *site, struct err *err)
{
    struct service *service = site->service;
    struct host *hosts;
    size_t count;

    if (store_host_list(service->arena, service->db, &hosts, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        json_t *done = json_array();
        struct err trouble = {0};
        int result = recover_host(site, &hosts[i], NULL, done, &trouble);

        if (result < 0 || trouble.code == ERR_BUSY || json_array_size(done) > 0)
            add_item(site, hosts[i].name,
                     result < 0                 ? "unreachable"
                     : trouble.code == ERR_BUSY ? "busy"
                                                : "ok",
                     trouble.code == ERR_NONE || result > 0 ? NULL : trouble.message, done);
        json_decref(done);
    }
    return 0;
}

int service_recover(struct service *service, bool dry_run, json_t **document, struct err *err)
{
    struct site site = {.root_fd = -1, .dry_run = dry_run, .items = json_array()};
    int64_t node_id;
    int result = -1;

    if (open_site(service, &site, err) == 0 &&
        store_node_load(service->db, service->now, &node_id, err) == 0) {
        result = 0;
        if (site.root_fd >= 0)
            result = recover_hosts(&site, err);
        else if (site.why != NULL && site.path != NULL)
            add_item(&site, NULL, "unreachable", site.why, NULL);
        if (result == 0)
            result = recover_rows(&site, node_id, err);
    }
    fs_close(&site.root_fd);
    *document = json_object();
    json_object_set_new(*document, "dry_run", json_boolean(dry_run));
    json_object_set_new(*document, "items", site.items);
    if (result < 0) {
        json_decref(*document);
        *document = NULL;
    }
    return result;
}

int service_recover_run(struct service *service, const struct run *run, const char *taker, struct err *err)
{
    struct run now = *run;
    const struct dead_run dead = {&now, taker};
    struct site site = {.root_fd = -1};
    struct host host;
    json_t *done;
    int result;

    if (!job_takes_host(now.job) || now.snapshot == NULL) {
        int taken = take_over(service, &dead, err);

        return taken <= 0 ? taken : recovery_end_as_killed(service, &now, err) < 0 ? -1 : 1;
    }
    if (open_site(service, &site, err) < 0)
        return -1;
    if (site.root_fd < 0)
        return 0;
    done = json_array();
    result = store_host_load(service->arena, service->db, now.host, &host, err) < 0
                 ? -1
                 : recover_host(&site, &host, &dead, done, err);
    json_decref(done);
    fs_close(&site.root_fd);
    return result;
}
