/* The key that a host shows. */
#include "engine/host_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/text.h"
#include "engine/rsync_output.h"
#include "engine/ssh_key.h"
#include "engine/ssh_session.h"
#include "plan/outcome.h"
#include "sys/fs.h"
#include "sys/random.h"
#include "sys/spawn.h"

enum { TYPE_MAX = 64, KEY_MAX = 8192, KNOWN_HOSTS_MAX = 64 << 10, ANSWER_MAX = 256 << 10, MARGIN_MS = 5000 };

/* A key blob begins with its type as a string of RFC 4251: four bytes of length, then the text. */
static bool is_key_of_type(struct arena *arena, const char *base64, const char *type)
{
    size_t text_size = strlen(base64), type_size = strlen(type), size;
    unsigned char *blob = arena_alloc(arena, text_size + 1);

    if (sodium_base642bin(blob, text_size, base64, text_size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) < 0)
        return false;
    return size > 4 + type_size && blob[0] == 0 && blob[1] == 0 && blob[2] == 0 && blob[3] == type_size &&
           memcmp(blob + 4, type, type_size) == 0;
}

/* The next word of a line, NULL at its end. */
static const char *take_word(struct arena *arena, const char **at)
{
    size_t length;
    const char *word;

    *at += strspn(*at, " \t");
    length = strcspn(*at, " \t\r\n");
    if (length == 0)
        return NULL;
    word = arena_copy(arena, *at, length);
    *at += length;
    return word;
}

bool host_key_parse(struct arena *arena, const char *line, const char *alias, struct host_key *key)
{
    const char *name = take_word(arena, &line);
    const char *type = take_word(arena, &line);
    const char *base64 = take_word(arena, &line);
    struct host_key parsed = {.type = type, .key = base64};
    struct err ignored;

    if (name == NULL || strcmp(name, alias) != 0 || base64 == NULL)
        return false;
    if (strlen(type) > TYPE_MAX || strlen(base64) > KEY_MAX || text_has_control(type) ||
        !text_is_utf8(type, strlen(type)))
        return false;
    if (!is_key_of_type(arena, base64, type) ||
        ssh_key_fingerprint(arena, base64, &parsed.fingerprint, &ignored) < 0)
        return false;
    *key = parsed;
    return true;
}

/* sshconnect.c prints "debug1: Server host key: ssh-ed25519 SHA256:…". */
const char *host_key_shown(struct arena *arena, const char *text)
{
    static const char label[] = "debug1: Server host key: ";
    const char *fingerprint = NULL;

    for (const char *at = text; (at = strstr(at, label)) != NULL;) {
        at += strlen(label);
        if (take_word(arena, &at) != NULL)
            fingerprint = take_word(arena, &at);
    }
    return fingerprint;
}

/* What one attempt to connect brought about. */
struct contact {
    const char *fingerprint; /* of the key that was shown, NULL: it did not come so far */
    const char *error;       /* ssh's words, NULL: none */
    struct buf known_hosts;  /* what ssh left there */
};

static const char *ssh_error(struct arena *arena, const struct buf *text)
{
    struct rsync_output output = {0};

    rsync_output_init(&output, arena);
    rsync_output_feed(&output, 2, buf_text(text), text->size);
    rsync_output_finish(&output);
    rsync_output_release(&output);
    return output.first_error;
}

/* Lets ssh connect and go no further than the host key. */
static int contact_host(struct arena *arena, const struct config *config, const struct ssh_session *session,
                        struct contact *contact, struct err *err)
{
    const char *const argv[] = {
        "ssh",     "-v",   "-F", session->config_file, "-o", "PreferredAuthentications=none",
        SSH_ALIAS, "true", NULL};
    BUF_SCOPED answer = BUF_EMPTY;
    BUF_SCOPED errors = BUF_EMPTY;
    FD_SCOPED folder = -1;
    struct spawn_result result;

    if (spawn_collect(argv, ssh_session_environment(arena, 0), ssh_session_connect_ms(config) + MARGIN_MS,
                      ANSWER_MAX, &answer, &errors, &result, err) < 0)
        return err_in(err, "ssh");
    contact->fingerprint = host_key_shown(arena, buf_text(&errors));
    contact->error = ssh_error(arena, &errors);
    if (result.end == SPAWN_DEADLINE && contact->error == NULL)
        contact->error = "ssh did not get through in time";
    folder = open(session->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_errno(err, ERR_IO, errno, "\"%s\" cannot be opened", session->directory);
    buf_clear(&contact->known_hosts);
    return fs_read_file(folder, "known_hosts", KNOWN_HOSTS_MAX, &contact->known_hosts, err);
}

/* One contact with ssh's files for it. */
static int ask_host(struct arena *arena, const char *home, const char *host, const struct config *config,
                    const struct host_key *keys, size_t key_count, struct contact *contact, struct err *err)
{
    SSH_SESSION_SCOPED session = SSH_SESSION_CLOSED;
    const char *name = arena_printf(arena, "key.%08x", (unsigned)random_u32());
    const char *identity;

    /* Only a jump host asks for it; where there is none, any path will do. */
    if (ssh_key_find(arena, home, host, config, false, &identity, NULL, err) < 0) {
        const char *jump = ssh_session_option(config, "ProxyJump");

        if (jump != NULL && strcmp(jump, "none") != 0)
            return -1;
        identity = "/dev/null";
    }
    if (ssh_session_open(arena, home, name, host, config, identity, keys, key_count,
                         key_count > 0 ? SSH_TRUST_PINNED : SSH_TRUST_LEARN, &session, err) < 0)
        return -1;
    return contact_host(arena, config, &session, contact, err);
}

static int probe(struct arena *arena, const char *home, const char *host, const struct config *config,
                 const struct host_key *pinned, size_t pinned_count, struct contact *contact,
                 struct host_key *key, struct err *err)
{
    const char *alias = ssh_plan_key_alias(arena, host);
    struct list lines = {0};

    if (pinned_count > 0) {
        if (ask_host(arena, home, host, config, pinned, pinned_count, contact, err) < 0)
            return -1;
        for (size_t i = 0; contact->fingerprint != NULL && i < pinned_count; i++) {
            if (strcmp(contact->fingerprint, pinned[i].fingerprint) == 0) {
                *key = pinned[i];
                return 0;
            }
        }
    }
    /* The whole key is told only to a known_hosts that knows none yet. */
    if ((pinned_count == 0 || contact->fingerprint != NULL) &&
        ask_host(arena, home, host, config, NULL, 0, contact, err) < 0)
        return -1;
    list_add_lines(arena, &lines, buf_text(&contact->known_hosts));
    for (size_t i = 0; contact->fingerprint != NULL && i < lines.count; i++)
        if (host_key_parse(arena, lines.items[i], alias, key))
            return 0;
    return err_set(err, ERR_UNREACHABLE, "\"%s\" (%s port %lld) shows no host key: %s", host, config->address,
                   (long long)config->ssh_port, contact->error == NULL ? "ssh says nothing" : contact->error);
}

int host_key_probe_pinned(struct arena *arena, const char *home, const char *host,
                          const struct config *config, const struct host_key *pinned, size_t pinned_count,
                          struct host_key *key, struct err *err)
{
    struct contact contact = {.known_hosts = BUF_EMPTY};
    int result = probe(arena, home, host, config, pinned, pinned_count, &contact, key, err);

    buf_release(&contact.known_hosts);
    return result;
}

int host_key_probe(struct arena *arena, const char *home, const char *host, const struct config *config,
                   struct host_key *key, struct err *err)
{
    return host_key_probe_pinned(arena, home, host, config, NULL, 0, key, err);
}
