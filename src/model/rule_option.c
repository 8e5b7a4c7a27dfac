/* The allow-lists of options of rsync and ssh, each with the grammar of its value. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/text.h"
#include "model/rule.h"

enum { OPTION_MAX = 512 };

#define DIGITS "0123456789"
#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

/* One option that is allowed. */
struct allowed {
    const char *name;
    bool (*value_ok)(const char *value); /* NULL: the option has no value */
    const char *expected;                /* what the value looks like */
};

static bool is_made_of(const char *value, const char *characters)
{
    return value[0] != '\0' && value[strspn(value, characters)] == '\0';
}

static bool is_number(const char *value, int64_t min, int64_t max)
{
    struct err ignored;
    int64_t number;

    return parse_int(value, min, max, &number, &ignored) == 0;
}

static bool is_one_of(const char *value, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(value, words[i]) == 0)
            return true;
    return false;
}

/* Shared: the whole is short, UTF-8 and free of control characters, so that it can be quoted in a message. */
static int check_plain(const char *what, const char *value, struct err *err)
{
    size_t size = strlen(value);

    if (size == 0)
        return err_set(err, ERR_INVALID, "the %s is empty", what);
    if (size > OPTION_MAX)
        return err_set(err, ERR_INVALID, "the %s is %zu bytes long, at most %d are allowed", what, size,
                       OPTION_MAX);
    if (!text_is_utf8(value, size) || text_has_control(value))
        return err_set(err, ERR_INVALID, "the %s \"%.80s\" holds a control character or invalid UTF-8", what,
                       value);
    return 0;
}

static bool is_compress_choice(const char *value)
{
    static const char *const words[] = {"zstd", "lz4", "zlibx", "zlib", "none"};

    return is_one_of(value, words, sizeof words / sizeof words[0]);
}

static bool is_compress_level(const char *value)
{
    return is_number(value, 0, 22);
}

/* rsync(1), --max-size: digits, perhaps a fraction, perhaps one of K M G T P with nothing, B or iB behind it. */
static bool is_size(const char *value)
{
    size_t digits = strspn(value, DIGITS);

    if (digits == 0 || digits > 15)
        return false;
    value += digits;
    if (*value == '.') {
        digits = strspn(++value, DIGITS);
        if (digits == 0 || digits > 6)
            return false;
        value += digits;
    }
    if (*value != '\0' && strchr("kKmMgGtTpP", *value) != NULL) {
        value++;
        if (value[0] == 'B' || (value[0] == 'i' && value[1] == 'B'))
            value += value[0] == 'B' ? 1 : 2;
    }
    return *value == '\0';
}

/* One or two names of character sets, "LOCAL,REMOTE", or "." for the one of the locale. */
static bool is_iconv(const char *value)
{
    size_t length = strspn(value, WORD "._:-");
    const char *rest = value + length;

    if (length == 0 || value[0] == '-')
        return false;
    return *rest == '\0' || (*rest == ',' && rest[1] != '-' && is_made_of(rest + 1, WORD "._:-"));
}

static bool is_suffix_list(const char *value)
{
    return value[0] != '-' && is_made_of(value, WORD "./_+-");
}

static bool is_rsync_path(const char *value)
{
    return strcmp(value, "rsync") == 0 || strcmp(value, "sudo rsync") == 0;
}

static const struct allowed rsync_args[] = {
    {"--compress", NULL, NULL},
    {"--compress-choice", is_compress_choice, "zstd, lz4, zlibx, zlib or none"},
    {"--compress-level", is_compress_level, "a number from 0 to 22"},
    {"--bwlimit", is_size, "a number with K, M or G behind it"},
    {"--checksum", NULL, NULL},
    {"--no-acls", NULL, NULL},
    {"--no-xattrs", NULL, NULL},
    {"--numeric-ids", NULL, NULL},
    {"--one-file-system", NULL, NULL},
    {"--max-size", is_size, "a size such as 500M"},
    {"--min-size", is_size, "a size such as 500M"},
    {"--iconv", is_iconv, "names of character sets such as utf8,latin1"},
    {"--skip-compress", is_suffix_list, "file name endings such as gz/jpg/mp4"},
    {"--rsync-path", is_rsync_path, "\"rsync\" or \"sudo rsync\""},
};

