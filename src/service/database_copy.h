/*
 * Copies of the database: whole files, each complete, checked and durable before it has its name. Those of each night lie
 * in <backup root>/.pobsync/database/ (in $POBSYNC_HOME/database/ while there is no root that could be used), those from
 * before an upgrade in $POBSYNC_HOME/before-upgrade/. Of each folder the newest ones are kept.
 */
#ifndef SERVICE_DATABASE_COPY_H
#define SERVICE_DATABASE_COPY_H

#include "base/list.h"
#include "service/service.h"

enum { DATABASE_COPIES_KEPT = 14 };

struct database_copy {
    const char *path;
    int64_t bytes;
    int schema;          /* version of the tables in it */
    int dropped;         /* how many older ones went */
    const char *warning; /* why it is not in the backup root, and what else went wrong; NULL: all is well */
};

/* Copies into the backup root, or into the state directory, with a warning, when that cannot be. */
int database_copy_nightly(struct service *service, struct database_copy *copy, struct err *err);

/* Copies to the file `path`, which must not be there, or into the directory `path` with a name of its own. */
int database_copy_to(struct service *service, const char *path, struct database_copy *copy, struct err *err);

/* Copies because the tables will be changed. */
int database_copy_before_upgrade(struct service *service, struct database_copy *copy, struct err *err);

/* The folders that there may be copies in, the one in use first; whether they are there or not. */
struct database_folder {
    const char *place; /* "backup_root", "state", "before_upgrade" */
    const char *path;  /* NULL: there is no backup root */
};
enum { DATABASE_FOLDERS = 3 };
int database_copy_folders(struct service *service, struct database_folder folders[DATABASE_FOLDERS],
                          struct err *err);

/* The names of the copies in the directory `fd`, oldest first. */
int database_copy_names(struct arena *arena, int fd, struct list *names, struct err *err);

/* Whether the file is a database of ours without damage, of a version that this program knows: its version. */
int database_copy_check(struct service *service, const char *path, int *schema, struct err *err);

#endif
