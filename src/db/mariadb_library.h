/*
 * libmariadb, loaded when the first database of that kind is opened: who uses SQLite neither needs it nor pays for the
 * OpenSSL that it brings.
 */
#ifndef DB_MARIADB_LIBRARY_H
#define DB_MARIADB_LIBRARY_H

#include <mysql.h>

#include "base/err.h"

#define MARIADB_LIBRARY_CALLS(CALL)                                                                          \
    CALL(mysql_affected_rows)                                                                                \
    CALL(mysql_close)                                                                                        \
    CALL(mysql_errno)                                                                                        \
    CALL(mysql_error)                                                                                        \
    CALL(mysql_fetch_fields)                                                                                 \
    CALL(mysql_fetch_row)                                                                                    \
    CALL(mysql_free_result)                                                                                  \
    CALL(mysql_get_socket)                                                                                   \
    CALL(mysql_init)                                                                                         \
    CALL(mysql_insert_id)                                                                                    \
    CALL(mysql_more_results)                                                                                 \
    CALL(mysql_next_result)                                                                                  \
    CALL(mysql_options)                                                                                      \
    CALL(mysql_real_connect)                                                                                 \
    CALL(mysql_real_query)                                                                                   \
    CALL(mysql_server_init)                                                                                  \
    CALL(mysql_stmt_affected_rows)                                                                           \
    CALL(mysql_stmt_bind_param)                                                                              \
    CALL(mysql_stmt_bind_result)                                                                             \
    CALL(mysql_stmt_close)                                                                                   \
    CALL(mysql_stmt_errno)                                                                                   \
    CALL(mysql_stmt_error)                                                                                   \
    CALL(mysql_stmt_execute)                                                                                 \
    CALL(mysql_stmt_fetch)                                                                                   \
    CALL(mysql_stmt_fetch_column)                                                                            \
    CALL(mysql_stmt_field_count)                                                                             \
    CALL(mysql_stmt_free_result)                                                                             \
    CALL(mysql_stmt_init)                                                                                    \
    CALL(mysql_stmt_insert_id)                                                                               \
    CALL(mysql_stmt_param_count)                                                                             \
    CALL(mysql_stmt_prepare)                                                                                 \
    CALL(mysql_stmt_result_metadata)                                                                         \
    CALL(mysql_store_result)

/* Its functions under their own names: libmariadb.mysql_init(). */
struct mariadb_library {
#define CALL(name) __typeof__(name) *name;
    MARIADB_LIBRARY_CALLS(CALL)
#undef CALL
};

extern struct mariadb_library libmariadb;

/* Fills it; to be called before the first use, by any thread, costs nothing again. ERR_DATABASE when this machine has no
 * such library. */
int mariadb_library_load(struct err *err);

#endif
