/* Whom to tell: showing, changing and trying it. */
#ifndef SERVICE_SERVICE_NOTIFICATION_H
#define SERVICE_SERVICE_NOTIFICATION_H

#include <jansson.h>

#include "service/service.h"
#include "service/service_config.h"

/* {"settings":[{"name","value","origin","help"}…],"waiting":[{"channel","recipient","subject","created_at","tries",
 * "next_try_at","last_error"}…],"deliveries":[{"at","channel","recipient","subject","outcome": "delivered" or "given_up",
 * "created_at","tries","error"}…]}: the messages that no server has taken yet, and what became of the last ones, newest
 * first. Origin is "default", "global" or "none". */
int document_notification(struct service *service, json_t **document, struct err *err);

/* Changes fields of notification_fields, audited; of a URL only the server goes into the audit. Nothing is changed when
 * anything is wrong. *document: as above, plus "changed": [names]. */
int service_notification_change(struct service *service, const struct config_change *changes, size_t count,
                                json_t **document, struct err *err);

/* Sends a test by each way that is configured, one after the other. *document: {"ok", "stages":[{"stage": "mail
 * ADDRESS", "webhook" or "ping", "level": "ok" or "failed", "found", "hint", "took_ms"}…]}. `on_stage` (may be NULL) is
 * called as each is done. ERR_INVALID when no way is configured. */
int service_notification_test(struct service *service, void (*on_stage)(void *context, const json_t *stage),
                              void *context, json_t **document, struct err *err);

#endif
