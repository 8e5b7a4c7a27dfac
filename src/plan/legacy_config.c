/* From the keys of a file to settings. */
#include "plan/legacy_config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/cron.h"
#include "plan/legacy_keys.h"

/* What is kept while a file is gone through. */
struct planner {
    struct arena *arena;
    struct legacy_plan *plan;
    enum field_scope scope;
    const struct list *global_args;
    struct config config; /* only to see whether a value is taken */
    struct schedule schedule;
    const struct yaml_value *excludes, *replace; /* of a host: they make one value together */
    const char *excludes_key;
};

void legacy_plan_mistake(struct arena *arena, struct legacy_plan *plan, const struct yaml_value *value,
                         const char *message)
{
    struct legacy_mistake *more = arena_alloc(arena, (plan->mistake_count + 1) * sizeof *more);

    if (plan->mistake_count > 0)
        memcpy(more, plan->mistakes, plan->mistake_count * sizeof *more);
    more[plan->mistake_count++] = (struct legacy_mistake){
        .line = value->key != NULL ? value->key_line : value->line,
        .column = value->key != NULL ? value->key_column : value->column,
        .message = arena_strdup(arena, message),
    };
    plan->mistakes = more;
}

__attribute__((format(printf, 3, 4))) static void
mistake(struct planner *planner, const struct yaml_value *value, const char *format, ...)
{
    char message[1024];
    va_list words;

    va_start(words, format);
    vsnprintf(message, sizeof message, format, words);
    va_end(words);
    legacy_plan_mistake(planner->arena, planner->plan, value, message);
}

static struct legacy_item *add_item(struct planner *planner, const struct yaml_value *value, const char *key)
{
    struct legacy_plan *plan = planner->plan;

    /* Room doubles at each power of two, so that the count alone tells when. */
    if ((plan->count & (plan->count - 1)) == 0) {
        size_t room = plan->count == 0 ? 1 : plan->count * 2;
        struct legacy_item *items = arena_alloc(planner->arena, room * sizeof *items);

        if (plan->count > 0)
            memcpy(items, plan->items, plan->count * sizeof *items);
        plan->items = items;
    }
    plan->items[plan->count] = (struct legacy_item){.value = value, .key = key};
    return &plan->items[plan->count++];
}

static bool is_scalar(const struct yaml_value *value)
{
    return value->type == YAML_TEXT || value->type == YAML_INT || value->type == YAML_BOOL;
}

/* "-oName=value" and "Name value" of ssh's command line, as "Name=value". */
static const char *plain_option(struct arena *arena, const char *text)
{
    char *copy;

    if (strncmp(text, "-o", 2) == 0)
        text += 2 + strspn(text + 2, " ");
    copy = arena_strdup(arena, text);
    if (strchr(copy, '=') == NULL && strchr(copy, ' ') != NULL)
        *strchr(copy, ' ') = '=';
    return copy;
}

/* One item of a list, checked where it stands. False: a mistake, which is noted. */
static bool add_list_item(struct planner *planner, const struct field *field, const struct yaml_value *value,
                          const char *key, const char *text, struct list *list)
{
    struct err err;

    if (field == config_field("ssh_options"))
        text = plain_option(planner->arena, text);
    if (strchr(text, '\n') != NULL) {
        mistake(planner, value, "an item with a line break in it; each item is one line");
        return false;
    }
    if (field == config_field("rsync_args") && legacy_arg_is_implied(text)) {
        add_item(planner, value, key)->note =
            arena_printf(planner->arena, "%s: every run does that by itself", text);
        return true;
    }
    if (field->rule != NULL && field->rule(text, &err) < 0) {
        mistake(planner, value, "%s", err.message);
        return false;
    }
    list_add(planner->arena, list, text);
    return true;
}

/* A list, a map of ssh options, or one text of lines. */
static bool read_list(struct planner *planner, const struct field *field, const struct yaml_value *value,
                      const char *key, struct list *list)
{
    bool is_options = field == config_field("ssh_options");

    if (is_scalar(value)) {
        struct list lines = {0};

        list_add_lines(planner->arena, &lines, value->text);
        for (size_t i = 0; i < lines.count; i++)
            if (!add_list_item(planner, field, value, key, lines.items[i], list))
                return false;
        return true;
    }
    if (value->type != YAML_LIST && !(value->type == YAML_MAP && is_options)) {
        mistake(planner, value, "\"%s\" is a list, and %s stands here", key, yaml_type_name(value->type));
        return false;
    }
    for (const struct yaml_value *part = value->first; part != NULL; part = part->next) {
        const char *text = part->text;

        if (!is_scalar(part)) {
            mistake(planner, part, "an item of \"%s\" is text, and %s stands here", key,
                    yaml_type_name(part->type));
            return false;
        }
        if (part->key != NULL)
            text = arena_printf(planner->arena, "%s=%s", part->key, text);
        else if (is_options && strcmp(text, "-o") == 0)
            continue; /* the option itself is the next item */
        if (!add_list_item(planner, field, part, key, text, list))
            return false;
    }
    return true;
}

