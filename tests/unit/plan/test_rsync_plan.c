/* What is run: the argument vector, the filter and ssh's configuration, as text and as the real programs take them. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/rsync_plan.h"

/* A directory of its own with a blank in its name, made for the group of tests. */
static char scratch[64] = "/tmp/pobsync plan.XXXXXX";

static int scratch_make(void **state)
{
    (void)state;
    return mkdtemp(scratch) == NULL ? -1 : 0;
}

static int scratch_forget(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static int scratch_remove(void **state)
{
    (void)state;
    return nftw(scratch, scratch_forget, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *scratch_path(struct arena *arena, const char *name)
{
    return arena_printf(arena, "%s/%s", scratch, name);
}

static void write_file(const char *path, const char *content, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    close(file);
}

/* Runs a program; gives its exit status and in `output` what it wrote. */
static int run(const char *const *argv, struct buf *output)
{
    char bytes[4096];
    ssize_t size;
    int status = 0, ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    while ((size = read(ends[0], bytes, sizeof bytes)) > 0)
        buf_add(output, bytes, (size_t)size);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The effective settings of a host with an address, and what `values` sets: name, text, ..., NULL. */
static struct config settings(struct arena *arena, const char *const *values)
{
    struct config host = {0};
    struct effective effective;
    struct err err = {0};

    config_set(arena, &host, SCOPE_HOST, config_field("address"), "web1.example.org", &err);
    for (; *values != NULL; values += 2)
        if (config_set(arena, &host, SCOPE_HOST, config_field(values[0]), values[1], &err) != 0)
            fail_msg("%s", err.message);
    config_effective(arena, NULL, &host, NULL, &effective);
    return effective.config;
}
#define SETTINGS(arena, ...) settings(arena, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static const struct rsync_places places = {
    .ssh_config = "/var/lib/pobsync/runs/7.ssh/config",
    .filter_file = "/var/lib/pobsync/runs/7.filter",
    .base = "/srv/backups/web1/scheduled/20261121-210005Z__00000001/data",
    .target = "/srv/backups/web1/.incomplete/20261122-210005Z__00000002/data",
};

static const char *joined(struct arena *arena, const char *const *argv)
{
    struct list list = {0};

    for (; *argv != NULL; argv++)
        list_add(arena, &list, *argv);
    return list_join(arena, &list, "|");
}

static void the_argument_vector_is_the_measured_one(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = SETTINGS(&arena);
    struct err err = {0};
    const char *const *argv = rsync_plan_argv(&arena, &config, &places, &err);

    (void)state;
    assert_non_null(argv);
    assert_string_equal(joined(&arena, argv),
                        "rsync|-aHAXS|--numeric-ids|--modify-window=-1|--timeout=300|"
                        "--link-dest=/srv/backups/web1/scheduled/20261121-210005Z__00000001/data|"
                        "--exclude-from=/var/lib/pobsync/runs/7.filter|"
                        "--info=progress2|--stats|--outbuf=L|--no-human-readable|"
                        "-e|ssh -F \"/var/lib/pobsync/runs/7.ssh/config\"|--|pobsync-host:/|"
                        "/srv/backups/web1/.incomplete/20261122-210005Z__00000002/data/");
}

static void settings_add_to_the_vector(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = SETTINGS(&arena, "one_file_system", "yes", "bwlimit_kbps", "500",
                                    "timeout_seconds", "60", "source_root", "/srv/my www/", "rsync_args",
                                    "--no-acls\n--rsync-path=sudo rsync", "rsync_binary", "/usr/bin/rsync");
    struct rsync_places some = {
        .ssh_config = "/c", .resume = "/resume", .target = "/target/", .dry_run = true};
    struct err err = {0};
    const char *const *argv = rsync_plan_argv(&arena, &config, &some, &err);

    (void)state;
    assert_non_null(argv);
    assert_string_equal(
        joined(&arena, argv),
        "/usr/bin/rsync|-aHAXS|--numeric-ids|--modify-window=-1|--one-file-system|--timeout=60|"
        "--bwlimit=500|--link-dest=/resume|--info=progress2|--stats|--outbuf=L|--no-human-readable|-n|"
        "--no-xattrs|"
        "--no-acls|--rsync-path=sudo rsync|-e|ssh -F \"/c\"|--|pobsync-host:/srv/my www/|/target/");
}

/* Both or neither: any filter of attributes switches off rsync's own, which keeps other users than root to user.*. */
static void only_root_needs_a_filter_of_attributes(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = SETTINGS(&arena);
    struct rsync_places of_root = places;
    struct err err = {0};

    (void)state;
    assert_null(strstr(joined(&arena, rsync_plan_argv(&arena, &config, &places, &err)), "|--filter"));
    of_root.as_root = true;
    assert_non_null(strstr(joined(&arena, rsync_plan_argv(&arena, &config, &of_root, &err)),
                           "|--filter=-xr trusted.SGI_ACL_*|--filter=-xr system.*|"));
}

/* The database is not trusted for arguments: whatever stands there is judged again. */
static void smuggled_values_are_refused(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const struct config good = SETTINGS(&arena);
    struct rsync_places elsewhere = places;
    struct config bad[10];
    struct err err;
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        bad[i] = good;
        bad[i].set = 0; /* nor is its word for what is set */
    }
    bad[count++].rsync_binary = "/bin/sh";
    bad[count++].source_root = "/srv/*";
    bad[count++].source_root = "-e sh";
    bad[count++].source_root = NULL;
    bad[count++].timeout_seconds = 0;
    bad[count++].bwlimit_kbps = -1;
    list_add(&arena, &bad[count++].rsync_args, "--delete");
    list_add(&arena, &bad[count++].includes, "../etc");
    list_add(&arena, &bad[count++].excludes, "x\n+ /");
    list_add(&arena, &bad[count++].ssh_options, "ProxyCommand=id");
    for (size_t i = 0; i < count; i++) {
        err = (struct err){0};
        if (rsync_plan_argv(&arena, &bad[i], &places, &err) != NULL)
            fail_msg("row %zu was taken", i);
        assert_int_equal(err.code, ERR_INVALID);
    }
    elsewhere.ssh_config = "/c\" sh \"";
    assert_null(rsync_plan_argv(&arena, &good, &elsewhere, &err));
    elsewhere = places;
    elsewhere.target = "host:/x";
    assert_null(rsync_plan_argv(&arena, &good, &elsewhere, &err));
    elsewhere = places;
    elsewhere.base = "relative";
    assert_null(rsync_plan_argv(&arena, &good, &elsewhere, &err));
}

/* ssh hands the path of its configuration to a shell when there is a jump host. */
static void a_jump_host_needs_a_plain_path(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config jump = SETTINGS(&arena, "ssh_options", "proxyjump=bastion");
    struct config none = SETTINGS(&arena, "ssh_options", "ProxyJump=none");
    struct rsync_places blank = places;
    BUF_SCOPED content = BUF_EMPTY;
    struct err err = {0};

    (void)state;
    blank.ssh_config = "/var/lib/my pobsync/config";
    assert_non_null(rsync_plan_argv(&arena, &jump, &places, &err));
    assert_non_null(rsync_plan_argv(&arena, &none, &blank, &err));
    assert_null(rsync_plan_argv(&arena, &jump, &blank, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, "ProxyJump"));
    assert_int_equal(
        ssh_plan_config(&arena, &jump, "web1", "/k", "/a b/known_hosts", SSH_TRUST_LEARN, &content, &err),
        -1);
    assert_non_null(strstr(err.message, "ProxyJump"));
}

static void the_filter_is_excludes_then_includes(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = SETTINGS(&arena, "excludes_replace", "yes", "excludes", "*.o\n/proc/*", "includes",
                                    "/etc/nginx\nsrv/www/a/\n/srv/www/b");
    struct config nothing = SETTINGS(&arena, "excludes_replace", "yes", "excludes", "");
    BUF_SCOPED content = BUF_EMPTY;

    (void)state;
    assert_false(rsync_plan_filter(&arena, &nothing, &content));
    assert_string_equal(buf_text(&content), "");
    assert_true(rsync_plan_filter(&arena, &config, &content));
    assert_string_equal(buf_text(&content),
                        "- *.o\n- /proc/*\n"
                        "+ /etc/\n+ /etc/nginx\n+ /etc/nginx/**\n"
                        "+ /srv/\n+ /srv/www/\n+ /srv/www/a\n+ /srv/www/a/**\n+ /srv/www/b\n+ /srv/www/b/**\n"
                        "- *\n");
}

static bool exists(struct arena *arena, const char *name)
{
    return access(scratch_path(arena, name), F_OK) == 0;
}

/* A stand-in for ssh in front of the PATH: it checks how it is called and runs the command the way sshd would. */
static void install_fake_ssh(struct arena *arena)
{
    assert_int_equal(mkdir(scratch_path(arena, "bin"), 0755), 0);
    write_file(scratch_path(arena, "bin/ssh"),
               "#!/bin/sh\n[ \"$1\" = -F ] && [ -f \"$2\" ] && [ \"$3\" = pobsync-host ] || exit 99\n"
               "shift 3\nexec sh -c \"$*\"\n",
               0755);
    setenv("PATH", arena_printf(arena, "%s:%s", scratch_path(arena, "bin"), getenv("PATH")), 1);
}

/* The whole vector with the real rsync: a path of ssh's configuration with a blank, a source with blanks and shell
 * characters, a base to link to, a filter. */
static void rsync_understands_all_of_it(void **state)
{
    static const char *const directories[] = {"source; touch canary",
                                              "source; touch canary/etc",
                                              "source; touch canary/srv",
                                              "base",
                                              "base/etc",
                                              "new"};
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED output = BUF_EMPTY, filter = BUF_EMPTY;
    struct config config = SETTINGS(&arena, "source_root", scratch_path(&arena, "source; touch canary"),
                                    "includes", "etc", "excludes", "*.o");
    struct rsync_places here = {
        .ssh_config = scratch_path(&arena, "ssh config"),
        .filter_file = scratch_path(&arena, "filter"),
        .base = scratch_path(&arena, "base"),
        .target = scratch_path(&arena, "new"),
        .as_root = geteuid() == 0,
    };
    struct stat old_status, new_status;
    struct err err = {0};
    const char *const *argv = rsync_plan_argv(&arena, &config, &here, &err);

    (void)state;
    assert_non_null(argv);
    install_fake_ssh(&arena);
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        assert_int_equal(mkdir(scratch_path(&arena, directories[i]), 0755), 0);
    write_file(scratch_path(&arena, "source; touch canary/etc/passwd"), "root\n", 0644);
    write_file(scratch_path(&arena, "source; touch canary/etc/a.o"), "object", 0644);
    write_file(scratch_path(&arena, "source; touch canary/srv/x"), "x", 0644);
    write_file(scratch_path(&arena, "base/etc/passwd"), "root\n", 0644);
    assert_int_equal(stat(scratch_path(&arena, "source; touch canary/etc/passwd"), &old_status), 0);
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(&arena, "base/etc/passwd"),
                               (struct timespec[]){old_status.st_atim, old_status.st_mtim}, 0),
                     0);
    rsync_plan_filter(&arena, &config, &filter);
    write_file(here.filter_file, buf_text(&filter), 0600);
    write_file(here.ssh_config, "", 0600);

    if (run(argv, &output) != 0)
        fail_msg("%s", buf_text(&output));
    assert_non_null(strstr(buf_text(&output), "to-chk="));
    assert_non_null(strstr(buf_text(&output), "Number of files: 3 (reg: 1, dir: 2)"));
    assert_true(exists(&arena, "new/etc/passwd"));
    assert_false(exists(&arena, "new/etc/a.o"));
    assert_false(exists(&arena, "new/srv"));
    assert_int_equal(stat(scratch_path(&arena, "base/etc/passwd"), &old_status), 0);
    assert_int_equal(stat(scratch_path(&arena, "new/etc/passwd"), &new_status), 0);
    assert_true(old_status.st_ino == new_status.st_ino);
}

