/* Secrets: made from the kernel's generator, kept as hashes, compared in constant time. */
#ifndef SYS_SECRET_H
#define SYS_SECRET_H

#include <stdbool.h>

#include "base/arena.h"

enum { SECRET_TEXT = 44, SECRET_HASH = 65 };

/* 256 bits as 43 characters of letters, digits, "-" and "_". */
void secret_make(char to[SECRET_TEXT]);

/* SHA-256 of purpose and secret, in hex. The purpose keeps one use of a secret from serving as another. */
void secret_hash(char to[SECRET_HASH], const char *purpose, const char *secret);

/* Whether two texts are the same; takes no longer for a nearly right one. */
bool secret_is_same(const char *a, const char *b);

/* The hash under another look each time, so that compressed pages do not betray it bit by bit (BREACH). Both are hex. */
const char *secret_mask(struct arena *arena, const char hash[SECRET_HASH]);
bool secret_unmask(const char *masked, char to[SECRET_HASH]);

/* argon2id; at most two at a time, for each takes 64 MiB. NULL when memory has run out. */
const char *secret_password_hash(struct arena *arena, const char *password);
/* `hash` NULL: takes as long as with one, and is false. */
bool secret_password_verify(const char *hash, const char *password);

#endif
