/* Restore to this server. */
#include "service/service_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/tree_copy.h"
#include "model/place.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "store/store_audit.h"
#include "sys/fs.h"

/* What a restore needs open. */
struct restore {
    const struct restore_request *request;
    struct browse browse;
    const struct snapshot *snapshot;
    struct snapshot_tree tree;
    bool exists; /* the target */
    int near_fd; /* the target, or the nearest directory above it that exists */
    struct tree_copy copy;
};

static void restore_close(struct restore *restore)
{
    fs_close(&restore->near_fd);
    fs_close(&restore->copy.source_fd);
    fs_close(&restore->copy.target_fd);
    snapshot_tree_close(&restore->tree);
    browse_close(&restore->browse);
}

#define RESTORE_SCOPED __attribute__((cleanup(restore_close))) struct restore

static bool is_within(const char *path, const char *directory)
{
    size_t size = directory != NULL ? strlen(directory) : 0;

    return size > 1 && strncmp(path, directory, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* The target with its links resolved, as far as it exists, and the nearest directory that does. */
static int resolve_target(struct arena *arena, const char *to, const char **resolved, const char **nearest,
                          struct err *err)
{
    char *part = arena_strdup(arena, to), real[PATH_MAX];

    if (to[0] != '/')
        return err_set(err, ERR_INVALID, "\"%s\" is not an absolute path", to);
    for (const char *at = to; *at != '\0'; at += strcspn(at, "/")) {
        at += strspn(at, "/");
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return err_set(err, ERR_INVALID, "\"..\" has no place in the path of a target: \"%s\"", to);
    }
    while (realpath(part, real) == NULL) {
        char *slash = strrchr(part, '/');

        if (errno != ENOENT)
            return err_errno(err, ERR_IO, errno, "cannot restore to \"%s\"", to);
        if (slash[1] == '\0' && slash != part) {
            *slash = '\0'; /* "/a/" is "/a" */
            continue;
        }
        slash[slash == part] = '\0';
    }
    *nearest = arena_strdup(arena, real);
    *resolved = arena_printf(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, to + strlen(part));
    return 0;
}

static int check_target(struct service *service, struct restore *restore, struct err *err)
{
    const char *to = restore->request->to, *resolved = "", *nearest = "/";
    struct stat stat;

    if (resolve_target(service->arena, to, &resolved, &nearest, err) < 0)
        return -1;
    if (is_within(resolved, restore->browse.settings.config->backup_root))
        return err_set(err, ERR_INVALID, "\"%s\" lies in the backup root: nothing is restored there", to);
    if (is_within(resolved, service->environment.home))
        return err_set(err, ERR_INVALID, "\"%s\" lies in the state directory: nothing is restored there", to);
    restore->exists = lstat(to, &stat) == 0;
    restore->near_fd = open(nearest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return restore->near_fd < 0 ? err_errno(err, ERR_IO, errno, "cannot restore to \"%s\"", to) : 0;
}

/* What is copied: a directory with all that is in it, or one entry of a directory. */
static int open_source(struct service *service, struct restore *restore, struct err *err)
{
    const char *path = restore->request->path, *slash = strrchr(path, '/');
    struct stat stat;

    if (snapshot_tree_stat(&restore->tree, path, &stat, err) < 0)
        return -1;
    if (!S_ISDIR(stat.st_mode)) {
        restore->copy.name = slash != NULL ? slash + 1 : path;
        path = slash != NULL ? arena_copy(service->arena, path, (size_t)(slash - path)) : "";
    }
    restore->copy.source_fd = snapshot_tree_dir(&restore->tree, path, err);
    return restore->copy.source_fd < 0 ? -1 : 0;
}

/* An empty directory is as good as a new one. */
static int open_target(struct service *service, struct restore *restore, struct err *err)
{
    struct list names = {0};
    bool more;

    restore->copy.target_fd = open(restore->request->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (restore->copy.target_fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot restore to \"%s\"", restore->request->to);
    if (fs_list_names(service->arena, restore->copy.target_fd, 1, &names, &more, err) < 0)
        return -1;
    restore->copy.fresh = names.count == 0;
    return 0;
}

static int restore_open(struct service *service, const struct restore_request *request,
                        struct restore *restore, struct err *err)
{
    *restore = (struct restore){
        .request = request,
        .browse = BROWSE_CLOSED,
        .tree = SNAPSHOT_TREE_CLOSED,
        .near_fd = -1,
        .copy = {.source_fd = -1,
                 .target_fd = -1,
                 .fresh = true,
                 .replace = request->replace,
                 .arena = service->arena},
    };
    if (browse_open(service, request->host, &restore->browse, err) < 0 ||
        browse_tree(service, &restore->browse, request->snapshot, &restore->snapshot, &restore->tree, err) <
            0 ||
        check_target(service, restore, err) < 0 || open_source(service, restore, err) < 0)
        return -1;
    return restore->exists ? open_target(service, restore, err) : 0;
}

static json_t *texts(const struct list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, document_text(list->items[i]));
    return array;
}

/* The counts by the names that plan and result have for them. */
static json_t *restore_document(const struct restore *restore, const struct fs_room *room)
{
    const struct tree_copy_counts *counts = &restore->copy.counts;
    bool done = restore->copy.apply;
    json_t *document = json_object();

    json_object_set_new(document, "host", document_text(restore->request->host));
    json_object_set_new(document, "snapshot", document_text(restore->snapshot->name));
    document_entry_put_path(document, "", restore->request->path);
    json_object_set_new(document, "to", document_text(restore->request->to));
    json_object_set_new(document, "exists", json_boolean(restore->exists));
    json_object_set_new(document, done ? "created" : "create", json_integer(counts->created));
    json_object_set_new(document, done ? "replaced" : "replace", json_integer(counts->replaced));
    json_object_set_new(document, "same", json_integer(counts->same));
    json_object_set_new(document, done ? "kept" : "keep", json_integer(counts->kept));
    json_object_set_new(document, done ? "failed" : "unreadable", json_integer(counts->failed));
    json_object_set_new(document, "bytes", json_integer(counts->bytes));
    json_object_set_new(document, "free_bytes", json_integer(room->bytes_free));
    json_object_set_new(document, "standing", texts(&restore->copy.kept));
    json_object_set_new(document, "problems", texts(&restore->copy.problems));
    return document;
}

int service_restore_plan(struct service *service, const struct restore_request *request, json_t **document,
                         struct err *err)
{
    RESTORE_SCOPED restore;
    struct fs_room room;

    if (restore_open(service, request, &restore, err) < 0 || tree_copy_run(&restore.copy, err) < 0 ||
        fs_room(restore.near_fd, &room, err) < 0)
        return -1;
    *document = restore_document(&restore, &room);
    return 0;
}

static int require_room(struct service *service, const struct restore *restore, const struct fs_room *room,
                        struct err *err)
{
    if (restore->copy.counts.room <= room->bytes_free)
        return 0;
    return err_set(err, ERR_REFUSED, "there is not enough room at \"%s\": %s are needed, %s are free",
                   restore->request->to, text_bytes(service->arena, restore->copy.counts.room),
                   text_bytes(service->arena, room->bytes_free));
}

static int begin(struct service *service, struct restore *restore, struct err *err)
{
    const struct restore_request *request = restore->request;
    const char *place = place_shown(service->arena, request->host, restore->snapshot->name, request->path);

    if (store_audit_add(service->db, service->now, service->actor, service->origin, "file.restore", place,
                        NULL, request->to, err) < 0)
        return -1;
    if (restore->exists)
        return 0;
    if (fs_make_path(request->to, 0700, err) < 0)
        return -1;
    return open_target(service, restore, err);
}

int service_restore_apply(struct service *service, const struct restore_request *request, json_t **document,
                          int *exit_status, struct err *err)
{
    RESTORE_SCOPED restore;
    struct fs_room room;

    if (restore_open(service, request, &restore, err) < 0 || tree_copy_run(&restore.copy, err) < 0 ||
        fs_room(restore.near_fd, &room, err) < 0 || require_room(service, &restore, &room, err) < 0 ||
        begin(service, &restore, err) < 0)
        return -1;
    restore.copy.apply = true;
    if (tree_copy_run(&restore.copy, err) < 0 || fs_room(restore.near_fd, &room, err) < 0)
        return -1;
    *document = restore_document(&restore, &room);
    *exit_status =
        restore.copy.counts.kept > 0 || restore.copy.counts.failed > 0 ? err_exit_status(ERR_PARTIAL) : 0;
    return 0;
}
