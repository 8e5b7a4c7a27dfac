/* Days: of all hosts, and of one. */
#include <string.h>

#include "service/document_calendar.h"
#include "web/page.h"
#include "web/visit.h"

enum { WEEK = 7 };

int page_strips(struct visit *visit, json_t **document, struct err *err)
{
    return document_strips(visit->service, document, err);
}

/* A day as a cell: its number, and whether there is anything to say of it. */
static json_t *cell_of(const json_t *day)
{
    const char *date = json_string_value(json_object_get(day, "date"));
    json_t *cell = json_copy((json_t *)(uintptr_t)day);

    json_object_set_new(cell, "number", json_string(date + strlen(date) - 2));
    json_object_set_new(cell, "is_day", json_true());
    json_object_set_new(cell, "many", json_boolean(json_integer_value(json_object_get(day, "runs")) > 1));
    return cell;
}

/* A day that has not come yet. */
static json_t *no_cell(const json_t *like)
{
    json_t *cell = json_copy((json_t *)(uintptr_t)like);

    json_object_set_new(cell, "is_day", json_false());
    return cell;
}

/* The newest week first, Monday to Sunday. The first day of the document is a Monday. */
static json_t *weeks_of(const json_t *days)
{
    size_t count = json_array_size(days), weeks = (count + WEEK - 1) / WEEK;
    json_t *items = json_array();

    for (size_t week = weeks; week-- > 0;) {
        json_t *cells = json_array();

        for (size_t i = week * WEEK; i < (week + 1) * WEEK; i++)
            json_array_append_new(cells, i < count ? cell_of(json_array_get(days, i))
                                                   : no_cell(json_array_get(cells, 0)));
        json_array_append_new(items,
                              json_pack("{s:O, s:o}", "monday",
                                        json_object_get(json_array_get(cells, 0), "date"), "cells", cells));
    }
    return items;
}

int page_calendar(struct visit *visit, json_t **document, struct err *err)
{
    if (document_calendar(visit->service, visit_param(visit, "host"), document, err) < 0)
        return -1;
    visit->extra = json_pack("{s:o}", "weeks", weeks_of(json_object_get(*document, "days")));
    return 0;
}
