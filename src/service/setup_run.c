/* Setting up: the work of the jobs root, key and host_key. */
#include "service/setup_run.h"

#include <string.h>

#include "service/run_end.h"
#include "service/run_request.h"
#include "service/service_config.h"
#include "service/service_key.h"

static void succeed(struct service *service, struct run *run, const char *message, json_t *document)
{
    run->state = RUN_SUCCESS;
    run->cause = CAUSE_NONE;
    run->message = message;
    run->result = run_result_text(service->arena, document);
    json_decref(document);
}

static int set_root(struct service *service, const struct run_request *wish, struct run *run, struct err *err)
{
    const char *path = service->environment.fixed_root != NULL ? service->environment.fixed_root : wish->path;
    const struct config_change change = {config_field("backup_root"), path};
    json_t *document;

    if (path == NULL)
        return err_set(err, ERR_INVALID, "the run names no directory for the backup root");
    if (service_global_configure(service, &change, 1, wish->adopt, &document, err) < 0)
        return -1;
    json_decref(document);
    succeed(service, run, arena_printf(service->arena, "\"%s\" is marked and is the backup root", path),
            json_pack("{s:s}", "path", path));
    return 0;
}

static int make_key(struct service *service, struct run *run, struct err *err)
{
    json_t *document;
    bool created;

    if (service_key_line(service, run->host, "rrsync", &document, err) < 0)
        return -1;
    created = json_is_true(json_object_get(document, "created"));
    succeed(service, run,
            arena_printf(service->arena, "%s: %s",
                         created ? "a new key was made" : "the key was there already",
                         json_string_value(json_object_get(document, "fingerprint"))),
            document);
    return 0;
}

static int accept_host_key(struct service *service, const struct run_request *wish, struct run *run,
                           struct err *err)
{
    json_t *document;

    if (wish->fingerprint == NULL)
        return err_set(err, ERR_INVALID, "the run names no fingerprint to accept");
    if (service_host_key_accept(service, run->host, wish->fingerprint, &document, err) < 0) {
        if (err->code != ERR_REFUSED)
            return -1;
        run->state = RUN_FAILED;
        run->cause = CAUSE_HOST_KEY_CHANGED;
        run->message = arena_strdup(service->arena, err->message);
        return 0;
    }
    succeed(service, run, arena_printf(service->arena, "%s is the pinned host key now", wish->fingerprint),
            document);
    return 0;
}

int setup_run(struct service *service, struct run *run, struct err *err)
{
    struct run_request wish;

    if (run_request_parse(service->arena, run->request, &wish, err) < 0)
        return -1;
    if (run->job == JOB_ROOT)
        return set_root(service, &wish, run, err);
    return run->job == JOB_KEY ? make_key(service, run, err) : accept_host_key(service, &wish, run, err);
}
