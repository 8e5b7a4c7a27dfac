/* Dates, times and "so long ago". */
#include "base/moment.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/when.h"

int moment_parse(const char *text, int64_t now, int64_t *when, struct err *err)
{
    char midnight[32];
    int64_t ago;
    struct err ignored;

    if (strlen(text) == 10) {
        snprintf(midnight, sizeof midnight, "%sT00:00:00Z", text);
        if (when_parse_rfc3339(midnight, when, &ignored) == 0)
            return 0;
    }
    if (when_parse_rfc3339(text, when, &ignored) == 0)
        return 0;
    if (parse_duration(text, &ago, &ignored) == 0) {
        *when = now - ago;
        return 0;
    }
    return err_set(err, ERR_INVALID,
                   "\"%s\" is no point in time: 2026-11-22, 2026-11-22T21:00:05Z, or 7d for so long ago",
                   text);
}
