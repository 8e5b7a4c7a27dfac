/* Looking at the directory of a host. */
#include "engine/discovery.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/snapshot_name.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum {
    PREFLIGHT_MS = 2000,
    PREFLIGHT_ENTRIES = 20000,
    IMPORT_MS = 600000,
    IMPORT_ENTRIES = 1000000,
    CLOCK_STRIDE = 64 /* entries between two looks at the clock */
};

struct discovery_limits discovery_limits_of_preflight(int64_t now_ms)
{
    return (struct discovery_limits){now_ms + PREFLIGHT_MS, PREFLIGHT_ENTRIES};
}

struct discovery_limits discovery_limits_of_import(int64_t now_ms)
{
    return (struct discovery_limits){now_ms + IMPORT_MS, IMPORT_ENTRIES};
}

static void end_look(struct discovery_look *look, enum look_end end, const char *problem)
{
    if (look->end != LOOK_DONE)
        return;
    look->end = end;
    look->problem = problem;
}

/* A directory could not be opened or read. */
static void end_with_errno(struct arena *arena, struct discovery_look *look, const char *what, int errnum)
{
    if (errnum == EACCES || errnum == EPERM)
        end_look(look, LOOK_UNREADABLE,
                 arena_printf(arena, "%spermission denied for uid %u", what, geteuid()));
    else
        end_look(look, LOOK_IO_ERROR, arena_printf(arena, "%s%s", what, strerror(errnum)));
}

static bool is_ours(const char *name)
{
    return strcmp(name, ".lock") == 0 || strcmp(name, ".pobsync") == 0 || strcmp(name, ".trash") == 0;
}

static enum snapshot_kind kind_of_directory(const char *name)
{
    enum snapshot_kind kind = 0;

    while (kind < KIND__MAX && strcmp(snapshot_kind_directory(kind), name) != 0)
        kind++;
    return kind;
}

static const char *what_it_is(mode_t mode)
{
    return S_ISLNK(mode)   ? "a symbolic link"
           : S_ISREG(mode) ? "a file"
           : S_ISDIR(mode) ? "a directory"
                           : "neither a file nor a directory";
}

static struct discovery_entry *add_entry(struct arena *arena, struct discovery_look *look,
                                         enum snapshot_kind kind, const char *name)
{
    if (look->count == look->room) {
        size_t room = look->room == 0 ? 64 : look->room * 2;
        struct discovery_entry *entries = arena_alloc(arena, room * sizeof *entries);

        if (look->count > 0)
            memcpy(entries, look->entries, look->count * sizeof *entries);
        look->entries = entries;
        look->room = room;
    }
    look->entries[look->count] = (struct discovery_entry){.kind = kind, .name = arena_strdup(arena, name)};
    return &look->entries[look->count++];
}

/* False when the limit is reached, which ends the look. */
static bool go_on(struct arena *arena, const struct discovery_limits *limits, struct discovery_look *look)
{
    if (look->count >= limits->entries) {
        end_look(look, LOOK_TIMED_OUT, arena_printf(arena, "stopped at %zu entries", look->count));
        return false;
    }
    if (look->count % CLOCK_STRIDE == 0 && clock_boot_ms() > limits->until_ms) {
        end_look(look, LOOK_TIMED_OUT,
                 arena_printf(arena, "stopped at the time limit, at %zu entries", look->count));
        return false;
    }
    return true;
}

static bool is_io_error(int errnum)
{
    return errnum != EACCES && errnum != EPERM && errnum != ENOENT && errnum != ENOTDIR && errnum != ELOOP &&
           errnum != EXDEV;
}

/* Why the data directory of what is named like a snapshot could not be opened. */
static void explain(struct arena *arena, struct discovery_look *look, int kind_fd,
                    struct discovery_entry *entry, int errnum)
{
    struct stat st;
    struct err err;
    FD_SCOPED fd = -1;

