/* The grammars: what each takes and refuses. The refused ones are the payloads of fault tests H1 to H4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/rule.h"

typedef int rule_function(const char *value, struct err *err);

static char long_text[5000];

static int fill_long_text(void **state)
{
    (void)state;
    memset(long_text, 'a', sizeof long_text - 1);
    return 0;
}

/* The last `length` bytes of the long text. */
static const char *letters(size_t length)
{
    return long_text + sizeof long_text - 1 - length;
}

static void takes(rule_function *rule, const char *const values[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};

        if (rule(values[i], &err) != 0)
            fail_msg("\"%s\" was refused: %s", values[i], err.message);
    }
}

static void refuses(rule_function *rule, const char *const values[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};

        if (rule(values[i], &err) != -1)
            fail_msg("\"%s\" was taken", values[i]);
        assert_int_equal(err.code, ERR_INVALID);
        assert_true(strlen(err.message) > 10);
    }
}

#define TAKES(rule, ...)                                                                                     \
    do {                                                                                                     \
        const char *const values_[] = {__VA_ARGS__};                                                         \
        takes(rule, values_, sizeof values_ / sizeof values_[0]);                                            \
    } while (0)
#define REFUSES(rule, ...)                                                                                   \
    do {                                                                                                     \
        const char *const values_[] = {__VA_ARGS__};                                                         \
        refuses(rule, values_, sizeof values_ / sizeof values_[0]);                                          \
    } while (0)

static void every_rule_refuses_raw_bytes(void **state)
{
    static rule_function *const rules[] = {
        rule_host_name,  rule_address,    rule_ssh_user, rule_source_root,  rule_include,
        rule_exclude,    rule_local_path, rule_reason,   rule_rsync_binary, rule_rsync_arg,
        rule_ssh_option, rule_timezone,   rule_proxy,    rule_allowed_host,
    };

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        REFUSES(rules[i], "", "\n", "web\n1", "/a\nb", "a\x1b[0m", "/\x7f", "/a\xc2\x85", "/a\xff",
                "/\xc0\xaf", "--checksum\n", "Compression=yes\n", "UTC\n", "10.0.0.1\n", "root\n",
                letters(4999));
}

static void host_names(void **state)
{
    (void)state;
    TAKES(rule_host_name, "web1", "web-1.example.org", "0", "a_b", letters(64));
    REFUSES(rule_host_name, "Web1", "-web", ".web", "_web", "web.", "web 1", "web/1", "..", "web\xc3\xa9",
            "a%h", "a@b", "a:b", letters(65));
}

static void addresses(void **state)
{
    (void)state;
    TAKES(rule_address, "web1", "web1.example.org", "a_b.example", "xn--bcher-kva.example", "WEB1",
          "10.0.0.1", "::1", "[::1]", "fe80::1", "[2001:db8::1]", "::ffff:10.0.0.1", "3com.example",
          letters(63));
    REFUSES(rule_address, "-oProxyCommand=touch /tmp/x", "-web", "web-", "a.-b", "a-.b", "a..b", ".a", "a.",
            "u@web1", "u@-oProxyCommand=x", "web1:22", "web 1", "web1 ", "%h", "$(id)", "`id`", "a;b", "a|b",
            "a&b", "a'b", "a\"b", "a\\b", "web1::module", "rsync://web1/x", "web1/x", "[::1", "::1]", "[]",
            "[", "[10.0.0.1]", "[::1]:22", "fe80::1%eth0", "1.2.3", "256.1.1.1", "1.2.3.4.5", "127.1",
            "0x7f.1", "0x7f000001", "2130706433", "web.1",
            "b\xc3\xbc"
            "cher.example",
            "[[::1]]", letters(64), letters(300));
}

static void users(void **state)
{
    (void)state;
    TAKES(rule_ssh_user, "root", "_backup", "a.b-c_d", "Backup9", "machine$", letters(32));
    REFUSES(rule_ssh_user, "-oProxyCommand=x", "9a", ".a", "a b", "a@b", "a:b", "a$b", "$", "a;b", "%r",
            "a/b", "a$$", letters(33));
}

static void source_roots(void **state)
{
    (void)state;
    TAKES(rule_source_root, "/", "/srv", "/srv/", "/srv/my files", "/-rf", "/~root", "/a$(id);b", "/a'b",
          "/...", "/.a", "/caf\xc3\xa9");
    REFUSES(rule_source_root, "srv", "~", "-rf", "/srv/../etc", "/..", "/.", "/./srv", "//srv", "/srv//www",
            "/srv/*", "/srv/?", "/srv/[a]", "/a\\b", letters(4001));
}

