/* What rsync and ssh print, line by line. */
#include "engine/rsync_output.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "plan/outcome.h"

enum { FIRST_ERROR_MAX = 1000 };

void rsync_output_init(struct rsync_output *output, struct arena *arena)
{
    *output = (struct rsync_output){
        .arena = arena, .stats = RUN_STATS_UNKNOWN, .log_line = output->log_line, .context = output->context};
    output->stats.failed_paths = 0;
}

void rsync_output_release(struct rsync_output *output)
{
    buf_release(&output->line[0]);
    buf_release(&output->line[1]);
    buf_release(&output->error_line);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Scanning. Each step moves *at behind what it took, or fails and leaves the caller to give up on the record. */

static void take_blanks(const char **at)
{
    *at += strspn(*at, " ");
}

static bool take(const char **at, const char *word)
{
    if (!starts_with(*at, word))
        return false;
    *at += strlen(word);
    return true;
}

static bool take_number(const char **at, int64_t *value)
{
    int64_t result = 0;

    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        if (__builtin_mul_overflow(result, 10, &result) ||
            __builtin_add_overflow(result, **at - '0', &result))
            return false;
    *value = result;
    return true;
}

/* "18.86MB/s": rsync divides by 1,024 (progress.c) and always writes two decimals. */
static bool take_rate(const char **at, int64_t *bytes_per_second)
{
    int64_t whole, hundredths, unit;

    if (!take_number(at, &whole) || !take(at, ".") || !take_number(at, &hundredths) || hundredths > 99)
        return false;
    if (take(at, "kB/s"))
        unit = 1 << 10;
    else if (take(at, "MB/s"))
        unit = 1 << 20;
    else if (take(at, "GB/s"))
        unit = 1 << 30;
    else
        return false;
    return !__builtin_mul_overflow(whole, unit, bytes_per_second) &&
           !__builtin_add_overflow(*bytes_per_second, hundredths * unit / 100, bytes_per_second);
}

/* "0:00:12", or "??:??:??" when rsync cannot tell. */
static bool take_time(const char **at)
{
    size_t length = strspn(*at, "0123456789:?");

    *at += length;
    return length > 0;
}

/* "(xfr#5, ir-chk=1000/2000)". Left out while a single file is under way: what was known stays. */
static bool take_files(const char **at, struct rsync_progress *progress)
{
    if (**at == '\0')
        return true;
    if (!take(at, "(xfr#") || !take_number(at, &progress->files_done) || !take(at, ", "))
        return false;
    progress->list_complete = take(at, "to-chk=");
    if (!progress->list_complete && !take(at, "ir-chk="))
        return false;
    return take_number(at, &progress->files_left) && take(at, "/") &&
           take_number(at, &progress->files_total) && take(at, ")");
}

/* "  1234567  12%   10.00MB/s    0:00:12 (xfr#5, to-chk=14/35) " */
static bool read_progress(const char *record, struct rsync_progress *progress)
{
    struct rsync_progress seen = *progress;
    const char *at = record;
    int64_t percent;

    take_blanks(&at);
    if (!take_number(&at, &seen.bytes))
        return false;
    take_blanks(&at);
    if (!take_number(&at, &percent) || percent > 100 || !take(&at, "%"))
        return false;
    seen.percent = (int)percent;
    take_blanks(&at);
    if (!take_rate(&at, &seen.bytes_per_second))
        return false;
    take_blanks(&at);
    if (!take_time(&at))
        return false;
    take_blanks(&at);
    if (!take_files(&at, &seen))
        return false;
    take_blanks(&at);
    if (*at != '\0')
        return false;
    *progress = seen;
    return true;
}

static void read_statistic(const char *line, struct run_stats *stats)
{
    const struct {
        const char *label;
        int64_t *value;
    } known[] = {
        {"Number of regular files transferred: ", &stats->transferred},
        {"Total bytes sent: ", &stats->sent},
        {"Total bytes received: ", &stats->received},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const char *at = line;
        int64_t value;

        if (take(&at, known[i].label) && take_number(&at, &value) && *at == '\0')
            *known[i].value = value;
    }
}

/* A message of rsyserr() (log.c): `rsync: [role] what "path" failed: reason (number)`. Before 3.2.0 without the role;
 * our own side is never that old, so such a message is the sender's. */
struct complaint {
    bool ours;        /* not the sender's */
    const char *what; /* begins with the operation */
    const char *path; /* NULL: it is about no path */
    const char *reason;
};

static const char *last_of(const char *text, const char *end, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = end - size; at >= text; at--)
        if (memcmp(at, word, size) == 0)
            return at;
    return NULL;
}

