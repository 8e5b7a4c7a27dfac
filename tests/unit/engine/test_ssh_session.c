/* ssh's files for one piece of work: written, replaced, removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/ssh_session.h"
#include "sys/fs.h"

static const struct host_key key = {
    .type = "ssh-ed25519",
    .key = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    .fingerprint = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
};

static char home[] = "/tmp/test_ssh_session.XXXXXX";
static struct arena arena;
static struct config config;

static int make_home(void **state)
{
    struct config host = {0};
    struct effective effective;
    struct err err;

    (void)state;
    if (mkdtemp(home) == NULL ||
        config_set(&arena, &host, SCOPE_HOST, config_field("address"), "192.0.2.17", &err) < 0)
        return -1;
    config_effective(&arena, NULL, &host, NULL, &effective);
    config = effective.config;
    return 0;
}

static int remove_home(void **state)
{
    FD_SCOPED parent = -1;
    struct err err;

    (void)state;
    arena_release(&arena);
    parent = fs_open_root("/tmp", &err);
    return fs_remove_tree(parent, strrchr(home, '/') + 1, NULL, &err);
}

static const char *content(const char *path)
{
    BUF_SCOPED buf = BUF_EMPTY;
    FD_SCOPED root = -1;
    struct err err;

    root = fs_open_root("/", &err);
    assert_int_equal(fs_read_file(root, path + 1, 65536, &buf, &err), 0);
    return arena_strdup(&arena, buf_text(&buf));
}

static void files_come_and_go(void **state)
{
    struct ssh_session session, again;
    struct stat status;
    struct err err;

    (void)state;
    assert_int_equal(ssh_session_open(&arena, home, "17", "web1", &config, "/keys/web1", &key, 1,
                                      SSH_TRUST_PINNED, &session, &err),
                     0);
    assert_string_equal(session.directory, arena_printf(&arena, "%s/runs/17.ssh", home));
    assert_int_equal(stat(session.directory, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_string_equal(content(session.known_hosts),
                        arena_printf(&arena, "pobsync-web1 ssh-ed25519 %s\n", key.key));
    assert_non_null(strstr(content(session.config_file), "StrictHostKeyChecking yes\n"));
    assert_non_null(strstr(content(session.config_file), session.known_hosts));

    /* What a dead worker left under the name is replaced. */
    assert_int_equal(ssh_session_open(&arena, home, "17", "web1", &config, "/keys/web1", NULL, 0,
                                      SSH_TRUST_LEARN, &again, &err),
                     0);
    assert_string_equal(content(again.known_hosts), "");
    assert_non_null(strstr(content(again.config_file), "StrictHostKeyChecking accept-new\n"));
    ssh_session_close(&again);
    assert_int_equal(access(session.directory, F_OK), -1);
    assert_null(again.directory);
    ssh_session_close(&again);
}

/* The database is not trusted: a key with a line end would bring another line into known_hosts. */
static void bad_keys_are_refused(void **state)
{
    static const struct host_key bad[] = {
        {.type = "ssh-ed25519", .key = "AAAA\npobsync-web1 ssh-rsa AAAA"},
        {.type = "ssh-rsa", .key = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"},
        {.type = "ssh-ed25519",
         .key = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl x"},
        {.type = "ssh-ed25519", .key = ""},
    };
    struct ssh_session session;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ssh_session_open(&arena, home, "18", "web1", &config, "/keys/web1", &bad[i], 1,
                                          SSH_TRUST_PINNED, &session, &err),
                         -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_null(session.directory);
    }
    assert_int_equal(access(arena_printf(&arena, "%s/runs/18.ssh", home), F_OK), -1);
}

static void options_of_ssh(void **state)
{
    struct config with = config;

    (void)state;
    assert_null(ssh_session_option(&with, "ProxyJump"));
    assert_int_equal(ssh_session_connect_ms(&with), 20000);
    list_add(&arena, &with.ssh_options, "connecttimeout=3");
    list_add(&arena, &with.ssh_options, "ProxyJump=bastion");
    assert_string_equal(ssh_session_option(&with, "ProxyJump"), "bastion");
    assert_int_equal(ssh_session_connect_ms(&with), 3000);
}

static void the_environment_is_bare(void **state)
{
    const char *const *environment = ssh_session_environment(&arena, 17);

    (void)state;
    assert_memory_equal(environment[0], "PATH=/", 6);
    assert_string_equal(environment[1], "LC_ALL=C.UTF-8");
    assert_string_equal(environment[2], "POBSYNC_RUN=17");
    assert_null(environment[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_and_go),
        cmocka_unit_test(bad_keys_are_refused),
        cmocka_unit_test(options_of_ssh),
        cmocka_unit_test(the_environment_is_bare),
    };

    return cmocka_run_group_tests(tests, make_home, remove_home);
}
