/* Sending by the ways that a notification names: what alerts, pings and the test have in common. */
#ifndef SERVICE_NOTIFICATION_SEND_H
#define SERVICE_NOTIFICATION_SEND_H

#include "model/notification.h"
#include "service/service.h"

enum { NOTIFICATION_TIMEOUT_MS = 20000 };

/* The name of this server, for people: as uname(2) has it. */
const char *notification_server_name(struct arena *arena);

/* One mail to one address. *server_refused: the mail server answers and does not want this one mail, so others may be
 * tried; otherwise it is of no use for now. `id` is the left part of the Message-ID. */
int notification_mail(struct service *service, const struct notification *notification, const char *to,
                      const char *subject, const char *body, const char *id, int64_t at, bool *server_refused,
                      struct err *err);

/* Posts a JSON text. *status tells the answer, 0: none. */
int notification_post(struct service *service, const struct notification *notification, const char *body,
                      long *status, struct err *err);

/* Asks for the ping address. */
int notification_ping(struct service *service, const struct notification *notification, long *status,
                      struct err *err);

#endif
