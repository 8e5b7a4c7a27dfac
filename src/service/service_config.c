/* Changing what is configured. Each change is one transaction: read, check, audit, write. */
#include "service/service_config.h"

#include <stdlib.h>
#include <string.h>

#include "db/transaction.h"
#include "engine/discovery.h"
#include "engine/host_directory.h"
#include "model/rule.h"
#include "service/document.h"
#include "service/host_settings.h"
#include "service/recovery.h"
#include "service/service_root.h"
#include "store/store_audit.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_host_key.h"
#include "store/store_installation.h"
#include "store/store_root.h"
#include "store/store_schedule.h"
#include "store/store_snapshot.h"
#include "sys/fs.h"
#include "sys/random.h"

/* Puts the wishes onto a layer, and checks what comes out of them as a whole. */
static int apply_changes(struct service *service, enum field_scope scope, const struct config_change *changes,
                         size_t count, struct config *config, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].text == NULL)
            config_unset(config, changes[i].field);
        else if (config_set(service->arena, config, scope, changes[i].field, changes[i].text, err) < 0)
            return -1;
    }
    return config_check(config, err);
}

static const char *text_of(struct service *service, const struct config *config, const struct field *field)
{
    return config_is_set(config, field) ? field_text(service->arena, field, config) : NULL;
}

/* What differs between two layers: names, and both values of each for the audit. */
struct difference {
    json_t *changed, *before, *after;
};

static void difference_release(struct difference *difference)
{
    json_decref(difference->changed);
    json_decref(difference->before);
    json_decref(difference->after);
}
#define DIFFERENCE_SCOPED __attribute__((cleanup(difference_release))) struct difference

/* `before` NULL: there was nothing. */
static struct difference differ(struct service *service, const struct config *before,
                                const struct config *after)
{
    struct difference difference = {json_array(), before == NULL ? NULL : json_object(), json_object()};

    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];
        const char *old = before == NULL ? NULL : text_of(service, before, field);
        const char *new = text_of(service, after, field);

        if (old == new || (old != NULL && new != NULL &&strcmp(old, new) == 0))
            continue;
        json_array_append_new(difference.changed, json_string(field->name));
        if (before != NULL)
            json_object_set_new(difference.before, field->name, document_text(old));
        json_object_set_new(difference.after, field->name, document_text(new));
    }
    return difference;
}

static int audit(struct service *service, const char *action, const char *object,
                 const struct difference *difference, struct err *err)
{
    char *before = difference->before == NULL ? NULL : json_dumps(difference->before, JSON_COMPACT);
    char *after = json_dumps(difference->after, JSON_COMPACT);
    int result = store_audit_add(service->db, service->now, service->actor, service->origin, action, object,
                                 before, after, err);

    free(before);
    free(after);
    return result;
}

/* The value that a change wants for the backup root; NULL when the root stays as it is. */
static const char *wanted_root(const struct config_change *changes, size_t count)
{
    const char *wanted = NULL;

    for (size_t i = 0; i < count; i++)
        if (strcmp(changes[i].field->name, "backup_root") == 0)
            wanted = changes[i].text;
    return wanted != NULL && *wanted != '\0' ? wanted : NULL;
}

static int check_fixed_root(const struct service *service, const struct config_change *changes, size_t count,
                            struct err *err)
{
    const char *fixed = service->environment.fixed_root;

    for (size_t i = 0; fixed != NULL && i < count; i++)
        if (strcmp(changes[i].field->name, "backup_root") == 0 &&
            (changes[i].text == NULL || strcmp(changes[i].text, fixed) != 0)) {
            err_set(err, ERR_REFUSED, "the backup root is fixed as \"%s\" by POBSYNC_BACKUP_ROOT_FIXED",
                    fixed);
            return err_hint(
                err, "mount another directory there; `configure-global --backup-root %s` marks it", fixed);
        }
    return 0;
}

/* Whether the database says all of this already. */
static bool is_same_root(const struct root *a, const struct root *b)
{
    return strcmp(a->uuid, b->uuid) == 0 && strcmp(a->path, b->path) == 0 &&
           strcmp(a->installation, b->installation) == 0 && a->was_mount == b->was_mount;
}

/* Whether there may be hosts in it already; yes, when that cannot be told. */
static bool holds_directories(struct service *service, const char *path)
{
    struct list names = {0};
    struct err ignored;
    bool more = false;
    FD_SCOPED fd = fs_open_root(path, &ignored);

    return fd < 0 || discovery_directories(service->arena, fd, 1000, &names, &more, &ignored) < 0 || more ||
           names.count > 0;
}

/* Marks the directory and makes it the root in use; *changed tells whether it was another one, or another disk. The
 * marker is written before the row is committed: dying between the two leaves a marker that is ours, and the next
 * attempt finds it so. */