/* The path in what stands before the reason, quotes in it included. What follows it in three kinds of messages is cut
 * off: `symlink "path" -> "target"`, `lsetxattr("path","user.name")`, and in those of acls.c `(path, ACL_TYPE_ACCESS)`. */
static const char *complaint_path(struct arena *arena, const char *subject)
{
    const char *start = strchr(subject, '"');
    const char *end = strrchr(subject, '"');
    const char *cut = NULL;

    if (start == NULL) {
        start = strchr(subject, '(');
        end = start == NULL || strstr(subject, "acl_") == NULL ? NULL : strrchr(subject, ',');
        return end == NULL || end < start ? NULL : arena_copy(arena, start + 1, (size_t)(end - start - 1));
    }
    start++;
    if (starts_with(subject, "symlink ") || starts_with(subject, "rename "))
        cut = strstr(start, "\" -> \"");
    else if (start - subject > 1 && start[-2] == '(')
        cut = strstr(start, "\",");
    if (cut != NULL)
        end = cut;
    /* A line that was too long has no closing quote: then all of it is the path. */
    return end < start ? arena_strdup(arena, start) : arena_copy(arena, start, (size_t)(end - start));
}

static bool read_complaint(struct arena *arena, const char *line, bool cut, struct complaint *complaint)
{
    const char *at = line, *end = line + strlen(line), *reason = NULL;
    const char *number = last_of(line, end, " (");
    int64_t errno_value;

    *complaint = (struct complaint){.reason = "not known"};
    if (!take(&at, "rsync: "))
        return false;
    if (take(&at, "[")) {
        complaint->ours = !starts_with(at, "sender]");
        at = strstr(at, "] ");
        if (at == NULL)
            return false;
        at += 2;
    }
    complaint->what = at;
    if (number != NULL && number > at) {
        const char *digits = number + 2;

        reason = last_of(at, number, ": ");
        if (!take_number(&digits, &errno_value) || strcmp(digits, ")") != 0)
            reason = NULL;
    }
    if (reason != NULL)
        complaint->reason = arena_copy(arena, reason + 2, (size_t)(number - reason - 2));
    else if (!cut || strchr(at, '"') == NULL)
        return false;
    complaint->path =
        complaint_path(arena, arena_copy(arena, at, (size_t)((reason == NULL ? end : reason) - at)));
    return true;
}

static unsigned signs_of_complaint(const struct complaint *complaint)
{
    const char *reason = complaint->reason;
    bool is_root = starts_with(complaint->what, "change_dir") || starts_with(complaint->what, "link_stat");

    if (strcmp(reason, "No space left on device") == 0 || strcmp(reason, "Disk quota exceeded") == 0)
        return complaint->ours ? SIGN_NO_SPACE : 0;
    if (strcmp(reason, "Too many links") == 0)
        return SIGN_TOO_MANY_LINKS;
    if (strcmp(reason, "Input/output error") == 0 || strcmp(reason, "Read-only file system") == 0)
        return SIGN_IO_ERROR;
    if (strcmp(reason, "Cannot allocate memory") == 0)
        return SIGN_OUT_OF_MEMORY;
    if (complaint->ours)
        return 0;
    if (is_root &&
        (strcmp(reason, "No such file or directory") == 0 || strcmp(reason, "Not a directory") == 0))
        return SIGN_SOURCE_MISSING;
    if (strcmp(reason, "Permission denied") == 0) {
        size_t size = complaint->path == NULL ? 0 : strlen(complaint->path);

        /* The top of the transfer is "." to the sender. */
        if (is_root || (starts_with(complaint->what, "opendir ") && size > 1 &&
                        strcmp(complaint->path + size - 2, "/.") == 0))
            return SIGN_SOURCE_DENIED;
    }
    return 0;
}

