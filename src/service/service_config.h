/* Changing what is configured: global settings, hosts. Every change writes an audit row in the same transaction. */
#ifndef SERVICE_SERVICE_CONFIG_H
#define SERVICE_SERVICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "model/config.h"
#include "service/service.h"

/* One wish from an option or a form field: set the field to `text` (lists one item a line), or unset it. */
struct config_change {
    const struct field *field;
    const char *text; /* NULL: unset, inherit again */
};

/* Changes global settings. A new backup_root must exist; it is marked when it is empty or already ours, otherwise
 * ERR_REFUSED that asks for --adopt-root (adopt). With a fixed root a change of it is ERR_REFUSED. Nothing is changed
 * when anything is wrong. *document: as document_global(), plus "changed": [names]. */
int service_global_configure(struct service *service, const struct config_change *changes, size_t count,
                             bool adopt, json_t **document, struct err *err);

/* Creates or changes a host. A new one needs an address. Pinned host keys stay when the address changes.
 * *document: as document_host(), plus "created": bool, "changed": [names]. */
int service_host_configure(struct service *service, const char *name, const struct config_change *changes,
                           size_t count, json_t **document, struct err *err);

/* What a removal of the host would forget: {"host","path": its directory or null,"snapshots": how many are recorded,
 * "scheduled": bool,"pinned_keys": n}. */
int document_host_removal(struct service *service, const char *name, json_t **document, struct err *err);

/* Forgets the host, its keys' pins and its snapshot records; files stay. `confirmed`: without it ERR_REFUSED with what
 * would go. Busy hosts are ERR_BUSY. *document: {"host", "removed": true, "snapshots": n, "path": host directory}. */
int service_host_remove(struct service *service, const char *name, bool confirmed, json_t **document,
                        struct err *err);

#endif
