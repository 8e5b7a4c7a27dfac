/* The grammars of names, addresses, paths and patterns. Those of options are in rule_option.c. */
#include "model/rule.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/text.h"

enum {
    NAME_MAX_SIZE = 64,
    ADDRESS_MAX = 253,
    LABEL_MAX = 63,
    USER_MAX = 32,
    PATH_MAX_SIZE = 4000,
    REASON_MAX = 400
};

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define LETTERS LOWER UPPER

static bool one_of(char c, const char *characters)
{
    return c != '\0' && strchr(characters, c) != NULL;
}

/* `what`: "host name"; `problem` says what is wrong with it and what is allowed. A long value is shown cut. */
static int refuse(struct err *err, const char *what, const char *value, const char *problem)
{
    enum { SHOWN = 80 };

    return err_set(err, ERR_INVALID, "the %s \"%.*s%s\" %s", what, SHOWN, value,
                   strlen(value) > SHOWN ? "..." : "", problem);
}

/* What holds for every value: not empty, not too long, UTF-8 without control characters. */
static int check_plain(const char *what, const char *value, size_t max, struct err *err)
{
    size_t size = strlen(value);

    if (size == 0)
        return err_set(err, ERR_INVALID, "the %s is empty", what);
    if (size > max)
        return err_set(err, ERR_INVALID, "the %s is %zu bytes long, at most %zu are allowed", what, size,
                       max);
    if (!text_is_utf8(value, size))
        return refuse(err, what, value, "is not valid UTF-8");
    if (text_has_control(value))
        return refuse(err, what, value, "holds a control character");
    return 0;
}

int rule_host_name(const char *value, struct err *err)
{
    static const char what[] = "host name";

    if (check_plain(what, value, NAME_MAX_SIZE, err) < 0)
        return -1;
    if (!one_of(value[0], LOWER DIGITS))
        return refuse(err, what, value, "does not begin with a small letter or a digit");
    if (value[strspn(value, LOWER DIGITS "._-")] != '\0')
        return refuse(err, what, value,
                      "holds something else than small letters, digits, \".\", \"_\" and \"-\"");
    if (value[strlen(value) - 1] == '.')
        return refuse(err, what, value, "ends in a dot");
    return 0;
}

/* Whether resolvers would read the last label as (part of) an IPv4 address in one of its old spellings. */
static bool looks_numeric(const char *name)
{
    const char *last = strrchr(name, '.');

    last = last == NULL ? name : last + 1;
    if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
        return last[2 + strspn(last + 2, DIGITS "abcdefABCDEF")] == '\0';
    return last[0] != '\0' && last[strspn(last, DIGITS)] == '\0';
}

/* Labels of letters, digits, "-" and "_" that neither begin nor end with "-", with dots between them. */
static bool is_dns_name(const char *value)
{
    while (true) {
        size_t length = strspn(value, LETTERS DIGITS "_-");

        if (length == 0 || length > LABEL_MAX || value[0] == '-' || value[length - 1] == '-')
            return false;
        if (value[length] != '.')
            return value[length] == '\0';
        value += length + 1;
    }
}

static bool is_ip(int family, const char *value)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(family, value, bytes) == 1;
}

static bool is_bracketed_ipv6(const char *value)
{
    char inner[INET6_ADDRSTRLEN + 1];
    size_t size = strlen(value);

    if (value[0] != '[' || value[size - 1] != ']' || size - 2 >= sizeof inner)
        return false;
    memcpy(inner, value + 1, size - 2);
    inner[size - 2] = '\0';
    return is_ip(AF_INET6, inner);
}

static int check_address(const char *what, const char *value, struct err *err)
{
    if (check_plain(what, value, ADDRESS_MAX, err) < 0)
        return -1;
    if (is_ip(AF_INET, value) || is_ip(AF_INET6, value) || is_bracketed_ipv6(value))
        return 0;
    if (!is_dns_name(value))
        return refuse(err, what, value,
                      "is neither a DNS name nor an IP address; a port, a user or a path is not part of it");
    if (looks_numeric(value))
        return refuse(err, what, value,
                      "ends in a number and is not an IPv4 address of four decimal numbers");
    return 0;
}

int rule_address(const char *value, struct err *err)
{
    return check_address("address", value, err);
}

int rule_allowed_host(const char *value, struct err *err)
{
    return check_address("allowed host", value, err);
}

int rule_proxy(const char *value, struct err *err)
{
    static const char what[] = "proxy";
    const char *slash = strchr(value, '/');
    char address[INET6_ADDRSTRLEN + 1];
    size_t size = slash == NULL ? strlen(value) : (size_t)(slash - value);
    struct err ignored;
    int64_t bits;
    bool is_v4;

    if (check_plain(what, value, ADDRESS_MAX, err) < 0)
        return -1;
    snprintf(address, sizeof address, "%.*s", (int)size, value);
    is_v4 = is_ip(AF_INET, address);
    if (size >= sizeof address || (!is_v4 && !is_ip(AF_INET6, address)) ||
        (slash != NULL && parse_int(slash + 1, 0, is_v4 ? 32 : 128, &bits, &ignored) < 0))
        return refuse(err, what, value,
                      "is neither an IP address nor a range such as 10.0.0.0/8 or fd00::/8");
    return 0;
}

