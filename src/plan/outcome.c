/* How a backup run ends: a table of rsync's exit statuses, and the judgement of the tree it left. */
#include "plan/outcome.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/when.h"

/* What the signs say, the most telling first. */
static const struct sign_row {
    enum rsync_sign sign;
    enum cause cause;
    const char *sentence;
} sign_rows[] = {
    {SIGN_HOST_KEY, CAUSE_HOST_KEY_CHANGED, "the host key is not the one that was pinned"},
    {SIGN_AUTH, CAUSE_AUTH_FAILED, "the host refused the login"},
    {SIGN_NO_SPACE, CAUSE_NO_SPACE, "the backup root has no space left"},
    {SIGN_TOO_MANY_LINKS, CAUSE_IO_ERROR,
     "a file has as many hard links as the backup root's file system can have"},
    {SIGN_NO_RSYNC, CAUSE_PROTOCOL, "rsync was not found on the host"},
    {SIGN_REFUSED_BY_RRSYNC, CAUSE_CONFIG, "the host's rrsync refused what was asked for"},
    {SIGN_NOT_CLEAN, CAUSE_PROTOCOL, "the login shell of the host prints text of its own"},
    {SIGN_SOURCE_MISSING, CAUSE_SOURCE_MISSING, "the source root does not exist on the host"},
    {SIGN_SOURCE_DENIED, CAUSE_SOURCE_MISSING, "the source root may not be read by the remote user"},
    {SIGN_OUT_OF_MEMORY, CAUSE_OUT_OF_MEMORY, "rsync ran out of memory"},
    {SIGN_IO_ERROR, CAUSE_IO_ERROR, "reading or writing failed"},
    {SIGN_UNREACHABLE, CAUSE_HOST_UNREACHABLE, "the connection to the host could not be made or was lost"},
};

enum {
    SIGNS_OF_ROOT = SIGN_NO_SPACE | SIGN_TOO_MANY_LINKS | SIGN_IO_ERROR,
    SIGNS_OF_LINK = SIGN_HOST_KEY | SIGN_AUTH | SIGN_UNREACHABLE,
    SIGNS_OF_PEER = SIGN_NO_RSYNC | SIGN_REFUSED_BY_RRSYNC | SIGN_NOT_CLEAN,
    SIGNS_OF_SOURCE = SIGN_SOURCE_MISSING | SIGN_SOURCE_DENIED
};

/* rsync(1), "EXIT VALUES", and errcode.h of rsync 3.5.0: what a status means when no sign that fits says more. */
static const struct exit_row {
    int status;
    enum cause cause;
    unsigned signs; /* that are heeded */
    const char *sentence;
} exit_rows[] = {
    {1, CAUSE_CONFIG, SIGN_REFUSED_BY_RRSYNC, "rsync refused its options"},
    {2, CAUSE_PROTOCOL, SIGNS_OF_PEER, "the two sides do not speak the same protocol"},
    {3, CAUSE_IO_ERROR, SIGNS_OF_ROOT | SIGNS_OF_SOURCE, "a directory could not be entered or made"},
    {4, CAUSE_PROTOCOL, SIGN_REFUSED_BY_RRSYNC,
     "the host sent what was not asked for, or cannot do what was"},
    {5, CAUSE_PROTOCOL, SIGNS_OF_PEER | SIGNS_OF_LINK, "the two sides did not come to terms"},
    {10, CAUSE_HOST_UNREACHABLE, SIGNS_OF_LINK, "the connection to the host failed"},
    {11, CAUSE_IO_ERROR, SIGNS_OF_ROOT | SIGNS_OF_SOURCE, "reading or writing files failed"},
    {12, CAUSE_PROTOCOL, SIGNS_OF_LINK | SIGNS_OF_PEER | SIGNS_OF_ROOT | SIGNS_OF_SOURCE | SIGN_OUT_OF_MEMORY,
     "the conversation with the host broke off"},
    {13, CAUSE_INTERNAL, SIGN_OUT_OF_MEMORY | SIGNS_OF_ROOT, "rsync met an error in itself"},
    {14, CAUSE_INTERNAL, SIGN_OUT_OF_MEMORY, "rsync could not start its helper programs on this server"},
    {15, CAUSE_KILLED, SIGN_OUT_OF_MEMORY, "a process of rsync crashed"},
    {16, CAUSE_KILLED, SIGN_OUT_OF_MEMORY, "a process of rsync was ended from outside"},
    {19, CAUSE_KILLED, SIGN_OUT_OF_MEMORY, "a process of rsync was ended from outside"},
    /* The host's command may end with it too, so it is no sign that we stopped the run. */
    {20, CAUSE_KILLED, SIGN_OUT_OF_MEMORY, "rsync was interrupted from outside"},
    {21, CAUSE_INTERNAL, SIGN_OUT_OF_MEMORY, "rsync lost one of its processes"},
    {22, CAUSE_OUT_OF_MEMORY, 0, "rsync ran out of memory"},
    {30, CAUSE_TIMEOUT, 0, "the host sent nothing for too long"},
    {35, CAUSE_TIMEOUT, 0, "the host did not answer in time"},
    {124, CAUSE_PROTOCOL, SIGNS_OF_LINK | SIGNS_OF_PEER, "the command on the host failed"},
    {125, CAUSE_KILLED, SIGNS_OF_LINK | SIGNS_OF_PEER, "ssh was killed"},
    {126, CAUSE_PROTOCOL, SIGNS_OF_LINK | SIGNS_OF_PEER, "rsync could not be started on the host"},
    {127, CAUSE_PROTOCOL, SIGNS_OF_LINK | SIGNS_OF_PEER, "rsync was not found on the host"},
    {255, CAUSE_HOST_UNREACHABLE, SIGNS_OF_LINK, "the connection to the host could not be made or was lost"},
};

