/* Extended attributes by directory and name. */
#include "sys/attributes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/buf.h"

enum { ADDRESS_SIZE = 32 + 256 };

/* The calls know no directory descriptors. The link of the descriptor leads to the directory, whatever its path is. */
static int address(char to[ADDRESS_SIZE], int dirfd, const char *name)
{
    if (snprintf(to, ADDRESS_SIZE, "/proc/self/fd/%d/%s", dirfd, name) < ADDRESS_SIZE)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static bool is_none(int errnum)
{
    return errnum == ENOTSUP || errnum == ENODATA;
}

/* The list and each value may grow between asking for the size and reading: ask again then. */
static ssize_t read_list(const char *path, char **list)
{
    for (;;) {
        ssize_t size = llistxattr(path, NULL, 0), got;

        if (size <= 0)
            return size < 0 && is_none(errno) ? 0 : size;
        *list = malloc((size_t)size);
        if (*list == NULL)
            abort();
        got = llistxattr(path, *list, (size_t)size);
        if (got >= 0)
            return got;
        free(*list);
        *list = NULL;
        if (errno != ERANGE)
            return -1;
    }
}

static ssize_t read_value(struct arena *arena, const char *path, const char *name, void **value)
{
    for (;;) {
        ssize_t size = lgetxattr(path, name, NULL, 0), got;

        if (size < 0)
            return -1;
        *value = arena_alloc(arena, (size_t)size + 1);
        got = lgetxattr(path, name, *value, (size_t)size);
        if (got >= 0 || errno != ERANGE)
            return got;
    }
}

/* Others of system.* are another view of what the file is anyway. */
static bool is_kept(const char *name)
{
    return strncmp(name, "system.", 7) != 0 || strcmp(name, ATTRIBUTE_ACL_ACCESS) == 0 ||
           strcmp(name, ATTRIBUTE_ACL_DEFAULT) == 0;
}

static int by_name(const void *a, const void *b)
{
    const struct attribute *one = a, *two = b;

    return strcmp(one->name, two->name);
}

static int read_each(struct arena *arena, const char *path, const char *list, size_t size,
                     struct attributes *attributes)
{
    size_t room = 0;

    for (size_t at = 0; at < size; at += strlen(list + at) + 1)
        room++;
    attributes->items = arena_alloc(arena, (room + 1) * sizeof *attributes->items);
    for (size_t at = 0; at < size; at += strlen(list + at) + 1) {
        void *value;
        ssize_t got;

        if (!is_kept(list + at))
            continue;
        got = read_value(arena, path, list + at, &value);
        if (got < 0 && is_none(errno))
            continue; /* it has gone */
        if (got < 0)
            return -1;
        attributes->items[attributes->count++] =
            (struct attribute){arena_strdup(arena, list + at), value, (size_t)got};
    }
    if (attributes->count > 0)
        qsort(attributes->items, attributes->count, sizeof *attributes->items, by_name);
    return 0;
}

int attributes_read(struct arena *arena, int dirfd, const char *name, struct attributes *attributes,
                    struct err *err)
{
    char path[ADDRESS_SIZE];
    char *list = NULL;
    ssize_t size;
    int result, errnum;

    *attributes = (struct attributes){0};
    size = address(path, dirfd, name) < 0 ? -1 : read_list(path, &list);
    result = size < 0 ? -1 : read_each(arena, path, list, (size_t)size, attributes);
    errnum = errno;
    free(list);
    if (result == 0)
        return 0;
    err_errno(err, ERR_IO, errnum, "attributes of \"%s\" cannot be read", name);
    errno = errnum;
    return -1;
}

bool attributes_equal(const struct attributes *a, const struct attributes *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i].name, b->items[i].name) != 0 || a->items[i].size != b->items[i].size ||
            (a->items[i].size > 0 && memcmp(a->items[i].value, b->items[i].value, a->items[i].size) != 0))
            return false;
    return true;
}

static bool has(const struct attributes *attributes, const char *name)
{
    const struct attribute wanted = {.name = name};

    return attributes->count > 0 &&
           bsearch(&wanted, attributes->items, attributes->count, sizeof wanted, by_name) != NULL;
}

static int fail(const char *name, const char *attribute, struct err *err)
{
    int errnum = errno;

    err_errno(err, ERR_IO, errnum, "attribute %s of \"%s\" cannot be set", attribute, name);
    errno = errnum;
    return -1;
}

int attributes_write(int dirfd, const char *name, const struct attributes *attributes, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct attributes there;
    char path[ADDRESS_SIZE];

    if (attributes_read(&arena, dirfd, name, &there, err) < 0)
        return -1;
    if (attributes_equal(attributes, &there))
        return 0;
    if (address(path, dirfd, name) < 0)
        return fail(name, "", err);
    for (size_t i = 0; i < there.count; i++)
        if (!has(attributes, there.items[i].name) && strcmp(there.items[i].name, "security.selinux") != 0 &&
            lremovexattr(path, there.items[i].name) < 0 && !is_none(errno))
            return fail(name, there.items[i].name, err);
    for (size_t i = 0; i < attributes->count; i++)
        if (lsetxattr(path, attributes->items[i].name, attributes->items[i].value, attributes->items[i].size,
                      0) < 0)
            return fail(name, attributes->items[i].name, err);
    return 0;
}
