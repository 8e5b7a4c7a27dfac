-- Paths of a host that somebody has put aside to get them back together. path_b64: their bytes; path_hash: because a path
-- is too long for an index.
CREATE TABLE basket_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    path_hash TEXT NOT NULL,
    path_b64 TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    UNIQUE (account, host_id, path_hash)
) STRICT;
