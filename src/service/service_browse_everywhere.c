/* Searching the newest snapshots of all hosts. */
#include "base/list.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "service/service_browse.h"
#include "store/store_host.h"
#include "sys/clock.h"
#include "sys/stop.h"

/* The search on its way through the hosts. */
struct round {
    const struct browse_search *search;
    json_t *items, *unread, *unsearched;
    json_int_t more, entries, searched;
};

/* The items of one host, with its name. */
static void take(struct round *round, const char *host, const json_t *document)
{
    const json_t *items = json_object_get(document, "items"), *unread = json_object_get(document, "unread");

    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);

        json_object_set_new(item, "host", document_text(host));
        json_array_append(round->items, item);
    }
    for (size_t i = 0; i < json_array_size(unread); i++) {
        json_t *item = json_array_get(unread, i);

        json_object_set_new(item, "host", document_text(host));
        json_array_append(round->unread, item);
    }
    round->more += json_integer_value(json_object_get(document, "more"));
    round->entries += json_integer_value(json_object_get(document, "entries"));
    round->searched++;
}

/* In memory of its own, because there may be many. -1 only when asked to stop. */
static int search_host(struct service *service, struct round *round, const char *host, struct err *err)
{
    ARENA_SCOPED piece = ARENA_EMPTY;
    struct arena *whole = service->arena;
    struct browse_search search = *round->search;
    size_t have = json_array_size(round->items);
    json_t *document, *item;
    struct err why;
    int result;

    search.host = host;
    search.snapshot = "latest";
    if (search.limit > 0)
        search.limit = have < search.limit ? search.limit - have : 1;
    service->arena = &piece;
    result = service_browse_find(service, &search, &document, &why);
    service->arena = whole;
    if (result == 0) {
        take(round, host, document);
        json_decref(document);
    } else if (why.code == ERR_INTERRUPTED) {
        *err = why;
        return -1;
    } else {
        item = json_pack("{s:o, s:n, s:o}", "host", document_text(host), "snapshot", "why",
                         document_text(why.message));
        json_array_append_new(round->unread, item);
    }
    return 0;
}

/* The last host may have brought one more than was wanted, for none can be asked of it. */
static void cut(struct round *round)
{
    size_t limit = round->search->limit;

    while (limit > 0 && json_array_size(round->items) > limit) {
        json_array_remove(round->items, json_array_size(round->items) - 1);
        round->more++;
    }
}

int service_browse_find_everywhere(struct service *service, const struct browse_search *search,
                                   int64_t budget_ms, json_t **document, struct err *err)
{
    struct round round = {.search = search};
    int64_t until = clock_boot_ms() + budget_ms;
    struct host *hosts;
    size_t count;
    int result = 0;

    if (store_host_list(service->arena, service->db, &hosts, &count, err) < 0)
        return -1;
    round.items = json_array();
    round.unread = json_array();
    round.unsearched = json_array();
    for (size_t i = 0; i < count && result == 0; i++)
        if (budget_ms > 0 && clock_boot_ms() > until)
            json_array_append_new(round.unsearched, document_text(hosts[i].name));
        else
            result = search_host(service, &round, hosts[i].name, err);
    cut(&round);
    *document = json_pack("{s:o, s:I, s:I, s:I, s:o, s:o}", "items", round.items, "more", round.more,
                          "searched", round.searched, "entries", round.entries, "unread", round.unread,
                          "unsearched", round.unsearched);
    if (result < 0) {
        json_decref(*document);
        *document = NULL;
    }
    return result;
}
