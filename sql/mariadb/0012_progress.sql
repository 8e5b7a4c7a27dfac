-- How far a run is, a JSON object that whoever runs it writes about once a second; NULL once it has ended, and for jobs that
-- tell nothing.
ALTER TABLE run ADD COLUMN IF NOT EXISTS progress LONGTEXT;
