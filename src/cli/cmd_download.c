/* pobsync download */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "model/place.h"
#include "service/service_download.h"

enum { TOLD = 20 };

static void note_list(struct call *call, const struct list *list)
{
    for (size_t i = 0; i < list->count && i < TOLD; i++)
        call_note(call, "left out: %s", list->items[i]);
    if (list->count > TOLD)
        call_note(call, "and %zu more", list->count - TOLD);
}

static int pack(struct call *call, struct service *service, const struct download *download, struct err *err)
{
    struct list left_out = {0};
    int64_t entries = 0;
    int result = service_download_write(service, download, STDOUT_FILENO, &entries, &left_out, err);

    if (result < 0 && err->code == ERR_IO && errno == EPIPE) {
        call->out_errno = EPIPE; /* whoever read it has enough */
        return 0;
    }
    note_list(call, &left_out);
    if (result == 0)
        call_note(call, "%lld entries, snapshot %s", (long long)entries, download->snapshot);
    return result;
}

/* All that was named, each as a path below the snapshot. */
static int read_paths(struct call *call, const struct place *place, struct list *paths, struct err *err)
{
    list_add(call->arena, paths, place->path);
    for (size_t i = 0; i < call->use_count; i++) {
        const char *path;

        if (strcmp(call->uses[i].spec->name, "also") != 0)
            continue;
        if (place_path(call->arena, call->uses[i].value, &path, err) < 0)
            return err_in(err, "--also");
        list_add(call->arena, paths, path);
    }
    return 0;
}

static int run(struct call *call, struct err *err)
{
    DOWNLOAD_SCOPED download = DOWNLOAD_CLOSED;
    const char *name = call_has(call, "format") ? call_value(call, "format") : "tar.zst";
    enum pack_format format = pack_format_parse(name);
    struct service *service;
    struct list paths = {0};
    struct place place;

    if (place_parse(call->arena, call_word(call, 0), &place, err) < 0 ||
        read_paths(call, &place, &paths, err) < 0)
        return -1;
    if (format == PACK__MAX)
        return err_set(err, ERR_USAGE, "--format is tar, tar.zst or zip, not \"%s\"", name);
    if (call->terminal.out_is_tty) {
        err_set(err, ERR_USAGE, "an archive is not written to a terminal");
        return err_hint(err, "pobsync download %.200s > files.%s", call_word(call, 0), name);
    }
    service = call_service(call, err);
    if (service == NULL)
        return -1;
    if ((paths.count > 1 ? service_download_open_several(service, place.host, place.snapshot, &paths, format,
                                                         &download, err)
                         : service_download_open(service, place.host, place.snapshot, place.path, format,
                                                 &download, err)) < 0)
        return -1;
    return pack(call, service, &download, err);
}

static const struct option_spec options[] = {
    {"also", 0, "PATH", "of the same snapshot too; may be given several times"},
    {"format", 0, "tar|tar.zst|zip", "of the archive; tar.zst unless told"},
    {0},
};

const struct command cmd_download = {
    .name = "download",
    .summary = "write a directory or file of a snapshot as an archive to standard output",
    .operands = "PLACE",
    .options = options,
    .details =
        "PLACE is HOST[@SNAPSHOT]:PATH, see pobsync ls. Members are relative to PATH, with ./ in front; with --also to the top "
        "of the snapshot, and a path that is not there is left out. tar and tar.zst "
        "hold all but sockets: owners, modes, times to the nanosecond, access lists, extended attributes, hard links, "
        "holes; to get all of it back: tar --xattrs --xattrs-include='*' --acls --numeric-owner -xpf. zip holds files, "
        "directories and symbolic links, uncompressed, without owners. What could not be read, and what has no place in "
        "a zip, is named in the last member, pobsync-left-out.txt. Who downloaded what stands in the audit.",
    .exits =
        "3 when something could not be read, 5 when there is no such host, snapshot or path, 8 for the backup root.",
    .examples = "pobsync download web1:/etc > etc.tar.zst\n"
                "pobsync download web1@2026-11-01:/srv/www --format zip > www.zip",
    .long_running = true,
    .run = run,
};
