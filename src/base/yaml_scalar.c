/* What a plain scalar of YAML 1.1 means, as PyYAML's resolver has it. */
#include <string.h>

#include "base/yaml_document.h"

/* "yes", "Yes" or "YES", and nothing in between. */
static bool is_word(const char *text, const char *lower)
{
    size_t size = strlen(lower);
    size_t upper = 0;

    if (strlen(text) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool is_upper = text[i] >= 'A' && text[i] <= 'Z';
        char letter = is_upper ? (char)(text[i] - 'A' + 'a') : text[i];

        if (letter != lower[i])
            return false;
        upper += is_upper;
    }
    return upper == 0 || upper == size || (upper == 1 && text[0] >= 'A' && text[0] <= 'Z');
}

static bool resolve_word(const char *text, enum yaml_type *type, bool *truth)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};

    *type = YAML_NULL;
    if (text[0] == '\0' || strcmp(text, "~") == 0 || is_word(text, "null"))
        return true;
    *type = YAML_BOOL;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        *truth = is_word(text, yes[i]);
        if (*truth || is_word(text, no[i]))
            return true;
    }
    return false;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* All of `digits`, "_" between them ignored; false when there is none, or it does not fit. */
static bool read_digits(const char *digits, int base, int64_t *number)
{
    bool any = false;

    for (*number = 0; *digits != '\0'; digits++) {
        if (*digits == '_')
            continue;
        any = true;
        if (digit_of(*digits) >= base || __builtin_mul_overflow(*number, base, number) ||
            __builtin_add_overflow(*number, digit_of(*digits), number))
            return false;
    }
    return any;
}

/* "1:30:00": the first part begins with 1 to 9, each other has one or two digits below 60. */
static bool read_base_60(const char *text, int64_t *number)
{
    int64_t part = 0;

    if (text[0] < '1' || text[0] > '9')
        return false;
    for (*number = 0;; text++) {
        const char *begin = text;

        for (part = 0; (*text >= '0' && *text <= '9') || (*text == '_' && *number == 0); text++)
            if (*text != '_' &&
                (__builtin_mul_overflow(part, 10, &part) || __builtin_add_overflow(part, *text - '0', &part)))
                return false;
        if (*number > 0 && (text == begin || text - begin > 2 || part > 59))
            return false;
        if (__builtin_mul_overflow(*number, 60, number) || __builtin_add_overflow(*number, part, number))
            return false;
        if (*text != ':')
            return *text == '\0';
    }
}

static bool read_integer(const char *text, int64_t *number)
{
    if (text[0] == '0' && text[1] == 'x')
        return read_digits(text + 2, 16, number);
    if (text[0] == '0' && text[1] == 'b')
        return read_digits(text + 2, 2, number);
    if (text[0] == '0' && text[1] != '\0')
        return read_digits(text + 1, 8, number);
    if (text[0] < '0' || text[0] > '9')
        return false;
    return read_digits(text, 10, number) || read_base_60(text, number);
}

enum yaml_type yaml_resolve(const char *text, int64_t *number, bool *truth)
{
    bool sign = text[0] == '-' || text[0] == '+';
    enum yaml_type type;

    if (resolve_word(text, &type, truth))
        return type;
    if (!read_integer(text + sign, number))
        return YAML_TEXT;
    if (text[0] == '-')
        *number = -*number;
    return YAML_INT;
}

const char *yaml_type_name(enum yaml_type type)
{
    static const char *const names[YAML__MAX] = {
        [YAML_NULL] = "nothing", [YAML_BOOL] = "yes or no", [YAML_INT] = "a whole number",
        [YAML_TEXT] = "text",    [YAML_LIST] = "a list",    [YAML_MAP] = "a map of keys",
    };

    return (unsigned)type < YAML__MAX ? names[type] : "unknown";
}
