/* The database as a thing that people copy, check and bring back. */
#ifndef SERVICE_SERVICE_DATABASE_H
#define SERVICE_SERVICE_DATABASE_H

#include <stdbool.h>

#include <jansson.h>

#include "service/service.h"

/* Copies the database while others use it: to `to` (a file that is not there, or a directory), NULL: to where the nightly
 * copies are. *document: {"path","bytes","schema","dropped","warning": why it is not in the backup root, or null}. */
int service_database_backup(struct service *service, const char *to, json_t **document, struct err *err);

/* {"items":[{"path","place": "backup_root" | "state" | "before_upgrade","modified_at","bytes"}…]}, newest first in each
 * place. A place that cannot be read has no items. */
int document_database_copies(struct service *service, json_t **document, struct err *err);

/* Checks a copy, `file` NULL: the database itself. *document: {"path","ok","schema","expected","found": null or what is
 * wrong}. Damage is data, not an error. The service is open, without migrations. */
int service_database_check(struct service *service, const char *file, json_t **document, struct err *err);

/* Puts a copy in the place of the database, which is kept beside it as "<database>.replaced-<time>". The epoch grows, so
 * that a database from before is recognised. The service was opened by service_open_state(). ERR_REFUSED without
 * `confirmed`, ERR_BUSY while daemons, runs or other programs use the database; a copy that is damaged, or newer than
 * this program, is refused. *document: {"path","restored","kept": path or null,"schema","epoch"}. */
int service_database_restore(struct service *service, const char *file, bool confirmed, json_t **document,
                             struct err *err);

/* Copies all rows of the database `from` into the empty one `to`, both URLs, compares them, and notes it in the audit of
 * `to`; neither is the one that the service has open, which need not be. ERR_BUSY while daemons or runs of `from` are
 * alive, ERR_SCHEMA when it is of another version, ERR_REFUSED when `to` is not empty. *document: {"from","to": kinds of
 * database,"rows","schema"}. */
int service_database_transfer(struct service *service, const char *from, const char *to, json_t **document,
                              struct err *err);

#endif
