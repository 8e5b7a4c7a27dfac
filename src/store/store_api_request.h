/* Changes that programs asked for under a key of their own, and the answers that they got. */
#ifndef STORE_STORE_API_REQUEST_H
#define STORE_STORE_API_REQUEST_H

#include "base/arena.h"
#include "db/db.h"
#include "model/api_request.h"

/* The one with this key of this account. 1: there is one, 0: none, -1: error. */
int store_api_request_load(struct arena *arena, struct db *db, const char *account, const char *key,
                           struct api_request *request, struct err *err);
/* ERR_EXISTS when there is one with this key of this account. */
int store_api_request_insert(struct db *db, const struct api_request *request, struct err *err);
/* Status, location and body of the one with this key. */
int store_api_request_answer(struct db *db, const struct api_request *request, struct err *err);
int store_api_request_delete(struct db *db, const char *account, const char *key, struct err *err);
/* Those that were asked before this moment. */
int store_api_request_expire(struct db *db, int64_t before, struct err *err);

#endif
