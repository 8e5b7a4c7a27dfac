/* Two trees in step. */
#include "engine/tree_diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/same_file.h"
#include "sys/descent.h"
#include "sys/fs.h"
#include "sys/name_list.h"
#include "sys/stop.h"
#include "sys/walk.h"

/* The names of one directory in both trees, and how far we are. */
struct level {
    struct name_list before, after;
    size_t b, a;
    bool comparable; /* both lie on one file system: inode numbers mean the same */
};

struct state {
    const struct tree_diff *diff;
    struct descent descent; /* `after` is its own tree, `before` the twin */
    struct level *levels;
    size_t count, room;
};

const char *tree_change_name(enum tree_change_kind kind)
{
    static const char *const names[] = {
#define TREE_CHANGE_NAME(kind, name) [kind] = name,
        TREE_CHANGE_LIST(TREE_CHANGE_NAME)
#undef TREE_CHANGE_NAME
    };

    return names[kind];
}

static int report(struct state *state, enum tree_change_kind kind, const char *name,
                  const struct stat *before, const struct stat *after, struct err *err)
{
    const struct tree_change change = {kind, buf_text(&state->descent.path), name, before, after};

    return state->diff->change(state->diff->context, &change, err);
}

static int fail(struct state *state, const char *name, struct err *err)
{
    return err_errno(err, ERR_IO, errno, "\"%s\" cannot be compared", descent_tell(&state->descent, name));
}

/* A whole tree that is on one side only. */
struct branch {
    struct state *state;
    const char *prefix; /* the path of its top */
    enum tree_change_kind kind;
};

static int report_leaf(void *context, const struct walk_entry *entry, struct err *err)
{
    const struct branch *branch = context;
    BUF_SCOPED directory = BUF_EMPTY;
    struct tree_change change = {.kind = branch->kind, .name = entry->name};

    buf_add_text(&directory, branch->prefix);
    if (entry->directory[0] != '\0') {
        buf_add_char(&directory, '/');
        buf_add_text(&directory, entry->directory);
    }
    change.directory = buf_text(&directory);
    if (branch->kind == TREE_ADDED)
        change.after = &entry->stat;
    else
        change.before = &entry->stat;
    return branch->state->diff->change(branch->state->diff->context, &change, err);
}

static int report_branch(struct state *state, enum tree_change_kind kind, int dirfd, const char *name,
                         struct err *err)
{
    FD_SCOPED fd = descent_open(dirfd, name);
    BUF_SCOPED prefix = BUF_EMPTY;
    struct branch branch = {.state = state, .kind = kind};
    const struct walk walk = {.entry = report_leaf, .context = &branch, .top_fd = fd, .twin_fd = -1};

    if (fd < 0)
        return fail(state, name, err);
    if (state->descent.path.size > 0) {
        buf_add(&prefix, state->descent.path.data, state->descent.path.size);
        buf_add_char(&prefix, '/');
    }
    buf_add_text(&prefix, name);
    branch.prefix = buf_text(&prefix);
    return walk_tree(&walk, err);
}

static int one_side(struct state *state, enum tree_change_kind kind, int dirfd, const char *name,
                    struct err *err)
{
    struct stat stat;

