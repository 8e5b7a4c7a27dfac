/* The configuration with which ssh is run; see plan/rsync_plan.h. */
#include <string.h>

#include "model/rule.h"
#include "plan/rsync_plan.h"

/* For every connection, to a jump host too. ssh takes the first value it finds, so what the settings say stands before
 * this. "none" and "no" switch off what could start a program, reach an agent or open a way back. LogLevel INFO: what
 * ssh says of a refused key, a lost link or an unknown name is how causes are told apart. */
static const char general[] = "    BatchMode yes\n"
                              "    IdentitiesOnly yes\n"
                              "    IdentityAgent none\n"
                              "    AddKeysToAgent no\n"
                              "    PreferredAuthentications publickey\n"
                              "    PubkeyAuthentication yes\n"
                              "    PasswordAuthentication no\n"
                              "    KbdInteractiveAuthentication no\n"
                              "    HostbasedAuthentication no\n"
                              "    GSSAPIAuthentication no\n"
                              "    StrictHostKeyChecking yes\n"
                              "    UserKnownHostsFile /dev/null\n"
                              "    GlobalKnownHostsFile /etc/ssh/ssh_known_hosts\n"
                              "    KnownHostsCommand none\n"
                              "    VerifyHostKeyDNS no\n"
                              "    UpdateHostKeys no\n"
                              "    HashKnownHosts no\n"
                              "    CheckHostIP no\n"
                              "    CanonicalizeHostname no\n"
                              "    ForwardAgent no\n"
                              "    ForwardX11 no\n"
                              "    ClearAllForwardings yes\n"
                              "    Tunnel no\n"
                              "    PermitLocalCommand no\n"
                              "    ProxyCommand none\n"
                              "    ControlMaster no\n"
                              "    ControlPath none\n"
                              "    ControlPersist no\n"
                              "    EscapeChar none\n"
                              "    RequestTTY no\n"
                              "    ConnectTimeout 20\n"
                              "    ServerAliveInterval 15\n"
                              "    ServerAliveCountMax 4\n"
                              "    LogLevel INFO\n";

const char *ssh_plan_key_alias(struct arena *arena, const char *host_name)
{
    return arena_printf(arena, "pobsync-%s", host_name);
}

static bool has_jump(const struct config *config)
{
    const char *jump = rule_ssh_option_name("ProxyJump=");

    for (size_t i = 0; i < config->ssh_options.count; i++) {
        const char *option = config->ssh_options.items[i];

        if (rule_ssh_option_name(option) == jump && strcmp(strchr(option, '='), "=none") != 0)
            return true;
    }
    return false;
}

int ssh_plan_check_path(const struct config *config, const char *path, struct err *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+,:@=-";

    if (rule_local_path(path, err) < 0)
        return err_in(err, "ssh configuration");
    if (!has_jump(config) || path[strspn(path, plain)] == '\0')
        return 0;
    err_set(err, ERR_INVALID,
            "ProxyJump cannot be used: the path \"%s\" holds a blank or another special character", path);
    return err_hint(err, "use a state directory (POBSYNC_HOME) of letters, digits and . _ - /");
}

/* A path in quotes; "%" starts a token in ssh_config(5). Quotes and "${" are refused by rule_local_path(). */
static void add_path(struct buf *content, const char *keyword, const char *path)
{
    buf_printf(content, "    %s \"", keyword);
    for (; *path != '\0'; path++) {
        if (*path == '%')
            buf_add_char(content, '%');
        buf_add_char(content, *path);
    }
    buf_add_text(content, "\"\n");
}

/* The address without the brackets that an IPv6 address may have: ssh looks up a name as it is written. */
static void add_host_name(struct buf *content, const char *address)
{
    size_t size = strlen(address);
    bool brackets = address[0] == '[';

    buf_printf(content, "    HostName %.*s\n", (int)(size - 2 * brackets), address + brackets);
}

/* Options of the settings. Only the host itself lies behind the jump host, so that one goes into its own block. */
static void add_options(struct buf *content, const struct list *options, bool jump)
{
    const char *jump_name = rule_ssh_option_name("ProxyJump=");

    for (size_t i = 0; i < options->count; i++) {
        const char *name = rule_ssh_option_name(options->items[i]);

        if ((name == jump_name) == jump)
            buf_printf(content, "    %s %s\n", name, strchr(options->items[i], '=') + 1);
    }
}

static int check_values(const struct config *config, const char *host_name, const char *identity,
                        const char *known_hosts, struct err *err)
{
    struct config used = *config;

    used.set = (uint64_t)1 << config_field_index(config_field("address"));
    used.set |= (uint64_t)1 << config_field_index(config_field("ssh_user"));
    used.set |= (uint64_t)1 << config_field_index(config_field("ssh_port"));
    used.set |= (uint64_t)1 << config_field_index(config_field("ssh_options"));
    if (config->address == NULL || config->address[0] == '\0') {
        err_set(err, ERR_INVALID, "the host \"%s\" has no address", host_name);
        return err_hint(err, "set one: pobsync configure-host %s --address ADDR", host_name);
    }
    if (rule_host_name(host_name, err) < 0 || config_check(&used, err) < 0)
        return -1;
    if (rule_local_path(identity, err) < 0)
        return err_in(err, "ssh key");
    /* The configuration lies beside it. */
    return ssh_plan_check_path(config, known_hosts, err);
}

int ssh_plan_config(struct arena *arena, const struct config *config, const char *host_name,
                    const char *identity, const char *known_hosts, enum ssh_trust trust, struct buf *content,
                    struct err *err)
{
    if (check_values(config, host_name, identity, known_hosts, err) < 0)
        return -1;
    buf_add_text(content, "Host " SSH_ALIAS "\n");
    add_host_name(content, config->address);
    buf_printf(content, "    Port %lld\n", (long long)config->ssh_port);
    buf_printf(content, "    User %s\n", config->ssh_user);
    buf_printf(content, "    HostKeyAlias %s\n", ssh_plan_key_alias(arena, host_name));
    add_path(content, "UserKnownHostsFile", known_hosts);
    buf_add_text(content, "    GlobalKnownHostsFile /dev/null\n");
    buf_printf(content, "    StrictHostKeyChecking %s\n", trust == SSH_TRUST_LEARN ? "accept-new" : "yes");
    add_options(content, &config->ssh_options, true);
    buf_add_text(content, "\nHost *\n");
    add_path(content, "IdentityFile", identity);
    add_options(content, &config->ssh_options, false);
    buf_add_text(content, general);
    return 0;
}
