/* The whole root, host by host. */
#include "service/service_rebuild.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/rule.h"
#include "service/document.h"
#include "service/host_file.h"
#include "service/rebuild_host.h"
#include "service/service_config.h"
#include "service/service_root.h"
#include "store/store_global.h"
#include "sys/fs.h"
#include "sys/stop.h"

enum { HOSTS_MAX = 100000 };

struct rebuild {
    struct service *service;
    const struct rebuild_request *request;
    const char *path; /* without links */
    int root_fd;
    struct root_report report;
    bool ours; /* the root in use already */
    /* Global settings. */
    const char *global_state, *global_problem;
    struct config global;
    size_t global_count;
    struct list names; /* of directories and records, sorted and once each */
    json_t *items;
    int64_t hosts[REBUILD__MAX], snapshots, rebuilt_snapshots, purges, rebuilt_purges;
    bool whole;
};

static void rebuild_release(struct rebuild *rebuild)
{
    fs_close(&rebuild->root_fd);
    json_decref(rebuild->items);
}
#define REBUILD_SCOPED __attribute__((cleanup(rebuild_release))) struct rebuild

static int resolve(struct rebuild *rebuild, struct err *err)
{
    char *real = realpath(rebuild->request->path, NULL);

    if (real == NULL) {
        err_errno(err, ERR_ROOT, errno, "backup root \"%s\"", rebuild->request->path);
        return err_hint(err, "mount its disk first");
    }
    rebuild->path = arena_strdup(rebuild->service->arena, real);
    free(real);
    return 0;
}

/* One that is in use must be this one: two roots have not got one database. */
static int open_root(struct rebuild *rebuild, struct err *err)
{
    struct service *service = rebuild->service;
    struct root_question question;
    struct root known;
    bool is_known;

    if (resolve(rebuild, err) < 0 || service_root_load(service, &known, &is_known, err) < 0)
        return -1;
    if (is_known && strcmp(known.path, rebuild->path) != 0) {
        err_set(err, ERR_REFUSED, "the backup root in use is \"%s\", not \"%s\"", known.path, rebuild->path);
        return err_hint(err, "rebuild into a new, empty database: see POBSYNC_HOME");
    }
    question = service_root_question(service, rebuild->path, is_known ? &known : NULL);
    rebuild->root_fd = root_open(service->arena, &question, &rebuild->report);
    rebuild->ours = rebuild->root_fd >= 0;
    if (rebuild->ours)
        return 0;
    if (rebuild->report.state != ROOT_UNMARKED)
        return root_refuse(&rebuild->report, err);
    rebuild->root_fd = fs_open_root(rebuild->path, err);
    return rebuild->root_fd < 0 ? -1 : 0;
}

static size_t count_set(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config_field_count; i++)
        count += &config_fields[i] != config_field("backup_root") && config_is_set(config, &config_fields[i]);
    return count;
}

