/*
 * The basket of the service's actor: paths of a host that are to be got back together, from whichever snapshot. Paths as
 * model/place.h makes them, any bytes.
 */
#ifndef SERVICE_SERVICE_BASKET_H
#define SERVICE_SERVICE_BASKET_H

#include <jansson.h>

#include "base/list.h"
#include "service/service.h"

enum { BASKET_MAX = 500 };

/* {"host","items":[{"path"}…]} with "path_b64" beside it where that is not all of it, as they were added. ERR_NOT_FOUND
 * for an unknown host. */
int document_basket(struct service *service, const char *host, json_t **document, struct err *err);

/* All of `paths`, or none. One that is in it stays. ERR_REFUSED when there would be more than BASKET_MAX. *document: as
 * document_basket(). */
int service_basket_add(struct service *service, const char *host, const struct list *paths, json_t **document,
                       struct err *err);

/* The same; those that are not in it do not matter. `paths` NULL: all. */
int service_basket_remove(struct service *service, const char *host, const struct list *paths,
                          json_t **document, struct err *err);

/* Its paths, without those that lie below another one. ERR_NOT_FOUND when it is empty. */
int service_basket_paths(struct service *service, const char *host, struct list *paths, struct err *err);

#endif
