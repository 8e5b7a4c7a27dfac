/* States, their sentences, and what they forbid. */
#include "plan/preflight.h"

enum { NAMES_SHOWN = 5 };

/* "a, b, c and 4 more" */
static const char *names_text(struct arena *arena, const struct list *names)
{
    struct list shown = *names;

    if (names->count <= NAMES_SHOWN)
        return list_join(arena, names, ", ");
    shown.count = NAMES_SHOWN;
    return arena_printf(arena, "%s and %zu more", list_join(arena, &shown, ", "), names->count - NAMES_SHOWN);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

enum preflight_state preflight_root_state(enum root_state state)
{
    static const enum preflight_state states[] = {
        [ROOT_OK] = PREFLIGHT_FOUND,
        [ROOT_UNSET] = PREFLIGHT_ROOT_UNSET,
        [ROOT_UNMARKED] = PREFLIGHT_ROOT_UNMARKED,
        [ROOT_MISSING] = PREFLIGHT_ROOT_MISSING,
        [ROOT_NOT_DIRECTORY] = PREFLIGHT_ROOT_NOT_DIRECTORY,
        [ROOT_UNREADABLE] = PREFLIGHT_ROOT_UNREADABLE,
        [ROOT_READ_ONLY] = PREFLIGHT_ROOT_READ_ONLY,
        [ROOT_NOT_MOUNTED] = PREFLIGHT_ROOT_NOT_MOUNTED,
        [ROOT_WRONG_DISK] = PREFLIGHT_ROOT_WRONG_DISK,
        [ROOT_IO_ERROR] = PREFLIGHT_IO_ERROR,
    };

    return (unsigned)state < ROOT_STATE__MAX ? states[state] : PREFLIGHT_IO_ERROR;
}

bool preflight_is_of_root(enum preflight_state state)
{
    return state <= PREFLIGHT_ROOT_WRONG_DISK;
}

bool preflight_allows(enum preflight_state state, enum preflight_work work)
{
    if (preflight_is_of_root(state) || state == PREFLIGHT_HOST_UNREADABLE)
        return false;
    if (state == PREFLIGHT_IO_ERROR || state == PREFLIGHT_TIMED_OUT)
        return work == WORK_RUN;
    return work != WORK_MARK_MISSING || state != PREFLIGHT_HOST_EMPTY;
}

const char *preflight_sum(struct arena *arena, const struct discovery_counts *counts)
{
    return arena_printf(
        arena, "%zu found: %zu new, %zu recorded, %zu unreadable, %zu incomplete, %zu ignored", counts->found,
        counts->new, counts->recorded, counts->unreadable, counts->incomplete, counts->ignored);
}

/* "31 snapshots are recorded" */
static const char *recorded_text(struct arena *arena, const struct preflight_facts *facts)
{
    size_t live = facts->discovery->live;

    return live == 0 ? "none is recorded"
                     : arena_printf(arena, "%zu snapshot%s recorded", live, live == 1 ? " is" : "s are");
}

static struct preflight host_missing(struct arena *arena, const struct preflight_facts *facts)
{
    struct preflight preflight = {PREFLIGHT_HOST_MISSING, PREFLIGHT_WARN, NULL, NULL, NULL};
    const char *similar = facts->similar.count == 0 ? NULL : names_text(arena, &facts->similar);

    preflight.found = arena_printf(
        arena, "the backup root is fine%s; \"%s\" does not exist; %s%s%s",
        facts->root_note == NULL ? "" : arena_printf(arena, " (%s)", facts->root_note), facts->host_path,
        recorded_text(arena, facts), similar == NULL ? "" : "; similar: ", similar == NULL ? "" : similar);
    preflight.expected = "the host's directory below the backup root";
    preflight.hint =
        similar != NULL
            ? arena_printf(arena,
                           "if one of these is it, rename it to \"%s\"; otherwise the first backup makes it: "
                           "pobsync backup %s",
                           facts->host, facts->host)
            : arena_printf(arena, "the first backup makes it: pobsync backup %s", facts->host);
    return preflight;
}

static struct preflight unfinished(struct arena *arena, const struct preflight_facts *facts)
{
    const char *seen =
        arena_printf(arena, "seen until then: at least %zu found", facts->discovery->counts.found);

    if (facts->look == LOOK_TIMED_OUT)
        return (struct preflight){
            PREFLIGHT_TIMED_OUT, PREFLIGHT_FAIL,
            arena_printf(arena, "\"%s\": %s; %s", facts->host_path, facts->look_problem, seen),
            "a look at all of it within the limit",
            arena_printf(arena, "look at it without the limit: pobsync discover-snapshots --host %s",
                         facts->host)};
    return (struct preflight){
        PREFLIGHT_IO_ERROR, PREFLIGHT_FAIL,
        arena_printf(arena, "\"%s\": %s; %s", facts->host_path, facts->look_problem, seen),
        "a file system that answers", "look at the kernel's log (dmesg) and at the disk (smartctl -a)"};
}

static struct preflight host_empty(struct arena *arena, const struct preflight_facts *facts)
{
    bool recorded = facts->discovery->live > 0;

    return (struct preflight){
        PREFLIGHT_HOST_EMPTY, PREFLIGHT_WARN,
        arena_printf(arena, "\"%s\" exists and is empty; %s", facts->host_path, recorded_text(arena, facts)),
        recorded ? "the recorded snapshots" : "snapshots",
        recorded
            ? "a wrong disk, or deleted? nothing is marked as missing; see what is mounted: findmnt, then "
              "check again"
            : arena_printf(arena, "nothing to import; the first backup fills it: pobsync backup %s",
                           facts->host)};
}

static struct preflight no_snapshot_dirs(struct arena *arena, const struct preflight_facts *facts)
{
    size_t count = facts->ignored.count;

    return (struct preflight){
        PREFLIGHT_NO_SNAPSHOT_DIRS, PREFLIGHT_WARN,
        arena_printf(arena, "\"%s\": %zu entr%s, none a snapshot: %s; %s", facts->host_path, count,
                     count == 1 ? "y" : "ies", names_text(arena, &facts->ignored),
                     recorded_text(arena, facts)),
        "scheduled/ or manual/ with directories named YYYYMMDD-HHMMSS...",
        "see whether the snapshots lie elsewhere, and move them into scheduled/ or manual/ of this directory"};
}

static struct preflight recorded_missing(struct arena *arena, const struct preflight_facts *facts)
{
    const struct discovery_rows *missing = &facts->discovery->missing;
    struct list names = {0};

    for (size_t i = 0; i < missing->count; i++)
        list_add(arena, &names, missing->items[i]->name);
    return (struct preflight){
        PREFLIGHT_RECORDED_MISSING, PREFLIGHT_WARN,
        arena_printf(arena, "%zu recorded snapshot%s not on disk: %s; %s", names.count,
                     names.count == 1 ? " is" : "s are", names_text(arena, &names),
                     preflight_sum(arena, &facts->discovery->counts)),
        "every recorded snapshot on disk",
        "see who removed them, or mount what holds them; their records stay, and count again when they are back"};
}

static struct preflight snapshots_found(struct arena *arena, const struct preflight_facts *facts)
{
    const struct discovery_counts *counts = &facts->discovery->counts;
    bool warn = counts->unreadable > 0 || counts->incomplete > 0;
    struct preflight preflight = {PREFLIGHT_FOUND, warn ? PREFLIGHT_WARN : PREFLIGHT_OK,
                                  preflight_sum(arena, counts), NULL, NULL};

    if (counts->unreadable > 0) {
        preflight.found =
            arena_printf(arena, "%s; unreadable: %s", preflight.found, names_text(arena, &facts->unreadable));
        preflight.expected = "snapshots that can be read";
        preflight.hint = "see owner and mode of these, or the disk (dmesg), then check again";
    } else if (counts->incomplete > 0) {
        preflight.expected = "finished snapshots only, unless a backup is running";
        preflight.hint = arena_printf(arena, "unfinished ones are settled by the next run: pobsync backup %s",
                                      facts->host);
    }
    if (counts->new > 0 && preflight.hint == NULL)
        preflight.hint = arena_printf(arena, "import %zu new one%s: pobsync discover-snapshots --host %s",
                                      counts->new, plural(counts->new), facts->host);
    return preflight;
}

struct preflight preflight_plan(struct arena *arena, const struct preflight_facts *facts)
{
    const struct discovery_counts *counts = &facts->discovery->counts;

    if (facts->root != ROOT_OK)
        return (struct preflight){preflight_root_state(facts->root), PREFLIGHT_FAIL, facts->root_found,
                                  facts->root_expected, facts->root_hint};
    switch (facts->look) {
    case LOOK_MISSING:
        return host_missing(arena, facts);
    case LOOK_UNREADABLE:
        return (struct preflight){
            PREFLIGHT_HOST_UNREADABLE, PREFLIGHT_FAIL,
            arena_printf(arena, "\"%s\" cannot be read: %s", facts->host_path, facts->look_problem),
            "a directory that pobsync may read and enter",
            arena_printf(arena, "correct its owner and mode, or run as root: ls -ld %s", facts->host_path)};
    case LOOK_TIMED_OUT:
    case LOOK_IO_ERROR:
        return unfinished(arena, facts);
    case LOOK_DONE:
    case LOOK_END__MAX:
        break;
    }
    if (counts->found == 0)
        return host_empty(arena, facts);
    if (counts->found == counts->ignored)
        return no_snapshot_dirs(arena, facts);
    if (facts->discovery->missing.count > 0)
        return recorded_missing(arena, facts);
    return snapshots_found(arena, facts);
}
