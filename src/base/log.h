/*
 * One line an event on standard error: "pobsync: warning: sentence". Under systemd (JOURNAL_STREAM is set) each
 * line begins with the priority in the form <N> that the journal reads (sd-daemon(3)). Never a secret, never raw
 * bytes of a client: values are made printable here.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* What is more detailed than `level` is dropped. The default is LOG_LEVEL_WARNING, so that commands stay quiet. */
void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);

/* The message is a short fixed sentence with the facts in it. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