/* What ssh itself makes of the configuration, for a host name. */
static const char *ssh_view(struct arena *arena, const char *content, const char *host)
{
    const char *path = scratch_path(arena, "parsed");
    const char *const argv[] = {"/usr/bin/ssh", "-G", "-F", path, host, NULL};
    BUF_SCOPED output = BUF_EMPTY;

    write_file(path, content, 0600);
    if (run(argv, &output) != 0)
        fail_msg("ssh refused it: %s", buf_text(&output));
    return arena_printf(arena, "\n%s", buf_text(&output));
}

static void says(const char *view, const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        char line[256];

        snprintf(line, sizeof line, "\n%s\n", *lines);
        if (strstr(view, line) == NULL)
            fail_msg("ssh -G does not say \"%s\"", *lines);
    }
}
#define SAYS(view, ...) says(view, (const char *const[]){__VA_ARGS__, NULL})

/* With a jump host only a plain path will do, see a_jump_host_needs_a_plain_path. */
static const char *ssh_config(struct arena *arena, const struct config *config, enum ssh_trust trust)
{
    const char *known_hosts = config->ssh_options.count == 0 ? "/run/a %h/known_hosts" : "/run/a/known_hosts";
    BUF_SCOPED content = BUF_EMPTY;
    struct err err = {0};

    if (ssh_plan_config(arena, config, "web1", "/var/lib/my 100% keys/web1", known_hosts, trust, &content,
                        &err) != 0)
        fail_msg("%s", err.message);
    return arena_strdup(arena, buf_text(&content));
}

