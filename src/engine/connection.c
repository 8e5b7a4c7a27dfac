/* The connection test. Two logins: one runs a harmless command, the other the listing that a backup begins with. */
#include "engine/connection.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/host_key.h"
#include "engine/rsync_output.h"
#include "engine/ssh_session.h"
#include "plan/outcome.h"
#include "plan/rsync_list.h"
#include "sys/clock.h"
#include "sys/net.h"
#include "sys/random.h"
#include "sys/spawn.h"

enum { ANSWER_MAX = 64 << 10, MARGIN_MS = 5000, SHOWN_MAX = 200 };

/* What a login leads to. */
enum door { DOOR_SHELL, DOOR_RRSYNC, DOOR_OTHER };

struct test {
    struct arena *arena;
    const char *home;
    const char *host;
    const struct config *config;
    const char *identity;
    const struct host_key *keys; /* that ssh trusts: the pinned ones, or the new one */
    size_t key_count;
    struct ssh_session session;
    enum door door;
    const char *door_text; /* what a door that is none of ours said */
    const char *version;   /* first line of the remote `rsync --version`, or NULL */
    void (*stage_done)(void *context, enum connection_stage stage, const struct stage_result *result);
    void *context;
    struct connection_report *report;
};

const char *connection_stage_name(enum connection_stage stage)
{
    static const char *const names[] = {"resolve",        "tcp",   "host_key", "login", "rsync",
                                        "forced_command", "source"};

    return (unsigned)stage < STAGE__MAX ? names[stage] : "";
}

const char *stage_level_name(enum stage_level level)
{
    static const char *const names[] = {"ok", "note", "warning", "failed", "skipped"};

    return (unsigned)level < STAGE_LEVEL__MAX ? names[level] : "";
}

static void end_stage(struct test *test, enum connection_stage stage, struct stage_result result)
{
    test->report->stages[stage] = result;
    if (test->stage_done != NULL)
        test->stage_done(test->context, stage, &result);
}

static void pass(struct test *test, enum connection_stage stage, enum stage_level level, int64_t took_ms,
                 const char *found, const char *hint)
{
    end_stage(test, stage, (struct stage_result){level, took_ms, found, hint});
}

static void skip(struct test *test, enum connection_stage stage, const char *why)
{
    end_stage(test, stage, (struct stage_result){STAGE_SKIPPED, -1, why, NULL});
}

/* Ends the test: what follows is skipped. */
static void fail(struct test *test, enum connection_stage stage, enum cause cause, int64_t took_ms,
                 const char *found, const char *hint)
{
    test->report->ok = false;
    test->report->cause = cause;
    end_stage(test, stage, (struct stage_result){STAGE_FAILED, took_ms, found, hint});
    while (++stage < STAGE__MAX)
        skip(test, stage, "not reached");
}

/* A short printable form of what the other side wrote: its first line that is not blank. */
static const char *shown(struct arena *arena, const struct buf *text)
{
    const char *line = buf_text(text);
    char *printable = arena_alloc(arena, SHOWN_MAX);

    line += strspn(line, " \r\n");
    text_printable(printable, SHOWN_MAX, line, strcspn(line, "\r\n"));
    return printable;
}

/* resolve, tcp */

/* NULL: the host is reached directly. */
static const char *jump_host(const struct config *config)
{
    const char *jump = ssh_session_option(config, "ProxyJump");

    return jump == NULL || strcmp(jump, "none") == 0 ? NULL : jump;
}

static int address_family(const struct config *config)
{
    const char *value = ssh_session_option(config, "AddressFamily");

    if (value == NULL || strcmp(value, "any") == 0)
        return 0;
    return strcmp(value, "inet6") == 0 ? 6 : 4;
}

