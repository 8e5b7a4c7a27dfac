/* Errors as values; the one table of codes. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *name;
    int exit_status;
    int http_status;
} codes[] = {
#define ERR_ROW(code, name, exit_status, http_status) [code] = {name, exit_status, http_status},
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

/* `raw` is a little longer than any message, so that what is cut off cannot end in half a character. */
static void fill(char *to, size_t size, const char *format, va_list arguments)
{
    char raw[sizeof(((struct err *)0)->message) + 4];

    vsnprintf(raw, sizeof raw, format, arguments);
    text_printable(to, size, raw, strlen(raw));
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list arguments;

    err->code = code;
    err->hint[0] = '\0';
    va_start(arguments, format);
    fill(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    return -1;
}

int err_errno(struct err *err, enum err_code code, int errnum, const char *format, ...)
{
    va_list arguments;
    size_t used;

    err->code = code;
    err->hint[0] = '\0';
    va_start(arguments, format);
    fill(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", strerror(errnum));
    return -1;
}

int err_hint(struct err *err, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(err->hint, sizeof err->hint, format, arguments);
    va_end(arguments);
    return -1;
}

int err_in(struct err *err, const char *format, ...)
{
    va_list arguments;
    char context[256];
    char whole[sizeof context + 2 + sizeof err->message];

    va_start(arguments, format);
    fill(context, sizeof context, format, arguments);
    va_end(arguments);
    snprintf(whole, sizeof whole, "%s: %s", context, err->message);
    text_printable(err->message, sizeof err->message, whole, strlen(whole));
    return -1;
}

const char *err_name(enum err_code code)
{
    return (unsigned)code < ERR__MAX ? codes[code].name : "internal";
}

int err_exit_status(enum err_code code)
{
    return (unsigned)code < ERR__MAX ? codes[code].exit_status : 1;
}

int err_http_status(enum err_code code)
{
    return (unsigned)code < ERR__MAX ? codes[code].http_status : 500;
}
