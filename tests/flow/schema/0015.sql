CREATE INDEX run_of_start ON run (started_at, host_id, state) WHERE job = 'backup';