/* The value as config_set() takes it; NULL for "not set". False: a mistake, which is noted. */
static bool read_value(struct planner *planner, const struct field *field, const struct yaml_value *value,
                       const char *key, const char **text)
{
    struct list list = {0};

    *text = NULL;
    if (value->type == YAML_NULL)
        return true;
    if (field->type == FIELD_LIST) {
        if (!read_list(planner, field, value, key, &list))
            return false;
        *text = list_lines(planner->arena, &list);
        return true;
    }
    if (!is_scalar(value) || (field->type == FIELD_INT && value->type == YAML_BOOL)) {
        mistake(planner, value, "\"%s\" is %s, and %s stands here", key,
                yaml_type_name(field->type == FIELD_INT    ? YAML_INT
                               : field->type == FIELD_BOOL ? YAML_BOOL
                                                           : YAML_TEXT),
                yaml_type_name(value->type));
        return false;
    }
    if (field->type == FIELD_BOOL && value->type == YAML_BOOL)
        *text = value->truth ? "yes" : "no";
    else if (field->type == FIELD_INT && value->type == YAML_INT)
        *text = arena_printf(planner->arena, "%lld", (long long)value->number);
    else
        *text = value->text;
    return true;
}

/* Whether the rules take it; if not, that is noted. */
static bool try_value(struct planner *planner, const struct field *field, bool of_schedule,
                      const struct yaml_value *value, const char *text)
{
    struct err err;
    struct cron cron;

    if (text == NULL)
        return true;
    if (!of_schedule) {
        if (config_set(planner->arena, &planner->config, planner->scope, field, text, &err) == 0)
            return true;
    } else if (schedule_set(planner->arena, &planner->schedule, field, text, &err) == 0 &&
               (field != schedule_field("cron") || cron_parse(text, &cron, &err) == 0)) {
        return true;
    }
    mistake(planner, value, "%s", err.message);
    return false;
}

static void take(struct planner *planner, const struct field *field, bool of_schedule,
                 const struct yaml_value *value, const char *key, const char *text)
{
    const struct legacy_plan *plan = planner->plan;
    struct legacy_item *item;

    if (!try_value(planner, field, of_schedule, value, text))
        return;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].field == field) {
            mistake(planner, value, "\"%s\" says again what \"%s\" in line %d says", key, plan->items[i].key,
                    plan->items[i].value->key_line);
            return;
        }
    item = add_item(planner, value, key);
    item->field = field;
    item->of_schedule = of_schedule;
    item->text = text;
}

/* rsync's arguments of global.yaml, and those of the host behind them. */
static const char *join_args(struct planner *planner, const char *text)
{
    struct list all = {0}, own = {0};

    for (size_t i = 0; i < planner->global_args->count; i++)
        list_add(planner->arena, &all, planner->global_args->items[i]);
    list_add_lines(planner->arena, &own, text);
    for (size_t i = 0; i < own.count; i++)
        if (!list_has(&all, own.items[i]))
            list_add(planner->arena, &all, own.items[i]);
    return list_lines(planner->arena, &all);
}

/* A key that means a field. */
static void plan_field(struct planner *planner, enum legacy_section section, const struct field *field,
                       const struct yaml_value *value, const char *key)
{
    bool of_schedule = section == LEGACY_SCHEDULE;
    const char *text;

    if (planner->scope == SCOPE_HOST && field == config_field("excludes_replace")) {
        planner->replace = value;
        return;
    }
    if (planner->scope == SCOPE_HOST && field == config_field("excludes")) {
        if (planner->excludes != NULL)
            mistake(planner, value, "\"%s\" says again what \"%s\" in line %d says", key,
                    planner->excludes_key, planner->excludes->key_line);
        planner->excludes = value;
        planner->excludes_key = key;
        return;
    }
    if (!read_value(planner, field, value, key, &text))
        return;
    if (of_schedule && text == NULL && field == schedule_field("cron")) {
        add_item(planner, value, key)->note = "no expression: the schedule stays as it is";
        return;
    }
    if (text != NULL && planner->global_args != NULL && strcmp(value->key, "extra_args") == 0)
        text = join_args(planner, text);
    take(planner, field, of_schedule, value, key, text);
}

static void plan_map(struct planner *planner, enum legacy_section section, const struct yaml_value *map,
                     const char *prefix);