    if (is_io_error(errnum)) {
        end_with_errno(arena, look,
                       arena_printf(arena, "%s/%s: ", snapshot_kind_directory(entry->kind), entry->name),
                       errnum);
        return;
    }
    if (fstatat(kind_fd, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        entry->candidate = errno != ENOENT;
        entry->problem = errno == ENOENT ? "has gone meanwhile" : arena_strdup(arena, strerror(errno));
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        entry->problem = what_it_is(st.st_mode);
        return;
    }
    fd = fs_open_dir(kind_fd, entry->name, true, &err);
    if (fd < 0 && errno == EXDEV) {
        entry->problem = "a mount point";
        return;
    }
    entry->candidate = true;
    if (fd < 0 || errnum == EACCES || errnum == EPERM)
        entry->problem = arena_printf(arena, "permission denied for uid %u", geteuid());
    else
        entry->problem = errnum == ENOENT  ? "has no data directory"
                         : errnum == EXDEV ? "its data directory is a mount point"
                                           : "its data is no directory";
}

/* A directory of snapshots that is looked at. */
struct kind_directory {
    enum snapshot_kind kind;
    int fd;
    uint64_t mount_id;
    uid_t uid; /* ours */
};

/* An entry of it. `is_dir`: it is a real directory; false: who knows. */
static void look_at(struct arena *arena, struct discovery_look *look, const struct kind_directory *directory,
                    const char *name, bool is_dir)
{
    enum snapshot_kind kind = directory->kind;
    int kind_fd = directory->fd;
    struct discovery_entry *entry = add_entry(arena, look, kind, name);
    char data[NAME_MAX + sizeof "/data"];
    struct stat st;
    struct err err;
    int64_t when;
    FD_SCOPED fd = -1;

    if (!snapshot_name_is_candidate(name, &when)) {
        entry->problem =
            fstatat(kind_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? what_it_is(st.st_mode) : NULL;
        return;
    }
    stpcpy(stpcpy(data, name), kind == KIND_INCOMPLETE ? "" : "/data");
    /* Nearly all are as runs leave them, and there are many: only the others are opened. */
    entry->candidate = is_dir && fs_is_own_dir(kind_fd, data, directory->mount_id, directory->uid);
    if (entry->candidate)
        return;
    fd = fs_open_dir(kind_fd, data, true, &err);
    if (fd >= 0)
        entry->candidate = true;
    else
        explain(arena, look, kind_fd, entry, errno);
}

/* What has gone while we looked was never there. */
static void drop_gone(struct discovery_look *look)
{
    const struct discovery_entry *last = look->count == 0 ? NULL : &look->entries[look->count - 1];

    if (last != NULL && !last->candidate && last->problem != NULL &&
        strcmp(last->problem, "has gone meanwhile") == 0)
        look->count--;
}

static DIR *open_stream(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    int saved = errno;

    if (stream == NULL && copy >= 0)
        close(copy);
    errno = saved;
    return stream;
}

/* The next entry of a directory; NULL at its end, or when it cannot be read, which ends the look. */
static const struct dirent *next_entry(struct arena *arena, DIR *stream, const char *what,
                                       struct discovery_look *look)
{
    const struct dirent *entry;

    do {
        errno = 0;
        entry = readdir(stream);
    } while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    if (entry == NULL && errno != 0)
        end_with_errno(arena, look, what, errno);
    return entry;
}

static void look_at_kind(struct arena *arena, int host_fd, enum snapshot_kind kind,
                         const struct discovery_limits *limits, struct discovery_look *look)
{
    const char *directory = snapshot_kind_directory(kind);
    const char *what = arena_printf(arena, "%s/: ", directory);
    struct kind_directory looked = {.kind = kind, .uid = geteuid()};
    const struct dirent *entry;
    struct stat st;
    struct err err;
    FD_SCOPED fd = fs_open_dir(host_fd, directory, true, &err);
    DIR *stream;
    bool is_mount;

    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
        struct discovery_entry *odd = add_entry(arena, look, KIND__MAX, directory);

        odd->problem =
            fstatat(host_fd, directory, &st, AT_SYMLINK_NOFOLLOW) == 0 ? what_it_is(st.st_mode) : NULL;
        return;
    }
    if (fd < 0 && errno == EXDEV) {
        add_entry(arena, look, KIND__MAX, directory)->problem = "a mount point";
        return;
    }
    stream = fd < 0 ? NULL : open_stream(fd);
    if (stream == NULL) {
        if (errno != ENOENT)
            end_with_errno(arena, look, what, errno);
        return;
    }
    looked.fd = fd;
    if (fs_mount_id(fd, &looked.mount_id, &is_mount, &err) < 0)
        end_look(look, LOOK_IO_ERROR, arena_strdup(arena, err.message));
    while (look->end == LOOK_DONE && (entry = next_entry(arena, stream, what, look)) != NULL &&
           go_on(arena, limits, look)) {
        look_at(arena, look, &looked, entry->d_name, entry->d_type == DT_DIR);
        drop_gone(look);
    }
    closedir(stream);
}

/* The entries of the host directory itself that are neither ours nor directories of snapshots. */
static void look_at_top(struct arena *arena, int host_fd, const struct discovery_limits *limits,
                        struct discovery_look *look)
{
    DIR *stream = open_stream(host_fd);
    const struct dirent *found;
    struct stat st;

