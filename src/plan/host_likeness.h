/* Which host was probably meant by a name: for directories that belong to no host, and hosts without a directory. */
#ifndef PLAN_HOST_LIKENESS_H
#define PLAN_HOST_LIKENESS_H

#include "base/arena.h"
#include "base/list.h"

/* Those of `names` that are like `name`, the most similar first, at most `limit`: the same but for upper case, one the
 * other's first labels ("web1" and "web1.example.net"), or at most two letters apart. `name` itself is left out. */
struct list host_likenesses(struct arena *arena, const char *name, const struct list *names, size_t limit);

#endif