int rule_rsync_arg(const char *value, struct err *err)
{
    size_t length = strcspn(value, "=");

    if (check_plain("rsync option", value, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof rsync_args / sizeof rsync_args[0]; i++) {
        const struct allowed *option = &rsync_args[i];

        if (strlen(option->name) != length || strncmp(option->name, value, length) != 0)
            continue;
        if (option->value_ok == NULL && value[length] == '=')
            return err_set(err, ERR_INVALID, "the rsync option \"%s\" takes no value", option->name);
        if (option->value_ok != NULL && (value[length] != '=' || !option->value_ok(value + length + 1)))
            return err_set(err, ERR_INVALID,
                           "the rsync option \"%.80s\" needs the form %s=VALUE, and VALUE is %s", value,
                           option->name, option->expected);
        return 0;
    }
    err_set(err, ERR_INVALID, "the rsync option \"%.80s\" is not allowed", value);
    return err_hint(
        err, "spelled out and allowed are --compress, --compress-choice=, --compress-level=, --bwlimit=, "
             "--checksum, --no-acls, --no-xattrs, --numeric-ids, --one-file-system, --max-size=, "
             "--min-size=, --iconv=, --skip-compress=, --rsync-path=rsync and --rsync-path=sudo rsync");
}

/* A port of its own needs brackets around an IPv6 address. */
static bool split_port(char *hop)
{
    char *bracket = strrchr(hop, ']');
    char *colon = strrchr(hop, ':');

    if (colon == NULL || (bracket != NULL && colon < bracket))
        return true;
    if (bracket == NULL && strchr(hop, ':') != colon)
        return false;
    *colon = '\0';
    return is_number(colon + 1, 1, 65535);
}

/* [user@]host[:port]. ssh hands the parts to a shell, so a user with a "$" at the end is not taken here. */
static bool is_jump_host(const char *value, size_t length)
{
    char hop[OPTION_MAX + 1];
    struct err ignored;
    char *at;

    snprintf(hop, sizeof hop, "%.*s", (int)length, value);
    at = strchr(hop, '@');
    if (at != NULL) {
        *at = '\0';
        if (strchr(hop, '$') != NULL || rule_ssh_user(hop, &ignored) < 0)
            return false;
    }
    at = at == NULL ? hop : at + 1;
    return split_port(at) && rule_address(at, &ignored) == 0;
}

static bool is_proxy_jump(const char *value)
{
    if (strcmp(value, "none") == 0)
        return true;
    while (true) {
        size_t length = strcspn(value, ",");

        if (!is_jump_host(value, length))
            return false;
        if (value[length] == '\0')
            return true;
        value += length + 1;
    }
}

/* ssh_config(5), Ciphers: a list with commas; the first character may add (+), remove (-) or prefer (^). */
static bool is_algorithm_list(const char *value)
{
    if (value[0] == '+' || value[0] == '-' || value[0] == '^')
        value++;
    return strspn(value, "-+^,") == 0 && is_made_of(value, WORD "@.,-");
}

static bool is_yes_no(const char *value)
{
    return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
}

static bool is_connect_timeout(const char *value)
{
    return is_number(value, 1, 600);
}

static bool is_alive_interval(const char *value)
{
    return is_number(value, 0, 3600);
}

static bool is_address_family(const char *value)
{
    static const char *const words[] = {"any", "inet", "inet6"};

    return is_one_of(value, words, sizeof words / sizeof words[0]);
}

static bool is_bind_address(const char *value)
{
    struct err ignored;

    return value[0] != '[' && rule_address(value, &ignored) == 0;
}

static const struct allowed ssh_options[] = {
    {"ProxyJump", is_proxy_jump, "[user@]host[:port], several with commas, or none"},
    {"Ciphers", is_algorithm_list, "names with commas"},
    {"Compression", is_yes_no, "yes or no"},
    {"ConnectTimeout", is_connect_timeout, "seconds from 1 to 600"},
    {"HostKeyAlgorithms", is_algorithm_list, "names with commas"},
    {"ServerAliveInterval", is_alive_interval, "seconds from 0 to 3600"},
    {"AddressFamily", is_address_family, "any, inet or inet6"},
    {"BindAddress", is_bind_address, "an address of this server"},
};

static const struct allowed *find_ssh_option(const char *value)
{
    size_t length = strcspn(value, "=");

    for (size_t i = 0; i < sizeof ssh_options / sizeof ssh_options[0]; i++)
        if (strlen(ssh_options[i].name) == length && strncasecmp(ssh_options[i].name, value, length) == 0)
            return &ssh_options[i];
    return NULL;
}

const char *rule_ssh_option_name(const char *value)
{
    const struct allowed *option = find_ssh_option(value);

    return option == NULL ? NULL : option->name;
}

int rule_ssh_option(const char *value, struct err *err)
{
    const struct allowed *option = find_ssh_option(value);
    const char *equals = strchr(value, '=');

    if (check_plain("ssh option", value, err) < 0)
        return -1;
    if (option == NULL) {
        err_set(err, ERR_INVALID, "the ssh option \"%.80s\" is not allowed", value);
        return err_hint(err,
                        "written NAME=VALUE and allowed are ProxyJump, Ciphers, Compression, ConnectTimeout, "
                        "HostKeyAlgorithms, ServerAliveInterval, AddressFamily and BindAddress");
    }
    if (equals == NULL || !option->value_ok(equals + 1))
        return err_set(err, ERR_INVALID, "the ssh option \"%.80s\" needs the form %s=VALUE, and VALUE is %s",
                       value, option->name, option->expected);
    return 0;
}
