-- People, their sessions, and the tokens of programs. Secrets are kept as SHA-256, passwords as argon2id: who reads the
-- database can log in with nothing of it.
CREATE TABLE IF NOT EXISTS user_account (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE,
    role LONGTEXT NOT NULL CHECK (role IN ('viewer', 'restorer', 'operator', 'admin')),
    password_hash LONGTEXT NOT NULL,
    enabled BIGINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    created_at BIGINT NOT NULL,
    password_at BIGINT NOT NULL,
    last_login_at BIGINT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS session (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    secret_hash VARCHAR(64) NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    address LONGTEXT NOT NULL,
    agent LONGTEXT,
    CONSTRAINT session_user_id FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE INDEX IF NOT EXISTS session_of_user ON session (user_id);

-- rights are words and hosts names, one a line; hosts NULL: all of them.
CREATE TABLE IF NOT EXISTS api_token (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    name LONGTEXT NOT NULL,
    secret_hash VARCHAR(64) NOT NULL UNIQUE,
    rights LONGTEXT NOT NULL,
    hosts LONGTEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_used_at BIGINT,
    last_used_from LONGTEXT,
    CONSTRAINT api_token_user_id FOREIGN KEY (user_id) REFERENCES user_account (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE INDEX IF NOT EXISTS api_token_of_user ON api_token (user_id);

-- Failed logins: subject is an account at an address, or an address.
CREATE TABLE IF NOT EXISTS login_throttle (
    subject VARCHAR(700) NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
