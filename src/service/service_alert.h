/*
 * Telling people how hosts are. Evaluating writes messages into an outbox and never touches the network, so that a pass of
 * the scheduler is not delayed by a mail server; delivering sends what waits there, in a process of its own. A message
 * leaves the outbox when the other side has taken it: it comes at least once.
 */
#ifndef SERVICE_SERVICE_ALERT_H
#define SERVICE_SERVICE_ALERT_H

#include "service/host_health.h"
#include "service/service.h"

/* Compares how all hosts are with what was last told, and puts what is to be told into the outbox, in one transaction.
 * Nothing happens when nobody is to be told (model/notification.h). `list` may be NULL: then it is loaded. *told (may be
 * NULL): how many events there were. */
int service_alert_evaluate(struct service *service, const struct host_health_list *list, size_t *told,
                           struct err *err);

struct alert_delivery {
    size_t delivered, failed;
    size_t dropped; /* given up after three days, or the way to send them is configured no longer */
    size_t waiting; /* are still in the outbox */
};

/* Sends what is due, for about a minute at most. What fails is no error: it is noted, logged and tried again after a
 * growing pause. `hurry`: what waits because it failed is due now. ERR_INTERRUPTED when asked to stop. */
int service_alert_deliver(struct service *service, bool hurry, struct alert_delivery *delivery,
                          struct err *err);

/* Asks for the ping address, if there is one. That it failed is logged and no error. Takes 20 s at most. */
int service_alert_ping(struct service *service, struct err *err);

#endif
