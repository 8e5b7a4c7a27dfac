/* The one table of replaced commands. */
#include "cli/replaced.h"

#include <stddef.h>
#include <string.h>

#include "cli/command.h"

const struct replaced replaced_commands[] = {
    {"django check", "check"},
    {"django migrate", "migrate"},
    {"django createsuperuser", "create-user"},
    {"django runserver", "serve"},
    {"createsuperuser", "create-user"},
    {"runserver", "serve"},
    {"run_pobsync_backup", "backup"},
    {"run_pobsync_scheduler", "scheduler"},
    {"run_pobsync_worker", "worker"},
    {"import_pobsync_configs", "import-configs"},
    {"export_pobsync_configs", "export-configs"},
    {"discover_pobsync_snapshots", "discover-snapshots"},
    {"apply_pobsync_retention", "retention"},
    {0},
};

bool replaced_is_here(const struct replaced *replaced)
{
    return command_find(replaced->now) != NULL;
}

/* "django run_pobsync_backup" is the same as "run_pobsync_backup": what lies between the two is skipped. */
static bool begins_with(char *const *words, const char *old)
{
    const char *blank = strchr(old, ' ');
    size_t first = blank != NULL ? (size_t)(blank - old) : strlen(old);

    if (blank == NULL && strcmp(words[0], "django") == 0 && words[1] != NULL)
        return strcmp(words[1], old) == 0;
    if (strlen(words[0]) != first || strncmp(words[0], old, first) != 0)
        return false;
    return blank == NULL || (words[1] != NULL && strcmp(words[1], blank + 1) == 0);
}

bool replaced_answer(char *const *words, struct err *err)
{
    for (const struct replaced *replaced = replaced_commands; replaced->old != NULL; replaced++) {
        if (!begins_with(words, replaced->old))
            continue;
        err_set(err, ERR_USAGE, "\"%s\" is now \"%s\"", replaced->old, replaced->now);
        if (replaced_is_here(replaced))
            err_hint(err, "use: pobsync %s; see pobsync %s --help", replaced->now, replaced->now);
        else
            err_hint(err, "pobsync %s comes with a later version", replaced->now);
        return true;
    }
    if (strcmp(words[0], "django") != 0)
        return false;
    err_set(err, ERR_USAGE, "there is no \"django\" any more: every command is one of pobsync itself");
    err_hint(err, "see pobsync help replaced-commands");
    return true;
}
