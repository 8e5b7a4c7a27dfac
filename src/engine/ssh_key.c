/* Finding, making and showing ssh keys. */
#include "engine/ssh_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/ssh_session.h"
#include "sys/fs.h"
#include "sys/random.h"
#include "sys/spawn.h"

#define KEY_NAME "id_ed25519"
#define RESTORE_KEY_NAME "restore_ed25519"

enum { KEYGEN_MS = 10000, KEYGEN_OUTPUT_MAX = 64 << 10 };

/* Runs ssh-keygen; its last line says why it failed. */
static int run_keygen(struct arena *arena, const char *const *argv, const char *path, struct buf *output,
                      struct err *err)
{
    BUF_SCOPED errors = BUF_EMPTY;
    struct spawn_result result;
    const char *last;

    if (spawn_collect(argv, ssh_session_environment(arena, 0), KEYGEN_MS, KEYGEN_OUTPUT_MAX, output, &errors,
                      &result, err) < 0)
        return err_in(err, "ssh-keygen");
    if (result.end == SPAWN_EXITED && result.exit_status == 0)
        return 0;
    while (errors.size > 0 && strchr("\r\n", errors.data[errors.size - 1]) != NULL)
        errors.data[--errors.size] = '\0';
    last = strrchr(buf_text(&errors), '\n');
    return err_set(err, ERR_FAILED, "ssh-keygen failed for \"%s\": %s", path,
                   last == NULL ? buf_text(&errors) : last + 1);
}

/* A key that others can read is refused by ssh too, but only if the file is its own user's (sshkey_perm_ok()). */
static int check_key_file(const char *path, struct err *err)
{
    FD_SCOPED fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                         "ssh key \"%s\" cannot be read", path);
    if (fstat(fd, &status) < 0)
        return err_errno(err, ERR_IO, errno, "ssh key \"%s\" cannot be read", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_INVALID, "ssh key \"%s\" is not a file", path);
    if ((status.st_mode & 07) != 0 || (status.st_uid == geteuid() && (status.st_mode & 077) != 0)) {
        err_set(err, ERR_INVALID, "ssh key \"%s\" can be read by others (mode %03o)", path,
                (unsigned)status.st_mode & 0777);
        return err_hint(err, "take that right away: chmod 600 %s", path);
    }
    return 0;
}

/* Makes the pair beside its final name, so that a key of that name is always whole. */
static int make_key(struct arena *arena, const char *home, const char *host, const char *directory,
                    const char *final_name, struct err *err)
{
    const char *name = arena_printf(arena, "%s.%08x", final_name, (unsigned)random_u32());
    const char *path = arena_printf(arena, "%s/%s", directory, name);
    const char *const argv[] = {"ssh-keygen", "-q", "-t", "ed25519",
                                "-N",         "",   "-C", arena_printf(arena, "pobsync@%s", host),
                                "-f",         path, NULL};
    BUF_SCOPED output = BUF_EMPTY;
    FD_SCOPED folder = -1;
    FD_SCOPED key = -1;

    /* One after the other: what is made on the way to a path gets the usual mode. */
    if (fs_make_path(arena_printf(arena, "%s/keys", home), 0700, err) < 0 ||
        fs_make_path(directory, 0700, err) < 0 || run_keygen(arena, argv, path, &output, err) < 0)
        return -1;
    folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    key = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 || key < 0)
        return err_errno(err, ERR_IO, errno, "ssh key \"%s\" cannot be read", path);
    if (fs_sync(key, path, err) < 0)
        return -1;
    /* If we die here: a key that nobody was shown stays under a name that nobody looks for. The public half is always
     * derived from the private one, so that the two cannot differ. */
    unlinkat(folder, arena_printf(arena, "%s.pub", name), 0);
    /* If we die here: as above before the rename, and the key is whole after it. */
    if (fs_rename_new(folder, name, folder, final_name, err) < 0) {
        if (errno != EEXIST)
            return -1;
        /* Somebody made one in the meantime, which is as good. If we die here: as above. */
        unlinkat(folder, name, 0);
    }
    return fs_sync(folder, directory, err);
}

int ssh_key_find(struct arena *arena, const char *home, const char *host, const struct config *config,
                 bool create, const char **path, bool *created, struct err *err)
{
    const char *directory = arena_printf(arena, "%s/keys/%s", home, host);
    const char *own = arena_printf(arena, "%s/" KEY_NAME, directory);

    if (created != NULL)
        *created = false;
    if (config->ssh_identity_file != NULL && config->ssh_identity_file[0] != '\0') {
        *path = config->ssh_identity_file;
        if (check_key_file(*path, err) == 0)
            return 0;
        if (err->code == ERR_NOT_FOUND)
            err_hint(err, "correct --ssh-identity-file, or unset it to use the host's own key \"%s\"", own);
        return -1;
    }
    *path = own;
    if (access(own, F_OK) == 0)
        return check_key_file(own, err);
    if (!create) {
        err_set(err, ERR_NOT_FOUND,
                "host \"%s\" has no ssh key: --ssh-identity-file is not set, and \"%s\" does not exist", host,
                own);
        return err_hint(err, "make one, and put the line it prints into authorized_keys: pobsync key %s",
                        host);
    }
    if (make_key(arena, home, host, directory, KEY_NAME, err) < 0)
        return -1;
    if (created != NULL)
        *created = true;
    return 0;
}