#define ALWAYS                                                                                               \
    "batchmode yes", "identitiesonly yes", "identityagent none", "pubkeyauthentication true",                \
        "passwordauthentication no", "kbdinteractiveauthentication no", "hostbasedauthentication no",        \
        "preferredauthentications publickey", "verifyhostkeydns false", "updatehostkeys false",              \
        "hashknownhosts no", "checkhostip no", "forwardagent no", "forwardx11 no",                           \
        "clearallforwardings yes", "permitlocalcommand no", "controlmaster false", "escapechar none",        \
        "requesttty false", "tunnel false", "addkeystoagent false", "loglevel INFO",                         \
        "canonicalizehostname false", "serveralivecountmax 4", "identityfile /var/lib/my 100%% keys/web1"

static void ssh_reads_what_was_meant(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = SETTINGS(&arena, "ssh_port", "2222", "ssh_user", "machine$");
    const char *view = ssh_view(&arena, ssh_config(&arena, &config, SSH_TRUST_PINNED), SSH_ALIAS);

    (void)state;
    SAYS(view, ALWAYS, "hostname web1.example.org", "port 2222", "user machine$", "hostkeyalias pobsync-web1",
         "stricthostkeychecking true", "userknownhostsfile /run/a %h/known_hosts",
         "globalknownhostsfile /dev/null", "connecttimeout 20", "serveraliveinterval 15");
    assert_null(strstr(view, "\nproxycommand "));
    assert_null(strstr(view, "\nproxyjump "));
    assert_null(strstr(view, "\ncontrolpath "));
    assert_null(strstr(view, "\nknownhostscommand "));
    view = ssh_view(&arena, ssh_config(&arena, &config, SSH_TRUST_LEARN), SSH_ALIAS);
    SAYS(view, ALWAYS, "stricthostkeychecking accept-new");
    config = SETTINGS(&arena, "address", "[2001:db8::1]");
    SAYS(ssh_view(&arena, ssh_config(&arena, &config, SSH_TRUST_PINNED), SSH_ALIAS), "hostname 2001:db8::1",
         "user root", "port 22");
}

