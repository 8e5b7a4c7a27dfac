/* Settings of the installation and of hosts: each with its value in force and where that comes from. */
#include <string.h>

#include "model/config.h"
#include "service/document.h"
#include "service/service_config.h"
#include "web/input.h"
#include "web/page.h"
#include "web/precondition.h"
#include "web/visit.h"

/* "Ssh port" of ssh_port. */
static const char *label_of(struct arena *arena, const char *name)
{
    char *label = arena_strdup(arena, name);

    for (char *c = label; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    label[0] = (char)(label[0] - 'a' + 'A');
    return label;
}

/* The value as the form sends it. */
static const char *value_text(struct arena *arena, const json_t *value)
{
    struct list lines = {0};

    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            list_add(arena, &lines, json_string_value(json_array_get(value, i)));
        return list_lines(arena, &lines);
    }
    if (json_is_integer(value))
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    return json_is_string(value) ? json_string_value(value) : "";
}

/* One setting as a field of the form; `own` is the origin of those that this layer sets. */
static json_t *form_field(const struct visit *visit, const json_t *setting, const char *own)
{
    const char *name = json_string_value(json_object_get(setting, "name"));
    const struct field *field = config_field(name);
    const char *origin = json_string_value(json_object_get(setting, "origin"));
    const char *sent = visit_input(visit, name);
    const char *set = visit_input(visit, arena_printf(visit->arena, "set.%s", name));
    const char *text = value_text(visit->arena, json_object_get(setting, "value"));
    bool is_set = set != NULL ? strcmp(set, "no") != 0 : strcmp(origin, own) == 0;

    return json_pack("{s:s, s:s, s:O, s:s, s:b, s:s, s:s, s:s}", "name", name, "label",
                     label_of(visit->arena, name), "help", json_object_get(setting, "help"), "origin", origin,
                     "is_set", is_set, "text", sent != NULL ? sent : text, "in_force", text, "input",
                     field->type == FIELD_LIST   ? "list"
                     : field->type == FIELD_BOOL ? "flag"
                                                 : "line");
}

static void add_form(struct visit *visit, const json_t *document, const char *own)
{
    const json_t *settings = json_object_get(document, "settings");
    json_t *fields = json_array();

    for (size_t i = 0; i < json_array_size(settings); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(settings, i), "name")), "backup_root") !=
            0)
            json_array_append_new(fields, form_field(visit, json_array_get(settings, i), own));
    /* A form that is shown again speaks of what is there now, and can be sent. */
    visit->extra = json_pack("{s:o, s:s}", "fields", fields, "tag", precondition_tag(visit, document));
}

/* A value that was typed beside "inherited" is not dropped in silence. */
static int check_choices(const struct visit *visit, const json_t *document, struct err *err)
{
    const json_t *settings = json_object_get(document, "settings");

    for (size_t i = 0; !visit->api && i < json_array_size(settings); i++) {
        const json_t *setting = json_array_get(settings, i);
        const char *name = json_string_value(json_object_get(setting, "name"));
        const char *set = visit_input(visit, arena_printf(visit->arena, "set.%s", name));
        const char *sent = visit_input(visit, name);

        if (set == NULL || strcmp(set, "no") != 0 || sent == NULL ||
            strcmp(input_plain(visit->arena, sent),
                   value_text(visit->arena, json_object_get(setting, "value"))) == 0)
            continue;
        err_set(err, ERR_INVALID, "%s: a value was typed, and the setting is to be inherited", name);
        return err_hint(err, "choose \"set here\" for it, or leave the value as it was");
    }
    return 0;
}

int settings_tagged(struct visit *visit, json_t **document, struct err *err)
{
    return document_global(visit->service, document, err);
}

int config_tagged(struct visit *visit, json_t **document, struct err *err)
{
    return document_host(visit->service, visit_param(visit, "host"), document, err);
}

int page_settings(struct visit *visit, json_t **document, struct err *err)
{
    if (settings_tagged(visit, document, err) < 0)
        return -1;
    add_form(visit, *document, "global");
    json_object_set(visit->extra, "root", json_array_get(json_object_get(*document, "settings"), 0));
    return 0;
}

int page_settings_post(struct visit *visit, json_t **document, struct err *err)
{
    struct config_change *changes;
    size_t count;
    json_t *before;
    int result;

    if (visit_input(visit, "backup_root") != NULL) {
        err_set(err, ERR_REFUSED,
                "the backup root is not changed here: marking it needs the rights of its owner");
        return err_hint(err, "pobsync configure-global --backup-root PATH");
    }
    if (document_global(visit->service, &before, err) < 0)
        return -1;
    result = check_choices(visit, before, err);
    json_decref(before);
    if (result < 0 || input_changes(visit, SCOPE_GLOBAL, &changes, &count, err) < 0 ||
        service_global_configure(visit->service, changes, count, false, document, err) < 0)
        return -1;
    visit_go(visit, "/settings%s", visit->api ? "" : "?notice=saved");
    return 0;
}

int page_config(struct visit *visit, json_t **document, struct err *err)
{
    if (config_tagged(visit, document, err) < 0)
        return -1;
    add_form(visit, *document, "host");
    return 0;
}

/* A host that is not there is not made by this: the address of the page would be a mistake. */
int page_config_post(struct visit *visit, json_t **document, struct err *err)
{
    const char *host = visit_param(visit, "host");
    struct config_change *changes;
    size_t count;
    json_t *before;
    int result;

    if (document_host(visit->service, host, &before, err) < 0)
        return -1;
    result = check_choices(visit, before, err);
    json_decref(before);
    if (result < 0 || input_changes(visit, SCOPE_HOST, &changes, &count, err) < 0 ||
        service_host_configure(visit->service, host, changes, count, document, err) < 0)
        return -1;
    visit_go(visit, "/hosts/%s/config%s", host, visit->api ? "" : "?notice=saved");
    return 0;
}

int page_check(struct visit *visit, json_t **document, struct err *err)
{
    return document_check(visit->service, document, err);
}
