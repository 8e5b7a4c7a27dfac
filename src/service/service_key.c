/* Keys: ours for a host, and the host's. */
#include "service/service_key.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "db/transaction.h"
#include "engine/connection.h"
#include "engine/host_key.h"
#include "engine/ssh_key.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "store/store_audit.h"
#include "store/store_host_key.h"

static int parse_line(const char *text, enum key_line *line, struct err *err)
{
    static const char *const names[] = {
        [KEY_LINE_RRSYNC] = "rrsync", [KEY_LINE_SUDO] = "sudo", [KEY_LINE_PLAIN] = "plain"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *line = (enum key_line)i;
            return 0;
        }
    return err_set(err, ERR_INVALID, "\"%s\" is no kind of line, expected rrsync, sudo, plain or restore",
                   text);
}

static int audit(struct service *service, const char *action, const char *host, const char *before,
                 const char *after, struct err *err)
{
    return store_audit_add(service->db, service->now, service->actor, service->origin, action, host, before,
                           after, err);
}

/* The name that the comment of our key gets, so that the line in authorized_keys says from where it came. */
static const char *server_name(struct arena *arena)
{
    char name[256] = "";

    if (gethostname(name, sizeof name - 1) < 0 || name[0] == '\0')
        return "server";
    return arena_strdup(arena, name);
}

static json_t *key_document(struct service *service, const struct host_settings *settings, enum key_line kind,
                            const char *line, const char *public_key)
{
    struct arena *arena = service->arena;
    json_t *document = json_object();

    json_object_set_new(document, "host", document_text(settings->host.name));
    json_object_set_new(document, "public_key", document_text(public_key));
    json_object_set_new(document, "line", json_string(line));
    json_object_set_new(document, "authorized_keys",
                        document_text(ssh_key_line(arena, kind, public_key, server_name(arena))));
    json_object_set_new(
        document, "sudoers",
        document_text(kind == KEY_LINE_SUDO ? ssh_key_sudoers(arena, settings->config->ssh_user) : NULL));
    return document;
}

/* The key for one restore; the document is the same. */
static int restore_line(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct arena *arena = service->arena;
    struct host_settings settings;
    const char *path, *public_key, *fingerprint, *user;
    bool created;

    if (host_settings_load(service, host, &settings, err) < 0 ||
        ssh_key_restore_find(arena, service->environment.home, host, true, &path, &created, err) < 0 ||
        ssh_key_public(arena, path, &public_key, err) < 0 ||
        ssh_key_fingerprint(arena, public_key + strcspn(public_key, " ") + 1, &fingerprint, err) < 0 ||
        (created && audit(service, "key.create", host, NULL, fingerprint, err) < 0))
        return -1;
    user = settings.config->ssh_user;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host));
    json_object_set_new(*document, "public_key", document_text(public_key));
    json_object_set_new(*document, "line", json_string("restore"));
    json_object_set_new(*document, "authorized_keys",
                        document_text(ssh_key_restore_line(arena, user, public_key, server_name(arena))));
    json_object_set_new(*document, "sudoers",
                        document_text(strcmp(user, "root") == 0 ? NULL : ssh_key_sudoers(arena, user)));
    json_object_set_new(*document, "path", document_text(path));
    json_object_set_new(*document, "fingerprint", document_text(fingerprint));
    json_object_set_new(*document, "created", json_boolean(created));
    return 0;
}

int service_key_line(struct service *service, const char *host, const char *line, json_t **document,
                     struct err *err)
{
    struct host_settings settings;
    struct identity identity;
    enum key_line kind = KEY_LINE_RRSYNC;

    if (strcmp(line, "restore") == 0)
        return restore_line(service, host, document, err);
    if (parse_line(line, &kind, err) < 0 || host_settings_load(service, host, &settings, err) < 0 ||
        identity_load(service, &settings, true, &identity, err) < 0)
        return -1;
    if (identity.created && audit(service, "key.create", host, NULL, identity.fingerprint, err) < 0)
        return -1;
    *document = key_document(service, &settings, kind, line, identity.public_key);
    json_object_set_new(*document, "path", document_text(identity.path));
    json_object_set_new(*document, "fingerprint", document_text(identity.fingerprint));
    json_object_set_new(*document, "created", json_boolean(identity.created));
    return 0;
}

