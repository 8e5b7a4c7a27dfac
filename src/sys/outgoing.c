/* The common part of mail and web requests, over libcurl. */
#include "sys/outgoing.h"

#include <string.h>

#include "base/text.h"
#include "sys/stop.h"

/* Answers are for nobody; only their status counts. */
// NOLINTNEXTLINE(readability-non-const-parameter): the type of curl's callback
static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static int is_unwanted(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    (void)context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return stop_requested() != 0;
}

int outgoing_open(struct outgoing *outgoing, const char *protocols, const char *ca_file, int64_t timeout_ms,
                  struct err *err)
{
    CURL *curl;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (curl = curl_easy_init()) == NULL)
        return err_set(err, ERR_INTERNAL, "libcurl cannot be used");
    outgoing->curl = curl;
    outgoing->detail[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, outgoing->detail);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_unwanted);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    if (curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols) != CURLE_OK ||
        (ca_file != NULL && curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file) != CURLE_OK))
        return err_set(err, ERR_INTERNAL, "libcurl lacks an option that is needed");
    return 0;
}

void outgoing_close(struct outgoing *outgoing)
{
    if (outgoing->curl != NULL)
        curl_easy_cleanup(outgoing->curl);
    outgoing->curl = NULL;
}

int outgoing_perform(struct outgoing *outgoing, const char *peer, struct err *err)
{
    CURLcode code = curl_easy_perform(outgoing->curl);

    if (code == CURLE_OK)
        return 0;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return err_set(err, ERR_INTERRUPTED, "%s: interrupted", peer);
    return err_set(err, ERR_UNREACHABLE, "%s: %s", peer,
                   outgoing->detail[0] != '\0' ? outgoing->detail : curl_easy_strerror(code));
}

int outgoing_require_line(const char *what, const char *text, struct err *err)
{
    if (text == NULL || (text_is_utf8(text, strlen(text)) && !text_has_control(text)))
        return 0;
    return err_set(err, ERR_INVALID, "%s holds a control character or invalid UTF-8", what);
}
