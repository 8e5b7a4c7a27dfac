/* Attributes, access lists and holes as libarchive takes them. */
#include "engine/pack_entry.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "engine/archive_library.h"
#include "sys/attributes.h"

/* The bytes of a list: a version, then entries of 8 bytes, little-endian; see linux/posix_acl_xattr.h. */
enum { ACL_VERSION = 2, ACL_HEAD = 4, ACL_ENTRY = 8 };

static unsigned get16(const unsigned char *bytes)
{
    return (unsigned)bytes[0] | (unsigned)bytes[1] << 8;
}

static uint32_t get32(const unsigned char *bytes)
{
    return (uint32_t)get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static int tag_of(unsigned tag)
{
    switch (tag) {
    case 0x01:
        return ARCHIVE_ENTRY_ACL_USER_OBJ;
    case 0x02:
        return ARCHIVE_ENTRY_ACL_USER;
    case 0x04:
        return ARCHIVE_ENTRY_ACL_GROUP_OBJ;
    case 0x08:
        return ARCHIVE_ENTRY_ACL_GROUP;
    case 0x10:
        return ARCHIVE_ENTRY_ACL_MASK;
    case 0x20:
        return ARCHIVE_ENTRY_ACL_OTHER;
    default:
        return 0;
    }
}

static void add_list(struct archive_entry *entry, int type, const unsigned char *bytes, size_t size)
{
    if (size < ACL_HEAD || get32(bytes) != ACL_VERSION)
        return;
    for (size_t at = ACL_HEAD; at + ACL_ENTRY <= size; at += ACL_ENTRY) {
        int tag = tag_of(get16(bytes + at));
        bool named = tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP;

        if (tag != 0)
            libarchive.archive_entry_acl_add_entry(entry, type, (int)get16(bytes + at + 2), tag,
                                                   named ? (int)get32(bytes + at + 4) : -1, NULL);
    }
}

int pack_entry_attributes(int dirfd, const char *name, struct archive_entry *entry, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct attributes attributes;

    if (attributes_read(&arena, dirfd, name, &attributes, err) < 0)
        return -1;
    for (size_t i = 0; i < attributes.count; i++) {
        const struct attribute *attribute = &attributes.items[i];

        if (strcmp(attribute->name, ATTRIBUTE_ACL_ACCESS) == 0)
            add_list(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, attribute->value, attribute->size);
        else if (strcmp(attribute->name, ATTRIBUTE_ACL_DEFAULT) == 0)
            add_list(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, attribute->value, attribute->size);
        else
            libarchive.archive_entry_xattr_add_entry(entry, attribute->name, attribute->value,
                                                     attribute->size);
    }
    return 0;
}

void pack_entry_holes(int fd, int64_t size, struct archive_entry *entry)
{
    off_t at = 0;

    while (at < size) {
        off_t data = lseek(fd, at, SEEK_DATA), hole;

        if (data < 0 && errno == ENXIO)
            break;
        hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (hole < 0)
            return; /* it is not known: as if it had none */
        if (data == 0 && hole >= size)
            return;
        libarchive.archive_entry_sparse_add_entry(entry, data, (hole < size ? hole : size) - data);
        at = hole;
    }
    /* A hole at the end is one because nothing is told about it; a file of holes alone ends with an empty piece. */
    if (libarchive.archive_entry_sparse_count(entry) == 0 && size > 0)
        libarchive.archive_entry_sparse_add_entry(entry, size, 0);
    lseek(fd, 0, SEEK_SET);
}
