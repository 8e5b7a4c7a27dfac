/* The copy of a tree, entry by entry. */
#include "engine/tree_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/file_copy.h"
#include "engine/links.h"
#include "engine/same_file.h"
#include "sys/beneath.h"
#include "sys/fs.h"
#include "sys/random.h"
#include "sys/stop.h"
#include "sys/walk.h"

enum { TICK_EVERY = 256, NAME_SIZE = 64 };

struct state {
    struct tree_copy *copy;
    struct links *links;
    struct buf
        made; /* one byte a directory on the way: 1, it becomes what it is in the snapshot; 2, it is blocked */
    int64_t seen;
    unsigned number; /* of temporary names */
    uint32_t random;
};

static char *path_of(struct state *state, const char *directory, const char *name)
{
    return arena_printf(state->copy->arena, "%s%s%s", directory, directory[0] == '\0' ? "" : "/", name);
}

static void problem(struct state *state, const char *directory, const char *name, const char *why)
{
    struct tree_copy *copy = state->copy;

    copy->counts.failed++;
    if (copy->problems.count < TREE_COPY_TOLD)
        list_add(copy->arena, &copy->problems,
                 arena_printf(copy->arena, "/%s: %s", path_of(state, directory, name), why));
}

static void note_path(struct state *state, const char *directory, const char *name)
{
    if (state->copy->kept.count < TREE_COPY_TOLD)
        list_add(state->copy->arena, &state->copy->kept,
                 arena_printf(state->copy->arena, "/%s", path_of(state, directory, name)));
}

/* A full disk fills no better with the next file. */
static bool is_final(int errnum)
{
    return errnum == ENOSPC || errnum == EDQUOT || errnum == EROFS || errnum == EINTR;
}

static int stop_for(int errnum, struct err *err)
{
    if (errnum == EINTR)
        return err_set(err, ERR_INTERRUPTED, "cancelled while copying");
    err_hint(err, "what is there is complete; the rest is copied by the same command once there is room");
    return -1;
}

/* Where the first of several names went: the other names become links to that. False when it is not there. */
static bool link_to(struct state *state, const struct link_note *note, int target_fd, const char *to)
{
    struct stat stat;
    FD_SCOPED handle = beneath_look(state->copy->target_fd, note->path, &stat);
    char address[48];

    if (handle < 0 || stat.st_dev != note->device || stat.st_ino != note->inode)
        return false;
    if (linkat(handle, "", target_fd, to, AT_EMPTY_PATH) == 0)
        return true;
    snprintf(address, sizeof address, "/proc/self/fd/%d", handle);
    return linkat(AT_FDCWD, address, target_fd, to, AT_SYMLINK_FOLLOW) == 0;
}

