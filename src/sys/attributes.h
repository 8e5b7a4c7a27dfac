/*
 * Extended attributes of a file, POSIX access control lists among them (system.posix_acl_*), as bytes. Named by
 * directory descriptor and name, never through a symbolic link; attributes of a link itself are its own.
 */
#ifndef SYS_ATTRIBUTES_H
#define SYS_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define ATTRIBUTE_ACL_ACCESS "system.posix_acl_access"
#define ATTRIBUTE_ACL_DEFAULT "system.posix_acl_default"

struct attribute {
    const char *name;
    const void *value;
    size_t size;
};

struct attributes {
    struct attribute *items; /* by name */
    size_t count;
};

/* Those of `name` in `dirfd` ("." is the directory itself): user.*, trusted.*, security.* and the lists, as far as we may
 * see them. None where the file system knows none. ERR_IO, with errno. */
int attributes_read(struct arena *arena, int dirfd, const char *name, struct attributes *attributes,
                    struct err *err);

/* Gives the file these and takes away the others, but security.selinux, which the system gives. ERR_IO, with errno. */
int attributes_write(int dirfd, const char *name, const struct attributes *attributes, struct err *err);

bool attributes_equal(const struct attributes *a, const struct attributes *b);

#endif
