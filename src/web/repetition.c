/* Keys and their answers. */
#include "web/repetition.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "service/service_api_request.h"
#include "sys/secret.h"
#include "web/visit.h"

enum { KEY_MAX = 200, FIRST_TRANSIENT_STATUS = 500, TOO_MANY = 429, BUSY = 409 };

static bool refuse(struct visit *visit, int status, enum err_code code, const char *message, const char *hint)
{
    struct err err = {0};

    err_set(&err, code, "%s", message);
    err_hint(&err, "%s", hint);
    visit_fail(visit, status, &err);
    return true;
}

/* What was asked, so that a key that is used for something else is noticed. */
static const char *fingerprint(const struct visit *visit)
{
    char *hash = arena_alloc(visit->arena, SECRET_HASH);

    secret_hash(hash, "api request",
                arena_printf(visit->arena, "%s %s\n%s", http_method_name(visit->request->method),
                             visit->request->path_text, visit->request->body));
    return hash;
}

static bool replay(struct visit *visit, const struct api_request *first, const char *asked)
{
    if (strcmp(first->fingerprint, asked) != 0)
        return refuse(visit, 422, ERR_INVALID, "this Idempotency-Key was used for another change",
                      "make a new key for each change");
    if (first->status == 0)
        return refuse(
            visit, BUSY, ERR_BUSY,
            "the first request with this Idempotency-Key has not been answered: it is in work, or "
            "the server was stopped meanwhile",
            "ask again in a moment; if it stays so, look whether the change was made, and use a new "
            "key");
    visit_answer(visit, (int)first->status, first->content_type, first->body == NULL ? "" : first->body);
    if (first->location != NULL)
        url_pairs_add(visit->arena, &visit->response->headers, "Location", first->location);
    url_pairs_add(visit->arena, &visit->response->headers, "Idempotency-Replayed", "true");
    return true;
}

bool repetition_begin(struct visit *visit)
{
    const char *key = http_header(visit->request, "Idempotency-Key");
    const char *asked;
    struct api_request first;
    struct err err = {0};
    int found;

    if (key == NULL || !visit->api || visit->request->method != HTTP_POST || visit->account == NULL)
        return false;
    if (*key == '\0' || strlen(key) > KEY_MAX || text_has_control(key) || !text_is_utf8(key, strlen(key)))
        return refuse(visit, 400, ERR_USAGE, "an Idempotency-Key is a text of 1 to 200 characters",
                      "a UUID is a good one");
    if (visit->route->tells_secret)
        return refuse(visit, 400, ERR_USAGE, "the answer holds a secret, which is not kept for a second time",
                      "leave Idempotency-Key away here");
    asked = fingerprint(visit);
    found = service_api_request_begin(visit->service, visit->account->name, key, asked, &first, &err);
    if (found < 0) {
        visit_fail(visit, err_http_status(err.code), &err);
        return true;
    }
    if (found > 0)
        return replay(visit, &first, asked);
    visit->repetition_key = key;
    return false;
}

void repetition_end(struct visit *visit)
{
    const struct http_response *response = visit->response;
    struct api_request request = {.account = visit->account == NULL ? NULL : visit->account->name,
                                  .key = visit->repetition_key,
                                  .status = response->status,
                                  .location = url_pairs_get(&response->headers, "Location"),
                                  .content_type = response->content_type,
                                  .body = response->body};
    struct err err = {0};
    bool transient;

    if (visit->repetition_key == NULL)
        return;
    transient = response->status >= FIRST_TRANSIENT_STATUS || response->status == TOO_MANY ||
                response->status == BUSY;
    if (service_api_request_end(visit->service, &request, !transient, &err) < 0)
        log_error("request %s: the answer cannot be kept for its Idempotency-Key: %s", visit->request->id,
                  err.message);
}
