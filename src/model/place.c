/* Places in snapshots, as they are written. */
#include "model/place.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/rule.h"

int place_path(struct arena *arena, const char *text, const char **path, struct err *err)
{
    BUF_SCOPED clean = BUF_EMPTY;

    if (text[0] != '/') {
        err_set(err, ERR_INVALID, "the path \"%s\" does not begin with a slash", text);
        return err_hint(err, "a path is absolute below the snapshot: /%s", text);
    }
    while (*text != '\0') {
        size_t size;

        text += strspn(text, "/");
        size = strcspn(text, "/");
        if (size == 2 && memcmp(text, "..", 2) == 0)
            return err_set(err, ERR_INVALID, "\"..\" has no place in a path below a snapshot");
        if (size > 0 && !(size == 1 && *text == '.')) {
            if (clean.size > 0)
                buf_add_char(&clean, '/');
            buf_add(&clean, text, size);
        }
        text += size;
    }
    *path = arena_strdup(arena, buf_text(&clean));
    return 0;
}

/* Takes HOST[@SNAPSHOT] apart. */
static int parse_head(struct arena *arena, const char *text, size_t size, struct place *place,
                      struct err *err)
{
    const char *at = memchr(text, '@', size);
    size_t host_size = at != NULL ? (size_t)(at - text) : size;

    place->host = arena_copy(arena, text, host_size);
    if (rule_host_name(place->host, err) < 0)
        return -1;
    if (at == NULL)
        return 0;
    place->snapshot = arena_copy(arena, at + 1, size - host_size - 1);
    if (place->snapshot[0] == '\0')
        return err_set(err, ERR_USAGE, "\"%.200s\" names no snapshot behind its \"@\"", text);
    return 0;
}

int place_parse(struct arena *arena, const char *text, struct place *place, struct err *err)
{
    const char *colon = strchr(text, ':');

    *place = (struct place){0};
    if (colon == NULL) {
        err_set(err, ERR_USAGE, "\"%s\" is not a place in a snapshot: it has no path", text);
        return err_hint(err, "HOST[@SNAPSHOT]:PATH, as in %.100s:/", text);
    }
    if (parse_head(arena, text, (size_t)(colon - text), place, err) < 0)
        return -1;
    return place_path(arena, colon + 1, &place->path, err);
}

int place_parse_pair(struct arena *arena, const char *text, struct place *place, struct err *err)
{
    size_t size = strcspn(text, ":");
    const char *dots;

    *place = (struct place){.path = ""};
    if (parse_head(arena, text, size, place, err) < 0)
        return -1;
    dots = place->snapshot != NULL ? strstr(place->snapshot, "..") : NULL;
    if (dots == NULL || dots == place->snapshot || dots[2] == '\0') {
        err_set(err, ERR_USAGE, "\"%s\" does not name two snapshots", text);
        return err_hint(err, "HOST@A..B[:PATH], as in %s@2026-11-01..latest", place->host);
    }
    place->other = dots + 2;
    place->snapshot = arena_copy(arena, place->snapshot, (size_t)(dots - place->snapshot));
    return text[size] == '\0' ? 0 : place_path(arena, text + size + 1, &place->path, err);
}

char *place_text(struct arena *arena, const char *host, const char *snapshot, const char *path)
{
    return arena_printf(arena, "%s%s%s:/%s", host, snapshot != NULL ? "@" : "",
                        snapshot != NULL ? snapshot : "", path);
}

char *place_shown(struct arena *arena, const char *host, const char *snapshot, const char *path)
{
    return place_text(arena, host, snapshot, text_printable_dup(arena, path, strlen(path)));
}
