/* The steps of the wizard, told from what is recorded: it can be left at any time and taken up again. */
#include "service/document_setup.h"

#include <string.h>

#include "service/document.h"
#include "service/document_preflight.h"
#include "service/document_status.h"
#include "service/host_health.h"
#include "service/host_settings.h"
#include "service/reader_document.h"
#include "service/service_key.h"
#include "service/service_root.h"
#include "store/store_run.h"
#include "sys/fs.h"

/* The settings of the step paths. */
static const char *const paths[] = {"source_root", "includes", "excludes", "one_file_system"};
enum { PATHS = sizeof paths / sizeof paths[0] };

/* What tells which steps are done. */
struct progress {
    struct host_settings settings;
    struct host_health_list health;
    bool has_key, was_tested, is_connected, has_paths;
};

static int load_root(struct service *service, json_t **item, struct err *err)
{
    struct root_report report;
    struct effective global;
    FD_SCOPED fd = -1;

    if (global_settings_load(service, &global, err) < 0 ||
        service_root_open(service, global.config.backup_root, &report, &fd, err) < 0)
        return -1;
    *item = document_root_item(&report);
    return 0;
}

int document_setup_root(struct service *service, json_t **document, struct err *err)
{
    json_t *root, *run;

    if (service->asks_reader)
        return reader_document(service, READER_SETUP_ROOT, NULL, document, err);
    if (load_root(service, &root, err) < 0)
        return -1;
    if (document_run_newest(service, NULL, JOB_ROOT, &run, err) < 0) {
        json_decref(root);
        return -1;
    }
    *document = json_object();
    json_object_set_new(*document, "root", root);
    json_object_set_new(*document, "fixed", document_text(service->environment.fixed_root));
    json_object_set_new(*document, "run", run);
    return 0;
}

/* As store_run_newest(): whether there is one. */
static int newest_succeeded(struct service *service, int64_t host_id, enum job job, bool *succeeded,
                            struct err *err)
{
    struct run run;
    int found = store_run_newest(service->arena, service->db, host_id, job, &run, err);

    *succeeded = found > 0 && run.state == RUN_SUCCESS;
    return found;
}

static int load_progress(struct service *service, const char *host, struct progress *progress,
                         struct err *err)
{
    int64_t id;
    int tested;

    if (host_settings_load(service, host, &progress->settings, err) < 0 ||
        host_health_load(service, host, &progress->health, err) < 0)
        return -1;
    id = progress->settings.host.id;
    if (newest_succeeded(service, id, JOB_KEY, &progress->has_key, err) < 0 ||
        (tested = newest_succeeded(service, id, JOB_TEST, &progress->is_connected, err)) < 0)
        return -1;
    progress->was_tested = tested > 0;
    progress->has_paths = progress->health.hosts[0].schedule != NULL;
    for (size_t i = 0; i < PATHS; i++)
        progress->has_paths =
            progress->has_paths || config_is_set(&progress->settings.host.config, config_field(paths[i]));
    return 0;
}

/* A host that has a good snapshot has proved that it can be reached, whoever gave it its key; a test that came since
 * then knows better. */
static void add_steps(const struct progress *progress, json_t *document)
{
    const struct host_health *health = &progress->health.hosts[0];
    bool good = health->last_good != NULL;
    const struct {
        const char *step, *title;
        bool done;
    } steps[] = {
        {"key", "Key", progress->has_key || progress->is_connected || good},
        {"connect", "Connection", progress->was_tested ? progress->is_connected : good},
        {"paths", "Paths", progress->has_paths || good},
        {"schedule", "Schedule", health->schedule != NULL},
        {"first", "First backup", good},
    };
    json_t *items = json_array(), *next = json_null();

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        json_array_append_new(items, json_pack("{s:s, s:s, s:b}", "step", steps[i].step, "title",
                                               steps[i].title, "done", steps[i].done));
        if (!steps[i].done && json_is_null(next))
            next = json_string(steps[i].step);
    }
    json_object_set_new(document, "steps", items);
    json_object_set_new(document, "next", next);
}

static int add_to_import(struct service *service, const char *host, json_t *document, struct err *err)
{
    json_t *preflight;
    const json_t *item;

    if (document_preflight(service, host, &preflight, err) < 0)
        return -1;
    item = json_array_get(json_object_get(preflight, "items"), 0);
    json_object_set(document, "to_import", json_object_get(json_object_get(item, "counts"), "new"));
    json_decref(preflight);
    return 0;
}

int document_setup_host(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct progress progress;

    if (service->asks_reader)
        return reader_document(service, READER_SETUP_HOST, host, document, err);
    if (load_progress(service, host, &progress, err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host));
    json_object_set_new(*document, "address", document_text(progress.settings.config->address));
    json_object_set_new(*document, "root", document_root_item(&progress.health.root));
    add_steps(&progress, *document);
    if (add_to_import(service, host, *document, err) == 0)
        return 0;
    json_decref(*document);
    *document = NULL;
    return -1;
}

/* Adds the newest run of a job under that name. */
static int add_run(struct service *service, const char *host, enum job job, const char *name,
                   json_t *document, struct err *err)
{
    json_t *run;

    if (document_run_newest(service, host, job, &run, err) < 0)
        return -1;
    json_object_set_new(document, name, run);
    return 0;
}

int document_setup_key(struct service *service, const char *host, const char *line, json_t **document,
                       struct err *err)
{
    json_t *key;

    if (document_setup_host(service, host, document, err) < 0)
        return -1;
    if (add_run(service, host, JOB_KEY, "run", *document, err) < 0 ||
        service_key_recorded(service, host, line == NULL ? "rrsync" : line,
                             json_object_get(json_object_get(*document, "run"), "result"), &key, err) < 0) {
        json_decref(*document);
        *document = NULL;
        return -1;
    }
    json_object_set_new(*document, "key", key);
    return 0;
}

int document_setup_connect(struct service *service, const char *host, json_t **document, struct err *err)
{
    if (document_setup_host(service, host, document, err) < 0)
        return -1;
    if (add_run(service, host, JOB_TEST, "run", *document, err) == 0 &&
        add_run(service, host, JOB_HOST_KEY, "accepted", *document, err) == 0)
        return 0;
    json_decref(*document);
    *document = NULL;
    return -1;
}

int document_setup_paths(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct host_settings settings;
    json_t *items = json_array();

    if (document_setup_host(service, host, document, err) < 0 ||
        host_settings_load(service, host, &settings, err) < 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < PATHS; i++) {
        const struct field *field = config_field(paths[i]);
        bool own = config_is_set(&settings.host.config, field);

        json_array_append_new(
            items, json_pack("{s:s, s:o, s:o, s:s}", "name", paths[i], "own",
                             own ? document_field(field, &settings.host.config) : json_null(), "value",
                             document_field(field, settings.config), "help", field->help));
    }
    json_object_set_new(*document, "paths", items);
    return 0;
}

int document_setup_first(struct service *service, const char *host, json_t **document, struct err *err)
{
    if (document_setup_host(service, host, document, err) < 0)
        return -1;
    if (add_run(service, host, JOB_BACKUP, "run", *document, err) == 0)
        return 0;
    json_decref(*document);
    *document = NULL;
    return -1;
}
