/*
 * What discovery records of one host, in one transaction: snapshots that have no row become claimed ones, rows whose
 * directory has gone are marked as missing and those whose directory is back are not. Each is looked at once more within
 * the transaction, because backups and prunes go on meanwhile. Nothing is ever deleted, neither row nor directory.
 */
#ifndef SERVICE_DISCOVER_IMPORT_H
#define SERVICE_DISCOVER_IMPORT_H

#include "service/survey.h"

struct discover_import {
    struct list imported;   /* names */
    struct list lost, back; /* names, newly marked */
    struct list notes;      /* sentences about metadata that could not be believed */
    int64_t run;            /* given: its row, 0: one is made. Then: 0: there was nothing to record */
};

/* `import` has nothing but, perhaps, a run. `found` was made by survey_host() of a survey that takes its time; it is compared anew within the transaction. A state
 * that allows no import records nothing (plan/preflight.h). */
int discover_import(struct survey *survey, struct survey_host *found, struct discover_import *import,
                    struct err *err);

#endif