static bool test_network(struct test *test)
{
    const struct config *config = test->config;
    const char *jump = jump_host(config);
    size_t size = strlen(config->address);
    /* An IPv6 address may stand in brackets. */
    const char *name = config->address[0] == '['
                           ? arena_copy(test->arena, config->address + 1, size < 2 ? 0 : size - 2)
                           : config->address;
    int64_t began = clock_boot_ms(), took = 0;
    struct list addresses = {0};
    struct err err;

    if (jump != NULL) {
        const char *why = arena_printf(test->arena, "the connection goes through the jump host %s", jump);

        skip(test, STAGE_RESOLVE, why);
        skip(test, STAGE_TCP, why);
        return true;
    }
    if (net_resolve(test->arena, name, address_family(config), &addresses, &err) < 0) {
        fail(
            test, STAGE_RESOLVE, CAUSE_HOST_UNREACHABLE, clock_boot_ms() - began,
            arena_strdup(test->arena, err.message),
            arena_printf(test->arena,
                         "see that the name is right and that this server's DNS knows it, or set an address: "
                         "pobsync configure-host %s --address ADDR",
                         test->host));
        return false;
    }
    pass(test, STAGE_RESOLVE, STAGE_OK, clock_boot_ms() - began,
         list_has(&addresses, name)
             ? arena_printf(test->arena, "%s is an address", name)
             : arena_printf(test->arena, "%s is %s", name, list_join(test->arena, &addresses, ", ")),
         NULL);
    began = clock_boot_ms();
    if (net_probe(name, (int)config->ssh_port, address_family(config), ssh_session_connect_ms(config), &took,
                  &err) < 0) {
        fail(
            test, STAGE_TCP, CAUSE_HOST_UNREACHABLE, clock_boot_ms() - began,
            arena_strdup(test->arena, err.message),
            "the machine is down, its ssh server does not run or listens on another port, or a firewall is between");
        return false;
    }
    pass(test, STAGE_TCP, STAGE_OK, took,
         arena_printf(test->arena, "port %lld answers", (long long)config->ssh_port), NULL);
    return true;
}

/* host_key */

static bool is_pinned(const struct test *test, const struct host_key *key)
{
    for (size_t i = 0; i < test->key_count; i++)
        if (strcmp(test->keys[i].type, key->type) == 0 && strcmp(test->keys[i].key, key->key) == 0)
            return true;
    return false;
}

static const char *pinned_fingerprints(const struct test *test)
{
    struct list fingerprints = {0};

    for (size_t i = 0; i < test->key_count; i++)
        list_add(test->arena, &fingerprints, test->keys[i].fingerprint);
    return list_join(test->arena, &fingerprints, ", ");
}

/* 1 when the test goes on, 0 when the stage is red, -1 with *err when there can be no test. */
static int test_host_key(struct test *test, struct err *err)
{
    struct host_key *key = &test->report->key;
    int64_t began = clock_boot_ms();

    if (host_key_probe_pinned(test->arena, test->home, test->host, test->config, test->keys, test->key_count,
                              key, err) < 0) {
        if (err->code != ERR_UNREACHABLE)
            return -1;
        fail(
            test, STAGE_HOST_KEY, CAUSE_HOST_UNREACHABLE, clock_boot_ms() - began,
            arena_strdup(test->arena, err->message),
            jump_host(test->config) == NULL
                ? "what listens there is no ssh server, refuses this server, or has no algorithm in common with it"
                : "the jump host must let the same key in, and its own host key must be in /etc/ssh/ssh_known_hosts");
        return 0;
    }
    if (test->key_count > 0 && !is_pinned(test, key)) {
        fail(test, STAGE_HOST_KEY, CAUSE_HOST_KEY_CHANGED, clock_boot_ms() - began,
             arena_printf(test->arena, "the host key has changed: %s is pinned, the host shows %s %s",
                          pinned_fingerprints(test), key->type, key->fingerprint),
             arena_printf(
                 test->arena,
                 "if the machine was reinstalled, compare the fingerprint on its console and accept it: "
                 "pobsync host-key %s --accept %s",
                 test->host, key->fingerprint));
        return 0;
    }
    if (test->key_count > 0) {
        pass(test, STAGE_HOST_KEY, STAGE_OK, clock_boot_ms() - began,
             arena_printf(test->arena, "%s %s is the pinned host key", key->type, key->fingerprint), NULL);
        return 1;
    }
    test->report->key_is_new = true;
    test->keys = key;
    test->key_count = 1;
    pass(test, STAGE_HOST_KEY, STAGE_NOTE, clock_boot_ms() - began,
         arena_printf(test->arena, "%s %s is the host key at first contact", key->type, key->fingerprint),
         "compare it on the machine's console: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub");
    return 1;
}

/* login */

static const char *login_hint(struct test *test, enum cause cause)
{
    if (cause == CAUSE_AUTH_FAILED)
        return arena_printf(
            test->arena,
            "put the line that `pobsync key %s` prints into authorized_keys of %s; if it is there, look "
            "at the owner and mode of that file and of the directories above it, and whether sshd lets "
            "%s in (PermitRootLogin, AllowUsers)",
            test->host, test->config->ssh_user, test->config->ssh_user);
    return cause_hint(cause);
}

