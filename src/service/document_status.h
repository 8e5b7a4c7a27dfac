/* How everything is: the document of the dashboard, of `pobsync status`, and of the status of the API. */
#ifndef SERVICE_DOCUMENT_STATUS_H
#define SERVICE_DOCUMENT_STATUS_H

#include <jansson.h>

#include "service/host_health.h"
#include "service/service.h"

/* {"as_of","verdict": a sentence,"attention": how many hosts need it,"root":{"state","path","found","expected","hint",
 * "bytes_free","bytes_total","inodes_free","inodes_total"},"database":{"kind"},"counts":{"hosts","snapshots","runs",
 * "queued","running","by_health":{"failed":n,…}},"latest_run": run or null,"latest_scheduler_pass": as
 * document_scheduler(),"hosts":[…]}. A host, those that need attention first and then the worst first: as
 * document_health_item(), with "last_run" (as document_last_run()) and "last_good" {"name","started_at","ended_at"}. */
int document_status(struct service *service, json_t **document, struct err *err);

/* Whether somebody has to look: a host needs attention, or the root is not ok (none at all is fine without hosts). */
bool document_status_needs_attention(const json_t *status);

/* {"host","health","beneath","since","reason","attention","retry_pending","cause": "root" or null,"activity","next_at"}:
 * cause root says that the root of the document tells why. New reference. */
json_t *document_health_item(const struct host_health *health);

/* "root" of the status. New reference. */
json_t *document_root_item(const struct root_report *root);

/* {"name","started_at","ended_at"}, or null. New reference. */
json_t *document_last_good(const struct snapshot *snapshot);

#endif
