/* The backup root: what is there, whether it is ours, and marking it. */
#include "engine/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"
#include "base/when.h"
#include "model/rule.h"
#include "sys/answer.h"
#include "sys/random.h"

enum { MARKER_SIZE_MAX = 4096, UUID_SIZE = 36, NAMES_SHOWN = 3, NAMES_READ = 16, MS_PER_S = 1000 };

enum marker_state { MARKER_NONE, MARKER_VALID, MARKER_BROKEN, MARKER_DENIED, MARKER_IO_ERROR };

struct marker {
    enum marker_state state;
    const char *uuid, *installation;
    int64_t created_at, epoch;
    bool was_mount;
    const char *problem; /* of one that is not valid */
};

static void judge(struct root_report *report, enum root_state state, const char *found, const char *expected,
                  const char *hint)
{
    report->state = state;
    report->found = found;
    report->expected = expected;
    report->hint = hint;
}

static bool is_uuid(const char *text)
{
    return text != NULL && strlen(text) == UUID_SIZE && strspn(text, "0123456789abcdef-") == UUID_SIZE;
}

static void marker_parse(struct arena *arena, const char *text, size_t size, struct marker *marker)
{
    json_error_t problem;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    const char *uuid = json_string_value(json_object_get(json, "uuid"));
    const char *installation = json_string_value(json_object_get(json, "installation"));
    const char *created = json_string_value(json_object_get(json, "created"));
    struct err ignored;

    if (!json_is_object(json)) {
        marker->problem = "it is no JSON object";
    } else if (!is_uuid(uuid) || !is_uuid(installation)) {
        marker->problem = "it names no root or no installation";
    } else {
        marker->state = MARKER_VALID;
        marker->uuid = arena_strdup(arena, uuid);
        marker->installation = arena_strdup(arena, installation);
        marker->epoch = json_integer_value(json_object_get(json, "epoch"));
        marker->was_mount = json_is_true(json_object_get(json, "was_mount"));
        if (created != NULL)
            (void)when_parse_rfc3339(created, &marker->created_at, &ignored);
    }
    json_decref(json);
}

static struct marker marker_load(struct arena *arena, int fd)
{
    struct marker marker = {.state = MARKER_BROKEN};
    BUF_SCOPED content = BUF_EMPTY;
    struct stat st;
    struct err err;

    if (fstatat(fd, ROOT_MARKER, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        marker.state = errno == ENOENT ? MARKER_NONE : errno == EACCES ? MARKER_DENIED : MARKER_IO_ERROR;
        marker.problem = arena_strdup(arena, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        marker.problem = "it is no regular file";
    } else if (st.st_size > MARKER_SIZE_MAX) {
        marker.problem = "it is too large";
    } else if (fs_read_file(fd, ROOT_MARKER, MARKER_SIZE_MAX, &content, &err) < 0) {
        marker.state = errno == EACCES || errno == EPERM ? MARKER_DENIED : MARKER_IO_ERROR;
        marker.problem = arena_strdup(arena, err.message);
    } else {
        marker_parse(arena, buf_text(&content), content.size, &marker);
    }
    return marker;
}

static int marker_save(int fd, const struct marker *marker, struct err *err)
{
    char created[WHEN_TEXT];
    json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:b}", "uuid", marker->uuid, "created",
                             when_rfc3339(created, marker->created_at), "installation", marker->installation,
                             "epoch", (json_int_t)marker->epoch, "was_mount", marker->was_mount);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2));
    int result;

    if (text == NULL)
        abort();
    result = fs_write_file(fd, ROOT_MARKER, text, strlen(text), 0644, err);
    free(text);
    json_decref(json);
    return result;
}

/* What the directory holds besides lost+found and what is left of a marker that was being written. */
static int foreign_names(struct arena *arena, int fd, struct list *foreign, bool *more, struct err *err)
{
    struct list names = {0};

    if (fs_list_names(arena, fd, NAMES_READ, &names, more, err) < 0)
        return -1;
    for (size_t i = 0; i < names.count; i++)
        if (strcmp(names.items[i], "lost+found") != 0 &&
            strncmp(names.items[i], ROOT_MARKER, strlen(ROOT_MARKER)) != 0)
            list_add(arena, foreign, names.items[i]);
    return 0;
}

