/* The basket: paths of a host to be got back together. */
#include <string.h>

#include "model/pack_format.h"
#include "model/place.h"
#include "service/document.h"
#include "service/reader_client.h"
#include "service/service_basket.h"
#include "web/page.h"
#include "web/place_link.h"
#include "web/visit.h"

enum { SNAPSHOTS_OFFERED = 200 };

/* The fields "item": paths in base64. */
static int read_items(const struct visit *visit, struct list *paths, struct err *err)
{
    struct list lines = {0};

    for (size_t i = 0; i < visit->input.count; i++)
        if (strcmp(visit->input.pairs[i].name, "item") == 0)
            list_add_lines(visit->arena, &lines, visit->input.pairs[i].value);
    for (size_t i = 0; i < lines.count; i++) {
        const char *bytes = place_link_bytes(visit->arena, lines.items[i]), *path;

        if (bytes == NULL)
            return err_set(err, ERR_INVALID, "item is \"%s\", which is no path in base64", lines.items[i]);
        if (place_path(visit->arena, arena_printf(visit->arena, "/%s", bytes), &path, err) < 0)
            return err_in(err, "item");
        list_add(visit->arena, paths, path);
    }
    return 0;
}

/* Each path with where its versions are told, and as the field of a form. */
static json_t *rows(struct visit *visit, const json_t *items)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(items); i++) {
        const char *full = place_link_name(visit->arena, json_array_get(items, i), "path");
        const char *path = full + (*full == '/');

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "path", place_link_shown(visit->arena, full), "item",
                            place_link_coded(visit->arena, path), "versions",
                            place_link(visit->arena, visit_param(visit, "host"), "versions", NULL, path)));
    }
    return list;
}

static json_t *format_names(void)
{
    json_t *names = json_array();

    for (enum pack_format i = 0; i < PACK__MAX; i++)
        json_array_append_new(names, json_string(pack_format_name(i)));
    return names;
}

static json_t *snapshot_names(const json_t *document)
{
    const json_t *items = json_object_get(document, "items");
    json_t *names = json_array();

    for (size_t i = 0; i < json_array_size(items) && json_array_size(names) < SNAPSHOTS_OFFERED; i++)
        json_array_append(names, json_object_get(json_array_get(items, i), "name"));
    return names;
}

int page_basket(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host");
    json_t *snapshots;

    if (document_basket(visit->service, host, document, err) < 0 ||
        document_snapshots(visit->service, host, &snapshots, err) < 0)
        return -1;
    visit->extra = json_pack("{s:o, s:o, s:o}", "rows", rows(visit, json_object_get(*document, "items")),
                             "formats", format_names(), "snapshots", snapshot_names(snapshots));
    json_decref(snapshots);
    return 0;
}

int page_basket_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host");
    struct list paths = {0};

    if (read_items(visit, &paths, err) < 0 ||
        service_basket_add(visit->service, host, &paths, document, err) < 0)
        return -1;
    visit_go(visit, "/hosts/%s/basket", host);
    return 0;
}

int page_basket_remove_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host");
    struct list paths = {0};

    if (read_items(visit, &paths, err) < 0 ||
        service_basket_remove(visit->service, host, paths.count == 0 ? NULL : &paths, document, err) < 0)
        return -1;
    visit_go(visit, "/hosts/%s/basket", host);
    return 0;
}
