/*
 * The settings of product.md §3: one struct, used as a layer (what global says, what a host says) and as the effective
 * result. Effective = defaults, then global, then host. "Not set" (bit clear) and "set to nothing" (bit set, empty
 * text or list) are two things.
 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "model/field.h"

struct config {
    uint64_t set; /* bit i: config_fields[i] is set in this layer */

    /* global only */
    const char *backup_root;
    int64_t parallel_runs;
    struct list allowed_hosts;
    struct list trusted_proxies;
    /* host only */
    const char *address;
    bool enabled;
    /* both */
    const char *timezone;
    const char *ssh_user;
    int64_t ssh_port;
    const char *ssh_identity_file;
    struct list ssh_options; /* "ProxyJump=bastion" */
    const char *rsync_binary;
    struct list rsync_args;
    int64_t bwlimit_kbps; /* 0 = no limit */
    int64_t timeout_seconds;
    int64_t max_runtime_seconds;
    int64_t retries;
    const char *source_root;
    struct list includes;
    struct list excludes;
    bool excludes_replace;
    bool one_file_system;
    int64_t keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly;
    bool protect_bases;
    int64_t max_delete;
    bool allow_empty;
    int64_t max_age_hours; /* 0 = three times the interval of the schedule */
    int64_t min_free_bytes;
    int64_t min_free_inodes;
    /* global only */
    int64_t keep_logs_days; /* 0 = for ever */
};

extern const struct field config_fields[];
extern const size_t config_field_count;             /* at most 64 */
extern const struct field_table config_field_table; /* the same, as a table of an entity */

enum { CONFIG_FIELD_MAX = 64 };

/* Where an effective value comes from. ENVIRONMENT: backup_root under POBSYNC_BACKUP_ROOT_FIXED. */
enum config_origin {
    ORIGIN_NONE,
    ORIGIN_DEFAULT,
    ORIGIN_ENVIRONMENT,
    ORIGIN_GLOBAL,
    ORIGIN_HOST,
    ORIGIN__MAX
};
const char *config_origin_name(enum config_origin origin);

struct effective {
    struct config config; /* `set`: a value is known from somewhere */
    enum config_origin origin[CONFIG_FIELD_MAX];
};

/* Whether it says how many snapshots stay: keep_last to keep_yearly. */
bool config_field_keeps(const struct field *field);

/* By SQL name ("ssh_port"); NULL if there is none. */
const struct field *config_field(const char *name);
size_t config_field_index(const struct field *field);

bool config_is_set(const struct config *config, const struct field *field);
/* field_parse() and the bit. Refuses a field that is not of `scope` (ERR_INVALID, tells where it belongs). */
int config_set(struct arena *arena, struct config *config, enum field_scope scope, const struct field *field,
               const char *text, struct err *err);
void config_unset(struct config *config, const struct field *field);

/* Joins the layers; either may be NULL. Excludes of the host extend those of global (global's replace the default
 * list) unless the host says excludes_replace; every other field is the last layer's that sets it. `fixed_root`:
 * value of POBSYNC_BACKUP_ROOT_FIXED or NULL. Values point into the layers: keep them alive. */
void config_effective(struct arena *arena, const struct config *global, const struct config *host,
                      const char *fixed_root, struct effective *effective);

/* Checks every set field of a layer again by its own rule, and what needs more than one field. 0, or -1 with
 * ERR_INVALID. Used on what the database says before anything is run with it: it is not trusted for argv. */
int config_check(const struct config *config, struct err *err);

#endif
