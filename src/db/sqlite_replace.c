/* Putting another file in the place of an SQLite database that nobody has open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/driver.h"
#include "sys/fs.h"

/* A second name, which outlives the first. What is not there needs none. */
static int keep(const char *path, const char *kept, struct err *err)
{
    if (link(path, kept) < 0 && errno != ENOENT)
        return err_errno(err, ERR_DATABASE, errno, "\"%s\" cannot be kept as \"%s\"", path, kept);
    return 0;
}

static int sync_directory_of(const char *path, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *slash = strrchr(path, '/');
    const char *directory = slash == path ? "/" : arena_copy(&arena, path, (size_t)(slash - path));
    FD_SCOPED fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, ERR_DATABASE, errno, "\"%s\"", directory);
    return fs_sync(fd, directory, err);
}

/* The write-ahead log of a damaged database that could not be settled: SQLite would play it into the new file. */
static int set_log_aside(const char *place, const char *kept, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *wal = arena_printf(&arena, "%s-wal", place);
    const char *index = arena_printf(&arena, "%s-shm", place);

    if (keep(wal, arena_printf(&arena, "%s-wal", kept), err) < 0)
        return -1;
    /* If we die here: the damaged database has lost its log, and its second name has it; who restores again goes on. */
    if ((unlink(wal) < 0 && errno != ENOENT) || (unlink(index) < 0 && errno != ENOENT))
        return err_errno(err, ERR_DATABASE, errno, "\"%s\" cannot be set aside", wal);
    return 0;
}

int sqlite_replace(const char *place, const char *path, const char *kept, struct err *err)
{
    if (keep(place, kept, err) < 0 || set_log_aside(place, kept, err) < 0 ||
        sync_directory_of(place, err) < 0)
        return -1;
    /* If we die here: the old database is in its place, and has a second name besides. After the rename the new one is
     * in its place; a power cut gives either, never none. */
    if (rename(path, place) < 0)
        return err_errno(err, ERR_DATABASE, errno, "\"%s\" cannot be put in the place of \"%s\"", path,
                         place);
    return sync_directory_of(place, err);
}