static void options_of_the_settings_win(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = SETTINGS(
        &arena, "ssh_options",
        "proxyjump=bob@bastion:2222,[::1]:22\nciphers=aes256-ctr\nHostKeyAlgorithms=ssh-ed25519\n"
        "Compression=yes\nConnectTimeout=5\nServerAliveInterval=0\nAddressFamily=inet\nBindAddress=127.0.0.1");
    const char *view = ssh_view(&arena, ssh_config(&arena, &config, SSH_TRUST_PINNED), SSH_ALIAS);

    (void)state;
    SAYS(view, ALWAYS, "proxyjump bob@bastion:2222,[::1]:22", "ciphers aes256-ctr",
         "hostkeyalgorithms ssh-ed25519", "compression yes", "connecttimeout 5", "serveraliveinterval 0",
         "addressfamily inet", "bindaddress 127.0.0.1");
    assert_null(strstr(view, "\nproxycommand "));
    config = SETTINGS(&arena, "ssh_options", "ProxyJump=none");
    view = ssh_view(&arena, ssh_config(&arena, &config, SSH_TRUST_PINNED), SSH_ALIAS);
    assert_null(strstr(view, "\nproxyjump "));
}

/* The second ssh, to a jump host, reads the same file: it must not learn keys, nor take those of the host. */
static void the_jump_host_is_treated_as_strictly(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct config config = SETTINGS(&arena, "ssh_options", "ProxyJump=bastion\nConnectTimeout=5", "ssh_user",
                                    "backup", "ssh_port", "2222");
    const char *view = ssh_view(&arena, ssh_config(&arena, &config, SSH_TRUST_LEARN), "bastion");

    (void)state;
    SAYS(view, ALWAYS, "hostname bastion", "port 22", "stricthostkeychecking true",
         "userknownhostsfile /dev/null", "globalknownhostsfile /etc/ssh/ssh_known_hosts", "connecttimeout 5");
    assert_null(strstr(view, "\nproxyjump "));
    assert_null(strstr(view, "\nhostkeyalias "));
    assert_null(strstr(view, "\nuser backup\n"));
}