static int use_root(struct service *service, const char *path, bool adopt, struct config *config,
                    bool *changed, struct err *err)
{
    struct root_claim claim = {.home = service->environment.home, .adopt = adopt, .now = service->now};
    struct installation installation;
    struct root known_root, root;
    const char *doubt;
    char uuid[37];
    bool known;
    int64_t id;

    random_uuid(uuid);
    if (store_installation_load(service->arena, service->db, uuid, service->now, &installation, err) < 0 ||
        service_root_load(service, &known_root, &known, err) < 0)
        return -1;
    claim.installation = installation.uuid;
    claim.epoch = installation.epoch;
    claim.known = known ? &known_root : NULL;
    if (root_mark(service->arena, path, &claim, &root, err) < 0 ||
        store_node_load(service->db, service->now, &root.node_id, err) < 0)
        return -1;
    config->backup_root = root.path;
    *changed = !known || !is_same_root(&known_root, &root);
    if (!*changed)
        return 0;
    if (store_audit_add(service->db, service->now, service->actor, service->origin, "root.mark", root.path,
                        known ? known_root.uuid : NULL, root.uuid, err) < 0)
        return -1;
    if (store_root_save(service->db, &root, &id, err) < 0)
        return -1;
    if (!adopt || !holds_directories(service, root.path))
        return 0;
    doubt = arena_printf(service->arena,
                         "backup root \"%s\" was adopted: what lies there was not written from these records",
                         root.path);
    return store_root_set_doubt(service->db, id, doubt, service->now, err);
}

static bool has_changed(const struct difference *difference, const char *field)
{
    return json_object_get(difference->after, field) != NULL;
}

int service_global_configure(struct service *service, const struct config_change *changes, size_t count,
                             bool adopt, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    DIFFERENCE_SCOPED difference = {0};
    const char *root = wanted_root(changes, count);
    bool root_changed = false;
    struct config before, after;

    if (check_fixed_root(service, changes, count, err) < 0 || service_begin(service, &transaction, err) < 0 ||
        store_global_load(service->arena, service->db, &before, err) < 0)
        return -1;
    after = before;
    if (apply_changes(service, SCOPE_GLOBAL, changes, count, &after, err) < 0 ||
        (root != NULL && use_root(service, root, adopt, &after, &root_changed, err) < 0))
        return -1;
    difference = differ(service, &before, &after);
    if (json_array_size(difference.changed) > 0 &&
        (audit(service, "global.configure", "global", &difference, err) < 0 ||
         store_global_save(service->db, &after, err) < 0 ||
         (has_changed(&difference, "timezone") &&
          store_schedule_touch_inherited(service->db, service->now, err) < 0)))
        return -1;
    if (transaction_commit(&transaction, err) < 0 || document_global(service, document, err) < 0)
        return -1;
    if (root_changed && json_object_get(difference.after, "backup_root") == NULL)
        json_array_append_new(difference.changed, json_string("backup_root"));
    json_object_set(*document, "changed", difference.changed);
    return 0;
}

/* What was due by another clock, or while the host was paused, is not due now. */
static int touch_schedule(struct service *service, const struct host *host,
                          const struct difference *difference, struct err *err)
{
    if (!has_changed(difference, "enabled") && !has_changed(difference, "timezone"))
        return 0;
    return store_schedule_touch(service->db, host->id, service->now, err);
}

/* The host as it is, or a new one that has nothing but its name. */
static int load_or_begin(struct service *service, const char *name, struct host *host, bool *created,
                         struct err *err)
{
    *created = false;
    if (store_host_load(service->arena, service->db, name, host, err) == 0)
        return 0;
    if (err->code != ERR_NOT_FOUND)
        return -1;
    *created = true;
    *host = (struct host){.name = name, .created_at = service->now};
    return store_node_load(service->db, service->now, &host->node_id, err);
}

static int require_address(const struct host *host, bool created, struct err *err)
{
    if (config_is_set(&host->config, config_field("address")) && host->config.address[0] != '\0')
        return 0;
    if (!created)
        return err_set(err, ERR_INVALID, "host \"%s\" cannot be without an address", host->name);
    err_set(err, ERR_INVALID, "there is no host \"%s\" yet, and a new one needs its address", host->name);
    return err_hint(err, "pobsync configure-host %s --address ADDR", host->name);
}

int service_host_configure(struct service *service, const char *name, const struct config_change *changes,
                           size_t count, json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    DIFFERENCE_SCOPED difference = {0};
    struct host host;
    struct config before;
    bool created;

    if (rule_host_name(name, err) < 0 || service_begin(service, &transaction, err) < 0 ||
        load_or_begin(service, name, &host, &created, err) < 0)
        return -1;
    before = host.config;
    if (apply_changes(service, SCOPE_HOST, changes, count, &host.config, err) < 0 ||
        require_address(&host, created, err) < 0)
        return -1;
    difference = differ(service, created ? NULL : &before, &host.config);
    if (json_array_size(difference.changed) > 0 &&
        (audit(service, created ? "host.create" : "host.configure", name, &difference, err) < 0 ||
         (created ? store_host_insert(service->db, &host, &host.id, err)
                  : store_host_save(service->db, &host, err)) < 0 ||
         touch_schedule(service, &host, &difference, err) < 0))
        return -1;
    if (transaction_commit(&transaction, err) < 0 || document_host(service, name, document, err) < 0)
        return -1;
    json_object_set_new(*document, "created", json_boolean(created));
    json_object_set(*document, "changed", difference.changed);
    return 0;
}

