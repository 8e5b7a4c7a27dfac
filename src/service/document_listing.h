/* Rows of any table, for the admin site: lists with columns, sorting, search, filters and days, and single rows with what
 * was done to them. What there is says store/store_listing.h. */
#ifndef SERVICE_DOCUMENT_LISTING_H
#define SERVICE_DOCUMENT_LISTING_H

#include <stddef.h>

#include <jansson.h>

#include "service/service.h"

/* A part of what is asked for: "sort" (a column, with "-" in front for falling order), "q" (a search), "columns" (their
 * names, separated by commas; may come more than once), "date" (2026, 2026-11 or 2026-11-22), "after" (the `next` of the
 * page before), "limit" (1 to 500, 100 unless told), or a column with the values it may have, separated by commas, "none"
 * for not set. An empty value asks for nothing. */
struct listing_wish {
    const char *name, *value;
};

/* {"items":[{"name","title","rows","rows_are_all","read_only"}…]}; rows are counted up to 10,000. */
int document_listing_tables(struct service *service, json_t **document, struct err *err);

/* {"table","title","singular","read_only","columns":[{"name","type","words","help"}…] those that are shown,"all_columns":[{"name",
 * "shown"}…],"filters":[{"name","words","chosen"}…],"items":[{"id", and the columns}…],"total": rows behind the filters, up
 * to 10,000,"total_is_exact","sort","q","date","dates":[the years, months or days within `date` that have rows],"next": null
 * on the last page}. ERR_NOT_FOUND for an unknown table, ERR_USAGE for an unknown column or a value that it cannot have. */
int document_listing(struct service *service, const char *table, const struct listing_wish *wishes,
                     size_t count, json_t **document, struct err *err);

/* {"table","title","singular","read_only","id","label","columns":[{"name","type","words","help"}…],"item","site": path of its own page
 * or null,"related":[{"title","table","column","value"}…],"history":[{"at","actor","origin","action","before","after",
 * "changes":[{"field","before","after"}…]}…]}: the newest 50 events of the audit. */
int document_listing_row(struct service *service, const char *table, const char *id, json_t **document,
                         struct err *err);

#endif