/* The sentence and cause of a program that ended badly, as a backup would tell them. */
static struct outcome judge(struct test *test, int exit_status, const struct rsync_output *output)
{
    const struct outcome_facts facts = {
        .end = RSYNC_EXITED,
        .exit_status = exit_status,
        .signs = output->signs,
        .first_error = output->first_error,
        .stats = RUN_STATS_UNKNOWN,
    };

    return outcome_plan(test->arena, &facts);
}

/* "pobsync-1a2b3c4d\nrsync  version 3.5.0  protocol version 32\n…" (usage.c of rsync) */
static void read_shell(struct test *test, const char *answer)
{
    const char *line = strstr(answer, "rsync  version ");
    char version[32], protocol[16];

    test->door = DOOR_SHELL;
    if (line != NULL &&
        sscanf(line, "rsync version %31[0-9a-z.-] protocol version %15[0-9.PR]", version, protocol) == 2)
        test->version = arena_printf(test->arena, "rsync %s, protocol %s", version, protocol);
}

static void read_door(struct test *test, const char *nonce, const struct buf *answer,
                      const struct buf *errors, int64_t took_ms)
{
    const char *found = strstr(buf_text(answer), nonce);
    const char *user = test->config->ssh_user;

    if (found == NULL) {
        test->door = strstr(buf_text(errors), "rrsync error: ") != NULL ? DOOR_RRSYNC : DOOR_OTHER;
        test->door_text = shown(test->arena, answer->size > 0 ? answer : errors);
    } else {
        read_shell(test, found);
        if (found != buf_text(answer)) {
            pass(
                test, STAGE_LOGIN, STAGE_WARNING, took_ms,
                arena_printf(test->arena,
                             "logged in as %s; the remote shell prints %zu bytes before a command: \"%s\"",
                             user, (size_t)(found - buf_text(answer)), shown(test->arena, answer)),
                "rsync's protocol breaks on that: let .bashrc and its like print nothing where there is no terminal");
            return;
        }
    }
    pass(test, STAGE_LOGIN, STAGE_OK, took_ms, arena_printf(test->arena, "logged in as %s", user), NULL);
}

/* As test_host_key(). */
static int test_login(struct test *test, struct err *err)
{
    const char *nonce = arena_printf(test->arena, "pobsync-%08x", (unsigned)random_u32());
    const char *const argv[] = {"ssh",     "-F", test->session.config_file,
                                SSH_ALIAS, "--", arena_printf(test->arena, "echo %s; rsync --version", nonce),
                                NULL};
    BUF_SCOPED answer = BUF_EMPTY;
    BUF_SCOPED errors = BUF_EMPTY;
    struct rsync_output output = {0};
    struct spawn_result result;

    if (spawn_collect(argv, ssh_session_environment(test->arena, 0),
                      ssh_session_connect_ms(test->config) + MARGIN_MS, ANSWER_MAX, &answer, &errors, &result,
                      err) < 0)
        return err_in(err, "ssh");
    rsync_output_init(&output, test->arena);
    rsync_output_feed(&output, 2, buf_text(&errors), errors.size);
    rsync_output_finish(&output);
    rsync_output_release(&output);
    if (result.end != SPAWN_EXITED) {
        fail(test, STAGE_LOGIN, CAUSE_TIMEOUT, result.duration_ms, "the login does not come to an end",
             "look at the load of the machine, and at what its login scripts or a forced command wait for");
        return 0;
    }
    /* 255 is ssh's own, but a remote command may end with it too. */
    if (result.exit_status == 255 && (output.signs & (SIGN_AUTH | SIGN_HOST_KEY | SIGN_UNREACHABLE)) != 0) {
        struct outcome outcome = judge(test, 255, &output);

        fail(test, STAGE_LOGIN, outcome.cause, result.duration_ms, outcome.message,
             login_hint(test, outcome.cause));
        return 0;
    }
    read_door(test, nonce, &answer, &errors, result.duration_ms);
    return 1;
}

/* rsync, forced_command, source: all of one listing */

struct listing {
    struct rsync_output output;
    struct spawn_result result;
    int64_t lines;
    int64_t began_ms, first_ms; /* first_ms: when the first entry came; 0: none did */
};

static void on_listing(void *context, int stream, const char *bytes, size_t size)
{
    struct listing *listing = context;

    if (stream == 2) {
        rsync_output_feed(&listing->output, 2, bytes, size);
        return;
    }
    if (listing->first_ms == 0)
        listing->first_ms = clock_boot_ms();
    for (size_t i = 0; i < size; i++)
        listing->lines += bytes[i] == '\n';
}

