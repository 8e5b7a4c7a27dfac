/* Following the audit trail with files. */
#include "service/root_files.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "model/rule.h"
#include "service/host_file.h"
#include "service/root_doubt.h"
#include "service/service_root.h"
#include "store/store_audit.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_installation.h"
#include "store/store_root.h"
#include "sys/fs.h"
#include "sys/lock.h"

enum { PIECE = 1000 };

/* What the files have of a change. */
enum concern { CONCERNS_NOTHING, CONCERNS_GLOBAL, CONCERNS_HOST, CONCERNS_ALL };

struct follow {
    struct service *service;
    const char *path;
    int root_fd;
    bool global, all;
    struct list hosts; /* names, sorted and once each */
    int64_t last;      /* the newest change that was seen */
};

/* By the first word of the action ("host.configure"). The object of what concerns a host begins with its name. */
static enum concern concern_of(const char *action)
{
    static const struct {
        const char *prefix;
        enum concern concern;
    } concerns[] = {
        {"global.", CONCERNS_GLOBAL}, {"host.", CONCERNS_HOST},     {"host_key.", CONCERNS_HOST},
        {"root.", CONCERNS_ALL},      {"schedule.", CONCERNS_HOST}, {"snapshot.", CONCERNS_HOST},
    };

    for (size_t i = 0; i < sizeof concerns / sizeof concerns[0]; i++)
        if (strncmp(action, concerns[i].prefix, strlen(concerns[i].prefix)) == 0)
            return concerns[i].concern;
    return CONCERNS_NOTHING;
}

static void take(struct follow *follow, const struct audit *audit)
{
    struct arena *arena = follow->service->arena;
    enum concern concern = concern_of(audit->action);
    size_t size = strcspn(audit->object, "@");

    follow->last = audit->id;
    follow->all = follow->all || concern == CONCERNS_ALL;
    follow->global = follow->global || concern == CONCERNS_GLOBAL || concern == CONCERNS_ALL;
    if (concern == CONCERNS_HOST)
        list_add(arena, &follow->hosts, arena_printf(arena, "%.*s", (int)size, audit->object));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_once(struct list *names)
{
    size_t kept = 0;

    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, by_name);
    for (size_t i = 0; i < names->count; i++)
        if (kept == 0 || strcmp(names->items[kept - 1], names->items[i]) != 0)
            names->items[kept++] = names->items[i];
    names->count = kept;
}

