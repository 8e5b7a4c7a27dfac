/* Listening sockets and addresses of peers. */
#include "sys/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/fs.h"

enum { BACKLOG = 128, FIRST_INHERITED = 3 };

static int refuse(const char *text, struct err *err)
{
    err_set(err, ERR_INVALID, "\"%s\" is no address to listen on", text);
    return err_hint(err, "write 127.0.0.1:8010, [::1]:8010, or *:8010 for every address");
}

int listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *size, struct err *err)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    const char *colon = strrchr(text, ':');
    char host[64];
    struct err ignored;
    int64_t port;

    if (colon == NULL || colon == text || (size_t)(colon - text) >= sizeof host ||
        parse_int(colon + 1, 0, 65535, &port, &ignored) < 0)
        return refuse(text, err);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    memset(address, 0, sizeof *address);
    if (strcmp(host, "*") == 0 || host[0] == '[') {
        *size = sizeof *v6;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        if (host[0] == '*')
            return 0;
        if (host[strlen(host) - 1] != ']')
            return refuse(text, err);
        host[strlen(host) - 1] = '\0';
        return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1 ? 0 : refuse(text, err);
    }
    *size = sizeof *v4;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1 ? 0 : refuse(text, err);
}

int listen_open(const char *text, struct err *err)
{
    struct sockaddr_storage address = {0};
    const int yes = 1, both = strncmp(text, "*", 1) != 0;
    socklen_t size = 0;
    FD_SCOPED fd = -1;
    int opened;

    if (listen_parse(text, &address, &size, err) < 0)
        return -1;
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (fd >= 0 && address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0) {
        err_errno(err, ERR_FAILED, errno, "cannot listen on %s", text);
        return errno == EADDRINUSE ? err_hint(err, "another program, perhaps another pobsync, listens there")
                                   : -1;
    }
    opened = fd;
    fd = -1;
    return opened;
}

int listen_inherited(struct err *err)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    struct err ignored;
    int64_t number, fds;
    bool ours;

    if (pid == NULL || count == NULL || parse_int(pid, 1, INT32_MAX, &number, &ignored) < 0 ||
        parse_int(count, 0, 1000, &fds, &ignored) < 0)
        return -1;
    ours = number == getpid() && fds > 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (!ours)
        return -1;
    if (fds > 1) {
        err_set(err, ERR_INVALID, "%d sockets were handed over, expected one", (int)fds);
        return -2;
    }
    fcntl(FIRST_INHERITED, F_SETFD, FD_CLOEXEC);
    return FIRST_INHERITED;
}

const char *listen_peer(struct arena *arena, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "?";

    if (address == NULL || address->sa_family == AF_UNIX)
        return "local";
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text, sizeof text);
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(v6))
            inet_ntop(AF_INET, v6->s6_addr + 12, text, sizeof text);
        else
            inet_ntop(AF_INET6, v6, text, sizeof text);
    }
    return arena_strdup(arena, text);
}

const char *listen_name(struct arena *arena, int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    const char *host;
    in_port_t port;

    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return "?";
    if (address.ss_family == AF_UNIX)
        return arena_strdup(arena, ((struct sockaddr_un *)&address)->sun_path);
    host = listen_peer(arena, (struct sockaddr *)&address);
    /* It stands in the same place for IPv6. */
    memcpy(&port, (const char *)&address + offsetof(struct sockaddr_in, sin_port), sizeof port);
    return arena_printf(arena, strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, ntohs(port));
}

bool listen_is_loopback(int fd)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *name = listen_name(&arena, fd);

    return name[0] == '/' || strncmp(name, "127.", 4) == 0 || strncmp(name, "[::1]:", 6) == 0;
}

/* The bytes of an address: IPv4 as IPv6, so that both are compared in one way. How many of its bits come before those
 * of IPv4; -1: no address. */
static int address_bytes(const char *text, unsigned char bytes[16])
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    memcpy(bytes, mapped, sizeof mapped);
    if (inet_pton(AF_INET, text, bytes + 12) == 1)
        return 96;
    return inet_pton(AF_INET6, text, bytes) == 1 ? 0 : -1;
}

bool listen_is_within(const char *address, const char *range)
{
    unsigned char one[16], other[16];
    char base[INET6_ADDRSTRLEN + 1];
    size_t length = strcspn(range, "/");
    struct err ignored;
    int64_t bits = 128;
    int before;

    if (length >= sizeof base)
        return false;
    memcpy(base, range, length);
    base[length] = '\0';
    before = address_bytes(base, other);
    if (before < 0 || address_bytes(address, one) < 0)
        return false;
    if (range[length] == '/') {
        if (parse_int(range + length + 1, 0, 128 - before, &bits, &ignored) < 0)
            return false;
        bits += before;
    }
    for (int64_t bit = 0; bit < bits; bit++)
        if (((one[bit / 8] ^ other[bit / 8]) >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}
