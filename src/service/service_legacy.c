/* Taking what the files of the original say. */
#include "service/service_legacy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/transaction.h"
#include "model/rule.h"
#include "plan/legacy_config.h"
#include "service/document.h"
#include "service/legacy_files.h"
#include "service/service_config.h"
#include "service/service_root.h"
#include "service/service_schedule.h"
#include "store/store_audit.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_schedule.h"
#include "sys/fs.h"

struct import {
    struct service *service;
    struct legacy_files files;
    json_t *shown;    /* of each file */
    json_t *mistakes; /* of all files */
    int64_t counts[5];
};

enum outcome_word { TAKEN, CHANGED, UNCHANGED, UNKNOWN, LEFT_OUT };
static const char *const outcome_words[] = {"taken", "changed", "unchanged", "unknown", "left_out"};

static void import_release(struct import *import)
{
    legacy_files_close(&import->files);
    json_decref(import->shown);
    json_decref(import->mistakes);
}
#define IMPORT_SCOPED __attribute__((cleanup(import_release))) struct import

/* What a layer says before or after; either may be NULL: there is none. */
struct layers {
    const struct config *config;
    const struct schedule *schedule;
};

static const char *text_in(struct service *service, const struct layers *layers,
                           const struct legacy_item *item)
{
    if (item->of_schedule)
        return layers->schedule == NULL ? NULL : field_text(service->arena, item->field, layers->schedule);
    if (layers->config == NULL || !config_is_set(layers->config, item->field))
        return NULL;
    return field_text(service->arena, item->field, layers->config);
}

static enum outcome_word outcome_of(const struct legacy_item *item, const char *before, const char *after)
{
    if (item->field == NULL)
        return item->note == NULL ? UNKNOWN : LEFT_OUT;
    if (before == after || (before != NULL && after != NULL && strcmp(before, after) == 0))
        return UNCHANGED;
    return before == NULL ? TAKEN : CHANGED;
}

static json_t *item_json(struct import *import, const struct legacy_item *item, const struct layers *before,
                         const struct layers *after)
{
    bool known = item->field != NULL;
    const char *old = known ? text_in(import->service, before, item) : NULL;
    const char *new = known ? text_in(import->service, after, item) : NULL;
    enum outcome_word outcome = outcome_of(item, old, new);
    json_t *shown = json_object();

    import->counts[outcome]++;
    json_object_set_new(shown, "key", document_text(item->key));
    json_object_set_new(shown, "line",
                        json_integer(item->value->key != NULL ? item->value->key_line : item->value->line));
    json_object_set_new(
        shown, "column",
        json_integer(item->value->key != NULL ? item->value->key_column : item->value->column));
    json_object_set_new(shown, "outcome", json_string(outcome_words[outcome]));
    json_object_set_new(shown, "setting",
                        !known              ? json_null()
                        : item->of_schedule ? document_text(arena_printf(import->service->arena,
                                                                         "schedule.%s", item->field->name))
                                            : json_string(item->field->name));
    json_object_set_new(shown, "value", document_text(new));
    json_object_set_new(shown, "before", document_text(old));
    json_object_set_new(shown, "note", document_text(item->note));
    return shown;
}

static void show_file(struct import *import, const struct legacy_plan *plan, bool created,
                      const struct layers *before, const struct layers *after)
{
    json_t *shown = json_object(), *items = json_array();

    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(items, item_json(import, &plan->items[i], before, after));
    json_object_set_new(shown, "file", document_text(plan->document->file));
    json_object_set_new(shown, "host", document_text(plan->host));
    json_object_set_new(shown, "created", json_boolean(created));
    json_object_set_new(shown, "items", items);
    json_array_append_new(import->shown, shown);
}

static void add_mistake(struct import *import, const char *file, int line, int column, const char *message)
{
    json_t *mistake = json_object();

    json_object_set_new(mistake, "file", document_text(file));
    json_object_set_new(mistake, "line", json_integer(line));
    json_object_set_new(mistake, "column", json_integer(column));
    json_object_set_new(mistake, "message", document_text(message));
    json_array_append_new(import->mistakes, mistake);
}

static void add_mistakes(struct import *import, const struct legacy_plan *plan)
{
    for (size_t i = 0; i < plan->mistake_count; i++)
        add_mistake(import, plan->document->file, plan->mistakes[i].line, plan->mistakes[i].column,
                    plan->mistakes[i].message);
}

