/* A host: a remote machine. Its name is its identity and never changes. */
#ifndef MODEL_HOST_H
#define MODEL_HOST_H

#include "model/config.h"

struct host {
    int64_t id;
    int64_t node_id;
    const char *name;
    int64_t created_at;
    struct config config; /* the host's own layer */
};

/* A host key that was pinned: what known_hosts holds for this host. */
struct host_key {
    const char *type;        /* "ssh-ed25519" */
    const char *key;         /* base64 */
    const char *fingerprint; /* "SHA256:…" */
    int64_t pinned_at;
    const char *pinned_by;
};

#endif
