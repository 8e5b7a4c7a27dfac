-- Whether rows and disk of a root may belong to different times or installations. doubt is why, and since when; nothing
-- is pruned while it is set. confirmed_at is when a person last compared them and said that they agree.
ALTER TABLE root ADD COLUMN doubt TEXT;
ALTER TABLE root ADD COLUMN doubt_at INTEGER;
ALTER TABLE root ADD COLUMN confirmed_at INTEGER;
