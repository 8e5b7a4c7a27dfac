/* Tables for people. */
#include "cli/table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { GAP = 2 };

void table_add(struct table *table, const char *cell)
{
    assert(cell != NULL);
    if (table->cell_count == table->room) {
        size_t room = table->room == 0 ? 64 : table->room * 2;
        const char **cells = arena_alloc(table->arena, room * sizeof *cells);

        if (table->cell_count > 0)
            memcpy(cells, table->cells, table->cell_count * sizeof *cells);
        table->cells = cells;
        table->room = room;
    }
    table->cells[table->cell_count++] = cell;
}

size_t table_row_count(const struct table *table)
{
    return table->cell_count / table->column_count;
}

static const char *title_of(const struct table_column *column)
{
    return column->title != NULL ? column->title : "";
}

static size_t *measure(const struct table *table)
{
    size_t *widths = arena_alloc(table->arena, table->column_count * sizeof *widths);

    assert(table->column_count > 0);
    for (size_t column = 0; column < table->column_count; column++)
        widths[column] = text_columns(title_of(&table->columns[column]));
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t *width = &widths[i % table->column_count];
        size_t columns = text_columns(table->cells[i]);

        if (columns > *width)
            *width = columns;
    }
    return widths;
}

/* One line being written. */
struct line {
    struct buf *out;
    size_t column; /* where the next text goes */
    size_t filled; /* columns that are written */
    size_t room;   /* columns that may be written */
};

/* Writes as much of the text as there is room for, with the blanks before it. */
static void put_text(struct line *line, const char *text, const char *color)
{
    size_t size = 0;

    if (text[0] == '\0')
        return;
    for (; line->filled < line->column && line->filled < line->room; line->filled++)
        buf_add_char(line->out, ' ');
    while (text[size] != '\0' && line->filled < line->room) {
        do
            size++;
        while (((unsigned char)text[size] & 0xC0) == 0x80);
        line->filled++;
    }
    if (color != NULL && size > 0)
        buf_printf(line->out, "\033[%sm%.*s\033[0m", color, (int)size, text);
    else
        buf_add(line->out, text, size);
}

static const char *text_at(const struct table *table, const char *const *cells, size_t column)
{
    return cells != NULL ? cells[column] : title_of(&table->columns[column]);
}

/* Columns of the row without the blanks at its end. */
static size_t row_columns(const struct table *table, const char *const *cells, const size_t *widths)
{
    size_t start = 0, end = 0;

    for (size_t column = 0; column < table->column_count; column++) {
        const char *text = text_at(table, cells, column);

        if (text[0] != '\0')
            end = start + (table->columns[column].align == TABLE_RIGHT ? widths[column] : text_columns(text));
        start += widths[column] + GAP;
    }
    return end;
}

/* `cells` NULL: the header. */
static void put_row(const struct table *table, const char *const *cells, const size_t *widths,
                    const struct terminal *terminal, struct buf *out)
{
    bool cut = terminal->width > 0 && row_columns(table, cells, widths) > terminal->width;
    struct line line = {.out = out, .room = cut ? terminal->width - 1 : SIZE_MAX};
    size_t start = 0;

    for (size_t column = 0; column < table->column_count; column++) {
        const char *text = text_at(table, cells, column);
        enum table_align align = table->columns[column].align;
        bool colored = align == TABLE_STATE && cells != NULL && terminal->color;

        line.column = start + (align == TABLE_RIGHT ? widths[column] - text_columns(text) : 0);
        put_text(&line, text, colored ? terminal_state_color(text) : NULL);
        start += widths[column] + GAP;
    }
    buf_add_text(out, cut ? ">\n" : "\n");
}

void table_render(const struct table *table, const struct terminal *terminal, struct buf *out)
{
    const size_t *widths = measure(table);
    bool has_header = false;

    assert(table->cell_count % table->column_count == 0);
    for (size_t column = 0; column < table->column_count; column++)
        has_header = has_header || title_of(&table->columns[column])[0] != '\0';
    if (has_header)
        put_row(table, NULL, widths, terminal, out);
    for (size_t row = 0; row < table_row_count(table); row++)
        put_row(table, table->cells + row * table->column_count, widths, terminal, out);
}
