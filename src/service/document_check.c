/* The self-check: is this server fit? */
#include "service/document.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>

#include "base/text.h"
#include "base/when.h"
#include "engine/host_directory.h"
#include "engine/ssh_key.h"
#include "model/rule.h"
#include "service/check.h"
#include "service/host_settings.h"
#include "service/reader_document.h"
#include "service/service_root.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_host_key.h"
#include "store/store_run.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum { NAMES_SHOWN = 10 };

static const int64_t clock_earliest = 1767225600; /* 2026-01-01: no such program before */

/* What the checks share. */
struct checkup {
    struct service *service;
    struct arena *arena;
    json_t *items;
    bool ok;
    struct effective global;
    struct host *hosts;
    size_t host_count;
    struct root_report root;
    int root_fd;
};

static void add(struct checkup *checkup, const struct check *check)
{
    json_t *item = json_object();

    json_object_set_new(item, "name", json_string(check->name));
    json_object_set_new(item, "level", json_string(check_level_name(check->level)));
    json_object_set_new(item, "found", document_text(check->found));
    json_object_set_new(item, "expected", document_text(check->expected));
    json_object_set_new(item, "hint", document_text(check->hint));
    json_array_append_new(checkup->items, item);
    checkup->ok = checkup->ok && check->level != CHECK_FAILED;
}

/* An error that a check met instead of an answer. */
static void add_error(struct checkup *checkup, const char *name, const char *expected, const struct err *err)
{
    const struct check check = {.name = name,
                                .level = CHECK_FAILED,
                                .found = err->message,
                                .expected = expected,
                                .hint = err->hint[0] == '\0' ? NULL : err->hint};

    add(checkup, &check);
}

/* "a, b, c and 4 more" */
static const char *names_text(struct arena *arena, struct list *names)
{
    size_t more = names->count > NAMES_SHOWN ? names->count - NAMES_SHOWN : 0;

    names->count -= more;
    return more == 0 ? list_join(arena, names, ", ")
                     : arena_printf(arena, "%s and %zu more", list_join(arena, names, ", "), more);
}

/* Opening it has proved the journal mode already: no driver opens a database that lacks it. Gives whether the tables
 * are those that this program knows. */
static bool check_database(struct checkup *checkup)
{
    struct check check = {.name = "database"};
    struct db *db = checkup->service->db;
    int found, expected;
    struct err err;

    if (db_check(db, &err) < 0 || db_schema_version(db, &found, &expected, &err) < 0) {
        add_error(checkup, "database", "a sound database", &err);
        return false;
    }
    check.found = arena_printf(checkup->arena, "%s, sound, %sschema %d", db_kind_name(db),
                               db_kind(db) == DB_SQLITE ? "write-ahead log, " : "", found);
    if (found != expected) {
        check.level = CHECK_FAILED;
        check.expected = arena_printf(checkup->arena, "schema %d", expected);
        check.hint =
            found < expected ? "pobsync migrate" : "run the newer pobsync that has migrated this database";
    }
    add(checkup, &check);
    return found == expected;
}

/* nosuid and nodev take nothing from a copy: setuid files and devices are stored all the same, but cannot be used. */
static const char *mount_note(const struct root_report *root)
{
    if (!root->is_mount)
        return ", no mount of its own";
    return root->nosuid && root->nodev ? ", a mount of its own with nosuid and nodev"
                                       : ", a mount of its own; nosuid and nodev would be safer";
}

static void check_root(struct checkup *checkup)
{
    const struct root_report *root = &checkup->root;
    struct check check = {.name = "backup_root", .found = root->found};

    if (root->state != ROOT_OK) {
        check.level = CHECK_FAILED;
        check.found = arena_printf(checkup->arena, "%s: %s", root_state_name(root->state), root->found);
        check.expected = root->expected;
        check.hint = root->hint;
    } else {
        check.found = arena_printf(checkup->arena, "%s, %s, mode %04o%s", root->found, root->type, root->mode,
                                   mount_note(root));
        if ((root->mode & 077) != 0) {
            check.level = CHECK_WARNING;
            check.expected = "mode 0700: snapshots hold the secrets of every host";
            check.hint = arena_printf(checkup->arena, "chmod 0700 %s", root->path);
        }
    }
    add(checkup, &check);
}

static void check_room(struct checkup *checkup)
{
    const struct fs_room *room = &checkup->root.room;
    const struct config *config = &checkup->global.config;
    struct check check = {.name = "room"};
    const char *inodes = "inodes without limit";
    enum cause cause;
    struct err err;

    if (root_require_room(room, config->min_free_bytes, config->min_free_inodes, &cause, &err) < 0) {
        add_error(checkup, "room", "more than the floor of the settings", &err);
        return;
    }
    if (room->inodes_free >= 0)
        inodes = arena_printf(checkup->arena, "%lld of %lld inodes", (long long)room->inodes_free,
                              (long long)room->inodes_total);
    check.found =
        arena_printf(checkup->arena, "%s of %s and %s are free", text_bytes(checkup->arena, room->bytes_free),
                     text_bytes(checkup->arena, room->bytes_total), inodes);
    add(checkup, &check);
}

