CREATE TABLE api_request ( id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, request_key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER, location TEXT, content_type TEXT, body TEXT, created_at INTEGER NOT NULL, UNIQUE (account, request_key) ) STRICT;
CREATE INDEX api_request_of_time ON api_request (created_at);
