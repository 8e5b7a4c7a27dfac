/* A host with its effective settings, and the key that a run of it uses: what most use cases begin with. */
#ifndef SERVICE_HOST_SETTINGS_H
#define SERVICE_HOST_SETTINGS_H

#include <stdbool.h>

#include "model/host.h"
#include "service/service.h"

struct host_settings {
    struct host host;
    struct config global;
    struct effective effective;
    const struct config *config; /* of `effective`: valid as long as this struct stays where it is */
};

/* ERR_NOT_FOUND for an unknown host. */
int host_settings_load(struct service *service, const char *name, struct host_settings *settings,
                       struct err *err);

/* The global layer over the defaults. */
int global_settings_load(struct service *service, struct effective *effective, struct err *err);

struct identity {
    const char *path;        /* of the private key */
    const char *public_key;  /* "ssh-ed25519 AAAA…" */
    const char *fingerprint; /* "SHA256:…" */
    bool created;
};

/* The key of the host, which is made only if `create`; ERR_NOT_FOUND when there is none. */
int identity_load(struct service *service, const struct host_settings *settings, bool create,
                  struct identity *identity, struct err *err);

#endif
