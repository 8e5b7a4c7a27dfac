/* Compressing and dropping the logs of runs that have ended. */
#include "service/run_logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "engine/run_log.h"
#include "service/host_settings.h"
#include "store/store_run.h"
#include "sys/fs.h"

enum { DAY = 86400, LOGS_MAX = 1000000 };

struct tidying {
    struct service *service;
    int runs_fd;
    int64_t keep_days;
    struct run_logs_tidied *tidied;
};

/* The run of "17.log" or "17.log.gz", else 0. */
static int64_t run_of(struct arena *arena, const char *name)
{
    size_t digits = strspn(name, "0123456789");
    struct err ignored;
    int64_t id;

    if (strcmp(name + digits, RUN_LOG_SUFFIX) != 0 && strcmp(name + digits, RUN_LOG_PACKED_SUFFIX) != 0)
        return 0;
    return parse_int(arena_copy(arena, name, digits), 1, INT64_MAX, &id, &ignored) < 0 ? 0 : id;
}

/* When the run of the log ended: 0 while it has not. */
static int end_of(struct tidying *tidying, int64_t id, const char *name, int64_t *ended, struct err *err)
{
    struct stat stat;
    struct run run;

    *ended = 0;
    if (store_run_load(tidying->service->arena, tidying->service->db, id, &run, err) == 0) {
        *ended = run_has_ended(run.state) ? run.ended_at : 0;
        return 0;
    }
    if (err->code != ERR_NOT_FOUND)
        return -1;
    if (fstatat(tidying->runs_fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
        *ended = stat.st_mtime;
    return 0;
}

static void complain(struct tidying *tidying, const struct err *err)
{
    if (tidying->tidied->failed++ == 0)
        tidying->tidied->complaint = arena_strdup(tidying->service->arena, err->message);
}

static int tidy(struct tidying *tidying, const char *name, struct err *err)
{
    int64_t id = run_of(tidying->service->arena, name);
    int64_t ended, age;
    struct err failure;
    bool packed = strcmp(name + strspn(name, "0123456789"), RUN_LOG_PACKED_SUFFIX) == 0;

    if (id == 0)
        return 0;
    if (end_of(tidying, id, name, &ended, err) < 0)
        return -1;
    age = ended == 0 ? 0 : tidying->service->now - ended;
    if (tidying->keep_days > 0 && age >= tidying->keep_days * DAY) {
        if (run_log_drop(tidying->runs_fd, name, &failure) < 0)
            complain(tidying, &failure);
        else
            tidying->tidied->dropped++;
    } else if (!packed && age >= DAY) {
        if (run_log_pack(tidying->runs_fd, id, &failure) < 0)
            complain(tidying, &failure);
        else
            tidying->tidied->packed++;
    }
    return 0;
}

int run_logs_tidy(struct service *service, struct run_logs_tidied *tidied, struct err *err)
{
    const char *path = arena_printf(service->arena, "%s/runs", service->environment.home);
    FD_SCOPED fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct tidying tidying = {.service = service, .runs_fd = fd, .tidied = tidied};
    struct effective effective;
    struct list names;
    bool more;

    *tidied = (struct run_logs_tidied){0};
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\"", path);
    if (global_settings_load(service, &effective, err) < 0 ||
        fs_list_names(service->arena, fd, LOGS_MAX, &names, &more, err) < 0)
        return -1;
    tidying.keep_days = effective.config.keep_logs_days;
    for (size_t i = 0; i < names.count; i++)
        if (tidy(&tidying, names.items[i], err) < 0)
            return -1;
    return tidied->packed + tidied->dropped > 0 ? fs_sync(fd, path, err) : 0;
}
