/* Levelled log lines on standard error. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static _Atomic(enum log_level) current = LOG_LEVEL_WARNING;

static const struct {
    const char *name;
    int priority; /* of syslog(3) */
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", 3},
    [LOG_LEVEL_WARNING] = {"warning", 4},
    [LOG_LEVEL_INFO] = {"info", 6},
    [LOG_LEVEL_DEBUG] = {"debug", 7},
};

void log_set_level(enum log_level level)
{
    atomic_store(&current, level);
}

bool log_is_on(enum log_level level)
{
    return level <= atomic_load(&current);
}

void log_line(enum log_level level, const char *format, ...)
{
    char raw[2048], safe[4096], line[4200];
    va_list arguments;
    int length;

    if (!log_is_on(level))
        return;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    text_printable(safe, sizeof safe, raw, strlen(raw));
    if (getenv("JOURNAL_STREAM") != NULL)
        length =
            snprintf(line, sizeof line, "<%d>%s: %s\n", levels[level].priority, levels[level].name, safe);
    else
        length = snprintf(line, sizeof line, "pobsync: %s: %s\n", levels[level].name, safe);
    /* One write, so that lines of several processes do not mix; a log that cannot be written stops nothing. */
    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        return;
}
