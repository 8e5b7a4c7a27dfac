-- The queue. A run waits as `queued` until due_at; place is which of the node's parallel places it takes while it runs
-- (NULL: none, as for what a person runs in the foreground; takes_place 0: its job is too light to need one), and the indexes below keep two runs out of one place and
-- one slot of a schedule from being enqueued twice, however many schedulers and workers there are.
-- request is a JSON object: what was asked for, by job. A failure may be repeated until retry_until.
ALTER TABLE run ADD COLUMN IF NOT EXISTS node_id BIGINT;
ALTER TABLE run ADD CONSTRAINT run_node_id FOREIGN KEY IF NOT EXISTS (node_id) REFERENCES node (id);
ALTER TABLE run ADD COLUMN IF NOT EXISTS request LONGTEXT;
ALTER TABLE run ADD COLUMN IF NOT EXISTS due_at BIGINT;
ALTER TABLE run ADD COLUMN IF NOT EXISTS slot_at BIGINT;
ALTER TABLE run ADD COLUMN IF NOT EXISTS retry_until BIGINT;
ALTER TABLE run ADD COLUMN IF NOT EXISTS attempt BIGINT NOT NULL DEFAULT 1;
ALTER TABLE run ADD COLUMN IF NOT EXISTS retry_of BIGINT;
ALTER TABLE run ADD CONSTRAINT run_retry_of FOREIGN KEY IF NOT EXISTS (retry_of) REFERENCES run (id) ON DELETE SET NULL;
ALTER TABLE run ADD COLUMN IF NOT EXISTS cancel_at BIGINT;
ALTER TABLE run ADD COLUMN IF NOT EXISTS cancel_by LONGTEXT;
ALTER TABLE run ADD COLUMN IF NOT EXISTS takes_place BIGINT NOT NULL DEFAULT 1;
ALTER TABLE run ADD COLUMN IF NOT EXISTS place BIGINT;

UPDATE run SET due_at = requested_at;
UPDATE run SET node_id = (SELECT node_id FROM host WHERE host.id = run.host_id);

CREATE UNIQUE INDEX IF NOT EXISTS run_of_slot ON run (host_id, slot_at);
CREATE UNIQUE INDEX IF NOT EXISTS run_of_place ON run (node_id, place);
CREATE INDEX IF NOT EXISTS run_of_due ON run (state, takes_place, due_at, id);
CREATE INDEX IF NOT EXISTS run_of_retry ON run (retry_of);

-- Who works: a row for each scheduler and worker that is alive; seen_at is its last sign of life.
CREATE TABLE IF NOT EXISTS daemon (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    node_id BIGINT NOT NULL,
    role VARCHAR(16) NOT NULL CHECK (role IN ('scheduler', 'worker')),
    name VARCHAR(255) NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    UNIQUE KEY daemon_by_node_id_role_name (node_id, role, name),
    CONSTRAINT daemon_node_id FOREIGN KEY (node_id) REFERENCES node (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- The last pass of a scheduler over all schedules; boot_ms is the steady clock of the boot boot_id, against which a
-- step of the wall clock shows. maintenance_at is when the nightly work was last enqueued.
CREATE TABLE IF NOT EXISTS scheduler_pass (
    node_id BIGINT NOT NULL PRIMARY KEY,
    passed_at BIGINT NOT NULL,
    boot_id LONGTEXT NOT NULL,
    boot_ms BIGINT NOT NULL,
    schedules BIGINT NOT NULL,
    enqueued BIGINT NOT NULL,
    trouble LONGTEXT,
    trouble_at BIGINT,
    maintenance_at BIGINT,
    CONSTRAINT scheduler_pass_node_id FOREIGN KEY (node_id) REFERENCES node (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
