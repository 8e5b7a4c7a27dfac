/*
 * The key with which we log in to a host: an ed25519 pair of its own per host below $POBSYNC_HOME/keys (0700), made by
 * ssh-keygen when first needed; or the ssh_identity_file that the settings name.
 */
#ifndef ENGINE_SSH_KEY_H
#define ENGINE_SSH_KEY_H

#include "base/arena.h"
#include "base/err.h"
#include "model/config.h"

/* Which line of authorized_keys is asked for. */
enum key_line { KEY_LINE_RRSYNC, KEY_LINE_SUDO, KEY_LINE_PLAIN };

/* The key for one restore to a host: a second pair beside the first, which may write where that one may only read. It is
 * made when it is asked for, and removed once the restore is complete. */
int ssh_key_restore_find(struct arena *arena, const char *home, const char *host, bool create,
                         const char **path, bool *created, struct err *err);

/* Removes it; not to have one is no error. */
int ssh_key_restore_remove(struct arena *arena, const char *home, const char *host, struct err *err);

/* Its line for authorized_keys: `restrict,command="rrsync -wo /" KEY pobsync-restore@NAME`; by sudo for a user who is not
 * root, together with the lines of ssh_key_sudoers(). */
const char *ssh_key_restore_line(struct arena *arena, const char *user, const char *public_key,
                                 const char *server_name);

/* The path of the private key that a run of this host uses: ssh_identity_file if it is set (must exist and be
 * readable), else the host's own (made if `create`). ERR_NOT_FOUND when there is none; the message names both.
 * A key file that others can read is refused: ssh would refuse it as well, later and less clearly. */
int ssh_key_find(struct arena *arena, const char *home, const char *host, const struct config *config,
                 bool create, const char **path, bool *created, struct err *err);

/* The public half ("ssh-ed25519 AAAA…", without comment) of a private key file. */
int ssh_key_public(struct arena *arena, const char *path, const char **public_key, struct err *err);

/* The line for authorized_keys:
 *   rrsync  restrict,command="rrsync -ro /" KEY pobsync@NAME    (reads everything, writes nothing, no shell)
 *   sudo    restrict,command="sudo rrsync -ro /" KEY …  the same for a user without rights, together with the lines
 *           of ssh_key_sudoers(). Not `sudo rsync --server --sender *`: its options can write, as root
 *   plain   restrict KEY …  any command as that user */
const char *ssh_key_line(struct arena *arena, enum key_line line, const char *public_key,
                         const char *server_name);

/* The two lines of sudoers that go with KEY_LINE_SUDO: rrsync as root, which learns what was asked for. */
const char *ssh_key_sudoers(struct arena *arena, const char *user);

/* "SHA256:…" of a base64 key blob, as ssh-keygen -l prints it (RFC 4648 without padding over SHA-256). */
int ssh_key_fingerprint(struct arena *arena, const char *base64, const char **fingerprint, struct err *err);

#endif
