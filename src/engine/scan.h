/*
 * Our own count of what a run left behind, by walking the tree with descriptors: nothing that rsync or the host printed
 * is believed. Streaming: memory is bounded by the directories on a path, not by the number of files.
 *
 * Whether a file is linked to the base is read from st_dev and st_ino of the same name in the base. A file that is not
 * linked although type, size, time, mode and owner are those of the base's is counted in copied_same: many of those
 * mean that --link-dest failed in silence.
 */
#ifndef ENGINE_SCAN_H
#define ENGINE_SCAN_H

#include "base/err.h"
#include "model/run.h"

/* Fills files, directories, bytes, linked_files, copied_same, new_inodes and new_bytes; the rest of *stats is left
 * alone. `base_fd`: the base's data directory or -1 (linked_files and copied_same are then 0). ERR_INTERRUPTED when
 * asked to stop. */
int scan_tree(int data_fd, int base_fd, struct run_stats *stats, struct err *err);

#endif
