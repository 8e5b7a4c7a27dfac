/* One file in two snapshots, line by line. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "model/place.h"
#include "plan/line_diff.h"
#include "service/browse.h"
#include "service/document.h"
#include "service/document_entry.h"
#include "service/service_browse.h"
#include "store/store_audit.h"
#include "sys/fs.h"

enum { CONTEXT = 3, LINES_SHOWN = 4000, LINE_SHOWN = 2000, BINARY_LOOK = 8000 };

/* One of the two. */
struct side {
    const struct snapshot *snapshot;
    int fd;
    struct stat stat;
    char *bytes;
    size_t size;
};

static int open_side(struct service *service, const struct browse *browse, const char *wish, const char *path,
                     struct side *side, struct err *err)
{
    SNAPSHOT_TREE_SCOPED tree = SNAPSHOT_TREE_CLOSED;

    if (browse_tree(service, browse, wish, &side->snapshot, &tree, err) < 0)
        return -1;
    side->fd = snapshot_tree_file(&tree, path, &side->stat, err);
    if (side->fd < 0)
        return -1;
    if (side->stat.st_size > TEXT_DIFF_MAX) {
        err_set(err, ERR_FAILED, "\"%s\" has %lld bytes, and texts are compared up to %d",
                place_shown(service->arena, browse->settings.host.name, side->snapshot->name, path),
                (long long)side->stat.st_size, (int)TEXT_DIFF_MAX);
        return err_hint(err, "download both and compare them there");
    }
    return store_audit_add(
        service->db, service->now, service->actor, service->origin, "file.read",
        place_shown(service->arena, browse->settings.host.name, side->snapshot->name, path), NULL, NULL, err);
}

/* A file that grows meanwhile is read up to the size that it had. */
static int read_side(struct service *service, struct side *side, struct err *err)
{
    ssize_t got = 1;

    side->bytes = arena_alloc(service->arena, (size_t)side->stat.st_size + 1);
    while (got > 0 && side->size < (size_t)side->stat.st_size) {
        got = pread(side->fd, side->bytes + side->size, (size_t)side->stat.st_size - side->size,
                    (off_t)side->size);
        if (got > 0)
            side->size += (size_t)got;
    }
    return got < 0 ? err_errno(err, ERR_IO, errno, "cannot read the file in %s", side->snapshot->name) : 0;
}

static bool is_binary(const struct side *side)
{
    return memchr(side->bytes, '\0', side->size < BINARY_LOOK ? side->size : BINARY_LOOK) != NULL;
}

static json_t *line_item(struct service *service, const struct line_edit *edit)
{
    size_t size = edit->line.size > LINE_SHOWN ? LINE_SHOWN : edit->line.size;
    const char *bytes = arena_copy(service->arena, edit->line.bytes, size);

    /* A carriage return at the end is how some systems end their lines. */
    if (size > 0 && size == edit->line.size && bytes[size - 1] == '\r')
        bytes = arena_copy(service->arena, bytes, size - 1);
    return json_pack("{s:s, s:o, s:b}", "change", line_change_name(edit->change), "text",
                     document_text(bytes), "cut", size < edit->line.size);
}

static json_t *hunk_item(struct service *service, const struct line_diff *diff, const struct line_hunk *hunk)
{
    const struct line_edit *first = &diff->edits[hunk->first];
    json_t *lines = json_array();
    json_int_t before = 0, after = 0;

    for (size_t i = hunk->first; i < hunk->first + hunk->count; i++) {
        before += diff->edits[i].change != LINE_ADDED;
        after += diff->edits[i].change != LINE_REMOVED;
        json_array_append_new(lines, line_item(service, &diff->edits[i]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "before_line", (json_int_t)first->before + (before > 0),
                     "before_count", before, "after_line", (json_int_t)first->after + (after > 0),
                     "after_count", after, "lines", lines);
}

/* Adds "hunks", "cut", "coarse", "changes". */
static void put_hunks(struct service *service, const struct side *sides, json_t *document)
{
    struct line_diff diff;
    struct line_hunk hunk;
    json_t *hunks = json_array();
    size_t at = 0, shown = 0;
    bool more;

    line_diff_plan(service->arena, sides[0].bytes, sides[0].size, sides[1].bytes, sides[1].size, &diff);
    while ((more = line_diff_hunk(&diff, CONTEXT, at, &hunk)) && shown < LINES_SHOWN) {
        at = hunk.first + hunk.count;
        if (hunk.count > LINES_SHOWN - shown)
            hunk.count = LINES_SHOWN - shown;
        shown += hunk.count;
        more = hunk.first + hunk.count < at;
        json_array_append_new(hunks, hunk_item(service, &diff, &hunk));
        if (more)
            break;
    }
    json_object_set_new(document, "changes", json_integer((json_int_t)diff.changes));
    json_object_set_new(document, "coarse", json_boolean(diff.coarse));
    json_object_set_new(document, "cut", json_boolean(more));
    json_object_set_new(document, "hunks", hunks);
}

static json_t *text_diff_document(struct service *service, const char *host, const char *path,
                                  const struct side *sides)
{
    bool same = sides[0].size == sides[1].size && memcmp(sides[0].bytes, sides[1].bytes, sides[0].size) == 0;
    bool binary = is_binary(&sides[0]) || is_binary(&sides[1]);
    json_t *document = json_object();

    json_object_set_new(document, "host", document_text(host));
    json_object_set_new(document, "before", document_text(sides[0].snapshot->name));
    json_object_set_new(document, "after", document_text(sides[1].snapshot->name));
    document_entry_put_path(document, "", path);
    json_object_set_new(document, "size_before", json_integer(sides[0].stat.st_size));
    json_object_set_new(document, "size", json_integer(sides[1].stat.st_size));
    json_object_set_new(document, "same", json_boolean(same));
    json_object_set_new(document, "binary", json_boolean(binary));
    if (!same && !binary) {
        put_hunks(service, sides, document);
        return document;
    }
    json_object_set_new(document, "changes", json_integer(0));
    json_object_set_new(document, "coarse", json_false());
    json_object_set_new(document, "cut", json_false());
    json_object_set_new(document, "hunks", json_array());
    return document;
}

int service_browse_text_diff(struct service *service, const char *host, const char *before, const char *after,
                             const char *path, json_t **document, struct err *err)
{
    BROWSE_SCOPED browse = BROWSE_CLOSED;
    struct side sides[2] = {{.fd = -1}, {.fd = -1}};
    int result = -1;

    if (browse_open(service, host, &browse, err) < 0)
        return -1;
    if (open_side(service, &browse, before, path, &sides[0], err) == 0 &&
        open_side(service, &browse, after, path, &sides[1], err) == 0 &&
        read_side(service, &sides[0], err) == 0 && read_side(service, &sides[1], err) == 0) {
        *document = text_diff_document(service, host, path, sides);
        result = 0;
    }
    fs_close(&sides[0].fd);
    fs_close(&sides[1].fd);
    return result;
}