    if (stream == NULL) {
        end_with_errno(arena, look, "", errno);
        return;
    }
    while ((found = next_entry(arena, stream, "", look)) != NULL && go_on(arena, limits, look)) {
        const char *name = found->d_name;
        struct discovery_entry *entry;

        if (is_ours(name) || kind_of_directory(name) != KIND__MAX)
            continue;
        entry = add_entry(arena, look, KIND__MAX, name);
        entry->problem =
            fstatat(host_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? what_it_is(st.st_mode) : NULL;
    }
    closedir(stream);
}

void discovery_look(struct arena *arena, int root_fd, const char *host, const struct discovery_limits *limits,
                    struct discovery_look *look)
{
    struct err err;
    FD_SCOPED fd = fs_open_dir(root_fd, host, true, &err);

    *look = (struct discovery_look){.end = LOOK_DONE};
    if (fd < 0 && errno == ENOENT)
        end_look(look, LOOK_MISSING, "does not exist");
    else if (fd < 0 && errno == ENOTDIR)
        end_look(look, LOOK_UNREADABLE, "it is not a directory");
    else if (fd < 0 && errno == ELOOP)
        end_look(look, LOOK_UNREADABLE, "it is a symbolic link");
    else if (fd < 0 && errno == EXDEV)
        end_look(look, LOOK_UNREADABLE, "it is a mount point: another file system than the backup root's");
    else if (fd < 0)
        end_with_errno(arena, look, "", errno);
    else
        look_at_top(arena, fd, limits, look);
    for (enum snapshot_kind kind = 0; kind < KIND__MAX && look->end == LOOK_DONE; kind++)
        look_at_kind(arena, fd, kind, limits, look);
}

int discovery_is_there(int host_fd, enum snapshot_kind kind, const char *name, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    FD_SCOPED fd =
        fs_open_dir(host_fd, arena_printf(&arena, "%s/%s", snapshot_kind_directory(kind), name), true, err);

    if (fd >= 0 || errno == EACCES || errno == EPERM)
        return 1;
    return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EXDEV ? 0 : -1;
}

int discovery_directories(struct arena *arena, int root_fd, size_t limit, struct list *names, bool *more,
                          struct err *err)
{
    struct list all = {0};
    struct stat st;

    if (fs_list_names(arena, root_fd, limit, &all, more, err) < 0)
        return -1;
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i][0] != '.' && strcmp(all.items[i], "lost+found") != 0 &&
            fstatat(root_fd, all.items[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
            list_add(arena, names, all.items[i]);
    return 0;
}
