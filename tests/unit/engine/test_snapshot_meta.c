/* meta.json: what is written is read again; what is not ours is refused with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/snapshot_meta.h"
#include "sys/fs.h"

static void what_is_written_is_read_again(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    char path[] = "/tmp/test_meta.XXXXXX";
    struct snapshot_meta meta = {
        .host = "web1",
        .name = "20261122-021500Z__9f3a61c2",
        .kind = KIND_MANUAL,
        .status = SNAPSHOT_PARTIAL,
        .run = 7,
        .installation = "inst",
        .boot_id = "boot",
        .started_at = 1795313700,
        .ended_at = 1795313800,
        .base = "20261121-021500Z__51bb0e77",
        .held_reason = "the source has \"shrunk\"",
        .message = "two paths: a\xff b",
        .cause = CAUSE_SOURCE_SHRUNK,
        .source = "root@web1:/",
        .stats = RUN_STATS_UNKNOWN,
    };
    struct snapshot_meta read;
    struct err err;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(path));
    fd = fs_open_root(path, &err);
    assert_true(fd >= 0);
    assert_int_equal(snapshot_meta_load(&arena, fd, &read, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    list_add(&arena, &meta.arguments, "rsync");
    list_add(&arena, &meta.arguments, "-aHAXS");
    meta.stats.files = 3;
    meta.stats.rsync_exit = 23;
    assert_int_equal(snapshot_meta_save(fd, &meta, &err), 0);
    assert_int_equal(snapshot_meta_load(&arena, fd, &read, &err), 0);
    assert_string_equal(read.host, meta.host);
    assert_string_equal(read.name, meta.name);
    assert_int_equal(read.kind, meta.kind);
    assert_int_equal(read.status, meta.status);
    assert_int_equal(read.cause, meta.cause);
    assert_int_equal(read.run, 7);
    assert_int_equal(read.started_at, meta.started_at);
    assert_int_equal(read.ended_at, meta.ended_at);
    assert_string_equal(read.base, meta.base);
    assert_string_equal(read.held_reason, meta.held_reason);
    assert_string_equal(read.message, "two paths: a\\xff b");
    assert_string_equal(list_join(&arena, &read.arguments, " "), "rsync -aHAXS");
    assert_int_equal(read.stats.files, 3);
    assert_int_equal(read.stats.rsync_exit, 23);
    assert_int_equal(read.stats.bytes, -1);
    assert_int_equal(unlinkat(fd, "meta.json", 0), 0);
    fs_close(&fd);
    assert_int_equal(rmdir(path), 0);
}

static void what_is_not_ours_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{",
        "{\"pobsync\": 1}",
        "{\"pobsync\": \"1\", \"host\": \"web1\"}",
        "{\"pobsync\": 1, \"host\": \"web1\", \"name\": \"old\", \"kind\": \"scheduled\", \"status\": \"success\"}",
        "{\"pobsync\": 1, \"host\": \"web1\", \"name\": \"20261122-021500Z__9f3a61c2\", \"kind\": \"daily\", "
        "\"status\": \"success\"}",
        "{\"pobsync\": 1, \"host\": \"web1\", \"name\": \"20261122-021500Z__9f3a61c2\", \"kind\": \"manual\", "
        "\"status\": \"perfect\"}",
        "{\"pobsync\": 1, \"host\": \"web1\", \"name\": \"20261122-021500Z__9f3a61c2\", \"kind\": \"manual\", "
        "\"status\": \"success\", \"started_at\": \"yesterday\"}",
    };
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct snapshot_meta meta;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct err err = {0};

        assert_int_equal(snapshot_meta_parse(&arena, texts[i], strlen(texts[i]), &meta, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.message, "meta.json"));
    }
}

static void a_huge_one_is_not_even_read(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct snapshot_meta meta;
    struct err err = {0};
    char *text = calloc(1, SNAPSHOT_META_MAX + 1);

    (void)state;
    assert_non_null(text);
    assert_int_equal(snapshot_meta_parse(&arena, text, SNAPSHOT_META_MAX + 1, &meta, &err), -1);
    assert_non_null(strstr(err.message, "1048577 bytes"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(what_is_not_ours_is_refused),
        cmocka_unit_test(a_huge_one_is_not_even_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