/* What a rule of the whole refuses is a mistake of the file; anything else ends the import. */
static int refuse_whole(struct import *import, const struct legacy_plan *plan, const struct err *err)
{
    if (err->code != ERR_INVALID)
        return -1;
    add_mistake(import, plan->document->file, 1, 1, err->message);
    return 0;
}

/* The wishes of a plan, of a schedule or of the settings. */
static struct config_change *changes_of(struct service *service, const struct legacy_plan *plan,
                                        bool of_schedule, size_t *count)
{
    struct config_change *changes = arena_alloc(service->arena, (plan->count + 1) * sizeof *changes);

    *count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct legacy_item *item = &plan->items[i];

        if (item->field == NULL || item->of_schedule != of_schedule ||
            item->field == config_field("backup_root"))
            continue;
        changes[(*count)++] = (struct config_change){item->field, item->text};
    }
    return changes;
}

/* The root is a wish of its own, because it is not marked here: only a person who looks at the disk does that. */
static int note_root(struct service *service, const struct legacy_plan *plan, struct err *err)
{
    const struct field *field = config_field("backup_root");
    const char *fixed = service->environment.fixed_root;
    struct config global;

    for (size_t i = 0; i < plan->count; i++) {
        struct legacy_item *item = &plan->items[i];

        if (item->field != field)
            continue;
        if (fixed != NULL && (item->text == NULL || strcmp(item->text, fixed) != 0)) {
            item->field = NULL;
            item->note = arena_printf(service->arena, "POBSYNC_BACKUP_ROOT_FIXED says \"%s\"", fixed);
            return 0;
        }
        if (store_global_load(service->arena, service->db, &global, err) < 0)
            return -1;
        if (item->text == NULL ? !config_is_set(&global, field)
                               : config_is_set(&global, field) && strcmp(global.backup_root, item->text) == 0)
            return 0;
        if (store_audit_add(service->db, service->now, service->actor, service->origin, "global.configure",
                            "global", config_is_set(&global, field) ? global.backup_root : NULL, item->text,
                            err) < 0)
            return -1;
        if (item->text == NULL)
            config_unset(&global, field);
        else if (config_set(service->arena, &global, SCOPE_GLOBAL, field, item->text, err) < 0)
            return -1;
        return store_global_save(service->db, &global, err);
    }
    return 0;
}

static int import_global(struct import *import, const struct yaml_document *document, struct err *err)
{
    struct service *service = import->service;
    struct config before, after;
    struct legacy_plan plan;
    struct config_change *changes;
    json_t *ignored = NULL;
    size_t count;

    legacy_plan_global(service->arena, document, &plan);
    add_mistakes(import, &plan);
    if (plan.mistake_count > 0)
        return 0;
    changes = changes_of(service, &plan, false, &count);
    if (store_global_load(service->arena, service->db, &before, err) < 0)
        return -1;
    if (service_global_configure(service, changes, count, false, &ignored, err) < 0)
        return refuse_whole(import, &plan, err);
    json_decref(ignored);
    if (note_root(service, &plan, err) < 0 || store_global_load(service->arena, service->db, &after, err) < 0)
        return -1;
    show_file(import, &plan, false, &(struct layers){.config = &before}, &(struct layers){.config = &after});
    return 0;
}

/* The rows of a host; *found and the schedule tell whether there are any. */
static int load_rows(struct service *service, const char *name, struct host *host, struct schedule *schedule,
                     struct layers *layers, struct err *err)
{
    *layers = (struct layers){0};
    if (store_host_load(service->arena, service->db, name, host, err) < 0)
        return err->code == ERR_NOT_FOUND ? 0 : -1;
    layers->config = &host->config;
    if (store_schedule_load(service->arena, service->db, host->id, schedule, err) == 0)
        layers->schedule = schedule;
    else if (err->code != ERR_NOT_FOUND)
        return -1;
    return 0;
}

/* Writes what the plan wishes. A refusal is noted as a mistake. */
static int apply_host(struct import *import, const struct legacy_plan *plan, struct err *err)
{
    struct service *service = import->service;
    size_t count;
    struct config_change *changes = changes_of(service, plan, false, &count);
    json_t *ignored = NULL;

    if (service_host_configure(service, plan->host, changes, count, &ignored, err) < 0)
        return refuse_whole(import, plan, err);
    json_decref(ignored);
    ignored = NULL;
    changes = changes_of(service, plan, true, &count);
    if (count > 0 && service_schedule_change(service, plan->host, changes, count, &ignored, err) < 0)
        return refuse_whole(import, plan, err);
    json_decref(ignored);
    return 0;
}