/* Other messages: of ssh(1) (ssh.c, sshconnect.c, packet.c), of remote shells, of rrsync and of rsync itself. */
static const struct {
    const char *part;
    unsigned sign;
} known_messages[] = {
    {": Permission denied (", SIGN_AUTH},
    {"Too many authentication failures", SIGN_AUTH},
    {"you have requested strict checking", SIGN_HOST_KEY},
    {"Host key verification failed", SIGN_HOST_KEY},
    {"Could not resolve hostname", SIGN_UNREACHABLE},
    {"Connection refused", SIGN_UNREACHABLE},
    {"Connection timed out", SIGN_UNREACHABLE},
    {"No route to host", SIGN_UNREACHABLE},
    {"Network is unreachable", SIGN_UNREACHABLE},
    {"kex_exchange_identification: ", SIGN_UNREACHABLE},
    {"Unable to negotiate with ", SIGN_UNREACHABLE},
    {"Connection closed by ", SIGN_UNREACHABLE},
    {"Connection reset by ", SIGN_UNREACHABLE},
    {" closed by remote host", SIGN_UNREACHABLE},
    {"Timeout, server ", SIGN_UNREACHABLE},
    {"client_loop: send disconnect", SIGN_UNREACHABLE},
    {"stdio forwarding failed", SIGN_UNREACHABLE},
    {"is your shell clean?", SIGN_NOT_CLEAN},
    {"unexpected tag ", SIGN_NOT_CLEAN},
    {"ommand not found", SIGN_NO_RSYNC},
    {"rsync: not found", SIGN_NO_RSYNC},
    {"sudo: not found", SIGN_NO_RSYNC},
    {"rsync: No such file or directory", SIGN_NO_RSYNC},
    {"out of memory", SIGN_OUT_OF_MEMORY},
    {"error allocating core memory buffers", SIGN_OUT_OF_MEMORY},
};

static unsigned signs_of_message(const char *line)
{
    /* rrsync opens the directory itself, so its message stands where change_dir of the sender would. */
    if (strstr(line, "rrsync error: ") != NULL)
        return strstr(line, " open failed ") != NULL ? SIGN_SOURCE_MISSING : SIGN_REFUSED_BY_RRSYNC;
    for (size_t i = 0; i < sizeof known_messages / sizeof known_messages[0]; i++)
        if (strstr(line, known_messages[i].part) != NULL)
            return known_messages[i].sign;
    return 0;
}

/* What follows every failure, or is none. */
static bool is_summary(const char *line)
{
    static const char *const starts[] = {
        "rsync error: ",
        "rsync warning: ",
        "rsync: connection unexpectedly closed",
        "rsync: [Receiver] write error: Broken pipe",
        "file has vanished: ",
        "directory has vanished: ",
        "(see the rsync manpage",
    };

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (starts_with(line, starts[i]))
            return true;
    /* ssh, of a configuration whose faults it has named before (readconf.c). */
    return strstr(line, ": terminating, ") != NULL;
}

/* Of messages that are known, the first explains the rest. Of unknown ones it is the last before rsync gives up: a
 * login banner comes first. */
static void note_error(struct rsync_output *output, enum error_rank rank, const char *line)
{
    char text[FIRST_ERROR_MAX];

    if (rank < output->error_rank || (rank == output->error_rank && rank != ERROR_RANK_OTHER))
        return;
    output->error_rank = rank;
    text_printable(text, sizeof text, line, strlen(line));
    buf_clear(&output->error_line);
    buf_add_text(&output->error_line, text);
}

static void add_path(struct rsync_output *output, const struct complaint *complaint)
{
    const char *reason = output->path_count == 0 ? "" : output->paths[output->path_count - 1].reason;
    size_t size = strlen(complaint->path) + strlen(complaint->reason) + 2;

    output->stats.failed_paths++;
    if (output->path_count == RSYNC_OUTPUT_PATHS_MAX || output->path_bytes + size > RSYNC_OUTPUT_PATHS_BYTES)
        return;
    if (output->path_count == output->path_room) {
        size_t room = output->path_room == 0 ? 16 : output->path_room * 2;
        struct run_path *paths = arena_alloc(output->arena, room * sizeof *paths);

        if (output->path_count > 0)
            memcpy(paths, output->paths, output->path_count * sizeof *paths);
        output->paths = paths;
        output->path_room = room;
    }
    if (strcmp(reason, complaint->reason) != 0)
        reason = arena_strdup(output->arena, complaint->reason);
    output->path_bytes += size;
    output->paths[output->path_count++] =
        (struct run_path){.path = arena_strdup(output->arena, complaint->path), .reason = reason};
}

