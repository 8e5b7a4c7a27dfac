/* A directory of a snapshot as an archive. Who fetched what stands in the audit before the first byte is given. */
#ifndef SERVICE_SERVICE_DOWNLOAD_H
#define SERVICE_SERVICE_DOWNLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "model/pack_format.h"
#include "service/service.h"

/* A thing that is going to be packed: close with download_close(). */
struct download {
    int source_fd;
    const char *name;         /* see struct pack */
    const struct list *paths; /* the same */
    const char *snapshot;     /* its name */
    const char *file_name;    /* proposed for the archive, printable ASCII: "web1-20261122-etc.tar.zst" */
    enum pack_format format;
};

#define DOWNLOAD_CLOSED ((struct download){.source_fd = -1})
#define DOWNLOAD_SCOPED __attribute__((cleanup(download_close))) struct download
void download_close(struct download *download);

/* Opens it and writes the audit row. `snapshot` NULL: the newest good one. */
int service_download_open(struct service *service, const char *host, const char *snapshot, const char *path,
                          enum pack_format format, struct download *download, struct err *err);

/* The same for several paths, which stand in the archive under their whole paths; one that is not in the snapshot is left
 * out. `paths` must outlive the download. */
int service_download_open_several(struct service *service, const char *host, const char *snapshot,
                                  const struct list *paths, enum pack_format format,
                                  struct download *download, struct err *err);

/* Writes the archive: engine/pack.h says how, and which errors. *left_out: sentences about what is not in it. */
int service_download_write(struct service *service, const struct download *download, int out_fd,
                           int64_t *entries, struct list *left_out, struct err *err);

#endif
