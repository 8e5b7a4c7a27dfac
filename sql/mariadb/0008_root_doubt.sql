-- Whether rows and disk of a root may belong to different times or installations. doubt is why, and since when; nothing
-- is pruned while it is set. confirmed_at is when a person last compared them and said that they agree.
ALTER TABLE root ADD COLUMN IF NOT EXISTS doubt LONGTEXT;
ALTER TABLE root ADD COLUMN IF NOT EXISTS doubt_at BIGINT;
ALTER TABLE root ADD COLUMN IF NOT EXISTS confirmed_at BIGINT;
