/* The stack of directories between the top of a tree and the place where we are. */
#include "sys/descent.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fs.h"

/* With a twin each level takes two descriptors: 190 together. */
enum { LEVELS_OPEN = 95, READ_SIZE = 32 * 1024, PATH_TOLD = 200, TWIN_AHEAD = 8 };

struct place {
    int fd; /* -1: closed, or there is none */
    /* Of one that is closed: noted when that happens, for few ever are. */
    dev_t dev;
    ino_t ino;
};

/* Reading one directory. */
struct reader {
    char *entries; /* what getdents64 gave, NULL before the first read and while closed */
    size_t at, used;
    off64_t position; /* of the entry behind the last one that was given */
};

struct descent_level {
    struct place own, twin;
    struct reader own_reader, twin_reader;
    bool has_twin;
    size_t path_size; /* of the parent's path */
};

static struct descent_level *current(const struct descent *descent)
{
    assert(descent->depth > 0);
    return &descent->levels[descent->depth - 1];
}

static void reader_close(struct reader *reader)
{
    free(reader->entries);
    reader->entries = NULL;
    reader->at = reader->used = 0;
}

static void level_close(struct descent_level *level, bool with_twin)
{
    fs_close(&level->own.fd);
    reader_close(&level->own_reader);
    if (!with_twin)
        return;
    fs_close(&level->twin.fd);
    reader_close(&level->twin_reader);
}

static void path_cut(struct buf *path, size_t size)
{
    assert(size <= path->size);
    path->size = size;
    if (path->data != NULL)
        path->data[size] = '\0';
}

void descent_release(struct descent *descent)
{
    while (descent->depth > 0) {
        level_close(current(descent), true);
        descent->depth--;
    }
    free(descent->levels);
    buf_release(&descent->path);
    *descent = DESCENT_EMPTY;
}

int descent_open(int dirfd, const char *name)
{
    struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };

    return (int)syscall(SYS_openat2, dirfd, name, &how, sizeof how);
}

/* Notes what it is, so that it can be known again when it is reopened. */
static int place_note(struct place *place)
{
    struct stat stat;

    if (place->fd < 0)
        return 0;
    if (fstat(place->fd, &stat) < 0)
        return -1;
    place->dev = stat.st_dev;
    place->ino = stat.st_ino;
    return 0;
}

