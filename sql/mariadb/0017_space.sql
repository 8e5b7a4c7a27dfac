-- What the snapshots of a host take on disk, as they were measured last. unread: entries and snapshots that could not be
-- looked at, so the figures are too low.
CREATE TABLE IF NOT EXISTS host_space (
    host_id BIGINT NOT NULL PRIMARY KEY,
    measured_at BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    CONSTRAINT host_space_host_id FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS snapshot_space (
    snapshot_id BIGINT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    new_bytes BIGINT NOT NULL,
    exclusive_bytes BIGINT NOT NULL,
    directory_bytes BIGINT NOT NULL,
    CONSTRAINT snapshot_space_snapshot_id FOREIGN KEY (snapshot_id) REFERENCES snapshot (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- What was free on the file system of a backup root, about once an hour, for 90 days. inodes are NULL where their number
-- is not fixed.
CREATE TABLE IF NOT EXISTS room_sample (
    root_id BIGINT NOT NULL,
    taken_at BIGINT NOT NULL,
    bytes_free BIGINT NOT NULL,
    bytes_total BIGINT NOT NULL,
    inodes_free BIGINT,
    inodes_total BIGINT,
    PRIMARY KEY (root_id, taken_at),
    CONSTRAINT room_sample_root_id FOREIGN KEY (root_id) REFERENCES root (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
