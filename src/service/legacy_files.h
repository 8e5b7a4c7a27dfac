/* Where the configuration files of the original are: config/global.yaml and config/hosts/NAME.yaml below a prefix. */
#ifndef SERVICE_LEGACY_FILES_H
#define SERVICE_LEGACY_FILES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml_document.h"

struct legacy_file {
    const char *path; /* below the prefix: "config/hosts/web1.yaml" */
    const char *host; /* "web1"; NULL: global.yaml */
};

struct legacy_files {
    int fd;                    /* of the prefix */
    const char *prefix;        /* absolute, links resolved */
    struct legacy_file *files; /* global.yaml first, then the hosts by name */
    size_t count;
};

#define LEGACY_FILES_CLOSED ((struct legacy_files){.fd = -1})

/* ERR_NOT_FOUND when there is neither a global.yaml nor a file of a host. Links below the prefix are not followed. */
int legacy_files_open(struct arena *arena, const char *prefix, struct legacy_files *files, struct err *err);
void legacy_files_close(struct legacy_files *files);

/* The descriptor of the prefix, whose links are resolved, and its path. */
int legacy_prefix_open(struct arena *arena, const char *prefix, const char **resolved, struct err *err);

/* Reads and parses one of them; document->line tells where a refusal is, 0: the file as a whole. */
int legacy_files_read(struct arena *arena, const struct legacy_files *files, const struct legacy_file *file,
                      struct yaml_document *document, struct err *err);

#endif
