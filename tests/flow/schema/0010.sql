CREATE INDEX snapshot_of_start ON snapshot (started_at);
CREATE INDEX run_of_request ON run (requested_at);
CREATE INDEX purge_of_time ON purge (at);
CREATE INDEX audit_of_time ON audit (at);
CREATE INDEX audit_of_object ON audit (object);
