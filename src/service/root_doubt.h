/*
 * Whether the rows and the disk belong together. A database that was restored from a copy is behind what the disk says:
 * each host.json notes how far the rows had come when it was written. An adopted root, or a disk that was itself
 * restored, lacks what the rows say. While there is such a doubt nothing is pruned, until a person has looked:
 * `discover-snapshots --confirm`.
 */
#ifndef SERVICE_ROOT_DOUBT_H
#define SERVICE_ROOT_DOUBT_H

#include "engine/host_directory.h"
#include "model/snapshot.h"
#include "service/survey.h"

/* What the disk of one host says against the rows: *doubt is a sentence, or NULL. Reads only. `host_fd` may be -1. */
int root_doubt_look(struct service *service, int host_fd, const char *host, const char **doubt,
                    struct err *err);

/* The same, and the root in use is marked as doubtful when there is one. */
int root_doubt_note(struct service *service, int host_fd, const char *host, struct err *err);

/* The same by what the root itself says. */
int root_doubt_note_root(struct service *service, int root_fd, struct err *err);

/* The doubt about the root of a survey: the one that is marked, else the first that one of the hosts shows. */
int root_doubt_load(struct survey *survey, const struct host *hosts, size_t count, const char **doubt,
                    struct err *err);

/* A person has compared rows and disk: the doubt goes, and a new epoch begins. Within the caller's transaction. */
int root_doubt_settle(struct service *service, const struct root *root, struct err *err);

/* Whether a prune of this host may begin: 0, or ERR_REFUSED with what to do. Both automatic and manual prunes ask, with
 * the host's rows (without deleted ones) and its directory open. */
int root_doubt_refuse_prune(struct service *service, const struct host_directory *directory,
                            const struct snapshot *snapshots, size_t count, struct err *err);

#endif
