-- Deletions. A purge is one snapshot that was taken away, by whom and why; it outlives snapshot, run and host. noted: it
-- is in the host's purges.jsonl; removed_at: its files have gone from the trash, and what that gave back.
CREATE TABLE purge (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    origin TEXT NOT NULL,
    host_id INTEGER REFERENCES host (id) ON DELETE SET NULL,
    host_name TEXT NOT NULL,
    snapshot_id INTEGER REFERENCES snapshot (id) ON DELETE SET NULL,
    snapshot_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'manual', 'incomplete')),
    status TEXT,
    snapshot_started_at INTEGER,
    files INTEGER,
    bytes INTEGER,
    new_bytes INTEGER,
    reason TEXT NOT NULL,
    plan TEXT,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    noted INTEGER NOT NULL DEFAULT 0 CHECK (noted IN (0, 1)),
    removed_at INTEGER,
    removed_entries INTEGER,
    freed_bytes INTEGER
) STRICT;

CREATE INDEX purge_of_host ON purge (host_id, id);
CREATE INDEX purge_of_snapshot ON purge (snapshot_id);
CREATE INDEX purge_of_run ON purge (run_id);

ALTER TABLE run ADD COLUMN deleted_snapshots INTEGER;
ALTER TABLE run ADD COLUMN freed_bytes INTEGER;
