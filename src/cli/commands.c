/* The one table of commands. */
#include <string.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "model/config.h"

const struct command *const commands[] = {
    &cmd_configure_global,
    &cmd_configure_host,
    &cmd_remove_host,
    &cmd_status,
    &cmd_hosts,
    &cmd_show,
    &cmd_key,
    &cmd_host_key,
    &cmd_test_connection,
    &cmd_backup,
    &cmd_schedule,
    &cmd_schedules,
    &cmd_snapshots,
    &cmd_discover_snapshots,
    &cmd_release,
    &cmd_retention,
    &cmd_pin,
    &cmd_unpin,
    &cmd_delete,
    &cmd_incomplete,
    &cmd_ls,
    &cmd_cat,
    &cmd_versions,
    &cmd_diff,
    &cmd_find,
    &cmd_restore,
    &cmd_download,
    &cmd_space,
    &cmd_purges,
    &cmd_runs,
    &cmd_log,
    &cmd_queue,
    &cmd_cancel,
    &cmd_recover,
    &cmd_scheduler,
    &cmd_worker,
    &cmd_serve,
    &cmd_reader,
    &cmd_create_user,
    &cmd_users,
    &cmd_up,
    &cmd_alive,
    &cmd_notify,
    &cmd_import_configs,
    &cmd_export_configs,
    &cmd_adopt,
    &cmd_check,
    &cmd_database,
    &cmd_rebuild,
    &cmd_migrate,
    &cmd_completion,
    &cmd_help,
    &cmd_complete,
    &cmd_run_job,
    &cmd_send_alerts,
    NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

bool command_has_fields(const struct command *command)
{
    return command->entity != NULL || command->settings != 0;
}

const struct field *command_field(const struct command *command, size_t *next)
{
    if (command->entity != NULL)
        return *next < command->entity->count ? &command->entity->fields[(*next)++] : NULL;
    while (*next < config_field_count) {
        const struct field *field = &config_fields[(*next)++];

        if ((field->scope & command->settings) != 0)
            return field;
    }
    return NULL;
}

const struct field *command_field_find(const struct command *command, const char *name)
{
    const struct field *field;

    for (size_t next = 0; (field = command_field(command, &next)) != NULL;)
        if (strcmp(field->name, name) == 0 || (field->option != NULL && strcmp(field->option, name) == 0))
            return field;
    return NULL;
}

const char *command_operand(struct arena *arena, const struct command *command, size_t index, bool *optional)
{
    const char *operand = command->operands;
    size_t size;
    bool bracket;

    if (operand == NULL)
        return NULL;
    for (; index > 0; index--) {
        operand += strcspn(operand, " ");
        operand += strspn(operand, " ");
    }
    size = strcspn(operand, " ");
    if (size == 0)
        return NULL;
    bracket = operand[0] == '[';
    if (optional != NULL)
        *optional = bracket;
    return bracket ? arena_copy(arena, operand + 1, size - 2) : arena_copy(arena, operand, size);
}
