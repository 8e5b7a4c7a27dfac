/* ssh's files for one piece of work. */
#include "engine/ssh_session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/parse.h"
#include "engine/host_key.h"
#include "model/rule.h"
#include "sys/fs.h"

enum { CONNECT_SECONDS = 20 };

/* Not synced: the files are of no use to anybody after us. */
static int write_file(int folder, const char *name, const struct buf *content, struct err *err)
{
    FD_SCOPED fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, buf_text(content), content->size) != (ssize_t)content->size)
        return err_errno(err, ERR_IO, errno, "\"%s\" for ssh cannot be written", name);
    return 0;
}

static int known_hosts(struct arena *arena, const char *host, const struct host_key *keys, size_t key_count,
                       struct buf *content, struct err *err)
{
    const char *alias = ssh_plan_key_alias(arena, host);

    for (size_t i = 0; i < key_count; i++) {
        const char *line = arena_printf(arena, "%s %s %s", alias, keys[i].type, keys[i].key);
        struct host_key read_back;

        if (!host_key_parse(arena, line, alias, &read_back) || strcmp(read_back.key, keys[i].key) != 0)
            return err_set(err, ERR_INVALID, "the host key that is pinned for \"%s\" is not one", host);
        buf_printf(content, "%s\n", line);
    }
    return 0;
}

static int open_runs(const char *home, struct err *err)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *path = arena_printf(&arena, "%s/runs", home);
    int fd;

    if (fs_make_path(path, 0770, err) < 0)
        return -1;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? err_errno(err, ERR_IO, errno, "\"%s\" cannot be opened", path) : fd;
}

int ssh_session_open(struct arena *arena, const char *home, const char *name, const char *host,
                     const struct config *config, const char *identity, const struct host_key *keys,
                     size_t key_count, enum ssh_trust trust, struct ssh_session *session, struct err *err)
{
    const char *directory = arena_printf(arena, "%s.ssh", name);
    const char *path = arena_printf(arena, "%s/runs/%s", home, directory);
    struct ssh_session planned = {
        .directory = path,
        .config_file = arena_printf(arena, "%s/config", path),
        .known_hosts = arena_printf(arena, "%s/known_hosts", path),
    };
    BUF_SCOPED settings = BUF_EMPTY;
    BUF_SCOPED keys_text = BUF_EMPTY;
    FD_SCOPED runs = -1;
    FD_SCOPED folder = -1;

    *session = SSH_SESSION_CLOSED;
    if (ssh_plan_config(arena, config, host, identity, planned.known_hosts, trust, &settings, err) < 0 ||
        known_hosts(arena, host, keys, key_count, &keys_text, err) < 0)
        return -1;
    runs = open_runs(home, err);
    /* If we die here: the next session of this name begins with this, too. */
    if (runs < 0 || fs_remove_tree(runs, directory, NULL, err) < 0)
        return -1;
    if (mkdirat(runs, directory, 0700) < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be made", path);
    *session = planned;
    folder = fs_open_dir(runs, directory, true, err);
    if (folder < 0 || write_file(folder, "config", &settings, err) < 0 ||
        write_file(folder, "known_hosts", &keys_text, err) < 0) {
        ssh_session_close(session);
        return -1;
    }
    return 0;
}

void ssh_session_close(struct ssh_session *session)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    FD_SCOPED parent = -1;
    const char *slash;
    struct err ignored;

    if (session->directory == NULL)
        return;
    slash = strrchr(session->directory, '/');
    parent = open(arena_copy(&arena, session->directory, (size_t)(slash - session->directory)),
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* If we die here: what is left is removed by the next session of that name, or by recovery. */
    if (parent >= 0)
        (void)fs_remove_tree(parent, slash + 1, NULL, &ignored);
    *session = SSH_SESSION_CLOSED;
}

void ssh_session_clear(const char *home, const char *name)
{
    ARENA_SCOPED arena = ARENA_EMPTY;
    struct ssh_session left = {.directory = arena_printf(&arena, "%s/runs/%s.ssh", home, name)};

    ssh_session_close(&left);
}

const char *const *ssh_session_environment(struct arena *arena, int64_t run)
{
    const char **environment = arena_alloc(arena, 4 * sizeof *environment);

    environment[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    environment[1] = "LC_ALL=C.UTF-8";
    environment[2] = arena_printf(arena, "POBSYNC_RUN=%lld", (long long)run);
    return environment;
}

const char *ssh_session_option(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->ssh_options.count; i++) {
        const char *option = config->ssh_options.items[i];
        const char *known = rule_ssh_option_name(option);

        if (known != NULL && strcmp(known, name) == 0)
            return strchr(option, '=') + 1;
    }
    return NULL;
}

int64_t ssh_session_connect_ms(const struct config *config)
{
    const char *value = ssh_session_option(config, "ConnectTimeout");
    int64_t seconds = CONNECT_SECONDS;
    struct err ignored;

    if (value != NULL && parse_int(value, 1, 3600, &seconds, &ignored) < 0)
        seconds = CONNECT_SECONDS;
    return seconds * 1000;
}
