/* Hosts. */
#include <string.h>

#include "service/document.h"
#include "web/page.h"
#include "web/visit.h"

/* Whether name or address of the item holds the text. */
static bool holds(const json_t *item, const char *text)
{
    const char *host = json_string_value(json_object_get(item, "host"));
    const char *address = json_string_value(json_object_get(item, "address"));

    return strstr(host, text) != NULL || (address != NULL && strstr(address, text) != NULL);
}

/* ?q= keeps what has the text in its name or address. */
static void filter(struct visit *visit, json_t *document)
{
    json_t *items = json_object_get(document, "items");
    const char *query = visit_text(visit, "q");

    for (size_t i = json_array_size(items); query != NULL && i > 0; i--)
        if (!holds(json_array_get(items, i - 1), query))
            json_array_remove(items, i - 1);
    visit->extra = json_pack("{s:s}", "query", query == NULL ? "" : query);
}

int page_hosts(struct visit *visit, json_t **document, struct err *err)
{
    if (document_hosts(visit->service, document, err) < 0)
        return -1;
    filter(visit, *document);
    return 0;
}
