/* Help and the manual. */
#include "cli/help.h"

#include <string.h>

#include "cli/replaced.h"
#include "cli/suggestion.h"
#include "model/config.h"

#define PROGRAM_SUMMARY "pulls backups of machines over SSH into hard-linked snapshots"
#define PROGRAM_TEXT                                                                                             \
    "pobsync runs rsync over SSH against each machine and stores every run as a plain directory tree, in which " \
    "unchanged files are hard links to the run before. A backup can be read with ls and cp, without pobsync."
#define FIRST_STEPS                                                                                          \
    "pobsync configure-global --backup-root /backups\n"                                                      \
    "pobsync configure-host web1 --address web1.example.net\n"                                               \
    "pobsync key web1\n"                                                                                     \
    "pobsync test-connection web1\n"                                                                         \
    "pobsync backup web1\n"                                                                                  \
    "pobsync snapshots web1"

/* By exit status; err.h says which error ends with which. */
static const struct {
    int status;
    const char *sentence;
} exits[] = {
    {0, "all is well"},
    {1, "failed"},
    {2, "the command line or a setting is not understood; nothing was done"},
    {3, "done, with warnings or only in part"},
    {4, "not allowed"},
    {5, "there is no such host, snapshot or run"},
    {6, "busy: somebody else holds the lock"},
    {7, "refused by a guard: not confirmed, held, or more than a limit allows"},
    {8, "the backup root: missing, not mounted, wrong disk, read-only, full"},
    {9, "the host cannot be reached, or its key or ours was refused"},
    {10, "something needs attention"},
    {130, "interrupted"},
};

static const struct {
    const char *name, *text;
} variables[] = {
    {"POBSYNC_HOME", "state directory: database, keys, logs (default: /var/lib/pobsync)"},
    {"POBSYNC_DATABASE", "database, a URL (default: sqlite://$POBSYNC_HOME/pobsync.db)"},
    {"POBSYNC_DATABASE_PASSWORD_FILE", "file whose first line is the password of a database on a server"},
    {"POBSYNC_BACKUP_ROOT_FIXED",
     "backup root that nobody may change, for containers; it wins over --backup-root"},
    {"POBSYNC_LISTEN", "where the web pages are served (default: 127.0.0.1:8010)"},
    {"POBSYNC_ALLOW_HTTP", "1: serve them without TLS beyond loopback, for containers and proxies"},
    {"POBSYNC_ENV_FILE", "file that these variables are read from; what is set in the real environment wins "
                         "(default: /etc/pobsync/pobsync.env)"},
    {"POBSYNC_FAKE_NOW", "time to take for now, for tests"},
    {"NO_COLOR", "no colour, unless --color says otherwise"},
    {"CLICOLOR_FORCE", "colour although standard output is not a terminal"},
    {"COLUMNS", "width to take for the terminal's"},
    {"TERM", "\"dumb\": no colour"},
};

const char *help_exit_sentence(int exit_status)
{
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++)
        if (exits[i].status == exit_status)
            return exits[i].sentence;
    return NULL;
}

static const char *command_line(struct arena *arena, const struct command *command)
{
    const char *operands = command->operands != NULL ? command->operands : "";
    bool has_options = command->options != NULL || command_has_fields(command) || command->json;

    return arena_printf(arena, "%s%s%s%s", command->name, operands[0] != '\0' ? " " : "", operands,
                        has_options ? " [options]" : "");
}

static void render_option(struct page *page, const struct option_spec *spec)
{
    const char *letter = spec->letter != 0 ? arena_printf(page->arena, "-%c, ", spec->letter) : "";
    const char *value = spec->placeholder != NULL ? arena_printf(page->arena, " %s", spec->placeholder) : "";

    page_item(page, arena_printf(page->arena, "%s--%s%s", letter, spec->name, value), spec->help);
}

static void render_globals(struct page *page, bool with_json)
{
    page_heading(page, 1, page->form == PAGE_PLAIN ? "Options of every command" : "Options");
    for (const struct option_spec *spec = global_options; spec->name != NULL; spec++)
        if (with_json || strcmp(spec->name, "json") != 0)
            render_option(page, spec);
}

