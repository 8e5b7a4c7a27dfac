/*
 * The health of hosts: loads the facts, for one host or for all with the same few statements, and asks plan/health.h. The
 * backup root is looked at once for all of them: whoever shows a lost root tells it once.
 */
#ifndef SERVICE_HOST_HEALTH_H
#define SERVICE_HOST_HEALTH_H

#include "engine/root.h"
#include "model/host.h"
#include "model/run.h"
#include "model/schedule.h"
#include "model/snapshot.h"
#include "plan/health.h"
#include "service/service.h"

struct host_health {
    const struct host *host;
    bool enabled;
    struct health_report report;
    enum activity activity;
    bool attention;                   /* health_needs_attention() */
    bool by_root;                     /* it is so because of the backup root */
    int64_t next_at;                  /* when the next run is due; 0: never, or nobody follows the schedule */
    const struct schedule *schedule;  /* NULL: none */
    const struct run *last_run;       /* the newest backup that began; NULL: none */
    const struct snapshot *last_good; /* NULL: none */
};

struct host_health_list {
    struct root_report root;
    struct host_health *hosts; /* by name */
    size_t count;
};

/* All hosts, or the one of this name (ERR_NOT_FOUND). `since` of a state that lasts reaches back over the last
 * runs that are looked at: 8, or 200 when all of those failed, were partial or had warnings. */
int host_health_load(struct service *service, const char *name, struct host_health_list *list,
                     struct err *err);

#endif
