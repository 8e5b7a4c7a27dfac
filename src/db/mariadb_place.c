/* URLs of MariaDB databases. */
#include "db/mariadb_place.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"

enum { USUAL_PORT = 3306, PORT_MAX = 65535 };

static int bad(struct err *err, const char *what)
{
    err_set(err, ERR_INVALID, "the URL of the database %s", what);
    return err_hint(err, "expected " MARIADB_EXPECTED);
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    if (at == NULL)
        return -1;
    return (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

/* A part with its %XX resolved; NULL when it is empty, holds a NUL or a "%" that begins none. */
static const char *decoded(struct arena *arena, const char *text, size_t size)
{
    BUF_SCOPED out = BUF_EMPTY;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c == '%') {
            int high = i + 2 < size ? digit(text[i + 1]) : -1;
            int low = i + 2 < size ? digit(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0')
            return NULL;
        buf_add_char(&out, c);
    }
    return out.size == 0 ? NULL : arena_copy(arena, buf_text(&out), out.size);
}

static bool is_here(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

/* HOST, HOST:PORT or [HOST]:PORT. */
static int parse_host(struct arena *arena, const char *text, size_t size, struct mariadb_place *place,
                      struct err *err)
{
    bool bracketed = size > 0 && text[0] == '[';
    const char *end = bracketed ? memchr(text, ']', size) : memchr(text, ':', size);
    size_t name = end == NULL ? size : (size_t)(end - text);
    size_t rest = end == NULL ? 0 : size - name - bracketed;
    const char *port = text + size - rest;
    int64_t number;

    if (bracketed && end == NULL)
        return bad(err, "has a \"[\" without a \"]\"");
    place->host = decoded(arena, text + bracketed, name - bracketed);
    if (place->host == NULL)
        return bad(err, "names no host");
    if (rest == 0)
        return 0;
    if (port[0] != ':' || parse_int(arena_copy(arena, port + 1, rest - 1), 1, PORT_MAX, &number, err) < 0)
        return bad(err, "has a port that is none");
    place->port = (unsigned)number;
    return 0;
}

static int parse_tls(const char *word, struct mariadb_place *place, struct err *err)
{
    static const char *const words[] = {[MARIADB_TLS_USUAL] = "",
                                        [MARIADB_TLS_OFF] = "off",
                                        [MARIADB_TLS_ENCRYPT] = "encrypt",
                                        [MARIADB_TLS_VERIFY] = "verify"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i]) == 0) {
            place->tls = (enum mariadb_tls)i;
            return 0;
        }
    return bad(err, "has a tls that is not verify, encrypt or off");
}

static int parse_option(struct arena *arena, const char *text, size_t size, struct mariadb_place *place,
                        struct err *err)
{
    static const struct {
        const char *name;
        size_t offset;
    } paths[] = {
        {"socket", offsetof(struct mariadb_place, socket)},
        {"password_file", offsetof(struct mariadb_place, password_file)},
        {"ca", offsetof(struct mariadb_place, ca_file)},
    };
    const char *equals = memchr(text, '=', size);
    size_t length = equals == NULL ? size : (size_t)(equals - text);
    const char *value = equals == NULL ? NULL : decoded(arena, equals + 1, size - length - 1);

    if (value == NULL)
        return bad(err, "has an option without a value");
    if (length == 3 && strncmp(text, "tls", length) == 0)
        return parse_tls(value, place, err);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (strlen(paths[i].name) != length || strncmp(text, paths[i].name, length) != 0)
            continue;
        if (value[0] != '/')
            return bad(err, "has an option whose path is not absolute");
        *(const char **)((char *)place + paths[i].offset) = value;
        return 0;
    }
    return bad(err, "has an option that this program does not know");
}

static int parse_options(struct arena *arena, const char *text, struct mariadb_place *place, struct err *err)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "&");

        if (parse_option(arena, text, size, place, err) < 0)
            return -1;
        text += size + (text[size] == '&');
    }
    return 0;
}

int mariadb_place_parse(struct arena *arena, const char *text, struct mariadb_place *place, struct err *err)
{
    const char *slash = strchr(text, '/');
    const char *question = strchr(text, '?');
    const char *at = slash == NULL ? NULL : memchr(text, '@', (size_t)(slash - text));
    const char *host = at == NULL ? text : at + 1;

    *place = (struct mariadb_place){.port = USUAL_PORT};
    if (slash == NULL || (question != NULL && question < slash))
        return bad(err, "names no database");
    if (at != NULL && memchr(text, ':', (size_t)(at - text)) != NULL) {
        err_set(err, ERR_INVALID, "the URL of the database holds a password");
        return err_hint(err, "put it into a file, and name that: password_file=PATH");
    }
    if (at != NULL && (place->user = decoded(arena, text, (size_t)(at - text))) == NULL)
        return bad(err, "has an \"@\" and no user before it");
    if (parse_host(arena, host, (size_t)(slash - host), place, err) < 0)
        return -1;
    place->database = decoded(arena, slash + 1, strcspn(slash + 1, "?"));
    if (place->database == NULL)
        return bad(err, "names no database");
    if (question != NULL && parse_options(arena, question + 1, place, err) < 0)
        return -1;
    if (place->tls == MARIADB_TLS_USUAL)
        place->tls = place->socket != NULL || is_here(place->host) ? MARIADB_TLS_OFF : MARIADB_TLS_VERIFY;
    return 0;
}