static const char *setting_term(struct arena *arena, const struct field *field)
{
    const char *option = field_option(arena, field);

    if (field->type == FIELD_BOOL)
        return arena_printf(arena, "%s, %s", option, field_negation(arena, field));
    return arena_printf(arena, "%s %s%s", option, field->placeholder,
                        field->type == FIELD_LIST ? " ..." : "");
}

static const char *setting_text(struct arena *arena, const struct field *field, bool with_scope)
{
    const char *scope = "";
    const char *fallback = field->fallback;

    if (with_scope && field->scope != SCOPE_BOTH)
        scope = field->scope == SCOPE_HOST ? "; of a host only" : "; global only";
    if (fallback == NULL || fallback[0] == '\0')
        return arena_printf(arena, "%s%s", field->help, scope);
    if (strchr(fallback, '\n') != NULL) {
        struct list items = {0};

        if (!with_scope)
            return arena_printf(arena, "%s (default: see pobsync help settings)", field->help);
        list_add_lines(arena, &items, fallback);
        fallback = list_join(arena, &items, " ");
    }
    return arena_printf(arena, "%s%s (default: %s)", field->help, scope, fallback);
}

static void render_settings(struct page *page, unsigned scope, bool with_scope)
{
    for (size_t i = 0; i < config_field_count; i++)
        if ((config_fields[i].scope & scope) != 0)
            page_item(page, setting_term(page->arena, &config_fields[i]),
                      setting_text(page->arena, &config_fields[i], with_scope));
    page_item(page, "--unset FIELD", "take back a setting, so that it is inherited again; may be repeated");
}

/* The fields of an entity of its own, NULL: none. */
static void render_entity(struct page *page, const struct field_table *entity)
{
    if (entity == NULL)
        return;
    for (size_t i = 0; i < entity->count; i++)
        page_item(page, setting_term(page->arena, &entity->fields[i]),
                  setting_text(page->arena, &entity->fields[i], false));
    page_item(page, "--unset FIELD", "give a field its default back; may be repeated");
}

/* What a command says of itself, below its title. */
static void render_body(struct page *page, const struct command *command)
{
    page_text(page,
              arena_printf(page->arena, "%c%s.", command->summary[0] - 'a' + 'A', command->summary + 1));
    if (command->details != NULL)
        page_text(page, command->details);
    if (command->options != NULL || command->entity != NULL) {
        page_heading(page, 3, "Options");
        render_entity(page, command->entity);
        for (const struct option_spec *spec = command->options; spec != NULL && spec->name != NULL; spec++)
            render_option(page, spec);
    }
    if (command->settings != 0) {
        page_heading(page, 3, "Settings");
        if (page->form == PAGE_PLAIN)
            render_settings(page, command->settings, false);
        else
            page_text(page, "The options of the section SETTINGS, below.");
    }
    if (command->exits != NULL) {
        page_heading(page, 3, "Exit status");
        page_text(page, command->exits);
    }
    if (command->examples != NULL) {
        page_heading(page, 3, "Examples");
        page_lines(page, command->examples);
    }
}

void help_command(struct page *page, const struct command *command)
{
    page_title(page, arena_printf(page->arena, "Usage: pobsync %s", command_line(page->arena, command)));
    render_body(page, command);
    render_globals(page, command->json);
}

static void render_commands(struct page *page)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            page_item(page, commands[i]->name, commands[i]->summary);
}

static void render_exits(struct page *page)
{
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++)
        page_item(page, arena_printf(page->arena, "%d", exits[i].status), exits[i].sentence);
    page_text(page, "Whatever is not in this list is a failure.");
}

static void render_variables(struct page *page)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        page_item(page, variables[i].name, variables[i].text);
}

