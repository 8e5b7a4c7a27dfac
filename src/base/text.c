/* Bytes into printable text. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* Table 3-7 of the Unicode standard: the second byte has its own range after E0, ED, F0 and F4. */
size_t text_utf8_length(const char *bytes, size_t size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    unsigned char low = 0x80, high = 0xBF;
    size_t length;

    if (size == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (b[0] >= 0xC2 && b[0] <= 0xDF) {
        length = 2;
    } else if (b[0] >= 0xE0 && b[0] <= 0xEF) {
        length = 3;
        low = b[0] == 0xE0 ? 0xA0 : low;
        high = b[0] == 0xED ? 0x9F : high;
    } else if (b[0] >= 0xF0 && b[0] <= 0xF4) {
        length = 4;
        low = b[0] == 0xF0 ? 0x90 : low;
        high = b[0] == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (size < length || b[1] < low || b[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (b[i] < 0x80 || b[i] > 0xBF)
            return 0;
    return length;
}

bool text_is_utf8(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = text_utf8_length(bytes + i, size - i);

        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

static bool is_control(const unsigned char *b, size_t length)
{
    return b[0] < 0x20 || b[0] == 0x7F || (length == 2 && b[0] == 0xC2 && b[1] < 0xA0);
}

/* U+061C, U+200E/F, U+202A-E and U+2066-9 make a name look like another; U+2028/9 break lines. */
static bool is_misleading(const unsigned char *b, size_t length)
{
    if (length == 2)
        return b[0] == 0xD8 && b[1] == 0x9C;
    if (length != 3 || b[0] != 0xE2)
        return false;
    if (b[1] == 0x80)
        return b[2] == 0x8E || b[2] == 0x8F || (b[2] >= 0xA8 && b[2] <= 0xAE);
    return b[1] == 0x81 && b[2] >= 0xA6 && b[2] <= 0xA9;
}

bool text_has_control(const char *text)
{
    size_t size = strlen(text);

    for (size_t i = 0; i < size;) {
        size_t length = text_utf8_length(text + i, size - i);

        if (is_control((const unsigned char *)text + i, length))
            return true;
        i += length == 0 ? 1 : length;
    }
    return false;
}

/* One step of the escaper: how many bytes were read, what they become. */
static size_t printable_step(const char *bytes, size_t size, char out[20])
{
    size_t length = text_utf8_length(bytes, size);
    const unsigned char *b = (const unsigned char *)bytes;

    if (length > 0 && !is_control(b, length) && !is_misleading(b, length)) {
        memcpy(out, bytes, length);
        out[length] = '\0';
        return length;
    }
    if (length == 0)
        length = 1;
    for (size_t i = 0; i < length; i++)
        snprintf(out + 4 * i, 5, "\\x%02x", b[i]);
    return length;
}

void text_printable(char *to, size_t size, const char *bytes, size_t length)
{
    size_t used = 0;

    for (size_t i = 0; i < length;) {
        char piece[20];
        size_t step = printable_step(bytes + i, length - i, piece);
        size_t piece_size = strlen(piece);

        if (used + piece_size + 1 > size)
            break;
        memcpy(to + used, piece, piece_size);
        used += piece_size;
        i += step;
    }
    if (size > 0)
        to[used] = '\0';
}

char *text_printable_dup(struct arena *arena, const char *bytes, size_t length)
{
    size_t size = 4 * length + 1;
    char *to = arena_alloc(arena, size);

    text_printable(to, size, bytes, length);
    return to;
}

char *text_printable_lines(struct arena *arena, const char *bytes, size_t size)
{
    BUF_SCOPED text = BUF_EMPTY;

    for (size_t at = 0; at < size;) {
        size_t end = at;

        while (end < size && bytes[end] != '\n' && bytes[end] != '\t')
            end++;
        buf_add_text(&text, text_printable_dup(arena, bytes + at, end - at));
        if (end < size)
            buf_add_char(&text, bytes[end]);
        at = end + 1;
    }
    return arena_strdup(arena, buf_text(&text));
}

char *text_bytes(struct arena *arena, int64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    int64_t unit = 1, tenths;
    size_t i = 0;

    while (i < 5 && bytes / unit >= 1024) {
        unit *= 1024;
        i++;
    }
    tenths = bytes / unit * 10 + bytes % unit * 10 / unit;
    if (tenths >= 100 || tenths % 10 == 0 || tenths < 0)
        return arena_printf(arena, "%lld %s", (long long)(bytes / unit), units[i]);
    return arena_printf(arena, "%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10), units[i]);
}

size_t text_columns(const char *text)
{
    size_t columns = 0;

    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

unsigned text_distance(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    unsigned row[64];

    if (a_size > 63 || b_size > 63)
        return 1000;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}
