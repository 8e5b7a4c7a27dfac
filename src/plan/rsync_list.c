/* The argument vector of a listing, made from that of a transfer. */
#include "plan/rsync_list.h"

#include <string.h>

/* Without progress and statistics, which would stand between the entries. */
static bool is_report(const char *argument)
{
    return strncmp(argument, "--info=", 7) == 0 || strcmp(argument, "--stats") == 0;
}

const char *const *rsync_plan_list_argv(struct arena *arena, const struct config *config,
                                        const char *ssh_config, struct err *err)
{
    static const char *const listing[] = {"--list-only", "--no-recursive", "--dirs"};
    const struct rsync_places places = {.ssh_config = ssh_config, .target = "/"};
    const char *const *transfer = rsync_plan_argv(arena, config, &places, err);
    size_t count = 0, used = 0;
    const char **argv;

    if (transfer == NULL)
        return NULL;
    while (transfer[count] != NULL)
        count++;
    argv = arena_alloc(arena, (count + sizeof listing / sizeof listing[0]) * sizeof *argv);
    /* All but the target, which is the last. Options of the listing come behind the fixed ones, right before "-e". */
    for (size_t i = 0; i + 1 < count; i++) {
        if (strcmp(transfer[i], "-e") == 0)
            for (size_t j = 0; j < sizeof listing / sizeof listing[0]; j++)
                argv[used++] = listing[j];
        if (!is_report(transfer[i]))
            argv[used++] = transfer[i];
    }
    return argv;
}