/* Nobody may work in the host directory while the host is forgotten. What a dead run left is settled first, for its
 * row would hold the host back. A directory that cannot be reached, or written to, is not waited for: the rows decide alone then. */
static int take_host(struct service *service, const struct host *host, const char *backup_root,
                     struct host_directory *directory, struct err *err)
{
    struct root_report report;
    struct recovery recovery;
    struct err unreachable;
    int ended;
    FD_SCOPED root_fd = -1;

    if (service_root_open(service, backup_root, &report, &root_fd, err) < 0)
        return -1;
    if (root_fd < 0 || host_directory_open(service->arena, root_fd, backup_root, host->name, false, directory,
                                           &unreachable) < 0)
        return 0;
    if (!host_directory_is_ours(directory))
        return 0;
    if (host_directory_lock(directory, service->now, "removal of the host", &ended, err) < 0)
        return -1;
    return recovery_apply(service, host, directory, 0, NULL, NULL, &recovery, err);
}

static const char *directory_of(struct service *service, const struct config *global, const char *name)
{
    struct effective effective;

    config_effective(service->arena, global, NULL, service->environment.fixed_root, &effective);
    if (effective.config.backup_root == NULL)
        return NULL;
    return arena_printf(service->arena, "%s/%s", effective.config.backup_root, name);
}

/* 1: there is one · 0 · -1. */
static int has_schedule(struct service *service, const struct host *host, struct err *err)
{
    struct schedule schedule;

    if (store_schedule_load(service->arena, service->db, host->id, &schedule, err) == 0)
        return 1;
    return err->code == ERR_NOT_FOUND ? 0 : -1;
}

int document_host_removal(struct service *service, const char *name, json_t **document, struct err *err)
{
    struct config global;
    struct host host;
    struct snapshot *snapshots;
    struct host_key *pins;
    size_t count, pin_count;
    int scheduled;

    if (store_host_load(service->arena, service->db, name, &host, err) < 0 ||
        store_global_load(service->arena, service->db, &global, err) < 0 ||
        store_snapshot_list(service->arena, service->db, host.id, false, &snapshots, &count, err) < 0 ||
        store_host_key_list(service->arena, service->db, host.id, &pins, &pin_count, err) < 0 ||
        (scheduled = has_schedule(service, &host, err)) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(name));
    json_object_set_new(*document, "path", document_text(directory_of(service, &global, name)));
    json_object_set_new(*document, "snapshots", json_integer((json_int_t)count));
    json_object_set_new(*document, "scheduled", json_boolean(scheduled));
    json_object_set_new(*document, "pinned_keys", json_integer((json_int_t)pin_count));
    return 0;
}

static int refuse_unconfirmed(const struct host *host, size_t snapshots, const char *path, struct err *err)
{
    err_set(err, ERR_REFUSED,
            "removing host \"%s\" forgets its settings, its pinned key and the records of %zu snapshot%s; "
            "the files in \"%s\" stay",
            host->name, snapshots, snapshots == 1 ? "" : "s", path);
    return err_hint(err, "pobsync remove-host %s --yes", host->name);
}

int service_host_remove(struct service *service, const char *name, bool confirmed, json_t **document,
                        struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    HOST_DIRECTORY_SCOPED directory = HOST_DIRECTORY_CLOSED;
    struct config global;
    struct effective effective;
    struct host host;
    struct snapshot *snapshots;
    const char *root, *path;
    size_t count;

    if (store_host_load(service->arena, service->db, name, &host, err) < 0 ||
        store_global_load(service->arena, service->db, &global, err) < 0 ||
        store_snapshot_list(service->arena, service->db, host.id, false, &snapshots, &count, err) < 0)
        return -1;
    config_effective(service->arena, &global, NULL, service->environment.fixed_root, &effective);
    root = effective.config.backup_root;
    path = root == NULL ? NULL : arena_printf(service->arena, "%s/%s", root, name);
    if (!confirmed)
        return refuse_unconfirmed(&host, count, path == NULL ? "its directory" : path, err);
    if (take_host(service, &host, root, &directory, err) < 0 ||
        transaction_begin(&transaction, service->db, err) < 0 ||
        store_audit_add(service->db, service->now, service->actor, service->origin, "host.remove", name,
                        arena_printf(service->arena, "{\"snapshots\":%zu}", count), NULL, err) < 0 ||
        store_host_delete(service->db, &host, err) < 0 || transaction_commit(&transaction, err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "host", document_text(name));
    json_object_set_new(*document, "removed", json_true());
    json_object_set_new(*document, "snapshots", json_integer((json_int_t)count));
    json_object_set_new(*document, "path", document_text(path));
    return 0;
}