static void includes_and_excludes(void **state)
{
    (void)state;
    TAKES(rule_include, "/etc", "etc", "etc/nginx/", "/a b", "-rf");
    REFUSES(rule_include, "/", "../etc", "etc/../x", "etc//x", "*.log", "a?", "a[b]", "a\\b");
    TAKES(rule_exclude, "/proc/*", "*.o", "lost+found", "a?b[c]", "**/cache", "-rf", "+x", "a\\*b",
          " blank first", "#x");
    REFUSES(rule_exclude, "- /etc", "+ /etc", "! x");
}

static void local_paths(void **state)
{
    (void)state;
    TAKES(rule_local_path, "/", "/srv/backups", "/mnt/back up", "/a%b", "/a$b", "/a.b/...");
    REFUSES(rule_local_path, "srv", "~/x", "/a/../b", "/a/.", "/a\"b", "/a'b", "/a\\b", "/${HOME}",
            letters(4001));
    TAKES(rule_rsync_binary, "rsync", "/usr/bin/rsync", "/opt/rsync-3.5/bin/rsync-3.5.0");
    REFUSES(rule_rsync_binary, "rsync3", "./rsync", "/bin/sh", "/usr/bin/rsync/", "/usr/bin/rsync/sh",
            "rsync -e sh", "/usr/../rsync", "../rsync");
}

static void rsync_arguments(void **state)
{
    (void)state;
    TAKES(rule_rsync_arg, "--compress", "--compress-choice=zstd", "--compress-choice=lz4",
          "--compress-level=9", "--bwlimit=500", "--bwlimit=1.5M", "--checksum", "--no-acls", "--no-xattrs",
          "--numeric-ids", "--one-file-system", "--max-size=10G", "--max-size=1.5GiB", "--min-size=1",
          "--min-size=10MB", "--iconv=utf8", "--iconv=utf-8,iso-8859-1", "--iconv=.",
          "--skip-compress=gz/jpg/mp4", "--rsync-path=rsync", "--rsync-path=sudo rsync");
    REFUSES(rule_rsync_arg, "-z", "-c", "-e", "-essh", "-e sh", "-aKe", "-K", "-L", "--rsh=sh", "--rsh",
            "--rs=sh", "--rsync-path=sh", "--rsync-path=sudo rsync; id", "--rsync-path=sudo  rsync",
            "--rsync-path", "--inplace", "--append", "--delete", "--delete-excluded", "--log-file=/etc/x",
            "--temp-dir=/tmp", "--filter=merge /x", "--files-from=/x", "--trust-sender", "--old-args",
            "--insecure-links", "--write-devices", "--super", "--fake-super", "--compare-dest=/x",
            "--link-dest=/x", "--remove-source-files", "--daemon", "--protocol=20", "--check", "--checksu",
            "--compress-c=zstd", "--max-size", "--max-size=", "--max-size=-1", "--max-size=1X",
            "--max-size=1.G", "--max-size=10G;id", "--checksum=md5", "--compress=9", "--no-acls=1",
            "--bwlimit=", "--bwlimit=$(id)", "--iconv=-", "--iconv=", "--iconv=a,", "--iconv=a,b,c",
            "--iconv=a b", "--iconv=$(id)", "--skip-compress=", "--skip-compress=a b", "--skip-compress=[a]",
            "--skip-compress=-x", "--compress-level=99", "--compress-level=-1", "--compress-choice=none ",
            "checksum", " --checksum", "--", "--CHECKSUM", "=", "--checksum --delete", letters(600));
}

static void a_refused_argument_names_the_allowed_ones(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(rule_rsync_arg("--delete", &err), -1);
    assert_non_null(strstr(err.message, "--delete"));
    assert_non_null(strstr(err.hint, "--checksum"));
    assert_non_null(strstr(err.hint, "--rsync-path=sudo rsync"));
    assert_int_equal(rule_ssh_option("ProxyCommand=id", &err), -1);
    assert_non_null(strstr(err.hint, "BindAddress"));
}

