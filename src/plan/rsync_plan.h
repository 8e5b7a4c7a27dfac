/*
 * What is run: the argument vector of rsync, its filter file and ssh's configuration, as pure functions of the
 * effective settings. Nothing here touches the disk; engine/ writes the files and starts the program.
 */
#ifndef PLAN_RSYNC_PLAN_H
#define PLAN_RSYNC_PLAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "model/config.h"
#include "model/host.h"

struct rsync_places {
    const char *ssh_config;  /* absolute path of the generated file */
    const char *filter_file; /* absolute path of the generated file, NULL: no filter */
    const char *base;        /* absolute path of the base's data directory, NULL: none */
    const char *resume;      /* absolute path of the data directory of an interrupted run, NULL: none */
    const char *target;      /* absolute path of the new data directory */
    bool dry_run;
    bool as_root; /* rsync will run as root here */
};

/* The fixed alias under which the generated ssh configuration knows the host. */
#define SSH_ALIAS "pobsync-host"

/* Whether the settings that end up in an argument vector or in the filter file pass their rules: ERR_INVALID. */
int rsync_plan_check(const struct config *config, struct err *err);

/* The whole argument vector, argv[0] = rsync_binary, NULL-terminated, in the arena. Validates once more every value
 * that came from the database (ERR_INVALID). */
const char *const *rsync_plan_argv(struct arena *arena, const struct config *config,
                                   const struct rsync_places *places, struct err *err);

/* The content of the filter file, for --exclude-from: a line "- PATTERN" for each exclude, then the included paths and
 * their parents ("+ /etc/", "+ /etc/nginx", "+ /etc/nginx/" with two stars) and a last "- *" if there are any. So an
 * exclude wins over an include. False, and nothing added, when nothing is filtered. */
bool rsync_plan_filter(struct arena *arena, const struct config *config, struct buf *content);

/* How the host's key is treated on the other side of the connection. */
enum ssh_trust {
    SSH_TRUST_PINNED /* only what known_hosts says */,
    SSH_TRUST_LEARN /* note a new key in known_hosts */
};

/* The content of the ssh configuration of engine.md §6. `identity` is the key file that was found to exist,
 * `known_hosts` the path of our generated file. ERR_INVALID for what fails validation.
 *
 * The block of the alias says where the host is and which key it must show; "Host *" holds what is true of every
 * connection. For a ProxyJump ssh starts a second ssh with the same file, which finds "Host *" only: it logs in with
 * the same key, never learns a host key, and knows those of /etc/ssh/ssh_known_hosts, nothing else. So the administrator
 * puts the key of a jump host there; `ssh_user` does not apply to it (the name of the process's own user does, unless
 * the option says user@). That ssh is started by the user's shell with the path of this file unquoted, which is why
 * paths of ours with anything special are refused when there is a ProxyJump. */
int ssh_plan_config(struct arena *arena, const struct config *config, const char *host_name,
                    const char *identity, const char *known_hosts, enum ssh_trust trust, struct buf *content,
                    struct err *err);

/* Whether ssh can be run with a configuration at this path: ERR_INVALID where a ProxyJump would hand it to a shell. */
int ssh_plan_check_path(const struct config *config, const char *path, struct err *err);

/* The name under which the key stands in known_hosts (HostKeyAlias). */
const char *ssh_plan_key_alias(struct arena *arena, const char *host_name);

#endif