/* All that has changed behind what the files tell. */
static int gather(struct follow *follow, const struct root *root, struct err *err)
{
    struct service *service = follow->service;
    struct audit *audits;
    struct host *hosts;
    size_t count;

    follow->last = root->noted_change;
    do {
        if (store_audit_since(service->arena, service->db, follow->last, PIECE, &audits, &count, err) < 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            take(follow, &audits[i]);
        sort_once(&follow->hosts);
    } while (count == PIECE);
    if (!follow->all)
        return 0;
    if (store_host_list(service->arena, service->db, &hosts, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        list_add(service->arena, &follow->hosts, hosts[i].name);
    sort_once(&follow->hosts);
    return 0;
}

static int save_global(struct follow *follow, struct err *err)
{
    struct service *service = follow->service;
    struct config global;
    json_t *root, *stamp;
    FD_SCOPED fd = -1;

    if (fs_make_dir(follow->root_fd, ".pobsync", 0700, true, err) < 0)
        return -1;
    fd = fs_open_dir(follow->root_fd, ".pobsync", true, err);
    if (fd < 0 || lock_wait(fd, ".pobsync", err) < 0 ||
        store_global_load(service->arena, service->db, &global, err) < 0)
        return -1;
    stamp = host_file_stamp(service, err);
    if (stamp == NULL)
        return -1;
    root = json_object();
    json_object_set_new(root, "pobsync", json_integer(1));
    json_object_set_new(root, "written", stamp);
    json_object_set_new(root, "settings", host_file_settings(service, &global));
    return host_file_write(fd, "global.json", root, err);
}

/* The name comes from the trail: one that has no row is that of a host that was removed. */
static int save_host_in(struct follow *follow, const char *name, struct err *err)
{
    struct service *service = follow->service;
    struct host host;
    struct err no_name;
    FD_SCOPED fd = -1;

    /* The trail is not trusted for a name of a file. */
    if (rule_host_name(name, &no_name) < 0)
        return 0;
    if (store_host_load(service->arena, service->db, name, &host, err) < 0)
        return err->code == ERR_NOT_FOUND ? host_file_remove(service, name, follow->root_fd, err) : -1;
    fd = fs_open_dir(follow->root_fd, name, true, err);
    if (fd < 0)
        return errno == ENOENT ? host_file_save_early(service, name, follow->root_fd, err) : -1;
    return host_file_save(service, name, fd, err) < 0
               ? -1
               : host_file_remove_early(service, name, follow->root_fd, err);
}

/* In memory of its own, because there may be many. */
static int save_host(struct follow *follow, const char *name, struct err *err)
{
    ARENA_SCOPED piece = ARENA_EMPTY;
    struct arena *whole = follow->service->arena;
    int result;

    follow->service->arena = &piece;
    result = save_host_in(follow, name, err);
    follow->service->arena = whole;
    return result;
}

/* What a full disk, or one that may only be read, keeps from being written: its state is told where it matters. */
static bool is_expected(int errnum)
{
    return errnum == ENOSPC || errnum == EDQUOT || errnum == EROFS || errnum == EACCES || errnum == EPERM;
}

/* True when the files tell all. */
static bool write_files(struct follow *follow)
{
    bool whole = true;
    struct err err;

    for (size_t i = 0; i < follow->hosts.count; i++) {
        if (save_host(follow, follow->hosts.items[i], &err) == 0)
            continue;
        whole = false;
        if (!is_expected(errno))
            log_warning("host.json of \"%s\" is out of date: %s", follow->hosts.items[i], err.message);
    }
    if (follow->global && save_global(follow, &err) < 0) {
        whole = false;
        if (!is_expected(errno))
            log_warning("\"" GLOBAL_FILE "\" is out of date: %s", err.message);
    }
    return whole;
}

/* Whether there is a root, nothing is doubtful about it, and something has changed. */
static int begin(struct follow *follow, struct root *root, bool *wanted, struct err *err)
{
    struct service *service = follow->service;
    struct installation_marks marks;
    bool known;

    *wanted = false;
    if (service_root_load(service, root, &known, err) < 0 ||
        store_installation_marks(service->db, &marks, err) < 0)
        return -1;
    if (!known || root->doubt != NULL || marks.change <= root->noted_change)
        return 0;
    if (gather(follow, root, err) < 0)
        return -1;
    follow->path = root->path;
    *wanted = follow->hosts.count > 0 || follow->global || follow->last >= root->noted_change + PIECE;
    return 0;
}

void root_files_follow(struct service *service)
{
    struct follow follow = {.service = service, .root_fd = -1};
    struct root_report report;
    struct root root;
    struct err err;
    bool wanted, known;
    FD_SCOPED fd = -1;

    /* Who cannot see the root leaves it to the scheduler. */
    if (service->asks_reader || service->db == NULL || db_in_transaction(service->db) ||
        db_total_changes(service->db) == 0 || begin(&follow, &root, &wanted, &err) < 0 || !wanted)
        return;
    if (service_root_open(service, root.path, &report, &fd, &err) < 0 || fd < 0)
        return;
    follow.root_fd = fd;
    if (root_doubt_note_root(service, fd, &err) < 0 || service_root_load(service, &root, &known, &err) < 0 ||
        root.doubt != NULL || !write_files(&follow))
        return;
    /* A host's own file may have raised the doubt. */
    if (service_root_load(service, &root, &known, &err) == 0 && root.doubt == NULL &&
        store_root_set_noted(service->db, root.id, follow.last, &err) < 0)
        log_warning("%s", err.message);
}
