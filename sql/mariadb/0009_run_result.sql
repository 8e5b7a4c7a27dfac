-- What a run found beyond its figures, a JSON object as its command prints it: stages of a connection test, what a
-- discovery recorded. NULL: nothing.
ALTER TABLE run ADD COLUMN IF NOT EXISTS result LONGTEXT;
-- The newest run of a job of a host.
CREATE INDEX IF NOT EXISTS run_of_job ON run (host_id, job, id);
