/* What is recorded about space: of one host, and of the whole backup root with its forecast. Nothing is measured here. */
#ifndef SERVICE_DOCUMENT_SPACE_H
#define SERVICE_DOCUMENT_SPACE_H

#include <jansson.h>

#include "service/service.h"

/* {"host","as_of","bytes","sum_bytes","recent_bytes","recent_days","unmeasured":n,"unread_entries":n,"items":[{"name",
 * "kind","started_at","bytes","new_bytes","exclusive_bytes","directory_bytes"}…]}: the final snapshots that are there,
 * newest first. What was never measured is null; so are the figures of a snapshot that is younger. "bytes": all
 * together on disk; "sum_bytes": what they would take without sharing; "recent_bytes": new data of the last
 * "recent_days", as the backups counted it. */
int document_space_host(struct service *service, const char *host, json_t **document, struct err *err);

/* {"root": document_root_item(),"bytes": forecast,"inodes": forecast|null where their number is not fixed,
 * "days":[{"day","bytes_free","bytes_total","inodes_free","inodes_total"}…],"hosts":[{"host","as_of","bytes",
 * "sum_bytes","snapshots","measured","recent_bytes","per_day_bytes"}…],"recent_days","recent_bytes"}. "days": the lowest
 * of each day (UTC) of the last 90. A forecast: {"free","total","floor","state","sentence","known_days","per_day",
 * "soonest_days","latest_days"} (plan/forecast.h), the last two null unless the state is "full_in". Hosts: who grew most
 * first. */
int document_space(struct service *service, json_t **document, struct err *err);

#endif