int rule_ssh_user(const char *value, struct err *err)
{
    static const char what[] = "user";
    size_t length;

    if (check_plain(what, value, USER_MAX, err) < 0)
        return -1;
    if (!one_of(value[0], LETTERS "_"))
        return refuse(err, what, value, "does not begin with a letter or \"_\"");
    length = strspn(value, LETTERS DIGITS "._-");
    if (value[length] == '$')
        length++;
    if (value[length] != '\0')
        return refuse(err, what, value, "holds something else than letters, digits, \".\", \"_\" and \"-\"");
    return 0;
}

/* Whether a part of the path, between slashes, is "." or "..". */
static bool has_dot_part(const char *path)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");

        if ((length == 1 || length == 2) && path[0] == '.' && path[length - 1] == '.')
            return true;
        path += length + (path[length] == '/');
    }
    return false;
}

/* The remote shell expands wildcards even where rsync quotes, so they are no part of any path. */
static int check_remote_path(const char *what, const char *value, struct err *err)
{
    if (check_plain(what, value, PATH_MAX_SIZE, err) < 0)
        return -1;
    if (has_dot_part(value))
        return refuse(err, what, value, "holds a part \".\" or \"..\"; write the path itself");
    if (strstr(value, "//") != NULL)
        return refuse(err, what, value, "holds \"//\"");
    if (strpbrk(value, "*?[\\") != NULL)
        return refuse(err, what, value, "holds one of * ? [ \\, which the remote shell could expand");
    return 0;
}

int rule_source_root(const char *value, struct err *err)
{
    static const char what[] = "source root";

    if (check_remote_path(what, value, err) < 0)
        return -1;
    if (value[0] != '/')
        return refuse(err, what, value, "is not an absolute path");
    return 0;
}

int rule_include(const char *value, struct err *err)
{
    static const char what[] = "included path";

    if (check_remote_path(what, value, err) < 0)
        return -1;
    if (strcmp(value, "/") == 0)
        return refuse(err, what, value, "is the whole source root; leave the list empty for that");
    return 0;
}

int rule_exclude(const char *value, struct err *err)
{
    static const char what[] = "exclude pattern";

    if (check_plain(what, value, PATH_MAX_SIZE, err) < 0)
        return -1;
    if (value[0] != '\0' && value[1] == ' ' && one_of(value[0], "+-!"))
        return refuse(err, what, value, "begins like a filter rule; give the pattern alone");
    return 0;
}

/* Quotes, backslashes and "${" mean something in ssh's configuration and in rsync's -e, where such paths go. */
static int check_local_path(const char *what, const char *value, struct err *err)
{
    if (check_plain(what, value, PATH_MAX_SIZE, err) < 0)
        return -1;
    if (value[0] != '/')
        return refuse(err, what, value, "is not an absolute path");
    if (has_dot_part(value))
        return refuse(err, what, value, "holds a part \".\" or \"..\"; write the path itself");
    if (strpbrk(value, "\"'\\") != NULL || strstr(value, "${") != NULL)
        return refuse(err, what, value, "holds a quote, a backslash or \"${\"");
    return 0;
}

int rule_local_path(const char *value, struct err *err)
{
    return check_local_path("path", value, err);
}

int rule_rsync_binary(const char *value, struct err *err)
{
    static const char what[] = "rsync program";

    if (strcmp(value, "rsync") == 0)
        return 0;
    if (check_local_path(what, value, err) < 0)
        return err_hint(err, "\"rsync\" finds it in the PATH; a path such as /usr/local/bin/rsync names it");
    if (strncmp(strrchr(value, '/') + 1, "rsync", 5) != 0)
        return refuse(err, what, value, "has a last part that does not begin with \"rsync\"");
    return 0;
}

/* RFC 8536: a time zone file begins with these four bytes. */
static bool is_zone_file(const char *zone)
{
    const char *directory = getenv("TZDIR");
    char path[PATH_MAX], magic[4];
    bool found;
    int fd;

    if (directory == NULL || directory[0] != '/')
        directory = "/usr/share/zoneinfo";
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, zone) >= sizeof path)
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    found =
        read(fd, magic, sizeof magic) == (ssize_t)sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
    close(fd);
    return found;
}

int rule_timezone(const char *value, struct err *err)
{
    static const char what[] = "time zone";

    if (check_plain(what, value, NAME_MAX_SIZE, err) < 0)
        return -1;
    if (!one_of(value[0], LETTERS) || value[strspn(value, LETTERS DIGITS "+_/-")] != '\0' ||
        strstr(value, "//") != NULL)
        return refuse(err, what, value, "is not an IANA name such as Europe/Amsterdam or UTC");
    if (strcmp(value, "UTC") != 0 && !is_zone_file(value)) {
        refuse(err, what, value, "is not known on this server");
        return err_hint(err, "the names are those of the files below /usr/share/zoneinfo (package tzdata)");
    }
    return 0;
}

int rule_reason(const char *value, struct err *err)
{
    if (check_plain("reason", value, REASON_MAX, err) < 0)
        return -1;
    if (value[strspn(value, " ")] == '\0')
        return err_set(err, ERR_INVALID, "the reason is blank");
    return 0;
}