int service_key_recorded(struct service *service, const char *host, const char *line, const json_t *result,
                         json_t **document, struct err *err)
{
    const char *public_key = json_string_value(json_object_get(result, "public_key"));
    struct host_settings settings;
    enum key_line kind = KEY_LINE_RRSYNC;

    if (parse_line(line, &kind, err) < 0 || host_settings_load(service, host, &settings, err) < 0)
        return -1;
    *document = public_key == NULL ? json_null() : key_document(service, &settings, kind, line, public_key);
    if (public_key != NULL)
        json_object_set(*document, "fingerprint", json_object_get(result, "fingerprint"));
    return 0;
}

static json_t *shown_item(const struct host_key *key)
{
    json_t *item = json_object();

    json_object_set_new(item, "type", document_text(key->type));
    json_object_set_new(item, "fingerprint", document_text(key->fingerprint));
    return item;
}

struct pins {
    struct host_key *keys;
    size_t count;
};

static bool pins_have(const struct pins *pins, const struct host_key *key)
{
    for (size_t i = 0; i < pins->count; i++)
        if (strcmp(pins->keys[i].type, key->type) == 0 && strcmp(pins->keys[i].key, key->key) == 0)
            return true;
    return false;
}

/* "SHA256:… SHA256:…", for the audit and for messages; NULL when nothing is pinned. */
static const char *pins_text(struct arena *arena, const struct pins *pins)
{
    struct list fingerprints = {0};

    for (size_t i = 0; i < pins->count; i++)
        list_add(arena, &fingerprints, pins->keys[i].fingerprint);
    return pins->count == 0 ? NULL : list_join(arena, &fingerprints, " ");
}

/* `shown`: NULL when the host was not asked. */
static int host_key_document(struct service *service, const struct host *host, const struct host_key *shown,
                             json_t **document, struct err *err)
{
    struct pins pins;

    if (store_host_key_list(service->arena, service->db, host->id, &pins.keys, &pins.count, err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(host->name));
    json_object_set_new(*document, "pinned", document_pins(pins.keys, pins.count));
    json_object_set_new(*document, "shown", shown == NULL ? json_null() : shown_item(shown));
    json_object_set_new(*document, "match",
                        shown == NULL || pins.count == 0 ? json_null()
                                                         : json_boolean(pins_have(&pins, shown)));
    return 0;
}

/* The key that the host shows; one of those that are pinned where it still has it. */
static int probe_host(struct service *service, const struct host_settings *settings, struct host_key *key,
                      struct err *err)
{
    struct pins pins;

    if (store_host_key_list(service->arena, service->db, settings->host.id, &pins.keys, &pins.count, err) <
            0 ||
        host_key_probe_pinned(service->arena, service->environment.home, settings->host.name,
                              settings->config, pins.keys, pins.count, key, err) < 0)
        return -1;
    key->pinned_at = service->now;
    key->pinned_by = service->actor;
    return 0;
}

int service_host_key_show(struct service *service, const char *host, bool probe, json_t **document,
                          struct err *err)
{
    struct host_settings settings;
    struct host_key shown;

    if (host_settings_load(service, host, &settings, err) < 0 ||
        (probe && probe_host(service, &settings, &shown, err) < 0))
        return -1;
    return host_key_document(service, &settings.host, probe ? &shown : NULL, document, err);
}

/* Replaces everything that is pinned: a machine that was reinstalled has new keys of every type. `key` NULL: by
 * nothing. */
static int replace_pins(struct service *service, const struct host *host, const char *action,
                        const struct host_key *key, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct pins pins;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_host_key_list(service->arena, service->db, host->id, &pins.keys, &pins.count, err) < 0 ||
        audit(service, action, host->name, pins_text(service->arena, &pins),
              key == NULL ? NULL : key->fingerprint, err) < 0 ||
        store_host_key_delete(service->db, host->id, err) < 0 ||
        (key != NULL && store_host_key_save(service->db, host->id, key, err) < 0))
        return -1;
    return transaction_commit(&transaction, err);
}

