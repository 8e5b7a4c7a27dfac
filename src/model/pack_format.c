/* Names of archive formats. */
#include "model/pack_format.h"

#include <string.h>

static const struct {
    const char *name, *type;
} formats[] = {
#define PACK_FORMAT_NAMES(format, name, type) [format] = {name, type},
    PACK_FORMAT_LIST(PACK_FORMAT_NAMES)
#undef PACK_FORMAT_NAMES
};

const char *pack_format_name(enum pack_format format)
{
    return formats[format].name;
}

const char *pack_format_type(enum pack_format format)
{
    return formats[format].type;
}

enum pack_format pack_format_parse(const char *name)
{
    int format = 0;

    while (format < PACK__MAX && strcmp(formats[format].name, name) != 0)
        format++;
    return (enum pack_format)format;
}
