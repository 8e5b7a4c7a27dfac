/*
 * <host>/.pobsync/purges.jsonl: a line of JSON for each snapshot that was deleted on purpose, so that a rebuild from the
 * disk alone knows that it did not get lost. Lines are only added: one when a snapshot is to go, and another, with the
 * same "id", when its files have gone. The last line may be torn by a crash, and any may stand there twice; readers skip
 * what is torn and take the last one of an "id" and "snapshot".
 */
#ifndef ENGINE_PURGE_FILE_H
#define ENGINE_PURGE_FILE_H

#include "engine/host_directory.h"

/* Adds whole lines, each with its "\n", durably. */
int purge_file_append(const struct host_directory *directory, const char *lines, size_t size,
                      struct err *err);

#endif
