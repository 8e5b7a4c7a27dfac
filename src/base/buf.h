/*
 * A growable buffer of bytes, always NUL-terminated so that it can be read as text. Out of memory aborts.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
    char *data; /* NULL while nothing was ever added: use buf_text() to read */
    size_t size;
    size_t room;
};

#define BUF_EMPTY ((struct buf){0})
#define BUF_SCOPED __attribute__((cleanup(buf_release))) struct buf

void buf_release(struct buf *buf);

/* The content as text; "" when empty. Valid until the next call that changes the buffer. */
const char *buf_text(const struct buf *buf);

void buf_add(struct buf *buf, const void *bytes, size_t size);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Removes the first `size` bytes. */
void buf_drop(struct buf *buf, size_t size);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);

#endif
