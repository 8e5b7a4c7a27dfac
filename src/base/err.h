/*
 * Errors are values: a stable code, a sentence that says what was found, what was expected, and a hint that says
 * what to do. A function that can fail takes a `struct err *`, returns -1 and fills it, or returns 0 and leaves it
 * alone. Nothing is allocated, so an error can be made when memory or disk has run out.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* Code, its name for machines, the exit status of a command and the status of an HTTP reply. One list: no second
 * mapping may exist anywhere. The exit statuses are a promise (product: "Exit codes"). */
#define ERR_LIST(X)                                                                                          \
    X(ERR_NONE, "none", 0, 200)                                                                              \
    X(ERR_INTERNAL, "internal", 1, 500)                                                                      \
    X(ERR_FAILED, "failed", 1, 500)                                                                          \
    X(ERR_IO, "io_error", 1, 500)                                                                            \
    X(ERR_DATABASE, "database", 1, 503)                                                                      \
    X(ERR_SCHEMA, "schema", 1, 503)                                                                          \
    X(ERR_EXISTS, "exists", 1, 409)                                                                          \
    X(ERR_USAGE, "usage", 2, 400)                                                                            \
    X(ERR_INVALID, "invalid", 2, 422)                                                                        \
    X(ERR_PARTIAL, "partial", 3, 200)                                                                        \
    X(ERR_NOT_ALLOWED, "not_allowed", 4, 403)                                                                \
    X(ERR_NOT_FOUND, "not_found", 5, 404)                                                                    \
    X(ERR_BUSY, "busy", 6, 409)                                                                              \
    X(ERR_REFUSED, "refused", 7, 409)                                                                        \
    X(ERR_CHANGED, "changed", 7, 412)                                                                        \
    X(ERR_ROOT, "backup_root", 8, 503)                                                                       \
    X(ERR_UNREACHABLE, "unreachable", 9, 502)                                                                \
    X(ERR_ATTENTION, "attention", 10, 200)                                                                   \
    X(ERR_INTERRUPTED, "interrupted", 130, 503)

enum err_code {
#define ERR_ENUM(code, name, exit_status, http_status) code,
    ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
        ERR__MAX
};

struct err {
    enum err_code code;
    char message[1024]; /* lower case, no final stop; already safe to print on a terminal */
    char hint[512];     /* what to do, or "" */
};

/* Fills `err` and returns -1, so that a function can end with `return err_set(...)`. A message that is too long is
 * cut at the end. Control bytes and invalid UTF-8 in the result are shown as \xNN, so hostile names do no harm. */
int err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like err_set(), with ": <text of errno>" behind the sentence. */
int err_errno(struct err *err, enum err_code code, int errnum, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Sets the hint of an error that was set before. Returns -1. */
int err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of the message, on the way up. Returns -1. */
int err_in(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The name of a code ("not_found"), never NULL. */
const char *err_name(enum err_code code);

/* The exit status a command ends with, 0 to 255. */
int err_exit_status(enum err_code code);

/* The status of an HTTP reply. */
int err_http_status(enum err_code code);

#endif
