/* Tags of documents. */
#include "web/precondition.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "web/visit.h"

enum { TAG_BYTES = 16 };

const char *precondition_tag(const struct visit *visit, const json_t *document)
{
    unsigned char hash[TAG_BYTES];
    char hex[2 * TAG_BYTES + 1];
    char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);

    if (text == NULL ||
        crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0) != 0)
        abort();
    free(text);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    return arena_printf(visit->arena, "\"%s\"", hex);
}

bool precondition_matches(const char *list, const char *tag)
{
    while (*list != '\0') {
        size_t length;

        list += strspn(list, " \t,");
        length = strcspn(list, " \t,");
        if ((length == 1 && *list == '*') || (length == strlen(tag) && strncmp(list, tag, length) == 0))
            return true;
        list += length;
    }
    return false;
}

bool precondition_answer(struct visit *visit, const json_t *document)
{
    const char *known = http_header(visit->request, "If-None-Match"), *tag;

    if (visit->route->tagged == NULL || document == NULL || visit->request->method != HTTP_GET)
        return false;
    tag = precondition_tag(visit, document);
    url_pairs_add(visit->arena, &visit->response->headers, "ETag", tag);
    if (known == NULL || !precondition_matches(known, tag))
        return false;
    visit_answer(visit, 304, NULL, "");
    return true;
}

/* Inside the transaction of the change. */
static int check(struct service *service, void *context, struct err *err)
{
    struct visit *visit = context;
    json_t *document = NULL;
    const char *tag;

    (void)service;
    if (visit->route->tagged(visit, &document, err) < 0)
        return -1;
    tag = precondition_tag(visit, document);
    json_decref(document);
    if (precondition_matches(visit->demanded_tag, tag))
        return 0;
    url_pairs_add(visit->arena, &visit->response->headers, "ETag", tag);
    err_set(err, ERR_CHANGED, "somebody has changed this since it was read: nothing is saved");
    return err_hint(err, "read it again, look at what is there now, and make the change on that");
}

void precondition_demand(struct visit *visit)
{
    if (visit->route->tagged == NULL || visit->request->method == HTTP_GET)
        return;
    visit->demanded_tag = visit->api ? http_header(visit->request, "If-Match") : visit_text(visit, "tag");
    if (visit->demanded_tag == NULL)
        return;
    visit->service->precondition = check;
    visit->service->precondition_context = visit;
}
