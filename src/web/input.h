/* What a request says beyond its path: reading it, and holding it against the fields of the route. */
#ifndef WEB_INPUT_H
#define WEB_INPUT_H

#include "service/service_config.h"
#include "web/visit.h"

/* The query of a GET; the form or JSON object of another method. -1 with what to answer in *status. */
int input_read(struct visit *visit, struct url_pairs *sent, int *status, struct err *err);

/* Fills visit->input with what the route allows. Unknown fields are 400, missing and impossible ones 422. */
int input_check(struct visit *visit, const struct url_pairs *sent, int *status, struct err *err);

/* The changes of settings that a form asks for. Its fields are named as the settings; "set.NAME" (an empty value is
 * enough) tells that NAME is meant to be set, so that a form can leave a setting to be inherited. The API names only
 * what it changes, null inherits. */
int input_changes(const struct visit *visit, enum field_scope scope, struct config_change **changes,
                  size_t *count, struct err *err);

/* Without the carriage returns that text areas send before line feeds. */
const char *input_plain(struct arena *arena, const char *text);

#endif
