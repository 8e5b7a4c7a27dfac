/*
 * Text from elsewhere is bytes. These functions turn bytes into something that may be printed, put into JSON or
 * compared as UTF-8, without ever failing and without losing what was there.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The length in bytes (1 to 4) of the UTF-8 character at `bytes`, or 0 when it is not valid UTF-8 (overlong forms,
 * surrogates and anything above U+10FFFF are not). */
size_t text_utf8_length(const char *bytes, size_t size);

/* Whether all of it is valid UTF-8. */
bool text_is_utf8(const char *bytes, size_t size);

/* Whether it holds a control character: C0, DEL, or C1 as UTF-8. */
bool text_has_control(const char *text);

/* Writes a form that is safe on a terminal and in a log line: control characters, invalid UTF-8 and the characters
 * that turn the direction of writing become \xNN. For eyes, not for machines: a name that really holds "\x0a" looks
 * the same. Cuts at `size` - 1 without cutting a character or an escape in two. */
void text_printable(char *to, size_t size, const char *bytes, size_t length);

/* The same as a new string. */
char *text_printable_dup(struct arena *arena, const char *bytes, size_t length);

/* The same, and lines and tabs stay as they are. */
char *text_printable_lines(struct arena *arena, const char *bytes, size_t size);

/* A number of bytes for people: "0 B", "512 B", "1.5 GiB", "120 MiB"; powers of 1024, one decimal place below 10. */
char *text_bytes(struct arena *arena, int64_t bytes);

/* How many columns a string of valid UTF-8 takes on a terminal, by counting characters. */
size_t text_columns(const char *text);

/* How many single-character edits lead from one string to the other; for "did you mean". Strings above 63 bytes are
 * 1,000 apart. */
unsigned text_distance(const char *a, const char *b);

#endif
