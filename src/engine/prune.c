/* Snapshots on their way to the trash. */
#include "engine/prune.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/snapshot_meta.h"
#include "engine/trash.h"
#include "plan/snapshot_name.h"
#include "sys/fs.h"

/* A name that is one directory below the kind's, and looks like a snapshot. */
static int check_name(const struct snapshot *snapshot, struct err *err)
{
    int64_t when;

    if (!snapshot_name_is_candidate(snapshot->name, &when) || strchr(snapshot->name, '/') != NULL)
        return err_set(err, ERR_REFUSED, "\"%s\" is not the name of a snapshot", snapshot->name);
    if (snapshot->kind != KIND_SCHEDULED && snapshot->kind != KIND_MANUAL)
        return err_set(err, ERR_REFUSED, "snapshot \"%s\" has no final name", snapshot->name);
    return 0;
}

static int check_place(const struct host_directory *directory, int fd, const char *what, struct err *err)
{
    struct stat host_stat, stat;
    bool is_mount_root = false;
    uint64_t mount, host_mount;

    if (fstat(directory->fd, &host_stat) < 0 || fstat(fd, &stat) < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be looked at", what);
    if (fs_mount_id(directory->fd, &host_mount, &is_mount_root, err) < 0 ||
        fs_mount_id(fd, &mount, &is_mount_root, err) < 0)
        return -1;
    if (stat.st_dev != host_stat.st_dev || mount != host_mount || is_mount_root) {
        err_set(err, ERR_REFUSED, "\"%s\" is a mount point or lies on another file system", what);
        return err_hint(err, "unmount it; nothing behind a mount point is ever removed");
    }
    return 0;
}

/* The mount point in a line of mountinfo, its fifth word, is written with \040 for a blank and so on. */
static void unescape(char *text)
{
    char *to = text;

    while (*text != '\0') {
        if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
            *to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
            text += 4;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

static bool is_below(const char *mount, const char *top)
{
    size_t size = strlen(top);

    return strncmp(mount, top, size) == 0 && (mount[size] == '/' || mount[size] == '\0');
}

/* A mount somewhere below would stop the removal half way, with the snapshot in the trash; better to hear of it
 * before. The removal itself never crosses one. */
static int check_mounts(const char *path, struct err *err)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t room = 0;
    int result = 0;

    while (mounts != NULL && result == 0 && getline(&line, &room, mounts) > 0) {
        char *rest = line, *word = NULL;

        for (int i = 0; i < 5 && rest != NULL; i++)
            word = strsep(&rest, " ");
        if (word == NULL)
            continue;
        unescape(word);
        if (is_below(word, path)) {
            result = err_set(err, ERR_REFUSED, "something is mounted at \"%s\"", word);
            err_hint(err, "unmount it; nothing behind a mount point is ever removed");
        }
    }
    free(line);
    if (mounts != NULL)
        fclose(mounts);
    return result;
}

/* A claim of metadata gives no right, but one that contradicts the row takes it away. */
static int check_claim(struct arena *arena, const struct host_directory *directory,
                       const struct snapshot *snapshot, int fd, struct err *err)
{
    struct snapshot_meta meta;
    struct err ignored;

    if (snapshot_meta_load(arena, fd, &meta, &ignored) < 0)
        return 0;
    if (meta.host != NULL && strcmp(meta.host, directory->name) != 0)
        return err_set(err, ERR_REFUSED, "the metadata of snapshot \"%s\" says that it is of host \"%s\"",
                       snapshot->name, meta.host);
    if (meta.name != NULL && strcmp(meta.name, snapshot->name) != 0)
        return err_set(err, ERR_REFUSED, "the metadata of snapshot \"%s\" says that it is \"%s\"",
                       snapshot->name, meta.name);
    return 0;
}

int prune_check(struct arena *arena, const struct host_directory *directory, const struct snapshot *snapshot,
                struct err *err)
{
    const char *path, *whole;
    FD_SCOPED fd = -1;

    if (check_name(snapshot, err) < 0)
        return -1;
    path = arena_printf(arena, "%s/%s", snapshot_kind_directory(snapshot->kind), snapshot->name);
    whole = arena_printf(arena, "%s/%s", directory->path, path);
    fd = fs_open_dir(directory->fd, path, true, err);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "\"%s\" is recorded and not on disk", whole);
    if (fd < 0 && (errno == EXDEV || errno == ELOOP || errno == ENOTDIR)) {
        err_set(err, ERR_REFUSED, "\"%s\" is %s, and no directory of ours", whole,
                errno == EXDEV   ? "a mount point"
                : errno == ELOOP ? "reached by a symbolic link"
                                 : "a file or a link");
        return err_hint(err, "see what it is; nothing but a snapshot's own directory is ever removed");
    }
    if (fd < 0)
        return -1;
    if (check_place(directory, fd, whole, err) < 0 || check_mounts(whole, err) < 0)
        return -1;
    return check_claim(arena, directory, snapshot, fd, err);
}

static int bury_kind(struct arena *arena, const struct host_directory *directory, enum snapshot_kind kind,
                     const struct snapshot *snapshots, size_t count, int64_t *buried, struct err *err)
{
    const char *kind_name = snapshot_kind_directory(kind);
    FD_SCOPED from = fs_open_dir(directory->fd, kind_name, true, err);
    int64_t before = *buried;
    int result = 0;

    if (from < 0)
        return errno == ENOENT ? 0 : -1;
    for (size_t i = 0; i < count && result == 0; i++) {
        if (snapshots[i].kind != kind)
            continue;
        result = prune_check(arena, directory, &snapshots[i], err);
        if (result < 0 && err->code == ERR_NOT_FOUND) {
            result = 0;
            continue;
        }
        if (result == 0)
            result = trash_bury(directory, from, kind_name, snapshots[i].name, err);
        if (result == 0)
            ++*buried;
    }
    if (*buried > before) {
        struct err sync;

        if (trash_sync(directory, from, kind_name, &sync) < 0 && result == 0) {
            *err = sync;
            result = -1;
        }
    }
    return result;
}

int prune_bury(struct arena *arena, const struct host_directory *directory, const struct snapshot *snapshots,
               size_t count, int64_t *buried, struct err *err)
{
    *buried = 0;
    if (bury_kind(arena, directory, KIND_SCHEDULED, snapshots, count, buried, err) < 0)
        return -1;
    return bury_kind(arena, directory, KIND_MANUAL, snapshots, count, buried, err);
}