static void ssh_options(void **state)
{
    (void)state;
    TAKES(rule_ssh_option, "ProxyJump=bastion", "ProxyJump=bob@bastion:2222", "ProxyJump=a,b@c:1,[::1]:22",
          "ProxyJump=none", "proxyjump=a", "Ciphers=aes256-gcm@openssh.com,chacha20-poly1305@openssh.com",
          "Ciphers=^aes128-ctr", "Ciphers=-aes128-ctr", "HostKeyAlgorithms=+ssh-rsa", "Compression=yes",
          "COMPRESSION=no", "ConnectTimeout=1", "ConnectTimeout=600", "ServerAliveInterval=0",
          "AddressFamily=inet6", "BindAddress=10.0.0.1", "BindAddress=::1");
    REFUSES(rule_ssh_option, "ProxyCommand=id", "LocalCommand=id", "PermitLocalCommand=yes",
            "IdentityFile=/x", "UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "ForwardAgent=yes",
            "Include=/x", "Match=exec", "SendEnv=X", "KnownHostsCommand=x", "ProxyJump",
            "ProxyJump=", "ProxyJump=a,", "ProxyJump=,a", "ProxyJump=-oProxyCommand=x", "ProxyJump=a b",
            "ProxyJump=a;id", "ProxyJump=$(id)", "ProxyJump=a:0", "ProxyJump=a:65536", "ProxyJump=a:b",
            "ProxyJump=a@b@c", "ProxyJump=root$@a", "ProxyJump=@a", "ProxyJump=ssh://a", "ProxyJump=::1",
            "ProxyJump=%h", "ProxyJump=none,a\n", "Compression=maybe", "Compression yes", "Compression=yes ",
            "Compression=yes\nProxyCommand=id", "ConnectTimeout=0", "ConnectTimeout=601", "ConnectTimeout=1m",
            "ServerAliveInterval=3601", "AddressFamily=inet5", "BindAddress=-x", "BindAddress=*",
            "BindAddress=[::1]", "Ciphers=", "Ciphers=+", "Ciphers=a b", "Ciphers=a;b", "Ciphers=a+b",
            "Ciphers=,a", "Ciphers=--a", "=yes", "Compression==yes", letters(600));
    assert_string_equal(rule_ssh_option_name("proxyJUMP=x"), "ProxyJump");
    assert_string_equal(rule_ssh_option_name("Ciphers"), "Ciphers");
    assert_null(rule_ssh_option_name("ProxyJum=x"));
    assert_null(rule_ssh_option_name("ProxyCommand=x"));
}

static void time_zones(void **state)
{
    (void)state;
    TAKES(rule_timezone, "UTC", "Europe/Amsterdam", "America/Argentina/Buenos_Aires", "Etc/GMT+5");
    REFUSES(rule_timezone, "Europe", "Europe/Atlantis", "../../etc/passwd", "/etc/localtime",
            "Europe//Amsterdam", "Europe/Amsterdam/", "europe/amsterdam ", "tzdata.zi", "zone.tab",
            "leapseconds", "CET;id", "-UTC");
}

static void web_names_and_proxies(void **state)
{
    (void)state;
    TAKES(rule_allowed_host, "backup.example.org", "10.0.0.1", "[::1]");
    REFUSES(rule_allowed_host, "*", "*.example.org", "a:8010", "http://a");
    TAKES(rule_proxy, "10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/8", "::/128");
    REFUSES(rule_proxy, "proxy.example.org", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8",
            "fd00::/129", "10.0.0.0/08", "/8", "10.0.0.0/8/8", "[::1]", "10.0.0.1 ");
}

static void reasons(void **state)
{
    (void)state;
    TAKES(rule_reason, "disk was replaced", "caf\xc3\xa9", letters(400));
    REFUSES(rule_reason, "  ", "two\nlines", letters(401));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_refuses_raw_bytes),
        cmocka_unit_test(host_names),
        cmocka_unit_test(addresses),
        cmocka_unit_test(users),
        cmocka_unit_test(source_roots),
        cmocka_unit_test(includes_and_excludes),
        cmocka_unit_test(local_paths),
        cmocka_unit_test(rsync_arguments),
        cmocka_unit_test(a_refused_argument_names_the_allowed_ones),
        cmocka_unit_test(ssh_options),
        cmocka_unit_test(time_zones),
        cmocka_unit_test(web_names_and_proxies),
        cmocka_unit_test(reasons),
    };

    return cmocka_run_group_tests(tests, fill_long_text, NULL);
}
