/* Making copies of the database, and dropping old ones. */
#include "service/database_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/when.h"
#include "engine/root.h"
#include "service/host_settings.h"
#include "service/service_root.h"
#include "sys/clock.h"
#include "sys/fs.h"

#define PREFIX "pobsync-"
#define SUFFIX ".db"
/* Whoever makes a copy has locked the folder: what has this name then is what a dead process left. */
#define UNFINISHED ".pobsync-database-copy.tmp"
#define PRIVATE_FOLDER ".pobsync"
#define COPY_FOLDER "database"
#define UPGRADE_FOLDER "before-upgrade"

enum { NAMES_MAX = 100000 };

/* A folder that is open and locked. */
struct folder {
    int fd;
    const char *path;
};

static int lock_folder(const struct folder *folder, struct err *err)
{
    while (flock(folder->fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return err_errno(err, ERR_IO, errno, "\"%s\" cannot be locked", folder->path);
    return 0;
}

int database_copy_check(struct service *service, const char *path, int *schema, struct err *err)
{
    DB_SCOPED *copy = NULL;
    int expected;

    if (db_open_copy(service->environment.database, path, &copy, err) < 0 || db_check(copy, err) < 0 ||
        db_schema_version(copy, schema, &expected, err) < 0)
        return -1;
    if (*schema == 0)
        return err_set(err, ERR_DATABASE, "\"%s\" holds no tables of pobsync", path);
    if (*schema > expected) {
        err_set(err, ERR_SCHEMA, "\"%s\" is of version %d and this program knows versions up to %d", path,
                *schema, expected);
        return err_hint(err, "install the newer pobsync that made it");
    }
    return 0;
}

static void remove_unfinished(const struct folder *folder)
{
    /* If we die here: something unfinished is left, which nobody reads and the next copy removes. */
    unlinkat(folder->fd, UNFINISHED, 0);
    unlinkat(folder->fd, UNFINISHED "-journal", 0);
    unlinkat(folder->fd, UNFINISHED "-wal", 0);
    unlinkat(folder->fd, UNFINISHED "-shm", 0);
}

/* By descriptor: whatever becomes of the path, it is written where the folder was opened. */
static int write_unfinished(struct service *service, const struct folder *folder, struct database_copy *copy,
                            struct err *err)
{
    const char *path = arena_printf(service->arena, "/proc/self/fd/%d/" UNFINISHED, folder->fd);
    FD_SCOPED fd = openat(folder->fd, UNFINISHED, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat stat;

    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "a copy of the database cannot be made");
    if (db_copy(service->db, path, err) < 0 || database_copy_check(service, path, &copy->schema, err) < 0 ||
        fs_sync(fd, UNFINISHED, err) < 0)
        return -1;
    if (fstat(fd, &stat) < 0)
        return err_errno(err, ERR_IO, errno, "the copy of the database cannot be looked at");
    copy->bytes = stat.st_size;
    return 0;
}

/* The name of a copy that is made now: unique in its folder, and behind all others by its bytes. */
static const char *free_name(struct service *service, const struct folder *folder, const char *prefix)
{
    for (int64_t at = clock_now();; at++) {
        char time[WHEN_TEXT];
        const char *name = arena_printf(service->arena, "%s%s" SUFFIX, prefix, when_compact(time, at));

        if (faccessat(folder->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
            return name;
    }
}

/* `name` NULL: one of its own, with the version in it if `tells_schema`. */
static int make_copy(struct service *service, const struct folder *folder, const char *name,
                     bool tells_schema, struct database_copy *copy, struct err *err)
{
    remove_unfinished(folder);
    if (write_unfinished(service, folder, copy, err) < 0) {
        remove_unfinished(folder);
        return err_in(err, "copy of the database in \"%s\"", folder->path);
    }
    if (name == NULL)
        name = free_name(service, folder,
                         tells_schema ? arena_printf(service->arena, PREFIX "%04d-", copy->schema) : PREFIX);
    /* If we die here: a whole copy without a name is left, which the next one removes. */
    if (fs_rename_new(folder->fd, UNFINISHED, folder->fd, name, err) < 0) {
        if (errno == EEXIST)
            err_set(err, ERR_EXISTS, "\"%s/%s\" is there already: give the copy another name", folder->path,
                    name);
        remove_unfinished(folder);
        return -1;
    }
    copy->path = arena_printf(service->arena, "%s/%s", folder->path, name);
    return fs_sync(folder->fd, folder->path, err);
}

static bool is_copy_name(const char *name)
{
    size_t size = strlen(name);

    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && size > strlen(PREFIX SUFFIX) &&
           strspn(name + strlen(PREFIX), "0123456789Z-") == size - strlen(PREFIX SUFFIX) &&
           strcmp(name + size - strlen(SUFFIX), SUFFIX) == 0;
}

int database_copy_names(struct arena *arena, int fd, struct list *names, struct err *err)
{
    struct list all;
    bool more;

    *names = (struct list){0};
    if (fs_list_names(arena, fd, NAMES_MAX, &all, &more, err) < 0)
        return -1;
    for (size_t i = 0; i < all.count; i++)
        if (is_copy_name(all.items[i]))
            list_add(arena, names, all.items[i]);
    return 0;
}

/* Only files with names such as we give, and never the one that was just made. */
static int drop_old(struct service *service, const struct folder *folder, struct database_copy *copy,
                    struct err *err)
{
    struct list names;

    if (database_copy_names(service->arena, folder->fd, &names, err) < 0)
        return err_in(err, "\"%s\"", folder->path);
    for (size_t i = 0; i + DATABASE_COPIES_KEPT < names.count; i++) {
        if (strcmp(names.items[i], strrchr(copy->path, '/') + 1) == 0)
            continue;
        /* If we die here: an older copy is there for one more night. */
        if (unlinkat(folder->fd, names.items[i], 0) < 0 && errno != ENOENT)
            return err_errno(err, ERR_IO, errno, "\"%s/%s\" cannot be removed", folder->path, names.items[i]);
        copy->dropped++;
    }
    return copy->dropped > 0 ? fs_sync(folder->fd, folder->path, err) : 0;
}

static const char *with_warning(struct arena *arena, const char *before, const char *warning)
{
    return before == NULL ? arena_strdup(arena, warning) : arena_printf(arena, "%s; %s", before, warning);
}

/* A copy with a name of its own; that older ones cannot be dropped is a warning. Takes the descriptor. */
static int copy_and_drop(struct service *service, int fd, const char *path, bool tells_schema,
                         struct database_copy *copy, struct err *err)
{
    FD_SCOPED own = fd;
    const struct folder folder = {own, path};
    struct err failure;

    if (lock_folder(&folder, err) < 0 || make_copy(service, &folder, NULL, tells_schema, copy, err) < 0)
        return -1;
    if (drop_old(service, &folder, copy, &failure) < 0)
        copy->warning = with_warning(service->arena, copy->warning, failure.message);
    return 0;
}

/* Opens a folder of the state directory, which is made if it is not there. */
static int open_state_folder(struct service *service, const char *name, struct err *err)
{
    FD_SCOPED home = open(service->environment.home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (home < 0)
        return err_errno(err, ERR_IO, errno, "state directory \"%s\"", service->environment.home);
    if (fs_make_dir(home, name, 0700, true, err) < 0)
        return -1;
    return fs_open_dir(home, name, false, err);
}

static int open_root_folder(int root_fd, struct err *err)
{
    FD_SCOPED private_fd = -1;

    if (fs_make_dir(root_fd, PRIVATE_FOLDER, 0700, true, err) < 0)
        return -1;
    private_fd = fs_open_dir(root_fd, PRIVATE_FOLDER, true, err);
    if (private_fd < 0 || fs_make_dir(private_fd, COPY_FOLDER, 0700, true, err) < 0)
        return -1;
    return fs_open_dir(private_fd, COPY_FOLDER, true, err);
}

static const char *root_folder_path(struct arena *arena, const char *root)
{
    return arena_printf(arena, "%s/" PRIVATE_FOLDER "/" COPY_FOLDER, root);
}

static int copy_into_root(struct service *service, struct database_copy *copy, struct err *err)
{
    FD_SCOPED root_fd = -1;
    struct root_report report;
    struct effective effective;
    int fd;

    if (global_settings_load(service, &effective, err) < 0 ||
        service_root_open(service, effective.config.backup_root, &report, &root_fd, err) < 0)
        return -1;
    if (root_fd < 0)
        return root_refuse(&report, err);
    fd = open_root_folder(root_fd, err);
    if (fd < 0)
        return err_in(err, "backup root \"%s\"", report.path);
    return copy_and_drop(service, fd, root_folder_path(service->arena, report.path), false, copy, err);
}

int database_copy_nightly(struct service *service, struct database_copy *copy, struct err *err)
{
    struct err failure;
    int fd;

    *copy = (struct database_copy){0};
    if (copy_into_root(service, copy, &failure) == 0)
        return 0;
    *copy = (struct database_copy){
        .warning = arena_printf(service->arena, "the copy of the database is not in the backup root: %s",
                                failure.message)};
    fd = open_state_folder(service, COPY_FOLDER, err);
    if (fd < 0)
        return -1;
    return copy_and_drop(service, fd,
                         arena_printf(service->arena, "%s/" COPY_FOLDER, service->environment.home), false,
                         copy, err);
}

int database_copy_before_upgrade(struct service *service, struct database_copy *copy, struct err *err)
{
    int fd = open_state_folder(service, UPGRADE_FOLDER, err);

    *copy = (struct database_copy){0};
    if (fd < 0)
        return -1;
    return copy_and_drop(service, fd,
                         arena_printf(service->arena, "%s/" UPGRADE_FOLDER, service->environment.home), true,
                         copy, err);
}

int database_copy_to(struct service *service, const char *path, struct database_copy *copy, struct err *err)
{
    FD_SCOPED fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *slash = strrchr(path, '/');
    const char *name = NULL;
    char resolved[PATH_MAX];
    struct folder folder;

    *copy = (struct database_copy){0};
    if (fd < 0) {
        const char *above = slash == NULL   ? "."
                            : slash == path ? "/"
                                            : arena_copy(service->arena, path, (size_t)(slash - path));

        name = slash == NULL ? path : slash + 1;
        path = above;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0 || realpath(path, resolved) == NULL)
        return err_errno(err, ERR_IO, errno, "\"%s\"", path);
    folder = (struct folder){fd, arena_strdup(service->arena, strcmp(resolved, "/") == 0 ? "" : resolved)};
    if (lock_folder(&folder, err) < 0)
        return -1;
    return make_copy(service, &folder, name, false, copy, err);
}

int database_copy_folders(struct service *service, struct database_folder folders[DATABASE_FOLDERS],
                          struct err *err)
{
    const char *home = service->environment.home;
    struct effective effective;

    if (global_settings_load(service, &effective, err) < 0)
        return -1;
    folders[0] = (struct database_folder){
        "backup_root", effective.config.backup_root == NULL
                           ? NULL
                           : root_folder_path(service->arena, effective.config.backup_root)};
    folders[1] = (struct database_folder){"state", arena_printf(service->arena, "%s/" COPY_FOLDER, home)};
    folders[2] =
        (struct database_folder){"before_upgrade", arena_printf(service->arena, "%s/" UPGRADE_FOLDER, home)};
    return 0;
}
