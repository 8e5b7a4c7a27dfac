/*
 * Tables for people: upper-case header, two blanks between the columns, no frames. The text is not a contract;
 * programs use --json.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/terminal.h"

enum table_align {
    TABLE_LEFT,
    TABLE_RIGHT, /* numbers */
    TABLE_STATE  /* a state word, left, coloured where colour is wanted */
};

struct table_column {
    const char *title; /* upper case; all NULL or "": no header */
    enum table_align align;
};

struct table {
    struct arena *arena;
    const struct table_column *columns;
    size_t column_count;
    const char **cells; /* row by row */
    size_t cell_count, room;
};

#define TABLE_OF(arena, columns)                                                                             \
    ((struct table){(arena), (columns), sizeof(columns) / sizeof(columns)[0], NULL, 0, 0})

/* The next cell, from left to right, row by row. The text is not copied; it must be printable. */
void table_add(struct table *table, const char *cell);

size_t table_row_count(const struct table *table);

/* Writes it, each line cut to the terminal's width if there is one: a cut line ends in ">". */
void table_render(const struct table *table, const struct terminal *terminal, struct buf *out);

#endif
