/* Command lines: getopt_long() with a table made from a command's options, its settings and the global flags. */
#include "cli/option.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/replaced.h"
#include "cli/suggestion.h"
#include "model/config.h"

const struct option_spec global_options[] = {
    {"help", 'h', NULL, "print this help"},
    {"version", 0, NULL, "print the version"},
    {"json", 0, NULL, "print one JSON document, and errors as JSON on standard error"},
    {"quiet", 'q', NULL, "print no notes and no progress"},
    {"verbose", 'v', NULL, "say more on standard error; twice: still more"},
    {"color", 0, "auto|always|never", "whether state words are coloured"},
    {"no-input", 0, NULL, "never ask anything"},
    {0},
};

static const struct option_spec unset_option = {"unset", 0, "FIELD", NULL};

/* getopt_long() gives back FIRST_SLOT + index; below are its characters. */
enum { SLOT_MAX = 128, FIRST_SLOT = 1000 };

/* What an option stands for: an option of a table, or a setting. */
struct slot {
    const struct option_spec *spec;
    const struct field *field;
    bool negated; /* --no-FIELD */
};

struct parser {
    struct call *call;
    char **argv;
    struct slot slots[SLOT_MAX];
    struct option longs[SLOT_MAX + 1];
    size_t count;
};

static void add_slot(struct parser *parser, const char *name, bool has_value, struct slot slot)
{
    size_t i = parser->count++;

    assert(i < SLOT_MAX);
    parser->slots[i] = slot;
    parser->longs[i] =
        (struct option){name, has_value ? required_argument : no_argument, NULL, FIRST_SLOT + (int)i};
    parser->longs[i + 1] = (struct option){0};
}

static void add_specs(struct parser *parser, const struct option_spec *specs)
{
    for (; specs != NULL && specs->name != NULL; specs++)
        add_slot(parser, specs->name, specs->placeholder != NULL, (struct slot){.spec = specs});
}

static void add_fields(struct parser *parser, const struct command *command)
{
    struct arena *arena = parser->call->arena;
    const struct field *field;
    size_t next = 0;

    while ((field = command_field(command, &next)) != NULL) {
        add_slot(parser, field_option(arena, field) + 2, field->type != FIELD_BOOL,
                 (struct slot){.field = field});
        if (field->type == FIELD_BOOL)
            add_slot(parser, field_negation(arena, field) + 2, false,
                     (struct slot){.field = field, .negated = true});
    }
    if (command_has_fields(command))
        add_slot(parser, unset_option.name, true, (struct slot){.spec = &unset_option});
}

static int see_help(const struct parser *parser, const char *guess, struct err *err)
{
    const struct command *command = parser->call->command;
    const char *help = command != NULL ? arena_printf(parser->call->arena, "pobsync %s --help", command->name)
                                       : "pobsync --help";

    if (guess != NULL)
        return err_hint(err, "did you mean %s? see %s", guess, help);
    return err_hint(err, "see %s", help);
}

static int unknown_option(const struct parser *parser, const char *typed, struct err *err)
{
    const struct command *command = parser->call->command;
    struct arena *arena = parser->call->arena;
    char *name = arena_copy(arena, typed, strcspn(typed, "="));
    struct suggestion suggestion = SUGGESTION_FOR(name);
    char *underscored = arena_strdup(arena, strncmp(name, "--", 2) == 0 ? name + 2 : name);
    const struct field *field;

    for (char *c = underscored; *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
    field = config_field(underscored);
    /* A setting of the other scope: the table of settings knows where it belongs. */
    if (command != NULL && command->settings != 0 && field != NULL &&
        (field->scope & command->settings) == 0) {
        struct config nowhere = {0};

        return config_set(arena, &nowhere, (enum field_scope)command->settings, field, "", err);
    }
    for (size_t i = 0; i < parser->count; i++)
        suggestion_offer(&suggestion, arena_printf(arena, "--%s", parser->longs[i].name));
    if (command != NULL)
        err_set(err, ERR_USAGE, "\"%s\" is not an option of \"%s\"", name, command->name);
    else
        err_set(err, ERR_USAGE, "\"%s\" is not an option that can stand before the command", name);
    return see_help(parser, suggestion.best, err);
}

static int unknown_command(const struct parser *parser, char *const *words, struct err *err)
{
    struct suggestion suggestion = SUGGESTION_FOR(words[0]);

    if (replaced_answer(words, err))
        return -1;
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            suggestion_offer(&suggestion, commands[i]->name);
    err_set(err, ERR_USAGE, "\"%s\" is not a command", words[0]);
    return see_help(parser, suggestion.best, err);
}

/* Takes the first word as the command, and its options into the table. */
static int take_command(struct parser *parser, char *const *words, struct err *err)
{
    const struct command *command = command_find(words[0]);

    if (command == NULL)
        return unknown_command(parser, words, err);
    parser->call->command = command;
    add_specs(parser, command->options);
    add_fields(parser, command);
    return 0;
}

static struct config_change *change_of(struct call *call, const struct field *field, bool *is_new)
{
    for (size_t i = 0; i < call->change_count; i++)
        if (call->changes[i].field == field) {
            *is_new = false;
            return &call->changes[i];
        }
    if (call->changes == NULL)
        call->changes = arena_alloc(call->arena, CONFIG_FIELD_MAX * sizeof *call->changes);
    *is_new = true;
    call->changes[call->change_count] = (struct config_change){.field = field};
    return &call->changes[call->change_count++];
}

static int set_and_unset(struct call *call, const struct field *field, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s and --unset %s contradict each other",
                   field_option(call->arena, field), field_option(call->arena, field) + 2);
}

