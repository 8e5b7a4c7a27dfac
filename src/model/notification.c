/* The one table of the fields of a notification. */
#include "model/notification.h"

#include <assert.h>
#include <string.h>

#include "model/rule.h"

#define MEMBER(member) .name = #member, .offset = offsetof(struct notification, member), .scope = SCOPE_GLOBAL

static const struct field fields[] = {
    {MEMBER(mail_to), .type = FIELD_LIST, .fallback = "", .rule = rule_mail_address, .placeholder = "ADDRESS",
     .help = "mail address that is told; each gets a mail of its own"},
    {MEMBER(mail_from), .type = FIELD_TEXT, .rule = rule_mail_address, .placeholder = "ADDRESS",
     .help = "sender of the mails; pobsync@ and the name of this server when not set"},
    {MEMBER(smtp_host), .type = FIELD_TEXT, .fallback = "localhost", .rule = rule_address,
     .placeholder = "NAME", .help = "mail server that takes the mails"},
    {MEMBER(smtp_port), .type = FIELD_INT, .min = 1, .max = 65535, .fallback = "25", .placeholder = "PORT",
     .help = "its port, 1 to 65535; often 587 with starttls and 465 with tls"},
    {MEMBER(smtp_security), .type = FIELD_TEXT, .fallback = "none", .rule = rule_smtp_security,
     .placeholder = "none|starttls|tls", .help = "none, starttls (refused when the server has none) or tls"},
    {MEMBER(smtp_user), .type = FIELD_TEXT, .rule = rule_smtp_user, .placeholder = "USER",
     .help = "name to log in with; without one there is no login"},
    {MEMBER(smtp_password_file), .type = FIELD_TEXT, .rule = rule_local_path, .placeholder = "PATH",
     .help = "file whose first line is the password of that login"},
    {MEMBER(smtp_ca_file), .type = FIELD_TEXT, .rule = rule_local_path, .placeholder = "PATH",
     .help =
         "certificates that the mail server, webhook and ping are checked with; those of this server when not "
         "set"},
    {MEMBER(webhook_url), .type = FIELD_TEXT, .rule = rule_url, .placeholder = "URL",
     .help = "address that a JSON document is posted to for each event"},
    {MEMBER(webhook_token_file), .type = FIELD_TEXT, .rule = rule_local_path, .placeholder = "PATH",
     .help = "file whose first line is sent to the webhook as \"Authorization: Bearer\""},
    {MEMBER(ping_url), .type = FIELD_TEXT, .rule = rule_url, .placeholder = "URL",
     .help = "address that is asked for after each pass of the scheduler, so that its silence is noticed"},
    {MEMBER(alert_on), .type = FIELD_TEXT, .fallback = "attention", .rule = rule_alert_on,
     .placeholder = "attention|failures",
     .help = "attention (failed, missed, unknown, warning, never) or failures (failed, missed, unknown)"},
};

const struct field_table notification_fields = {fields, sizeof fields / sizeof fields[0]};

static_assert(sizeof fields / sizeof fields[0] <= 64, "each field needs a bit");

static uint64_t field_bit(const struct field *field)
{
    return (uint64_t)1 << (field - fields);
}

/* A default that cannot be read is a defect of the table. */
static void set_default(struct arena *arena, struct notification *notification, const struct field *field)
{
    struct err err;

    notification->set &= ~field_bit(field);
    if (field->fallback == NULL) {
        assert(field->type == FIELD_TEXT);
        *(const char **)field_member(field, notification) = NULL;
    } else {
        int result = field_parse(arena, field, notification, field->fallback, &err);

        assert(result == 0);
    }
}

void notification_init(struct arena *arena, struct notification *notification)
{
    *notification = (struct notification){0};
    for (size_t i = 0; i < notification_fields.count; i++)
        set_default(arena, notification, &fields[i]);
}

bool notification_is_set(const struct notification *notification, const struct field *field)
{
    return (notification->set & field_bit(field)) != 0;
}

/* A text that is set to nothing says no more than its default does. */
int notification_set(struct arena *arena, struct notification *notification, const struct field *field,
                     const char *text, struct err *err)
{
    if (text == NULL || text[0] == '\0') {
        set_default(arena, notification, field);
        return 0;
    }
    if (field_parse(arena, field, notification, text, err) < 0)
        return -1;
    notification->set |= field_bit(field);
    return 0;
}

int notification_check(const struct notification *notification, struct err *err)
{
    bool secret = notification->smtp_password_file != NULL;

    if (secret && notification->smtp_user == NULL)
        return err_set(err, ERR_INVALID, "--smtp-password-file needs --smtp-user as well");
    if (!secret && notification->smtp_user != NULL)
        return err_set(err, ERR_INVALID, "--smtp-user needs --smtp-password-file as well");
    if (secret && strcmp(notification->smtp_security, "none") == 0) {
        err_set(err, ERR_INVALID, "a password would go to the mail server unprotected");
        return err_hint(err, "set --smtp-security to starttls or tls");
    }
    if (notification->webhook_token_file != NULL && notification->webhook_url == NULL)
        return err_set(err, ERR_INVALID, "--webhook-token-file needs --webhook-url as well");
    if (notification->webhook_token_file != NULL && strncmp(notification->webhook_url, "https://", 8) != 0) {
        err_set(err, ERR_INVALID, "a token would go to the webhook unprotected");
        return err_hint(err, "use an https:// address, or none with --webhook-token-file");
    }
    return 0;
}

bool notification_tells(const struct notification *notification)
{
    return notification->mail_to.count > 0 || notification->webhook_url != NULL;
}

const char *notification_url_shown(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://");
    size_t size;

    if (host == NULL)
        return "(not a URL)";
    size = (size_t)(host + 3 - url) + strcspn(host + 3, "/?#");
    return url[size] == '\0' ? arena_strdup(arena, url) : arena_printf(arena, "%.*s/...", (int)size, url);
}
