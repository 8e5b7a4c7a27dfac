/* One entry of a tree made anew somewhere else, with all that belongs to it. */
#ifndef ENGINE_FILE_COPY_H
#define ENGINE_FILE_COPY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

/* Makes what `name` of `source_fd` is (no directory), with `stat`, as a new entry `to` of `target_fd`, with everything
 * that belongs to it; a file with its holes. ERR_IO, with errno, and nothing is left; ERR_PARTIAL when it is there but
 * could not be given its owner or attributes. */
int file_copy_make(int source_fd, const char *name, const struct stat *stat, int target_fd, const char *to,
                   struct err *err);

/* Gives `to` of `target_fd` ("." for itself) owner, attributes, mode and times of `name` of `source_fd`. ERR_PARTIAL. */
int file_copy_dress(int source_fd, const char *name, const struct stat *stat, int target_fd, const char *to,
                    struct err *err);

#endif
