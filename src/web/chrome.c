/* What every page shows around its document: navigation, tabs, notices, the same as a command and as data. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/when.h"
#include "web/asset.h"
#include "web/format.h"
#include "web/visit.h"

/* What a notice of a redirect means: only these texts can be shown. */
static const struct {
    const char *code, *text;
} notices[] = {
    {"saved", "Saved."},
    {"unchanged", "Nothing was changed."},
    {"removed", "Removed."},
    {"created", "Created."},
    {"host-removed", "The host is forgotten. Its files stay in the backup root."},
    {"cancelled", "Cancelled."},
    {"queued", "Queued."},
    {"released", "Released: one may rely on this snapshot now."},
    {"pinned", "Pinned: this snapshot is kept until it is unpinned."},
    {"unpinned", "Unpinned."},
    {"ended", "Ended."},
    {"revoked", "Revoked: it does not work any more."},
    {"password", "The password is changed, and every other session has ended."},
    {"logged-out", "You are logged out."},
};

static bool may_see(const struct visit *visit, const struct route *route)
{
    return visit->account != NULL && account_may(visit->account, route->right);
}

/* A value within a pattern: printable, and within the single quotes of a command still within them. */
static void add_value(struct arena *arena, struct buf *filled, const char *value)
{
    for (const char *at = text_printable_dup(arena, value, strlen(value)); *at != '\0'; at++)
        if (*at == '\'')
            buf_add_text(filled, "'\\''");
        else
            buf_add_char(filled, *at);
}

/* "/hosts/:host/runs" with the parameters of the visit in it. */
static const char *fill(const struct visit *visit, const char *pattern)
{
    BUF_SCOPED filled = BUF_EMPTY;

    while (*pattern != '\0') {
        const char *colon = strstr(pattern, ":");
        const char *name, *value;
        size_t length;

        if (colon == NULL)
            break;
        length = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz");
        name = arena_copy(visit->arena, colon + 1, length);
        value = length == 0 ? NULL : url_pairs_get(&visit->params, name);
        buf_add(&filled, pattern, (size_t)(colon - pattern));
        add_value(visit->arena, &filled, value != NULL ? value : ":");
        pattern = colon + 1 + (value != NULL ? length : 0);
    }
    buf_add_text(&filled, pattern);
    return arena_strdup(visit->arena, buf_text(&filled));
}

static json_t *link_item(const char *label, const char *path, bool current)
{
    return json_pack("{s:s, s:s, s:b}", "label", label, "path", path, "current", current);
}

