/* The argument vectors of a push, and rsync's list of changes. */
#include "plan/rsync_push.h"

#include <string.h>

#include "base/list.h"
#include "model/rule.h"
#include "plan/rsync_plan.h"

/* "YXcstpoguax" and a blank. */
enum { CODE_SIZE = 11 };

static int check(const struct config *config, const struct push_places *places, struct err *err)
{
    if (rsync_plan_check(config, err) < 0 || ssh_plan_check_path(config, places->ssh_config, err) < 0 ||
        rule_local_path(places->target, err) < 0)
        return -1;
    if (places->source[0] != '/')
        return err_set(err, ERR_INVALID, "\"%s\" is not an absolute path", places->source);
    if (strchr(places->aside, '/') != NULL)
        return err_set(err, ERR_INVALID, "\"%s\" is not the name of a directory", places->aside);
    return 0;
}

static void add_step(struct arena *arena, struct list *arguments, const struct push_places *places,
                     enum push_step step)
{
    bool writes = step == PUSH_WRITE || step == PUSH_REPAIR;

    list_add(arena, arguments, step == PUSH_PLAN ? "-ii" : "-i");
    if (!writes)
        list_add(arena, arguments, "-n");
    if (step == PUSH_NEWER)
        list_add(arena, arguments, "--update");
    if (step == PUSH_VERIFY || step == PUSH_REPAIR)
        list_add(arena, arguments, "--checksum");
    if (writes) {
        list_add(arena, arguments, "--backup");
        list_add(arena, arguments, arena_printf(arena, "--backup-dir=%s", places->aside));
        list_add(arena, arguments, "--partial-dir=" PUSH_PARTIAL);
        if (places->keep)
            list_add(arena, arguments, "--ignore-existing");
    }
}

const char *const *rsync_push_argv(struct arena *arena, const struct config *config,
                                   const struct push_places *places, enum push_step step, struct err *err)
{
    static const char *const fixed[] = {
        "-aHAXS",           "--numeric-ids", "--mkpath",   "--out-format=%i %l %n%L",
        "--info=progress2", "--stats",       "--outbuf=L", "--no-human-readable"};
    size_t size = strlen(places->target);
    struct list arguments = {0};
    const char **argv;

    if (check(config, places, err) < 0)
        return NULL;
    list_add(arena, &arguments, config->rsync_binary);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        list_add(arena, &arguments, fixed[i]);
    add_step(arena, &arguments, places, step);
    list_add(arena, &arguments, arena_printf(arena, "--timeout=%lld", (long long)config->timeout_seconds));
    if (config->bwlimit_kbps > 0)
        list_add(arena, &arguments, arena_printf(arena, "--bwlimit=%lld", (long long)config->bwlimit_kbps));
    list_add(arena, &arguments, "-e");
    list_add(arena, &arguments, arena_printf(arena, "ssh -F \"%s\"", places->ssh_config));
    list_add(arena, &arguments, "--");
    list_add(arena, &arguments, places->source);
    list_add(arena, &arguments,
             arena_printf(arena, SSH_ALIAS ":%s%s", places->target,
                          size > 0 && places->target[size - 1] == '/' ? "" : "/"));
    argv = arena_alloc(arena, (arguments.count + 1) * sizeof *argv);
    memcpy(argv, arguments.items, arguments.count * sizeof *argv);
    return argv;
}

/* The digits of a size and a blank; NULL when it is something else. */
static const char *read_size(const char *at, int64_t *size)
{
    const char *begin = at;

    for (*size = 0; *at >= '0' && *at <= '9' && at - begin < 18; at++)
        *size = *size * 10 + (*at - '0');
    return at > begin && *at == ' ' && at[1] != '\0' ? at + 1 : NULL;
}

static enum push_change change_of(const char *code)
{
    static const char same[] = "         ";

    if (code[2] == '+')
        return PUSH_CREATE;
    if (code[0] == '.')
        return strncmp(code + 2, same, CODE_SIZE - 2) == 0 ? PUSH_SAME : PUSH_ATTRIBUTES;
    return PUSH_REPLACE;
}

void push_line_read(const char *line, struct push_line *read)
{
    int64_t size;

    *read = (struct push_line){.change = PUSH_NO_CHANGE_LINE};
    if (strlen(line) <= CODE_SIZE + 1 || strchr("<>ch.", line[0]) == NULL ||
        strchr("fdLDS", line[1]) == NULL || line[CODE_SIZE] != ' ')
        return;
    for (size_t i = 2; i < CODE_SIZE; i++)
        if (strchr(".+? cstTpPogunbaxX", line[i]) == NULL)
            return;
    read->path = read_size(line + CODE_SIZE + 1, &size);
    if (read->path == NULL)
        return;
    read->change = change_of(line);
    if (line[0] == '<' && line[1] == 'f')
        read->bytes = size;
}