static void remember(struct state *state, struct link_note *note, const char *directory, const char *name,
                     int target_fd)
{
    struct stat stat;

    if (note == NULL || note->path != NULL || fstatat(target_fd, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    note->path = strdup(path_of(state, directory, name));
    if (note->path == NULL)
        abort();
    note->device = stat.st_dev;
    note->inode = stat.st_ino;
}

/* Under a temporary name, and then under its own. */
static int put(struct state *state, int source_fd, const char *directory, const char *name,
               const struct stat *stat, int target_fd, bool replace, struct err *err)
{
    struct link_note *note = links_note(state->links, stat->st_ino);
    char temporary[NAME_SIZE];
    struct err dressed = {0};

    snprintf(temporary, sizeof temporary, ".pobsync-restore.%08x.%u", (unsigned)state->random,
             state->number++);
    if ((note == NULL || note->path == NULL || !link_to(state, note, target_fd, temporary)) &&
        file_copy_make(source_fd, name, stat, target_fd, temporary, &dressed) < 0 &&
        dressed.code != ERR_PARTIAL) {
        *err = dressed;
        return -1;
    }
    /* If we die here: the file is complete, under a temporary name; the next copy makes it anew. */
    if (renameat2(target_fd, temporary, target_fd, name, replace ? 0 : RENAME_NOREPLACE) < 0) {
        err_errno(err, ERR_IO, errno, "cannot name it");
        /* If we die here: only a temporary name stays. */
        unlinkat(target_fd, temporary, 0);
        return -1;
    }
    remember(state, note, directory, name, target_fd);
    if (dressed.code == ERR_PARTIAL)
        problem(state, directory, name, dressed.message);
    return 0;
}

enum standing { STANDS_NOTHING, STANDS_SAME, STANDS_OTHER, STANDS_DIRECTORY };

/* What stands in the target. Of a file that has its size and time nothing is read: as rsync sees it. */
static enum standing look(const struct stat *stat, int source_fd, const char *name, int target_fd)
{
    struct stat there;

    if (target_fd < 0 || fstatat(target_fd, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return STANDS_NOTHING;
    if (S_ISDIR(there.st_mode))
        return STANDS_DIRECTORY;
    if ((there.st_mode & S_IFMT) != (stat->st_mode & S_IFMT) || !same_rights(&there, stat))
        return STANDS_OTHER;
    if (S_ISLNK(stat->st_mode))
        return same_target(source_fd, target_fd, name) ? STANDS_SAME : STANDS_OTHER;
    if (!S_ISREG(stat->st_mode))
        return there.st_rdev == stat->st_rdev ? STANDS_SAME : STANDS_OTHER;
    return there.st_size == stat->st_size && there.st_mtim.tv_sec == stat->st_mtim.tv_sec &&
                   there.st_mtim.tv_nsec == stat->st_mtim.tv_nsec
               ? STANDS_SAME
               : STANDS_OTHER;
}

static int copy_entry(struct state *state, int source_fd, const char *directory, const char *name,
                      const struct stat *stat, int target_fd, struct err *err)
{
    struct tree_copy *copy = state->copy;
    enum standing standing = look(stat, source_fd, name, target_fd);
    bool replace = standing == STANDS_OTHER && copy->replace;
    struct err why;

    if (standing == STANDS_SAME) {
        copy->counts.same++;
        if (copy->apply)
            remember(state, links_note(state->links, stat->st_ino), directory, name, target_fd);
        return 0;
    }
    if (standing != STANDS_NOTHING)
        note_path(state, directory, name);
    if (standing != STANDS_NOTHING && !replace) {
        copy->counts.kept++;
        return 0;
    }
    if (copy->apply && put(state, source_fd, directory, name, stat, target_fd, replace, &why) < 0) {
        int errnum = errno;

        problem(state, directory, name, why.message);
        if (!is_final(errnum))
            return 0;
        *err = why;
        return stop_for(errnum, err);
    }
    copy->counts.created += !replace;
    copy->counts.replaced += replace;
    if (S_ISREG(stat->st_mode)) {
        copy->counts.bytes += stat->st_size;
        copy->counts.room += stat->st_blocks * 512 < stat->st_size ? stat->st_blocks * 512 : stat->st_size;
    }
    return 0;
}

/* Makes the directory that the walk enters next, or finds it there. */
static void prepare_directory(struct state *state, const struct walk_entry *entry)
{
    struct tree_copy *copy = state->copy;
    struct stat there;
    char made = 0;

    if (entry->twin_dirfd < 0) {
        /* Of a plan, or below something that stays. */
        copy->counts.created += !copy->apply;
    } else if (fstatat(entry->twin_dirfd, entry->name, &there, AT_SYMLINK_NOFOLLOW) < 0) {
        if (copy->apply && mkdirat(entry->twin_dirfd, entry->name, 0700) < 0) {
            problem(state, entry->directory, entry->name, strerror(errno));
        } else {
            copy->counts.created++;
            made = 1;
        }
    } else if (S_ISDIR(there.st_mode)) {
        copy->counts.same++;
        made = copy->replace ? 1 : 0;
    } else {
        copy->counts.kept++;
        note_path(state, entry->directory, entry->name);
        made = 2; /* what lies below has no place */
    }
    buf_add_char(&state->made, made);
}

/* Below something that is no directory, nothing can be put. */
static bool is_blocked(const struct state *state)
{
    return state->made.size > 0 && memchr(state->made.data, 2, state->made.size) != NULL;
}

static int on_entry(void *context, const struct walk_entry *entry, struct err *err)
{
    struct state *state = context;
    struct tree_copy *copy = state->copy;

    if (++state->seen % TICK_EVERY == 0 &&
        (stop_requested() != 0 || (copy->tick != NULL && !copy->tick(copy->context, &copy->counts))))
        return err_set(err, ERR_INTERRUPTED, "cancelled while copying");
    if (entry->error != 0) {
        problem(state, entry->directory, entry->name, strerror(entry->error));
        return 0;
    }
    if (is_blocked(state)) {
        copy->counts.kept++;
        if (S_ISDIR(entry->stat.st_mode))
            buf_add_char(&state->made, 2);
        return 0;
    }
    if (S_ISDIR(entry->stat.st_mode)) {
        prepare_directory(state, entry);
        return 0;
    }
    if (copy->apply && entry->twin_dirfd < 0) {
        problem(state, entry->directory, entry->name, "its directory is not in the target");
        return 0;
    }
    return copy_entry(state, entry->dirfd, entry->directory, entry->name, &entry->stat, entry->twin_dirfd,
                      err);
}

/* What a directory is given when all is in it: its time would change otherwise. */
static int on_leave(void *context, const char *directory, int fd, int twin_fd, struct err *err)
{
    struct state *state = context;
    char made = state->made.data[--state->made.size];
    struct stat stat;
    struct err why;

    (void)err;
    if (made != 1 || !state->copy->apply)
        return 0;
    if (twin_fd < 0 || fstat(fd, &stat) < 0)
        problem(state, directory, "", "it is not in the target");
    else if (file_copy_dress(fd, ".", &stat, twin_fd, ".", &why) < 0)
        problem(state, directory, "", why.message);
    return 0;
}

static int copy_one(struct state *state, struct err *err)
{
    struct tree_copy *copy = state->copy;
    struct stat stat;

    if (fstatat(copy->source_fd, copy->name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be looked at", copy->name);
    return copy_entry(state, copy->source_fd, "", copy->name, &stat, copy->target_fd, err);
}

static int copy_all(struct state *state, struct err *err)
{
    struct tree_copy *copy = state->copy;
    const struct walk walk = {.entry = on_entry,
                              .leave = on_leave,
                              .context = state,
                              .top_fd = copy->source_fd,
                              .twin_fd = copy->target_fd};

    buf_add_char(&state->made, copy->fresh || copy->replace ? 1 : 0);
    return walk_tree(&walk, err);
}

int tree_copy_run(struct tree_copy *copy, struct err *err)
{
    LINKS_SCOPED *links = copy->apply && copy->name == NULL ? links_open(copy->source_fd, err) : NULL;
    struct state state = {.copy = copy, .links = links, .made = BUF_EMPTY};
    int result;

    copy->counts = (struct tree_copy_counts){0};
    copy->kept = copy->problems = (struct list){0};
    if (copy->apply && copy->name == NULL && links == NULL)
        return -1;
    state.random = random_u32();
    result = copy->name != NULL ? copy_one(&state, err) : copy_all(&state, err);
    buf_release(&state.made);
    if (result == 0 && copy->apply)
        result = fs_sync_all(copy->target_fd, "the target", err);
    return result;
}
