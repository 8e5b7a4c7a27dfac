/* Listing, versions and differences. */
#include "service/service_browse.h"

#include <string.h>

#include "engine/tree_diff.h"
#include "engine/versions.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "sys/fs.h"

/* What stands there is no directory: its one entry. */
static int list_one(struct service *service, const struct snapshot_tree *tree, const char *path,
                    struct listing *listing, struct err *err)
{
    const char *slash = strrchr(path, '/');
    struct listing_entry *entry = arena_alloc(service->arena, sizeof *entry);
    const char *parent = slash != NULL ? arena_copy(service->arena, path, (size_t)(slash - path)) : "";
    FD_SCOPED fd = snapshot_tree_dir(tree, parent, err);

    if (fd < 0 || snapshot_tree_stat(tree, path, &entry->stat, err) < 0)
        return -1;
    entry->name = slash != NULL ? slash + 1 : path;
    if (S_ISLNK(entry->stat.st_mode))
        entry->target = snapshot_tree_target(service->arena, fd, entry->name);
    *listing = (struct listing){.entries = entry, .count = 1, .total = 1, .found = 1};
    return 0;
}

static json_t *list_document(const char *host, const struct snapshot *snapshot, const char *path,
                             const struct listing *listing)
{
    json_t *document = json_object(), *items = json_array();

    json_object_set_new(document, "host", document_text(host));
    json_object_set_new(document, "snapshot", document_text(snapshot->name));
    json_object_set_new(document, "kind", json_string(snapshot_kind_name(snapshot->kind)));
    json_object_set_new(document, "started_at", document_time(snapshot->started_at));
    document_entry_put_path(document, "", path);
    json_object_set_new(document, "total", json_integer((json_int_t)listing->total));
    json_object_set_new(document, "found", json_integer((json_int_t)listing->found));
    for (size_t i = 0; i < listing->count; i++) {
        json_t *item = json_object();

        document_entry_put_name(item, "name", listing->entries[i].name);
        document_entry_put(item, &listing->entries[i].stat, listing->entries[i].target);
        json_array_append_new(items, item);
    }
    json_object_set_new(document, "items", items);
    if (listing->more && listing->count > 0)
        document_entry_put_name(document, "next", listing->entries[listing->count - 1].name);
    return document;
}

int service_browse_list(struct service *service, const char *host, const char *snapshot, const char *path,
                        const struct listing_wish *wish, json_t **document, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;
    const struct snapshot *chosen;
    struct listing listing;
    struct stat stat;

    if (browse_open(service, host, &browse, err) < 0 ||
        browse_tree(service, &browse, snapshot, &chosen, &tree, err) < 0 ||
        snapshot_tree_stat(&tree, path, &stat, err) < 0)
        return -1;
    if (S_ISDIR(stat.st_mode) ? listing_read(service->arena, &tree, path, wish, &listing, err) < 0
                              : list_one(service, &tree, path, &listing, err) < 0)
        return -1;
    *document = list_document(host, chosen, path, &listing);
    return 0;
}

static json_t *names_of(const struct snapshot *const *snapshots, size_t count)
{
    json_t *names = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(names, document_text(snapshots[i]->name));
    return names;
}

static json_t *versions_document(const char *host, const char *path, const struct versions *versions)
{
    json_t *document = json_object(), *items = json_array(), *unread = json_array();

    for (size_t i = 0; i < versions->count; i++) {
        const struct version *version = &versions->items[i];
        json_t *item = json_object();

        json_object_set_new(item, "snapshots", names_of(version->snapshots, version->count));
        document_entry_put(item, &version->stat, version->target);
        json_array_append_new(items, item);
    }
    for (size_t i = 0; i < versions->unread_count; i++)
        document_entry_unread(unread, versions->unread[i]->name, versions->why[i]);
    json_object_set_new(document, "host", document_text(host));
    document_entry_put_path(document, "", path);
    json_object_set_new(document, "items", items);
    json_object_set_new(document, "absent", names_of(versions->absent, versions->absent_count));
    json_object_set_new(document, "unread", unread);
    return document;
}

int service_browse_versions(struct service *service, const char *host, const char *path, json_t **document,
                            struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    struct versions versions;
    struct snapshot *snapshots;
    size_t count;

    if (browse_open(service, host, &browse, err) < 0)
        return -1;
    browse_final(service, &browse, &snapshots, &count);
    if (versions_find(service->arena, &browse.directory, snapshots, count, path, &versions, err) < 0)
        return -1;
    if (versions.count == 0 && versions.unread_count == 0) {
        err_set(err, ERR_NOT_FOUND, "\"/%s\" is in no snapshot of \"%s\"", path, host);
        return err_hint(err, "to look for its name: pobsync find %s --name PATTERN", host);
    }
    *document = versions_document(host, path, &versions);
    return 0;
}

