/* Files compiled into the program; tools/embed.py writes the table when the program is built. */
#ifndef DB_EMBEDDED_H
#define DB_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *name; /* path below sql/, e.g. "sqlite/0001_foundation.sql" */
    const char *text; /* NUL-terminated; the NUL is not counted in size */
    size_t size;      /* bytes */
};

/* Every migration of sql/meson.build, sorted by name (strcmp order). */
extern const struct embedded embedded_sql[];
extern const size_t embedded_sql_count;

#endif
