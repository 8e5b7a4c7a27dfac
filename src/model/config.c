/* The one table of settings, and how the layers of settings make the effective ones. */
#include "model/config.h"

#include <assert.h>
#include <string.h>

#include "model/rule.h"

#define DEFAULT_EXCLUDES                                                                                     \
    "/proc/*\n/sys/*\n/dev/*\n/run/*\n/tmp/*\n/mnt/*\n/media/*\nlost+found\n"                                \
    "/swapfile\n/swap.img\n/var/swap\n"                                                                      \
    "/var/cache/apt/archives/*.deb\n/var/cache/apt/*.bin\n/var/cache/dnf/*\n/var/cache/libdnf5/*\n"          \
    "/var/cache/yum/*\n/var/cache/zypp/packages/*\n/var/cache/pacman/pkg/*\n/var/cache/apk/*"

enum { RETENTION_MAX = 10000, DAY = 86400 };

#define MEMBER(member) .name = #member, .offset = offsetof(struct config, member)
#define TEXT(member, where, default_text, check, shown, sentence)                                            \
    {                                                                                                        \
        MEMBER(member), .type = FIELD_TEXT, .scope = where, .fallback = default_text, .rule = check,         \
                        .placeholder = shown, .help = sentence                                               \
    }
#define LIST(member, where, default_text, check, shown, sentence)                                            \
    {                                                                                                        \
        MEMBER(member), .type = FIELD_LIST, .scope = where, .fallback = default_text, .rule = check,         \
                        .placeholder = shown, .help = sentence                                               \
    }
#define BOOL(member, where, default_text, sentence)                                                          \
    {                                                                                                        \
        MEMBER(member), .type = FIELD_BOOL, .scope = where, .fallback = default_text, .help = sentence       \
    }
#define INT(member, in, where, low, high, default_text, shown, sentence)                                     \
    {                                                                                                        \
        MEMBER(member), .type = FIELD_INT, .unit = in, .scope = where, .min = low, .max = high,              \
                        .fallback = default_text, .placeholder = shown, .help = sentence                     \
    }
#define COUNT(member, default_text, sentence)                                                                \
    INT(member, UNIT_NONE, SCOPE_BOTH, 0, RETENTION_MAX, default_text, "N", sentence)

