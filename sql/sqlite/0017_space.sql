-- What the snapshots of a host take on disk, as they were measured last. unread: entries and snapshots that could not be
-- looked at, so the figures are too low.
CREATE TABLE host_space (
    host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
    measured_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    unread INTEGER NOT NULL
) STRICT;

CREATE TABLE snapshot_space (
    snapshot_id INTEGER PRIMARY KEY REFERENCES snapshot (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL,
    new_bytes INTEGER NOT NULL,
    exclusive_bytes INTEGER NOT NULL,
    directory_bytes INTEGER NOT NULL
) STRICT;

-- What was free on the file system of a backup root, about once an hour, for 90 days. inodes are NULL where their number
-- is not fixed.
CREATE TABLE room_sample (
    root_id INTEGER NOT NULL REFERENCES root (id),
    taken_at INTEGER NOT NULL,
    bytes_free INTEGER NOT NULL,
    bytes_total INTEGER NOT NULL,
    inodes_free INTEGER,
    inodes_total INTEGER,
    PRIMARY KEY (root_id, taken_at)
) STRICT;
