/* SMTP over libcurl. */
#include "sys/mail.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "sys/outgoing.h"

struct reading {
    const char *rest;
    size_t size;
};

static size_t read_message(char *to, size_t size, size_t count, void *context)
{
    struct reading *reading = context;
    size_t step = size * count < reading->size ? size * count : reading->size;

    memcpy(to, reading->rest, step);
    reading->rest += step;
    reading->size -= step;
    return step;
}

static void free_recipients(struct curl_slist **recipients)
{
    curl_slist_free_all(*recipients);
}
#define RECIPIENTS_SCOPED __attribute__((cleanup(free_recipients))) struct curl_slist

/* Each CR is followed by LF and each LF preceded by CR, and the last line is ended. */
static bool has_whole_lines(const char *message)
{
    size_t size = strlen(message);

    for (size_t i = 0; i < size; i++)
        if ((message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) ||
            (message[i] == '\r' && message[i + 1] != '\n'))
            return false;
    return size >= 2 && message[size - 1] == '\n';
}

static int require_harmless(const struct mail_server *server, const char *from, const char *to,
                            const char *message, struct err *err)
{
    if (outgoing_require_line("the sender", from, err) < 0 ||
        outgoing_require_line("the recipient", to, err) < 0 ||
        outgoing_require_line("the mail server", server->host, err) < 0 ||
        outgoing_require_line("our own name", server->helo, err) < 0 ||
        outgoing_require_line("the login", server->user, err) < 0 ||
        outgoing_require_line("the password", server->password, err) < 0)
        return -1;
    if (from[strcspn(from, "<> ")] != '\0' || to[strcspn(to, "<> ")] != '\0')
        return err_set(err, ERR_INVALID, "a mail address holds a blank or an angle bracket");
    if (server->user != NULL && server->security == MAIL_PLAIN)
        return err_set(err, ERR_INVALID, "a password is not sent to a mail server without TLS");
    if (!has_whole_lines(message))
        return err_set(err, ERR_INVALID, "a line of the mail does not end in CRLF");
    return 0;
}

static const char *url_of(struct arena *arena, const struct mail_server *server)
{
    bool naked = strchr(server->host, ':') != NULL && server->host[0] != '['; /* an IPv6 address */

    return arena_printf(arena, "%s://%s%s%s:%lld/%s", server->security == MAIL_TLS ? "smtps" : "smtp",
                        naked ? "[" : "", server->host, naked ? "]" : "", (long long)server->port,
                        server->helo);
}

static void set_login(CURL *curl, const struct mail_server *server)
{
    if (server->security == MAIL_STARTTLS)
        curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (server->user == NULL)
        return;
    curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
}

int mail_send(const struct mail_server *server, const char *from, const char *to, const char *message,
              long *reply, struct err *err)
{
    struct reading reading = {message, strlen(message)};
    ARENA_SCOPED arena = ARENA_EMPTY;
    OUTGOING_SCOPED outgoing = OUTGOING_CLOSED;
    RECIPIENTS_SCOPED *recipients = NULL;
    const char *peer;

    *reply = 0;
    if (require_harmless(server, from, to, message, err) < 0 ||
        outgoing_open(&outgoing, "smtp,smtps", server->ca_file, server->timeout_ms, err) < 0)
        return -1;
    recipients = curl_slist_append(NULL, arena_printf(&arena, "<%s>", to));
    curl_easy_setopt(outgoing.curl, CURLOPT_URL, url_of(&arena, server));
    curl_easy_setopt(outgoing.curl, CURLOPT_MAIL_FROM, arena_printf(&arena, "<%s>", from));
    curl_easy_setopt(outgoing.curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(outgoing.curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(outgoing.curl, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(outgoing.curl, CURLOPT_READDATA, &reading);
    set_login(outgoing.curl, server);
    peer = arena_printf(&arena, "mail server \"%s\", port %lld", server->host, (long long)server->port);
    if (outgoing_perform(&outgoing, peer, err) == 0)
        return 0;
    curl_easy_getinfo(outgoing.curl, CURLINFO_RESPONSE_CODE, reply);
    if (*reply >= 400 && *reply < 600 && err->code == ERR_UNREACHABLE)
        err->code = ERR_FAILED;
    return -1;
}
