/* Keys: ours for a host, and the host's. */
#ifndef SERVICE_SERVICE_KEY_H
#define SERVICE_SERVICE_KEY_H

#include <stdbool.h>

#include <jansson.h>

#include "service/service.h"

/* The host's own key, made on demand, as a line for authorized_keys. line: "rrsync", "sudo" or "plain"; or "restore": the
 * key for one restore, which may write.
 * *document: {"host", "path", "public_key", "fingerprint", "created": bool, "line", "authorized_keys": text,
 * "sudoers": text or null}. */
int service_key_line(struct service *service, const char *host, const char *line, json_t **document,
                     struct err *err);

/* The same from the result of a run that made or found the key: no key file is read. {"host", "public_key",
 * "fingerprint", "line", "authorized_keys", "sudoers"}; JSON null when the result (may be null) has no key. */
int service_key_recorded(struct service *service, const char *host, const char *line, const json_t *result,
                         json_t **document, struct err *err);

/* What is pinned and, with `probe`, what the host shows now.
 * *document: {"host", "pinned": [{"type","fingerprint","pinned_at","pinned_by"}], "shown": {…} or null, "match": bool
 * or null}. */
int service_host_key_show(struct service *service, const char *host, bool probe, json_t **document,
                          struct err *err);

/* Pins the key that the host shows, if its fingerprint is `fingerprint` ("SHA256:…"); ERR_REFUSED with both otherwise.
 */
int service_host_key_accept(struct service *service, const char *host, const char *fingerprint,
                            json_t **document, struct err *err);

/* Forgets what is pinned: the next foreground contact pins anew. */
int service_host_key_forget(struct service *service, const char *host, json_t **document, struct err *err);

/* Runs the connection test and pins a key at first contact (audited). `live` is called after each stage with the
 * stage's JSON, may be NULL. *document: {"host","address","ok","cause","stages":[{"stage","level","took_ms","found",
 * "hint"}],"pinned": fingerprint or null (pinned just now),"shown": fingerprint that the host showed, or null}. 0 also when stages are red. */
int service_connection_test(struct service *service, const char *host,
                            void (*live)(void *context, const json_t *stage), void *context,
                            json_t **document, struct err *err);

#endif
