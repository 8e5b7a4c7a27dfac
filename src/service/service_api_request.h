/* Changes of programs under keys of their own: done once, answered as often as they are asked for. */
#ifndef SERVICE_SERVICE_API_REQUEST_H
#define SERVICE_SERVICE_API_REQUEST_H

#include "model/api_request.h"
#include "service/service.h"

/* Takes the key for a day. 1: it is taken, and `first` (in the service's arena) is what was asked then; 0: it is ours now,
 * and service_api_request_end() must follow; -1: ERR_BUSY when the first one fails at this moment, or the database. */
int service_api_request_begin(struct service *service, const char *account, const char *key,
                              const char *fingerprint, struct api_request *first, struct err *err);

/* Keeps the answer; `keep` false: lets the key go, because nothing was done for a reason that may go away. */
int service_api_request_end(struct service *service, const struct api_request *request, bool keep,
                            struct err *err);

#endif
