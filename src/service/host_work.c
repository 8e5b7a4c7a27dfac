/* Opening a host's directory for work. */
#include "service/host_work.h"

#include "service/service_root.h"
#include "sys/fs.h"

static int open_root(struct service *service, struct host_work *work, struct err *err)
{
    struct root_report report;

    if (service_root_open(service, work->settings.config->backup_root, &report, &work->root_fd, err) < 0)
        return -1;
    return work->root_fd < 0 ? root_refuse(&report, err) : 0;
}

int host_work_open(struct service *service, const char *host, const char *what, bool keeps_incomplete,
                   void (*notice)(void *context, const char *line), void *context, struct host_work *work,
                   struct err *err)
{
    struct host_directory *directory = &work->directory;
    int ended;

    if (host_settings_load(service, host, &work->settings, err) < 0 ||
        config_check(work->settings.config, err) < 0 || open_root(service, work, err) < 0)
        return -1;
    if (host_directory_open(service->arena, work->root_fd, work->settings.config->backup_root,
                            work->settings.host.name, false, directory, err) < 0) {
        if (err->code == ERR_NOT_FOUND)
            err->code = ERR_ROOT;
        return -1;
    }
    if (host_directory_lock(directory, service->now, what, &ended, err) < 0)
        return -1;
    if (ended > 0 && notice != NULL)
        notice(context, arena_printf(service->arena, "ended %d process%s that an earlier run had left behind",
                                     ended, ended == 1 ? "" : "es"));
    return (keeps_incomplete ? recovery_end_runs : recovery_apply)(service, &work->settings.host, directory,
                                                                   0, notice, context, &work->recovery, err);
}

void host_work_unlock(struct host_work *work)
{
    fs_close(&work->directory.lock_fd);
}

void host_work_close(struct host_work *work)
{
    host_directory_close(&work->directory);
    fs_close(&work->root_fd);
}
