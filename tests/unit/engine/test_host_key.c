/* Lines of known_hosts, and what ssh tells of a host's key; recordings in tests/fuzz/corpus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "engine/host_key.h"

#define ALIAS "pobsync-web1"

static void read_recording(const char *name, struct buf *content)
{
    char path[512], chunk[4096];
    size_t size;
    FILE *file;

    snprintf(path, sizeof path, POBSYNC_SOURCE_DIR "/tests/fuzz/corpus/%s", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(content, chunk, size);
    fclose(file);
}

static void lines_of_known_hosts(void **state)
{
    static const struct {
        const char *name;
        const char *type; /* NULL: no key */
    } rows[] = {
        {"ed25519", "ssh-ed25519"},
        {"comment", "ssh-ed25519"},
        {"ecdsa", "ecdsa-sha2-nistp256"},
        {"rsa", "ssh-rsa"},
        {"other_name", NULL},
        {"two_names", NULL},
        {"hashed", NULL},
        {"revoked", NULL},
        {"wrong_type", NULL},
        {"cut_key", NULL},
        {"empty", NULL},
        {"comment_line", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ARENA_SCOPED arena = ARENA_EMPTY;
        BUF_SCOPED line = BUF_EMPTY;
        struct host_key key = {0};
        bool found;

        read_recording(arena_printf(&arena, "known_hosts/%s", rows[i].name), &line);
        found = host_key_parse(&arena, buf_text(&line), ALIAS, &key);
        if (found != (rows[i].type != NULL) || (found && strcmp(key.type, rows[i].type) != 0))
            fail_msg("%s: %s", rows[i].name, found ? key.type : "no key");
        if (!found)
            continue;
        assert_memory_equal(key.key, "AAAA", 4);
        assert_memory_equal(key.fingerprint, "SHA256:", 7);
        assert_int_equal(strlen(key.fingerprint), 7 + 43);
    }
}

static void the_key_that_ssh_saw(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED learnt = BUF_EMPTY;
    BUF_SCOPED line = BUF_EMPTY;
    BUF_SCOPED changed = BUF_EMPTY;
    struct host_key key;

    (void)state;
    read_recording("ssh_text/learnt", &learnt);
    read_recording("known_hosts/ed25519", &line);
    assert_true(host_key_parse(&arena, buf_text(&line), ALIAS, &key));
    assert_string_equal(host_key_shown(&arena, buf_text(&learnt)), key.fingerprint);

    /* Behind a jump host: the last one is the host's. */
    read_recording("ssh_text/changed", &changed);
    assert_string_not_equal(host_key_shown(&arena, buf_text(&changed)), key.fingerprint);
    buf_add(&changed, learnt.data, learnt.size);
    assert_string_equal(host_key_shown(&arena, buf_text(&changed)), key.fingerprint);

    assert_null(host_key_shown(&arena, "ssh: connect to host 192.0.2.17 port 22: Connection refused\n"));
    assert_null(host_key_shown(&arena, "debug1: Server host key: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_known_hosts),
        cmocka_unit_test(the_key_that_ssh_saw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