static int list_source(struct test *test, struct listing *listing, struct err *err)
{
    const char *const *argv = rsync_plan_list_argv(test->arena, test->config, test->session.config_file, err);
    const struct spawn spawn = {
        .argv = argv,
        .environment = ssh_session_environment(test->arena, 0),
        .inherit_fd = -1,
        .deadline_ms = clock_boot_ms() + 2 * ssh_session_connect_ms(test->config) + MARGIN_MS,
        .output = on_listing,
        .context = listing,
    };

    if (argv == NULL)
        return -1;
    listing->began_ms = clock_boot_ms();
    rsync_output_init(&listing->output, test->arena);
    if (spawn_run(&spawn, &listing->result, err) < 0) {
        rsync_output_release(&listing->output);
        return err_in(err, "rsync");
    }
    rsync_output_finish(&listing->output);
    rsync_output_release(&listing->output);
    if (listing->result.end == SPAWN_CANCELLED)
        return err_set(err, ERR_INTERRUPTED, "the connection test was interrupted");
    return 0;
}

static const char *rsync_hint(struct test *test, unsigned signs, enum cause cause)
{
    if (list_has(&test->config->rsync_args, "--rsync-path=sudo rsync"))
        return arena_printf(
            test->arena,
            "see that sudo and rsync are installed on the host and that %s may call them without a "
            "password: `pobsync key %s --line sudo` prints the line for sudoers",
            test->config->ssh_user, test->host);
    if ((signs & SIGN_NO_RSYNC) != 0)
        return "install rsync on the host; a login without a terminal must find it in its PATH";
    if ((signs & SIGN_NOT_CLEAN) != 0)
        return "let .bashrc and its like print nothing where there is no terminal, and see that the account may log in";
    return cause_hint(cause);
}

static void pass_door(struct test *test)
{
    switch (test->door) {
    case DOOR_RRSYNC:
        pass(test, STAGE_FORCED_COMMAND, STAGE_OK, 0, "rrsync: the key opens rsync and nothing else", NULL);
        return;
    case DOOR_SHELL:
        pass(test, STAGE_FORCED_COMMAND, STAGE_NOTE, 0,
             arena_printf(test->arena, "none: the key opens a shell as %s", test->config->ssh_user),
             arena_printf(test->arena, "a key that can only read is safer: pobsync key %s --line rrsync",
                          test->host));
        return;
    case DOOR_OTHER:
        break;
    }
    pass(test, STAGE_FORCED_COMMAND, STAGE_NOTE, 0,
         test->door_text[0] == '\0'
             ? "a command other than rrsync is forced, and lets rsync through"
             : arena_printf(test->arena,
                            "a command other than rrsync is forced, and lets rsync through; to "
                            "another command it says \"%s\"",
                            test->door_text),
         NULL);
}

static void pass_rsync(struct test *test, int64_t took_ms)
{
    pass(test, STAGE_RSYNC, STAGE_OK, took_ms,
         test->version != NULL ? test->version
                               : "rsync answers; its version cannot be asked for with this key",
         NULL);
    pass_door(test);
}

static void judge_source(struct test *test, const struct listing *listing, int64_t took_ms)
{
    const struct config *config = test->config;
    const char *root = config->source_root;
    int64_t entries = listing->lines - 1; /* "." is none */
    bool is_root =
        strcmp(config->ssh_user, "root") == 0 || list_has(&config->rsync_args, "--rsync-path=sudo rsync");

    if ((listing->output.signs & (SIGN_SOURCE_MISSING | SIGN_SOURCE_DENIED)) != 0) {
        bool missing = (listing->output.signs & SIGN_SOURCE_MISSING) != 0;

        fail(test, STAGE_SOURCE, CAUSE_SOURCE_MISSING, took_ms,
             arena_printf(test->arena, "the source root \"%s\" %s: %s", root,
                          missing ? "does not exist" : "may not be read", listing->output.first_error),
             missing ? cause_hint(CAUSE_SOURCE_MISSING)
                     : arena_printf(test->arena,
                                    "let %s read it, log in as root, or see `pobsync key %s --line sudo`",
                                    config->ssh_user, test->host));
    } else if (entries <= 0 && !config->allow_empty) {
        fail(test, STAGE_SOURCE, CAUSE_SOURCE_EMPTY, took_ms,
             arena_printf(test->arena, "the source root \"%s\" is empty", root),
             cause_hint(CAUSE_SOURCE_EMPTY));
    } else if (listing->result.exit_status != 0) {
        pass(test, STAGE_SOURCE, STAGE_WARNING, took_ms,
             arena_printf(test->arena, "%lld entries in \"%s\", and not all could be read: %s",
                          (long long)entries, root, listing->output.first_error),
             NULL);
    } else {
        pass(test, STAGE_SOURCE, STAGE_OK, took_ms,
             arena_printf(test->arena, "%lld %s in \"%s\"", (long long)entries,
                          entries == 1 ? "entry" : "entries", root),
             is_root ? NULL
                     : arena_printf(
                           test->arena,
                           "what only root may read, %s can back up only by sudo: pobsync key %s --line sudo",
                           config->ssh_user, test->host));
    }
}