const struct field config_fields[] = {
    TEXT(backup_root, SCOPE_GLOBAL, NULL, rule_local_path, "PATH",
         "directory under which all snapshots live, an absolute path"),
    INT(parallel_runs, UNIT_NONE, SCOPE_GLOBAL, 1, 64, "2", "N",
        "how many runs go on at the same time, 1 to 64"),
    LIST(allowed_hosts, SCOPE_GLOBAL, "", rule_allowed_host, "NAME",
         "host name or address under which the web pages may be asked for"),
    LIST(trusted_proxies, SCOPE_GLOBAL, "", rule_proxy, "CIDR",
         "address or range of a reverse proxy whose forwarding headers are believed"),
    TEXT(address, SCOPE_HOST, NULL, rule_address, "ADDR", "DNS name or IP address of the machine"),
    BOOL(enabled, SCOPE_HOST, "yes", "whether the host is backed up; --no-enabled pauses it"),
    TEXT(timezone, SCOPE_BOTH, "UTC", rule_timezone, "ZONE",
         "time zone of schedules and retention, an IANA name such as Europe/Amsterdam"),
    TEXT(ssh_user, SCOPE_BOTH, "root", rule_ssh_user, "USER", "user to log in as on the machine"),
    INT(ssh_port, UNIT_NONE, SCOPE_BOTH, 1, 65535, "22", "PORT",
        "port of the machine's ssh server, 1 to 65535"),
    TEXT(ssh_identity_file, SCOPE_BOTH, NULL, rule_local_path, "PATH",
         "private key to log in with, an absolute path; the host's own key when not set"),
    LIST(ssh_options, SCOPE_BOTH, "", rule_ssh_option, "NAME=VALUE",
         "further ssh option: ProxyJump, Ciphers, Compression, ConnectTimeout, HostKeyAlgorithms, "
         "ServerAliveInterval, AddressFamily or BindAddress"),
    TEXT(rsync_binary, SCOPE_BOTH, "rsync", rule_rsync_binary, "PATH",
         "rsync of this server, a name or absolute path"),
    LIST(rsync_args, SCOPE_BOTH, "", rule_rsync_arg, "OPTION",
         "further option of rsync, one of a short list of harmless ones"),
    INT(bwlimit_kbps, UNIT_KBPS, SCOPE_BOTH, 0, 10000000, "0", "KIBPS",
        "limit of the transfer in KiB per second, 0 to 10000000; 0 is no limit"),
    INT(timeout_seconds, UNIT_SECONDS, SCOPE_BOTH, 10, DAY, "300", "SECONDS",
        "how long a run may receive nothing before it fails, 10 s to 1 day"),
    INT(max_runtime_seconds, UNIT_SECONDS, SCOPE_BOTH, 60, 30 * DAY, "86400", "SECONDS",
        "how long a run may take in all, 1 minute to 30 days"),
    INT(retries, UNIT_NONE, SCOPE_BOTH, 0, 10, "2", "N",
        "how often a run is repeated after a failure of the connection, 0 to 10"),
    TEXT(source_root, SCOPE_BOTH, "/", rule_source_root, "PATH",
         "directory of the machine that is backed up"),
    LIST(includes, SCOPE_BOTH, "", rule_include, "PATH",
         "path below the source root to back up; everything when there is none"),
    LIST(excludes, SCOPE_BOTH, DEFAULT_EXCLUDES, rule_exclude, "PATTERN",
         "rsync pattern of what to leave out; a host's patterns are added to the global ones"),
    BOOL(excludes_replace, SCOPE_BOTH, "no", "whether a host's excludes replace the global ones instead"),
    BOOL(one_file_system, SCOPE_BOTH, "no",
         "whether other file systems mounted below the source root are left out"),
    COUNT(keep_last, "0", "how many of the newest snapshots are kept, 0 to 10000"),
    COUNT(keep_hourly, "0", "how many hourly snapshots are kept, 0 to 10000"),
    COUNT(keep_daily, "14", "how many daily snapshots are kept, 0 to 10000"),
    COUNT(keep_weekly, "8", "how many weekly snapshots are kept, 0 to 10000"),
    COUNT(keep_monthly, "12", "how many monthly snapshots are kept, 0 to 10000"),
    COUNT(keep_yearly, "3", "how many yearly snapshots are kept, 0 to 10000"),
    BOOL(protect_bases, SCOPE_BOTH, "no", "whether the bases of kept snapshots are kept as well"),
    INT(max_delete, UNIT_NONE, SCOPE_BOTH, 0, 100000, "20", "N",
        "how many snapshots an automatic prune may delete, 0 to 100000; a plan for more deletes none"),
    BOOL(allow_empty, SCOPE_BOTH, "no", "whether an empty source is a good backup"),
    INT(max_age_hours, UNIT_HOURS, SCOPE_BOTH, 0, 87600, "0", "HOURS",
        "age in hours from which the newest good snapshot is too old, 0 to 87600; 0 is three times the interval "
        "of the schedule"),
    INT(min_free_bytes, UNIT_BYTES, SCOPE_BOTH, 0, (int64_t)1 << 60, "1G", "SIZE",
        "space of the backup root that runs leave free, in bytes or as 500M, 10G"),
    INT(min_free_inodes, UNIT_NONE, SCOPE_BOTH, 0, 1000000000000, "10000", "N",
        "inodes of the backup root that runs leave free, 0 to 1000000000000"),
    INT(keep_logs_days, UNIT_NONE, SCOPE_GLOBAL, 0, 36500, "90", "DAYS",
        "how many days the logs of runs are kept, 0 to 36500; 0 is for ever, and snapshots keep theirs"),
};

const size_t config_field_count = sizeof config_fields / sizeof config_fields[0];
const struct field_table config_field_table = {config_fields, sizeof config_fields / sizeof config_fields[0]};

static_assert(sizeof config_fields / sizeof config_fields[0] <= CONFIG_FIELD_MAX, "each field needs a bit");

const char *config_origin_name(enum config_origin origin)
{
    static const char *const names[] = {
        [ORIGIN_NONE] = "none",     [ORIGIN_DEFAULT] = "default", [ORIGIN_ENVIRONMENT] = "environment",
        [ORIGIN_GLOBAL] = "global", [ORIGIN_HOST] = "host",
    };

    return (unsigned)origin < ORIGIN__MAX ? names[origin] : "none";
}

bool config_field_keeps(const struct field *field)
{
    return field->scope == SCOPE_BOTH && strncmp(field->name, "keep_", 5) == 0;
}

const struct field *config_field(const char *name)
{
    for (size_t i = 0; i < config_field_count; i++)
        if (strcmp(config_fields[i].name, name) == 0)
            return &config_fields[i];
    return NULL;
}

size_t config_field_index(const struct field *field)
{
    return (size_t)(field - config_fields);
}

static uint64_t field_bit(const struct field *field)
{
    return (uint64_t)1 << config_field_index(field);
}

bool config_is_set(const struct config *config, const struct field *field)
{
    return (config->set & field_bit(field)) != 0;
}

