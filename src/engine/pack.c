/* Archives of trees, by libarchive. */
#include "engine/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/archive_library.h"
#include "engine/links.h"
#include "engine/pack_entry.h"
#include "engine/snapshot_tree.h"
#include "sys/beneath.h"
#include "sys/fs.h"
#include "sys/stop.h"
#include "sys/walk.h"

enum { PIECE_SIZE = 256 * 1024, BLOCK_SIZE = 64 * 1024, PIPE_SIZE = 1024 * 1024 };

struct state {
    struct pack *pack;
    struct archive *archive;
    struct archive_entry *entry;
    struct links *links; /* NULL: zip has none */
    char *piece;
    const char *prefix; /* of the paths that a walk gives: "" or "etc/" */
};

/* The archive is beyond help. */
static int fail(struct state *state, struct err *err)
{
    int errnum = libarchive.archive_errno(state->archive);
    const char *why = libarchive.archive_error_string(state->archive);

    libarchive.archive_write_fail(state->archive);
    if (stop_requested() != 0)
        return err_set(err, ERR_INTERRUPTED, "cancelled while packing");
    err_set(err, ERR_IO, "the archive cannot be written: %s",
            why != NULL   ? why
            : errnum != 0 ? strerror(errnum)
                          : "for an unknown reason");
    errno = errnum;
    return -1;
}

static void tell(struct state *state, struct list *list, const char *path, const char *why)
{
    struct arena *arena = state->pack->arena;
    const char *shown = text_printable_dup(arena, path, strlen(path));

    list_add(arena, list, arena_printf(arena, "%s: %s", shown, why));
}

static void leave_out(struct state *state, const char *path, const char *why)
{
    tell(state, &state->pack->left_out, path, why);
}

/* Zip has UTF-8 names or trouble: readers refuse the whole archive over one that claims to be and is not. */
static const char *member_name(struct state *state, const char *path, char **made)
{
    size_t size = strlen(path);

    if (state->pack->format != PACK_ZIP || text_is_utf8(path, size))
        return path;
    *made = malloc(4 * size + 1);
    if (*made == NULL)
        abort();
    text_printable(*made, 4 * size + 1, path, size);
    return *made;
}

/* Without this names are taken for ASCII. In tar, a name that is not UTF-8 is then marked as binary and kept. */
static locale_t use_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

    return locale == (locale_t)0 ? locale : uselocale(locale);
}

static void use_again(locale_t before)
{
    if (before != (locale_t)0)
        freelocale(uselocale(before));
}

/* All `size` bytes, as the header has promised. */
static int write_content(struct state *state, int fd, int64_t size, const char *path, struct err *err)
{
    int64_t done = 0;

    while (done < size) {
        size_t wanted = size - done > PIECE_SIZE ? PIECE_SIZE : (size_t)(size - done);
        ssize_t got = read(fd, state->piece, wanted);

        if (got < 0 && errno == EINTR && stop_requested() == 0)
            continue;
        if (got <= 0) {
            libarchive.archive_write_fail(state->archive);
            return err_set(err, ERR_IO, "\"%s\" cannot be read to its end: %s", path,
                           got < 0 ? strerror(errno) : "it is shorter than it was");
        }
        if (libarchive.archive_write_data(state->archive, state->piece, (size_t)got) != got ||
            stop_requested() != 0)
            return fail(state, err);
        done += got;
    }
    state->pack->bytes += size;
    return 0;
}

/* A further name of what is in the archive already; true when it is one. */
static bool is_link(struct state *state, const struct stat *stat, const char *path)
{
    struct link_note *note = S_ISDIR(stat->st_mode) ? NULL : links_note(state->links, stat->st_ino);

    if (note == NULL)
        return false;
    if (note->path == NULL) {
        note->path = strdup(path);
        if (note->path == NULL)
            abort();
        return false;
    }
    libarchive.archive_entry_set_hardlink(state->entry, note->path);
    libarchive.archive_entry_unset_size(state->entry);
    return true;
}

/* libarchive writes seconds and fraction one behind the other, which before 1970 means another time: -2 s and 0.3 s are
 * "-1.7". Between -1 s and 0 there is no such pair; the fraction is lost. */
static void set_time(struct archive_entry *entry, const struct timespec *time)
{
    if (time->tv_sec >= 0 || time->tv_nsec == 0)
        libarchive.archive_entry_set_mtime(entry, time->tv_sec, time->tv_nsec);
    else if (time->tv_sec == -1)
        libarchive.archive_entry_set_mtime(entry, -1, 0);
    else
        libarchive.archive_entry_set_mtime(entry, time->tv_sec + 1, 1000000000L - time->tv_nsec);
}

