/* Strict parsers for numbers, sizes, durations and booleans. */
#include "base/parse.h"

#include <stddef.h>
#include <string.h>

/* Reads digits without a sign and says where they end; -1 when there is none or they do not fit. */
static int parse_digits(const char **text, int64_t *value)
{
    const char *digit = *text;
    int64_t result = 0;

    if (*digit < '0' || *digit > '9')
        return -1;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        if (__builtin_mul_overflow(result, 10, &result) ||
            __builtin_add_overflow(result, *digit - '0', &result))
            return -1;
    *text = digit;
    *value = result;
    return 0;
}

int parse_int(const char *text, int64_t min, int64_t max, int64_t *value, struct err *err)
{
    bool negative = text[0] == '-';
    const char *digits = text + negative;
    const char *end = digits;
    int64_t result = 0;
    bool ok = parse_digits(&end, &result) == 0 && *end == '\0' &&
              !(digits[0] == '0' && (end - digits > 1 || negative));

    if (negative)
        result = -result;
    if (!ok || result < min || result > max)
        return err_set(err, ERR_INVALID, "\"%s\" is not a whole number from %lld to %lld", text,
                       (long long)min, (long long)max);
    *value = result;
    return 0;
}

/* The factor of a unit of size, 0 when it is none. */
static int64_t size_factor(const char *unit)
{
    static const char letters[] = "KMGT";
    const char *letter = unit[0] == '\0' ? NULL : strchr(letters, unit[0]);

    if (unit[0] == '\0' || strcmp(unit, "B") == 0)
        return 1;
    if (letter == NULL || (unit[1] != '\0' && strcmp(unit + 1, "iB") != 0))
        return 0;
    return (int64_t)1 << (10 * (letter - letters + 1));
}

int parse_size(const char *text, int64_t *bytes, struct err *err)
{
    const char *end = text;
    int64_t number = 0, factor = 0;

    if (parse_digits(&end, &number) == 0)
        factor = size_factor(end);
    if (factor == 0 || __builtin_mul_overflow(number, factor, &number))
        return err_set(err, ERR_INVALID, "\"%s\" is not a number of bytes such as 500M, 10GiB or 1073741824",
                       text);
    *bytes = number;
    return 0;
}

static int64_t duration_factor(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 604800;
    default:
        return 0;
    }
}

int parse_duration(const char *text, int64_t *seconds, struct err *err)
{
    const char *rest = text;
    int64_t total = 0;
    int units = 0;

    do {
        int64_t number = 0, factor = 1;

        if (parse_digits(&rest, &number) < 0)
            break;
        if (*rest != '\0')
            factor = duration_factor(*rest++);
        else if (units > 0)
            break; /* "1h30": nobody says of what */
        units++;
        if (factor == 0 || __builtin_mul_overflow(number, factor, &number) ||
            __builtin_add_overflow(total, number, &total))
            break;
        if (*rest == '\0') {
            *seconds = total;
            return 0;
        }
    } while (true);
    return err_set(err, ERR_INVALID, "\"%s\" is not a duration such as 90s, 15m, 6h or 1d12h", text);
}

int parse_bool(const char *text, bool *value, struct err *err)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *value = i % 2 == 1;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "\"%s\" is neither yes nor no", text);
}
