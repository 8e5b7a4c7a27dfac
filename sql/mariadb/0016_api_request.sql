-- Changes that a program asked for under a key of its own (Idempotency-Key), with their answers: asked again, it gets the
-- same answer and nothing is done twice. status is NULL while the change is in work. Kept for a day.
CREATE TABLE IF NOT EXISTS api_request (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account VARCHAR(255) NOT NULL,
    request_key VARCHAR(255) NOT NULL,
    fingerprint LONGTEXT NOT NULL,
    status BIGINT,
    location LONGTEXT,
    content_type LONGTEXT,
    body LONGTEXT,
    created_at BIGINT NOT NULL,
    UNIQUE KEY api_request_by_account_request_key (account, request_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS api_request_of_time ON api_request (created_at);
