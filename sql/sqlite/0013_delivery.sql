-- What became of messages: taken by the other side, or given up. The newest thousand are kept.
CREATE TABLE alert_delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('mail', 'webhook')),
    recipient TEXT,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'given_up')),
    created_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    error TEXT
) STRICT;
