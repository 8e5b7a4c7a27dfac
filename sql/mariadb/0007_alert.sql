-- Whom to tell, and what was told. notification: a column for each field of the table in model/notification.c, NULL is
-- "not set"; passwords are in files, of which only the paths are here.
CREATE TABLE IF NOT EXISTS notification (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    mail_to LONGTEXT,
    mail_from LONGTEXT,
    smtp_host LONGTEXT,
    smtp_port BIGINT,
    smtp_security LONGTEXT,
    smtp_user LONGTEXT,
    smtp_password_file LONGTEXT,
    smtp_ca_file LONGTEXT,
    webhook_url LONGTEXT,
    webhook_token_file LONGTEXT,
    ping_url LONGTEXT,
    alert_on LONGTEXT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

INSERT IGNORE INTO notification (id) VALUES (1);

-- What was last told of a host, or of the backup root ('/': no host can have that name). No row: nothing is wrong, or
-- nothing was told.
CREATE TABLE IF NOT EXISTS alert_state (
    rowid BIGINT NOT NULL AUTO_INCREMENT UNIQUE,
    subject VARCHAR(255) NOT NULL PRIMARY KEY,
    told_health LONGTEXT NOT NULL,
    since BIGINT,
    told_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Messages that are on their way. A row goes when the other side has taken it, so that nothing is lost while it cannot.
CREATE TABLE IF NOT EXISTS alert_outbox (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    channel LONGTEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    recipient LONGTEXT,
    subject LONGTEXT NOT NULL,
    body LONGTEXT NOT NULL,
    created_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    next_try_at BIGINT NOT NULL,
    last_error LONGTEXT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- How long logs of runs are kept, in days.
ALTER TABLE global_config ADD COLUMN IF NOT EXISTS keep_logs_days BIGINT;
