/* Writing the files of the original. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/yaml_text.h"
#include "plan/legacy_config.h"
#include "service/document.h"
#include "service/legacy_files.h"
#include "service/service_legacy.h"
#include "store/store_global.h"
#include "store/store_host.h"
#include "store/store_schedule.h"
#include "sys/fs.h"

enum { LEFT_MAX = 20000 };

static const char heading[] = "# Written by pobsync export-configs; pobsync import-configs reads it.\n";

/* Opens a directory below another, making it if it is not there; a link is refused. */
static int open_or_make(int parent, const char *name, struct err *err)
{
    return fs_make_dir(parent, name, 0750, true, err) < 0 ? -1 : fs_open_dir(parent, name, false, err);
}

/* What stands under the name is a regular file, or nothing: a link is somebody's trick or trust, and is not replaced. */
static int require_plain(int directory, const char *name, struct err *err)
{
    FD_SCOPED fd = fs_open_file(directory, name, err);

    return fd >= 0 || errno == ENOENT ? 0 : -1;
}

/* Writes one file; takes the reference of `content`. */
static int write_one(struct service *service, int directory, const char *folder, const char *name,
                     const char *host, json_t *content, json_t *files, struct err *err)
{
    BUF_SCOPED text = BUF_EMPTY;
    json_t *file;
    int result;

    buf_add_text(&text, heading);
    result = yaml_text_write(content, &text, err);
    json_decref(content);
    if (result < 0 || require_plain(directory, name, err) < 0 ||
        fs_write_file(directory, name, text.data, text.size, 0640, err) < 0)
        return err_in(err, "%s/%s", folder, name);
    file = json_object();
    json_object_set_new(file, "file", document_text(arena_printf(service->arena, "%s/%s", folder, name)));
    json_object_set_new(file, "host", document_text(host));
    json_object_set_new(file, "bytes", json_integer((json_int_t)text.size));
    json_array_append_new(files, file);
    return 0;
}

static int write_hosts(struct service *service, int directory, json_t *files, struct err *err)
{
    struct host *hosts;
    size_t count;

    if (store_host_list(service->arena, service->db, &hosts, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *name = arena_printf(service->arena, "%s.yaml", hosts[i].name);
        struct schedule schedule;
        bool scheduled = store_schedule_load(service->arena, service->db, hosts[i].id, &schedule, err) == 0;

        if (!scheduled && err->code != ERR_NOT_FOUND)
            return -1;
        if (write_one(service, directory, "config/hosts", name, hosts[i].name,
                      legacy_host_json(hosts[i].name, &hosts[i].config, scheduled ? &schedule : NULL), files,
                      err) < 0)
            return -1;
    }
    return 0;
}

/* Whether this export has written it. */
static bool is_written(const json_t *files, const char *path)
{
    const json_t *file;
    size_t i;

    json_array_foreach(files, i, file)
    {
        if (strcmp(json_string_value(json_object_get(file, "file")), path) == 0)
            return true;
    }
    return false;
}

/* Files that were there before and are of no host of ours: an import would take them as well. */
static int list_left(struct service *service, int directory, const json_t *files, json_t *left,
                     struct err *err)
{
    struct list names = {0};
    bool more;

    if (fs_list_names(service->arena, directory, LEFT_MAX, &names, &more, err) < 0)
        return -1;
    for (size_t i = 0; i < names.count; i++)
        if (!is_written(files, arena_printf(service->arena, "config/hosts/%s", names.items[i])))
            json_array_append_new(left, document_text(names.items[i]));
    return 0;
}

static int export_all(struct service *service, int prefix, json_t *files, json_t *left, struct err *err)
{
    FD_SCOPED config = open_or_make(prefix, "config", err);
    FD_SCOPED hosts = config < 0 ? -1 : open_or_make(config, "hosts", err);
    struct config global;

    if (hosts < 0)
        return -1;
    if (store_global_load(service->arena, service->db, &global, err) < 0 ||
        write_one(service, config, "config", "global.yaml", NULL, legacy_global_json(&global), files, err) <
            0 ||
        write_hosts(service, hosts, files, err) < 0)
        return -1;
    return list_left(service, hosts, files, left, err);
}

int service_legacy_export(struct service *service, const char *prefix, json_t **document, struct err *err)
{
    json_t *files = json_array(), *left = json_array();
    const char *resolved;
    FD_SCOPED fd = legacy_prefix_open(service->arena, prefix, &resolved, err);

    if (fd < 0 || export_all(service, fd, files, left, err) < 0) {
        json_decref(files);
        json_decref(left);
        return -1;
    }
    *document = json_object();
    json_object_set_new(*document, "prefix", document_text(resolved));
    json_object_set_new(*document, "files", files);
    json_object_set_new(*document, "left", left);
    return 0;
}
