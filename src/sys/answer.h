/*
 * Whether a directory answers at all. On a dead NFS server or disk every call waits, maybe for ever, and where it waits in
 * the kernel not even KILL ends it. So a child of ours asks, and we wait for it as long as we choose to.
 */
#ifndef SYS_ANSWER_H
#define SYS_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the directory `path` and its file `name` can be opened and read, or are refused, within limit_ms. Only
 * one process in all asks about a path at a time, by a lock file in the directory `home`: where one hangs, the others wait
 * for it and not beside it, so that no processes pile up. This process answers false by itself for 10 s after one
 * that hung. A child that has had no processor time is given four times as long.
 *
 * To ask costs a fork: one that this process heard to answer less than fresh_ms ago is taken at its word. True as well
 * when it cannot be asked (no more processes). May be called from any thread. */
bool answer_within(const char *home, const char *path, const char *name, int64_t limit_ms, int64_t fresh_ms);

#endif
