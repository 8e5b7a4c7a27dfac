-- What lists of all rows are sorted and looked up by, day by day, so that no list sorts its whole table; and the history
-- of one object.
CREATE INDEX IF NOT EXISTS snapshot_of_start ON snapshot (started_at);
CREATE INDEX IF NOT EXISTS run_of_request ON run (requested_at);
CREATE INDEX IF NOT EXISTS purge_of_time ON "purge" (at);
CREATE INDEX IF NOT EXISTS audit_of_time ON audit (at);
CREATE INDEX IF NOT EXISTS audit_of_object ON audit (object(255));