int ssh_key_restore_find(struct arena *arena, const char *home, const char *host, bool create,
                         const char **path, bool *created, struct err *err)
{
    const char *directory = arena_printf(arena, "%s/keys/%s", home, host);

    *created = false;
    *path = arena_printf(arena, "%s/" RESTORE_KEY_NAME, directory);
    if (access(*path, F_OK) == 0)
        return check_key_file(*path, err);
    if (!create) {
        err_set(err, ERR_NOT_FOUND, "there is no key for a restore to \"%s\"", host);
        return err_hint(
            err, "make one, and put the line it prints into authorized_keys: pobsync key %s --line restore",
            host);
    }
    if (make_key(arena, home, host, directory, RESTORE_KEY_NAME, err) < 0)
        return -1;
    *created = true;
    return 0;
}

int ssh_key_restore_remove(struct arena *arena, const char *home, const char *host, struct err *err)
{
    const char *directory = arena_printf(arena, "%s/keys/%s", home, host);
    FD_SCOPED folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return errno == ENOENT
                   ? 0
                   : err_errno(err, ERR_IO, errno, "directory \"%s\" cannot be opened", directory);
    /* If we die here: the key stays, with its line on the host, and is what the next restore uses and removes. */
    if (unlinkat(folder, RESTORE_KEY_NAME, 0) < 0 && errno != ENOENT)
        return err_errno(err, ERR_IO, errno, "ssh key \"%s/" RESTORE_KEY_NAME "\" cannot be removed",
                         directory);
    return fs_sync(folder, directory, err);
}

const char *ssh_key_restore_line(struct arena *arena, const char *user, const char *public_key,
                                 const char *server_name)
{
    return arena_printf(arena, "restrict,command=\"%srrsync -wo /\" %s pobsync-restore@%s",
                        strcmp(user, "root") == 0 ? "" : "sudo ", public_key, server_name);
}

int ssh_key_public(struct arena *arena, const char *path, const char **public_key, struct err *err)
{
    /* An empty passphrase, so that ssh-keygen never asks for one. */
    const char *const argv[] = {"ssh-keygen", "-y", "-P", "", "-f", path, NULL};
    BUF_SCOPED output = BUF_EMPTY;
    size_t type_size, key_size;

    if (check_key_file(path, err) < 0)
        return -1;
    if (run_keygen(arena, argv, path, &output, err) < 0)
        return err_hint(err,
                        "a key for backups is a private key in a format of OpenSSH, without a passphrase");
    type_size = strcspn(buf_text(&output), " \n");
    key_size = type_size + 1 + strcspn(buf_text(&output) + type_size + (type_size < output.size), " \n");
    if (type_size == 0 || key_size <= type_size + 1 || key_size > output.size)
        return err_set(err, ERR_FAILED, "ssh-keygen shows no public key of \"%s\"", path);
    *public_key = arena_copy(arena, buf_text(&output), key_size);
    return 0;
}

const char *ssh_key_line(struct arena *arena, enum key_line line, const char *public_key,
                         const char *server_name)
{
    switch (line) {
    case KEY_LINE_RRSYNC:
        return arena_printf(arena, "restrict,command=\"rrsync -ro /\" %s pobsync@%s", public_key,
                            server_name);
    case KEY_LINE_SUDO:
        return arena_printf(arena, "restrict,command=\"sudo rrsync -ro /\" %s pobsync@%s", public_key,
                            server_name);
    case KEY_LINE_PLAIN:
        break;
    }
    return arena_printf(arena, "restrict %s pobsync@%s", public_key, server_name);
}

const char *ssh_key_sudoers(struct arena *arena, const char *user)
{
    return arena_printf(arena,
                        "Defaults!/usr/bin/rrsync env_keep += \"SSH_ORIGINAL_COMMAND\"\n"
                        "%s ALL=(root) NOPASSWD: /usr/bin/rrsync -ro /",
                        user);
}

int ssh_key_fingerprint(struct arena *arena, const char *base64, const char **fingerprint, struct err *err)
{
    size_t text_size = strlen(base64), size;
    unsigned char *blob = arena_alloc(arena, text_size + 1);
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];

    if (text_size == 0 || sodium_base642bin(blob, text_size, base64, text_size, NULL, &size, NULL,
                                            sodium_base64_VARIANT_ORIGINAL) < 0)
        return err_set(err, ERR_INVALID, "\"%.80s\" is not a key in base64", base64);
    crypto_hash_sha256(hash, blob, size);
    sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    *fingerprint = arena_printf(arena, "SHA256:%s", text);
    return 0;
}
