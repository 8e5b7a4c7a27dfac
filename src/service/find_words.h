/* What is looked for, in the words of who looks: of a command line or of a form. */
#ifndef SERVICE_FIND_WORDS_H
#define SERVICE_FIND_WORDS_H

#include "base/err.h"
#include "engine/find.h"

struct find_words {
    const char *name;  /* a pattern of fnmatch(3) for the name alone */
    const char *since; /* base/moment.h; NULL: whenever */
    const char *until;
    const char *size; /* "+10M": at least; "-10M": at most; "10M": exactly. NULL: any */
};

/* `now` is what "7d" counts from. The wish points into the words. ERR_INVALID. */
int find_words_wish(const struct find_words *words, int64_t now, struct find_wish *wish, struct err *err);

#endif
