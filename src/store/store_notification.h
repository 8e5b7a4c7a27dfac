/* Whom to tell: one row, which the migration has made. */
#ifndef STORE_STORE_NOTIFICATION_H
#define STORE_STORE_NOTIFICATION_H

#include "db/db.h"
#include "model/notification.h"

int store_notification_load(struct arena *arena, struct db *db, struct notification *notification,
                            struct err *err);
int store_notification_save(struct db *db, const struct notification *notification, struct err *err);

#endif
