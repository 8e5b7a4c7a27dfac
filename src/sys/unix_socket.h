/*
 * Stream sockets in a directory of ours, and messages over them: four bytes of length, the bytes, and perhaps one open
 * descriptor. For helpers of this program that run with other rights.
 */
#ifndef SYS_UNIX_SOCKET_H
#define SYS_UNIX_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* A socket that listens as `name` in `directory` (whose path may be longer than the address of a socket), with this mode;
 * a socket that lies there is replaced. ERR_IO. */
int unix_socket_listen(const char *directory, const char *name, mode_t mode, struct err *err);

/* Connects. ERR_NOT_FOUND when nobody listens there, ERR_NOT_ALLOWED, ERR_IO. Every read and write on it then ends after
 * timeout_ms (errno EAGAIN). */
int unix_socket_connect(const char *directory, const char *name, int64_t timeout_ms, struct err *err);

/* The user on the other side, as the kernel knows it. */
int unix_socket_peer(int fd, uid_t *uid, struct err *err);

/* Reads and writes end after so long. */
void unix_socket_set_timeout(int fd, int64_t timeout_ms);

/* Sends a message, with the descriptor `passed` unless it is -1. ERR_IO. */
int unix_socket_send(int fd, const void *bytes, size_t size, int passed, struct err *err);

/* Receives one of at most `limit` bytes. *passed: the descriptor that came with it, close-on-exec, or -1. ERR_IO, also
 * when the other side has gone; ERR_INVALID for one that is too long. */
int unix_socket_receive(int fd, size_t limit, struct buf *message, int *passed, struct err *err);

#endif