static int import_host(struct import *import, const struct legacy_file *file,
                       const struct yaml_document *document, struct err *err)
{
    struct service *service = import->service;
    struct host old_host, new_host;
    struct schedule old_schedule, new_schedule;
    struct layers before, after;
    struct config global;
    struct legacy_plan plan;

    if (store_global_load(service->arena, service->db, &global, err) < 0)
        return -1;
    legacy_plan_host(service->arena, document, file->host, &global.rsync_args, &plan);
    if (rule_host_name(file->host, err) < 0)
        legacy_plan_mistake(service->arena, &plan, document->top, err->message);
    add_mistakes(import, &plan);
    if (plan.mistake_count > 0)
        return 0;
    if (load_rows(service, file->host, &old_host, &old_schedule, &before, err) < 0 ||
        apply_host(import, &plan, err) < 0 ||
        load_rows(service, file->host, &new_host, &new_schedule, &after, err) < 0)
        return -1;
    show_file(import, &plan, before.config == NULL, &before, &after);
    return 0;
}

/* Each file in turn. One that is not YAML, or too large, is a mistake like any other. */
static int import_files(struct import *import, struct err *err)
{
    struct service *service = import->service;

    for (size_t i = 0; i < import->files.count; i++) {
        const struct legacy_file *file = &import->files.files[i];
        struct yaml_document document;
        int result;

        if (legacy_files_read(service->arena, &import->files, file, &document, err) < 0) {
            size_t prefix = document.line == 0 ? 0
                                               : strlen(arena_printf(service->arena, "%s:%d:%d: ", file->path,
                                                                     document.line, document.column));

            add_mistake(import, file->path, document.line, document.column, err->message + prefix);
            continue;
        }
        result = file->host == NULL ? import_global(import, &document, err)
                                    : import_host(import, file, &document, err);
        if (result < 0)
            return err_in(err, "%s", file->path);
    }
    return 0;
}

/* What is wrong with the root that is configured now, whether it was before or not; NULL when it is fine. */
static json_t *root_json(struct service *service)
{
    struct effective effective;
    struct config global;
    struct root_report report;
    struct err ignored;
    FD_SCOPED fd = -1;
    json_t *root = NULL;

    if (store_global_load(service->arena, service->db, &global, &ignored) < 0)
        return json_null();
    config_effective(service->arena, &global, NULL, service->environment.fixed_root, &effective);
    if (service_root_open(service, effective.config.backup_root, &report, &fd, &ignored) < 0 ||
        report.state == ROOT_OK)
        return json_null();
    root = json_object();
    json_object_set_new(root, "state", json_string(root_state_name(report.state)));
    json_object_set_new(root, "found", document_text(report.found));
    json_object_set_new(root, "hint", document_text(report.hint));
    return root;
}

static json_t *import_document(const struct import *import, const char *prefix, bool dry_run, json_t *root)
{
    json_t *document = json_object(), *counts = json_object();

    for (size_t i = 0; i < sizeof outcome_words / sizeof outcome_words[0]; i++)
        json_object_set_new(counts, outcome_words[i], json_integer(import->counts[i]));
    json_object_set_new(document, "prefix", document_text(prefix));
    json_object_set_new(document, "dry_run", json_boolean(dry_run));
    json_object_set_new(document, "ok", json_boolean(json_array_size(import->mistakes) == 0));
    json_object_set(document, "files", import->shown);
    json_object_set(document, "mistakes", import->mistakes);
    json_object_set_new(document, "counts", counts);
    json_object_set_new(document, "root", root);
    return document;
}

int service_legacy_import(struct service *service, const char *prefix, bool dry_run, json_t **document,
                          struct err *err)
{
    IMPORT_SCOPED import = {
        .service = service, .files = LEGACY_FILES_CLOSED, .shown = json_array(), .mistakes = json_array()};
    TRANSACTION_SCOPED transaction = {0};
    json_t *root;

    if (legacy_files_open(service->arena, prefix, &import.files, err) < 0 ||
        transaction_begin(&transaction, service->db, err) < 0 || import_files(&import, err) < 0)
        return -1;
    root = root_json(service);
    if (!dry_run && json_array_size(import.mistakes) == 0 && transaction_commit(&transaction, err) < 0) {
        json_decref(root);
        return -1;
    }
    *document = import_document(&import, import.files.prefix, dry_run, root);
    return 0;
}
