/* The preflight as a document: the panel of the host page, the discovery page, `discover-snapshots --preflight`. */
#ifndef SERVICE_DOCUMENT_PREFLIGHT_H
#define SERVICE_DOCUMENT_PREFLIGHT_H

#include <jansson.h>

#include "service/survey.h"

/* {"items":[{"host","state","level","backup_root","host_root","counts":{"scheduled","manual","incomplete","found","new",
 * "recorded","unreadable","ignored"},"found","expected","hint","new","unreadable","incomplete","ignored": at most 100
 * entries each, as {"path","problem"}, "missing":[{"name","since"}…],"claimed": how many recorded ones wait for a
 * confirmation,"may_import": whether the state lets anything be recorded}…],"unknown": directories of the root that
 * belong to no host, as {"directory","similar"}, null with `host`,"doubt","as_of"}. level is ok, warn or fail; since is null for
 * what has just been noticed. All hosts by name, or `host` alone (ERR_NOT_FOUND when it is not configured). Without any
 * host there is one item, for the root, whose host is null. Reads only, and takes 2 s a host at most, 30 s in all. */
int document_preflight(struct service *service, const char *host, json_t **document, struct err *err);

/* The pieces. New references. */
json_t *document_preflight_item(struct survey *survey, const struct survey_host *found);
json_t *document_preflight_root(struct survey *survey);
/* "unknown", of a survey that is open. */
json_t *document_preflight_unknown(struct survey *survey, const struct host *hosts, size_t count);

/* The configured hosts, or the one named. */
int document_preflight_hosts(struct service *service, const char *name, struct host **hosts, size_t *count,
                             struct err *err);

#endif
