/* One host from its directory. */
#include "service/rebuild_host.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "db/transaction.h"
#include "model/rule.h"
#include "service/discover_import.h"
#include "service/document.h"
#include "service/host_file.h"
#include "store/store_audit.h"
#include "store/store_host.h"
#include "store/store_host_key.h"
#include "store/store_installation.h"
#include "store/store_schedule.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum { UNREADABLE_SHOWN = 100 };

static void refuse(struct rebuild_host *found, enum rebuild_state state, const char *problem)
{
    found->state = state;
    found->problem = problem;
}

/* The record at `path`; false when there is no such file. */
static bool read_record(struct arena *arena, int root_fd, const char *path, struct rebuild_host *found)
{
    BUF_SCOPED content = BUF_EMPTY;
    struct err err;

    if (fs_read_file(root_fd, path, HOST_FILE_MAX, &content, &err) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return false;
    } else if (host_record_parse(arena, found->name, buf_text(&content), content.size, &found->record,
                                 &err) == 0) {
        found->file = path;
        return true;
    } else {
        err_in(&err, "\"%s\"", path);
    }
    found->file = path;
    found->record = (struct host_record){0};
    refuse(found, REBUILD_UNREADABLE, arena_strdup(arena, err.message));
    return true;
}

static void look_at_record(struct arena *arena, int root_fd, struct rebuild_host *found)
{
    found->state = REBUILD_HOST;
    if (read_record(arena, root_fd, arena_printf(arena, "%s/" HOST_FILE, found->name), found) ||
        read_record(arena, root_fd, arena_printf(arena, EARLY_FILES "/%s.json", found->name), found))
        return;
    refuse(found, REBUILD_UNKNOWN, "there is no record of a host: \"" HOST_FILE "\" is not there");
}

static void look_at_purges(struct arena *arena, int root_fd, struct rebuild_host *found)
{
    struct err err;
    FD_SCOPED fd = fs_open_dir(root_fd, found->name, true, &err);

    if (fd >= 0 && purge_records_load(arena, found->name, fd, &found->purges, &err) < 0)
        found->purge_problem = arena_strdup(arena, err.message);
}

