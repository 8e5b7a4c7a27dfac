/* Checks of this server: its programs, our rights, the state directory. */
#include "service/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/rsync_version.h"
#include "engine/ssh_session.h"
#include "sys/fs.h"
#include "sys/spawn.h"

enum { ANSWER_MS = 10000, ANSWER_MAX = 4096, KEYS_MAX = 100000, MANY_BITS = 077 };

static const int64_t home_room_min = 100 << 20; /* the database and the logs of runs have to grow */

const char *check_level_name(enum check_level level)
{
    switch (level) {
    case CHECK_OK:
        return "ok";
    case CHECK_WARNING:
        return "warning";
    case CHECK_FAILED:
        break;
    }
    return "failed";
}

struct check check_rsync(struct arena *arena, const char *binary)
{
    struct check check = {.name = "rsync"};
    struct rsync_version version;
    struct err err;

    if (rsync_version_require(binary, &version, &err) < 0) {
        check.level = CHECK_FAILED;
        check.found = arena_strdup(arena, err.message);
        check.expected = "rsync 3.2.4 or newer, best 3.5.0 or newer";
        check.hint = err.hint[0] == '\0' ? "install rsync" : arena_strdup(arena, err.hint);
        return check;
    }
    check.found = arena_printf(arena, "\"%s\" is version %d.%d.%d", binary, version.major, version.minor,
                               version.patch);
    if (version.major * 100 + version.minor < 305) {
        check.level = CHECK_WARNING;
        check.expected = "3.5.0 or newer, or one to which the distribution has added its security fixes";
        check.hint = "update the package, and read its changelog: apt changelog rsync";
    }
    return check;
}

struct check check_ssh(struct arena *arena)
{
    static const char *const argv[] = {"ssh", "-V", NULL};
    struct check check = {.name = "ssh"};
    BUF_SCOPED answer = BUF_EMPTY;
    struct spawn_result result;
    struct err err;
    const char *text;

    if (spawn_collect(argv, ssh_session_environment(arena, 0), ANSWER_MS, ANSWER_MAX, &answer, NULL, &result,
                      &err) < 0)
        check.found = arena_strdup(arena, err.message);
    else if (result.end != SPAWN_EXITED || result.exit_status != 0)
        check.found = "\"ssh -V\" fails";
    if (check.found != NULL) {
        check.level = CHECK_FAILED;
        check.expected = "the ssh program of OpenSSH";
        check.hint = "install it: apt install openssh-client";
        return check;
    }
    text = buf_text(&answer);
    check.found = text_printable_dup(arena, text, strcspn(text, "\r\n"));
    return check;
}

/* capabilities(7), with what rsync does without each. */
static const struct {
    unsigned bit;
    const char *loss;
} rights[] = {
    {0 /* CAP_CHOWN */, "owners"},
    {1 /* CAP_DAC_OVERRIDE */, "files in directories that only others may write"},
    {3 /* CAP_FOWNER */, "times, modes and hard links of files of others"},
    {4 /* CAP_FSETID */, "setuid and setgid bits"},
    {27 /* CAP_MKNOD */, "device nodes"},
    {31 /* CAP_SETFCAP */, "file capabilities"},
};
enum { CAP_SYS_ADMIN_BIT = 21 };

/* A set of capabilities of this process, from /proc/self/status ("CapEff:\t000001ffffffffff"). */
static bool read_capabilities(const char *label, uint64_t *set)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    bool found = false;

    while (!found && file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, label, strlen(label)) == 0) {
            *set = strtoull(line + strlen(label), NULL, 16);
            found = true;
        }
    if (file != NULL)
        fclose(file);
    return found;
}

struct check check_privileges(struct arena *arena)
{
    struct check check = {.name = "privileges"};
    bool root = geteuid() == 0;
    struct list losses = {0};
    uint64_t set = 0;

    /* Without uid 0 a program that we start keeps the ambient ones only. */
    if (!read_capabilities(root ? "CapEff:" : "CapAmb:", &set) && root)
        set = UINT64_MAX;
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++)
        if ((set >> rights[i].bit & 1) == 0)
            list_add(arena, &losses, rights[i].loss);
    if (losses.count > 0) {
        check.level = CHECK_WARNING;
        check.found = arena_printf(arena, "running as uid %u without the rights to keep: %s", geteuid(),
                                   list_join(arena, &losses, ", "));
        check.expected = "root";
        check.hint = "run pobsync as root, or its snapshots lack these";
    } else {
        check.found = arena_printf(
            arena, "running as uid %u with the rights that a true copy needs%s", geteuid(),
            (set >> CAP_SYS_ADMIN_BIT & 1) == 0 ? "; attributes of the class \"trusted\" are left out" : "");
    }
    return check;
}

