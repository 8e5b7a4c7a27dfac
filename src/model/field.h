/*
 * An entity declares its fields once, in a table of `struct field`. SQL columns, command-line options, validation,
 * JSON, help and the manual all read that table; there is no second list of fields anywhere.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"

enum field_type {
    FIELD_TEXT, /* const char * */
    FIELD_INT,  /* int64_t */
    FIELD_BOOL, /* bool */
    FIELD_LIST, /* struct list */
    FIELD__MAX
};

/* How an integer is written and shown. */
enum field_unit { UNIT_NONE, UNIT_SECONDS, UNIT_BYTES, UNIT_HOURS, UNIT_KBPS };

/* Where the field may be edited. */
enum field_scope { SCOPE_GLOBAL = 1, SCOPE_HOST = 2, SCOPE_BOTH = 3 };

struct field {
    const char *name;     /* "ssh_port": SQL column and JSON key; the option is --ssh-port */
    const char *option;   /* "grace", where the option has another name; NULL: it has not */
    const char *negation; /* "disable": the option that says no to a boolean; NULL: --no-NAME */
    enum field_type type;
    enum field_unit unit;
    unsigned scope;
    size_t offset;        /* of the member in the entity's struct */
    int64_t min, max;     /* of integers */
    const char *fallback; /* the default as text, a list one item a line; NULL: none */
    int (*rule)(const char *value, struct err *err); /* of a text or of one item of a list; NULL: any */
    const char *placeholder;                         /* "PORT", for help */
    const char *help;                                /* one sentence, no final stop */
};

/* All fields of an entity. */
struct field_table {
    const struct field *fields;
    size_t count;
};

/* By name ("ssh_port"); NULL if there is none. */
const struct field *field_find(const struct field_table *table, const char *name);

/* "--ssh-port" */
const char *field_option(struct arena *arena, const struct field *field);

/* "--no-enabled": the option that says no to a boolean. */
const char *field_negation(struct arena *arena, const struct field *field);

/* Reads `text` into the member of `entity` (a list: one item a line, replacing what was there), checking range and
 * rule. -1 with ERR_INVALID, the message naming the option. */
int field_parse(struct arena *arena, const struct field *field, void *entity, const char *text,
                struct err *err);

/* The member as text, as field_parse() reads it; a text that is NULL gives NULL. */
const char *field_text(struct arena *arena, const struct field *field, const void *entity);

/* The same for people: units, lists joined by ", ". */
const char *field_shown(struct arena *arena, const struct field *field, const void *entity);

/* Raw access to the member, by type. */
static inline void *field_member(const struct field *field, void *entity)
{
    return (char *)entity + field->offset;
}
static inline const void *field_value(const struct field *field, const void *entity)
{
    return (const char *)entity + field->offset;
}

#endif
