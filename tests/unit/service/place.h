/* A state directory, a backup root and an open service, as long as one test. */
#ifndef TESTS_UNIT_SERVICE_PLACE_H
#define TESTS_UNIT_SERVICE_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "service/service.h"
#include "service/service_config.h"
#include "store/store_audit.h"
#include "sys/fs.h"

struct place {
    struct arena arena;
    const char *top, *home, *root; /* the root exists and is empty, and is not configured */
    struct service service;
    bool open;
    struct err err;
};

#define assert_ok(result, error)                                                                             \
    do {                                                                                                     \
        if ((result) < 0)                                                                                    \
            fail_msg("%s: %s", #result, (error)->message);                                                   \
    } while (0)

/* Fails with this code, and the message says `text`. */
#define assert_fails(result, error, expected, text)                                                          \
    do {                                                                                                     \
        assert_int_equal((result), -1);                                                                      \
        assert_string_equal(err_name((error)->code), err_name(expected));                                    \
        if (strstr((error)->message, text) == NULL)                                                          \
            fail_msg("\"%s\" does not say \"%s\"", (error)->message, text);                                  \
    } while (0)

static inline int place_make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    char top[] = "/tmp/test_service.XXXXXX";

    assert_non_null(place);
    assert_non_null(mkdtemp(top));
    place->top = arena_strdup(&place->arena, top);
    place->home = arena_printf(&place->arena, "%s/home", top);
    place->root = arena_printf(&place->arena, "%s/backups", top);
    assert_int_equal(mkdir(place->root, 0700), 0);
    assert_int_equal(setenv("POBSYNC_ENV_FILE", "/nonexistent/pobsync.env", 1), 0);
    assert_int_equal(setenv("POBSYNC_HOME", place->home, 1), 0);
    assert_int_equal(setenv("POBSYNC_FAKE_NOW", "2026-11-22T21:00:05Z", 1), 0);
    assert_int_equal(setenv("SUDO_USER", "anna", 1), 0);
    unsetenv("POBSYNC_DATABASE");
    unsetenv("POBSYNC_BACKUP_ROOT_FIXED");
    *state = place;
    return 0;
}

static inline void place_open(struct place *place)
{
    assert_ok(service_open(&place->service, &place->arena, "cli", &place->err), &place->err);
    place->open = true;
}

/* The same with the service open. */
static inline int place_make_open(void **state)
{
    place_make(state);
    place_open(*state);
    return 0;
}

static inline int place_remove(void **state)
{
    struct place *place = *state;
    FD_SCOPED tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (place->open)
        service_close(&place->service);
    assert_ok(fs_remove_tree(tmp, strrchr(place->top, '/') + 1, NULL, &place->err), &place->err);
    arena_release(&place->arena);
    free(place);
    return 0;
}

static inline void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* One change of a global setting; the document is dropped. */
static inline int set_global(struct place *place, const char *field, const char *text, bool adopt)
{
    const struct config_change change = {config_field(field), text};
    json_t *document = NULL;
    int result = service_global_configure(&place->service, &change, 1, adopt, &document, &place->err);

    json_decref(document);
    return result;
}

/* Configures the root, and a host "web1" with the address 192.0.2.1. */
static inline void place_fill(struct place *place)
{
    const struct config_change address = {config_field("address"), "192.0.2.1"};
    json_t *document;

    assert_ok(set_global(place, "backup_root", place->root, false), &place->err);
    assert_ok(service_host_configure(&place->service, "web1", &address, 1, &document, &place->err),
              &place->err);
    json_decref(document);
}

/* The newest audit row as "action object before after", of which "-" is nothing. */
static inline const char *last_audit(struct place *place)
{
    struct audit *audits;
    size_t count;

    assert_ok(store_audit_list(&place->arena, place->service.db, 0, 1, &audits, &count, &place->err),
              &place->err);
    if (count == 0)
        return "none";
    assert_string_equal(audits[0].actor, place->service.actor);
    assert_string_equal(audits[0].origin, "cli");
    return arena_printf(&place->arena, "%s %s %s %s", audits[0].action, audits[0].object,
                        audits[0].before == NULL ? "-" : audits[0].before,
                        audits[0].after == NULL ? "-" : audits[0].after);
}

/* How many audit rows there are. */
static inline size_t count_audits(struct place *place)
{
    struct audit *audits;
    size_t count;

    assert_ok(store_audit_list(&place->arena, place->service.db, 0, 1000, &audits, &count, &place->err),
              &place->err);
    return count;
}

/* The element of a list of objects whose `key` is `value`; NULL when there is none. */
static inline json_t *find_item(const json_t *items, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        const char *text = json_string_value(json_object_get(item, key));

        if (text != NULL && strcmp(text, value) == 0)
            return item;
    }
    return NULL;
}

static inline const char *text_in(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

#endif
