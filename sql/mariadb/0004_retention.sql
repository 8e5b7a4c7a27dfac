-- Deletions. A purge is one snapshot that was taken away, by whom and why; it outlives snapshot, run and host. noted: it
-- is in the host's purges.jsonl; removed_at: its files have gone from the trash, and what that gave back.
CREATE TABLE IF NOT EXISTS "purge" (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor LONGTEXT NOT NULL,
    origin LONGTEXT NOT NULL,
    host_id BIGINT,
    host_name LONGTEXT NOT NULL,
    snapshot_id BIGINT,
    snapshot_name LONGTEXT NOT NULL,
    kind LONGTEXT NOT NULL CHECK (kind IN ('scheduled', 'manual', 'incomplete')),
    status LONGTEXT,
    snapshot_started_at BIGINT,
    files BIGINT,
    bytes BIGINT,
    new_bytes BIGINT,
    reason LONGTEXT NOT NULL,
    plan LONGTEXT,
    run_id BIGINT,
    noted BIGINT NOT NULL DEFAULT 0 CHECK (noted IN (0, 1)),
    removed_at BIGINT,
    removed_entries BIGINT,
    freed_bytes BIGINT,
    CONSTRAINT purge_host_id FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE SET NULL,
    CONSTRAINT purge_snapshot_id FOREIGN KEY (snapshot_id) REFERENCES snapshot (id) ON DELETE SET NULL,
    CONSTRAINT purge_run_id FOREIGN KEY (run_id) REFERENCES run (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE INDEX IF NOT EXISTS purge_of_host ON "purge" (host_id, id);
CREATE INDEX IF NOT EXISTS purge_of_snapshot ON "purge" (snapshot_id);
CREATE INDEX IF NOT EXISTS purge_of_run ON "purge" (run_id);

ALTER TABLE run ADD COLUMN IF NOT EXISTS deleted_snapshots BIGINT;
ALTER TABLE run ADD COLUMN IF NOT EXISTS freed_bytes BIGINT;
