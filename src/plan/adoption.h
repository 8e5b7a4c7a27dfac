/*
 * What of another tool's hard-link trees becomes snapshots: a pure function of what was found. Each tool keeps a backup
 * as a plain directory; that directory is renamed, never copied, and nothing else of the tool is touched.
 *
 *   rsnapshot    <root>/daily.3/<backup point>/…    the time is the mtime of the interval's directory. The backup point
 *                becomes data/ when one is called as the host, or all intervals have the same single one; else the
 *                interval's directory does, and the backup points stay directories in it. What was taken from there
 *                before decides for all that follows: what is left in an interval belongs to another host
 *   dirvish      <vault>/<image>/tree/, summary      Image-now (else Backup-begin) and Status of the summary
 *   backintime   <profile>/20260101-021500-123/backup/   the time is that of the name; new_snapshot and last_snapshot are
 *                no backups; a file "failed" says that paths were left out
 *
 * Times without a zone are those of the server's zone. What is unfinished, failed, of the future, or cannot be dated stays
 * where it is, with the reason. The names are made from time and origin alone, so that a second attempt makes them again.
 */
#ifndef PLAN_ADOPTION_H
#define PLAN_ADOPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "model/snapshot.h"
#include "plan/snapshot_name.h"
#include "plan/zone.h"

#define ADOPTION_TOOL_LIST(X)                                                                                \
    X(ADOPT_RSNAPSHOT, "rsnapshot")                                                                          \
    X(ADOPT_DIRVISH, "dirvish")                                                                              \
    X(ADOPT_BACKINTIME, "backintime")

enum adoption_tool {
#define ADOPTION_TOOL_ENUM(tool, name) tool,
    ADOPTION_TOOL_LIST(ADOPTION_TOOL_ENUM)
#undef ADOPTION_TOOL_ENUM
        ADOPTION_TOOL__MAX
};

const char *adoption_tool_name(enum adoption_tool tool);
enum adoption_tool adoption_tool_parse(const char *name); /* ADOPTION_TOOL__MAX when unknown */

/* One entry of the tool's directory, as it was found. */
struct adoption_entry {
    const char *name;
    bool is_directory; /* a real one, no link, on the same mount */
    int64_t modified;
    struct list inside;  /* names of the real directories in it, and of its files "failed" */
    const char *summary; /* dirvish: the text of the summary, or NULL */
};

struct adoption_facts {
    enum adoption_tool tool;
    const char *path; /* of the tool's directory, absolute */
    const char *host;
    struct list before; /* sources of what the host has from earlier attempts: "/backups/old/daily.3/web1" */
    const struct adoption_entry *entries;
    size_t count;
    const struct zone *zone; /* of the server */
    int64_t now;
};

struct adoption_item {
    const char *source;          /* what is renamed, below path: "daily.3/web1", "20260101/tree" */
    const char *reason;          /* why it stays where it is; NULL: it is taken */
    int64_t when;                /* 0: not known */
    enum snapshot_status status; /* success, or partial */
    char name[SNAPSHOT_NAME_SIZE];
};

struct adoption {
    struct adoption_item *items; /* what is taken first, the oldest first */
    size_t count;
    size_t taken; /* how many of them are taken */
};

struct adoption adoption_plan(struct arena *arena, const struct adoption_facts *facts);

#endif
