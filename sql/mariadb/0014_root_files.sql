-- Up to which change (audit.id) the files on a root tell what a rebuild needs.
ALTER TABLE root ADD COLUMN IF NOT EXISTS noted_change BIGINT NOT NULL DEFAULT 0;
