/*
 * Learning which key a host shows. Done by ssh itself (no authentication), so that jump hosts, address families and
 * algorithms are those of the real connection. Never pins: that is the caller's decision, and only in the foreground.
 */
#ifndef ENGINE_HOST_KEY_H
#define ENGINE_HOST_KEY_H

#include "base/arena.h"
#include "base/err.h"
#include "model/config.h"
#include "model/host.h"

/* The key that the host shows now (type, key, fingerprint filled). ERR_UNREACHABLE when no connection comes about,
 * with ssh's own words; ERR_INVALID for settings that do not pass their rules. Behind a jump host the key for the login
 * must exist already. */
int host_key_probe(struct arena *arena, const char *home, const char *host, const struct config *config,
                   struct host_key *key, struct err *err);

/* The same where keys are pinned. A host may have keys of several types, and ssh asks for one that it knows: when the
 * host still has one of `pinned`, *key is that one; any other *key means that the host's key has changed. */
int host_key_probe_pinned(struct arena *arena, const char *home, const char *host,
                          const struct config *config, const struct host_key *pinned, size_t pinned_count,
                          struct host_key *key, struct err *err);

/* Parses one line of known_hosts ("alias type base64 [comment]", sshd(8)); false when it is none, is for another name,
 * is hashed or has a marker, or when the key is not one of that type. */
bool host_key_parse(struct arena *arena, const char *line, const char *alias, struct host_key *key);

/* The fingerprint of the host key in what `ssh -v` prints, NULL when it did not come so far. Behind a jump host there is
 * one of each: the last is the host's own. */
const char *host_key_shown(struct arena *arena, const char *text);

#endif
