/* The few differences of dialect that one text cannot avoid. */
#include "db/mariadb_text.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Our names that MariaDB reserves. */
static const char *const reserved[] = {"purge"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_of_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_reserved(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (strlen(reserved[i]) == size && strncmp(reserved[i], word, size) == 0)
            return true;
    return false;
}

/* As in SQLite: "?" without a number has the one behind the highest so far. Returns what is behind it. */
static const char *add_place(const char *at, struct buf *text, struct mariadb_places *places)
{
    int number = 0;

    assert(places->count < MARIADB_PLACES_MAX);
    for (at++; is_digit(*at) && number < MARIADB_PLACES_MAX; at++)
        number = number * 10 + (*at - '0');
    if (number == 0)
        number = places->parameters + 1;
    if (number > places->parameters)
        places->parameters = number;
    places->parameter[places->count++] = (unsigned short)number;
    buf_add_char(text, '?');
    return at;
}

static const char *add_word(const char *at, struct buf *text)
{
    size_t size = 0;
    bool quoted;

    while (is_of_word(at[size]))
        size++;
    quoted = is_reserved(at, size);
    if (quoted)
        buf_add_char(text, '"');
    buf_add(text, at, size);
    if (quoted)
        buf_add_char(text, '"');
    return at + size;
}

static const char *add_quoted(const char *at, struct buf *text)
{
    const char *end = strchr(at + 1, *at); /* a doubled quote reads as two pieces, one behind the other */
    const char *after = end == NULL ? at + strlen(at) : end + 1;

    buf_add(text, at, (size_t)(after - at));
    return after;
}

void mariadb_text(const char *sql, struct buf *text, struct mariadb_places *places)
{
    places->count = places->parameters = 0;
    while (*sql != '\0') {
        if (*sql == '?') {
            sql = add_place(sql, text, places);
        } else if (*sql == '\'' || *sql == '"' || *sql == '`') {
            sql = add_quoted(sql, text);
        } else if (is_of_word(*sql)) {
            sql = add_word(sql, text);
        } else {
            buf_add_char(text, *sql++);
        }
    }
}
