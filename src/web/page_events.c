/* The stream of events. */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "service/service_user.h"
#include "web/events.h"
#include "web/page.h"
#include "web/visit.h"

enum { RETRY_SECONDS = 5 };

/* Who listens, to be asked again: it outlives the request. */
struct asker {
    struct arena arena;
    struct service_pool *pool;
    const char *secret; /* of a session; NULL: a token */
    const char *token, *client;
    const char *host; /* NULL: it wants to hear of all */
};

static void release_asker(void *context)
{
    struct asker *asker = context;

    arena_release(&asker->arena);
    free(asker);
}

/* A database that does not answer ends no stream: the page would only come back. */
static bool may_listen(void *context)
{
    struct asker *asker = context;
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct account account = {0};
    struct service service;
    struct err ignored;
    int found;

    if (service_pool_take(asker->pool, &arena, "api", &service, &ignored) < 0)
        return true;
    found = asker->secret != NULL
                ? service_session_resume(&service, asker->secret, &account, &ignored)
                : service_token_resume(&service, asker->token, asker->client, &account, &ignored);
    service_pool_give(asker->pool, &service);
    if (found <= 0)
        return found < 0;
    return account_may(&account, RIGHT_READ) &&
           (account.hosts == NULL || (asker->host != NULL && list_has(account.hosts, asker->host)));
}

static struct asker *make_asker(const struct visit *visit, const char *host)
{
    struct asker *asker = calloc(1, sizeof *asker);
    const char *header = http_header(visit->request, "Authorization");

    if (asker == NULL)
        abort();
    asker->pool = visit->web->pool;
    asker->client = arena_strdup(&asker->arena, visit->client);
    if (host != NULL)
        asker->host = arena_strdup(&asker->arena, host);
    if (visit->by_token)
        asker->token = arena_strdup(&asker->arena, header + 7 + strspn(header + 7, " "));
    else
        asker->secret = arena_strdup(&asker->arena, visit->secret);
    return asker;
}

/* What it is, to whom does not ask for a stream: tools that follow every address would hang in it. */
static json_t *description(const struct visit *visit)
{
    return json_pack("{s:s, s:[s,s,s,s,s,s], s:i, s:i}", "type", "text/event-stream", "events", "hello",
                     "resync", "run", "progress", "log", "bye", "listeners",
                     (int)events_listener_count(visit->web->events), "limit", (int)EVENTS_LISTENERS_MAX);
}

int page_events(struct visit *visit, json_t **document, struct err *err)
{
    const char *accepted = http_header(visit->request, "Accept"), *run = visit_text(visit, "run");
    struct events_wish wish = {.connection_fd = http_connection_fd(visit->request),
                               .last_id = http_header(visit->request, "Last-Event-ID"),
                               .may_listen = may_listen,
                               .release = release_asker};
    struct asker *asker;

    if (run != NULL && parse_int(run, 1, INT64_MAX, &wish.run, err) < 0)
        return err_in(err, "run");
    if (accepted == NULL || strstr(accepted, "text/event-stream") == NULL) {
        *document = description(visit);
        return 0;
    }
    asker = make_asker(visit, url_pairs_get(&visit->params, "host"));
    wish.context = asker;
    wish.host = asker->host;
    if (wish.last_id != NULL)
        wish.last_id = arena_strdup(&asker->arena, wish.last_id);
    if (events_listen(visit->web->events, &wish, &visit->response->stream, err) < 0) {
        url_pairs_add(visit->arena, &visit->response->headers, "Retry-After",
                      arena_printf(visit->arena, "%d", RETRY_SECONDS));
        visit->status = 503;
        return -1;
    }
    visit->response->status = 200;
    visit->response->content_type = "text/event-stream";
    url_pairs_add(visit->arena, &visit->response->headers, "X-Accel-Buffering", "no");
    visit->answered = true;
    return 0;
}
