/* The names of a snapshot's kind and status, and what makes one good. */
#include "model/snapshot.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    const char *directory;
} kinds[] = {
    [KIND_SCHEDULED] = {"scheduled", "scheduled"},
    [KIND_MANUAL] = {"manual", "manual"},
    [KIND_INCOMPLETE] = {"incomplete", ".incomplete"},
};

static const char *const statuses[] = {
    [SNAPSHOT_UNKNOWN] = NULL,      [SNAPSHOT_SUCCESS] = "success", [SNAPSHOT_WARNING] = "warning",
    [SNAPSHOT_PARTIAL] = "partial", [SNAPSHOT_CLAIMED] = "claimed", [SNAPSHOT_DELETING] = "deleting",
    [SNAPSHOT_DELETED] = "deleted",
};

const char *snapshot_kind_name(enum snapshot_kind kind)
{
    return (unsigned)kind < KIND__MAX ? kinds[kind].name : "unknown";
}

const char *snapshot_kind_directory(enum snapshot_kind kind)
{
    return (unsigned)kind < KIND__MAX ? kinds[kind].directory : NULL;
}

const char *snapshot_status_name(enum snapshot_status status)
{
    return (unsigned)status < SNAPSHOT__MAX ? statuses[status] : NULL;
}

enum snapshot_kind snapshot_kind_parse(const char *name)
{
    enum snapshot_kind kind = KIND_SCHEDULED;

    while (kind < KIND__MAX && (name == NULL || strcmp(kinds[kind].name, name) != 0))
        kind++;
    return kind;
}

enum snapshot_status snapshot_status_parse(const char *name)
{
    enum snapshot_status status = SNAPSHOT_SUCCESS;

    if (name == NULL)
        return SNAPSHOT_UNKNOWN;
    while (status < SNAPSHOT__MAX && strcmp(statuses[status], name) != 0)
        status++;
    return status;
}

bool snapshot_is_good(const struct snapshot *snapshot)
{
    return snapshot->kind != KIND_INCOMPLETE &&
           (snapshot->status == SNAPSHOT_SUCCESS || snapshot->status == SNAPSHOT_WARNING) &&
           snapshot->held_reason == NULL && snapshot->confirmed && snapshot->missing_since == 0;
}
