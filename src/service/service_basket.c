/* Baskets. */
#include "service/service_basket.h"

#include <string.h>

#include <sodium.h>

#include "db/transaction.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "store/store_basket.h"
#include "store/store_host.h"

enum { HASH_SIZE = 16 };

static char *hash_of(struct arena *arena, const char *path)
{
    unsigned char hash[HASH_SIZE];
    char *text = arena_alloc(arena, 2 * HASH_SIZE + 1);

    crypto_generichash(hash, sizeof hash, (const unsigned char *)path, strlen(path), NULL, 0);
    return sodium_bin2hex(text, 2 * HASH_SIZE + 1, hash, sizeof hash);
}

static char *coded(struct arena *arena, const char *path)
{
    size_t size = strlen(path), room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(arena, room);

    return sodium_bin2base64(text, room, (const unsigned char *)path, size, sodium_base64_VARIANT_ORIGINAL);
}

static const char *decoded(struct arena *arena, const char *text)
{
    size_t room = strlen(text) + 1, size;
    char *bytes = arena_alloc(arena, room);

    if (sodium_base642bin((unsigned char *)bytes, room - 1, text, room - 1, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return NULL;
    bytes[size] = '\0';
    return bytes;
}

static int load(struct service *service, const char *name, struct host *host, struct list *paths,
                struct err *err)
{
    struct list lines = {0};

    *paths = (struct list){0};
    if (store_host_load(service->arena, service->db, name, host, err) < 0 ||
        store_basket_list(service->arena, service->db, service->actor, host->id, &lines, err) < 0)
        return -1;
    for (size_t i = 0; i < lines.count; i++) {
        const char *path = decoded(service->arena, lines.items[i]);

        if (path == NULL)
            return err_set(err, ERR_DATABASE, "a basket of \"%s\" holds \"%s\", which is no path", name,
                           lines.items[i]);
        list_add(service->arena, paths, path);
    }
    return 0;
}

int document_basket(struct service *service, const char *host, json_t **document, struct err *err)
{
    struct host row;
    struct list paths;
    json_t *items;

    if (load(service, host, &row, &paths, err) < 0)
        return -1;
    items = json_array();
    for (size_t i = 0; i < paths.count; i++) {
        json_t *item = json_object();

        document_entry_put_path(item, "", paths.items[i]);
        json_array_append_new(items, item);
    }
    *document = json_pack("{s:o, s:o}", "host", document_text(host), "items", items);
    return 0;
}

static struct basket_item item_of(struct service *service, const struct host *host, const char *path)
{
    return (struct basket_item){.account = service->actor,
                                .host_id = host->id,
                                .hash = hash_of(service->arena, path),
                                .path = coded(service->arena, path),
                                .added_at = service->now};
}

int service_basket_add(struct service *service, const char *host, const struct list *paths, json_t **document,
                       struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct host row;
    struct list now;

    if (transaction_begin(&transaction, service->db, err) < 0 || load(service, host, &row, &now, err) < 0)
        return -1;
    for (size_t i = 0; i < paths->count; i++) {
        const struct basket_item item = item_of(service, &row, paths->items[i]);

        if (store_basket_add(service->db, &item, err) < 0)
            return -1;
    }
    if (load(service, host, &row, &now, err) < 0)
        return -1;
    if (now.count > BASKET_MAX) {
        err_set(err, ERR_REFUSED, "a basket holds %d paths, and these would be %zu", BASKET_MAX, now.count);
        return err_hint(err, "add the directory that they are in");
    }
    if (transaction_commit(&transaction, err) < 0)
        return -1;
    return document_basket(service, host, document, err);
}

int service_basket_remove(struct service *service, const char *host, const struct list *paths,
                          json_t **document, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};
    struct host row;

    if (transaction_begin(&transaction, service->db, err) < 0 ||
        store_host_load(service->arena, service->db, host, &row, err) < 0)
        return -1;
    if (paths == NULL && store_basket_clear(service->db, service->actor, row.id, err) < 0)
        return -1;
    for (size_t i = 0; paths != NULL && i < paths->count; i++) {
        const struct basket_item item = item_of(service, &row, paths->items[i]);

        if (store_basket_delete(service->db, &item, err) < 0)
            return -1;
    }
    if (transaction_commit(&transaction, err) < 0)
        return -1;
    return document_basket(service, host, document, err);
}

/* Whether `path` lies below one of the list that is not itself; of equal ones none is. */
static bool is_covered(const struct list *paths, const char *path)
{
    for (size_t i = 0; i < paths->count; i++) {
        const char *above = paths->items[i];
        size_t size = strlen(above);

        if (strcmp(above, path) != 0 && (size == 0 || (strncmp(above, path, size) == 0 && path[size] == '/')))
            return true;
    }
    return false;
}

int service_basket_paths(struct service *service, const char *host, struct list *paths, struct err *err)
{
    struct host row;
    struct list all;

    if (load(service, host, &row, &all, err) < 0)
        return -1;
    *paths = (struct list){0};
    for (size_t i = 0; i < all.count; i++)
        if (!is_covered(&all, all.items[i]))
            list_add(service->arena, paths, all.items[i]);
    if (paths->count > 0)
        return 0;
    err_set(err, ERR_NOT_FOUND, "the basket of \"%s\" is empty", host);
    return err_hint(err, "tick files on a page of files, and put them into it");
}
