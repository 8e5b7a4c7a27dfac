-- Up to which change (audit.id) the files on a root tell what a rebuild needs.
ALTER TABLE root ADD COLUMN noted_change INTEGER NOT NULL DEFAULT 0;
