-- When hosts are due. A column for each field of the table in model/schedule.c (timezone NULL: the host's), then what we
-- keep: changed_at is since when the schedule counts, last_slot_at its newest slot that was enqueued or left out.
CREATE TABLE IF NOT EXISTS schedule (
    host_id BIGINT NOT NULL PRIMARY KEY,
    cron LONGTEXT NOT NULL,
    prune BIGINT NOT NULL CHECK (prune IN (0, 1)),
    timezone LONGTEXT,
    grace_seconds BIGINT NOT NULL,
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    last_slot_at BIGINT,
    CONSTRAINT schedule_host_id FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