static int look_at_global(struct rebuild *rebuild, struct err *err)
{
    struct service *service = rebuild->service;
    BUF_SCOPED content = BUF_EMPTY;
    struct config known;
    struct err problem;

    if (store_global_load(service->arena, service->db, &known, err) < 0)
        return -1;
    if (count_set(&known) > 0) {
        rebuild->global_state = "recorded";
        return 0;
    }
    if (fs_read_file(rebuild->root_fd, GLOBAL_FILE, HOST_FILE_MAX, &content, &problem) < 0) {
        rebuild->global_state = errno == ENOENT || errno == ENOTDIR ? "missing" : "unreadable";
    } else if (global_record_parse(service->arena, buf_text(&content), content.size, &rebuild->global,
                                   &problem) == 0) {
        rebuild->global_state = "rebuild";
        rebuild->global_count = count_set(&rebuild->global);
        return 0;
    } else {
        rebuild->global_state = "unreadable";
        rebuild->global = (struct config){0};
        err_in(&problem, "\"" GLOBAL_FILE "\"");
    }
    rebuild->whole = false;
    rebuild->global_problem = strcmp(rebuild->global_state, "missing") == 0
                                  ? "there is no \"" GLOBAL_FILE "\": the global settings are the defaults"
                                  : arena_strdup(service->arena, problem.message);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Directories of the root, and hosts that have only a record. */
static int find_names(struct rebuild *rebuild, struct err *err)
{
    struct arena *arena = rebuild->service->arena;
    struct list records = {0};
    struct list *names = &rebuild->names;
    size_t kept = 0;
    struct err missing;
    bool more = false, more_records = false;
    FD_SCOPED fd = fs_open_dir(rebuild->root_fd, EARLY_FILES, true, &missing);

    if (discovery_directories(arena, rebuild->root_fd, HOSTS_MAX, names, &more, err) < 0 ||
        (fd >= 0 && fs_list_names(arena, fd, HOSTS_MAX, &records, &more_records, err) < 0))
        return -1;
    if (more || more_records)
        return err_set(err, ERR_REFUSED, "\"%s\" holds more than %d directories: it is no backup root",
                       rebuild->path, (int)HOSTS_MAX);
    for (size_t i = 0; i < records.count; i++) {
        size_t length = strlen(records.items[i]);
        const char *name = length <= 5 ? "" : arena_copy(arena, records.items[i], length - 5);

        if (rule_host_name(name, &missing) == 0 && strcmp(records.items[i] + length - 5, ".json") == 0)
            list_add(arena, names, name);
    }
    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, by_name);
    for (size_t i = 0; i < names->count; i++)
        if (kept == 0 || strcmp(names->items[kept - 1], names->items[i]) != 0)
            names->items[kept++] = names->items[i];
    names->count = kept;
    return 0;
}

/* The root, and the global settings with it, in one transaction. */
static int take_root(struct rebuild *rebuild, struct err *err)
{
    struct service *service = rebuild->service;
    struct config_change *changes = arena_alloc(service->arena, (config_field_count + 1) * sizeof *changes);
    size_t count = 0;
    json_t *ignored = NULL;

    if (!rebuild->ours)
        changes[count++] = (struct config_change){config_field("backup_root"), rebuild->path};
    for (size_t i = 0; i < config_field_count; i++)
        if (config_is_set(&rebuild->global, &config_fields[i]))
            changes[count++] = (struct config_change){
                &config_fields[i], field_text(service->arena, &config_fields[i], &rebuild->global)};
    if (count > 0 &&
        service_global_configure(service, changes, count, rebuild->request->adopt, &ignored, err) < 0)
        return -1;
    json_decref(ignored);
    return 0;
}

static void add_up(struct rebuild *rebuild, const struct rebuild_host *found)
{
    rebuild->hosts[found->state]++;
    rebuild->snapshots += (int64_t)found->discovery.counts.found;
    rebuild->rebuilt_snapshots += (int64_t)found->snapshots;
    rebuild->purges += (int64_t)(found->purges.count + found->purges.unreadable);
    rebuild->rebuilt_purges += (int64_t)found->new_purges;
    rebuild->whole = rebuild->whole && found->state != REBUILD_UNREADABLE && found->purge_problem == NULL &&
                     found->purges.unreadable == 0 && found->discovery.counts.unreadable == 0;
}

/* One host in memory of its own. `survey` NULL: only the plan. */
static int do_host(struct rebuild *rebuild, const char *name, const struct survey *survey, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct service piece = *rebuild->service;
    struct rebuild_host found;

    piece.arena = &arena;
    if (rebuild_host_look(&piece, rebuild->root_fd, name, &found, err) < 0)
        return -1;
    if (survey != NULL) {
        struct survey mine = *survey;

        mine.service = &piece;
        if (rebuild_host_apply(&mine, &found, err) < 0)
            return -1;
    }
    add_up(rebuild, &found);
    json_array_append_new(rebuild->items, rebuild_host_item(&piece, &found));
    return 0;
}

