/* Serving what never changes under its name. */
#include "web/asset.h"

#include <string.h>

const char *asset_path(const char *name)
{
    for (size_t i = 0; i < web_asset_count; i++)
        if (strcmp(web_assets[i].name, name) == 0)
            return web_assets[i].path;
    return NULL;
}

static const struct asset *find(const char *path)
{
    for (size_t i = 0; i < web_asset_count; i++)
        if (strcmp(web_assets[i].path, path) == 0)
            return &web_assets[i];
    return NULL;
}

void asset_answer(struct http_request *request, struct http_response *response)
{
    const struct asset *asset = find(request->path_text);
    const char *known = http_header(request, "If-None-Match"),
               *accepted = http_header(request, "Accept-Encoding");

    if (asset == NULL || request->method != HTTP_GET) {
        response->status = asset == NULL ? 404 : 405;
        response->content_type = "text/plain; charset=utf-8";
        response->body = "there is no such file\n";
        response->body_size = strlen(response->body);
        return;
    }
    response->is_static = true;
    response->content_type = asset->type;
    url_pairs_add(request->arena, &response->headers, "ETag", asset->etag);
    url_pairs_add(request->arena, &response->headers, "Cache-Control", "public, max-age=31536000, immutable");
    url_pairs_add(request->arena, &response->headers, "Vary", "Accept-Encoding");
    response->status = known != NULL && strcmp(known, asset->etag) == 0 ? 304 : 200;
    if (response->status == 304)
        return;
    response->body = asset->data;
    response->body_size = asset->size;
    if (accepted == NULL || strstr(accepted, "gzip") == NULL)
        return;
    response->body = asset->packed;
    response->body_size = asset->packed_size;
    url_pairs_add(request->arena, &response->headers, "Content-Encoding", "gzip");
}
