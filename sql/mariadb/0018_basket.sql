-- Paths of a host that somebody has put aside to get them back together. path_b64: their bytes; path_hash: because a path
-- is too long for an index.
CREATE TABLE IF NOT EXISTS basket_item (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account VARCHAR(255) NOT NULL,
    host_id BIGINT NOT NULL,
    path_hash VARCHAR(64) NOT NULL,
    path_b64 LONGTEXT NOT NULL,
    added_at BIGINT NOT NULL,
    UNIQUE KEY basket_item_by_account_host_id_path_hash (account, host_id, path_hash),
    CONSTRAINT basket_item_host_id FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
