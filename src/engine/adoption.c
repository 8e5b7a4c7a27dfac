/* Trees of another tool: what is there, and the steps that make one a snapshot. */
#include "engine/adoption.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/scan.h"
#include "plan/snapshot_name.h"
#include "sys/fs.h"

enum { ENTRIES_MAX = 20000, INSIDE_MAX = 1000, SUMMARY_MAX = 64 << 10, DEPTH_MAX = 4 };

#define STAGING "adopt-"

/* The names of the directories in it, and `file` (may be NULL) if there is anything of that name. */
static int list_inside(struct arena *arena, int fd, const char *file, struct list *inside, struct err *err)
{
    struct list names = {0};
    bool more;

    if (fs_list_names(arena, fd, INSIDE_MAX, &names, &more, err) < 0)
        return -1;
    for (size_t i = 0; i < names.count; i++) {
        struct stat stat;

        if (fstatat(fd, names.items[i], &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
            (S_ISDIR(stat.st_mode) || (file != NULL && strcmp(names.items[i], file) == 0)))
            list_add(arena, inside, names.items[i]);
    }
    return 0;
}

/* The text of a dirvish summary, NULL when there is none that can be read. */
static const char *read_summary(struct arena *arena, int fd)
{
    BUF_SCOPED text = BUF_EMPTY;
    struct err ignored;

    return fs_read_file(fd, "summary", SUMMARY_MAX, &text, &ignored) < 0
               ? NULL
               : arena_strdup(arena, buf_text(&text));
}

int adoption_read(struct arena *arena, int fd, enum adoption_tool tool, struct adoption_entry **entries,
                  size_t *count, struct err *err)
{
    struct list names = {0};
    bool more;

    if (fs_list_names(arena, fd, ENTRIES_MAX, &names, &more, err) < 0)
        return -1;
    if (more)
        return err_set(err, ERR_INVALID, "more than %d entries, which no such tool makes", ENTRIES_MAX);
    *entries = arena_alloc(arena, (names.count + 1) * sizeof **entries);
    *count = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct adoption_entry *entry = &(*entries)[(*count)++];
        FD_SCOPED directory = fs_open_dir(fd, names.items[i], true, err);
        struct stat stat;

        *entry = (struct adoption_entry){.name = names.items[i]};
        if (directory < 0)
            continue; /* the plan says why it stays */
        if (fstat(directory, &stat) < 0)
            return err_errno(err, ERR_IO, errno, "cannot look at \"%s\"", names.items[i]);
        entry->is_directory = true;
        entry->modified = stat.st_mtim.tv_sec;
        if (list_inside(arena, directory, tool == ADOPT_BACKINTIME ? "failed" : NULL, &entry->inside, err) <
            0)
            return err_in(err, "\"%s\"", names.items[i]);
        if (tool == ADOPT_DIRVISH)
            entry->summary = read_summary(arena, directory);
    }
    return 0;
}

int adoption_descend(struct arena *arena, int *fd, const char **path, struct err *err)
{
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        struct list inside = {0};
        const char *next;
        int below;

        if (list_inside(arena, *fd, NULL, &inside, err) < 0)
            return -1;
        for (size_t i = 0; i < inside.count; i++) {
            int64_t when;

            if (snapshot_name_is_candidate(inside.items[i], &when) ||
                strcmp(inside.items[i], "new_snapshot") == 0)
                return 0;
        }
        if (depth == 0 && !list_has(&inside, "backintime") && inside.count > 1)
            return 0;
        next = depth == 0 && list_has(&inside, "backintime") ? "backintime"
               : inside.items == NULL                        ? NULL
                                                             : inside.items[0];
        if (next == NULL)
            return 0;
        if (inside.count > 1 && strcmp(next, "backintime") != 0) {
            err_set(err, ERR_INVALID, "\"%s\" holds several: %s", *path, list_join(arena, &inside, ", "));
            return err_hint(err, "give the directory of one profile: %s/%s/...", *path, next);
        }
        below = fs_open_dir(*fd, next, true, err);
        if (below < 0)
            return -1;
        fs_close(fd);
        *fd = below;
        *path = arena_printf(arena, "%s/%s", *path, next);
    }
    return 0;
}

/* The directory that `source` lies in, and its last name. */
static int open_parent(struct arena *arena, int from_fd, const char *source, const char **name,
                       struct err *err)
{
    const char *slash = strrchr(source, '/');

