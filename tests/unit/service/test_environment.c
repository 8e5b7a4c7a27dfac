/* The environment file, the environment above it, and what makes no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/environment.h"

static char path[] = "/tmp/test_environment.XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 || close(fd) < 0 ? -1 : setenv("POBSYNC_ENV_FILE", path, 1);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int clear(void **state)
{
    (void)state;
    return unsetenv("POBSYNC_HOME") + unsetenv("POBSYNC_DATABASE") + unsetenv("POBSYNC_BACKUP_ROOT_FIXED");
}

static void write_file(const char *text, size_t size)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void load(struct arena *arena, const char *text, struct environment *environment)
{
    struct err err;

    write_file(text, strlen(text));
    if (environment_load(arena, environment, &err) < 0)
        fail_msg("%s", err.message);
}

static void assert_invalid(const char *text, const char *message)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;
    struct err err;

    write_file(text, strlen(text));
    assert_int_equal(environment_load(&arena, &environment, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    if (strstr(err.message, message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, message);
}

static void test_defaults(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;

    (void)state;
    load(&arena, "", &environment);
    assert_string_equal(environment.env_file, path);
    assert_true(environment.env_file_read);
    assert_string_equal(environment.home, "/var/lib/pobsync");
    assert_string_equal(environment.home_origin, "default");
    assert_string_equal(environment.database, "sqlite:///var/lib/pobsync/pobsync.db");
    assert_null(environment.fixed_root);
    assert_string_equal(environment.fixed_root_origin, "default");
}

static void test_no_file(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;
    struct err err;

    (void)state;
    assert_int_equal(setenv("POBSYNC_ENV_FILE", "/tmp/there/is/none", 1), 0);
    assert_int_equal(environment_load(&arena, &environment, &err), 0);
    assert_false(environment.env_file_read);
    assert_string_equal(environment.home, "/var/lib/pobsync");
    assert_int_equal(setenv("POBSYNC_ENV_FILE", path, 1), 0);
}

static void test_file(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;

    (void)state;
    load(&arena,
         "# a comment\n; another\n\n  POBSYNC_HOME=/overridden\n"
         "POBSYNC_HOME=/srv/pobsync \r\n"
         "POBSYNC_BACKUP_ROOT_FIXED=\"/mnt/my backups\"\n"
         "POBSYNC_LISTEN='127.0.0.1:8010'\n"
         "POBSYNC_DATABASE='sqlite:///db/pobsync.db'",
         &environment);
    assert_string_equal(environment.home, "/srv/pobsync");
    assert_string_equal(environment.home_origin, "file");
    assert_string_equal(environment.fixed_root, "/mnt/my backups");
    assert_string_equal(environment.database, "sqlite:///db/pobsync.db");
}

static void test_environment_wins(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;

    (void)state;
    assert_int_equal(setenv("POBSYNC_HOME", "/from/environment", 1), 0);
    assert_int_equal(setenv("POBSYNC_BACKUP_ROOT_FIXED", "", 1), 0);
    load(&arena, "POBSYNC_HOME=/from/file\nPOBSYNC_BACKUP_ROOT_FIXED=/backups\n", &environment);
    assert_string_equal(environment.home, "/from/environment");
    assert_string_equal(environment.home_origin, "environment");
    assert_string_equal(environment.database, "sqlite:///from/environment/pobsync.db");
    assert_string_equal(environment.database_origin, "default");
    assert_null(environment.fixed_root);
}

static void test_lines_that_cannot_be_read(void **state)
{
    (void)state;
    assert_invalid("POBSYNC_HOME=/a\nexport POBSYNC_HOME=/b\n",
                   "line 2: \"export POBSYNC_HOME\" is not the name");
    assert_invalid("\n\nnonsense", "line 3: expected NAME=value");
    assert_invalid("=x", "line 1: \"\" is not the name");
    assert_invalid("POBSYNC_HOME=\"/a", "a quote is not closed");
    assert_invalid("POBSYNC_HOME=\"", "a quote is not closed");
    assert_invalid("POBSYNC_HOME='/a' '/b'", "text after the closing quote");
}

static void test_zero_byte(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;
    struct err err;

    (void)state;
    write_file("POBSYNC_HOME=/a\0b\n", 18);
    assert_int_equal(environment_load(&arena, &environment, &err), -1);
    assert_non_null(strstr(err.message, "line 1: it holds a zero byte"));
}

static void test_values_that_make_no_sense(void **state)
{
    (void)state;
    assert_invalid("POBSYNC_HOME=relative", "POBSYNC_HOME");
    assert_invalid("POBSYNC_HOME=/a/../b", "POBSYNC_HOME");
    assert_invalid("POBSYNC_BACKUP_ROOT_FIXED=backups", "POBSYNC_BACKUP_ROOT_FIXED");
    assert_invalid("POBSYNC_DATABASE=mariadb://me:secret@db:3306/pobsync", "holds a password");
}

static void test_the_password_file_joins_the_url(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;
    struct err err;

    (void)state;
    setenv("POBSYNC_DATABASE_PASSWORD_FILE", "/etc/a&b", 1);
    setenv("POBSYNC_DATABASE", "mariadb://me@db/pobsync?tls=off", 1);
    assert_int_equal(environment_load(&arena, &environment, &err), 0);
    assert_string_equal(environment.database, "mariadb://me@db/pobsync?tls=off&password_file=/etc/a%26b");
    setenv("POBSYNC_DATABASE", "mariadb://me@db/pobsync", 1);
    assert_int_equal(environment_load(&arena, &environment, &err), 0);
    assert_string_equal(environment.database, "mariadb://me@db/pobsync?password_file=/etc/a%26b");
    setenv("POBSYNC_DATABASE", "sqlite:///a", 1);
    assert_int_equal(environment_load(&arena, &environment, &err), 0);
    assert_string_equal(environment.database, "sqlite:///a");
    setenv("POBSYNC_DATABASE_PASSWORD_FILE", "relative", 1);
    assert_int_equal(environment_load(&arena, &environment, &err), -1);
    assert_non_null(strstr(err.message, "POBSYNC_DATABASE_PASSWORD_FILE"));
    unsetenv("POBSYNC_DATABASE_PASSWORD_FILE");
    unsetenv("POBSYNC_DATABASE");
}

static void test_a_password_is_never_repeated(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct environment environment;
    struct err err;
    const char *text = "POBSYNC_DATABASE=mariadb://me:secret@db/pobsync\n";

    (void)state;
    write_file(text, strlen(text));
    assert_int_equal(environment_load(&arena, &environment, &err), -1);
    assert_null(strstr(err.message, "secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, clear),
        cmocka_unit_test_setup(test_no_file, clear),
        cmocka_unit_test_setup(test_file, clear),
        cmocka_unit_test_setup(test_environment_wins, clear),
        cmocka_unit_test_setup(test_lines_that_cannot_be_read, clear),
        cmocka_unit_test_setup(test_zero_byte, clear),
        cmocka_unit_test_setup(test_values_that_make_no_sense, clear),
        cmocka_unit_test_setup(test_the_password_file_joins_the_url, clear),
        cmocka_unit_test_setup(test_a_password_is_never_repeated, clear),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
