/* YAML that we write, with libyaml's emitter. */
#ifndef BASE_YAML_TEXT_H
#define BASE_YAML_TEXT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends `value` (objects, arrays, strings, integers, booleans, null; at most 32 deep) as one block of YAML, keys in the
 * order in which they were set. Text that would be read as something else is quoted, so that yaml_document_read() gives
 * the same values back. ERR_INVALID for what cannot be written. */
int yaml_text_write(const json_t *value, struct buf *text, struct err *err);

#endif
