/* Keys: found, made once, shown as ssh-keygen shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ssh_key.h"
#include "engine/ssh_session.h"
#include "sys/fs.h"
#include "sys/spawn.h"

static char home[] = "/tmp/test_ssh_key.XXXXXX";

static int make_home(void **state)
{
    (void)state;
    return mkdtemp(home) == NULL ? -1 : 0;
}

static int remove_home(void **state)
{
    FD_SCOPED parent = -1;
    struct err err;

    (void)state;
    parent = fs_open_root("/tmp", &err);
    return fs_remove_tree(parent, strrchr(home, '/') + 1, NULL, &err);
}

/* What ssh-keygen -l says of a key file: "256 SHA256:… comment (ED25519)". */
static void listed_by_keygen(const char *path, char *fingerprint, size_t size)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED output = BUF_EMPTY;
    const char *const argv[] = {"ssh-keygen", "-l", "-f", path, NULL};
    struct spawn_result result;
    struct err err;
    const char *start;

    assert_int_equal(
        spawn_collect(argv, ssh_session_environment(&arena, 0), 10000, 4096, &output, NULL, &result, &err),
        0);
    start = strstr(buf_text(&output), "SHA256:");
    assert_non_null(start);
    snprintf(fingerprint, size, "%.*s", (int)strcspn(start, " "), start);
}

static void a_key_is_made_once(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct config config = {0};
    const char *path, *again, *public_key, *fingerprint;
    char listed[100];
    struct stat status;
    bool created;
    struct err err;

    (void)state;
    assert_int_equal(ssh_key_find(&arena, home, "web1", &config, false, &path, &created, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "--ssh-identity-file"));
    assert_non_null(strstr(err.message, "/keys/web1/id_ed25519"));
    assert_int_equal(ssh_key_find(&arena, home, "web1", &config, true, &path, &created, &err), 0);
    assert_true(created);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(arena_printf(&arena, "%s/keys", home), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);

    assert_int_equal(ssh_key_public(&arena, path, &public_key, &err), 0);
    assert_memory_equal(public_key, "ssh-ed25519 AAAA", 16);
    assert_null(strchr(public_key + 12, ' '));
    assert_int_equal(ssh_key_fingerprint(&arena, public_key + 12, &fingerprint, &err), 0);
    listed_by_keygen(path, listed, sizeof listed);
    assert_string_equal(fingerprint, listed);

    assert_int_equal(ssh_key_find(&arena, home, "web1", &config, true, &again, &created, &err), 0);
    assert_false(created);
    assert_string_equal(again, path);
    assert_int_equal(ssh_key_find(&arena, home, "web2", &config, true, &again, &created, &err), 0);
    assert_true(created);
}

static void a_readable_key_is_refused(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = {0};
    const char *path, *public_key;
    struct err err;

    (void)state;
    assert_int_equal(ssh_key_find(&arena, home, "open", &config, true, &path, NULL, &err), 0);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(ssh_key_find(&arena, home, "open", &config, true, &path, NULL, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, "mode 640"));
    assert_int_equal(ssh_key_public(&arena, path, &public_key, &err), -1);

    assert_int_equal(chmod(path, 0600), 0);
    config.ssh_identity_file = path;
    assert_int_equal(ssh_key_find(&arena, home, "other", &config, false, &path, NULL, &err), 0);
    assert_string_equal(path, config.ssh_identity_file);
    config.ssh_identity_file = arena_printf(&arena, "%s/none", home);
    assert_int_equal(ssh_key_find(&arena, home, "open", &config, true, &path, NULL, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.hint, "/keys/open/id_ed25519"));
    config.ssh_identity_file = home;
    assert_int_equal(ssh_key_find(&arena, home, "open", &config, true, &path, NULL, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

static void what_is_no_key_has_no_public_half(void **state)
{
    static const char text[] = "not a key\n";
    ARENA_SCOPED arena = ARENA_EMPTY;
    FD_SCOPED folder = -1;
    const char *public_key;
    struct err err;

    (void)state;
    folder = fs_open_root(home, &err);
    assert_int_equal(fs_write_file(folder, "text", text, strlen(text), 0600, &err), 0);
    assert_int_equal(ssh_key_public(&arena, arena_printf(&arena, "%s/text", home), &public_key, &err), -1);
    assert_int_equal(err.code, ERR_FAILED);
    assert_non_null(strstr(err.message, "error in libcrypto"));
}

static void fingerprints_are_those_of_ssh(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *fingerprint;
    struct err err;

    (void)state;
    /* ssh-keygen -l of the Ed25519 key that GitHub publishes. */
    assert_int_equal(
        ssh_key_fingerprint(&arena, "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
                            &fingerprint, &err),
        0);
    assert_string_equal(fingerprint, "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
    assert_int_equal(ssh_key_fingerprint(&arena, "", &fingerprint, &err), -1);
    assert_int_equal(ssh_key_fingerprint(&arena, "AAA", &fingerprint, &err), -1);
    assert_int_equal(ssh_key_fingerprint(&arena, "AAAA AAAA", &fingerprint, &err), -1);
}

static void lines_for_the_other_side(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;

    (void)state;
    assert_string_equal(ssh_key_line(&arena, KEY_LINE_RRSYNC, "ssh-ed25519 AAAA", "backup1"),
                        "restrict,command=\"rrsync -ro /\" ssh-ed25519 AAAA pobsync@backup1");
    assert_string_equal(ssh_key_line(&arena, KEY_LINE_PLAIN, "ssh-ed25519 AAAA", "backup1"),
                        "restrict ssh-ed25519 AAAA pobsync@backup1");
    assert_string_equal(ssh_key_sudoers(&arena, "backup"),
                        "Defaults!/usr/bin/rrsync env_keep += \"SSH_ORIGINAL_COMMAND\"\n"
                        "backup ALL=(root) NOPASSWD: /usr/bin/rrsync -ro /");
    assert_string_equal(ssh_key_line(&arena, KEY_LINE_SUDO, "ssh-ed25519 AAAA", "backup1"),
                        "restrict,command=\"sudo rrsync -ro /\" ssh-ed25519 AAAA pobsync@backup1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_made_once),
        cmocka_unit_test(a_readable_key_is_refused),
        cmocka_unit_test(what_is_no_key_has_no_public_half),
        cmocka_unit_test(fingerprints_are_those_of_ssh),
        cmocka_unit_test(lines_for_the_other_side),
    };

    return cmocka_run_group_tests(tests, make_home, remove_home);
}
