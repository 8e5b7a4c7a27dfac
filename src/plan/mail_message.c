/* Composing mails. */
#include "plan/mail_message.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/when.h"

enum {
    LINE_MAX_SIZE = 900, /* RFC 5322 §2.1.1 allows 998 */
    WORD_BYTES = 42,  /* of an encoded word: 56 characters of base64, and at most 75 with what is around it */
    QUOTED_WIDTH = 72 /* RFC 2045 §6.7 allows 76 */
};

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool has_long_line(const char *text)
{
    for (size_t size; *text != '\0'; text += size + (text[size] != '\0')) {
        size = strcspn(text, "\n");
        if (size > LINE_MAX_SIZE)
            return true;
    }
    return false;
}

/* RFC 2047 §2: no word is longer than 75 characters, and none ends within a character. */
static void add_encoded_words(struct buf *out, const char *text)
{
    char base64[sodium_base64_ENCODED_LEN(WORD_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    size_t left = strlen(text);
    const char *separator = "";

    while (left > 0) {
        size_t size = 0, step;

        while ((step = text_utf8_length(text + size, left - size)) > 0 && size + step <= WORD_BYTES)
            size += step;
        sodium_bin2base64(base64, sizeof base64, (const unsigned char *)text, size,
                          sodium_base64_VARIANT_ORIGINAL);
        buf_printf(out, "%s=?UTF-8?B?%s?=", separator, base64);
        text += size;
        left -= size;
        separator = "\r\n ";
    }
}

static void add_subject(struct arena *arena, struct buf *out, const char *subject)
{
    char *line = text_printable_dup(arena, subject, strlen(subject));

    buf_add_text(out, "Subject: ");
    if (is_ascii(line) && strlen(line) <= LINE_MAX_SIZE && strstr(line, "=?") == NULL)
        buf_add_text(out, line);
    else
        add_encoded_words(out, line);
    buf_add_text(out, "\r\n");
}

static void add_date(struct buf *out, int64_t at)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil civil = when_civil(at);

    buf_printf(out, "Date: %s, %d %s %lld %02d:%02d:%02d +0000\r\n", days[civil.weekday], civil.day,
               months[civil.month - 1], (long long)civil.year, civil.hour, civil.minute, civil.second);
}

/* Quoted-printable, RFC 2045 §6.7, of one line without its end. */
static void add_quoted_line(struct buf *out, const char *line)
{
    size_t column = 0;

    for (; *line != '\0'; line++) {
        unsigned char c = (unsigned char)*line;
        bool last = line[1] == '\0';
        bool plain = c >= ' ' && c < 0x7f && c != '=' && !(last && c == ' ');

        if (column >= QUOTED_WIDTH) {
            buf_add_text(out, "=\r\n");
            column = 0;
        }
        if (plain)
            buf_add_char(out, (char)c);
        else
            buf_printf(out, "=%02X", c);
        column += plain ? 1 : 3;
    }
}

static void add_body(struct arena *arena, struct buf *out, const char *body, bool quoted)
{
    while (*body != '\0') {
        size_t size = strcspn(body, "\n");
        const char *line = text_printable_dup(arena, body, size);

        if (quoted)
            add_quoted_line(out, line);
        else
            buf_add_text(out, line);
        buf_add_text(out, "\r\n");
        body += size + (body[size] == '\n');
    }
}

const char *mail_message_compose(struct arena *arena, const struct mail_message *message)
{
    const char *at = strchr(message->from, '@');
    bool quoted = !is_ascii(message->body) || has_long_line(message->body);
    BUF_SCOPED out = BUF_EMPTY;

    buf_printf(&out, "From: pobsync <%s>\r\nTo: %s\r\n", message->from, message->to);
    add_subject(arena, &out, message->subject);
    add_date(&out, message->at);
    buf_printf(&out, "Message-ID: <%s%s>\r\n", message->id, at == NULL ? "@localhost" : at);
    buf_printf(&out,
               "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: %s\r\nAuto-Submitted: auto-generated\r\n\r\n",
               quoted ? "quoted-printable" : "7bit");
    add_body(arena, &out, message->body, quoted);
    return arena_copy(arena, buf_text(&out), out.size);
}
