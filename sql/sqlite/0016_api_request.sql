-- Changes that a program asked for under a key of its own (Idempotency-Key), with their answers: asked again, it gets the
-- same answer and nothing is done twice. status is NULL while the change is in work. Kept for a day.
CREATE TABLE api_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    request_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER,
    location TEXT,
    content_type TEXT,
    body TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (account, request_key)
) STRICT;
CREATE INDEX api_request_of_time ON api_request (created_at);
