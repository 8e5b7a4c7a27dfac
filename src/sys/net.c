/* Names and ports. */
#include "sys/net.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fs.h"
#include "sys/stop.h"

static void release_addresses(struct addrinfo **addresses)
{
    if (*addresses != NULL)
        freeaddrinfo(*addresses);
}

#define ADDRESSES_SCOPED __attribute__((cleanup(release_addresses))) struct addrinfo

static int look_up(const char *host, const char *port, int family, struct addrinfo **addresses,
                   struct err *err)
{
    struct addrinfo hints = {
        .ai_family = family == 4   ? AF_INET
                     : family == 6 ? AF_INET6
                                   : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    int code;

    assert(family == 0 || family == 4 || family == 6);
    code = getaddrinfo(host, port, &hints, addresses);
    if (code == 0)
        return 0;
    *addresses = NULL;
    if (code == EAI_SYSTEM)
        return err_errno(err, ERR_UNREACHABLE, errno, "cannot find the address of \"%s\"", host);
    err_set(err, ERR_UNREACHABLE, "cannot find an %saddress of \"%s\": %s",
            family == 4   ? "IPv4 "
            : family == 6 ? "IPv6 "
                          : "",
            host, gai_strerror(code));
    if (code == EAI_AGAIN)
        return err_hint(err, "the name server does not answer: look at /etc/resolv.conf");
    return err_hint(err, "is the name spelled right? getent hosts %s", host);
}

static void address_text(const struct addrinfo *address, char to[NI_MAXHOST])
{
    if (getnameinfo(address->ai_addr, address->ai_addrlen, to, NI_MAXHOST, NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(to, NI_MAXHOST, "?");
}

int net_resolve(struct arena *arena, const char *host, int family, struct list *addresses, struct err *err)
{
    ADDRESSES_SCOPED *found = NULL;
    char text[NI_MAXHOST];

    *addresses = (struct list){0};
    if (look_up(host, NULL, family, &found, err) < 0)
        return -1;
    for (const struct addrinfo *address = found; address != NULL; address = address->ai_next) {
        address_text(address, text);
        if (!list_has(addresses, text))
            list_add(arena, addresses, text);
    }
    return 0;
}

/* Tries one address; -1 with errno. */
static int try_connect(const struct addrinfo *address, int64_t timeout_ms)
{
    FD_SCOPED fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct pollfd poll = {.fd = fd, .events = POLLOUT};
    int errnum = 0;
    socklen_t size = sizeof errnum;
    int ready;

    if (fd < 0)
        return -1;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -1;
    ready = stop_poll(&poll, 1, timeout_ms);
    if (ready < 0)
        return -1;
    if (ready == 0)
        errnum = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &size) < 0)
        return -1;
    errno = errnum;
    return errnum == 0 ? 0 : -1;
}

static int tell(int errnum, const struct addrinfo *address, const char *host, int port, struct err *err)
{
    char text[NI_MAXHOST];

    if (errnum == EINTR)
        return err_set(err, ERR_INTERRUPTED, "asked to stop while connecting to \"%s\"", host);
    address_text(address, text);
    err_errno(err, ERR_UNREACHABLE, errnum, "cannot connect to \"%s\" (%s) port %d", host, text, port);
    switch (errnum) {
    case ECONNREFUSED:
        return err_hint(
            err, "the machine is there but nothing listens on port %d: does sshd run, on this port?", port);
    case ETIMEDOUT:
        return err_hint(err, "nothing answered: is the machine on, and does a firewall drop port %d?", port);
    case EHOSTUNREACH:
    case ENETUNREACH:
        return err_hint(err,
                        "no way leads there: is the address right, is the machine on, is the network up?");
    }
    return -1;
}

int net_probe(const char *host, int port, int family, int64_t timeout_ms, int64_t *took_ms, struct err *err)
{
    ADDRESSES_SCOPED *found = NULL;
    int64_t until = clock_boot_ms() + timeout_ms;
    int64_t left_over = 0;
    char port_text[16];

    snprintf(port_text, sizeof port_text, "%d", port);
    if (look_up(host, port_text, family, &found, err) < 0)
        return -1;
    for (const struct addrinfo *address = found; address != NULL; address = address->ai_next)
        left_over++;
    for (const struct addrinfo *address = found; address != NULL; address = address->ai_next) {
        int64_t begun = clock_boot_ms();
        /* An address that does not answer must not take the time of those behind it. */
        int64_t share = (until - begun) / left_over--;

        if (try_connect(address, share > 0 ? share : 0) == 0) {
            *took_ms = clock_boot_ms() - begun;
            return 0;
        }
        tell(errno, address, host, port, err);
        if (err->code == ERR_INTERRUPTED)
            break;
    }
    return -1;
}
