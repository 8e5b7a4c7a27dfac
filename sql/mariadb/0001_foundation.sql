-- The foundation. Points in time are UTC seconds, flags are 0 or 1, and NULL is "not set", "not yet" or "not known".
-- Ids are never used again: runs, logs and audit rows keep naming what has gone.
-- The tables and columns are those of sql/sqlite/, and a test holds them together. Text that is a key, or is looked up by an
-- index, has a length here. Every statement may be run again, since no transaction holds them together.

CREATE TABLE IF NOT EXISTS installation (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    uuid LONGTEXT NOT NULL,
    epoch BIGINT NOT NULL,
    created_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS node (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- active is 1 or NULL, so that a node has at most one active root.
CREATE TABLE IF NOT EXISTS root (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    node_id BIGINT NOT NULL,
    path LONGTEXT NOT NULL,
    uuid VARCHAR(40) NOT NULL,
    installation LONGTEXT NOT NULL,
    was_mount BIGINT NOT NULL CHECK (was_mount IN (0, 1)),
    created_at BIGINT NOT NULL,
    active BIGINT CHECK (active = 1),
    UNIQUE KEY root_by_node_id_active (node_id, active),
    UNIQUE KEY root_by_node_id_uuid (node_id, uuid),
    CONSTRAINT root_node_id FOREIGN KEY (node_id) REFERENCES node (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Settings: a column for each field of the table in model/config.c; NULL is "not set", '' is "set to nothing", a list
-- is one item a line.
CREATE TABLE IF NOT EXISTS global_config (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    backup_root LONGTEXT,
    parallel_runs BIGINT,
    allowed_hosts LONGTEXT,
    trusted_proxies LONGTEXT,
    timezone LONGTEXT,
    ssh_user LONGTEXT,
    ssh_port BIGINT,
    ssh_identity_file LONGTEXT,
    ssh_options LONGTEXT,
    rsync_binary LONGTEXT,
    rsync_args LONGTEXT,
    bwlimit_kbps BIGINT,
    timeout_seconds BIGINT,
    max_runtime_seconds BIGINT,
    retries BIGINT,
    source_root LONGTEXT,
    includes LONGTEXT,
    excludes LONGTEXT,
    excludes_replace BIGINT CHECK (excludes_replace IN (0, 1)),
    one_file_system BIGINT CHECK (one_file_system IN (0, 1)),
    keep_last BIGINT,
    keep_hourly BIGINT,
    keep_daily BIGINT,
    keep_weekly BIGINT,
    keep_monthly BIGINT,
    keep_yearly BIGINT,
    protect_bases BIGINT CHECK (protect_bases IN (0, 1)),
    max_delete BIGINT,
    allow_empty BIGINT CHECK (allow_empty IN (0, 1)),
    max_age_hours BIGINT,
    min_free_bytes BIGINT,
    min_free_inodes BIGINT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

INSERT IGNORE INTO global_config (id) VALUES (1);

CREATE TABLE IF NOT EXISTS host (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    node_id BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    address LONGTEXT,
    enabled BIGINT CHECK (enabled IN (0, 1)),
    timezone LONGTEXT,
    ssh_user LONGTEXT,
    ssh_port BIGINT,
    ssh_identity_file LONGTEXT,
    ssh_options LONGTEXT,
    rsync_binary LONGTEXT,
    rsync_args LONGTEXT,
    bwlimit_kbps BIGINT,
    timeout_seconds BIGINT,
    max_runtime_seconds BIGINT,
    retries BIGINT,
    source_root LONGTEXT,
    includes LONGTEXT,
    excludes LONGTEXT,
    excludes_replace BIGINT CHECK (excludes_replace IN (0, 1)),
    one_file_system BIGINT CHECK (one_file_system IN (0, 1)),
    keep_last BIGINT,
    keep_hourly BIGINT,
    keep_daily BIGINT,
    keep_weekly BIGINT,
    keep_monthly BIGINT,
    keep_yearly BIGINT,
    protect_bases BIGINT CHECK (protect_bases IN (0, 1)),
    max_delete BIGINT,
    allow_empty BIGINT CHECK (allow_empty IN (0, 1)),
    max_age_hours BIGINT,
    min_free_bytes BIGINT,
    min_free_inodes BIGINT,
    CONSTRAINT host_node_id FOREIGN KEY (node_id) REFERENCES node (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- rowid, here and in alert_state, is what SQLite gives every table.
CREATE TABLE IF NOT EXISTS host_key (
    rowid BIGINT NOT NULL AUTO_INCREMENT UNIQUE,
    host_id BIGINT NOT NULL,
    type VARCHAR(64) NOT NULL,
    key_text LONGTEXT NOT NULL,
    fingerprint LONGTEXT NOT NULL,
    pinned_at BIGINT NOT NULL,
    pinned_by LONGTEXT NOT NULL,
    PRIMARY KEY (host_id, type),
    CONSTRAINT host_key_host_id FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- running_host_id is set while a backup of that host runs: there can be no second one, and the host cannot be
-- removed. worker and heartbeat are the lease, token the fence.
CREATE TABLE IF NOT EXISTS run (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    host_id BIGINT,
    host_name VARCHAR(255),
    job VARCHAR(32) NOT NULL,
    kind LONGTEXT CHECK (kind IN ('scheduled', 'manual')),
    trigger_name LONGTEXT NOT NULL,
    state VARCHAR(16) NOT NULL CHECK (state IN ('queued', 'running', 'success', 'warning', 'partial', 'failed', 'cancelled')),
    cause LONGTEXT,
    message LONGTEXT,
    snapshot_name LONGTEXT,
    base_name LONGTEXT,
    actor LONGTEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    running_host_id BIGINT UNIQUE,
    token BIGINT NOT NULL DEFAULT 0,
    worker LONGTEXT,
    heartbeat BIGINT NOT NULL DEFAULT 0,
    files BIGINT,
    directories BIGINT,
    bytes BIGINT,
    linked_files BIGINT,
    copied_same BIGINT,
    new_inodes BIGINT,
    new_bytes BIGINT,
    sent BIGINT,
    received BIGINT,
    transferred BIGINT,
    failed_paths BIGINT,
    rsync_exit BIGINT,
    connect_ms BIGINT,
    transfer_ms BIGINT,
    finish_ms BIGINT,
    CHECK (running_host_id IS NULL OR state = 'running'),
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'running'))),
    CONSTRAINT run_host_id FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE SET NULL,
    CONSTRAINT run_running_host_id FOREIGN KEY (running_host_id) REFERENCES host (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE INDEX IF NOT EXISTS run_of_host ON run (host_id, id);
CREATE INDEX IF NOT EXISTS run_of_host_name ON run (host_name, id);
CREATE INDEX IF NOT EXISTS run_of_state ON run (state, id);

CREATE TABLE IF NOT EXISTS run_path (
    run_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    path LONGTEXT NOT NULL,
    reason LONGTEXT NOT NULL,
    PRIMARY KEY (run_id, position),
    CONSTRAINT run_path_run_id FOREIGN KEY (run_id) REFERENCES run (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- claimed_metadata: what a metadata file on disk said, word for word, of a snapshot that was discovered.
CREATE TABLE IF NOT EXISTS snapshot (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    host_id BIGINT NOT NULL,
    run_id BIGINT,
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('scheduled', 'manual', 'incomplete')),
    name VARCHAR(255) NOT NULL,
    status VARCHAR(16) CHECK (status IN ('success', 'warning', 'partial', 'claimed', 'deleting', 'deleted')),
    started_at BIGINT,
    ended_at BIGINT,
    base_id BIGINT,
    base_name LONGTEXT,
    files BIGINT,
    directories BIGINT,
    bytes BIGINT,
    linked_files BIGINT,
    new_bytes BIGINT,
    pinned BIGINT NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    pin_reason LONGTEXT,
    confirmed BIGINT NOT NULL CHECK (confirmed IN (0, 1)),
    held_reason LONGTEXT,
    held_at BIGINT,
    missing_since BIGINT,
    claimed_metadata LONGTEXT,
    UNIQUE KEY snapshot_by_host_id_name (host_id, name),
    CHECK (status IS NOT NULL OR kind = 'incomplete'),
    CONSTRAINT snapshot_host_id FOREIGN KEY (host_id) REFERENCES host (id) ON DELETE CASCADE,
    CONSTRAINT snapshot_run_id FOREIGN KEY (run_id) REFERENCES run (id) ON DELETE SET NULL,
    CONSTRAINT snapshot_base_id FOREIGN KEY (base_id) REFERENCES snapshot (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE INDEX IF NOT EXISTS snapshot_of_run ON snapshot (run_id);
CREATE INDEX IF NOT EXISTS snapshot_of_base ON snapshot (base_id);

CREATE TABLE IF NOT EXISTS audit (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor LONGTEXT NOT NULL,
    origin LONGTEXT NOT NULL,
    action LONGTEXT NOT NULL,
    object LONGTEXT NOT NULL,
    before_text LONGTEXT,
    after_text LONGTEXT
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