/* A key at the top that begins a section. */
static void plan_section(struct planner *planner, enum legacy_section section, const struct yaml_value *value,
                         const char *key)
{
    if (value->type == YAML_MAP)
        plan_map(planner, section, value, arena_printf(planner->arena, "%s.", key));
    else if (section == LEGACY_SCHEDULE && planner->scope == SCOPE_HOST && value->type == YAML_TEXT)
        plan_field(planner, section, schedule_field("cron"), value, key);
    else if (value->type != YAML_NULL)
        mistake(planner, value, "\"%s\" is %s, and %s stands here", key, yaml_type_name(YAML_MAP),
                yaml_type_name(value->type));
}

static void plan_map(struct planner *planner, enum legacy_section section, const struct yaml_value *map,
                     const char *prefix)
{
    for (const struct yaml_value *value = map->first; value != NULL; value = value->next) {
        const char *key = arena_printf(planner->arena, "%s%s", prefix, value->key);
        enum legacy_section below = section == LEGACY_TOP ? legacy_section_find(value->key) : LEGACY__MAX;
        const struct field *field = below == LEGACY__MAX ? legacy_field_find(section, value->key) : NULL;

        if (planner->scope == SCOPE_HOST && prefix[0] == '\0' && strcmp(key, "host") == 0)
            continue; /* looked at before */
        if (below != LEGACY__MAX)
            plan_section(planner, below, value, key);
        else if (field == NULL)
            add_item(planner, value, key);
        else if (section == LEGACY_SCHEDULE && planner->scope != SCOPE_HOST)
            add_item(planner, value, key)->note = "a schedule belongs to each host";
        else
            plan_field(planner, section, field, value, key);
    }
}

/* excludes_add and excludes_replace of a host, as the list and the flag that they come to. */
static void plan_excludes(struct planner *planner)
{
    const struct field *excludes = config_field("excludes"), *flag = config_field("excludes_replace");
    const struct yaml_value *replace = planner->replace, *add = planner->excludes;
    const char *replaced = NULL, *added = NULL;
    bool is_list = replace != NULL && (replace->type == YAML_LIST || replace->type == YAML_TEXT);

    if (add != NULL && !read_value(planner, excludes, add, planner->excludes_key, &added))
        return;
    if (replace != NULL &&
        !read_value(planner, is_list ? excludes : flag, replace, "excludes_replace", &replaced))
        return;
    if (replace != NULL)
        take(planner, flag, false, replace, "excludes_replace", is_list ? "yes" : replaced);
    if (!is_list) {
        if (add != NULL)
            take(planner, excludes, false, add, planner->excludes_key, added);
        return;
    }
    take(planner, excludes, false, replace, "excludes_replace",
         added == NULL ? replaced : arena_printf(planner->arena, "%s\n%s", replaced, added));
    if (add != NULL)
        add_item(planner, add, planner->excludes_key)->note = "taken with excludes_replace";
}

static int compare_places(const void *left, const void *right)
{
    const struct legacy_item *a = left, *b = right;
    int lines = (a->value->key != NULL ? a->value->key_line : a->value->line) -
                (b->value->key != NULL ? b->value->key_line : b->value->line);

    if (lines != 0 || a->value != b->value)
        return lines != 0 ? lines : a->value->column - b->value->column;
    /* excludes_replace is two: the flag stands before the list. */
    return a->field == NULL || b->field == NULL ? 0 : strcmp(b->field->name, a->field->name);
}

static void plan_document(struct planner *planner, const struct yaml_document *document)
{
    planner->plan->document = document;
    schedule_init(planner->arena, &planner->schedule);
    if (document->top->type == YAML_MAP)
        plan_map(planner, LEGACY_TOP, document->top, "");
    else if (document->top->type != YAML_NULL)
        mistake(planner, document->top, "a configuration is %s, and %s stands here", yaml_type_name(YAML_MAP),
                yaml_type_name(document->top->type));
}

void legacy_plan_global(struct arena *arena, const struct yaml_document *document, struct legacy_plan *plan)
{
    struct planner planner = {.arena = arena, .plan = plan, .scope = SCOPE_GLOBAL};

    *plan = (struct legacy_plan){0};
    plan_document(&planner, document);
}

void legacy_plan_host(struct arena *arena, const struct yaml_document *document, const char *name,
                      const struct list *global_args, struct legacy_plan *plan)
{
    struct planner planner = {.arena = arena, .plan = plan, .scope = SCOPE_HOST, .global_args = global_args};
    const struct yaml_value *said = yaml_find(document->top, "host");

    *plan = (struct legacy_plan){.host = name};
    if (said != NULL && (!is_scalar(said) || strcmp(said->text, name) != 0))
        mistake(&planner, said,
                "the file is called \"%s\", and the host in it \"%s\"; both are to be its name", name,
                is_scalar(said) ? said->text : yaml_type_name(said->type));
    plan_document(&planner, document);
    plan_excludes(&planner);
    if (plan->count > 0)
        qsort(plan->items, plan->count, sizeof *plan->items, compare_places);
}
