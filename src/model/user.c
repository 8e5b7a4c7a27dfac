/* Roles, rights, and the rules of names and passwords. */
#include "model/user.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { NAME_MAX_LENGTH = 64, PASSWORD_MIN = 8, PASSWORD_MAX = 1024 };

static const char *const role_names[] = {[ROLE_NONE] = "none",
                                         [ROLE_VIEWER] = "viewer",
                                         [ROLE_RESTORER] = "restorer",
                                         [ROLE_OPERATOR] = "operator",
                                         [ROLE_ADMIN] = "admin"};

static const struct {
    const char *name;
    enum role role;
    const char *help;
} rights[] = {
#define RIGHT_ROW(right, name, role, help) [right] = {name, role, help},
    RIGHT_LIST(RIGHT_ROW)
#undef RIGHT_ROW
};

const char *role_name(enum role role)
{
    return (unsigned)role < ROLE__MAX ? role_names[role] : "none";
}

enum role role_parse(const char *name)
{
    for (enum role role = ROLE_VIEWER; role < ROLE__MAX; role++)
        if (strcmp(role_names[role], name) == 0)
            return role;
    return ROLE__MAX;
}

const char *right_name(enum right right)
{
    return (unsigned)right < RIGHT__MAX ? rights[right].name : "?";
}

const char *right_help(enum right right)
{
    return (unsigned)right < RIGHT__MAX ? rights[right].help : "";
}

enum right right_parse(const char *name)
{
    for (enum right right = 0; right < RIGHT__MAX; right++)
        if (strcmp(rights[right].name, name) == 0)
            return right;
    return RIGHT__MAX;
}

bool role_has(enum role role, enum right right)
{
    return (unsigned)right < RIGHT__MAX && role >= rights[right].role && role < ROLE__MAX;
}

bool account_may(const struct account *account, enum right right)
{
    return role_has(account->role, right) && (account->rights >> right & 1) != 0;
}

int user_name_check(const char *name, struct err *err)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char other[] = "abcdefghijklmnopqrstuvwxyz0123456789._@-";
    size_t length = strlen(name);

    if (length > 0 && length <= NAME_MAX_LENGTH && strchr(first, name[0]) != NULL &&
        strspn(name, other) == length)
        return 0;
    return err_set(
        err, ERR_INVALID,
        "\"%s\" is no name of a user, expected at most %d of a-z, 0-9 and ._@-, a letter or digit first",
        name, NAME_MAX_LENGTH);
}

/* Of eight characters and more, those that everybody tries first. */
static bool is_tried_first(const char *password)
{
    static const char *const tried[] = {
        "password",    "12345678",  "123456789", "1234567890", "qwertyui",      "qwertyuiop", "password1",
        "password123", "iloveyou",  "sunshine",  "princess",   "football",      "baseball",   "superman",
        "trustno1",    "letmein1",  "welcome1",  "adminadmin", "administrator", "changeme",   "passw0rd",
        "p@ssw0rd",    "11111111",  "00000000",  "88888888",   "87654321",      "abcd1234",   "1q2w3e4r",
        "1qaz2wsx",    "qwerty123", "abc12345",  "pobsync1",   "backup123",     "computer",   "internet",
        "jennifer",    "michelle",  "starwars",  "whatever",   "dragon123"};

    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++)
        if (strcasecmp(password, tried[i]) == 0)
            return true;
    return false;
}

int user_password_check(const char *name, const char *password, struct err *err)
{
    size_t length = strlen(password);

    if (!text_is_utf8(password, length))
        return err_set(err, ERR_INVALID, "the password is not valid UTF-8");
    if (length < PASSWORD_MIN || length > PASSWORD_MAX)
        return err_set(err, ERR_INVALID, "the password has %zu characters, expected %d to %d", length,
                       PASSWORD_MIN, PASSWORD_MAX);
    if (strcasecmp(password, name) == 0 || is_tried_first(password))
        return err_set(err, ERR_INVALID, "the password is one of those that are tried first");
    return 0;
}

int user_label_check(const char *label, struct err *err)
{
    size_t length = strlen(label);

    if (length > 0 && length <= NAME_MAX_LENGTH && text_is_utf8(label, length) && !text_has_control(label))
        return 0;
    return err_set(err, ERR_INVALID, "the name has %zu bytes, expected one line of 1 to %d", length,
                   NAME_MAX_LENGTH);
}
