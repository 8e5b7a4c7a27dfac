/*
 * pobsync __complete WORD...: what the last word may become, given those before it. One candidate a line, with a tab
 * and a description. It never fails and never makes anything: whoever presses the tab key has not decided yet.
 */
#include <string.h>
#include <unistd.h>

#include "cli/cell.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "model/config.h"
#include "service/document.h"

/* What was typed so far. */
struct typed {
    struct call *call;
    const char *last; /* the word to complete */
    const struct command *command;
    struct list operands;     /* of the command, before `last` */
    const char *wants_value;  /* placeholder of the option that `last` is the value of, or NULL */
    bool options_ended;       /* "--" was seen */
    const char *value_prefix; /* "--kind=" when the value stands in the same word, else "" */
};

static void offer(const struct typed *typed, const char *candidate, const char *description)
{
    if (strncmp(candidate, typed->last, strlen(typed->last)) == 0)
        buf_printf(&typed->call->out, "%s%s\t%s\n", typed->value_prefix, candidate, description);
}

/* Opens the service only where an installation is. */
static struct service *service_if_any(struct call *call)
{
    struct environment environment;
    struct err err;

    if (environment_load(call->arena, &environment, &err) < 0 ||
        access(environment.home, R_OK | W_OK | X_OK) < 0)
        return NULL;
    return call_service(call, &err);
}

static void offer_hosts(const struct typed *typed)
{
    struct service *service = service_if_any(typed->call);
    JSON_SCOPED *document = NULL;
    const json_t *items;
    struct err err;

    if (service == NULL || document_host_names(service, &document, &err) < 0)
        return;
    items = json_object_get(document, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        offer(typed, cell_text(typed->call->arena, json_array_get(items, i), "host"),
              cell_text(typed->call->arena, json_array_get(items, i), "address"));
}

/* What lies in a snapshot is not looked up while somebody types. */
static void offer_places(const struct typed *typed)
{
    struct service *service = service_if_any(typed->call);
    JSON_SCOPED *document = NULL;
    const json_t *items;
    struct err err;

    if (service == NULL || document_host_names(service, &document, &err) < 0)
        return;
    items = json_object_get(document, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        offer(typed,
              arena_printf(typed->call->arena, "%s:/",
                           cell_text(typed->call->arena, json_array_get(items, i), "host")),
              "latest good snapshot");
}

static void offer_snapshots(const struct typed *typed)
{
    struct service *service = service_if_any(typed->call);
    const char *host = typed->operands.count > 0 ? typed->operands.items[0] : NULL;
    JSON_SCOPED *document = NULL;
    const json_t *items;
    struct err err;

    if (service == NULL || document_snapshots(service, host, &document, &err) < 0)
        return;
    items = json_object_get(document, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        offer(typed, cell_text(typed->call->arena, json_array_get(items, i), "name"),
              cell_text(typed->call->arena, json_array_get(items, i), "kind"));
}

static void offer_topics(const struct typed *typed)
{
    for (const struct help_topic *topic = help_topics; topic->name != NULL; topic++)
        offer(typed, topic->name, topic->summary);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            offer(typed, commands[i]->name, commands[i]->summary);
}

static void offer_fields(const struct typed *typed)
{
    const struct field *field;

    for (size_t next = 0; (field = command_field(typed->command, &next)) != NULL;)
        offer(typed, field_option(typed->call->arena, field) + 2, field->help);
}

static void offer_choices(const struct typed *typed, const char *choices)
{
    while (*choices != '\0') {
        size_t size = strcspn(choices, "|");

        offer(typed, arena_copy(typed->call->arena, choices, size), "");
        choices += size + (choices[size] == '|');
    }
}

/* By the placeholder that help shows. Free text has no candidates. */
static void offer_values(const struct typed *typed, const char *placeholder)
{
    static const struct {
        const char *placeholder;
        void (*offer)(const struct typed *typed);
    } kinds[] = {{"HOST", offer_hosts},
                 {"PLACE", offer_places},
                 {"SNAPSHOT", offer_snapshots},
                 {"TOPIC", offer_topics},
                 {"FIELD", offer_fields}};

    if (strchr(placeholder, '|') != NULL)
        offer_choices(typed, placeholder);
    if (strcmp(placeholder, "PATH") == 0)
        buf_add_text(&typed->call->out, ":files\n");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].placeholder, placeholder) == 0)
            kinds[i].offer(typed);
}

