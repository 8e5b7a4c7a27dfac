/* A host with its effective settings, and its key. */
#include "service/host_settings.h"

#include <string.h>

#include "engine/ssh_key.h"
#include "model/rule.h"
#include "store/store_global.h"
#include "store/store_host.h"

int host_settings_load(struct service *service, const char *name, struct host_settings *settings,
                       struct err *err)
{
    /* The name makes paths of ours, so the database is not trusted for it. */
    if (store_host_load(service->arena, service->db, name, &settings->host, err) < 0 ||
        rule_host_name(settings->host.name, err) < 0 ||
        store_global_load(service->arena, service->db, &settings->global, err) < 0)
        return -1;
    config_effective(service->arena, &settings->global, &settings->host.config,
                     service->environment.fixed_root, &settings->effective);
    settings->config = &settings->effective.config;
    return 0;
}

int global_settings_load(struct service *service, struct effective *effective, struct err *err)
{
    struct config *global = arena_alloc(service->arena, sizeof *global);

    if (store_global_load(service->arena, service->db, global, err) < 0)
        return -1;
    config_effective(service->arena, global, NULL, service->environment.fixed_root, effective);
    return 0;
}

int identity_load(struct service *service, const struct host_settings *settings, bool create,
                  struct identity *identity, struct err *err)
{
    struct arena *arena = service->arena;
    const char *blank;

    if (ssh_key_find(arena, service->environment.home, settings->host.name, settings->config, create,
                     &identity->path, &identity->created, err) < 0 ||
        ssh_key_public(arena, identity->path, &identity->public_key, err) < 0)
        return -1;
    blank = strchr(identity->public_key, ' ');
    if (blank == NULL)
        return err_set(err, ERR_INVALID, "the public half of key \"%s\" is not \"TYPE BASE64\"",
                       identity->path);
    return ssh_key_fingerprint(arena, blank + 1, &identity->fingerprint, err);
}
