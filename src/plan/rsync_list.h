/* The listing with which a connection test asks rsync for what a backup would ask it: the same arguments, no target. */
#ifndef PLAN_RSYNC_LIST_H
#define PLAN_RSYNC_LIST_H

#include "plan/rsync_plan.h"

/* The argument vector that lists the top directory of the source root, one entry a line, "." among them.
 * `ssh_config`: absolute path of the generated file. As rsync_plan_argv() otherwise. */
const char *const *rsync_plan_list_argv(struct arena *arena, const struct config *config,
                                        const char *ssh_config, struct err *err);

#endif
