/* Transactions that end with their scope. */
#include "db/transaction.h"

int transaction_begin(struct transaction *transaction, struct db *db, struct err *err)
{
    transaction->db = NULL;
    if (db_in_transaction(db))
        return 0;
    if (db_begin(db, err) < 0)
        return -1;
    transaction->db = db;
    return 0;
}

int transaction_commit(struct transaction *transaction, struct err *err)
{
    struct db *db = transaction->db;

    transaction->db = NULL;
    return db == NULL ? 0 : db_commit(db, err);
}

void transaction_end(struct transaction *transaction)
{
    if (transaction->db != NULL)
        db_rollback(transaction->db);
    transaction->db = NULL;
}
