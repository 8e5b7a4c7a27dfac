/* The grammars of what notifications need: mail addresses, URLs, logins, and the words of their choices. */
#include "model/rule.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

enum { MAIL_ADDRESS_MAX = 254, LOCAL_PART_MAX = 64, URL_MAX = 2000, SMTP_USER_MAX = 256 };

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ATEXT ALNUM "!#$%&'*+-/=?^_`{|}~" /* RFC 5322 §3.2.3 */

/* Dots stand between characters, never beside each other or at an end. */
static bool is_dotted(const char *text, size_t size)
{
    return size > 0 && text[0] != '.' && text[size - 1] != '.' && memmem(text, size, "..", 2) == NULL;
}

int rule_mail_address(const char *value, struct err *err)
{
    const char *at = strchr(value, '@');
    size_t local = at == NULL ? 0 : (size_t)(at - value);

    if (at == NULL || strlen(value) > MAIL_ADDRESS_MAX || local > LOCAL_PART_MAX ||
        !is_dotted(value, local) || strspn(value, ATEXT ".") != local || !is_dotted(at + 1, strlen(at + 1)) ||
        at[1] == '-' || at[1 + strspn(at + 1, ALNUM "-.")] != '\0')
        return err_set(err, ERR_INVALID, "\"%s\" is no mail address such as admin@example.net", value);
    return 0;
}

int rule_url(const char *value, struct err *err)
{
    bool secure = strncmp(value, "https://", 8) == 0;
    const char *host = value + (secure ? 8 : 7);
    size_t size;

    if (!secure && strncmp(value, "http://", 7) != 0)
        return err_set(err, ERR_INVALID, "the address does not begin with http:// or https://");
    size = strcspn(host, "/?#");
    if (size == 0 || host[0] == ':')
        return err_set(err, ERR_INVALID, "the address has no host");
    if (memchr(host, '@', size) != NULL)
        return err_set(err, ERR_INVALID, "the address holds a user or a password, which are not kept here");
    if (strlen(value) > URL_MAX)
        return err_set(err, ERR_INVALID, "the address is longer than %d bytes", URL_MAX);
    for (const char *c = value; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return err_set(err, ERR_INVALID,
                           "the address holds a blank, a control character or one beyond ASCII");
    return 0;
}

int rule_smtp_user(const char *value, struct err *err)
{
    size_t size = strlen(value);

    if (size == 0 || size > SMTP_USER_MAX || !text_is_utf8(value, size) || text_has_control(value))
        return err_set(err, ERR_INVALID,
                       "the login is empty, longer than %d bytes or holds a control character",
                       SMTP_USER_MAX);
    return 0;
}

static int check_choice(const char *value, const char *const *choices, const char *listed, struct err *err)
{
    for (size_t i = 0; choices[i] != NULL; i++)
        if (strcmp(value, choices[i]) == 0)
            return 0;
    return err_set(err, ERR_INVALID, "\"%s\" is none of %s", value, listed);
}

int rule_smtp_security(const char *value, struct err *err)
{
    static const char *const choices[] = {"none", "starttls", "tls", NULL};

    return check_choice(value, choices, "none, starttls, tls", err);
}

int rule_alert_on(const char *value, struct err *err)
{
    static const char *const choices[] = {"attention", "failures", NULL};

    return check_choice(value, choices, "attention, failures", err);
}
