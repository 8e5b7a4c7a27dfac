-- The foundation. Points in time are UTC seconds, flags are 0 or 1, and NULL is "not set", "not yet" or "not known".
-- Ids are never used again (AUTOINCREMENT): runs, logs and audit rows keep naming what has gone.

CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uuid TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE node (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

-- active is 1 or NULL, so that a node has at most one active root.
CREATE TABLE root (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id INTEGER NOT NULL REFERENCES node (id),
    path TEXT NOT NULL,
    uuid TEXT NOT NULL,
    installation TEXT NOT NULL,
    was_mount INTEGER NOT NULL CHECK (was_mount IN (0, 1)),
    created_at INTEGER NOT NULL,
    active INTEGER CHECK (active = 1),
    UNIQUE (node_id, active),
    UNIQUE (node_id, uuid)
) STRICT;

-- Settings: a column for each field of the table in model/config.c; NULL is "not set", '' is "set to nothing", a list
-- is one item a line.
CREATE TABLE global_config (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    backup_root TEXT,
    parallel_runs INTEGER,
    allowed_hosts TEXT,
    trusted_proxies TEXT,
    timezone TEXT,
    ssh_user TEXT,
    ssh_port INTEGER,
    ssh_identity_file TEXT,
    ssh_options TEXT,
    rsync_binary TEXT,
    rsync_args TEXT,
    bwlimit_kbps INTEGER,
    timeout_seconds INTEGER,
    max_runtime_seconds INTEGER,
    retries INTEGER,
    source_root TEXT,
    includes TEXT,
    excludes TEXT,
    excludes_replace INTEGER CHECK (excludes_replace IN (0, 1)),
    one_file_system INTEGER CHECK (one_file_system IN (0, 1)),
    keep_last INTEGER,
    keep_hourly INTEGER,
    keep_daily INTEGER,
    keep_weekly INTEGER,
    keep_monthly INTEGER,
    keep_yearly INTEGER,
    protect_bases INTEGER CHECK (protect_bases IN (0, 1)),
    max_delete INTEGER,
    allow_empty INTEGER CHECK (allow_empty IN (0, 1)),
    max_age_hours INTEGER,
    min_free_bytes INTEGER,
    min_free_inodes INTEGER
) STRICT;

INSERT INTO global_config (id) VALUES (1);

CREATE TABLE host (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id INTEGER NOT NULL REFERENCES node (id),
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    address TEXT,
    enabled INTEGER CHECK (enabled IN (0, 1)),
    timezone TEXT,
    ssh_user TEXT,
    ssh_port INTEGER,
    ssh_identity_file TEXT,
    ssh_options TEXT,
    rsync_binary TEXT,
    rsync_args TEXT,
    bwlimit_kbps INTEGER,
    timeout_seconds INTEGER,
    max_runtime_seconds INTEGER,
    retries INTEGER,
    source_root TEXT,
    includes TEXT,
    excludes TEXT,
    excludes_replace INTEGER CHECK (excludes_replace IN (0, 1)),
    one_file_system INTEGER CHECK (one_file_system IN (0, 1)),
    keep_last INTEGER,
    keep_hourly INTEGER,
    keep_daily INTEGER,
    keep_weekly INTEGER,
    keep_monthly INTEGER,
    keep_yearly INTEGER,
    protect_bases INTEGER CHECK (protect_bases IN (0, 1)),
    max_delete INTEGER,
    allow_empty INTEGER CHECK (allow_empty IN (0, 1)),
    max_age_hours INTEGER,
    min_free_bytes INTEGER,
    min_free_inodes INTEGER
) STRICT;

CREATE TABLE host_key (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    key_text TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    pinned_at INTEGER NOT NULL,
    pinned_by TEXT NOT NULL,
    PRIMARY KEY (host_id, type)
) STRICT;

-- running_host_id is set while a backup of that host runs: there can be no second one, and the host cannot be
-- removed. worker and heartbeat are the lease, token the fence.
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER REFERENCES host (id) ON DELETE SET NULL,
    host_name TEXT,
    job TEXT NOT NULL,
    kind TEXT CHECK (kind IN ('scheduled', 'manual')),
    trigger_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'warning', 'partial', 'failed', 'cancelled')),
    cause TEXT,
    message TEXT,
    snapshot_name TEXT,
    base_name TEXT,
    actor TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    running_host_id INTEGER UNIQUE REFERENCES host (id),
    token INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    heartbeat INTEGER NOT NULL DEFAULT 0,
    files INTEGER,
    directories INTEGER,
    bytes INTEGER,
    linked_files INTEGER,
    copied_same INTEGER,
    new_inodes INTEGER,
    new_bytes INTEGER,
    sent INTEGER,
    received INTEGER,
    transferred INTEGER,
    failed_paths INTEGER,
    rsync_exit INTEGER,
    connect_ms INTEGER,
    transfer_ms INTEGER,
    finish_ms INTEGER,
    CHECK (running_host_id IS NULL OR state = 'running'),
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'running')))
) STRICT;

CREATE INDEX run_of_host ON run (host_id, id);
CREATE INDEX run_of_host_name ON run (host_name, id);
CREATE INDEX run_of_state ON run (state, id);

CREATE TABLE run_path (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT;

-- claimed_metadata: what a metadata file on disk said, word for word, of a snapshot that was discovered.
CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'manual', 'incomplete')),
    name TEXT NOT NULL,
    status TEXT CHECK (status IN ('success', 'warning', 'partial', 'claimed', 'deleting', 'deleted')),
    started_at INTEGER,
    ended_at INTEGER,
    base_id INTEGER REFERENCES snapshot (id) ON DELETE SET NULL,
    base_name TEXT,
    files INTEGER,
    directories INTEGER,
    bytes INTEGER,
    linked_files INTEGER,
    new_bytes INTEGER,
    pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    pin_reason TEXT,
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    held_reason TEXT,
    held_at INTEGER,
    missing_since INTEGER,
    claimed_metadata TEXT,
    UNIQUE (host_id, name),
    CHECK (status IS NOT NULL OR kind = 'incomplete')
) STRICT;

CREATE INDEX snapshot_of_run ON snapshot (run_id);
CREATE INDEX snapshot_of_base ON snapshot (base_id);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    before_text TEXT,
    after_text TEXT
) STRICT;