/* Lists collect their items, everything else takes the last value. */
static int take_setting(struct call *call, const struct slot *slot, const char *value, struct err *err)
{
    const struct field *field = slot->field;
    bool is_new;
    struct config_change *change = change_of(call, field, &is_new);

    if (!is_new && change->text == NULL)
        return set_and_unset(call, field, err);
    if (field->type == FIELD_BOOL) {
        change->text = slot->negated ? "no" : "yes";
        return 0;
    }
    if (strchr(value, '\n') != NULL)
        return err_set(err, ERR_INVALID, "%s: \"%s\" holds a newline", field_option(call->arena, field),
                       value);
    if (field->type != FIELD_LIST || is_new || change->text[0] == '\0')
        change->text = value;
    else if (value[0] != '\0')
        change->text = arena_printf(call->arena, "%s\n%s", change->text, value);
    return 0;
}

static int take_unset(const struct parser *parser, const char *value, struct err *err)
{
    struct call *call = parser->call;
    struct suggestion suggestion = SUGGESTION_FOR(value);
    char *name = arena_strdup(call->arena, value);
    const struct field *field;
    struct config_change *change;
    bool is_new;

    for (char *c = name; *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
    field = command_field_find(call->command, name);
    if (field == NULL) {
        for (size_t next = 0; (field = command_field(call->command, &next)) != NULL;)
            suggestion_offer(&suggestion, field_option(call->arena, field) + 2);
        err_set(err, ERR_USAGE, "--unset: \"%s\" is not a setting that \"%s\" knows", value,
                call->command->name);
        return see_help(parser, suggestion.best, err);
    }
    change = change_of(call, field, &is_new);
    return !is_new && change->text != NULL ? set_and_unset(call, field, err) : 0;
}

/* Whether a word may stand for a placeholder: one with "|" lists all that may, and none takes bytes that are no text.
 * `name` is what the word belongs to. */
static int check_word(const struct parser *parser, const char *name, const char *placeholder,
                      const char *word, struct err *err)
{
    size_t length = strlen(word);

    /* What lies in a snapshot may have any name. */
    if (strncmp(placeholder, "PLACE", 5) != 0 && !text_is_utf8(word, length))
        return err_set(err, ERR_INVALID, "%s: \"%s\" is not valid UTF-8", name, word);
    if (strchr(placeholder, '|') == NULL)
        return 0;
    for (const char *c = placeholder;; c += strcspn(c, "|") + 1) {
        if (strcspn(c, "|") == length && strncmp(c, word, length) == 0)
            return 0;
        if (c[strcspn(c, "|")] == '\0')
            break;
    }
    err_set(err, ERR_USAGE, "%s: \"%s\" is none of %s", name, word, placeholder);
    return see_help(parser, NULL, err);
}

static void take_global(struct call *call, const struct option_spec *spec, const char *value)
{
    if (strcmp(spec->name, "help") == 0)
        call->wish = CALL_HELP;
    else if (strcmp(spec->name, "version") == 0)
        call->wish = CALL_VERSION;
    else if (strcmp(spec->name, "json") == 0)
        call->json = true;
    else if (strcmp(spec->name, "quiet") == 0)
        call->quiet = true;
    else if (strcmp(spec->name, "verbose") == 0)
        call->verbose++;
    else if (strcmp(spec->name, "no-input") == 0)
        call->no_input = true;
    else if (value != NULL)
        call->color = value[1] == 'l' ? COLOR_ALWAYS : value[0] == 'n' ? COLOR_NEVER : COLOR_AUTO;
}

static bool is_global(const struct option_spec *spec)
{
    for (const struct option_spec *global = global_options; global->name != NULL; global++)
        if (global == spec)
            return true;
    return false;
}

static void add_use(struct call *call, const struct option_spec *spec, const char *value)
{
    struct option_use *uses = arena_alloc(call->arena, (call->use_count + 1) * sizeof *uses);

    if (call->use_count > 0)
        memcpy(uses, call->uses, call->use_count * sizeof *uses);
    uses[call->use_count++] = (struct option_use){spec, value};
    call->uses = uses;
}

static int take_option(struct parser *parser, size_t index, const char *value, struct err *err)
{
    const struct slot *slot = &parser->slots[index];

    if (slot->field != NULL)
        return take_setting(parser->call, slot, value, err);
    assert(slot->spec != NULL);
    if (slot->spec == &unset_option)
        return take_unset(parser, value, err);
    if (value != NULL && check_word(parser, arena_printf(parser->call->arena, "--%s", slot->spec->name),
                                    slot->spec->placeholder, value, err) < 0)
        return -1;
    if (is_global(slot->spec))
        take_global(parser->call, slot->spec, value);
    else
        add_use(parser->call, slot->spec, value);
    return 0;
}

/* A long option that getopt_long() has found by its first letters only: a script that relies on them would break with
 * the next option that begins alike. */
static const char *abbreviation(const struct parser *parser, size_t index)
{
    const char *word = parser->argv[optind - 1];
    const char *name = parser->longs[index].name;

    assert(name != NULL);
    if (optarg != NULL && optarg == word)
        word = parser->argv[optind - 2];
    if (strncmp(word, "--", 2) != 0 || strcspn(word + 2, "=") == strlen(name))
        return NULL;
    return word;
}

static int take_short(struct parser *parser, int letter, struct err *err)
{
    for (size_t i = 0; i < parser->count; i++)
        if (parser->slots[i].spec != NULL && parser->slots[i].spec->letter == letter)
            return take_option(parser, i, optarg, err);
    return unknown_option(parser, arena_printf(parser->call->arena, "-%c", letter), err);
}

/* What getopt_long() could not use: '?' or ':' with the option in optopt. */
static int refuse(const struct parser *parser, int result, struct err *err)
{
    const char *typed = parser->argv[optind - 1];

    if (optopt >= FIRST_SLOT) {
        const char *name = parser->longs[optopt - FIRST_SLOT].name;

        assert(name != NULL);
        if (strncmp(typed + 2, name, strlen(name)) != 0)
            return unknown_option(parser, typed, err);
        if (result == ':')
            err_set(err, ERR_USAGE, "--%s needs a value", name);
        else
            err_set(err, ERR_USAGE, "--%s takes no value", name);
        return see_help(parser, NULL, err);
    }
    if (optopt != 0)
        typed = arena_printf(parser->call->arena, "-%c", optopt);
    return unknown_option(parser, typed, err);
}

static int check_words(const struct parser *parser, struct err *err)
{
    const struct call *call = parser->call;
    const char *operand;
    size_t i = 0;
    bool optional;

    for (; (operand = command_operand(call->arena, call->command, i, &optional)) != NULL; i++) {
        const char *word = call_word(call, i);

        if (word == NULL && !optional) {
            err_set(err, ERR_USAGE, "\"%s\" needs %s", call->command->name, operand);
            return see_help(parser, NULL, err);
        }
        if (word != NULL && check_word(parser, call->command->name, operand, word, err) < 0)
            return -1;
    }
    if (i < call->words.count) {
        err_set(err, ERR_USAGE, "\"%s\" is one word too many for \"%s\"", call->words.items[i],
                call->command->name);
        return see_help(parser, NULL, err);
    }
    return 0;
}

static int parse_words(struct parser *parser, int argc, struct err *err)
{
    struct call *call = parser->call;
    int result;

    /* The "-" makes getopt_long() give words back in their place, as 1, whatever POSIXLY_CORRECT says. */
    while ((result = getopt_long(argc, parser->argv, "-:hqv", parser->longs, NULL)) != -1) {
        const char *typed;

        if (result == 1 && call->command != NULL) {
            list_add(call->arena, &call->words, optarg);
        } else if (result == 1) {
            if (take_command(parser, parser->argv + optind - 1, err) < 0)
                return -1;
            assert(call->command != NULL);
            if (call->command->raw)
                break;
        } else if (result == '?' || result == ':') {
            return refuse(parser, result, err);
        } else if (result < FIRST_SLOT) {
            if (take_short(parser, result, err) < 0)
                return -1;
        } else if ((typed = abbreviation(parser, (size_t)(result - FIRST_SLOT))) != NULL) {
            return unknown_option(parser, typed, err);
        } else if (take_option(parser, (size_t)(result - FIRST_SLOT), optarg, err) < 0) {
            return -1;
        }
    }
    if (call->command == NULL && optind < argc && take_command(parser, parser->argv + optind++, err) < 0)
        return -1;
    while (optind < argc)
        list_add(call->arena, &call->words, parser->argv[optind++]);
    return 0;
}

int option_parse(int argc, char **argv, struct call *call, struct err *err)
{
    struct parser parser = {.call = call, .argv = argv};

    add_specs(&parser, global_options);
    optind = 0; /* glibc: start anew */
    if (parse_words(&parser, argc, err) < 0)
        return -1;
    if (call->wish != CALL_RUN || call->command == NULL || call->command->raw)
        return 0;
    if (call->json && !call->command->json) {
        err_set(err, ERR_USAGE, "\"%s\" has no --json", call->command->name);
        return see_help(&parser, NULL, err);
    }
    return check_words(&parser, err);
}

bool option_wants_json(int argc, char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}
