/* Copying, checking and bringing back the database. */
#include "service/service_database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/when.h"
#include "service/database_copy.h"
#include "service/document.h"
#include "service/recovery.h"
#include "store/store_audit.h"
#include "store/store_daemon.h"
#include "store/store_installation.h"
#include "store/store_queue.h"
#include "sys/fs.h"
#include "sys/process_name.h"

/* Who was silent for so long is not there. */
enum { SILENCE_SECONDS = 120 };

int service_database_backup(struct service *service, const char *to, json_t **document, struct err *err)
{
    struct database_copy copy;
    int result =
        to != NULL ? database_copy_to(service, to, &copy, err) : database_copy_nightly(service, &copy, err);

    if (result < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "path", document_text(copy.path));
    json_object_set_new(*document, "bytes", json_integer(copy.bytes));
    json_object_set_new(*document, "schema", json_integer(copy.schema));
    json_object_set_new(*document, "dropped", json_integer(copy.dropped));
    json_object_set_new(*document, "warning", document_text(copy.warning));
    return 0;
}

static void add_copies(struct service *service, const struct database_folder *folder, json_t *items)
{
    struct list names;
    struct err ignored;
    FD_SCOPED fd = folder->path == NULL ? -1 : open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || database_copy_names(service->arena, fd, &names, &ignored) < 0)
        return;
    for (size_t i = names.count; i-- > 0;) {
        struct stat stat;
        json_t *item;

        if (fstatat(fd, names.items[i], &stat, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        item = json_object();
        json_object_set_new(
            item, "path", document_text(arena_printf(service->arena, "%s/%s", folder->path, names.items[i])));
        json_object_set_new(item, "place", json_string(folder->place));
        json_object_set_new(item, "modified_at", document_time(stat.st_mtime));
        json_object_set_new(item, "bytes", json_integer(stat.st_size));
        json_array_append_new(items, item);
    }
}

int document_database_copies(struct service *service, json_t **document, struct err *err)
{
    struct database_folder folders[DATABASE_FOLDERS];
    json_t *items;

    if (database_copy_folders(service, folders, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < DATABASE_FOLDERS; i++)
        add_copies(service, &folders[i], items);
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}

int service_database_check(struct service *service, const char *file, json_t **document, struct err *err)
{
    struct err failure;
    int schema = 0, own, expected, result;
    const char *path = file != NULL ? file : db_file(service->environment.database);

    if (file != NULL && access(file, R_OK) < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "\"%s\"", file);
    if (db_schema_version(service->db, &own, &expected, err) < 0)
        return -1;
    result = file != NULL ? database_copy_check(service, file, &schema, &failure)
                          : db_check(service->db, &failure);
    *document = json_object();
    json_object_set_new(*document, "path", document_text(path));
    json_object_set_new(*document, "ok", json_boolean(result == 0));
    json_object_set_new(*document, "schema", document_count(file == NULL ? own : schema > 0 ? schema : -1));
    json_object_set_new(*document, "expected", json_integer(expected));
    json_object_set_new(*document, "found", document_text(result == 0 ? NULL : failure.message));
    return 0;
}

static int refuse_in_use(const char *who, struct err *err)
{
    err_set(err, ERR_BUSY, "%s: the database is in use", who);
    return err_hint(err, "stop pobsync first (systemctl stop pobsync), and let what runs come to its end");
}

/* Nobody who lives works with the present database, and nothing that it says is running goes on. */
static int require_quiet(struct service *service, struct err *err)
{
    struct daemon_row *daemons;
    struct run *runs;
    size_t count;
    int64_t node;

    if (store_node_load(service->db, service->now, &node, err) < 0 ||
        store_daemon_list(service->arena, service->db, node, service->now - SILENCE_SECONDS, &daemons, &count,
                          err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!process_is_gone(daemons[i].name))
            return refuse_in_use(arena_printf(service->arena, "a %s is alive", daemons[i].role), err);
    if (store_queue_running(service->arena, service->db, node, &runs, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!recovery_is_dead(&runs[i]))
            return refuse_in_use(arena_printf(service->arena, "run %lld goes on", (long long)runs[i].id),
                                 err);
    return 0;
}

/* Opens the present database, if that can be done, and sees that nobody else is at it. *epoch is its own, 0 when it
 * cannot be read. */
static int look_at_present(struct service *service, int64_t *epoch, struct err *err)
{
    struct installation installation;
    int found, expected;

    *epoch = 0;
    if (access(db_file(service->environment.database), F_OK) < 0)
        return 0;
    if (db_open(service->environment.database, &service->db, err) < 0 ||
        db_schema_version(service->db, &found, &expected, err) < 0) {
        log_warning("the present database cannot be read, and is replaced unseen: %s", err->message);
        db_close(&service->db);
        return 0;
    }
    if (found !=
        expected) /* of another version: what it says cannot be asked; it must not be open, at least */
        return 0;
    if (require_quiet(service, err) < 0)
        return err->code == ERR_BUSY ? -1 : 0;
    if (store_installation_load(service->arena, service->db, "", service->now, &installation, err) == 0)
        *epoch = installation.epoch;
    return 0;
}

/* Readable for the same people as the database that it will be. */
static int give_to_group(int fd, const char *path, struct err *err)
{
    struct stat above;
    char *slash;
    char directory[4096];

    if (strlen(path) >= sizeof directory)
        return err_set(err, ERR_INVALID, "the path of the database is too long");
    memcpy(directory, path, strlen(path) + 1);
    slash = strrchr(directory, '/');
    *(slash == directory ? slash + 1 : slash) = '\0';
    if (stat(directory, &above) < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\"", directory);
    if (fchown(fd, (uid_t)-1, above.st_gid) < 0)
        return 0; /* not a member of it: the file stays with its owner alone */
    if (fchmod(fd, 0660) < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\"", path);
    return 0;
}

static int copy_bytes(int from, int to, const char *what, struct err *err)
{
    char bytes[64 << 10];
    ssize_t got;

    while ((got = read(from, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, step; done < got; done += step)
            if ((step = write(to, bytes + done, (size_t)(got - done))) < 0)
                return err_errno(err, ERR_IO, errno, "\"%s\" cannot be copied", what);
    if (got < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be read", what);
    return fs_sync(to, what, err);
}

/* The copy as a file beside the database, so that the one given stays as it is. */
static int stage(const char *file, const char *staged, struct err *err)
{
    FD_SCOPED from = open(file, O_RDONLY | O_CLOEXEC);
    FD_SCOPED to = -1;

    if (from < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "\"%s\"", file);
    /* If we die here: something staged is left, which the next restore removes. */
    if (unlink(staged) < 0 && errno != ENOENT)
        return err_errno(err, ERR_IO, errno, "\"%s\"", staged);
    to = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\"", staged);
    return copy_bytes(from, to, file, err) < 0 || give_to_group(to, staged, err) < 0 ? -1 : 0;
}

/* Epoch and audit go into the copy before it is the database. */
static int prepare_staged(struct service *service, const char *file, const char *staged, int64_t present,
                          int64_t *epoch, struct err *err)
{
    DB_SCOPED *db = NULL;
    struct installation installation;

    if (db_open(arena_printf(service->arena, "sqlite://%s", staged), &db, err) < 0 ||
        store_installation_load(service->arena, db, "", service->now, &installation, err) < 0)
        return -1;
    *epoch = (installation.epoch > present ? installation.epoch : present) + 1;
    if (store_installation_set_epoch(db, *epoch, err) < 0)
        return -1;
    return store_audit_add(db, service->now, service->actor, service->origin, "database.restore", file, NULL,
                           NULL, err);
}

static void discard_staged(const char *staged, struct arena *arena)
{
    /* If we die here: something staged is left, which the next restore removes. */
    unlink(staged);
    unlink(arena_printf(arena, "%s-wal", staged));
    unlink(arena_printf(arena, "%s-shm", staged));
}

static int require_file_database(struct service *service, struct err *err)
{
    if (db_file(service->environment.database) != NULL)
        return 0;
    err_set(err, ERR_INVALID, "the database is not a file of this machine");
    return err_hint(err, "pobsync database copy sqlite:///FILE URL, into an empty database of its server");
}

/* A name beside the database that nothing has yet. */
static const char *kept_name(struct service *service, const char *database)
{
    for (int64_t at = service->now;; at++) {
        char time[WHEN_TEXT];
        const char *kept = arena_printf(service->arena, "%s.replaced-%s", database, when_compact(time, at));

        if (access(kept, F_OK) < 0)
            return kept;
    }
}

int service_database_restore(struct service *service, const char *file, bool confirmed, json_t **document,
                             struct err *err)
{
    const char *database = db_file(service->environment.database);
    const char *staged, *kept;
    int64_t present, epoch;
    int schema;
    bool was_there;

    if (require_file_database(service, err) < 0)
        return -1;
    if (access(file, R_OK) < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "\"%s\"", file);
    if (!confirmed) {
        err_set(err, ERR_REFUSED, "all that is in the database would be replaced by what is in \"%s\"", file);
        return err_hint(err, "if that is meant: pobsync database restore %s --yes", file);
    }
    staged = arena_printf(service->arena, "%s.restoring", database);
    kept = kept_name(service, database);
    if (database_copy_check(service, file, &schema, err) < 0 || look_at_present(service, &present, err) < 0)
        return -1;
    was_there = access(database, F_OK) == 0;
    if (stage(file, staged, err) < 0 || prepare_staged(service, file, staged, present, &epoch, err) < 0 ||
        db_replace(service->environment.database, &service->db, staged, kept, err) < 0) {
        discard_staged(staged, service->arena);
        return -1;
    }
    *document = json_object();
    json_object_set_new(*document, "path", document_text(database));
    json_object_set_new(*document, "restored", document_text(file));
    json_object_set_new(*document, "kept", document_text(was_there ? kept : NULL));
    json_object_set_new(*document, "schema", json_integer(schema));
    json_object_set_new(*document, "epoch", json_integer(epoch));
    return 0;
}

/* A file that is not there would be made. */
static int open_source(struct service *service, const char *url, int *schema, struct err *err)
{
    const char *file = db_file(url);
    int expected;

    if (file != NULL && access(file, R_OK) < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "\"%s\"", file);
    if (db_open(url, &service->db, err) < 0 || db_schema_version(service->db, schema, &expected, err) < 0)
        return -1;
    if (*schema != expected) {
        err_set(err, ERR_SCHEMA, "the database that is to be copied is of version %d, this program of %d",
                *schema, expected);
        return err_hint(err, "bring it up to that first: POBSYNC_DATABASE=URL pobsync migrate");
    }
    return require_quiet(service, err);
}

int service_database_transfer(struct service *service, const char *from, const char *to, json_t **document,
                              struct err *err)
{
    DB_SCOPED *target = NULL;
    int64_t rows;
    int schema = 0;

    if (open_source(service, from, &schema, err) < 0 || db_open(to, &target, err) < 0 ||
        db_migrate(target, service->now, NULL, err) < 0 || db_transfer(service->db, target, &rows, err) < 0 ||
        store_audit_add(target, service->now, service->actor, service->origin, "database.copy",
                        db_kind_name(service->db), NULL, db_kind_name(target), err) < 0)
        return -1;
    *document = json_object();
    json_object_set_new(*document, "from", document_text(db_kind_name(service->db)));
    json_object_set_new(*document, "to", document_text(db_kind_name(target)));
    json_object_set_new(*document, "rows", json_integer(rows));
    json_object_set_new(*document, "schema", json_integer(schema));
    return 0;
}
