/*
 * Services for many units of work at once: database handles are opened once and lent. An entry point that serves
 * requests in threads has one pool.
 */
#ifndef SERVICE_SERVICE_POOL_H
#define SERVICE_SERVICE_POOL_H

#include "service/service.h"

struct service_pool;

/* Opens the first handle as service_open() does: environment, state directory, migrations. Where the state directory is
 * another user's, so is the backup root, and its services ask the reader (service->asks_reader). */
int service_pool_open(struct service_pool **pool, struct err *err);
void service_pool_close(struct service_pool **pool); /* all must have been given back; NULL is fine */

/* A service for one unit of work, with its arena; waits while all handles are lent. The actor is "", the origin as
 * given. service_pool_give() takes it back, service_close() must not be called. */
int service_pool_take(struct service_pool *pool, struct arena *arena, const char *origin,
                      struct service *service, struct err *err);
void service_pool_give(struct service_pool *pool, struct service *service);

const struct environment *service_pool_environment(const struct service_pool *pool);

#endif
