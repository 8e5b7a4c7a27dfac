/*
 * <host>/.pobsync/host.json: what a rebuild needs when the database is gone and that no meta.json says: the host's own
 * settings, its schedule, its pinned keys, pins and holds of its snapshots. Written after each publication, and behind
 * each change by service/root_files.h. Until the host has a directory, the same file is
 * <root>/.pobsync/hosts/HOST.json. No secret is in them.
 */
#ifndef SERVICE_HOST_FILE_H
#define SERVICE_HOST_FILE_H

#include <stdbool.h>

#include <jansson.h>

#include "model/config.h"
#include "service/service.h"
#include "store/store_installation.h"

#define HOST_FILE ".pobsync/host.json"     /* below the directory of the host */
#define GLOBAL_FILE ".pobsync/global.json" /* below the root */
#define EARLY_FILES ".pobsync/hosts"       /* below the root: HOST.json */

enum { HOST_FILE_MAX = 4 << 20 };

/* Writes host.json into the host directory, from the rows as they are now. Before it is written over, what it says is
 * compared with the rows (service/root_doubt.h); while the root is doubtful it stays as it is. */
int host_file_save(struct service *service, const char *host, int host_fd, struct err *err);

/* The file of a host that has no directory yet; and away with it, if there is one. */
int host_file_save_early(struct service *service, const char *host, int root_fd, struct err *err);
int host_file_remove_early(struct service *service, const char *host, int root_fd, struct err *err);

/* Both files of a host that was removed, so that no rebuild brings it back. A host.json that another installation wrote
 * stays. */
int host_file_remove(struct service *service, const char *host, int root_fd, struct err *err);

/* How far the rows had come when the file was written. */
struct host_file_stamp {
    int64_t at;
    const char *installation;
    int64_t epoch;
    struct installation_marks marks;
};

/* Reads the stamp of the file at `path` below `fd`; false when there is no file or none that makes sense. */
bool host_file_stamp_load(struct arena *arena, int fd, const char *path, struct host_file_stamp *stamp);

/* The text of a file as JSON, at most HOST_FILE_MAX bytes; ERR_INVALID for what is no JSON object of ours. */
int host_file_parse(const char *text, size_t size, json_t **file, struct err *err);

/* Parts of such files: settings that are set, as text; the stamp of now (NULL with the error). New references. */
json_t *host_file_settings(struct service *service, const struct config *config);
json_t *host_file_stamp(struct service *service, struct err *err);

/* Writes the file `name` in the directory `fd`, at once and durably; takes the reference. */
int host_file_write(int fd, const char *name, json_t *root, struct err *err);

#endif