static void judge_listing(struct test *test, const struct listing *listing)
{
    const struct spawn_result *result = &listing->result;
    unsigned signs = listing->output.signs;
    int64_t answered = listing->first_ms > 0 ? listing->first_ms - listing->began_ms : result->duration_ms;

    if (result->end != SPAWN_EXITED) {
        fail(test, STAGE_RSYNC, CAUSE_TIMEOUT, result->duration_ms,
             listing->first_ms > 0 ? "the listing of the source root takes too long"
                                   : "rsync does not answer",
             "look at the load of the machine, and at what its login scripts or a forced command wait for");
    } else if (result->exit_status == 0 || result->exit_status == 23 || result->exit_status == 24 ||
               (signs & SIGN_SOURCE_MISSING) != 0) {
        pass_rsync(test, answered);
        judge_source(test, listing, result->duration_ms - answered);
    } else if ((signs & SIGN_REFUSED_BY_RRSYNC) != 0) {
        skip(test, STAGE_RSYNC, "not reached: the forced command refuses");
        fail(
            test, STAGE_FORCED_COMMAND, CAUSE_CONFIG, answered, listing->output.first_error,
            "the directory in the forced command must exist and hold the source root, which counts from there: with "
            "\"rrsync -ro /srv\" the source root \"/\" is /srv");
    } else {
        struct outcome outcome = judge(test, result->exit_status, &listing->output);
        bool is_other = test->door == DOOR_OTHER && test->door_text[0] != '\0';

        fail(test, STAGE_RSYNC, outcome.cause, answered,
             is_other ? arena_printf(test->arena, "%s; to any command the host says \"%s\"", outcome.message,
                                     test->door_text)
                      : outcome.message,
             rsync_hint(test, signs, outcome.cause));
    }
}

static int run_stages(struct test *test, struct err *err)
{
    const char *name = arena_printf(test->arena, "test.%08x", (unsigned)random_u32());
    struct listing listing = {.lines = 0};
    int going;

    if (!test_network(test))
        return 0;
    going = test_host_key(test, err);
    if (going <= 0)
        return going;
    if (ssh_session_open(test->arena, test->home, name, test->host, test->config, test->identity, test->keys,
                         test->key_count, SSH_TRUST_PINNED, &test->session, err) < 0)
        return -1;
    going = test_login(test, err);
    if (going <= 0)
        return going;
    if (list_source(test, &listing, err) < 0)
        return -1;
    judge_listing(test, &listing);
    return 0;
}

int connection_test(struct arena *arena, const char *home, const char *host, const struct config *config,
                    const char *identity, const struct host_key *pinned, size_t pinned_count,
                    void (*stage_done)(void *context, enum connection_stage stage,
                                       const struct stage_result *result),
                    void *context, struct connection_report *report, struct err *err)
{
    struct test test = {
        .arena = arena,
        .home = home,
        .host = host,
        .config = config,
        .identity = identity,
        .keys = pinned,
        .key_count = pinned_count,
        .stage_done = stage_done,
        .context = context,
        .report = report,
    };
    BUF_SCOPED ignored = BUF_EMPTY;
    int result;

    *report = (struct connection_report){.ok = true};
    /* Settings that cannot be used are told before anything is shown. */
    if (ssh_plan_config(arena, config, host, identity, "/dev/null", SSH_TRUST_PINNED, &ignored, err) < 0 ||
        rsync_plan_list_argv(arena, config, "/dev/null", err) == NULL)
        return -1;
    result = run_stages(&test, err);
    ssh_session_close(&test.session);
    return result;
}
