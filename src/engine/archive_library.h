/*
 * libarchive, loaded when the first archive is written. Linked in the usual way it brings OpenSSL, libxml2, ICU and the
 * C++ library into every process of pobsync: 4 MiB of the 12 that a backup may take, for what only a download needs.
 */
#ifndef ENGINE_ARCHIVE_LIBRARY_H
#define ENGINE_ARCHIVE_LIBRARY_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

#define ARCHIVE_LIBRARY_CALLS(CALL)                                                                          \
    CALL(archive_entry_acl_add_entry)                                                                        \
    CALL(archive_entry_clear)                                                                                \
    CALL(archive_entry_copy_stat)                                                                            \
    CALL(archive_entry_free)                                                                                 \
    CALL(archive_entry_new)                                                                                  \
    CALL(archive_entry_set_hardlink)                                                                         \
    CALL(archive_entry_set_mode)                                                                             \
    CALL(archive_entry_set_mtime)                                                                            \
    CALL(archive_entry_set_pathname)                                                                         \
    CALL(archive_entry_set_size)                                                                             \
    CALL(archive_entry_set_symlink)                                                                          \
    CALL(archive_entry_sparse_add_entry)                                                                     \
    CALL(archive_entry_sparse_count)                                                                         \
    CALL(archive_entry_unset_atime)                                                                          \
    CALL(archive_entry_unset_birthtime)                                                                      \
    CALL(archive_entry_unset_ctime)                                                                          \
    CALL(archive_entry_unset_size)                                                                           \
    CALL(archive_entry_xattr_add_entry)                                                                      \
    CALL(archive_errno)                                                                                      \
    CALL(archive_error_string)                                                                               \
    CALL(archive_write_add_filter_zstd)                                                                      \
    CALL(archive_write_close)                                                                                \
    CALL(archive_write_data)                                                                                 \
    CALL(archive_write_fail)                                                                                 \
    CALL(archive_write_free)                                                                                 \
    CALL(archive_write_header)                                                                               \
    CALL(archive_write_new)                                                                                  \
    CALL(archive_write_open_fd)                                                                              \
    CALL(archive_write_set_bytes_in_last_block)                                                              \
    CALL(archive_write_set_bytes_per_block)                                                                  \
    CALL(archive_write_set_format_pax)                                                                       \
    CALL(archive_write_set_format_zip)                                                                       \
    CALL(archive_write_set_options)

/* Its functions under their own names: libarchive.archive_write_new(). */
struct archive_library {
#define CALL(name) __typeof__(name) *name;
    ARCHIVE_LIBRARY_CALLS(CALL)
#undef CALL
};

extern struct archive_library libarchive;

/* Fills it; to be called before the first use, costs nothing again. ERR_IO when this machine has no such library. */
int archive_library_load(struct err *err);

#endif
