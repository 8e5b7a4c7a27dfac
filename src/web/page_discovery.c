/* What lies in the backup root compared with what is recorded: of one host, or of all. */
#include <string.h>

#include "service/document.h"
#include "service/document_preflight.h"
#include "service/service_queue.h"
#include "web/page.h"
#include "web/visit.h"

int page_discovery(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = url_pairs_get(&visit->params, "host");
    json_t *latest;

    if (document_preflight(visit->service, host, document, err) < 0 ||
        document_run_newest(visit->service, host, JOB_DISCOVER, &latest, err) < 0)
        return -1;
    visit->extra = json_pack("{s:O, s:o}", "item", json_array_get(json_object_get(*document, "items"), 0),
                             "latest", latest);
    return 0;
}

int page_discovery_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *confirm = visit_text(visit, "confirm");
    struct queue_wish wish = {.job = JOB_DISCOVER,
                              .host = url_pairs_get(&visit->params, "host"),
                              .request = {.confirm = confirm != NULL && strcmp(confirm, "yes") == 0}};

    return page_enqueue(visit, &wish, document, err);
}
