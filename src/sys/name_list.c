/* Reading the names of a directory as a whole. */
#include "sys/name_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_SIZE = 16 * 1024, ROOM_LEFT = 4 * 1024 };

void name_list_release(struct name_list *list)
{
    free(list->items);
    free(list->bytes);
    *list = NAME_LIST_EMPTY;
}

/* All that getdents64 gives, one behind the other; *used bytes of it. */
static int read_all(int dirfd, const char *what, char **bytes, size_t *used, struct err *err)
{
    size_t room = FIRST_SIZE;
    ssize_t got;

    *used = 0;
    *bytes = malloc(room);
    if (*bytes == NULL)
        abort();
    if (lseek64(dirfd, 0, SEEK_SET) < 0)
        return err_errno(err, ERR_IO, errno, "cannot read the directory \"%s\"", what);
    while ((got = getdents64(dirfd, *bytes + *used, room - *used)) > 0) {
        *used += (size_t)got;
        if (room - *used >= ROOM_LEFT)
            continue;
        if (room > NAME_LIST_MAX / 2)
            return err_set(err, ERR_IO, "the directory \"%s\" has too many names to be listed", what);
        room *= 2;
        *bytes = realloc(*bytes, room);
        if (*bytes == NULL)
            abort();
    }
    if (got < 0)
        return err_errno(err, ERR_IO, errno, "cannot read the directory \"%s\" to its end", what);
    return 0;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Some file systems do not tell the type. */
static unsigned char type_of(int dirfd, const struct dirent64 *entry)
{
    struct stat stat;

    if (entry->d_type != DT_UNKNOWN || fstatat(dirfd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return entry->d_type;
    return (unsigned char)IFTODT(stat.st_mode);
}

static int compare(const void *a, const void *b)
{
    const struct name_entry *one = a, *two = b;

    return strcmp(one->name, two->name);
}

int name_list_read(int dirfd, const char *what, struct name_list *list, struct err *err)
{
    size_t used, room = 0;
    const struct dirent64 *entry;

    *list = NAME_LIST_EMPTY;
    if (read_all(dirfd, what, &list->bytes, &used, err) < 0) {
        name_list_release(list);
        return -1;
    }
    for (size_t at = 0; at < used; at += entry->d_reclen) {
        entry = (const struct dirent64 *)(const void *)(list->bytes + at);
        if (is_dot(entry->d_name))
            continue;
        if (list->count == room) {
            room = room == 0 ? 64 : room * 2;
            list->items = reallocarray(list->items, room, sizeof *list->items);
            if (list->items == NULL)
                abort();
        }
        list->items[list->count++] = (struct name_entry){entry->d_name, entry->d_ino, type_of(dirfd, entry)};
    }
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, compare);
    return 0;
}
