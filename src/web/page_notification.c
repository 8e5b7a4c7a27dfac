/* Who is told when something needs attention, whether that works, and what was told. */
#include <string.h>

#include "model/notification.h"
#include "service/document.h"
#include "service/service_notification.h"
#include "service/service_queue.h"
#include "web/page.h"
#include "web/visit.h"

static const json_t *setting(const json_t *document, const char *name)
{
    const json_t *settings = json_object_get(document, "settings");

    for (size_t i = 0; i < json_array_size(settings); i++) {
        const json_t *item = json_array_get(settings, i);

        if (strcmp(json_string_value(json_object_get(item, "name")), name) == 0)
            return json_object_get(item, "value");
    }
    return NULL;
}

/* One way: what is sent, and where to. Of an address on the web only the server is shown: the rest is often secret. */
static void add_way(json_t *ways, const char *what, const char *when, const json_t *where, bool is_url)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *text = json_string_value(where);

    if (text != NULL && text[0] != '\0')
        json_array_append_new(ways, json_pack("{s:s, s:s, s:s}", "what", what, "when", when, "where",
                                              is_url ? notification_url_shown(&arena, text) : text));
}

static json_t *ways_of(const json_t *document)
{
    const json_t *mails = setting(document, "mail_to");
    const char *on = json_string_value(setting(document, "alert_on"));
    const char *when = on != NULL && strcmp(on, "failures") == 0
                           ? "when a host fails or misses a backup, daily while it lasts, and when it is over"
                           : "when a host needs attention, daily while it does, and when it is over";
    json_t *ways = json_array();

    for (size_t i = 0; i < json_array_size(mails); i++)
        add_way(ways, "Mail", when, json_array_get(mails, i), false);
    add_way(ways, "Webhook", when, setting(document, "webhook_url"), true);
    add_way(ways, "Ping", "after each good pass of the scheduler: whoever expects it tells when it stops",
            setting(document, "ping_url"), true);
    return ways;
}

int page_notification(struct visit *visit, json_t **document, struct err *err)
{
    json_t *latest;

    if (document_notification(visit->service, document, err) < 0 ||
        document_run_newest(visit->service, NULL, JOB_NOTIFY, &latest, err) < 0)
        return -1;
    visit->extra = json_pack("{s:o, s:o}", "ways", ways_of(*document), "latest", latest);
    return 0;
}

int page_notification_test_post(struct visit *visit, json_t **document, struct err *err)
{
    struct queue_wish wish = {.job = JOB_NOTIFY};

    return page_enqueue(visit, &wish, document, err);
}
