/*
 * Whom to tell, and how, when the health of a host changes. One of them for the installation; its fields are declared
 * once, in the table of notification.c. Passwords stay in files of their own: only their paths are here.
 */
#ifndef MODEL_NOTIFICATION_H
#define MODEL_NOTIFICATION_H

#include "model/field.h"

struct notification {
    uint64_t set; /* bit i: field i of the table is set; the others have their defaults */

    struct list mail_to;   /* empty: no mail */
    const char *mail_from; /* NULL: pobsync@<name of this server> */
    const char *smtp_host;
    int64_t smtp_port;
    const char *smtp_security;      /* "none", "starttls", "tls" */
    const char *smtp_user;          /* NULL: without a login */
    const char *smtp_password_file; /* NULL: none */
    const char *smtp_ca_file;       /* NULL: the authorities that this server trusts */
    const char *webhook_url;        /* NULL: no webhook */
    const char *webhook_token_file; /* NULL: without an Authorization header */
    const char *ping_url;           /* NULL: no ping */
    const char *alert_on;           /* "attention", "failures" */
};

/* In the order of the columns. The scope is the global one. */
extern const struct field_table notification_fields;

/* The defaults of all fields, none of them set. */
void notification_init(struct arena *arena, struct notification *notification);

bool notification_is_set(const struct notification *notification, const struct field *field);

/* field_parse() and the bit; NULL gives the default back. */
int notification_set(struct arena *arena, struct notification *notification, const struct field *field,
                     const char *text, struct err *err);

/* What needs more than one field: a password without a user and the like. ERR_INVALID. */
int notification_check(const struct notification *notification, struct err *err);

/* Whether anybody is told when a host needs attention: there is an address or a webhook. */
bool notification_tells(const struct notification *notification);

/* Scheme, host and port of a URL and no more: paths of webhooks are often secrets, so this is what logs and messages
 * show. */
const char *notification_url_shown(struct arena *arena, const char *url);

#endif
