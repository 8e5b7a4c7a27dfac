/* Random secrets and hashes, by libsodium. */
#include "sys/secret.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { SECRET_BYTES = 32, AT_A_TIME = 2 };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_free = PTHREAD_COND_INITIALIZER;
static int inside;

static void enter_gate(void)
{
    pthread_mutex_lock(&gate);
    while (inside == AT_A_TIME)
        pthread_cond_wait(&gate_free, &gate);
    inside++;
    pthread_mutex_unlock(&gate);
}

static void leave_gate(void)
{
    pthread_mutex_lock(&gate);
    inside--;
    pthread_cond_signal(&gate_free);
    pthread_mutex_unlock(&gate);
}

static void ready(void)
{
    if (sodium_init() < 0)
        abort();
}

void secret_make(char to[SECRET_TEXT])
{
    unsigned char bytes[SECRET_BYTES];

    ready();
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(to, SECRET_TEXT, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

void secret_hash(char to[SECRET_HASH], const char *purpose, const char *secret)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;

    ready();
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
    crypto_hash_sha256_update(&state, (const unsigned char *)secret, strlen(secret));
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(to, SECRET_HASH, digest, sizeof digest);
}

bool secret_is_same(const char *a, const char *b)
{
    size_t length = strlen(a);

    return length == strlen(b) && sodium_memcmp(a, b, length) == 0;
}

const char *secret_mask(struct arena *arena, const char hash[SECRET_HASH])
{
    unsigned char bytes[2 * SECRET_BYTES];
    char *masked = arena_alloc(arena, 2 * sizeof bytes + 1);
    size_t size;

    ready();
    randombytes_buf(bytes, SECRET_BYTES);
    if (sodium_hex2bin(bytes + SECRET_BYTES, SECRET_BYTES, hash, SECRET_HASH - 1, NULL, &size, NULL) < 0)
        abort();
    for (size_t i = 0; i < SECRET_BYTES; i++)
        bytes[SECRET_BYTES + i] ^= bytes[i];
    return sodium_bin2hex(masked, 2 * sizeof bytes + 1, bytes, sizeof bytes);
}

bool secret_unmask(const char *masked, char to[SECRET_HASH])
{
    unsigned char bytes[2 * SECRET_BYTES];
    size_t length = strlen(masked), size;

    if (length != 2 * sizeof bytes ||
        sodium_hex2bin(bytes, sizeof bytes, masked, length, NULL, &size, NULL) < 0 || size != sizeof bytes)
        return false;
    for (size_t i = 0; i < SECRET_BYTES; i++)
        bytes[i] ^= bytes[SECRET_BYTES + i];
    sodium_bin2hex(to, SECRET_HASH, bytes, SECRET_BYTES);
    return true;
}

const char *secret_password_hash(struct arena *arena, const char *password)
{
    char hash[crypto_pwhash_STRBYTES];
    int result;

    ready();
    enter_gate();
    result = crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                               crypto_pwhash_MEMLIMIT_INTERACTIVE);
    leave_gate();
    return result < 0 ? NULL : arena_strdup(arena, hash);
}

bool secret_password_verify(const char *hash, const char *password)
{
    /* Of a password that nobody knows. */
    static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                                 "3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    int result;

    ready();
    enter_gate();
    result = crypto_pwhash_str_verify(hash == NULL ? nobody : hash, password, strlen(password));
    leave_gate();
    return hash != NULL && result == 0;
}
