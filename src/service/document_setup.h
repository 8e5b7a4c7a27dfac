/* Setting up a server and its hosts, step by step: what each step of the wizard shows. */
#ifndef SERVICE_DOCUMENT_SETUP_H
#define SERVICE_DOCUMENT_SETUP_H

#include <jansson.h>

#include "service/service.h"

/* {"root": as in document_status(),"fixed": path or null,"run": the newest run that marked it, as document_run(), or
 * null}. */
int document_setup_root(struct service *service, json_t **document, struct err *err);

/* {"host","address","steps":[{"step","title","done"}…],"next": the first step that is not done, or null,"to_import": how
 * many snapshots lie there and are not recorded,"root": as above}. The steps: key, connect, paths, schedule, first. */
int document_setup_host(struct service *service, const char *host, json_t **document, struct err *err);

/* The same with "run": the newest run of the step's job (key, test, backup), or null; for the step key "key":
 * service_key_recorded() of that run; for connect "accepted": the newest run that accepted a host key, or null. `line` is
 * of the step key, NULL: rrsync. ERR_NOT_FOUND for an unknown host. */
int document_setup_key(struct service *service, const char *host, const char *line, json_t **document,
                       struct err *err);
int document_setup_connect(struct service *service, const char *host, json_t **document, struct err *err);
/* With "paths":[{"name","own": what this host sets, or null,"value": in force,"help"}…] of source_root, includes, excludes,
 * one_file_system. */
int document_setup_paths(struct service *service, const char *host, json_t **document, struct err *err);
int document_setup_first(struct service *service, const char *host, json_t **document, struct err *err);

#endif
