/* The argument vector of rsync and its filter file. */
#include "plan/rsync_plan.h"

#include <string.h>

#include "model/rule.h"

/* The settings that end up in the argument vector or in the filter file. */
static const char *const used_fields[] = {
    "rsync_binary", "rsync_args", "bwlimit_kbps", "timeout_seconds", "one_file_system",
    "source_root",  "includes",   "excludes",     "ssh_options",
};

int rsync_plan_check(const struct config *config, struct err *err)
{
    struct config used = *config;

    used.set = 0;
    for (size_t i = 0; i < sizeof used_fields / sizeof used_fields[0]; i++)
        used.set |= (uint64_t)1 << config_field_index(config_field(used_fields[i]));
    return config_check(&used, err);
}

static int check_places(const struct config *config, const struct rsync_places *places, struct err *err)
{
    const char *const optional[] = {places->filter_file, places->base, places->resume};

    if (ssh_plan_check_path(config, places->ssh_config, err) < 0 || rule_local_path(places->target, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++)
        if (optional[i] != NULL && rule_local_path(optional[i], err) < 0)
            return -1;
    return 0;
}

/* The path with exactly one slash at its end: its content is meant. */
static const char *with_slash(struct arena *arena, const char *path)
{
    size_t size = strlen(path);

    return path[size - 1] == '/' ? path : arena_printf(arena, "%s/", path);
}

static const char *const *to_argv(struct arena *arena, const struct list *arguments)
{
    const char **argv = arena_alloc(arena, (arguments->count + 1) * sizeof *argv);

    memcpy(argv, arguments->items, arguments->count * sizeof *argv);
    return argv;
}

const char *const *rsync_plan_argv(struct arena *arena, const struct config *config,
                                   const struct rsync_places *places, struct err *err)
{
    /* -A and -X stand before the extra arguments, so that --no-acls and --no-xattrs win. -z, --delete, --inplace
     * and -s are never used (engine.md). */
    static const char *const fixed[] = {"-aHAXS", "--numeric-ids", "--modify-window=-1"};
    static const char *const output[] = {"--info=progress2", "--stats", "--outbuf=L", "--no-human-readable"};
    /* xfs shows root each ACL a second time, as trusted.SGI_ACL_*, and with -X the host's lack of that attribute takes
     * the ACL away from every file that is not linked. Any filter of attributes (x) switches off rsync's own of
     * system.* and, for other users than root, of all but user.*; hence the second one, and neither without root. They
     * are for the receiver (r): the host never sees them. */
    static const char *const attributes[] = {"--filter=-xr trusted.SGI_ACL_*", "--filter=-xr system.*"};
    struct list arguments = {0};

    if (rsync_plan_check(config, err) < 0 || check_places(config, places, err) < 0)
        return NULL;
    list_add(arena, &arguments, config->rsync_binary);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        list_add(arena, &arguments, fixed[i]);
    for (size_t i = 0; places->as_root && i < sizeof attributes / sizeof attributes[0]; i++)
        list_add(arena, &arguments, attributes[i]);
    if (config->one_file_system)
        list_add(arena, &arguments, "--one-file-system");
    list_add(arena, &arguments, arena_printf(arena, "--timeout=%lld", (long long)config->timeout_seconds));
    if (config->bwlimit_kbps > 0)
        list_add(arena, &arguments, arena_printf(arena, "--bwlimit=%lld", (long long)config->bwlimit_kbps));
    if (places->base != NULL)
        list_add(arena, &arguments, arena_printf(arena, "--link-dest=%s", places->base));
    if (places->resume != NULL)
        list_add(arena, &arguments, arena_printf(arena, "--link-dest=%s", places->resume));
    if (places->filter_file != NULL)
        list_add(arena, &arguments, arena_printf(arena, "--exclude-from=%s", places->filter_file));
    for (size_t i = 0; i < sizeof output / sizeof output[0]; i++)
        list_add(arena, &arguments, output[i]);
    /* Without attributes: where it links to a base, rsync 3.5.0 would copy those of directories that it did not make,
     * and end with 23. */
    if (places->dry_run) {
        list_add(arena, &arguments, "-n");
        list_add(arena, &arguments, "--no-xattrs");
    }
    for (size_t i = 0; i < config->rsync_args.count; i++)
        list_add(arena, &arguments, config->rsync_args.items[i]);
    list_add(arena, &arguments, "-e");
    list_add(arena, &arguments, arena_printf(arena, "ssh -F \"%s\"", places->ssh_config));
    list_add(arena, &arguments, "--");
    list_add(arena, &arguments, arena_printf(arena, SSH_ALIAS ":%s", with_slash(arena, config->source_root)));
    list_add(arena, &arguments, with_slash(arena, places->target));
    return to_argv(arena, &arguments);
}

static void add_rule(struct arena *arena, struct list *rules, const char *rule)
{
    if (!list_has(rules, rule))
        list_add(arena, rules, rule);
}

/* Lets rsync come down to the path, and take it and all below it. */
static void add_include(struct arena *arena, struct list *rules, const char *include)
{
    size_t size;

    include += include[0] == '/';
    size = strlen(include);
    if (size > 0 && include[size - 1] == '/')
        size--;
    for (size_t i = 0; i < size; i++)
        if (include[i] == '/')
            add_rule(arena, rules, arena_printf(arena, "+ /%.*s/", (int)i, include));
    add_rule(arena, rules, arena_printf(arena, "+ /%.*s", (int)size, include));
    add_rule(arena, rules, arena_printf(arena, "+ /%.*s/**", (int)size, include));
}

bool rsync_plan_filter(struct arena *arena, const struct config *config, struct buf *content)
{
    struct list rules = {0};

    for (size_t i = 0; i < config->excludes.count; i++)
        add_rule(arena, &rules, arena_printf(arena, "- %s", config->excludes.items[i]));
    for (size_t i = 0; i < config->includes.count; i++)
        add_include(arena, &rules, config->includes.items[i]);
    if (config->includes.count > 0)
        add_rule(arena, &rules, "- *");
    for (size_t i = 0; i < rules.count; i++)
        buf_printf(content, "%s\n", rules.items[i]);
    return rules.count > 0;
}
