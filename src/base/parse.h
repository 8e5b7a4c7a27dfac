/*
 * Strict parsers for what people and machines write: the whole text must match, nothing is guessed.
 * Each returns 0, or -1 with ERR_INVALID and a sentence that quotes the text and says what was expected.
 */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* A decimal integer in [min, max]; an optional leading "-", no "+", no blanks, no leading zeros. */
int parse_int(const char *text, int64_t min, int64_t max, int64_t *value, struct err *err);

/* A number of bytes: a decimal integer with an optional unit K, M, G, T (also KiB, MiB, GiB, TiB: powers of 1024). */
int parse_size(const char *text, int64_t *bytes, struct err *err);

/* A duration in seconds: an integer with an optional unit s, m, h, d, w; several with units may follow
 * each other ("1h30m"). */
int parse_duration(const char *text, int64_t *seconds, struct err *err);

/* yes/no, true/false, on/off, 1/0. */
int parse_bool(const char *text, bool *value, struct err *err);

#endif
