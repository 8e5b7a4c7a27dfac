/* The environment and the file that may stand in for it. */
#include "service/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "model/rule.h"

/* The variables that are read here. The file may hold others: other roles have theirs. */
enum variable {
    VARIABLE_HOME,
    VARIABLE_DATABASE,
    VARIABLE_PASSWORD_FILE,
    VARIABLE_FIXED_ROOT,
    VARIABLE_LISTEN,
    VARIABLE_ALLOW_HTTP,
    VARIABLE__MAX
};

static const char *const variable_names[] = {
    [VARIABLE_HOME] = "POBSYNC_HOME",
    [VARIABLE_DATABASE] = "POBSYNC_DATABASE",
    [VARIABLE_PASSWORD_FILE] = "POBSYNC_DATABASE_PASSWORD_FILE",
    [VARIABLE_FIXED_ROOT] = "POBSYNC_BACKUP_ROOT_FIXED",
    [VARIABLE_LISTEN] = "POBSYNC_LISTEN",
    [VARIABLE_ALLOW_HTTP] = "POBSYNC_ALLOW_HTTP",
};

struct setting {
    const char *value; /* NULL: not set */
    const char *origin;
};

static const char *trimmed(struct arena *arena, const char *text, size_t length)
{
    static const char blanks[] = " \t\r\n";

    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        length--;
    while (length > 0 && strchr(blanks, *text) != NULL) {
        text++;
        length--;
    }
    return arena_copy(arena, text, length);
}

/* A value may stand in quotes, as systemd's EnvironmentFile= allows; nothing is expanded. */
static int unquote(struct arena *arena, const char **value, struct err *err)
{
    size_t length = strlen(*value);
    char quote = **value;

    if (quote != '"' && quote != '\'')
        return 0;
    if (length < 2 || (*value)[length - 1] != quote)
        return err_set(err, ERR_INVALID, "a quote is not closed");
    *value = arena_copy(arena, *value + 1, length - 2);
    if (strchr(*value, quote) != NULL)
        return err_set(err, ERR_INVALID, "text after the closing quote");
    return 0;
}

static int parse_line(struct arena *arena, const char *line, struct setting settings[VARIABLE__MAX],
                      struct err *err)
{
    const char *equals = strchr(line, '=');
    const char *name, *value;

    if (*line == '\0' || *line == '#' || *line == ';')
        return 0;
    if (equals == NULL)
        return err_set(err, ERR_INVALID, "expected NAME=value, a comment or nothing");
    name = arena_copy(arena, line, (size_t)(equals - line));
    if (*name == '\0' ||
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
        return err_set(err, ERR_INVALID, "\"%s\" is not the name of a variable", name);
    value = trimmed(arena, equals + 1, strlen(equals + 1));
    if (unquote(arena, &value, err) < 0)
        return -1;
    for (enum variable i = 0; i < VARIABLE__MAX; i++)
        if (strcmp(name, variable_names[i]) == 0)
            settings[i] = (struct setting){.value = value, .origin = "file"};
    return 0;
}

/* Plain stdio: the file is the administrator's, who may well have made it a link. */
static int read_lines(struct arena *arena, FILE *file, struct setting settings[VARIABLE__MAX], int *number,
                      struct err *err)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int result = 0;

    for (*number = 1; result == 0 && (length = getline(&line, &room, file)) >= 0; ++*number) {
        if (strlen(line) != (size_t)length)
            result = err_set(err, ERR_INVALID, "it holds a zero byte");
        else
            result = parse_line(arena, trimmed(arena, line, (size_t)length), settings, err);
    }
    --*number;
    free(line);
    if (result == 0 && ferror(file))
        result = err_errno(err, ERR_INVALID, errno, "it cannot be read");
    return result;
}

static int read_file(struct arena *arena, struct environment *environment,
                     struct setting settings[VARIABLE__MAX], struct err *err)
{
    const char *path = environment->env_file;
    FILE *file = fopen(path, "re");
    int number, result;

    if (file == NULL) {
        if (errno == ENOENT || errno == ENOTDIR)
            return 0;
        err_errno(err, errno == EACCES ? ERR_NOT_ALLOWED : ERR_INVALID, errno, "environment file \"%s\"",
                  path);
        return err_hint(err, "run as root, or as a user who may read that file");
    }
    result = read_lines(arena, file, settings, &number, err);
    fclose(file);
    environment->env_file_read = true;
    return result < 0 ? err_in(err, "environment file \"%s\", line %d", path, number) : 0;
}

