/* A mail as text: plain, UTF-8, as RFC 5322 and RFC 2047 want it, ready for SMTP. */
#ifndef PLAN_MAIL_MESSAGE_H
#define PLAN_MAIL_MESSAGE_H

#include <stdint.h>

#include "base/arena.h"

struct mail_message {
    const char *from, *to; /* addresses alone */
    const char *subject;   /* control characters become "?" */
    const char *body;      /* lines end in LF; invalid UTF-8 and control characters become \xNN */
    const char *id;        /* left part of the Message-ID; unique, [a-z0-9.-] */
    int64_t at;            /* the Date */
};

/* Lines end in CRLF, none is longer than RFC 5322 allows, and all of it is ASCII. */
const char *mail_message_compose(struct arena *arena, const struct mail_message *message);

#endif
