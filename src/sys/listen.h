/* Sockets to listen on, and who is on the other side. */
#ifndef SYS_LISTEN_H
#define SYS_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"

/* "127.0.0.1:8010", "[::1]:8010", "*:8010": both parts are needed, the address is a number or "*", the port may be 0
 * for a free one. ERR_INVALID. */
int listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *size, struct err *err);

/* A TCP socket that listens there; close-on-exec. ERR_FAILED. */
int listen_open(const char *text, struct err *err);

/* The one socket that systemd hands over (LISTEN_PID, LISTEN_FDS; sd_listen_fds(3)), -1 when there is none.
 * ERR_INVALID (returns -2) when there are several. The variables are taken away. */
int listen_inherited(struct err *err);

/* The address it is bound to as "127.0.0.1:8010" or "[::1]:8010"; a path for a unix socket. */
const char *listen_name(struct arena *arena, int fd);

bool listen_is_loopback(int fd);

/* "192.0.2.7" of a peer's address; an IPv4 address within IPv6 is written as IPv4; "local" for unix sockets. */
const char *listen_peer(struct arena *arena, const struct sockaddr *address);

/* Whether an IP address lies in a range such as 10.0.0.0/8 or is the address itself. */
bool listen_is_within(const char *address, const char *range);

#endif