static void judge_open_error(struct arena *arena, int errnum, struct root_report *report)
{
    const char *path = report->path;

    switch (errnum) {
    case ENOENT:
        judge(report, ROOT_MISSING, arena_printf(arena, "backup root \"%s\" does not exist", path),
              "a directory, or the mount point of a disk",
              "create it or mount its disk; for another place: pobsync configure-global --backup-root PATH");
        break;
    case ENOTDIR:
        judge(report, ROOT_NOT_DIRECTORY, arena_printf(arena, "backup root \"%s\" is not a directory", path),
              "a directory, or the mount point of a disk", "see what has taken its place");
        break;
    case ELOOP:
        judge(report, ROOT_NOT_DIRECTORY,
              arena_printf(arena, "backup root \"%s\" is a symbolic link, or lies behind one", path),
              "a directory under its real path",
              "see who replaced it; for another place: pobsync configure-global --backup-root PATH");
        break;
    case EACCES:
    case EPERM:
        judge(report, ROOT_UNREADABLE,
              arena_printf(arena, "backup root \"%s\" cannot be read by uid %u: permission denied", path,
                           geteuid()),
              "a directory that pobsync may read and write", "run as root, or correct its owner and mode");
        break;
    default:
        judge(report, ROOT_IO_ERROR, arena_printf(arena, "backup root \"%s\": %s", path, strerror(errnum)),
              "a file system that answers", "look at the kernel's log (dmesg) and at the disk (smartctl -a)");
        break;
    }
}

/* Opens the directory and notes the facts; -1 leaves a judgement. */
static int look(struct arena *arena, struct root_report *report, struct marker *marker)
{
    struct err err;
    struct stat st;
    struct statvfs mount;
    uint64_t mount_id;
    int fd = fs_open_root(report->path, &err);

    if (fd < 0) {
        judge_open_error(arena, errno, report);
        return -1;
    }
    if (fstat(fd, &st) < 0 || fstatvfs(fd, &mount) < 0 || fs_room(fd, &report->room, &err) < 0 ||
        fs_mount_id(fd, &mount_id, &report->is_mount, &err) < 0) {
        judge_open_error(arena, errno, report);
        fs_close(&fd);
        return -1;
    }
    report->opened = true;
    report->mode = st.st_mode & 07777;
    report->nosuid = (mount.f_flag & ST_NOSUID) != 0;
    report->nodev = (mount.f_flag & ST_NODEV) != 0;
    report->type = fs_type_name(arena, fd);
    *marker = marker_load(arena, fd);
    report->uuid = marker->uuid;
    return fd;
}

/* Whether runs can work in it. */
static void judge_access(struct arena *arena, int fd, bool to_read, struct root_report *report)
{
    if (report->room.read_only)
        judge(report, ROOT_READ_ONLY,
              arena_printf(arena, "backup root \"%s\" is mounted read-only", report->path),
              "a file system that can be written",
              "look at the kernel's log for the cause, then: mount -o remount,rw on its mount point");
    else if (!to_read && faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0 &&
             (errno == EACCES || errno == EPERM))
        judge(report, ROOT_UNREADABLE,
              arena_printf(arena, "backup root \"%s\" cannot be written by uid %u: permission denied",
                           report->path, geteuid()),
              "a directory that pobsync may read and write", "run as root, or correct its owner and mode");
}

/* The marker is not the one that the database knows: why that may be. */
static void judge_stranger(struct arena *arena, int fd, const struct root *known, const struct marker *marker,
                           struct root_report *report)
{
    const char *path = report->path;
    const char *expected = arena_printf(arena, "the marker file %s of root %s", ROOT_MARKER, known->uuid);
    const char *mount_hint = "mount its disk, then check again; to begin on another disk: "
                             "pobsync configure-global --backup-root PATH --adopt-root";
    const char *disk_hint = "attach the right disk, or take this one: "
                            "pobsync configure-global --backup-root PATH --adopt-root";
    const char *found;
    struct list foreign = {0};
    struct err err;
    bool more = false;