    *name = slash == NULL ? source : slash + 1;
    if (slash == NULL)
        return fs_open_dir(from_fd, ".", true, err);
    return fs_open_dir(from_fd, arena_copy(arena, source, (size_t)(slash - source)), true, err);
}

/* Opens .incomplete/adopt-<name>; `parent` is .incomplete. */
static int open_staging(struct arena *arena, int parent, const char *name, struct err *err)
{
    return fs_open_dir(parent, arena_printf(arena, STAGING "%s", name), true, err);
}

int adoption_take(struct arena *arena, const struct host_directory *directory, int from_fd,
                  const char *source, const struct snapshot_meta *meta, struct err *err)
{
    const char *name;
    struct stat before;
    FD_SCOPED from = open_parent(arena, from_fd, source, &name, err);
    FD_SCOPED parent = -1;
    FD_SCOPED staging = -1;

    if (from < 0 || fs_make_dir(directory->fd, ".incomplete", 0700, true, err) < 0)
        return -1;
    parent = fs_open_dir(directory->fd, ".incomplete", true, err);
    if (parent < 0 || fs_make_dir(parent, arena_printf(arena, STAGING "%s", meta->name), 0755, true, err) < 0)
        return -1;
    staging = open_staging(arena, parent, meta->name, err);
    if (staging < 0 || snapshot_meta_save(staging, meta, err) < 0)
        return -1;
    if (fstat(from, &before) < 0)
        return err_errno(err, ERR_IO, errno, "cannot look at \"%s\"", source);
    /* If we die here, before the rename: the tree is where it was, and a second attempt plans it again, under the same
     * name. After it: it lies whole in the staging directory, whose meta.json says what it is, and whoever adopts for
     * this host next goes on from there. Only the time of the directory it came from is then that of the rename. */
    if (fs_rename_new(from, name, staging, "data", err) < 0) {
        int cause = errno;

        err_in(err, "\"%s\" cannot be taken", source);
        if (cause == EXDEV)
            return err_hint(err, "it is on another mount; copy it first: rsync -aHAXS FROM/ TO/");
        return -1;
    }
    /* rsnapshot keeps its time there, and other hosts may have their part in the same directory. */
    const struct timespec times[2] = {before.st_atim, before.st_mtim};

    if (futimens(from, times) < 0)
        return err_errno(err, ERR_IO, errno, "cannot set the time of the directory of \"%s\"", source);
    return fs_sync(staging, meta->name, err) < 0 || fs_sync(from, source, err) < 0 ? -1 : 0;
}

int adoption_staged(struct arena *arena, const struct host_directory *directory, struct list *names,
                    struct err *err)
{
    FD_SCOPED parent = fs_open_dir(directory->fd, ".incomplete", true, err);
    struct list all = {0};
    bool more;

    if (parent < 0)
        return errno == ENOENT ? 0 : -1;
    if (fs_list_names(arena, parent, ENTRIES_MAX, &all, &more, err) < 0)
        return -1;
    for (size_t i = 0; i < all.count; i++) {
        const char *name = all.items[i] + strlen(STAGING);
        struct err ignored;
        FD_SCOPED data = -1;

        if (strncmp(all.items[i], STAGING, strlen(STAGING)) != 0 || !snapshot_name_is_ours(name))
            continue;
        data = fs_open_dir(parent, arena_printf(arena, "%s/data", all.items[i]), true, &ignored);
        if (data >= 0)
            list_add(arena, names, name);
    }
    return 0;
}

/* Adds the source of what lies in `path` below the host's directory, if it was adopted. */
static void add_source(struct arena *arena, const struct host_directory *directory, const char *path,
                       struct list *sources)
{
    struct snapshot_meta meta;
    struct err ignored;
    FD_SCOPED fd = fs_open_dir(directory->fd, path, true, &ignored);

    if (fd >= 0 && snapshot_meta_load(arena, fd, &meta, &ignored) == 0 && meta.source != NULL &&
        strncmp(meta.source, ADOPTION_SOURCE, strlen(ADOPTION_SOURCE)) == 0)
        list_add(arena, sources, meta.source + strlen(ADOPTION_SOURCE));
}

int adoption_sources(struct arena *arena, const struct host_directory *directory, struct list *sources,
                     struct err *err)
{
    struct list published = {0}, staged = {0};

