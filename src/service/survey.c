/* Looking at hosts. */
#include "service/survey.h"

#include <string.h>

#include "base/text.h"
#include "plan/host_likeness.h"
#include "service/host_settings.h"
#include "service/service_root.h"
#include "store/store_snapshot.h"
#include "sys/clock.h"
#include "sys/fs.h"

enum { DIRECTORIES_MAX = 20000, SIMILAR_MAX = 3, SURVEY_MS = 30000 };

int survey_open(struct service *service, bool whole, struct survey *survey, struct err *err)
{
    struct effective effective;
    struct root_question question;
    struct err unreadable;
    bool more;

    *survey = SURVEY_CLOSED;
    survey->service = service;
    survey->whole = whole;
    survey->until_ms = clock_boot_ms() + SURVEY_MS;
    if (global_settings_load(service, &effective, err) < 0 ||
        service_root_load(service, &survey->root, &survey->known, err) < 0)
        return -1;
    survey->path = effective.config.backup_root;
    question = service_root_question(service, survey->path, survey->known ? &survey->root : NULL);
    survey->root_fd = root_open(service->arena, &question, &survey->report);
    if (survey->root_fd >= 0 && discovery_directories(service->arena, survey->root_fd, DIRECTORIES_MAX,
                                                      &survey->directories, &more, &unreadable) < 0) {
        survey->report.state = ROOT_IO_ERROR;
        survey->report.found = arena_strdup(service->arena, unreadable.message);
        survey->report.expected = "a file system that answers";
        survey->report.hint = "look at the kernel's log (dmesg) and at the disk (smartctl -a)";
        fs_close(&survey->root_fd);
    }
    return 0;
}

void survey_close(struct survey *survey)
{
    fs_close(&survey->root_fd);
}

static const char *kind_text(enum snapshot_kind kind)
{
    return kind == KIND__MAX ? "" : snapshot_kind_directory(kind);
}

/* "scheduled/NAME (permission denied)" */
static const char *entry_text(struct arena *arena, const struct discovery_entry *entry)
{
    const char *name = text_printable_dup(arena, entry->name, strlen(entry->name));

    return arena_printf(arena, "%s%s%s%s%s%s", kind_text(entry->kind), entry->kind == KIND__MAX ? "" : "/",
                        name, entry->problem == NULL ? "" : " (",
                        entry->problem == NULL ? "" : entry->problem, entry->problem == NULL ? "" : ")");
}

static const char *room_text(struct arena *arena, const struct fs_room *room)
{
    return room->bytes_total <= 0
               ? NULL
               : arena_printf(arena, "%d%% free", (int)(room->bytes_free / (room->bytes_total / 100 + 1)));
}

static void judge(struct survey *survey, struct survey_host *found)
{
    struct arena *arena = survey->service->arena;
    struct preflight_facts facts = {
        .root = survey->report.state,
        .root_found = survey->report.found,
        .root_expected = survey->report.expected,
        .root_hint = survey->report.hint,
        .root_path = survey->path,
        .root_note = room_text(arena, &survey->report.room),
        .host = found->host->name,
        .host_path = found->path,
        .look = found->look.end,
        .look_problem = found->look.problem,
        .discovery = &found->discovery,
    };

    for (size_t i = 0; i < found->look.count; i++) {
        const struct discovery_entry *entry = &found->look.entries[i];

        if (entry->class == DISCOVERY_IGNORED)
            list_add(arena, &facts.ignored, entry_text(arena, entry));
        if (entry->class == DISCOVERY_UNREADABLE)
            list_add(arena, &facts.unreadable, entry_text(arena, entry));
    }
    if (found->look.end == LOOK_MISSING)
        facts.similar = host_likenesses(arena, found->host->name, &survey->directories, SIMILAR_MAX);
    found->preflight = preflight_plan(arena, &facts);
}

int survey_compare(struct survey *survey, struct survey_host *found, struct err *err)
{
    struct service *service = survey->service;

    if (store_snapshot_list(service->arena, service->db, found->host->id, true, &found->rows,
                            &found->row_count, err) < 0)
        return -1;
    found->discovery =
        discovery_plan(service->arena, found->look.entries, found->look.count, found->rows, found->row_count);
    judge(survey, found);
    return 0;
}

int survey_host(struct survey *survey, const struct host *host, struct survey_host *found, struct err *err)
{
    struct arena *arena = survey->service->arena;
    int64_t now_ms = clock_boot_ms();
    struct discovery_limits limits =
        survey->whole ? discovery_limits_of_import(now_ms) : discovery_limits_of_preflight(now_ms);

    *found = (struct survey_host){.host = host};
    if (!survey->whole && limits.until_ms > survey->until_ms)
        limits.until_ms = survey->until_ms;
    if (survey->path != NULL)
        found->path =
            arena_printf(arena, "%s/%s", strcmp(survey->path, "/") == 0 ? "" : survey->path, host->name);
    if (survey->root_fd >= 0)
        discovery_look(arena, survey->root_fd, host->name, &limits, &found->look);
    return survey_compare(survey, found, err);
}
