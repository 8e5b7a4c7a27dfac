/* The first two stages of a connection test: is there such a name, does something listen there. */
#ifndef SYS_NET_H
#define SYS_NET_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"

/* The addresses of a host name, as text. `family`: 0, 4 or 6. ERR_UNREACHABLE when there is none. */
int net_resolve(struct arena *arena, const char *host, int family, struct list *addresses, struct err *err);

/* Connects to host:port and closes again; tells how long it took. Several addresses are tried in turn and
 * share the time. ERR_UNREACHABLE with the cause in words, ERR_INTERRUPTED when asked to stop. */
int net_probe(const char *host, int port, int family, int64_t timeout_ms, int64_t *took_ms, struct err *err);

#endif