    if (host_directory_names(arena, directory, KIND_SCHEDULED, &published, err) < 0 ||
        adoption_staged(arena, directory, &staged, err) < 0)
        return -1;
    for (size_t i = 0; i < published.count; i++)
        add_source(arena, directory, arena_printf(arena, "scheduled/%s", published.items[i]), sources);
    for (size_t i = 0; i < staged.count; i++)
        add_source(arena, directory, arena_printf(arena, ".incomplete/" STAGING "%s", staged.items[i]),
                   sources);
    return 0;
}

/* Counts the tree, beside that of `base` if there is one. */
static int scan_staged(struct arena *arena, const struct host_directory *directory, int staging,
                       const char *base, struct snapshot_meta *meta, struct err *err)
{
    struct err ignored;
    FD_SCOPED data = fs_open_dir(staging, "data", true, err);
    FD_SCOPED base_fd =
        base == NULL
            ? -1
            : fs_open_dir(directory->fd, arena_printf(arena, "scheduled/%s/data", base), true, &ignored);

    if (data < 0)
        return -1;
    meta->base = base_fd < 0 ? NULL : base;
    meta->stats = RUN_STATS_UNKNOWN;
    return scan_tree(data, base_fd, &meta->stats, err);
}

/* A killed attempt may have left half a meta.json under its temporary name, which no snapshot is to carry for ever. */
static int drop_remains(struct arena *arena, int staging, struct err *err)
{
    struct list names = {0};
    bool more;

    if (fs_list_names(arena, staging, INSIDE_MAX, &names, &more, err) < 0)
        return -1;
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.items[i];
        size_t size = strlen(name);

        if (strncmp(name, "meta.json.", strlen("meta.json.")) != 0 || strcmp(name + size - 4, ".tmp") != 0)
            continue;
        /* If we die here: the next attempt drops it, or finds that it is gone. */
        if (unlinkat(staging, name, 0) < 0 && errno != ENOENT)
            return err_errno(err, ERR_IO, errno, "cannot remove \"%s\"", name);
    }
    return 0;
}

int adoption_publish(struct arena *arena, const struct host_directory *directory, const char *name,
                     const char *base, struct run_log *log, struct snapshot_meta *meta, struct err *err)
{
    FD_SCOPED parent = fs_open_dir(directory->fd, ".incomplete", true, err);
    FD_SCOPED staging = parent < 0 ? -1 : open_staging(arena, parent, name, err);
    FD_SCOPED to = -1;

    if (staging < 0 || snapshot_meta_load(arena, staging, meta, err) < 0 ||
        drop_remains(arena, staging, err) < 0 || scan_staged(arena, directory, staging, base, meta, err) < 0)
        return -1;
    run_log_printf(log, "%s: %s, %lld files, %lld linked to %s", name, meta->source,
                   (long long)meta->stats.files, (long long)meta->stats.linked_files,
                   meta->base == NULL ? "nothing" : meta->base);
    if (run_log_copy(log, staging, err) < 0 || snapshot_meta_save(staging, meta, err) < 0 ||
        fs_make_dir(directory->fd, "scheduled", 0700, true, err) < 0)
        return -1;
    to = fs_open_dir(directory->fd, "scheduled", true, err);
    if (to < 0 || fs_sync_all(directory->fd, directory->path, err) < 0)
        return -1;
    /* If we die here, before the rename: the tree is whole in the staging directory, and the next attempt goes on. After
     * it: it has its final name and no row; the next attempt finds that, by its meta.json, and records it. */
    if (fs_rename_new(parent, arena_printf(arena, STAGING "%s", name), to, name, err) < 0)
        return err_in(err, "snapshot \"%s\" cannot get its final name", name);
    return fs_sync(to, "scheduled", err) < 0 || fs_sync(parent, ".incomplete", err) < 0 ? -1 : 0;
}

int adoption_load(struct arena *arena, const struct host_directory *directory, const char *name,
                  struct snapshot_meta *meta, struct err *err)
{
    FD_SCOPED fd = fs_open_dir(directory->fd, arena_printf(arena, "scheduled/%s", name), true, err);

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    if (snapshot_meta_load(arena, fd, meta, err) < 0)
        return 0; /* whatever it is, it was not made here */
    return meta->source != NULL && strncmp(meta->source, ADOPTION_SOURCE, strlen(ADOPTION_SOURCE)) == 0 &&
           strcmp(meta->host, directory->name) == 0 && strcmp(meta->name, name) == 0;
}
