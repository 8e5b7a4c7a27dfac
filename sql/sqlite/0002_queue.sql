-- The queue. A run waits as `queued` until due_at; place is which of the node's parallel places it takes while it runs
-- (NULL: none, as for what a person runs in the foreground; takes_place 0: its job is too light to need one), and the indexes below keep two runs out of one place and
-- one slot of a schedule from being enqueued twice, however many schedulers and workers there are.
-- request is a JSON object: what was asked for, by job. A failure may be repeated until retry_until.
ALTER TABLE run ADD COLUMN node_id INTEGER REFERENCES node (id);
ALTER TABLE run ADD COLUMN request TEXT;
ALTER TABLE run ADD COLUMN due_at INTEGER;
ALTER TABLE run ADD COLUMN slot_at INTEGER;
ALTER TABLE run ADD COLUMN retry_until INTEGER;
ALTER TABLE run ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE run ADD COLUMN retry_of INTEGER REFERENCES run (id) ON DELETE SET NULL;
ALTER TABLE run ADD COLUMN cancel_at INTEGER;
ALTER TABLE run ADD COLUMN cancel_by TEXT;
ALTER TABLE run ADD COLUMN takes_place INTEGER NOT NULL DEFAULT 1;
ALTER TABLE run ADD COLUMN place INTEGER;

UPDATE run SET due_at = requested_at;
UPDATE run SET node_id = (SELECT node_id FROM host WHERE host.id = run.host_id);

CREATE UNIQUE INDEX run_of_slot ON run (host_id, slot_at);
CREATE UNIQUE INDEX run_of_place ON run (node_id, place);
CREATE INDEX run_of_due ON run (state, takes_place, due_at, id);
CREATE INDEX run_of_retry ON run (retry_of);

-- Who works: a row for each scheduler and worker that is alive; seen_at is its last sign of life.
CREATE TABLE daemon (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id INTEGER NOT NULL REFERENCES node (id),
    role TEXT NOT NULL CHECK (role IN ('scheduler', 'worker')),
    name TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    UNIQUE (node_id, role, name)
) STRICT;

-- The last pass of a scheduler over all schedules; boot_ms is the steady clock of the boot boot_id, against which a
-- step of the wall clock shows. maintenance_at is when the nightly work was last enqueued.
CREATE TABLE scheduler_pass (
    node_id INTEGER PRIMARY KEY REFERENCES node (id),
    passed_at INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boot_ms INTEGER NOT NULL,
    schedules INTEGER NOT NULL,
    enqueued INTEGER NOT NULL,
    trouble TEXT,
    trouble_at INTEGER,
    maintenance_at INTEGER
) STRICT;
