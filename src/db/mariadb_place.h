/* Where a MariaDB database is: what stands behind "mariadb://" in its URL, taken apart. */
#ifndef DB_MARIADB_PLACE_H
#define DB_MARIADB_PLACE_H

#include "base/arena.h"
#include "base/err.h"

enum mariadb_tls { MARIADB_TLS_USUAL, MARIADB_TLS_OFF, MARIADB_TLS_ENCRYPT, MARIADB_TLS_VERIFY };

struct mariadb_place {
    const char *user; /* NULL: that of the process */
    const char *host; /* never NULL */
    unsigned port;
    const char *database;
    const char *socket;        /* NULL: over the network */
    const char *password_file; /* NULL: no password */
    const char *ca_file;       /* NULL: the certificates that the machine trusts */
    enum mariadb_tls tls;
};

#define MARIADB_EXPECTED                                                                                     \
    "mariadb://USER@HOST[:PORT]/DATABASE[?socket=PATH&password_file=PATH&tls=verify&ca=PATH]"

/* [USER@]HOST[:PORT]/DATABASE[?NAME=VALUE&…], with %XX for any byte. Without `tls` a connection that leaves the machine is
 * encrypted and the certificate verified, any other is not. ERR_INVALID for anything else; a password is refused, and no
 * part of the text is shown, which might hold one. */
int mariadb_place_parse(struct arena *arena, const char *text, struct mariadb_place *place, struct err *err);

#endif