    if (marker->state == MARKER_NONE && foreign_names(arena, fd, &foreign, &more, &err) < 0) {
        judge_open_error(arena, errno, report);
        return;
    }
    if (known->was_mount && !report->is_mount) {
        found = arena_printf(
            arena, "backup root \"%s\" was a mount of its own when it was set up and is none now; %s", path,
            marker->state == MARKER_NONE ? "its marker is not there"
                                         : "the marker that is there is another one");
        judge(report, ROOT_NOT_MOUNTED, found, expected, mount_hint);
        return;
    }
    if (marker->state == MARKER_NONE && foreign.count == 0 && !more) {
        found = arena_printf(arena, "backup root \"%s\" is empty; its marker is not there", path);
        judge(report, known->was_mount ? ROOT_NOT_MOUNTED : ROOT_WRONG_DISK, found, expected,
              known->was_mount ? mount_hint : disk_hint);
        return;
    }
    if (marker->state == MARKER_NONE)
        found = arena_printf(arena, "backup root \"%s\" holds other things and no marker", path);
    else if (marker->state == MARKER_BROKEN)
        found = arena_printf(arena, "the marker file of backup root \"%s\" is damaged: %s", path,
                             marker->problem);
    else if (strcmp(marker->uuid, known->uuid) != 0)
        found = arena_printf(arena, "the marker of backup root \"%s\" says root %s", path, marker->uuid);
    else
        found =
            arena_printf(arena, "the marker of backup root \"%s\" says that it belongs to installation %s",
                         path, marker->installation);
    judge(report, ROOT_WRONG_DISK, found, expected, disk_hint);
}

static void judge_identity(struct arena *arena, int fd, const struct root *known, const struct marker *marker,
                           struct root_report *report)
{
    bool valid = marker->state == MARKER_VALID;

    if (marker->state == MARKER_DENIED || marker->state == MARKER_IO_ERROR) {
        judge_open_error(arena, marker->state == MARKER_DENIED ? EACCES : EIO, report);
        report->found = arena_printf(arena, "the marker file of backup root \"%s\" cannot be read: %s",
                                     report->path, marker->problem);
    } else if (known == NULL) {
        judge(report, ROOT_UNMARKED,
              valid ? arena_printf(arena,
                                   "backup root \"%s\" was never set up here; its marker says root %s of "
                                   "installation %s",
                                   report->path, marker->uuid, marker->installation)
                    : arena_printf(arena, "backup root \"%s\" was never set up: it has no marker",
                                   report->path),
              arena_printf(arena, "a marker file %s of this installation", ROOT_MARKER),
              arena_printf(arena, "pobsync configure-global --backup-root %s", report->path));
    } else if (!valid || strcmp(marker->uuid, known->uuid) != 0 ||
               strcmp(marker->installation, known->installation) != 0) {
        judge_stranger(arena, fd, known, marker, report);
    } else {
        judge(report, ROOT_OK,
              arena_printf(arena, "backup root \"%s\" is root %s", report->path, marker->uuid), NULL, NULL);
    }
}

static void judge_silent(struct arena *arena, int64_t patience_ms, struct root_report *report)
{
    judge(report, ROOT_IO_ERROR,
          arena_printf(arena, "backup root \"%s\" does not answer within %lld s", report->path,
                       (long long)patience_ms / MS_PER_S),
          "a file system that answers",
          "see its server or its disk, and the kernel's log (dmesg); a server that stays away is let go by: "
          "umount -f");
}