/* A comparison on its way into a document. */
struct comparison {
    const char *path;
    json_t *items;
    size_t limit, told, more;
    int64_t counts[TREE_CHANGE__MAX];
    int64_t added, removed, changed; /* bytes of files */
};

static int64_t size_of(const struct stat *stat)
{
    return stat != NULL && S_ISREG(stat->st_mode) ? stat->st_size : 0;
}

static void put_change(json_t *item, const char *top, const struct tree_change *change)
{
    const struct stat *shown = change->after != NULL ? change->after : change->before;
    BUF_SCOPED directory = BUF_EMPTY;

    buf_add_text(&directory, top);
    if (top[0] != '\0' && change->directory[0] != '\0')
        buf_add_char(&directory, '/');
    buf_add_text(&directory, change->directory);
    json_object_set_new(item, "change", json_string(tree_change_name(change->kind)));
    document_entry_put_path(item, buf_text(&directory), change->name);
    json_object_set_new(item, "type", json_string(snapshot_tree_type(shown->st_mode)));
    if (change->kind == TREE_TYPE)
        json_object_set_new(item, "type_before", json_string(snapshot_tree_type(change->before->st_mode)));
    json_object_set_new(item, "size",
                        change->after != NULL ? json_integer(size_of(change->after)) : json_null());
    json_object_set_new(item, "size_before",
                        change->before != NULL ? json_integer(size_of(change->before)) : json_null());
}

static int on_change(void *context, const struct tree_change *change, struct err *err)
{
    struct comparison *comparison = context;
    json_t *item;

    (void)err;
    comparison->counts[change->kind]++;
    if (change->kind == TREE_CHANGED)
        comparison->changed += size_of(change->after);
    else if (change->kind != TREE_METADATA)
        comparison->added += size_of(change->after);
    if (change->kind == TREE_REMOVED || change->kind == TREE_TYPE)
        comparison->removed += size_of(change->before);
    if (comparison->limit > 0 && comparison->told == comparison->limit) {
        comparison->more++;
        return 0;
    }
    comparison->told++;
    item = json_object();
    put_change(item, comparison->path, change);
    json_array_append_new(comparison->items, item);
    return 0;
}

static json_t *diff_document(const char *host, const struct snapshot *before, const struct snapshot *after,
                             const struct comparison *comparison)
{
    json_t *document = json_object(), *counts = json_object();

    for (int kind = 0; kind < TREE_CHANGE__MAX; kind++)
        json_object_set_new(counts, tree_change_name((enum tree_change_kind)kind),
                            json_integer(comparison->counts[kind]));
    json_object_set_new(document, "host", document_text(host));
    json_object_set_new(document, "before", document_text(before->name));
    json_object_set_new(document, "after", document_text(after->name));
    document_entry_put_path(document, "", comparison->path);
    json_object_set_new(document, "counts", counts);
    json_object_set_new(document, "bytes",
                        json_pack("{s:I, s:I, s:I}", "added", (json_int_t)comparison->added, "removed",
                                  (json_int_t)comparison->removed, "changed",
                                  (json_int_t)comparison->changed));
    json_object_set_new(document, "more", json_integer((json_int_t)comparison->more));
    json_object_set(document, "items", comparison->items);
    return document;
}

/* The directory has to be there in both. */
static int open_both(const struct snapshot_tree trees[2], const char *path, int fds[2], struct err *err)
{
    for (int i = 0; i < 2; i++) {
        fds[i] = snapshot_tree_dir(&trees[i], path, err);
        if (fds[i] < 0)
            return -1;
    }
    return 0;
}

int service_browse_diff(struct service *service, const char *host, const char *before, const char *after,
                        const char *path, size_t limit, json_t **document, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    struct snapshot_tree trees[2] = {SNAPSHOT_TREE_CLOSED, SNAPSHOT_TREE_CLOSED};
    struct comparison comparison = {.path = path, .limit = limit};
    struct tree_diff diff = {.change = on_change, .context = &comparison};
    const struct snapshot *chosen[2];
    int fds[2] = {-1, -1}, result = -1;

    if (browse_open(service, host, &browse, err) < 0)
        return -1;
    comparison.items = json_array();
    if (browse_tree(service, &browse, before, &chosen[0], &trees[0], err) == 0 &&
        browse_tree(service, &browse, after, &chosen[1], &trees[1], err) == 0 &&
        open_both(trees, path, fds, err) == 0) {
        diff.before_fd = fds[0];
        diff.after_fd = fds[1];
        result = tree_diff_run(&diff, err);
    }
    if (result == 0)
        *document = diff_document(host, chosen[0], chosen[1], &comparison);
    json_decref(comparison.items);
    for (int i = 0; i < 2; i++) {
        fs_close(&fds[i]);
        snapshot_tree_close(&trees[i]);
    }
    return result;
}