static int do_hosts(struct rebuild *rebuild, const struct survey *survey, struct err *err)
{
    for (size_t i = 0; i < rebuild->names.count; i++) {
        if (stop_requested()) {
            err_set(err, ERR_INTERRUPTED, "stopped; %zu of %zu directories were done", i,
                    rebuild->names.count);
            return err_hint(err, "the same command goes on where this one ended");
        }
        if (do_host(rebuild, rebuild->names.items[i], survey, err) < 0)
            return -1;
    }
    return 0;
}

static int apply(struct rebuild *rebuild, struct err *err)
{
    SURVEY_SCOPED survey = SURVEY_CLOSED;

    if (take_root(rebuild, err) < 0 || survey_open(rebuild->service, true, &survey, err) < 0)
        return -1;
    return survey.root_fd < 0 ? root_refuse(&survey.report, err) : do_hosts(rebuild, &survey, err);
}

static json_t *counts_json(const struct rebuild *rebuild)
{
    json_t *counts = json_object();

    json_object_set_new(counts, "hosts", json_integer((json_int_t)rebuild->names.count));
    json_object_set_new(counts, "rebuilt", json_integer(rebuild->hosts[REBUILD_HOST]));
    json_object_set_new(counts, "recorded", json_integer(rebuild->hosts[REBUILD_RECORDED]));
    json_object_set_new(counts, "unknown", json_integer(rebuild->hosts[REBUILD_UNKNOWN]));
    json_object_set_new(counts, "unreadable", json_integer(rebuild->hosts[REBUILD_UNREADABLE]));
    json_object_set_new(counts, "snapshots", json_integer(rebuild->snapshots));
    json_object_set_new(counts, "rebuilt_snapshots", json_integer(rebuild->rebuilt_snapshots));
    json_object_set_new(counts, "purges", json_integer(rebuild->purges));
    json_object_set_new(counts, "rebuilt_purges", json_integer(rebuild->rebuilt_purges));
    return counts;
}

static int make_document(struct rebuild *rebuild, json_t **document, struct err *err)
{
    json_t *global;
    struct root root;
    bool known;

    if (service_root_load(rebuild->service, &root, &known, err) < 0)
        return -1;
    global = json_object();
    json_object_set_new(global, "state", json_string(rebuild->global_state));
    json_object_set_new(global, "settings", json_integer((json_int_t)rebuild->global_count));
    json_object_set_new(global, "problem", document_text(rebuild->global_problem));
    *document = json_object();
    json_object_set_new(*document, "backup_root", document_text(rebuild->path));
    json_object_set_new(*document, "dry_run", json_boolean(rebuild->request->dry_run));
    json_object_set_new(*document, "root", document_text(rebuild->report.found));
    json_object_set_new(*document, "ours", json_boolean(rebuild->ours));
    json_object_set_new(*document, "global", global);
    json_object_set(*document, "items", rebuild->items);
    json_object_set_new(*document, "counts", counts_json(rebuild));
    json_object_set_new(*document, "whole", json_boolean(rebuild->whole));
    json_object_set_new(*document, "doubt", document_text(known ? root.doubt : NULL));
    json_object_set_new(*document, "as_of", document_time(rebuild->service->now));
    return 0;
}

int service_rebuild(struct service *service, const struct rebuild_request *request, json_t **document,
                    struct err *err)
{
    REBUILD_SCOPED rebuild = {
        .service = service, .request = request, .root_fd = -1, .items = json_array(), .whole = true};

    if (open_root(&rebuild, err) < 0 || look_at_global(&rebuild, err) < 0 || find_names(&rebuild, err) < 0)
        return -1;
    if ((request->dry_run ? do_hosts(&rebuild, NULL, err) : apply(&rebuild, err)) < 0)
        return -1;
    return make_document(&rebuild, document, err);
}
