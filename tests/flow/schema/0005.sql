CREATE INDEX snapshot_of_held ON snapshot (held_at);