/* Opens `place` again as the parent of `child_fd`. */
static int place_reopen(struct place *place, int child_fd)
{
    FD_SCOPED fd = openat(child_fd, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat stat;

    if (fd < 0 || fstat(fd, &stat) < 0)
        return -1;
    if (stat.st_dev != place->dev || stat.st_ino != place->ino) {
        errno = ESTALE;
        return -1;
    }
    place->fd = fd;
    fd = -1;
    return 0;
}

/* The twin of the last level that has one stays open: below it nothing leads back by "..". */
static int close_far_ancestor(struct descent *descent)
{
    struct descent_level *level = &descent->levels[descent->first_open];

    if (place_note(&level->own) < 0 || place_note(&level->twin) < 0)
        return -1;
    level_close(level, level[1].has_twin);
    descent->first_open++;
    return 0;
}

int descent_enter(struct descent *descent, const char *name, int fd, int twin_fd, struct err *err)
{
    struct descent_level *level;

    if (descent->depth == descent->room) {
        descent->room = descent->room == 0 ? 16 : descent->room * 2;
        descent->levels = realloc(descent->levels, descent->room * sizeof *descent->levels);
        if (descent->levels == NULL)
            abort();
    }
    level = &descent->levels[descent->depth++];
    *level = (struct descent_level){.has_twin = twin_fd >= 0, .path_size = descent->path.size};
    level->own.fd = fd;
    level->twin.fd = twin_fd;
    if (descent->depth > 2)
        buf_add_char(&descent->path, '/');
    buf_add_text(&descent->path, name);
    if (descent->depth - descent->first_open > LEVELS_OPEN && close_far_ancestor(descent) < 0)
        return err_errno(err, ERR_IO, errno, "cannot look at a directory above \"%s\"",
                         descent_tell(descent, ""));
    return 0;
}

int descent_leave(struct descent *descent, struct err *err)
{
    struct descent_level *level = current(descent);
    struct descent_level *parent = level - 1;

    if (descent->depth > 1 && parent->own.fd < 0) {
        if (place_reopen(&parent->own, level->own.fd) < 0 ||
            (parent->has_twin && parent->twin.fd < 0 && place_reopen(&parent->twin, level->twin.fd) < 0))
            return err_errno(err, ERR_IO, errno, "cannot go back from \"%s\" to its parent",
                             descent_tell(descent, ""));
        descent->first_open--;
    }
    level_close(level, true);
    path_cut(&descent->path, level->path_size);
    descent->depth--;
    return 0;
}

/* Fills the reader's buffer; 0 at the end of the directory. */
static ssize_t read_entries(struct reader *reader, int fd)
{
    ssize_t got;

    if (reader->entries == NULL) {
        reader->entries = malloc(READ_SIZE);
        if (reader->entries == NULL)
            abort();
        if (reader->position != 0 && lseek64(fd, reader->position, SEEK_SET) < 0)
            return -1;
    }
    got = getdents64(fd, reader->entries, READ_SIZE);
    reader->at = 0;
    reader->used = got > 0 ? (size_t)got : 0;
    return got;
}

static const struct dirent64 *entry_at(const struct reader *reader, size_t at)
{
    return (const struct dirent64 *)(const void *)(reader->entries + at);
}

static const struct dirent64 *take_entry(struct reader *reader, size_t at)
{
    const struct dirent64 *entry = entry_at(reader, at);

    reader->at = at + entry->d_reclen;
    reader->position = entry->d_off;
    return entry;
}

int descent_read(struct descent *descent, const struct dirent64 **entry, struct err *err)
{
    struct descent_level *level = current(descent);
    struct reader *reader = &level->own_reader;

    for (;;) {
        const struct dirent64 *next;

        if (reader->at == reader->used) {
            ssize_t got = read_entries(reader, level->own.fd);

            if (got < 0)
                return err_errno(err, ERR_IO, errno, "cannot read the directory \"%s\" to its end",
                                 descent_tell(descent, ""));
            if (got == 0) {
                *entry = NULL;
                return 0;
            }
        }
        next = take_entry(reader, reader->at);
        if (strcmp(next->d_name, ".") != 0 && strcmp(next->d_name, "..") != 0) {
            *entry = next;
            return 0;
        }
    }
}

/* Snapshots of one source come in nearly the same order from one file system, so the name is one of the next few, or the
 * asker has to look for himself. */
ino_t descent_twin_inode(struct descent *descent, const char *name)
{
    struct descent_level *level = current(descent);
    struct reader *reader = &level->twin_reader;
    size_t at;

    if (!level->has_twin || (reader->at == reader->used && read_entries(reader, level->twin.fd) <= 0))
        return 0;
    at = reader->at;
    for (int ahead = 0; ahead < TWIN_AHEAD && at < reader->used; ahead++) {
        const struct dirent64 *entry = entry_at(reader, at);

        if (strcmp(entry->d_name, name) == 0)
            return take_entry(reader, at)->d_ino;
        at += entry->d_reclen;
    }
    return 0;
}

int descent_fd(const struct descent *descent)
{
    return current(descent)->own.fd;
}

int descent_twin_fd(const struct descent *descent)
{
    const struct descent_level *level = current(descent);

    return level->has_twin ? level->twin.fd : -1;
}

const char *descent_tell(struct descent *descent, const char *name)
{
    size_t size = descent->path.size;
    const char *tail = buf_text(&descent->path);
    bool is_cut = size > PATH_TOLD;

    if (is_cut)
        tail += size - PATH_TOLD;
    snprintf(descent->told, sizeof descent->told, "%s%s%s%s", is_cut ? "..." : "", tail,
             size > 0 && name[0] != '\0' ? "/" : "", name);
    return descent->told;
}
