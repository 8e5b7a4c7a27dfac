/* From the state of runs to events. */
#include "web/events_known.h"

#include <stdlib.h>
#include <string.h>

#include "model/run.h"

struct known_run {
    char *state;    /* the run without its progress, as JSON */
    char *progress; /* as JSON */
    int64_t log_size;
};

static char *own(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);

    if (text != NULL && copy == NULL)
        abort();
    return copy;
}

static char *dump(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text == NULL)
        abort();
    return text;
}

void event_release(struct event *event)
{
    free(event->data);
    free(event->host);
    *event = (struct event){0};
}

static void release_run(struct known_run *run)
{
    free(run->state);
    free(run->progress);
}

void known_release(struct known *known)
{
    for (size_t i = 0; i < known->count; i++)
        release_run(&known->runs[i]);
    free(known->ids);
    free(known->runs);
    *known = (struct known){0};
}

/* Where the run is, or where it is to be put. */
static struct known_run *find(struct known *known, int64_t id)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->ids[i] == id)
            return &known->runs[i];
    if (known->count == known->room) {
        known->room = known->room * 2 + 16;
        known->ids = realloc(known->ids, known->room * sizeof *known->ids);
        known->runs = realloc(known->runs, known->room * sizeof *known->runs);
        if (known->ids == NULL || known->runs == NULL)
            abort();
    }
    known->ids[known->count] = id;
    known->runs[known->count] = (struct known_run){.log_size = -1};
    return &known->runs[known->count++];
}

static void forget_at(struct known *known, size_t i)
{
    release_run(&known->runs[i]);
    known->count--;
    known->ids[i] = known->ids[known->count];
    known->runs[i] = known->runs[known->count];
}

struct telling {
    void (*tell)(void *context, const struct event *event);
    void *context;
    int64_t run;
    const char *host;
};

/* Takes the data. */
static void emit(const struct telling *telling, const char *type, char *data)
{
    struct event event = {.type = type,
                          .host = own(telling->host),
                          .run = telling->run,
                          .of_listeners_of_run = strcmp(type, "log") == 0};

    event.data = data;
    if (telling->tell == NULL)
        event_release(&event);
    else
        telling->tell(telling->context, &event);
}

static void emit_object(const struct telling *telling, const char *type, json_t *object)
{
    emit(telling, type, dump(object));
    json_decref(object);
}

/* Keeps `text` in *kept; whether it is another than before. */
static bool replace(char **kept, char *text)
{
    bool is_new = *kept == NULL || strcmp(*kept, text) != 0;

    free(*kept);
    *kept = text;
    return is_new;
}

static void update_run(struct known *known, const json_t *item, struct telling *telling)
{
    json_t *run = json_object_get(item, "run"), *bare = json_copy(run);
    json_t *progress = json_object_get(run, "progress");
    int64_t log_size = json_integer_value(json_object_get(item, "log_size"));
    struct known_run *old;

    telling->run = json_integer_value(json_object_get(run, "id"));
    telling->host = json_string_value(json_object_get(run, "host"));
    if (telling->run > known->newest)
        known->newest = telling->run;
    old = find(known, telling->run);
    json_object_del(bare, "progress");
    /* The run's event has its progress as well. */
    bool is_new = replace(&old->state, dump(bare)), moves = replace(&old->progress, dump(progress));

    json_decref(bare);
    if (log_size > 0 && log_size != old->log_size) {
        old->log_size = log_size;
        emit_object(telling, "log",
                    json_pack("{s:I, s:I}", "id", (json_int_t)telling->run, "size", (json_int_t)log_size));
    }
    if (is_new)
        emit(telling, "run", dump(run));
    else if (moves)
        emit_object(telling, "progress",
                    json_pack("{s:O, s:O, s:O}", "id", json_object_get(run, "id"), "host",
                              json_object_get(run, "host"), "progress", progress));
}

static bool has_ended(const json_t *items, int64_t id)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *run = json_object_get(json_array_get(items, i), "run");

        if (json_integer_value(json_object_get(run, "id")) == id)
            return run_has_ended(run_state_parse(json_string_value(json_object_get(run, "state"))));
    }
    return true;
}

void known_update(struct known *known, const json_t *items,
                  void (*tell)(void *context, const struct event *event), void *context)
{
    struct telling telling = {.tell = tell, .context = context};

    for (size_t i = 0; i < json_array_size(items); i++)
        update_run(known, json_array_get(items, i), &telling);
    for (size_t i = known->count; i-- > 0;)
        if (has_ended(items, known->ids[i]))
            forget_at(known, i);
}