struct check check_state_directory(struct arena *arena, const char *home)
{
    struct check check = {.name = "state_directory"};
    FD_SCOPED fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fs_room room;
    struct stat st;
    struct err err;

    if (fd < 0 || fstat(fd, &st) < 0 || fs_room(fd, &room, &err) < 0) {
        check.level = CHECK_FAILED;
        check.found = arena_printf(arena, "\"%s\": %s", home, strerror(errno));
        check.expected = "a directory that pobsync may write";
        check.hint = "see POBSYNC_HOME";
        return check;
    }
    check.found = arena_printf(arena, "\"%s\" belongs to uid %u, gid %u, mode %04o, %s free", home, st.st_uid,
                               st.st_gid, st.st_mode & 07777, text_bytes(arena, room.bytes_free));
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        check.level = CHECK_WARNING;
        check.expected = "owned by root, or by the user that pobsync runs as";
        check.hint = arena_printf(arena, "chown root %s", home);
    } else if ((st.st_mode & 07) != 0) {
        check.level = CHECK_WARNING;
        check.expected = "mode 2770";
        check.hint = arena_printf(arena, "chmod 2770 %s", home);
    } else if (room.bytes_free < home_room_min) {
        check.level = CHECK_WARNING;
        check.expected = arena_printf(arena, "at least %s free", text_bytes(arena, home_room_min));
        check.hint = "free space there: without it no run can be recorded";
    }
    return check;
}

/* Adds the path of a private key that others may read; the public halves may be seen. Each host has a directory. */
static void look_at_key(struct arena *arena, int keys_fd, const char *path, struct list *open_to_others)
{
    size_t length = strlen(path);
    struct list names = {0};
    struct stat st;
    struct err err;
    bool more;

    if (fstatat(keys_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    if (S_ISDIR(st.st_mode) && strchr(path, '/') == NULL) {
        FD_SCOPED fd = fs_open_dir(keys_fd, path, false, &err);

        if (fd >= 0 && fs_list_names(arena, fd, KEYS_MAX, &names, &more, &err) == 0)
            for (size_t i = 0; i < names.count; i++)
                look_at_key(arena, keys_fd, arena_printf(arena, "%s/%s", path, names.items[i]),
                            open_to_others);
    } else if (S_ISREG(st.st_mode) && (st.st_mode & MANY_BITS) != 0 &&
               (length <= 4 || strcmp(path + length - 4, ".pub") != 0)) {
        list_add(arena, open_to_others, path);
    }
}

struct check check_keys(struct arena *arena, const char *home)
{
    struct check check = {.name = "keys"};
    const char *path = arena_printf(arena, "%s/keys", home);
    FD_SCOPED fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct list names = {0}, open_to_others = {0};
    struct stat st;
    struct err err;
    bool more;

    if (fd < 0 || fstat(fd, &st) < 0 || fs_list_names(arena, fd, KEYS_MAX, &names, &more, &err) < 0) {
        check.level = CHECK_FAILED;
        check.found = arena_printf(arena, "\"%s\": %s", path, strerror(errno));
        check.expected = "a directory that pobsync may read";
        check.hint = "run pobsync as root, or correct its owner";
        return check;
    }
    for (size_t i = 0; i < names.count; i++)
        look_at_key(arena, fd, names.items[i], &open_to_others);
    if ((st.st_mode & MANY_BITS) == 0 && open_to_others.count == 0) {
        check.found = arena_printf(arena, "\"%s\": nobody else may read the keys there", path);
        return check;
    }
    check.level = CHECK_FAILED;
    check.expected = "mode 0700 of the directory, 0600 of the private keys";
    if (open_to_others.count > 0)
        check.found = arena_printf(arena, "others may read private keys in \"%s\": %s", path,
                                   list_join(arena, &open_to_others, ", "));
    else
        check.found = arena_printf(arena, "\"%s\" has mode %04o", path, st.st_mode & 07777);
    check.hint = arena_printf(arena, "chmod -R go= %s; if others did read a key, make a new one", path);
    return check;
}
