-- Whom to tell, and what was told. notification: a column for each field of the table in model/notification.c, NULL is
-- "not set"; passwords are in files, of which only the paths are here.
CREATE TABLE notification (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    mail_to TEXT,
    mail_from TEXT,
    smtp_host TEXT,
    smtp_port INTEGER,
    smtp_security TEXT,
    smtp_user TEXT,
    smtp_password_file TEXT,
    smtp_ca_file TEXT,
    webhook_url TEXT,
    webhook_token_file TEXT,
    ping_url TEXT,
    alert_on TEXT
) STRICT;

INSERT INTO notification (id) VALUES (1);

-- What was last told of a host, or of the backup root ('/': no host can have that name). No row: nothing is wrong, or
-- nothing was told.
CREATE TABLE alert_state (
    subject TEXT PRIMARY KEY,
    told_health TEXT NOT NULL,
    since INTEGER,
    told_at INTEGER NOT NULL
) STRICT;

-- Messages that are on their way. A row goes when the other side has taken it, so that nothing is lost while it cannot.
CREATE TABLE alert_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    recipient TEXT,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER NOT NULL,
    last_error TEXT
) STRICT;

-- How long logs of runs are kept, in days.
ALTER TABLE global_config ADD COLUMN keep_logs_days INTEGER;
