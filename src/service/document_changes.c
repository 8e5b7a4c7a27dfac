/* Runs that may have changed. */
#include "service/document_changes.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "engine/run_log.h"
#include "service/document.h"
#include "store/store_run.h"

enum { NEW_MAX = 100 };

struct collection {
    struct run *runs;
    size_t count, room;
};

static bool holds(const struct collection *collection, int64_t id)
{
    for (size_t i = 0; i < collection->count; i++)
        if (collection->runs[i].id == id)
            return true;
    return false;
}

static void add(struct service *service, struct collection *collection, const struct run *run)
{
    if (holds(collection, run->id))
        return;
    if (collection->count == collection->room) {
        struct run *more;

        collection->room = collection->room * 2 + 16;
        more = arena_alloc(service->arena, collection->room * sizeof *more);
        for (size_t i = 0; i < collection->count; i++)
            more[i] = collection->runs[i];
        collection->runs = more;
    }
    collection->runs[collection->count++] = *run;
}

static int add_list(struct service *service, struct collection *collection, enum run_state state,
                    int64_t after, int64_t limit, struct err *err)
{
    const struct run_filter filter = {.state = state, .limit = limit};
    struct run *runs;
    size_t count;

    if (store_run_list(service->arena, service->db, &filter, &runs, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (runs[i].id > after)
            add(service, collection, &runs[i]);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct run *left = a, *right = b;

    return left->id < right->id ? -1 : left->id > right->id;
}

static json_t *item_of(struct service *service, const struct run *run)
{
    const char *path = run_log_path(service->arena, service->environment.home, run->id);
    json_t *item = json_object();
    struct stat status;
    bool is_there = stat(path, &status) == 0 && S_ISREG(status.st_mode);

    json_object_set_new(item, "run", document_run_item(run));
    json_object_set_new(item, "log_size", is_there ? json_integer(status.st_size) : json_null());
    return item;
}

int document_changes(struct service *service, const int64_t *known, size_t known_count, int64_t after,
                     json_t **document, struct err *err)
{
    struct collection found = {0};
    json_t *items;

    if (add_list(service, &found, RUN_RUNNING, 0, 0, err) < 0 ||
        add_list(service, &found, RUN_QUEUED, 0, 0, err) < 0 ||
        add_list(service, &found, RUN_STATE__MAX, after, NEW_MAX, err) < 0)
        return -1;
    for (size_t i = 0; i < known_count; i++) {
        struct run run;
        struct err gone;

        /* A run that has been removed is no longer told of. */
        if (!holds(&found, known[i]) &&
            store_run_load(service->arena, service->db, known[i], &run, &gone) == 0)
            add(service, &found, &run);
    }
    if (found.count > 0)
        qsort(found.runs, found.count, sizeof *found.runs, by_id);
    items = json_array();
    for (size_t i = 0; i < found.count; i++)
        json_array_append_new(items, item_of(service, &found.runs[i]));
    *document = json_object();
    json_object_set_new(*document, "items", items);
    return 0;
}