/* Exit status 23, when it is a failure. */
static const struct exit_row nothing_received = {
    23, CAUSE_IO_ERROR, SIGNS_OF_SOURCE | SIGNS_OF_ROOT | SIGN_OUT_OF_MEMORY, "nothing could be copied"};

static struct outcome failed(enum cause cause, const char *message)
{
    return (struct outcome){.state = RUN_FAILED, .cause = cause, .message = message};
}

static const char *with_first_error(struct arena *arena, const char *sentence,
                                    const struct outcome_facts *facts)
{
    return facts->first_error == NULL ? sentence
                                      : arena_printf(arena, "%s: %s", sentence, facts->first_error);
}

static struct outcome failed_by(struct arena *arena, const struct exit_row *row,
                                const struct outcome_facts *facts)
{
    enum cause cause = row->cause;
    const char *sentence = row->sentence;

    for (size_t i = 0; i < sizeof sign_rows / sizeof sign_rows[0]; i++) {
        if ((facts->signs & row->signs & (unsigned)sign_rows[i].sign) != 0) {
            cause = sign_rows[i].cause;
            sentence = sign_rows[i].sentence;
            break;
        }
    }
    if (facts->room_inodes_gone && (row->signs & SIGN_NO_SPACE) != 0 &&
        (cause == CAUSE_NO_SPACE || cause == row->cause)) {
        cause = CAUSE_NO_INODES;
        sentence = "the backup root has no free inode left";
    }
    return failed(cause, with_first_error(arena, sentence, facts));
}

static struct outcome failed_exit(struct arena *arena, const struct outcome_facts *facts)
{
    for (size_t i = 0; i < sizeof exit_rows / sizeof exit_rows[0]; i++)
        if (exit_rows[i].status == facts->exit_status)
            return failed_by(arena, &exit_rows[i], facts);
    return failed(
        CAUSE_INTERNAL,
        with_first_error(
            arena, arena_printf(arena, "rsync ended with the unknown status %d", facts->exit_status), facts));
}

/* Sentences of one outcome, joined by semicolons. */
static void add_sentence(struct arena *arena, struct outcome *outcome, const char *sentence)
{
    outcome->message =
        outcome->message == NULL ? sentence : arena_printf(arena, "%s; %s", outcome->message, sentence);
}

static void warn(struct arena *arena, struct outcome *outcome, const char *sentence)
{
    if (outcome->state == RUN_SUCCESS) {
        outcome->state = RUN_WARNING;
        outcome->status = SNAPSHOT_WARNING;
    }
    add_sentence(arena, outcome, sentence);
}

static void hold(struct arena *arena, struct outcome *outcome, enum cause cause, const char *reason)
{
    warn(arena, outcome, reason);
    outcome->cause = cause;
    outcome->held_reason = reason;
}

/* Less than half; what is not known, or was nothing, cannot have shrunk. */
static bool has_shrunk(int64_t now, int64_t before)
{
    return now >= 0 && before > 0 && now < before - now;
}

static void judge_size(struct arena *arena, const struct outcome_facts *facts, struct outcome *outcome)
{
    const struct run_stats *stats = &facts->stats;
    const struct snapshot *last = facts->last_good;

    if (stats->files == 0) {
        if (!facts->allow_empty)
            hold(arena, outcome, CAUSE_SOURCE_EMPTY, "the source holds no files");
        return;
    }
    if (last == NULL)
        return;
    if (has_shrunk(stats->files, last->files))
        hold(arena, outcome, CAUSE_SOURCE_SHRUNK,
             arena_printf(arena, "the source has %lld files, and %s has %lld", (long long)stats->files,
                          last->name, (long long)last->files));
    else if (has_shrunk(stats->bytes, last->bytes))
        hold(arena, outcome, CAUSE_SOURCE_SHRUNK,
             arena_printf(arena, "the source has %s, and %s has %s", text_bytes(arena, stats->bytes),
                          last->name, text_bytes(arena, last->bytes)));
}

