-- What became of messages: taken by the other side, or given up. The newest thousand are kept.
CREATE TABLE IF NOT EXISTS alert_delivery (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at BIGINT NOT NULL,
    channel LONGTEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    recipient LONGTEXT,
    subject LONGTEXT NOT NULL,
    outcome LONGTEXT NOT NULL CHECK (outcome IN ('delivered', 'given_up')),
    created_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    error LONGTEXT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
