/* Statements as MariaDB wants to read them. */
#ifndef DB_MARIADB_TEXT_H
#define DB_MARIADB_TEXT_H

#include "base/buf.h"

enum { MARIADB_PLACES_MAX = 256 };

/* For each "?" of the statement that MariaDB gets, in order, the number of the parameter that belongs there, from 1. */
struct mariadb_places {
    unsigned short parameter[MARIADB_PLACES_MAX];
    int count;
    int parameters; /* the highest number */
};

/* Adds `sql` to `text`, where it differs from what SQLite reads: "?2" becomes "?" and a number in `places`, and names of
 * tables that are reserved words there are quoted. Quoted pieces stay as they are. */
void mariadb_text(const char *sql, struct buf *text, struct mariadb_places *places);

#endif