int config_set(struct arena *arena, struct config *config, enum field_scope scope, const struct field *field,
               const char *text, struct err *err)
{
    if ((field->scope & scope) == 0) {
        bool of_host = field->scope == SCOPE_HOST;

        err_set(err, ERR_INVALID, "%s is a setting of %s", field_option(arena, field),
                of_host ? "each host, not a global one" : "the whole installation, not of one host");
        return err_hint(err, "set it with `pobsync %s`",
                        of_host ? "configure-host HOST" : "configure-global");
    }
    if (field_parse(arena, field, config, text, err) < 0)
        return -1;
    config->set |= field_bit(field);
    return 0;
}

static size_t member_size(enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
        return sizeof(const char *);
    case FIELD_INT:
        return sizeof(int64_t);
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_LIST:
        return sizeof(struct list);
    case FIELD__MAX:
        break;
    }
    return 0;
}

void config_unset(struct config *config, const struct field *field)
{
    config->set &= ~field_bit(field);
    memset(field_member(field, config), 0, member_size(field->type));
}

/* Puts one layer's value of one field on top. A text that is set to nothing leaves no value, yet an origin. */
static void lay(struct effective *effective, const struct field *field, const struct config *layer,
                enum config_origin origin)
{
    const void *value = field_value(field, layer);

    effective->origin[config_field_index(field)] = origin;
    if (field->type == FIELD_TEXT && (*(const char *const *)value)[0] == '\0') {
        config_unset(&effective->config, field);
        return;
    }
    memcpy(field_member(field, &effective->config), value, member_size(field->type));
    effective->config.set |= field_bit(field);
}

static void lay_default(struct arena *arena, struct effective *effective, const struct field *field)
{
    struct config defaults = {0};
    struct err err;
    int result;

    if (field->fallback == NULL)
        return;
    result = field_parse(arena, field, &defaults, field->fallback, &err);
    assert(result == 0);
    lay(effective, field, &defaults, ORIGIN_DEFAULT);
}

/* What was inherited so far, then what is added and not there yet. */
static struct list list_union(struct arena *arena, const struct list *inherited, const struct list *added)
{
    struct list all = {0};

    for (size_t i = 0; i < inherited->count; i++)
        list_add(arena, &all, inherited->items[i]);
    for (size_t i = 0; i < added->count; i++)
        if (!list_has(&all, added->items[i]))
            list_add(arena, &all, added->items[i]);
    return all;
}

void config_effective(struct arena *arena, const struct config *global, const struct config *host,
                      const char *fixed_root, struct effective *effective)
{
    const struct field *excludes = config_field("excludes");
    struct list inherited = {0};

    *effective = (struct effective){0};
    for (size_t i = 0; i < config_field_count; i++) {
        const struct field *field = &config_fields[i];

        lay_default(arena, effective, field);
        if (global != NULL && (field->scope & SCOPE_GLOBAL) != 0 && config_is_set(global, field))
            lay(effective, field, global, ORIGIN_GLOBAL);
        if (field == excludes)
            inherited = effective->config.excludes;
        if (host != NULL && (field->scope & SCOPE_HOST) != 0 && config_is_set(host, field))
            lay(effective, field, host, ORIGIN_HOST);
    }
    if (effective->origin[config_field_index(excludes)] == ORIGIN_HOST && !effective->config.excludes_replace)
        effective->config.excludes = list_union(arena, &inherited, &host->excludes);
    if (fixed_root != NULL) {
        const struct config fixed = {.backup_root = fixed_root};

        lay(effective, config_field("backup_root"), &fixed, ORIGIN_ENVIRONMENT);
    }
}

static int check_ssh_options(const struct list *options, struct err *err)
{
    for (size_t i = 0; i < options->count; i++)
        for (size_t j = 0; j < i; j++)
            if (rule_ssh_option_name(options->items[i]) == rule_ssh_option_name(options->items[j]))
                return err_set(err, ERR_INVALID, "--ssh-options: \"%s\" and \"%s\" set the same option",
                               options->items[j], options->items[i]);
    return 0;
}

/* A list is checked item by item and not as text, so that no item can pass as two. */
static int check_value(struct arena *arena, const struct field *field, const struct config *config,
                       struct err *err)
{
    const struct list *list = field_value(field, config);
    struct config again = {0};
    const char *text;

    if (field->type != FIELD_LIST) {
        text = field_text(arena, field, config);
        if (text == NULL)
            return err_set(err, ERR_INVALID, "%s has no value", field_option(arena, field));
        return field_parse(arena, field, &again, text, err);
    }
    for (size_t i = 0; i < list->count; i++)
        if (field->rule != NULL && field->rule(list->items[i], err) < 0)
            return err_in(err, "%s", field_option(arena, field));
    return 0;
}

int config_check(const struct config *config, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    for (size_t i = 0; i < config_field_count; i++)
        if (config_is_set(config, &config_fields[i]) &&
            check_value(&arena, &config_fields[i], config, err) < 0)
            return -1;
    return check_ssh_options(&config->ssh_options, err);
}
