/* What is done every night. */
#include "service/service_maintenance.h"

#include "base/text.h"
#include "service/database_copy.h"
#include "service/run_logs.h"

static void add(struct arena *arena, struct maintenance *maintenance, const char *sentence)
{
    maintenance->message = maintenance->message == NULL
                               ? sentence
                               : arena_printf(arena, "%s; %s", maintenance->message, sentence);
}

/* A failure is worse than a warning, and the first failure has the cause. */
static void fail(struct service *service, struct maintenance *maintenance, enum run_state state,
                 enum cause cause, const char *sentence)
{
    if (maintenance->state != RUN_FAILED) {
        maintenance->state = state;
        maintenance->cause = state == RUN_FAILED ? cause : CAUSE_NONE;
    }
    add(service->arena, maintenance, arena_strdup(service->arena, sentence));
}

/* A damaged database is not copied: its copy would push out a sound one. */
static void copy_database(struct service *service, struct maintenance *maintenance)
{
    struct database_copy copy;
    struct err err;

    if (db_check(service->db, &err) < 0 || database_copy_nightly(service, &copy, &err) < 0)
        fail(service, maintenance, RUN_FAILED, CAUSE_IO_ERROR, err.message);
    else {
        if (copy.warning != NULL)
            fail(service, maintenance, RUN_WARNING, CAUSE_NONE, copy.warning);
        add(service->arena, maintenance,
            arena_printf(service->arena, "the database was copied to \"%s\" (%s)", copy.path,
                         text_bytes(service->arena, copy.bytes)));
    }
}

static void tidy_logs(struct service *service, struct maintenance *maintenance)
{
    struct run_logs_tidied tidied;
    struct err err;

    if (run_logs_tidy(service, &tidied, &err) < 0)
        fail(service, maintenance, RUN_WARNING, CAUSE_NONE, err.message);
    if (tidied.failed > 0)
        fail(service, maintenance, RUN_WARNING, CAUSE_NONE,
             arena_printf(service->arena, "old logs of runs: %d could not be seen to, first: %s",
                          tidied.failed, tidied.complaint));
    if (tidied.packed + tidied.dropped > 0)
        add(service->arena, maintenance,
            arena_printf(service->arena, "old logs of runs: %d compressed, %d dropped", tidied.packed,
                         tidied.dropped));
}

void service_maintenance(struct service *service, struct maintenance *maintenance)
{
    *maintenance = (struct maintenance){.state = RUN_SUCCESS, .cause = CAUSE_NONE};
    copy_database(service, maintenance);
    tidy_logs(service, maintenance);
}