static int check_path(const struct setting *setting, enum variable variable, struct err *err)
{
    if (rule_local_path(setting->value, err) < 0)
        return err_in(err, "%s", variable_names[variable]);
    return 0;
}

/* A password in the URL would be seen by everybody who may see the environment of a process. */
static int check_database(const char *url, struct err *err)
{
    const char *authority = strstr(url, "://");
    const char *at = authority == NULL ? NULL : strchr(authority + 3, '@');

    if (at != NULL && memchr(authority + 3, ':', (size_t)(at - authority - 3)) != NULL) {
        err_set(err, ERR_INVALID, "POBSYNC_DATABASE holds a password");
        return err_hint(err, "put it into a file and name that in POBSYNC_DATABASE_PASSWORD_FILE");
    }
    return 0;
}

/* The URL of a database on a server with the file that its password is in; that of any other as it is. */
static const char *with_password_file(struct arena *arena, const char *url, const char *path)
{
    BUF_SCOPED text = BUF_EMPTY;

    if (path == NULL || strncmp(url, "mariadb://", strlen("mariadb://")) != 0)
        return url;
    buf_printf(&text, "%s%cpassword_file=", url, strchr(url, '?') == NULL ? '?' : '&');
    for (; *path != '\0'; path++)
        if (strchr("%&", *path) != NULL)
            buf_printf(&text, "%%%02X", (unsigned char)*path);
        else
            buf_add_char(&text, *path);
    return arena_copy(arena, buf_text(&text), text.size);
}

int environment_load(struct arena *arena, struct environment *environment, struct err *err)
{
    struct setting settings[VARIABLE__MAX] = {0};
    const char *env_file = getenv("POBSYNC_ENV_FILE");

    *environment = (struct environment){.env_file = arena_strdup(arena, env_file != NULL && *env_file != '\0'
                                                                            ? env_file
                                                                            : "/etc/pobsync/pobsync.env")};
    if (read_file(arena, environment, settings, err) < 0)
        return -1;
    for (enum variable i = 0; i < VARIABLE__MAX; i++) {
        const char *value = getenv(variable_names[i]);

        if (value != NULL)
            settings[i] = (struct setting){.value = arena_strdup(arena, value), .origin = "environment"};
        /* Set to nothing is how compose files write "not set". */
        if (settings[i].value == NULL || *settings[i].value == '\0')
            settings[i] = (struct setting){.origin = "default"};
    }
    if (settings[VARIABLE_HOME].value == NULL)
        settings[VARIABLE_HOME].value = "/var/lib/pobsync";
    if (check_path(&settings[VARIABLE_HOME], VARIABLE_HOME, err) < 0)
        return -1;
    if (settings[VARIABLE_DATABASE].value == NULL)
        settings[VARIABLE_DATABASE].value =
            arena_printf(arena, "sqlite://%s/pobsync.db", settings[VARIABLE_HOME].value);
    if (check_database(settings[VARIABLE_DATABASE].value, err) < 0 ||
        (settings[VARIABLE_PASSWORD_FILE].value != NULL &&
         check_path(&settings[VARIABLE_PASSWORD_FILE], VARIABLE_PASSWORD_FILE, err) < 0))
        return -1;
    settings[VARIABLE_DATABASE].value =
        with_password_file(arena, settings[VARIABLE_DATABASE].value, settings[VARIABLE_PASSWORD_FILE].value);
    if (settings[VARIABLE_FIXED_ROOT].value != NULL &&
        check_path(&settings[VARIABLE_FIXED_ROOT], VARIABLE_FIXED_ROOT, err) < 0)
        return -1;
    environment->listen =
        settings[VARIABLE_LISTEN].value == NULL ? "127.0.0.1:8010" : settings[VARIABLE_LISTEN].value;
    if (settings[VARIABLE_ALLOW_HTTP].value != NULL &&
        parse_bool(settings[VARIABLE_ALLOW_HTTP].value, &environment->allow_http, err) < 0)
        return err_in(err, "%s", variable_names[VARIABLE_ALLOW_HTTP]);
    environment->home = settings[VARIABLE_HOME].value;
    environment->home_origin = settings[VARIABLE_HOME].origin;
    environment->database = settings[VARIABLE_DATABASE].value;
    environment->database_origin = settings[VARIABLE_DATABASE].origin;
    environment->fixed_root = settings[VARIABLE_FIXED_ROOT].value;
    environment->fixed_root_origin = settings[VARIABLE_FIXED_ROOT].origin;
    return 0;
}
