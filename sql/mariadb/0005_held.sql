-- The few snapshots that are held are looked for whenever the health of all hosts is told.
CREATE INDEX IF NOT EXISTS snapshot_of_held ON snapshot (held_at);
