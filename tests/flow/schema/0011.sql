CREATE INDEX snapshot_of_kind ON snapshot (host_id, kind, status);
