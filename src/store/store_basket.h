/* Baskets: the paths that an account has put aside, of one host each. */
#ifndef STORE_STORE_BASKET_H
#define STORE_STORE_BASKET_H

#include "base/arena.h"
#include "base/list.h"
#include "db/db.h"

struct basket_item {
    const char *account;
    int64_t host_id;
    const char *hash; /* of the path: 1 to 64 letters */
    const char *path; /* in base64 */
    int64_t added_at;
};

/* One that is there already stays as it is. */
int store_basket_add(struct db *db, const struct basket_item *item, struct err *err);

/* By account, host and hash; one that is not there is fine. */
int store_basket_delete(struct db *db, const struct basket_item *item, struct err *err);

/* All of an account and host. */
int store_basket_clear(struct db *db, const char *account, int64_t host_id, struct err *err);

/* The paths in base64, as they were added. */
int store_basket_list(struct arena *arena, struct db *db, const char *account, int64_t host_id,
                      struct list *paths, struct err *err);

#endif
