/*
 * A transaction that rolls back when it goes out of scope without a commit, for work of several statements. Within
 * another one it joins that: whoever began commits.
 *
 *     TRANSACTION_SCOPED transaction = {0};
 *     if (transaction_begin(&transaction, db, err) < 0) return -1;
 *     … return -1; …
 *     return transaction_commit(&transaction, err);
 */
#ifndef DB_TRANSACTION_H
#define DB_TRANSACTION_H

#include "db/db.h"

struct transaction {
    struct db *db; /* NULL: not begun, joined, or ended */
};

#define TRANSACTION_SCOPED __attribute__((cleanup(transaction_end))) struct transaction

int transaction_begin(struct transaction *transaction, struct db *db, struct err *err);
int transaction_commit(struct transaction *transaction, struct err *err);
/* Rolls back what was begun and not committed. */
void transaction_end(struct transaction *transaction);

#endif
