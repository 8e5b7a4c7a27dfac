/* Messages between processes of ours. */
#include "sys/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/fs.h"

enum { BACKLOG = 64, HEAD = 4 };

/* An address holds 107 bytes, a path may be longer: the directory is named by its descriptor. */
static int address_of(int dirfd, const char *name, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    return snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", dirfd, name) <
                   (int)sizeof address->sun_path
               ? 0
               : -1;
}

int unix_socket_listen(const char *directory, const char *name, mode_t mode, struct err *err)
{
    FD_SCOPED dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    FD_SCOPED fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;
    int taken;

    if (dirfd < 0 || fd < 0 || address_of(dirfd, name, &address) < 0)
        return err_errno(err, ERR_IO, errno, "cannot make the socket \"%s/%s\"", directory, name);
    /* If we die here: there is no socket, and whoever connects is told so. */
    unlinkat(dirfd, name, 0);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        fchmodat(dirfd, name, mode, 0) < 0 || listen(fd, BACKLOG) < 0)
        return err_errno(err, ERR_IO, errno, "cannot listen at \"%s/%s\"", directory, name);
    taken = fd;
    fd = -1;
    return taken;
}

void unix_socket_set_timeout(int fd, int64_t timeout_ms)
{
    const struct timeval wait = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

int unix_socket_connect(const char *directory, const char *name, int64_t timeout_ms, struct err *err)
{
    FD_SCOPED dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    FD_SCOPED fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;
    int taken;

    if (dirfd < 0 || fd < 0 || address_of(dirfd, name, &address) < 0)
        return err_errno(err, ERR_IO, errno, "cannot reach \"%s/%s\"", directory, name);
    unix_socket_set_timeout(fd, timeout_ms);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        enum err_code code = errno == ENOENT || errno == ECONNREFUSED ? ERR_NOT_FOUND
                             : errno == EACCES                        ? ERR_NOT_ALLOWED
                                                                      : ERR_IO;

        return err_errno(err, code, errno, "cannot reach \"%s/%s\"", directory, name);
    }
    taken = fd;
    fd = -1;
    return taken;
}

int unix_socket_peer(int fd, uid_t *uid, struct err *err)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return err_errno(err, ERR_IO, errno, "cannot tell who is on the other side of a socket");
    *uid = peer.uid;
    return 0;
}

static int send_all(int fd, const char *bytes, size_t size, struct err *err)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return err_errno(err, ERR_IO, errno, "a message cannot be sent");
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

/* The descriptor travels with the length. */
int unix_socket_send(int fd, const void *bytes, size_t size, int passed, struct err *err)
{
    unsigned char head[HEAD] = {(unsigned char)(size >> 24), (unsigned char)(size >> 16),
                                (unsigned char)(size >> 8), (unsigned char)size};
    struct iovec part = {.iov_base = head, .iov_len = HEAD};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;

    if (size > INT32_MAX)
        return err_set(err, ERR_IO, "a message of %zu bytes is too long", size);
    if (passed >= 0) {
        struct cmsghdr *rights;

        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &passed, sizeof passed);
    }
    do
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != HEAD)
        return err_errno(err, ERR_IO, sent < 0 ? errno : EPIPE, "a message cannot be sent");
    return send_all(fd, bytes, size, err);
}

static int receive_all(int fd, char *bytes, size_t size, struct err *err)
{
    while (size > 0) {
        ssize_t got = recv(fd, bytes, size, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, ERR_IO, errno, "no message comes");
        if (got == 0)
            return err_set(err, ERR_IO, "the other side has gone");
        bytes += got;
        size -= (size_t)got;
    }
    return 0;
}

static void take_passed(struct msghdr *message, int *passed)
{
    for (struct cmsghdr *rights = CMSG_FIRSTHDR(message); rights != NULL;
         rights = CMSG_NXTHDR(message, rights))
        if (rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
            rights->cmsg_len == CMSG_LEN(sizeof(int)))
            memcpy(passed, CMSG_DATA(rights), sizeof *passed);
}

int unix_socket_receive(int fd, size_t limit, struct buf *message, int *passed, struct err *err)
{
    unsigned char head[HEAD] = {0};
    struct iovec part = {.iov_base = head, .iov_len = HEAD};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr envelope = {.msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof control.bytes};
    char piece[16 * 1024];
    ssize_t got;
    size_t size;

    *passed = -1;
    do
        got = recvmsg(fd, &envelope, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    while (got < 0 && errno == EINTR);
    take_passed(&envelope, passed);
    if (got != HEAD) {
        fs_close(passed);
        return got < 0 ? err_errno(err, ERR_IO, errno, "no message comes")
                       : err_set(err, ERR_IO, "the other side has gone");
    }
    size = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (size > limit) {
        fs_close(passed);
        return err_set(err, ERR_INVALID, "a message of %zu bytes is longer than %zu", size, limit);
    }
    while (size > 0) {
        size_t wanted = size < sizeof piece ? size : sizeof piece;

        if (receive_all(fd, piece, wanted, err) < 0) {
            fs_close(passed);
            return -1;
        }
        buf_add(message, piece, wanted);
        size -= wanted;
    }
    return 0;
}
