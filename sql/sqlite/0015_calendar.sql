-- The days of all hosts: when backups began and how they ended, without the rows themselves.
CREATE INDEX run_of_start ON run (started_at, host_id, state) WHERE job = 'backup';