    if (fstatat(dirfd, name, &stat, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
        return fail(state, name, err);
    if (report(state, kind, name, kind == TREE_REMOVED ? &stat : NULL, kind == TREE_ADDED ? &stat : NULL,
               err) < 0)
        return -1;
    return S_ISDIR(stat.st_mode) ? report_branch(state, kind, dirfd, name, err) : 0;
}

static int push_level(struct state *state, const char *name, int before_fd, int after_fd, struct err *err)
{
    struct level *level;
    struct stat before, after;

    if (descent_enter(&state->descent, name, after_fd, before_fd, err) < 0)
        return -1;
    if (state->count == state->room) {
        state->room = state->room == 0 ? 16 : state->room * 2;
        state->levels = reallocarray(state->levels, state->room, sizeof *state->levels);
        if (state->levels == NULL)
            abort();
    }
    level = &state->levels[state->count++];
    *level = (struct level){0};
    if (fstat(before_fd, &before) < 0 || fstat(after_fd, &after) < 0)
        return fail(state, "", err);
    level->comparable = before.st_dev == after.st_dev;
    if (name_list_read(before_fd, descent_tell(&state->descent, ""), &level->before, err) < 0)
        return -1;
    return name_list_read(after_fd, descent_tell(&state->descent, ""), &level->after, err);
}

static int pop_level(struct state *state, struct err *err)
{
    struct level *level = &state->levels[--state->count];

    name_list_release(&level->before);
    name_list_release(&level->after);
    return descent_leave(&state->descent, err);
}

static int both_directories(struct state *state, const char *name, struct err *err)
{
    int before_fd = descent_open(descent_twin_fd(&state->descent), name);
    int after_fd = descent_open(descent_fd(&state->descent), name);
    struct stat before, after;
    int result = 0;

    if (before_fd < 0 || after_fd < 0 || fstat(before_fd, &before) < 0 || fstat(after_fd, &after) < 0)
        result = fail(state, name, err);
    else if (!same_rights(&before, &after))
        result = report(state, TREE_METADATA, name, &before, &after, err);
    if (result < 0) {
        fs_close(&before_fd);
        fs_close(&after_fd);
        return -1;
    }
    return push_level(state, name, before_fd, after_fd, err);
}

/* Other types: what was a tree of its own is gone, or has come, with all that is in it. */
static int other_type(struct state *state, const char *name, const struct stat *before,
                      const struct stat *after, struct err *err)
{
    if (report(state, TREE_TYPE, name, before, after, err) < 0)
        return -1;
    if (S_ISDIR(before->st_mode))
        return report_branch(state, TREE_REMOVED, descent_twin_fd(&state->descent), name, err);
    if (S_ISDIR(after->st_mode))
        return report_branch(state, TREE_ADDED, descent_fd(&state->descent), name, err);
    return 0;
}

static int both_sides(struct state *state, const struct name_entry *old, const struct name_entry *new,
                      struct err *err)
{
    const int before_dirfd = descent_twin_fd(&state->descent), after_dirfd = descent_fd(&state->descent);
    const struct level *level = &state->levels[state->count - 1];
    struct stat before, after;
    bool same_content, same_rest;

    if (old->type == DT_DIR && new->type == DT_DIR)
        return both_directories(state, old->name, err);
    if (level->comparable && old->inode == new->inode && old->type == new->type)
        return 0;
    if (fstatat(before_dirfd, old->name, &before, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ||
        fstatat(after_dirfd, new->name, &after, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
        return fail(state, old->name, err);
    if ((before.st_mode & S_IFMT) != (after.st_mode & S_IFMT))
        return other_type(state, old->name, &before, &after, err);
    if (same_file(before_dirfd, &before, after_dirfd, &after, old->name, &same_content, &same_rest, err) < 0)
        return err_in(err, "\"%s\" cannot be compared", descent_tell(&state->descent, old->name));
    if (same_content && same_rest)
        return 0; /* copied although it had not changed */
    return report(state, same_content ? TREE_METADATA : TREE_CHANGED, old->name, &before, &after, err);
}

/* One name further, in whichever tree it comes first. */
static int step(struct state *state, struct err *err)
{
    struct level *level = &state->levels[state->count - 1];
    const struct name_entry *old = level->b < level->before.count ? &level->before.items[level->b] : NULL;
    const struct name_entry *new = level->a < level->after.count ? &level->after.items[level->a] : NULL;
    int order;

    if (old == NULL && new == NULL)
        return pop_level(state, err);
    order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->name, new->name);
    level->b += order <= 0;
    level->a += order >= 0;
    if (order < 0)
        return one_side(state, TREE_REMOVED, descent_twin_fd(&state->descent), old->name, err);
    if (order > 0)
        return one_side(state, TREE_ADDED, descent_fd(&state->descent), new->name, err);
    return both_sides(state, old, new, err);
}

static int run(struct state *state, struct err *err)
{
    int before_fd = descent_open(state->diff->before_fd, ".");
    int after_fd = descent_open(state->diff->after_fd, ".");

    if (before_fd < 0 || after_fd < 0) {
        err_errno(err, ERR_IO, errno, "a directory cannot be read");
        fs_close(&before_fd);
        fs_close(&after_fd);
        return -1;
    }
    if (push_level(state, "", before_fd, after_fd, err) < 0)
        return -1;
    while (state->count > 0) {
        if (stop_requested() != 0)
            return err_set(err, ERR_INTERRUPTED, "cancelled while comparing");
        if (step(state, err) < 0)
            return -1;
    }
    return 0;
}

int tree_diff_run(const struct tree_diff *diff, struct err *err)
{
    struct state state = {.diff = diff, .descent = DESCENT_EMPTY};
    int result = run(&state, err);

    for (size_t i = 0; i < state.count; i++) {
        name_list_release(&state.levels[i].before);
        name_list_release(&state.levels[i].after);
    }
    free(state.levels);
    descent_release(&state.descent);
    return result;
}
