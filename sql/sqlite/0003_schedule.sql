-- When hosts are due. A column for each field of the table in model/schedule.c (timezone NULL: the host's), then what we
-- keep: changed_at is since when the schedule counts, last_slot_at its newest slot that was enqueued or left out.
CREATE TABLE schedule (
    host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
    cron TEXT NOT NULL,
    prune INTEGER NOT NULL CHECK (prune IN (0, 1)),
    timezone TEXT,
    grace_seconds INTEGER NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    last_slot_at INTEGER
) STRICT;
