/*
 * YAML that comes from outside, as a tree of values, each with its place. A small and strict part of YAML 1.1, read
 * with libyaml's events: one document of maps, lists and scalars, at most 32 deep and 40,000 values. Refused, with
 * line and column: anchors and aliases, tags, %TAG, merge keys ("<<"), the same key twice, keys that are no plain text,
 * tabs before the first word of a line, NUL, invalid UTF-8, a second document. Hostile input costs no more than its
 * size: nothing is expanded, no recursion follows its depth. How large the text may be is the caller's limit
 * (YAML_DOCUMENT_MAX for files).
 *
 * Plain scalars mean what PyYAML made of them, because the files come from programs that read them with it: yes, no,
 * on, off, true, false (three cases each); null, Null, NULL, ~ and nothing; integers, also 0x1f, 0b1, 017 (octal),
 * 1_000 and 1:30 (base 60). Everything else, fractions and dates included, is text. What is quoted is always text.
 */
#ifndef BASE_YAML_DOCUMENT_H
#define BASE_YAML_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { YAML_DOCUMENT_MAX = 256 << 10 };

enum yaml_type { YAML_NULL, YAML_BOOL, YAML_INT, YAML_TEXT, YAML_LIST, YAML_MAP, YAML__MAX };

struct yaml_value {
    enum yaml_type type;
    int line, column; /* of its first character, from 1; columns count characters */
    const char *text; /* of a scalar: as written, without quotes; "" for nothing. Any UTF-8 but NUL */
    int64_t number;   /* of an integer. One beyond int64_t is a text */
    bool truth;       /* of a boolean */
    const char *key;  /* in a map; NULL elsewhere */
    int key_line, key_column;
    const struct yaml_value *first; /* of a list or map, in the order of the file */
    size_t count;                   /* how many follow from there */
    const struct yaml_value *next;  /* in the same list or map */
};

struct yaml_document {
    const char *file;             /* for messages: "config/global.yaml" */
    const struct yaml_value *top; /* of type YAML_NULL for an empty file */
    int line, column;             /* where it was refused; 0: it was not */
};

/* Reads `size` bytes; all of it lives in `arena`. ERR_INVALID, beginning "FILE:LINE:COLUMN: ", for what is refused. */
int yaml_document_read(struct arena *arena, const char *file, const void *text, size_t size,
                       struct yaml_document *document, struct err *err);

/* ERR_INVALID at the place of a value, or of its key. Returns -1. */
int yaml_refuse(const struct yaml_document *document, const struct yaml_value *value, struct err *err,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The value of a key of a map; NULL when there is none, and of what is no map. */
const struct yaml_value *yaml_find(const struct yaml_value *map, const char *key);

/* "a map", "text": for messages. */
const char *yaml_type_name(enum yaml_type type);

/* What a plain scalar means: null, boolean, integer (then *number or *truth is set) or text. */
enum yaml_type yaml_resolve(const char *text, int64_t *number, bool *truth);

#endif
