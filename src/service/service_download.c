/* Opening what will be packed. */
#include "service/service_download.h"

#include <ctype.h>
#include <string.h>

#include "db/transaction.h"
#include "engine/pack.h"
#include "model/place.h"
#include "service/browse.h"
#include "store/store_audit.h"
#include "sys/fs.h"

void download_close(struct download *download)
{
    fs_close(&download->source_fd);
}

/* A name that is safe everywhere: of the last part of the path what is harmless. */
static const char *file_name_of(struct arena *arena, const char *host, const char *snapshot, const char *path,
                                enum pack_format format)
{
    const char *slash = strrchr(path, '/');
    char *last = arena_strdup(arena, slash != NULL ? slash + 1 : path);

    for (char *at = last; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL)
            *at = '_';
    return arena_printf(arena, "%s-%.15s%s%.60s.%s", host, snapshot, last[0] != '\0' ? "-" : "", last,
                        pack_format_name(format));
}

static int open_source(struct service *service, const struct snapshot_tree *tree, const char *path,
                       struct download *download, struct err *err)
{
    const char *slash = strrchr(path, '/');
    struct stat stat;

    if (snapshot_tree_stat(tree, path, &stat, err) < 0)
        return -1;
    if (!S_ISDIR(stat.st_mode)) {
        download->name = slash != NULL ? slash + 1 : path;
        path = slash != NULL ? arena_copy(service->arena, path, (size_t)(slash - path)) : "";
    }
    download->source_fd = snapshot_tree_dir(tree, path, err);
    return download->source_fd < 0 ? -1 : 0;
}

int service_download_open(struct service *service, const char *host, const char *snapshot, const char *path,
                          enum pack_format format, struct download *download, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;
    const struct snapshot *chosen;

    *download = DOWNLOAD_CLOSED;
    if (browse_open(service, host, &browse, err) < 0 ||
        browse_tree(service, &browse, snapshot, &chosen, &tree, err) < 0 ||
        open_source(service, &tree, path, download, err) < 0)
        return -1;
    download->format = format;
    download->snapshot = chosen->name;
    download->file_name = file_name_of(service->arena, host, chosen->name, path, format);
    return store_audit_add(service->db, service->now, service->actor, service->origin, "file.download",
                           place_shown(service->arena, host, chosen->name, path), NULL,
                           pack_format_name(format), err);
}

/* What is fetched, before the first byte is: all of it, or nothing is. */
static int note_all(struct service *service, const char *host, const struct list *paths,
                    const struct download *download, struct err *err)
{
    TRANSACTION_SCOPED transaction = {0};

    if (transaction_begin(&transaction, service->db, err) < 0)
        return -1;
    for (size_t i = 0; i < paths->count; i++)
        if (store_audit_add(service->db, service->now, service->actor, service->origin, "file.download",
                            place_shown(service->arena, host, download->snapshot, paths->items[i]), NULL,
                            pack_format_name(download->format), err) < 0)
            return -1;
    return transaction_commit(&transaction, err);
}

int service_download_open_several(struct service *service, const char *host, const char *snapshot,
                                  const struct list *paths, enum pack_format format,
                                  struct download *download, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;
    const struct snapshot *chosen;

    *download = DOWNLOAD_CLOSED;
    if (browse_open(service, host, &browse, err) < 0 ||
        browse_tree(service, &browse, snapshot, &chosen, &tree, err) < 0)
        return -1;
    download->source_fd = snapshot_tree_dir(&tree, "", err);
    if (download->source_fd < 0)
        return -1;
    download->paths = paths;
    download->format = format;
    download->snapshot = chosen->name;
    download->file_name = file_name_of(service->arena, host, chosen->name, "files", format);
    return note_all(service, host, paths, download, err);
}

int service_download_write(struct service *service, const struct download *download, int out_fd,
                           int64_t *entries, struct list *left_out, struct err *err)
{
    struct pack pack = {.source_fd = download->source_fd,
                        .name = download->name,
                        .paths = download->paths,
                        .format = download->format,
                        .out_fd = out_fd,
                        .arena = service->arena};
    int result = pack_write(&pack, err);

    *entries = pack.entries;
    for (size_t i = 0; i < pack.left_out.count; i++)
        list_add(service->arena, left_out, pack.left_out.items[i]);
    for (size_t i = 0; i < pack.unfit.count; i++)
        list_add(service->arena, left_out, pack.unfit.items[i]);
    return result;
}
