/* Settings with their value and where it comes from, as a table. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <jansson.h>

#include "cli/command.h"

/* Adds the table of "settings" of a document to the output; with `names` (a JSON array of strings) only those. */
void settings_render(struct call *call, const json_t *document, const json_t *names);

#endif
