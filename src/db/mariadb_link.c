/* The connection to a MariaDB server: how it is made and set up, and what its errors mean. */
#include <errmsg.h>
#include <fcntl.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

#include "db/mariadb_driver.h"
#include "sys/secret_file.h"

enum { CONNECT_SECONDS = 10, ANSWER_SECONDS = 600 };

/* What a session has to be like for one text of SQL to mean the same as in SQLite: "x" is a name, || joins text, a
 * backslash is itself, text is compared byte by byte, and a value that does not fit is refused. Locks are waited for as
 * long as in SQLite, twice over, because others may be on other machines. */
static const char session[] =
    "SET sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,"
    "NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO', time_zone = '+00:00', "
    "innodb_lock_wait_timeout = 10, lock_wait_timeout = 60, autocommit = 1, "
    "sql_auto_is_null = 0; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
    "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin";

bool mariadb_is_lost(unsigned number)
{
    switch (number) {
    case CR_CONNECTION_ERROR: /* 2002, 2003: cannot connect */
    case CR_CONN_HOST_ERROR:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case ER_SERVER_SHUTDOWN:
    case ER_CON_COUNT_ERROR:
    case ER_CONNECTION_KILLED:
    case ER_UNKNOWN_COM_ERROR: /* 1047: a node of a cluster that has not joined it yet */
        return true;
    default:
        return false;
    }
}

bool mariadb_is_conflict(unsigned number)
{
    return number == ER_LOCK_DEADLOCK || number == ER_CHECKREAD;
}

static const char *hint_for(unsigned number)
{
    switch (number) {
    case ER_LOCK_WAIT_TIMEOUT:
        return "another program has kept the database locked for more than 10 seconds: try again";
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
        return "check the user in POBSYNC_DATABASE, its password file and its GRANT";
    case ER_BAD_DB_ERROR:
        return "make it first: CREATE DATABASE";
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
        return "free space on the file system of the database server";
    default:
        return mariadb_is_lost(number) ? "is the database server running, and does it listen there?" : NULL;
    }
}

int mariadb_fail(const struct mariadb_db *db, unsigned number, const char *text, struct err *err)
{
    static const unsigned taken[] = {ER_DUP_ENTRY,         ER_DUP_ENTRY_WITH_KEY_NAME,
                                     ER_ROW_IS_REFERENCED, ER_ROW_IS_REFERENCED_2,
                                     ER_NO_REFERENCED_ROW, ER_NO_REFERENCED_ROW_2};
    enum err_code code = ERR_DATABASE;
    const char *hint = hint_for(number);

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (taken[i] == number)
            code = ERR_EXISTS;
    err_set(err, code, "database \"%s\": %s (%u)", db->name, text, number);
    return hint == NULL ? -1 : err_hint(err, "%s", hint);
}

int mariadb_link_fail(const struct mariadb_db *db, unsigned number, struct err *err)
{
    const char *text = db->link == NULL ? "the connection is lost" : libmariadb.mysql_error(db->link);

    return mariadb_fail(db, number, *text == '\0' ? "the server has no table of turns" : text, err);
}

unsigned mariadb_query(struct mariadb_db *db, const char *sql)
{
    int more;

    if (db->link == NULL)
        return CR_SERVER_GONE_ERROR;
    if (libmariadb.mysql_real_query(db->link, sql, strlen(sql)) != 0)
        return libmariadb.mysql_errno(db->link);
    do {
        libmariadb.mysql_free_result(libmariadb.mysql_store_result(db->link));
        more = libmariadb.mysql_next_result(db->link);
    } while (more == 0);
    return more > 0 ? libmariadb.mysql_errno(db->link) : 0;
}

unsigned mariadb_query_int(struct mariadb_db *db, const char *sql, int64_t *number)
{
    MYSQL_RES *result;
    MYSQL_ROW row;

    *number = 0;
    if (db->link == NULL)
        return CR_SERVER_GONE_ERROR;
    if (libmariadb.mysql_real_query(db->link, sql, strlen(sql)) != 0)
        return libmariadb.mysql_errno(db->link);
    result = libmariadb.mysql_store_result(db->link);
    if (result == NULL)
        return libmariadb.mysql_errno(db->link);
    row = libmariadb.mysql_fetch_row(result);
    if (row != NULL && row[0] != NULL)
        *number = strtoll(row[0], NULL, 10);
    libmariadb.mysql_free_result(result);
    return 0;
}

void mariadb_link_down(struct mariadb_db *db)
{
    if (db->link != NULL)
        libmariadb.mysql_close(db->link);
    db->link = NULL;
}

static void set_options(struct mariadb_db *db)
{
    static const unsigned connect_seconds = CONNECT_SECONDS, answer_seconds = ANSWER_SECONDS;
    const my_bool yes = 1, no = 0;
    bool encrypt = db->place.tls != MARIADB_TLS_OFF, verify = db->place.tls == MARIADB_TLS_VERIFY;

    libmariadb.mysql_options(db->link, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    libmariadb.mysql_options(db->link, MYSQL_OPT_READ_TIMEOUT, &answer_seconds);
    libmariadb.mysql_options(db->link, MYSQL_OPT_WRITE_TIMEOUT, &answer_seconds);
    libmariadb.mysql_options(db->link, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    libmariadb.mysql_options(db->link, MYSQL_OPT_LOCAL_INFILE, &no);
    libmariadb.mysql_options(db->link, MYSQL_OPT_SSL_ENFORCE, encrypt ? &yes : &no);
    libmariadb.mysql_options(db->link, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify ? &yes : &no);
    if (db->place.ca_file != NULL)
        libmariadb.mysql_options(db->link, MYSQL_OPT_SSL_CA, db->place.ca_file);
}

/* The file is read each time: a password that was changed holds from the next connection on. */
static int read_password(struct arena *arena, const struct mariadb_db *db, const char **password,
                         struct err *err)
{
    *password = NULL;
    return db->place.password_file == NULL ? 0
                                           : secret_file_read(arena, db->place.password_file, password, err);
}

/* The library's sockets are inherited: a program that lives longer than we do would hold our locks. */
static int keep_to_ourselves(const struct mariadb_db *db)
{
    return fcntl(libmariadb.mysql_get_socket(db->link), F_SETFD, FD_CLOEXEC);
}

unsigned mariadb_link_up(struct mariadb_db *db, struct err *err)
{
    const unsigned long flags = CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS;
    const struct mariadb_place *place = &db->place;
    ARENA_SCOPED arena = ARENA_EMPTY;
    const char *password;
    unsigned number;

    mariadb_link_down(db);
    if (read_password(&arena, db, &password, err) < 0)
        return ER_ACCESS_DENIED_ERROR;
    db->link = libmariadb.mysql_init(NULL);
    if (db->link == NULL)
        abort();
    db->link_number++;
    set_options(db);
    if (libmariadb.mysql_real_connect(db->link, place->host, place->user, password, place->database,
                                      place->port, place->socket, flags) != NULL &&
        keep_to_ourselves(db) == 0 && mariadb_query(db, session) == 0)
        return 0;
    number = libmariadb.mysql_errno(db->link);
    mariadb_link_fail(db, number, err);
    mariadb_link_down(db);
    return number;
}