int root_open(struct arena *arena, const struct root_question *question, struct root_report *report)
{
    struct marker marker;
    int fd;

    *report = (struct root_report){.path = question->path};
    if (question->path == NULL) {
        judge(report, ROOT_UNSET, "no backup root is configured",
              "a directory under which all snapshots live", "pobsync configure-global --backup-root PATH");
        return -1;
    }
    if (!answer_within(question->home, report->path, ROOT_MARKER, question->patience_ms,
                       question->fresh_ms)) {
        judge_silent(arena, question->patience_ms, report);
        return -1;
    }
    fd = look(arena, report, &marker);
    if (fd < 0)
        return -1;
    judge_identity(arena, fd, question->known, &marker, report);
    if (report->state == ROOT_OK)
        judge_access(arena, fd, question->to_read, report);
    if (report->state != ROOT_OK)
        fs_close(&fd);
    return fd;
}

int root_refuse(const struct root_report *report, struct err *err)
{
    err_set(err, ERR_ROOT, "%s; expected %s", report->found, report->expected);
    return err_hint(err, "%s", report->hint);
}

enum cause root_cause(enum root_state state)
{
    switch (state) {
    case ROOT_OK:
        return CAUSE_NONE;
    case ROOT_WRONG_DISK:
        return CAUSE_ROOT_WRONG;
    case ROOT_IO_ERROR:
        return CAUSE_IO_ERROR;
    case ROOT_UNSET:
    case ROOT_UNMARKED:
    case ROOT_MISSING:
    case ROOT_NOT_DIRECTORY:
    case ROOT_UNREADABLE:
    case ROOT_READ_ONLY:
    case ROOT_NOT_MOUNTED:
    case ROOT_STATE__MAX:
        break;
    }
    return CAUSE_ROOT_MISSING;
}

int root_require_room(const struct fs_room *room, int64_t min_free_bytes, int64_t min_free_inodes,
                      enum cause *cause, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    *cause = CAUSE_NONE;
    if (room->bytes_free < min_free_bytes) {
        *cause = CAUSE_NO_SPACE;
        err_set(err, ERR_ROOT, "the backup root has %s free, expected at least %s (min_free_bytes)",
                text_bytes(&arena, room->bytes_free), text_bytes(&arena, min_free_bytes));
    } else if (room->inodes_free >= 0 && room->inodes_free < min_free_inodes) {
        *cause = CAUSE_NO_INODES;
        err_set(err, ERR_ROOT,
                "the backup root has %lld inodes free, expected at least %lld (min_free_inodes)",
                (long long)room->inodes_free, (long long)min_free_inodes);
    }
    return *cause == CAUSE_NONE ? 0 : err_hint(err, "%s", cause_hint(*cause));
}

/* Whether `inner` is `outer` or lies below it; both without links. */
static bool is_within(const char *inner, const char *outer)
{
    size_t length = strlen(outer);

    return strcmp(outer, "/") == 0 ||
           (strncmp(inner, outer, length) == 0 && (inner[length] == '\0' || inner[length] == '/'));
}

static int resolve(struct arena *arena, const char *path, const char **real, struct err *err)
{
    char *resolved = realpath(path, NULL);

    if (resolved == NULL) {
        if (errno == ENOENT)
            err_set(err, ERR_ROOT, "backup root \"%s\" does not exist", path);
        else
            err_errno(err, ERR_ROOT, errno, "backup root \"%s\"", path);
        return err_hint(err, "create it, or mount its disk, first");
    }
    *real = arena_strdup(arena, resolved);
    free(resolved);
    return rule_local_path(*real, err);
}

static int keep_apart(const char *path, const char *home, struct err *err)
{
    char *real_home = realpath(home, NULL);
    int result = 0;

    if (real_home == NULL)
        return err_errno(err, ERR_IO, errno, "state directory \"%s\"", home);
    if (is_within(path, real_home))
        result = err_set(err, ERR_REFUSED, "backup root \"%s\" lies in the state directory \"%s\"", path,
                         real_home);
    else if (is_within(real_home, path))
        result = err_set(err, ERR_REFUSED, "the state directory \"%s\" lies in backup root \"%s\"", real_home,
                         path);
    free(real_home);
    return result < 0 ? err_hint(err, "give a directory of its own, best a mount of its own") : 0;
}