static void render_all_settings(struct page *page)
{
    page_text(
        page,
        "Set for all hosts by pobsync configure-global, for one by pobsync configure-host; what a host "
        "does not set is inherited. An option that shows \"...\" may be repeated, each time with one item "
        "of the list; an empty item ('') sets the list to nothing.");
    render_settings(page, SCOPE_BOTH, true);
}

static void render_replaced(struct page *page)
{
    for (const struct replaced *replaced = replaced_commands; replaced->old != NULL; replaced++)
        page_item(page, replaced->old,
                  arena_printf(page->arena, "pobsync %s%s", replaced->now,
                               replaced_is_here(replaced) ? "" : " (comes with a later version)"));
}

const struct help_topic help_topics[] = {
    {"commands", "all commands", render_commands},
    {"settings", "what configure-global and configure-host set", render_all_settings},
    {"exit-codes", "what the exit status of a command means", render_exits},
    {"environment", "variables that are looked at", render_variables},
    {"replaced-commands", "commands of earlier versions, and what to use", render_replaced},
    {0},
};

void help_short(struct page *page)
{
    page_title(page, "Usage: pobsync COMMAND [options]");
    page_text(page, "pobsync " PROGRAM_SUMMARY ".");
    page_heading(page, 1, "Start with");
    page_lines(page, "pobsync help\npobsync COMMAND --help");
}

void help_program(struct page *page)
{
    page_title(page, "Usage: pobsync COMMAND [options]");
    page_text(page, PROGRAM_TEXT);
    page_heading(page, 1, "Commands");
    render_commands(page);
    page_heading(page, 1, "The first host");
    page_lines(page, FIRST_STEPS);
    page_heading(page, 1, "Topics of pobsync help");
    for (const struct help_topic *topic = help_topics; topic->name != NULL; topic++)
        page_item(page, topic->name, topic->summary);
    render_globals(page, true);
}

int help_topic(struct page *page, const char *name, struct err *err)
{
    const struct command *command = command_find(name);
    struct suggestion suggestion = SUGGESTION_FOR(name);

    if (command != NULL && !command->hidden) {
        help_command(page, command);
        return 0;
    }
    for (const struct help_topic *topic = help_topics; topic->name != NULL; topic++) {
        if (strcmp(topic->name, name) == 0) {
            topic->render(page);
            return 0;
        }
        suggestion_offer(&suggestion, topic->name);
    }
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            suggestion_offer(&suggestion, commands[i]->name);
    err_set(err, ERR_USAGE, "\"%s\" is neither a command nor a topic of help", name);
    if (suggestion.best != NULL)
        return err_hint(err, "did you mean %s? see pobsync help", suggestion.best);
    return err_hint(err, "see pobsync help");
}

void help_manual(struct page *page)
{
    page_title(page, "pobsync(1)");
    page_heading(page, 1, "Name");
    page_text(page, "pobsync - " PROGRAM_SUMMARY);
    page_heading(page, 1, "Synopsis");
    page_title(page, "*pobsync* _COMMAND_ [options]");
    page_heading(page, 1, "Description");
    page_text(page, PROGRAM_TEXT);
    page_text(page,
              "Data goes to standard output, everything else to standard error. With --json standard output "
              "holds one JSON document or nothing. The text that is printed without it is for people and may "
              "change; the documents, the options and the exit statuses stay.");
    render_globals(page, true);
    page_heading(page, 1, "Commands");
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden) {
            page_heading(page, 2, command_line(page->arena, commands[i]));
            render_body(page, commands[i]);
        }
    page_heading(page, 1, "Settings");
    render_all_settings(page);
    page_heading(page, 1, "Exit status");
    render_exits(page);
    page_heading(page, 1, "Environment");
    render_variables(page);
    page_heading(page, 1, "Replaced commands");
    page_text(page, "Commands of earlier versions end with status 2 and name the one to use:");
    render_replaced(page);
    page_heading(page, 1, "Examples");
    page_text(page, "The first host:");
    page_lines(page, FIRST_STEPS);
    page_heading(page, 1, "See also");
    page_title(page, "*rsync*(1), *ssh*(1)");
}