int service_host_key_accept(struct service *service, const char *host, const char *fingerprint,
                            json_t **document, struct err *err)
{
    struct host_settings settings;
    struct host_key shown;

    if (host_settings_load(service, host, &settings, err) < 0 ||
        probe_host(service, &settings, &shown, err) < 0)
        return -1;
    if (strcmp(shown.fingerprint, fingerprint) != 0) {
        err_set(err, ERR_REFUSED, "host \"%s\" shows the host key %s, not %s", host, shown.fingerprint,
                fingerprint);
        return err_hint(
            err, "compare it with the console of the machine: ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub",
            strcmp(shown.type, "ssh-ed25519") == 0 ? "ed25519" : "*");
    }
    if (replace_pins(service, &settings.host, "host_key.accept", &shown, err) < 0)
        return -1;
    return host_key_document(service, &settings.host, &shown, document, err);
}

int service_host_key_forget(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct host_settings settings;

    if (host_settings_load(service, host, &settings, err) < 0 ||
        replace_pins(service, &settings.host, "host_key.forget", NULL, err) < 0)
        return -1;
    return host_key_document(service, &settings.host, NULL, document, err);
}

static json_t *stage_item(enum connection_stage stage, const struct stage_result *result)
{
    json_t *item = json_object();

    json_object_set_new(item, "stage", json_string(connection_stage_name(stage)));
    json_object_set_new(item, "level", json_string(stage_level_name(result->level)));
    json_object_set_new(item, "took_ms", document_count(result->took_ms));
    json_object_set_new(item, "found", document_text(result->found));
    json_object_set_new(item, "hint", document_text(result->hint));
    return item;
}

struct watcher {
    void (*live)(void *context, const json_t *stage);
    void *context;
};

static void pass_on(void *context, enum connection_stage stage, const struct stage_result *result)
{
    const struct watcher *watcher = context;
    json_t *item;

    if (watcher->live == NULL)
        return;
    item = stage_item(stage, result);
    watcher->live(watcher->context, item);
    json_decref(item);
}

static json_t *connection_document(const struct host_settings *settings,
                                   const struct connection_report *report)
{
    json_t *document = json_object(), *stages = json_array();

    for (enum connection_stage i = 0; i < STAGE__MAX; i++)
        json_array_append_new(stages, stage_item(i, &report->stages[i]));
    json_object_set_new(document, "host", document_text(settings->host.name));
    json_object_set_new(document, "address", document_text(settings->config->address));
    json_object_set_new(document, "ok", json_boolean(report->ok));
    json_object_set_new(document, "cause",
                        report->cause == CAUSE_NONE ? json_null() : json_string(cause_name(report->cause)));
    json_object_set_new(document, "stages", stages);
    json_object_set_new(document, "pinned",
                        document_text(report->key_is_new ? report->key.fingerprint : NULL));
    json_object_set_new(document, "shown", document_text(report->key.fingerprint));
    return document;
}

int service_connection_test(struct service *service, const char *host,
                            void (*live)(void *context, const json_t *stage), void *context,
                            json_t **document, struct err *err)
{
    struct watcher watcher = {live, context};
    struct connection_report report;
    struct host_settings settings;
    const char *identity;
    struct pins pins;
    bool created;

    if (host_settings_load(service, host, &settings, err) < 0 || config_check(settings.config, err) < 0 ||
        ssh_key_find(service->arena, service->environment.home, host, settings.config, false, &identity,
                     &created, err) < 0 ||
        store_host_key_list(service->arena, service->db, settings.host.id, &pins.keys, &pins.count, err) <
            0 ||
        connection_test(service->arena, service->environment.home, host, settings.config, identity, pins.keys,
                        pins.count, pass_on, &watcher, &report, err) < 0)
        return -1;
    report.key_is_new =
        report.key_is_new && pins.count == 0 && report.stages[STAGE_HOST_KEY].level != STAGE_FAILED;
    if (report.key_is_new) {
        report.key.pinned_at = service->now;
        report.key.pinned_by = service->actor;
        if (replace_pins(service, &settings.host, "host_key.pin", &report.key, err) < 0)
            return -1;
    }
    *document = connection_document(&settings, &report);
    return 0;
}