/* A directory that is not ours yet must be empty, or be adopted. */
static int require_empty(struct arena *arena, int fd, const char *path, const struct marker *marker,
                         struct err *err)
{
    struct list foreign = {0};
    bool more = false;

    if (marker->state == MARKER_VALID) {
        err_set(err, ERR_REFUSED, "\"%s\" is root %s of another installation, %s", path, marker->uuid,
                marker->installation);
        return err_hint(err, "to take it over, when no other server uses it: --adopt-root");
    }
    if (foreign_names(arena, fd, &foreign, &more, err) < 0)
        return -1;
    if (marker->state == MARKER_BROKEN) {
        err_set(err, ERR_REFUSED, "\"%s\" has a damaged marker file: %s", path, marker->problem);
        return err_hint(err, "to mark it anew: --adopt-root");
    }
    if (foreign.count == 0 && !more)
        return 0;
    more = more || foreign.count > NAMES_SHOWN;
    if (foreign.count > NAMES_SHOWN)
        foreign.count = NAMES_SHOWN;
    err_set(err, ERR_REFUSED, "\"%s\" is not empty: %s%s", path, list_join(arena, &foreign, ", "),
            more ? ", ..." : "");
    return err_hint(err, "if that is a tree of snapshots, or may stay beside them: --adopt-root");
}

static bool belongs_to(const struct marker *marker, const char *installation)
{
    return marker->state == MARKER_VALID && strcmp(marker->installation, installation) == 0;
}

/* Makes the marker say what it has to say, and writes it if it does not yet. */
static int claim_marker(struct arena *arena, int fd, struct marker *marker, const struct root_claim *claim,
                        bool is_mount, struct err *err)
{
    char uuid[UUID_SIZE + 1];

    if (belongs_to(marker, claim->installation) && marker->epoch == claim->epoch &&
        marker->was_mount == is_mount)
        return 0;
    if (marker->state != MARKER_VALID) {
        random_uuid(uuid);
        *marker = (struct marker){.uuid = arena_strdup(arena, uuid), .created_at = claim->now};
    }
    marker->state = MARKER_VALID;
    marker->installation = claim->installation;
    marker->epoch = claim->epoch;
    marker->was_mount = is_mount;
    return marker_save(fd, marker, err);
}

int root_mark(struct arena *arena, const char *path, const struct root_claim *claim, struct root *root,
              struct err *err)
{
    const struct root *known = claim->known;
    struct root_report report = {0};
    struct marker marker;
    FD_SCOPED fd = -1;

    report.path = path;
    if (!answer_within(claim->home, path, ROOT_MARKER, ROOT_PATIENCE_RUN_MS, 0)) {
        judge_silent(arena, ROOT_PATIENCE_RUN_MS, &report);
        return root_refuse(&report, err);
    }
    if (resolve(arena, path, &report.path, err) < 0 || keep_apart(report.path, claim->home, err) < 0)
        return -1;
    fd = look(arena, &report, &marker);
    if (fd < 0)
        return root_refuse(&report, err);
    judge_access(arena, fd, false, &report);
    if (report.state == ROOT_OK)
        judge_identity(arena, fd, known != NULL && strcmp(known->path, report.path) == 0 ? known : NULL,
                       &marker, &report);
    if (report.state != ROOT_OK && report.state != ROOT_UNMARKED &&
        !(claim->adopt && (report.state == ROOT_NOT_MOUNTED || report.state == ROOT_WRONG_DISK)))
        return root_refuse(&report, err);
    if (!claim->adopt && !belongs_to(&marker, claim->installation) &&
        require_empty(arena, fd, report.path, &marker, err) < 0)
        return -1;
    if (claim_marker(arena, fd, &marker, claim, report.is_mount, err) < 0)
        return err_in(err, "backup root \"%s\"", report.path);
    *root = (struct root){.path = report.path,
                          .uuid = marker.uuid,
                          .installation = claim->installation,
                          .was_mount = report.is_mount,
                          .created_at = marker.created_at};
    return 0;
}
