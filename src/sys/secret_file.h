/* Secrets that a person has put into a file: passwords, tokens. They come into no database, argument or message. */
#ifndef SYS_SECRET_FILE_H
#define SYS_SECRET_FILE_H

#include "base/arena.h"
#include "base/err.h"

/* The first line of the file, without its end. ERR_NOT_ALLOWED when everybody may read the file, ERR_INVALID when the
 * line is empty, longer than 1,000 bytes or holds a control character. Links are followed. */
int secret_file_read(struct arena *arena, const char *path, const char **secret, struct err *err);

#endif
