-- The days of all hosts: when backups began and how they ended, without the rows themselves.
CREATE INDEX IF NOT EXISTS run_of_start ON run (job, started_at, host_id, state);