static void read_error(struct rsync_output *output, struct arena *scratch, const char *line, bool cut)
{
    struct complaint complaint;
    enum error_rank rank = ERROR_RANK_OTHER;
    unsigned signs;

    /* What ssh says when all is well: of a key that was to be learnt, and under -v. */
    if (starts_with(line, "Warning: Permanently added ") || starts_with(line, "debug1: ") ||
        starts_with(line, "OpenSSH_"))
        return;
    if (read_complaint(scratch, line, cut, &complaint)) {
        signs = signs_of_complaint(&complaint);
        if (complaint.path != NULL && (signs & SIGN_SOURCE_MISSING) == 0)
            add_path(output, &complaint);
        if (complaint.path != NULL || signs != 0)
            rank = ERROR_RANK_CAUSE;
    } else {
        signs = signs_of_message(line);
        if (signs != 0)
            rank = ERROR_RANK_CAUSE;
    }
    if (is_summary(line)) {
        rank = ERROR_RANK_SUMMARY;
        output->summed_up = true;
    }
    output->signs |= signs;
    if (rank != ERROR_RANK_OTHER || !output->summed_up)
        note_error(output, rank, line);
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* The line as it may be shown, without rsync's own escapes (filtered_fwrite() of log.c). */
static const char *shown_line(struct arena *arena, const char *line, size_t size)
{
    char *bytes = arena_alloc(arena, size + 1);
    size_t length = 0;

    for (size_t i = 0; i < size; length++) {
        if (size - i >= 5 && line[i] == '\\' && line[i + 1] == '#' && line[i + 2] <= '3' &&
            is_octal(line[i + 2]) && is_octal(line[i + 3]) && is_octal(line[i + 4])) {
            bytes[length] = (char)((line[i + 2] - '0') * 64 + (line[i + 3] - '0') * 8 + (line[i + 4] - '0'));
            i += 5;
        } else {
            bytes[length] = line[i++];
        }
    }
    return text_printable_dup(arena, bytes, length);
}

static void end_line(struct rsync_output *output, int stream)
{
    struct buf *raw = &output->line[stream - 1];
    bool cut = output->skipping[stream - 1];
    ARENA_SCOPED scratch = ARENA_EMPTY;
    const char *line;

    output->skipping[stream - 1] = false;
    if (stream == 1 && read_progress(buf_text(raw), &output->progress)) {
        buf_clear(raw);
        return;
    }
    line = shown_line(&scratch, buf_text(raw), raw->size);
    buf_clear(raw);
    if (line[strspn(line, " ")] == '\0')
        return;
    if (stream == 1)
        read_statistic(line, &output->stats);
    else
        read_error(output, &scratch, line, cut);
    if (output->log_line != NULL)
        output->log_line(output->context, stream == 2, cut ? arena_printf(&scratch, "%s [cut]", line) : line);
}

void rsync_output_feed(struct rsync_output *output, int stream, const char *bytes, size_t size)
{
    struct buf *line;

    assert(stream == 1 || stream == 2);
    line = &output->line[stream - 1];
    while (size > 0) {
        size_t length = 0, room = RSYNC_OUTPUT_LINE_MAX - line->size;

        while (length < size && bytes[length] != '\r' && bytes[length] != '\n')
            length++;
        if (length > room)
            output->skipping[stream - 1] = true;
        buf_add(line, bytes, length < room ? length : room);
        if (length < size) {
            end_line(output, stream);
            length++;
        }
        bytes += length;
        size -= length;
    }
}

void rsync_output_finish(struct rsync_output *output)
{
    end_line(output, 1);
    end_line(output, 2);
    if (output->error_rank != ERROR_RANK_NONE)
        output->first_error = arena_strdup(output->arena, buf_text(&output->error_line));
}