/* The row, if there is one, and those of its snapshots. */
static int load_rows(struct service *service, struct rebuild_host *found, struct err *err)
{
    if (store_host_load(service->arena, service->db, found->name, &found->row, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    found->state = REBUILD_RECORDED;
    found->problem = NULL;
    return store_snapshot_list(service->arena, service->db, found->row.id, true, &found->rows,
                               &found->row_count, err);
}

static bool has_host(const struct rebuild_host *found)
{
    return found->state == REBUILD_HOST || found->state == REBUILD_RECORDED;
}

static void count_pins(struct rebuild_host *found)
{
    for (size_t i = 0; i < found->look.count; i++) {
        const struct discovery_entry *entry = &found->look.entries[i];
        const struct snapshot_decision *decision =
            entry->class == DISCOVERY_NEW ? host_record_decision(&found->record, entry->name) : NULL;

        found->pins += decision != NULL && decision->pin_reason != NULL;
    }
}

int rebuild_host_look(struct service *service, int root_fd, const char *name, struct rebuild_host *found,
                      struct err *err)
{
    struct arena *arena = service->arena;
    struct discovery_limits limits = discovery_limits_of_import(clock_boot_ms());
    struct err no_host;

    *found = (struct rebuild_host){.name = name};
    discovery_look(arena, root_fd, name, &limits, &found->look);
    found->has_directory = found->look.end != LOOK_MISSING;
    if (rule_host_name(name, &no_host) < 0) {
        refuse(found, REBUILD_UNKNOWN, "a host cannot be called so");
    } else {
        look_at_record(arena, root_fd, found);
        look_at_purges(arena, root_fd, found);
        if (load_rows(service, found, err) < 0)
            return -1;
    }
    if (found->has_directory && found->look.end != LOOK_DONE)
        refuse(found, REBUILD_UNREADABLE,
               arena_printf(arena, "its directory cannot be read to the end: %s", found->look.problem));
    found->discovery =
        discovery_plan(arena, found->look.entries, found->look.count, found->rows, found->row_count);
    for (size_t i = 0; i < found->purges.count; i++) {
        int known = store_purge_is_recorded(service->db, &found->purges.purges[i], err);

        if (known < 0)
            return -1;
        found->new_purges += known == 0;
    }
    if (!has_host(found))
        return 0;
    found->snapshots = found->discovery.counts.new;
    count_pins(found);
    return 0;
}

static int insert_host(struct service *service, struct rebuild_host *found, struct err *err)
{
    const struct host_record *record = &found->record;
    struct schedule schedule = record->schedule;

    found->row = (struct host){
        .name = found->name,
        .created_at = record->created_at != 0 ? record->created_at : service->now,
        .config = record->config,
    };
    if (store_node_load(service->db, service->now, &found->row.node_id, err) < 0 ||
        store_host_insert(service->db, &found->row, &found->row.id, err) < 0)
        return -1;
    for (size_t i = 0; i < record->key_count; i++)
        if (store_host_key_save(service->db, found->row.id, &record->keys[i], err) < 0)
            return -1;
    if (!record->has_schedule)
        return 0;
    /* What was due while there was no database is not due now. */
    schedule.host_id = found->row.id;
    schedule.created_at = schedule.changed_at = service->now;
    return store_schedule_save(service->db, &schedule, err);
}

/* Pins and holds. Of a snapshot that the record did not know yet, its own metadata has the last word. */
static int decide(struct service *service, const struct rebuild_host *found,
                  const struct discover_import *import, struct err *err)
{
    const struct host_record *record = &found->record;

    for (size_t i = 0; i < import->imported.count; i++) {
        const char *name = import->imported.items[i];
        const struct snapshot_decision *decision = host_record_decision(record, name);
        bool known = record->newest != NULL && strcmp(name, record->newest) <= 0;
        struct snapshot row;

        if (decision == NULL && !known)
            continue;
        if (store_snapshot_load(service->arena, service->db, found->row.id, name, &row, err) < 0)
            return -1;
        if ((decision != NULL || row.held_reason != NULL) &&
            store_snapshot_decide(service->db, row.id, decision == NULL ? NULL : decision->pin_reason,
                                  decision == NULL ? NULL : decision->held_reason, err) < 0)
            return -1;
    }
    return 0;
}

static int import_snapshots(struct survey *survey, struct rebuild_host *found, struct err *err)
{
    struct service *service = survey->service;
    struct survey_host host = {.host = &found->row, .look = found->look};
    struct discover_import import = {0};

    if (!found->has_directory)
        return 0;
    host.path = arena_printf(service->arena, "%s/%s", survey->path, found->name);
    if (survey_compare(survey, &host, err) < 0 || discover_import(survey, &host, &import, err) < 0 ||
        decide(service, found, &import, err) < 0)
        return -1;
    found->snapshots = import.imported.count;
    found->notes = import.notes;
    return 0;
}

/* Of a directory without a host as well: what was deleted there stays known. */
static int restore_purges(struct service *service, struct rebuild_host *found, struct err *err)
{
    found->new_purges = 0;
    for (size_t i = 0; i < found->purges.count; i++) {
        struct purge *purge = &found->purges.purges[i];
        int added;

        purge->host_id = found->row.id;
        added = store_purge_restore(service->db, purge, err);
        if (added < 0)
            return -1;
        found->new_purges += (size_t)added;
    }
    return 0;
}

int rebuild_host_apply(struct survey *survey, struct rebuild_host *found, struct err *err)
{
    struct service *service = survey->service;
    TRANSACTION_SCOPED transaction = {0};

    if (found->state == REBUILD_UNREADABLE ||
        (found->state != REBUILD_HOST && found->snapshots + found->new_purges == 0))
        return 0;
    if (transaction_begin(&transaction, service->db, err) < 0 ||
        (found->state == REBUILD_HOST && insert_host(service, found, err) < 0) ||
        (has_host(found) && import_snapshots(survey, found, err) < 0) ||
        restore_purges(service, found, err) < 0 ||
        store_audit_add(
            service->db, service->now, service->actor, service->origin, "host.rebuild", found->name, NULL,
            arena_printf(service->arena, "%zu snapshots, %zu purges", found->snapshots, found->new_purges),
            err) < 0)
        return err_in(err, "\"%s\"", found->name);
    return transaction_commit(&transaction, err);
}

static json_t *snapshot_counts(const struct rebuild_host *found)
{
    const struct discovery_counts *counts = &found->discovery.counts;
    size_t left = counts->new - found->snapshots;
    json_t *json = json_object();

    assert(counts->found == found->snapshots + counts->recorded + counts->unreadable + counts->incomplete +
                                counts->ignored + left);
    json_object_set_new(json, "found", json_integer((json_int_t)counts->found));
    json_object_set_new(json, "rebuilt", json_integer((json_int_t)found->snapshots));
    json_object_set_new(json, "recorded", json_integer((json_int_t)counts->recorded));
    json_object_set_new(json, "unreadable", json_integer((json_int_t)counts->unreadable));
    json_object_set_new(json, "incomplete", json_integer((json_int_t)counts->incomplete));
    json_object_set_new(json, "ignored", json_integer((json_int_t)counts->ignored));
    json_object_set_new(json, "left", json_integer((json_int_t)left));
    return json;
}

static json_t *purge_counts(const struct rebuild_host *found)
{
    const json_int_t readable = (json_int_t)found->purges.count;
    const json_int_t unreadable = (json_int_t)found->purges.unreadable;
    const json_int_t added = (json_int_t)found->new_purges;
    json_t *json = json_object();

    json_object_set_new(json, "found", json_integer(readable + unreadable));
    json_object_set_new(json, "rebuilt", json_integer(added));
    json_object_set_new(json, "recorded", json_integer(readable - added));
    json_object_set_new(json, "unreadable", json_integer(unreadable));
    return json;
}

/* Every entry and line that cannot be read, by name. */
static json_t *unreadable_json(struct arena *arena, const struct rebuild_host *found)
{
    json_t *items = json_array();

    for (size_t i = 0; i < found->look.count && json_array_size(items) < UNREADABLE_SHOWN; i++) {
        const struct discovery_entry *entry = &found->look.entries[i];
        const char *folder = entry->kind == KIND__MAX ? "." : snapshot_kind_directory(entry->kind);

        if (entry->class != DISCOVERY_UNREADABLE && entry->class != DISCOVERY_IGNORED)
            continue;
        json_array_append_new(
            items, document_text(arena_printf(arena, "%s/%s: %s", folder,
                                              text_printable_dup(arena, entry->name, strlen(entry->name)),
                                              entry->problem == NULL ? "is no snapshot" : entry->problem)));
    }
    for (size_t i = 0; i < found->purges.problems.count; i++)
        json_array_append_new(items, document_text(arena_printf(arena, ".pobsync/purges.jsonl: %s",
                                                                found->purges.problems.items[i])));
    if (found->purge_problem != NULL)
        json_array_append_new(items, document_text(found->purge_problem));
    return items;
}

json_t *rebuild_host_item(struct service *service, const struct rebuild_host *found)
{
    static const char *const words[] = {"rebuild", "recorded", "unknown", "unreadable"};
    json_t *item = json_object(), *notes = json_array();

    for (size_t i = 0; i < found->notes.count && i < UNREADABLE_SHOWN; i++)
        json_array_append_new(notes, document_text(found->notes.items[i]));
    json_object_set_new(item, "host",
                        document_text(text_printable_dup(service->arena, found->name, strlen(found->name))));
    json_object_set_new(item, "state", json_string(words[found->state]));
    json_object_set_new(item, "file", document_text(found->file));
    json_object_set_new(item, "problem", document_text(found->problem));
    json_object_set_new(item, "schedule",
                        json_boolean(found->state == REBUILD_HOST && found->record.has_schedule));
    json_object_set_new(item, "host_keys",
                        json_integer(found->state == REBUILD_HOST ? (json_int_t)found->record.key_count : 0));
    json_object_set_new(item, "pins", json_integer((json_int_t)found->pins));
    json_object_set_new(item, "snapshots", snapshot_counts(found));
    json_object_set_new(item, "purges", purge_counts(found));
    json_object_set_new(item, "unreadable", unreadable_json(service->arena, found));
    json_object_set_new(item, "notes", notes);
    return item;
}