/* Whether the path of the page is that of the link or lies below it. */
static bool is_below(const struct visit *visit, const struct route *route)
{
    const char *path = visit->request->path_text;
    size_t length = strlen(route->path);

    if (strcmp(route->path, "/") == 0)
        return strcmp(path, "/") == 0;
    return strncmp(path, route->path, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static json_t *navigation(const struct visit *visit)
{
    json_t *links = json_array();

    for (const struct route *route = routes; route->path != NULL; route++)
        if (route->nav != NULL && may_see(visit, route))
            json_array_append_new(links, link_item(route->nav, route->path, is_below(visit, route)));
    return links;
}

/* The pages of one host, where the visit is about one. */
static json_t *tabs(const struct visit *visit)
{
    json_t *links = json_array();

    if (url_pairs_get(&visit->params, "host") == NULL)
        return links;
    for (const struct route *route = routes; route->path != NULL; route++)
        if (route->tab != NULL && strchr(route->path, '*') == NULL && may_see(visit, route))
            json_array_append_new(links, link_item(route->tab, fill(visit, route->path),
                                                   visit->route != NULL && visit->route->tab != NULL &&
                                                       strcmp(visit->route->tab, route->tab) == 0));
    return links;
}

static json_t *account_item(const struct account *account)
{
    json_t *item, *may = json_object();

    for (enum right right = 0; right < RIGHT__MAX; right++)
        json_object_set_new(may, right_name(right),
                            json_boolean(account != NULL && account_may(account, right)));
    if (account == NULL) {
        json_decref(may);
        return json_null();
    }
    item = json_object();
    json_object_set_new(item, "name", json_string(account->name));
    json_object_set_new(item, "role", json_string(role_name(account->role)));
    json_object_set_new(item, "may", may);
    return item;
}

static json_t *notice(const struct visit *visit)
{
    const char *code = url_pairs_get(&visit->request->query, "notice");

    for (size_t i = 0; code != NULL && i < sizeof notices / sizeof notices[0]; i++)
        if (strcmp(notices[i].code, code) == 0)
            return json_string(notices[i].text);
    return json_null();
}

static json_t *problem(const struct visit *visit)
{
    const struct err *err = visit->problem;

    if (err == NULL)
        return json_null();
    return json_pack("{s:s, s:s}", "message", err->message, "hint", err->hint);
}

/* "system", "light" or "dark": by a cookie that the page sets, so that nothing flashes. */
static const char *theme(const struct visit *visit)
{
    const char *wish = http_cookie(visit->request, "theme");

    return wish != NULL && (strcmp(wish, "light") == 0 || strcmp(wish, "dark") == 0) ? wish : "system";
}

static const char *title(const struct visit *visit, const struct route *route)
{
    const char *host = url_pairs_get(&visit->params, "host");

    if (visit->title != NULL)
        return visit->title;
    return host == NULL ? route->title : arena_printf(visit->arena, "%s: %s", host, route->title);
}

static json_t *chrome(struct visit *visit, const struct route *route)
{
    const char *host = url_pairs_get(&visit->params, "host");
    json_t *page = json_object();
    char now[WHEN_TEXT];

    json_object_set_new(page, "title", json_string(title(visit, route)));
    json_object_set_new(page, "css", json_string(asset_path("pobsync.css")));
    json_object_set_new(page, "js", json_string(asset_path("pobsync.js")));
    json_object_set_new(page, "icon", json_string(asset_path("icon.svg")));
    json_object_set_new(page, "theme", json_string(theme(visit)));
    json_object_set_new(page, "account", account_item(visit->account));
    /* An error page has no form for somebody whom we do not know: no cookie for it. */
    json_object_set_new(page, "csrf",
                        visit->account != NULL || route->open ? json_string(visit_csrf(visit)) : json_null());
    json_object_set_new(page, "navigation", navigation(visit));
    json_object_set_new(page, "tabs", tabs(visit));
    json_object_set_new(page, "host", host == NULL ? json_null() : json_string(host));
    /* The same page again, but not what was said there once. */
    json_object_set_new(page, "path",
                        json_string(url_pairs_get(&visit->request->query, "notice") == NULL
                                        ? visit->request->target
                                        : visit->request->path_text));
    json_object_set_new(page, "notice", notice(visit));
    json_object_set_new(page, "problem", problem(visit));
    json_object_set_new(page, "command",
                        route->command == NULL ? json_null() : json_string(fill(visit, route->command)));
    json_object_set_new(page, "data",
                        strncmp(visit->request->path_text, "/api/", 5) == 0 ? json_string("/api/openapi.json")
                        : strcmp(route->path, "/") == 0                     ? json_string("/api/v1/status")
                        : (route->faces & FACE_API) == 0                    ? json_null()
                                                         : json_sprintf("/api/v1%s", visit->request->target));
    json_object_set_new(page, "now", json_string(when_rfc3339(now, visit->service->now)));
    json_object_set_new(page, "version", json_string(POBSYNC_VERSION));
    return json_pack("{s:o}", "page", page);
}

int visit_show(struct visit *visit, const struct route *route, json_t *document, struct err *err)
{
    const struct format_context context = {.now = visit->service->now};
    json_t *outer = chrome(visit, route);
    json_t *scopes[] = {outer, document, visit->extra};
    BUF_SCOPED text = BUF_EMPTY;
    int result = template_render(visit->web->templates, route->template, scopes, visit->extra == NULL ? 2 : 3,
                                 &context, &text, err);

    json_decref(outer);
    if (result < 0)
        return -1;
    visit_answer(visit, visit->status == 0 ? 200 : visit->status, "text/html; charset=utf-8",
                 arena_copy(visit->arena, buf_text(&text), text.size));
    visit->response->body_size = text.size;
    return 0;
}
