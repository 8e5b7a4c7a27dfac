/*
 * The files with which ssh is run for one host and one piece of work: a configuration, a known_hosts with the pinned
 * keys only, in a directory of their own ($POBSYNC_HOME/runs/<name>.ssh, 0700) that is removed afterwards. What is
 * left there by a dead worker holds no secret and is removed by the next session of that name or by recovery.
 */
#ifndef ENGINE_SSH_SESSION_H
#define ENGINE_SSH_SESSION_H

#include "base/arena.h"
#include "base/err.h"
#include "model/config.h"
#include "model/host.h"
#include "plan/rsync_plan.h"

struct ssh_session {
    const char *directory;   /* absolute path */
    const char *config_file; /* absolute path, for ssh -F */
    const char *known_hosts; /* absolute path */
};

#define SSH_SESSION_CLOSED ((struct ssh_session){0})
#define SSH_SESSION_SCOPED __attribute__((cleanup(ssh_session_close))) struct ssh_session

/* Writes the files. keys: the pinned keys of the host (may be none, with SSH_TRUST_LEARN). ERR_INVALID for settings or
 * keys that do not pass their rules again: they come from the database, which is not trusted for this. */
int ssh_session_open(struct arena *arena, const char *home, const char *name, const char *host,
                     const struct config *config, const char *identity, const struct host_key *keys,
                     size_t key_count, enum ssh_trust trust, struct ssh_session *session, struct err *err);

/* Removes the files. Nothing to do for a zeroed session. */
void ssh_session_close(struct ssh_session *session);

/* Removes what a dead worker left of the session of this name. */
void ssh_session_clear(const char *home, const char *name);

/* The environment for ssh and rsync: PATH, LC_ALL=C.UTF-8, POBSYNC_RUN=<run> and nothing else. HOME is not there: a
 * user's ~/.ssh must not matter. NULL-terminated, in the arena. */
const char *const *ssh_session_environment(struct arena *arena, int64_t run);

/* The value that the settings give to an option of ssh ("ProxyJump"), NULL when they do not. */
const char *ssh_session_option(const struct config *config, const char *name);

/* How long ssh tries to get through to the host: ConnectTimeout of the settings, or 20 s. */
int64_t ssh_session_connect_ms(const struct config *config);

#endif