static void bad_connections_are_refused(void **state)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    BUF_SCOPED content = BUF_EMPTY;
    const struct config good = SETTINGS(&arena);
    struct config bad[6] = {good, good, good, good, good, good};
    struct err err = {0};

    (void)state;
    bad[0].address = NULL;
    bad[1].address = "-oProxyCommand=id";
    bad[2].ssh_user = "root\n    ProxyCommand id";
    bad[3].ssh_port = 65536;
    list_add(&arena, &bad[4].ssh_options, "ProxyJump=a\n    LocalCommand id");
    bad[5].ssh_user = NULL;
    for (size_t i = 0; i < 6; i++) {
        bad[i].set = 0;
        assert_int_equal(
            ssh_plan_config(&arena, &bad[i], "web1", "/k", "/h", SSH_TRUST_PINNED, &content, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
    assert_int_equal(ssh_plan_config(&arena, &good, "Web 1", "/k", "/h", SSH_TRUST_PINNED, &content, &err),
                     -1);
    assert_int_equal(ssh_plan_config(&arena, &good, "web1", "k", "/h", SSH_TRUST_PINNED, &content, &err), -1);
    assert_int_equal(ssh_plan_config(&arena, &good, "web1", "/k\"x", "/h", SSH_TRUST_PINNED, &content, &err),
                     -1);
    assert_int_equal(ssh_plan_config(&arena, &good, "web1", "/${X}", "/h", SSH_TRUST_PINNED, &content, &err),
                     -1);
    assert_int_equal(ssh_plan_config(&arena, &good, "web1", "/k", "/h\nx", SSH_TRUST_PINNED, &content, &err),
                     -1);
    assert_string_equal(buf_text(&content), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_argument_vector_is_the_measured_one),
        cmocka_unit_test(settings_add_to_the_vector),
        cmocka_unit_test(only_root_needs_a_filter_of_attributes),
        cmocka_unit_test(smuggled_values_are_refused),
        cmocka_unit_test(a_jump_host_needs_a_plain_path),
        cmocka_unit_test(the_filter_is_excludes_then_includes),
        cmocka_unit_test(rsync_understands_all_of_it),
        cmocka_unit_test(ssh_reads_what_was_meant),
        cmocka_unit_test(options_of_the_settings_win),
        cmocka_unit_test(the_jump_host_is_treated_as_strictly),
        cmocka_unit_test(bad_connections_are_refused),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
