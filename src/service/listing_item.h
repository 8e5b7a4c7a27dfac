/* Parts of the documents of lists: tables, columns, rows. New references. */
#ifndef SERVICE_LISTING_ITEM_H
#define SERVICE_LISTING_ITEM_H

#include <jansson.h>

#include "store/store_listing.h"

/* ERR_NOT_FOUND for an unknown one. */
int listing_table_wanted(const char *name, const struct listing_table **table, struct err *err);

/* {"table","title","singular","read_only","add": path of the page that makes one, or null} */
json_t *listing_table_item(const struct listing_table *table);

/* {"name","type","words": all of its values, null: any,"help": of a setting, else null} */
json_t *listing_column_item(const struct listing_column *column);
json_t *listing_words_item(const char *words); /* one a line */

/* {"id", and each column that is shown; `shown` NULL: all} */
json_t *listing_row_item(const struct listing_row *row, const struct listing_column *columns,
                         const bool *shown, size_t count);

#endif
