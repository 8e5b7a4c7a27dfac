/* The wizard: the backup root, and a first host step by step. Every step is a page of its own that can be left and found
 * again; what has to be done outside of this process is a run of the queue, which the page of the step follows. */
#include <string.h>

#include "model/config.h"
#include "service/document_setup.h"
#include "service/service_config.h"
#include "service/service_queue.h"
#include "web/input.h"
#include "web/page.h"
#include "web/visit.h"

/* How the run of a step stands, for its page. */
static json_t *state_of(const json_t *run)
{
    const char *name = json_string_value(json_object_get(run, "state"));
    enum run_state state = run_state_parse(name);
    bool under_way = name != NULL && !run_has_ended(state);

    return json_pack("{s:b, s:b}", "under_way", under_way, "succeeded",
                     name != NULL && (state == RUN_SUCCESS || state == RUN_WARNING));
}

/* What the page of a step shows beside the document: which step it is, and how its run stands. */
static void add_step(struct visit *visit, json_t *document, const char *step)
{
    const json_t *steps = json_object_get(document, "steps");

    for (size_t i = 0; !visit->api && i < json_array_size(steps); i++) {
        json_t *item = json_array_get(steps, i);

        json_object_set_new(
            item, "current",
            json_boolean(strcmp(json_string_value(json_object_get(item, "step")), step) == 0));
    }
    visit->extra = state_of(json_object_get(document, "run"));
}

/* Work of a step: the page of the step follows it; a program gets the place of the run. */
static int enqueue_for_step(struct visit *visit, struct queue_wish *wish, const char *path, json_t **document,
                            struct err *err)
{
    if (page_enqueue(visit, wish, document, err) < 0)
        return -1;
    if (!visit->api)
        visit_go(visit, "%s", path);
    return 0;
}

static const char *step_path(const struct visit *visit, const char *step)
{
    return arena_printf(visit->arena, "/hosts/%s/setup/%s", visit_param(visit, "host"), step);
}

int page_setup_root(struct visit *visit, json_t **document, struct err *err)
{
    const char *path = visit_input(visit, "path");
    const json_t *root;

    if (document_setup_root(visit->service, document, err) < 0)
        return -1;
    root = json_object_get(*document, "root");
    visit->extra = state_of(json_object_get(*document, "run"));
    if (path == NULL)
        path = json_string_value(json_object_get(root, "path"));
    json_object_set_new(visit->extra, "path", json_string(path == NULL ? "" : path));
    return 0;
}

int page_setup_root_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *adopt = visit_text(visit, "adopt"), *path = visit_text(visit, "path");
    struct queue_wish wish = {
        .job = JOB_ROOT,
        .request = {.path = path, .adopt = adopt != NULL && strcmp(adopt, "yes") == 0},
    };

    if (path == NULL && visit->service->environment.fixed_root == NULL)
        return err_set(err, ERR_INVALID, "path: which directory is to be the backup root?");
    return enqueue_for_step(visit, &wish, "/setup/root", document, err);
}

int page_setup_host(struct visit *visit, json_t **document, struct err *err)
{
    if (document_setup_host(visit->service, visit_param(visit, "host"), document, err) < 0)
        return -1;
    add_step(visit, *document, "");
    return 0;
}

int page_setup_line_check(const char *value, struct err *err)
{
    if (strcmp(value, "rrsync") == 0 || strcmp(value, "sudo") == 0 || strcmp(value, "plain") == 0)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no kind of line, expected rrsync, sudo or plain", value);
}

int page_setup_key(struct visit *visit, json_t **document, struct err *err)
{
    const char *line = visit_text(visit, "line");

    if (document_setup_key(visit->service, visit_param(visit, "host"), line, document, err) < 0)
        return -1;
    add_step(visit, *document, "key");
    json_object_set_new(visit->extra, "line", json_string(line == NULL ? "rrsync" : line));
    return 0;
}

int page_setup_key_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_KEY, .host = visit_param(visit, "host")};

    return enqueue_for_step(visit, &wish, step_path(visit, "key"), document, err);
}

int page_setup_connect(struct visit *visit, json_t **document, struct err *err)
{
    const json_t *result;
    const char *cause;

    if (document_setup_connect(visit->service, visit_param(visit, "host"), document, err) < 0)
        return -1;
    add_step(visit, *document, "connect");
    result = json_object_get(json_object_get(*document, "run"), "result");
    cause = json_string_value(json_object_get(result, "cause"));
    json_object_set_new(visit->extra, "changed",
                        cause != NULL && strcmp(cause, cause_name(CAUSE_HOST_KEY_CHANGED)) == 0
                            ? json_incref(json_object_get(result, "shown"))
                            : json_null());
    return 0;
}