static void offer_option(const struct typed *typed, const char *name, const char *help)
{
    offer(typed, arena_printf(typed->call->arena, "--%s", name), help);
}

static void offer_options(const struct typed *typed)
{
    const struct command *command = typed->command;
    const struct option_spec *specs = command != NULL ? command->options : NULL;
    const struct field *field;
    size_t next = 0;

    for (; specs != NULL && specs->name != NULL; specs++)
        offer_option(typed, specs->name, specs->help);
    while (command != NULL && (field = command_field(command, &next)) != NULL) {
        offer_option(typed, field_option(typed->call->arena, field) + 2, field->help);
        if (field->type == FIELD_BOOL)
            offer_option(typed, field_negation(typed->call->arena, field) + 2, field->help);
    }
    if (command != NULL && command_has_fields(command))
        offer_option(typed, "unset", "inherit a setting again");
    for (specs = global_options; specs->name != NULL; specs++)
        if (command == NULL || command->json || strcmp(specs->name, "json") != 0)
            offer_option(typed, specs->name, specs->help);
}

/* The placeholder of the value that an option ("--name") takes; NULL for a flag and for what is none. */
static const char *placeholder_of(const struct typed *typed, const char *option, size_t size)
{
    const struct option_spec *tables[] = {global_options,
                                          typed->command != NULL ? typed->command->options : NULL};
    const char *name = arena_copy(typed->call->arena, option + 2, size - 2);
    const struct field *field;
    size_t next = 0;

    for (size_t i = 0; i < 2; i++)
        for (const struct option_spec *spec = tables[i]; spec != NULL && spec->name != NULL; spec++)
            if (strcmp(spec->name, name) == 0)
                return spec->placeholder;
    if (typed->command == NULL || !command_has_fields(typed->command))
        return NULL;
    while ((field = command_field(typed->command, &next)) != NULL)
        if (strcmp(field_option(typed->call->arena, field) + 2, name) == 0)
            return field->placeholder;
    return strcmp(name, "unset") == 0 ? "FIELD" : NULL;
}

static void read_word(struct typed *typed, const char *word)
{
    if (typed->wants_value != NULL)
        typed->wants_value = NULL;
    else if (!typed->options_ended && strcmp(word, "--") == 0)
        typed->options_ended = true;
    else if (!typed->options_ended && strncmp(word, "--", 2) == 0 && strchr(word, '=') == NULL)
        typed->wants_value = placeholder_of(typed, word, strlen(word));
    else if (!typed->options_ended && word[0] == '-' && word[1] != '\0')
        return;
    else if (typed->command == NULL)
        typed->command = command_find(word);
    else
        list_add(typed->call->arena, &typed->operands, word);
}

/* "--kind=ma": the value is what stands behind the "=". */
static void split_last(struct typed *typed)
{
    const char *equals = strchr(typed->last, '=');

    if (typed->wants_value != NULL || strncmp(typed->last, "--", 2) != 0 || equals == NULL)
        return;
    typed->wants_value = placeholder_of(typed, typed->last, (size_t)(equals - typed->last));
    typed->value_prefix = arena_copy(typed->call->arena, typed->last, (size_t)(equals - typed->last) + 1);
    typed->last = equals + 1;
}

static int run(struct call *call, struct err *err)
{
    struct typed typed = {.call = call, .last = "", .value_prefix = ""};
    const char *operand;

    (void)err;
    for (size_t i = 0; i + 1 < call->words.count; i++)
        read_word(&typed, call->words.items[i]);
    if (call->words.count > 0)
        typed.last = call->words.items[call->words.count - 1];
    split_last(&typed);
    if (typed.wants_value != NULL)
        offer_values(&typed, typed.wants_value);
    else if (!typed.options_ended && typed.last[0] == '-')
        offer_options(&typed);
    else if (typed.command == NULL)
        for (size_t i = 0; commands[i] != NULL; i++) {
            if (!commands[i]->hidden)
                offer(&typed, commands[i]->name, commands[i]->summary);
        }
    else if ((operand = command_operand(call->arena, typed.command, typed.operands.count, NULL)) != NULL)
        offer_values(&typed, operand);
    return 0;
}

const struct command cmd_complete = {
    .name = "__complete",
    .summary = "tell a shell what may come next",
    .hidden = true,
    .raw = true,
    .run = run,
};