/* Everything about the entry but its content. `fd`: of a regular file, else -1. */
static int describe(struct state *state, int dirfd, const char *name, const struct stat *stat, int fd,
                    bool *link, const char *path, struct err *err)
{
    char *target = NULL;
    ARENA_SCOPED arena = ARENA_EMPTY;

    libarchive.archive_entry_copy_stat(state->entry, stat);
    if (state->pack->format != PACK_ZIP)
        set_time(state->entry, &stat->st_mtim);
    libarchive.archive_entry_unset_atime(state->entry);
    libarchive.archive_entry_unset_ctime(state->entry);
    libarchive.archive_entry_unset_birthtime(state->entry);
    if (!S_ISREG(stat->st_mode))
        libarchive.archive_entry_unset_size(state->entry);
    if (S_ISLNK(stat->st_mode)) {
        target = snapshot_tree_target(&arena, dirfd, name);
        if (target == NULL)
            return err_errno(err, ERR_IO, errno, "cannot be read");
        libarchive.archive_entry_set_symlink(state->entry, target);
    }
    *link = is_link(state, stat, path);
    if (*link || state->pack->format == PACK_ZIP)
        return 0;
    if (fd >= 0 && stat->st_blocks * 512 < stat->st_size)
        pack_entry_holes(fd, stat->st_size, state->entry);
    return pack_entry_attributes(dirfd, name, state->entry, err);
}