int page_setup_connect_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_TEST, .host = visit_param(visit, "host")};

    return enqueue_for_step(visit, &wish, step_path(visit, "connect"), document, err);
}

int page_fingerprint_check(const char *value, struct err *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum { DIGEST = 43 };

    if (strncmp(value, "SHA256:", 7) == 0 && strspn(value + 7, letters) == DIGEST &&
        strlen(value) == DIGEST + 7)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no fingerprint, expected SHA256: and %d letters", value,
                   DIGEST);
}

int page_host_key_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_HOST_KEY,
                              .host = visit_param(visit, "host"),
                              .request = {.fingerprint = visit_input(visit, "fingerprint")}};

    return enqueue_for_step(visit, &wish, step_path(visit, "connect"), document, err);
}

/* What is to be copied: presets are links, so that a choice can be seen before it is saved. */
static const char *preset_of(const struct visit *visit, const char *field)
{
    const char *preset = visit_text(visit, "preset");

    if (preset == NULL)
        return NULL;
    if (strcmp(field, "includes") == 0)
        return strcmp(preset, "data") == 0 ? "/etc\n/home\n/root\n/srv\n/usr/local\n/var/lib\n/var/www" : "";
    return strcmp(field, "one_file_system") == 0 ? "no" : "";
}

int page_preset_check(const char *value, struct err *err)
{
    if (strcmp(value, "whole") == 0 || strcmp(value, "data") == 0)
        return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is no preset, expected whole or data", value);
}

static const char *own_text(struct arena *arena, const json_t *own)
{
    struct list lines = {0};

    if (json_is_boolean(own))
        return json_is_true(own) ? "yes" : "no";
    for (size_t i = 0; i < json_array_size(own); i++)
        list_add(arena, &lines, json_string_value(json_array_get(own, i)));
    return json_is_string(own) ? json_string_value(own) : list_lines(arena, &lines);
}

int page_setup_paths(struct visit *visit, json_t **document, struct err *err)
{
    const json_t *paths;
    json_t *form = json_object();

    if (document_setup_paths(visit->service, visit_param(visit, "host"), document, err) < 0) {
        json_decref(form);
        return -1;
    }
    add_step(visit, *document, "paths");
    paths = json_object_get(*document, "paths");
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const json_t *item = json_array_get(paths, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        const char *sent = visit_input(visit, name), *preset = preset_of(visit, name);

        json_object_set_new(form, name,
                            json_string(sent != NULL ? sent
                                        : preset != NULL
                                            ? preset
                                            : own_text(visit->arena, json_object_get(item, "own"))));
    }
    json_object_set_new(visit->extra, "form", form);
    return 0;
}

/* What is left empty is inherited. */
int page_setup_paths_post(struct visit *visit, json_t **document, struct err *err)
{
    static const char *const names[] = {"source_root", "includes", "excludes", "one_file_system"};
    struct config_change changes[sizeof names / sizeof names[0]];
    const char *host = visit_param(visit, "host");
    json_t *there;
    size_t count = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = visit_input(visit, names[i]);

        if (text != NULL)
            changes[count++] = (struct config_change){config_field(names[i]),
                                                      *text == '\0' ? NULL : input_plain(visit->arena, text)};
    }
    /* A host that is not there is not made by this. */
    if (document_setup_host(visit->service, host, &there, err) < 0)
        return -1;
    json_decref(there);
    if (service_host_configure(visit->service, host, changes, count, document, err) < 0)
        return -1;
    visit_go(visit, "%s",
             visit->api ? arena_printf(visit->arena, "/hosts/%s", host) : step_path(visit, "schedule"));
    return 0;
}

int page_setup_first(struct visit *visit, json_t **document, struct err *err)
{
    if (document_setup_first(visit->service, visit_param(visit, "host"), document, err) < 0)
        return -1;
    add_step(visit, *document, "first");
    return 0;
}

int page_setup_first_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_BACKUP, .host = visit_param(visit, "host"), .kind = "scheduled"};

    return enqueue_for_step(visit, &wish, step_path(visit, "first"), document, err);
}

/* Which of the steps the page of the schedule is. */
void page_setup_mark(struct visit *visit, json_t *document, const char *step)
{
    json_t *before = visit->extra;

    add_step(visit, document, step);
    if (before != NULL) {
        json_object_update(before, visit->extra);
        json_decref(visit->extra);
        visit->extra = before;
    }
}