static void check_time_zones(struct checkup *checkup)
{
    struct check check = {.name = "time_zones", .found = "the data of every time zone in use is there"};
    const struct field *field = config_field("timezone");
    struct err err;

    if (rule_timezone(checkup->global.config.timezone, &err) < 0) {
        add_error(checkup, "time_zones", "time zone data", &err);
        return;
    }
    for (size_t i = 0; i < checkup->host_count; i++) {
        const struct config *config = &checkup->hosts[i].config;

        if (config_is_set(config, field) && rule_timezone(config->timezone, &err) < 0) {
            err_in(&err, "host \"%s\"", checkup->hosts[i].name);
            add_error(checkup, "time_zones", "time zone data", &err);
            return;
        }
    }
    add(checkup, &check);
}

/* Names are given by the clock: one that stands in the past makes them run ahead of it. */
static void check_clock(struct checkup *checkup)
{
    struct check check = {.name = "clock"};
    struct snapshot *snapshots;
    int64_t now = checkup->service->now, newest = 0;
    char shown[WHEN_TEXT];
    size_t count;
    struct err err;

    if (store_snapshot_list(checkup->arena, checkup->service->db, 0, false, &snapshots, &count, &err) < 0) {
        add_error(checkup, "clock", NULL, &err);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (snapshots[i].started_at > newest)
            newest = snapshots[i].started_at;
    check.found = arena_printf(checkup->arena, "it is %s", when_rfc3339(shown, now));
    if (now < clock_earliest) {
        check.level = CHECK_FAILED;
        check.expected = "a time after 2025";
    } else if (now < newest) {
        check.level = CHECK_WARNING;
        check.expected = arena_printf(checkup->arena, "not before %s, when the newest snapshot was begun",
                                      when_rfc3339(shown, newest));
    }
    if (check.level != CHECK_OK)
        check.hint = "set the clock, and keep it right with NTP: timedatectl set-ntp true";
    add(checkup, &check);
}

/* What each host still lacks before it can be backed up unattended. Not a fault of this server: never a warning, but a
 * key that ssh would refuse is. */
static void check_hosts(struct checkup *checkup)
{
    struct check check = {.name = "hosts"};
    struct list unpinned = {0}, keyless = {0};
    struct err err;

    for (size_t i = 0; i < checkup->host_count; i++) {
        const struct host *host = &checkup->hosts[i];
        struct host_settings settings;
        struct host_key *pins;
        const char *path;
        size_t count;
        bool created;

        if (store_host_key_list(checkup->arena, checkup->service->db, host->id, &pins, &count, &err) < 0 ||
            host_settings_load(checkup->service, host->name, &settings, &err) < 0) {
            add_error(checkup, "hosts", NULL, &err);
            return;
        }
        if (count == 0)
            list_add(checkup->arena, &unpinned, host->name);
        if (ssh_key_find(checkup->arena, checkup->service->environment.home, host->name, settings.config,
                         false, &path, &created, &err) == 0)
            continue;
        if (err.code == ERR_NOT_FOUND) {
            list_add(checkup->arena, &keyless, host->name);
        } else if (check.level == CHECK_OK) {
            check.level = CHECK_WARNING;
            check.found = arena_printf(checkup->arena, "host \"%s\": %s", host->name, err.message);
            check.expected = "a key that ssh accepts";
            check.hint = arena_strdup(checkup->arena, err.hint);
        }
    }
    if (check.found == NULL && keyless.count > 0) {
        check.found = arena_printf(checkup->arena, "%zu of %zu hosts have no key yet: %s", keyless.count,
                                   checkup->host_count, names_text(checkup->arena, &keyless));
        check.hint = "pobsync key HOST";
    } else if (check.found == NULL && unpinned.count > 0) {
        check.found =
            arena_printf(checkup->arena, "%zu of %zu hosts have no pinned host key yet: %s", unpinned.count,
                         checkup->host_count, names_text(checkup->arena, &unpinned));
        check.hint = "pobsync test-connection HOST";
    } else if (check.found == NULL) {
        check.found = arena_printf(checkup->arena, "%zu configured, each with a key and a pinned host key",
                                   checkup->host_count);
    }
    add(checkup, &check);
}

/* Whether anybody may still be at work on a run. The lock is tried only when its owner is gone, so that looking never
 * makes a run that starts in this moment find its host busy. */
static bool is_alive(struct checkup *checkup, const struct run *run)
{
    HOST_DIRECTORY_SCOPED directory = HOST_DIRECTORY_CLOSED;
    FD_SCOPED lock = -1;
    struct lock_owner owner;
    struct err err;

    if (host_directory_open(checkup->arena, checkup->root_fd, checkup->root.path, run->host, false,
                            &directory, &err) < 0)
        return false;
    lock = fs_open_file(directory.fd, ".lock", &err);
    if (lock < 0)
        return errno != ENOENT;
    if (lock_read(lock, &owner, &err) == 0 && owner.pid > 0 && strcmp(owner.boot_id, clock_boot_id()) == 0 &&
        (kill(owner.pid, 0) == 0 || errno == EPERM))
        return true;
    return flock(lock, LOCK_SH | LOCK_NB) < 0;
}

static void check_runs(struct checkup *checkup)
{
    const struct run_filter running = {.state = RUN_RUNNING};
    struct check check = {.name = "runs"};
    struct list dead = {0};
    struct run *runs;
    size_t count;
    struct err err;

    if (store_run_list(checkup->arena, checkup->service->db, &running, &runs, &count, &err) < 0) {
        add_error(checkup, "runs", NULL, &err);
        return;
    }
    for (size_t i = 0; checkup->root_fd >= 0 && i < count; i++)
        if (runs[i].job == JOB_BACKUP && runs[i].host != NULL && !is_alive(checkup, &runs[i]))
            list_add(checkup->arena, &dead,
                     arena_printf(checkup->arena, "%lld of %s", (long long)runs[i].id, runs[i].host));
    check.found = arena_printf(checkup->arena, "%zu running", count);
    if (dead.count > 0) {
        check.level = CHECK_WARNING;
        check.found =
            arena_printf(checkup->arena, "recorded as running, but nobody is at work on them: run %s",
                         names_text(checkup->arena, &dead));
        check.expected = "that each run is recorded as it ended";
        check.hint = "the next backup of the host settles it: pobsync backup HOST";
    }
    add(checkup, &check);
}

static json_t *variable(const char *value, const char *origin)
{
    json_t *item = json_object();

    json_object_set_new(item, "value", document_text(value));
    json_object_set_new(item, "origin", json_string(origin));
    return item;
}

static json_t *environment_item(const struct environment *environment)
{
    json_t *item = json_object();

    json_object_set_new(item, "home", variable(environment->home, environment->home_origin));
    json_object_set_new(item, "database", variable(environment->database, environment->database_origin));
    json_object_set_new(item, "backup_root_fixed",
                        variable(environment->fixed_root, environment->fixed_root_origin));
    json_object_set_new(item, "env_file",
                        variable(environment->env_file, environment->env_file_read ? "read" : "not there"));
    return item;
}

/* What needs the tables. */
static void check_recorded(struct checkup *checkup)
{
    struct service *service = checkup->service;
    struct err err;

    if (global_settings_load(service, &checkup->global, &err) < 0 ||
        store_host_list(checkup->arena, service->db, &checkup->hosts, &checkup->host_count, &err) < 0 ||
        service_root_open(service, checkup->global.config.backup_root, &checkup->root, &checkup->root_fd,
                          &err) < 0) {
        add_error(checkup, "settings", NULL, &err);
        return;
    }
    check_root(checkup);
    if (checkup->root_fd >= 0)
        check_room(checkup);
    check_hosts(checkup);
    check_runs(checkup);
    check_time_zones(checkup);
    check_clock(checkup);
}

int document_check(struct service *service, json_t **document, struct err *err)
{
    struct checkup checkup = {
        .service = service, .arena = service->arena, .items = json_array(), .ok = true, .root_fd = -1};
    const char *home = service->environment.home;
    struct check check;

    if (service->asks_reader)
        return reader_document(service, READER_CHECK, NULL, document, err);
    check = check_state_directory(service->arena, home);
    add(&checkup, &check);
    check = check_keys(service->arena, home);
    add(&checkup, &check);
    if (check_database(&checkup))
        check_recorded(&checkup);
    check = check_rsync(service->arena, checkup.global.config.rsync_binary == NULL
                                            ? "rsync"
                                            : checkup.global.config.rsync_binary);
    add(&checkup, &check);
    check = check_ssh(service->arena);
    add(&checkup, &check);
    /* The reader's own are no news: it copies nothing. */
    if (!service->is_reader) {
        check = check_privileges(service->arena);
        add(&checkup, &check);
    }
    fs_close(&checkup.root_fd);
    *document = json_object();
    json_object_set_new(*document, "ok", json_boolean(checkup.ok));
    json_object_set_new(*document, "checks", checkup.items);
    json_object_set_new(*document, "environment", environment_item(&service->environment));
    return 0;
}
