/* How a run ends: its row, and the one that repeats it, in one transaction. */
#ifndef SERVICE_RUN_END_H
#define SERVICE_RUN_END_H

#include <jansson.h>

#include "model/run.h"
#include "service/service.h"

/* store_run_finish(), and what plan/retry.h says of it. Joins a transaction that has begun. */
int run_end(struct service *service, const struct run *run, struct err *err);

/* A document as the result of a run. */
const char *run_result_text(struct arena *arena, const json_t *document);

#endif