/* --link-dest fails open: a full copy is no error to rsync. */
static void judge_links(struct arena *arena, const struct outcome_facts *facts, struct outcome *outcome)
{
    const struct run_stats *stats = &facts->stats;

    if (facts->no_base_reason != NULL)
        warn(arena, outcome, arena_printf(arena, "everything was copied anew: %s", facts->no_base_reason));
    else if (facts->had_base && stats->copied_same > 0 && stats->linked_files >= 0 &&
             stats->copied_same >= stats->linked_files)
        warn(arena, outcome,
             arena_printf(
                 arena,
                 "%lld unchanged files were copied instead of linked: see that all of the host directory is "
                 "one file system and that its owner did not change",
                 (long long)stats->copied_same));
    else if (stats->copied_same > 0 && (facts->signs & SIGN_TOO_MANY_LINKS) != 0)
        warn(arena, outcome,
             arena_printf(
                 arena,
                 "%lld unchanged files were copied: they have as many hard links as the backup root's file "
                 "system allows",
                 (long long)stats->copied_same));
}

static void judge_partial(struct arena *arena, const struct outcome_facts *facts, struct outcome *outcome)
{
    const char *first = facts->first_error == NULL ? "see the log of the run" : facts->first_error;

    outcome->state = RUN_PARTIAL;
    outcome->status = SNAPSHOT_PARTIAL;
    if ((facts->signs & SIGN_IO_ERROR) != 0)
        outcome->cause = CAUSE_IO_ERROR;
    if (facts->stats.failed_paths > 1)
        outcome->message = arena_printf(arena, "%lld paths could not be copied, first: %s",
                                        (long long)facts->stats.failed_paths, first);
    else
        outcome->message = arena_printf(arena, "%s could not be copied: %s",
                                        facts->stats.failed_paths == 1 ? "one path" : "some paths", first);
}

/* Partial means that the host kept something back. Where nothing came at all or was never looked at, or it is our own
 * side that is full, the run has failed. */
static bool is_failed_partial(const struct outcome_facts *facts)
{
    return !facts->scanned || facts->room_inodes_gone || (facts->signs & SIGN_NO_SPACE) != 0 ||
           (facts->stats.files == 0 && facts->stats.directories <= 1);
}

/* rsync ended with 0, 23 or 24: there is a tree, and what it holds decides. */
static struct outcome judge_tree(struct arena *arena, const struct outcome_facts *facts)
{
    struct outcome outcome = {.state = RUN_SUCCESS, .publish = true, .status = SNAPSHOT_SUCCESS};

    if (facts->exit_status == 23 && is_failed_partial(facts))
        return failed_by(arena, &nothing_received, facts);
    if (!facts->scanned)
        return failed(CAUSE_IO_ERROR, with_first_error(arena, "the new tree could not be read back", facts));
    if (facts->exit_status == 23) {
        judge_partial(arena, facts, &outcome);
    } else if (facts->exit_status == 24) {
        warn(arena, &outcome, "some files vanished from the host while they were copied");
    }
    judge_size(arena, facts, &outcome);
    judge_links(arena, facts, &outcome);
    return outcome;
}

struct outcome outcome_plan(struct arena *arena, const struct outcome_facts *facts)
{
    char duration[WHEN_TEXT];

    switch (facts->end) {
    case RSYNC_EXITED:
        break;
    case RSYNC_KILLED:
        return failed(CAUSE_KILLED,
                      with_first_error(
                          arena, arena_printf(arena, "rsync was killed by signal %d", facts->signal), facts));
    case RSYNC_TOO_LONG:
        return failed(CAUSE_TOO_LONG,
                      arena_printf(arena, "the run was stopped after %s, the longest it may take",
                                   when_duration(duration, facts->max_runtime_seconds)));
    case RSYNC_SILENT:
        return failed(CAUSE_TIMEOUT, arena_printf(arena, "the host sent nothing for %s",
                                                  when_duration(duration, facts->timeout_seconds)));
    case RSYNC_NO_SPACE:
        return failed(CAUSE_NO_SPACE,
                      "the run was stopped: the backup root has less space left than it must keep");
    case RSYNC_NO_INODES:
        return failed(CAUSE_NO_INODES,
                      "the run was stopped: the backup root has fewer inodes left than it must keep");
    case RSYNC_CANCELLED:
        return (struct outcome){.state = RUN_CANCELLED, .message = "the run was cancelled"};
    }
    switch (facts->exit_status) {
    case 0:
    case 23:
    case 24:
        return judge_tree(arena, facts);
    default:
        return failed_exit(arena, facts);
    }
}
