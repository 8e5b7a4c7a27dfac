/* Finding and reading the files of the original. */
#include "service/legacy_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sys/fs.h"

enum { FILES_MAX = 20000 };

int legacy_prefix_open(struct arena *arena, const char *prefix, const char **resolved, struct err *err)
{
    char *path = realpath(prefix, NULL);

    if (path == NULL)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "the prefix \"%s\"", prefix);
    *resolved = arena_strdup(arena, path);
    free(path);
    return fs_open_root(*resolved, err);
}

/* "web1" of "web1.yaml"; NULL for what is no such file. */
static const char *host_of(struct arena *arena, const char *name)
{
    static const char *const endings[] = {".yaml", ".yml"};
    size_t size = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t end = strlen(endings[i]);

        if (name[0] != '.' && size > end && strcmp(name + size - end, endings[i]) == 0)
            return arena_copy(arena, name, size - end);
    }
    return NULL;
}

static int add_hosts(struct arena *arena, int fd, struct legacy_files *files, struct err *err)
{
    FD_SCOPED hosts = fs_open_dir(fd, "config/hosts", false, err);
    struct list names = {0};
    bool more = false;

    if (hosts < 0)
        return errno == ENOENT ? 0 : -1;
    if (fs_list_names(arena, hosts, FILES_MAX, &names, &more, err) < 0)
        return -1;
    if (more)
        return err_set(err, ERR_INVALID, "more than %d files in \"%s/config/hosts\"", FILES_MAX,
                       files->prefix);
    files->files = arena_alloc(arena, (names.count + 1) * sizeof *files->files);
    for (size_t i = 0; i < names.count; i++) {
        const char *host = host_of(arena, names.items[i]);

        if (host == NULL)
            continue;
        if (files->count > 0 && strcmp(files->files[files->count - 1].host, host) == 0)
            return err_set(err, ERR_INVALID, "\"%s\" and \"%s\" are both files of host \"%s\"",
                           files->files[files->count - 1].path, names.items[i], host);
        files->files[files->count++] =
            (struct legacy_file){arena_printf(arena, "config/hosts/%s", names.items[i]), host};
    }
    return 0;
}

static int add_global(struct arena *arena, int fd, struct legacy_files *files, struct err *err)
{
    FD_SCOPED global = fs_open_file(fd, "config/global.yaml", err);

    if (global < 0)
        return errno == ENOENT ? 0 : -1;
    if (files->files == NULL)
        files->files = arena_alloc(arena, sizeof *files->files);
    memmove(files->files + 1, files->files, files->count * sizeof *files->files);
    files->files[0] = (struct legacy_file){.path = "config/global.yaml"};
    files->count++;
    return 0;
}

int legacy_files_open(struct arena *arena, const char *prefix, struct legacy_files *files, struct err *err)
{
    *files = LEGACY_FILES_CLOSED;
    files->fd = legacy_prefix_open(arena, prefix, &files->prefix, err);
    if (files->fd < 0 || add_hosts(arena, files->fd, files, err) < 0 ||
        add_global(arena, files->fd, files, err) < 0)
        return -1;
    if (files->count > 0)
        return 0;
    err_set(err, ERR_NOT_FOUND, "there is neither config/global.yaml nor config/hosts/*.yaml below \"%s\"",
            files->prefix);
    return err_hint(err, "give the directory that holds config/, such as --prefix /opt/pobsync");
}

void legacy_files_close(struct legacy_files *files)
{
    fs_close(&files->fd);
}

int legacy_files_read(struct arena *arena, const struct legacy_files *files, const struct legacy_file *file,
                      struct yaml_document *document, struct err *err)
{
    BUF_SCOPED content = BUF_EMPTY;

    *document = (struct yaml_document){.file = file->path};
    if (fs_read_file(files->fd, file->path, YAML_DOCUMENT_MAX, &content, err) < 0)
        return -1;
    return yaml_document_read(arena, file->path, buf_text(&content), content.size, document, err);
}
