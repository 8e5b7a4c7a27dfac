/*
 * A command is one const struct in its own file cmd_<name>.c. Parsing, help, the manual, completion and typo
 * suggestions all read these structs; there is no second list of commands or options anywhere.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "cli/terminal.h"
#include "service/service.h"
#include "service/service_config.h"

/* One option of a command. */
struct option_spec {
    const char *name; /* "dry-run", without the dashes */
    char letter;      /* 'q', or 0 */
    const char
        *placeholder; /* of its value: "HOST", "PATH", or all it may be: "auto|always|never"; NULL: a flag */
    const char *help; /* one sentence, lower case, no final stop */
};

struct call;

struct command {
    const char *name;
    const char *summary;               /* one sentence, lower case, no final stop */
    const char *operands;              /* "HOST", "[HOST]", "HOST SNAPSHOT", "bash|zsh|fish"; NULL: none */
    const struct option_spec *options; /* its own, ended by a NULL name; NULL: none */
    unsigned settings; /* enum field_scope: fields of that scope are options, with --unset; 0: none */
    const struct field_table *entity; /* the same for the fields of another entity; NULL: none */
    const char *details;              /* paragraphs for help, or NULL */
    const char *exits;                /* what its exit status says beyond 0, 1 and 2, or NULL */
    const char *examples;             /* command lines, one a line, or NULL */
    bool json;                        /* takes --json */
    bool long_running;                /* ends in order when a signal asks for it, by sys/stop.h */
    bool hidden;                      /* not in help and completion */
    bool raw;                         /* takes all words behind its name as they are */
    /* The exit status, or -1 with the error. Data goes into call->out. */
    int (*run)(struct call *call, struct err *err);
};

/* All commands in the order of help, ended by NULL. */
extern const struct command *const commands[];

/* NULL if there is none of that name. */
const struct command *command_find(const char *name);

/* Whether it takes fields as options, and with them --unset. */
bool command_has_fields(const struct command *command);

/* The fields that the command takes as options (`settings` or `entity`), one after the other: *next begins with 0; NULL
 * behind the last. */
const struct field *command_field(const struct command *command, size_t *next);

/* The one whose name or option this is, NULL if the command takes none. */
const struct field *command_field_find(const struct command *command, const char *name);

/* The flags that every command takes, ended by a NULL name. */
extern const struct option_spec global_options[];

/* "HOST" of "HOST [SNAPSHOT]": the operand at `index` without its brackets, NULL behind the last. *optional may be
 * NULL. */
const char *command_operand(struct arena *arena, const struct command *command, size_t index, bool *optional);

struct option_use {
    const struct option_spec *spec;
    const char *value; /* NULL for a flag */
};

enum call_wish { CALL_RUN, CALL_HELP, CALL_VERSION };

/* A command line that was understood, and what running it needs. A zeroed struct with `arena` set is an empty one. */
struct call {
    struct arena *arena;
    const struct command *command; /* NULL: none was named */
    enum call_wish wish;
    bool json, quiet, no_input;
    int verbose; /* how often -v was given */
    enum color_wish color;
    struct list words; /* the operands */
    struct option_use *uses;
    size_t use_count;
    struct config_change *changes; /* settings, each field at most once */
    size_t change_count;
    struct terminal terminal;
    struct buf out;         /* standard output, written by call_flush() and at the end */
    int out_errno;          /* why standard output could not be written, 0 = it could */
    struct service service; /* see call_service() */
    bool service_is_open;
};

/* Closes the service and frees the output. */
void call_release(struct call *call);

/* The operand at `index`, or NULL. */
const char *call_word(const struct call *call, size_t index);

/* Whether an option of the command was given. */
bool call_has(const struct call *call, const char *option);

/* The value it was given (the last one), or NULL. */
const char *call_value(const struct call *call, const char *option);

/* The service, opened at the first call; NULL with the error. Closed by call_release(). */
struct service *call_service(struct call *call, struct err *err);

/* Writes what the output holds. Failure is noted in out_errno and reported at the end. */
void call_flush(struct call *call);

/* Adds the document to the output, indented by 2. */
void call_add_json(struct call *call, const json_t *document);

/* A line for people on standard error, behind the output so far, unless --quiet or --json ask for silence. */
void call_note(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define JSON_SCOPED __attribute__((cleanup(call_json_release))) json_t
void call_json_release(json_t **document);

#endif
