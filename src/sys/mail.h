/* Handing one mail for one recipient to a mail server, by SMTP (RFC 5321). */
#ifndef SYS_MAIL_H
#define SYS_MAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum mail_security { MAIL_PLAIN, MAIL_STARTTLS, MAIL_TLS };

struct mail_server {
    const char *host;
    int64_t port;
    enum mail_security security; /* STARTTLS: refused when the server has none */
    const char *user;            /* NULL: without a login */
    const char *password;        /* never sent with MAIL_PLAIN */
    const char *ca_file;         /* NULL: the authorities of this server */
    const char *helo;            /* our name for the server */
    int64_t timeout_ms;          /* for all of it */
};

/* `message` is a whole message in the format of RFC 5322 whose lines end in CRLF (plan/mail_message.h); anything else is
 * ERR_INVALID, because a bare LF would go out as it is and a line of "." behind it would end the mail. One recipient a
 * mail: a server that refuses one of several would get none to the others. 0 when the server has taken it over.
 * ERR_UNREACHABLE when there was no whole conversation, ERR_FAILED when the server refused (*reply is its number, else
 * 0), ERR_INTERRUPTED. */
int mail_send(const struct mail_server *server, const char *from, const char *to, const char *message,
              long *reply, struct err *err);

#endif
