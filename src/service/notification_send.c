/* Sending mails, webhooks and pings as the settings say. */
#include "service/notification_send.h"

#include <string.h>
#include <sys/utsname.h>

#include "plan/mail_message.h"
#include "sys/http_client.h"
#include "sys/mail.h"
#include "sys/secret_file.h"

const char *notification_server_name(struct arena *arena)
{
    struct utsname name;

    if (uname(&name) < 0 || name.nodename[0] == '\0' ||
        name.nodename[strspn(name.nodename, "abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789.-")] != '\0')
        return "localhost";
    return arena_strdup(arena, name.nodename);
}

static enum mail_security security_of(const struct notification *notification)
{
    if (strcmp(notification->smtp_security, "tls") == 0)
        return MAIL_TLS;
    return strcmp(notification->smtp_security, "starttls") == 0 ? MAIL_STARTTLS : MAIL_PLAIN;
}

int notification_mail(struct service *service, const struct notification *notification, const char *to,
                      const char *subject, const char *body, const char *id, int64_t at, bool *server_refused,
                      struct err *err)
{
    struct arena *arena = service->arena;
    struct mail_server server = {
        .host = notification->smtp_host,
        .port = notification->smtp_port,
        .security = security_of(notification),
        .user = notification->smtp_user,
        .ca_file = notification->smtp_ca_file,
        .helo = notification_server_name(arena),
        .timeout_ms = NOTIFICATION_TIMEOUT_MS,
    };
    struct mail_message message = {notification->mail_from, to, subject, body, id, at};
    long reply = 0;

    *server_refused = false;
    if (notification->smtp_password_file != NULL &&
        secret_file_read(arena, notification->smtp_password_file, &server.password, err) < 0)
        return -1;
    if (message.from == NULL)
        message.from = arena_printf(arena, "pobsync@%s", server.helo);
    if (mail_send(&server, message.from, to, mail_message_compose(arena, &message), &reply, err) == 0)
        return 0;
    /* 421 closes the connection, 530 and 535 are about the login; the rest is about this mail or its recipient. */
    *server_refused = reply >= 450 && reply != 530 && reply != 535;
    return -1;
}

int notification_post(struct service *service, const struct notification *notification, const char *body,
                      long *status, struct err *err)
{
    struct http_request request = {
        .url = notification->webhook_url,
        .shown = notification_url_shown(service->arena, notification->webhook_url),
        .body = body,
        .content_type = "application/json",
        .ca_file = notification->smtp_ca_file,
        .timeout_ms = NOTIFICATION_TIMEOUT_MS,
    };

    *status = 0;
    if (notification->webhook_token_file != NULL &&
        secret_file_read(service->arena, notification->webhook_token_file, &request.token, err) < 0)
        return -1;
    return http_send(&request, status, err);
}

int notification_ping(struct service *service, const struct notification *notification, long *status,
                      struct err *err)
{
    const struct http_request request = {
        .url = notification->ping_url,
        .shown = notification_url_shown(service->arena, notification->ping_url),
        .ca_file = notification->smtp_ca_file,
        .timeout_ms = NOTIFICATION_TIMEOUT_MS,
    };

    return http_send(&request, status, err);
}