static bool holds(enum pack_format format, mode_t mode)
{
    if (S_ISSOCK(mode))
        return false;
    return format != PACK_ZIP || S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

static int add(struct state *state, int dirfd, const char *name, const struct stat *stat, const char *path,
               struct err *err)
{
    struct stat now = *stat;
    FD_SCOPED fd = S_ISREG(stat->st_mode) ? beneath_file(dirfd, name, &now) : -1;
    char *made = NULL;
    struct err why;
    bool link = false;
    int result;

    if (!holds(state->pack->format, stat->st_mode)) {
        tell(state, &state->pack->unfit, path, "this kind of file has no place in the archive");
        return 0;
    }
    if (S_ISREG(stat->st_mode) && fd < 0) {
        leave_out(state, path, strerror(errno));
        return 0;
    }
    libarchive.archive_entry_clear(state->entry);
    libarchive.archive_entry_set_pathname(state->entry, member_name(state, path, &made));
    free(made);
    if (describe(state, dirfd, name, &now, fd, &link, path, &why) < 0) {
        leave_out(state, path, why.message);
        return 0;
    }
    result = libarchive.archive_write_header(state->archive, state->entry);
    if (result == ARCHIVE_FAILED) {
        const char *reason = libarchive.archive_error_string(state->archive);

        leave_out(state, path, reason != NULL ? reason : "it has no place in the archive");
        return 0;
    }
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
        return fail(state, err);
    state->pack->entries++;
    return fd >= 0 && !link ? write_content(state, fd, now.st_size, path, err) : 0;
}

static int on_entry(void *context, const struct walk_entry *entry, struct err *err)
{
    struct state *state = context;
    BUF_SCOPED path = BUF_EMPTY;

    if (stop_requested() != 0)
        return fail(state, err);
    buf_printf(&path, "./%s%s%s%s", state->prefix, entry->directory, entry->directory[0] == '\0' ? "" : "/",
               entry->name);
    if (entry->error != 0) {
        leave_out(state, buf_text(&path), strerror(entry->error));
        return 0;
    }
    if (S_ISDIR(entry->stat.st_mode))
        buf_add_char(&path, '/');
    return add(state, entry->dirfd, entry->name, &entry->stat, buf_text(&path), err);
}

/* What stands at the path, and, if it is a directory, all below it. */
static int add_path(struct state *state, const char *path, struct err *err)
{
    const struct snapshot_tree tree = {state->pack->source_fd, "the snapshot"};
    struct walk walk = {.entry = on_entry, .context = state, .top_fd = -1, .twin_fd = -1};
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *slash = strrchr(path, '/');
    const char *parent = slash != NULL ? arena_copy(&arena, path, (size_t)(slash - path)) : "";
    const char *name = slash != NULL ? slash + 1 : path;
    FD_SCOPED parent_fd = -1;
    FD_SCOPED fd = -1;
    struct stat stat;
    struct err why;
    int result;

    parent_fd = snapshot_tree_dir(&tree, parent, &why);
    if (parent_fd < 0 || snapshot_tree_stat(&tree, path, &stat, &why) < 0) {
        leave_out(state, path, why.message);
        return 0;
    }
    if (!S_ISDIR(stat.st_mode))
        return add(state, parent_fd, *name != '\0' ? name : ".", &stat, arena_printf(&arena, "./%s", path),
                   err);
    fd = snapshot_tree_dir(&tree, path, &why);
    if (fd < 0) {
        leave_out(state, path, why.message);
        return 0;
    }
    if (add(state, fd, ".", &stat, arena_printf(&arena, "./%s%s", path, *path != '\0' ? "/" : ""), err) < 0)
        return -1;
    walk.top_fd = fd;
    state->prefix = arena_printf(&arena, "%s%s", path, *path != '\0' ? "/" : "");
    result = walk_tree(&walk, err);
    state->prefix = "";
    return result;
}

static int add_all(struct state *state, struct err *err)
{
    struct pack *pack = state->pack;
    const struct walk walk = {.entry = on_entry, .context = state, .top_fd = pack->source_fd, .twin_fd = -1};
    struct stat stat;

    if (pack->paths != NULL) {
        for (size_t i = 0; i < pack->paths->count; i++)
            if (add_path(state, pack->paths->items[i], err) < 0)
                return -1;
        return 0;
    }
    if (pack->name != NULL) {
        BUF_SCOPED path = BUF_EMPTY;

        buf_printf(&path, "./%s", pack->name);
        if (fstatat(pack->source_fd, pack->name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
            return err_errno(err, ERR_IO, errno, "\"%s\" cannot be looked at", pack->name);
        return add(state, pack->source_fd, pack->name, &stat, buf_text(&path), err);
    }
    if (fstat(pack->source_fd, &stat) < 0)
        return err_errno(err, ERR_IO, errno, "the directory cannot be looked at");
    return add(state, pack->source_fd, ".", &stat, "./", err) < 0 ? -1 : walk_tree(&walk, err);
}

/* So that whoever opens the archive next year knows. */
static int add_trailer(struct state *state, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *unread = list_join(&arena, &state->pack->left_out, "\n");
    const char *unfit = list_join(&arena, &state->pack->unfit, "\n");
    const char *text =
        arena_printf(&arena, "What is missing in this archive, and why:\n%s\n%s\n", unread, unfit);
    size_t size = strlen(text);

    libarchive.archive_entry_clear(state->entry);
    libarchive.archive_entry_set_pathname(state->entry, "./pobsync-left-out.txt");
    libarchive.archive_entry_set_mode(state->entry, S_IFREG | 0644);
    libarchive.archive_entry_set_size(state->entry, (int64_t)size);
    if (libarchive.archive_write_header(state->archive, state->entry) != ARCHIVE_OK ||
        libarchive.archive_write_data(state->archive, text, size) != (ssize_t)size)
        return fail(state, err);
    return 0;
}

static int open_archive(struct state *state, struct err *err)
{
    struct archive *archive = state->archive;
    const struct pack *pack = state->pack;
    int result;

    if (pack->format == PACK_ZIP) {
        result = libarchive.archive_write_set_format_zip(archive);
        if (result == ARCHIVE_OK)
            result = libarchive.archive_write_set_options(archive, "zip:compression=store");
    } else {
        result = libarchive.archive_write_set_format_pax(archive);
    }
    if (result == ARCHIVE_OK && pack->format == PACK_TAR_ZSTD)
        result = libarchive.archive_write_add_filter_zstd(archive);
    if (result != ARCHIVE_OK ||
        libarchive.archive_write_set_bytes_per_block(archive, BLOCK_SIZE) != ARCHIVE_OK ||
        libarchive.archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        libarchive.archive_write_open_fd(archive, pack->out_fd) != ARCHIVE_OK)
        return fail(state, err);
    return 0;
}

static int write_all(struct state *state, struct err *err)
{
    if (open_archive(state, err) < 0 || add_all(state, err) < 0)
        return -1;
    if ((state->pack->left_out.count > 0 ||
         (state->pack->format == PACK_ZIP && state->pack->unfit.count > 0)) &&
        add_trailer(state, err) < 0)
        return -1;
    if (libarchive.archive_write_close(state->archive) != ARCHIVE_OK)
        return fail(state, err);
    if (state->pack->left_out.count > 0)
        return err_set(err, ERR_PARTIAL, "%zu entries are not in the archive; its last member names them",
                       state->pack->left_out.count);
    return 0;
}

int pack_write(struct pack *pack, struct err *err)
{
    LINKS_SCOPED *links =
        pack->format != PACK_ZIP && pack->name == NULL ? links_open(pack->source_fd, err) : NULL;
    struct state state = {.pack = pack, .links = links, .prefix = ""};
    locale_t before;
    int result, errnum;

    pack->entries = pack->bytes = 0;
    pack->left_out = pack->unfit = (struct list){0};
    if (archive_library_load(err) < 0)
        return -1;
    /* A pipe of the usual size is full after each block, and then both sides take turns. What is no pipe, or may not be
     * larger, stays as it is. */
    (void)fcntl(pack->out_fd, F_SETPIPE_SZ, PIPE_SIZE);
    if (links == NULL && pack->format != PACK_ZIP && pack->name == NULL)
        return -1;
    state.archive = libarchive.archive_write_new();
    state.entry = libarchive.archive_entry_new();
    state.piece = malloc(PIECE_SIZE);
    if (state.archive == NULL || state.entry == NULL || state.piece == NULL)
        abort();
    before = use_utf8();
    result = write_all(&state, err);
    errnum = errno;
    use_again(before);
    free(state.piece);
    libarchive.archive_entry_free(state.entry);
    if (result < 0 && err->code != ERR_PARTIAL)
        libarchive.archive_write_fail(state.archive);
    libarchive.archive_write_free(state.archive);
    errno = errnum;
    return result;
}
