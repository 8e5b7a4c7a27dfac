/* Names of keys, of today and of the original. */
#include "plan/legacy_keys.h"

#include <string.h>

static const struct {
    const char *key;
    enum legacy_section section;
} sections[] = {
    {"defaults", LEGACY_TOP},        {"ssh", LEGACY_SSH},           {"rsync", LEGACY_RSYNC},
    {"retention", LEGACY_RETENTION}, {"schedule", LEGACY_SCHEDULE}, {"retention_defaults", LEGACY_RETENTION},
};

/* A setting is found by its own name at the top; in a section by its name without the prefix, by its whole name, and by
 * what stands here. The first key of a field in a section is the one that is written. */
static const struct {
    enum legacy_section section;
    const char *key;
    const char *field;
} keys[] = {
    {LEGACY_TOP, "excludes_default", "excludes"},
    {LEGACY_TOP, "excludes_add", "excludes"},
    {LEGACY_TOP, "default_excludes", "excludes"},
    {LEGACY_TOP, "exclude", "excludes"},
    {LEGACY_TOP, "include", "includes"},
    {LEGACY_TOP, "hostname", "address"},
    {LEGACY_SSH, "key", "ssh_identity_file"},
    {LEGACY_SSH, "key_file", "ssh_identity_file"},
    {LEGACY_SSH, "identity", "ssh_identity_file"},
    {LEGACY_SSH, "extra_options", "ssh_options"},
    {LEGACY_RSYNC, "extra_args", "rsync_args"},
    {LEGACY_RSYNC, "timeout_seconds", "timeout_seconds"},
    {LEGACY_RSYNC, "timeout", "timeout_seconds"},
    {LEGACY_RSYNC, "bwlimit_kbps", "bwlimit_kbps"},
    {LEGACY_RSYNC, "bwlimit", "bwlimit_kbps"},
    {LEGACY_RETENTION, "protect_bases", "protect_bases"},
    {LEGACY_RETENTION, "max_delete", "max_delete"},
    {LEGACY_SCHEDULE, "expression", "cron"},
    {LEGACY_SCHEDULE, "cron_expr", "cron"},
};

static const char *const prefixes[LEGACY__MAX] = {
    [LEGACY_TOP] = "",      [LEGACY_SSH] = "ssh_", [LEGACY_RSYNC] = "rsync_", [LEGACY_RETENTION] = "keep_",
    [LEGACY_SCHEDULE] = "",
};

enum legacy_section legacy_section_find(const char *key)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strcmp(sections[i].key, key) == 0)
            return sections[i].section;
    return LEGACY__MAX;
}

/* The setting whose name is the prefix and the key, or the key alone if that has the prefix. */
static const struct field *find_prefixed(const char *prefix, const char *key)
{
    size_t length = strlen(prefix);

    for (size_t i = 0; i < config_field_count; i++) {
        const char *name = config_fields[i].name;

        if (strncmp(name, prefix, length) == 0 && (strcmp(name + length, key) == 0 || strcmp(name, key) == 0))
            return &config_fields[i];
    }
    return NULL;
}

const struct field *legacy_field_find(enum legacy_section section, const char *key)
{
    bool of_schedule = section == LEGACY_SCHEDULE;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].section == section && strcmp(keys[i].key, key) == 0)
            return of_schedule ? schedule_field(keys[i].field) : config_field(keys[i].field);
    return of_schedule ? schedule_field(key) : find_prefixed(prefixes[section], key);
}

enum legacy_section legacy_field_section(const struct field *field)
{
    for (enum legacy_section section = LEGACY_SSH; section < LEGACY_SCHEDULE; section++)
        if (strncmp(field->name, prefixes[section], strlen(prefixes[section])) == 0)
            return section;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].section != LEGACY_TOP && strcmp(keys[i].field, field->name) == 0)
            return keys[i].section;
    return LEGACY_TOP;
}

const char *legacy_field_key(const struct field *field)
{
    size_t length = strlen(prefixes[legacy_field_section(field)]);

    return strncmp(field->name, prefixes[legacy_field_section(field)], length) == 0 ? field->name + length
                                                                                    : field->name;
}

bool legacy_arg_is_implied(const char *argument)
{
    static const char *const implied[] = {
        "--archive",         "--hard-links",    "--acls",          "--xattrs",       "--sparse",
        "--recursive",       "--links",         "--perms",         "--times",        "--group",
        "--owner",           "--devices",       "--specials",      "--stats",        "--delete",
        "--delete-excluded", "--delete-before", "--delete-during", "--delete-after", "--delete-delay",
    };

    for (size_t i = 0; i < sizeof implied / sizeof implied[0]; i++)
        if (strcmp(argument, implied[i]) == 0)
            return true;
    return argument[0] == '-' && argument[1] != '\0' && argument[1] != '-' &&
           strspn(argument + 1, "aHAXSrlptgoD") == strlen(argument + 1);
}
