/*
 * A survey compares what lies in the backup root with what is recorded, host by host: the root is opened once, each host
 * is looked at (engine/discovery.h), compared (plan/discovery.h) and judged (plan/preflight.h). It changes nothing.
 */
#ifndef SERVICE_SURVEY_H
#define SERVICE_SURVEY_H

#include "engine/discovery.h"
#include "engine/root.h"
#include "model/host.h"
#include "plan/preflight.h"
#include "service/service.h"

struct survey {
    struct service *service;
    const char *path;          /* of the root, NULL: none is configured */
    struct root root;          /* valid if `known` */
    bool known;                /* a root was ever marked */
    struct root_report report; /* how it is now */
    int root_fd;               /* -1: its state is not ok */
    struct list directories;   /* of the root that may be a host's */
    bool whole;                /* looks take their time, for an import */
    int64_t until_ms;          /* when the survey as a whole has to end */
};

#define SURVEY_CLOSED ((struct survey){.root_fd = -1})
#define SURVEY_SCOPED __attribute__((cleanup(survey_close))) struct survey

/* What was found of one host. */
struct survey_host {
    const struct host *host;
    const char *path; /* of its directory; NULL: there is no root */
    struct discovery_look look;
    struct snapshot *rows; /* all of it, deleted ones too */
    size_t row_count;
    struct discovery discovery;
    struct preflight preflight;
};

/* A root that is not ok is a finding. -1 for a failure of the database only. */
int survey_open(struct service *service, bool whole, struct survey *survey, struct err *err);
void survey_close(struct survey *survey);

/* Looks at one host; disk first and rows then, so that whatever is seen on disk has its row if it ever gets one. */
int survey_host(struct survey *survey, const struct host *host, struct survey_host *found, struct err *err);

/* Loads the rows and compares again, with the look that was made. */
int survey_compare(struct survey *survey, struct survey_host *found, struct err *err);

#endif
