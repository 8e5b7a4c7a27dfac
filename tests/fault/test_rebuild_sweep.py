"""A rebuild is killed before each of its calls to the file system, the database's included. Nothing in the root changes
but the marker; what was half done is nothing or one whole host; the second attempt finishes, and a third finds nothing
to do."""

import os
import unittest

from kit import oracle
from kit.case import HostCase
from kit.faults import Prepared, sweep

TIME_LIMIT = 900
RULES = ("--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0", "--keep-yearly", "0", "--keep-last", "2",
         "--min-free-bytes", "0", "--min-free-inodes", "0")
TABLES = ("SELECT name, address, keep_last, created_at FROM host ORDER BY name",
          "SELECT s.name, s.status, s.base_name, (SELECT b.name FROM snapshot b WHERE b.id = s.base_id AND b.status "
          "<> 'deleted'), s.pinned, s.pin_reason, s.held_reason FROM snapshot s WHERE s.status <> 'deleted' ORDER BY s.name",
          "SELECT id, snapshot_name, reason, removed_at, freed_bytes, host_id IS NULL FROM purge ORDER BY id",
          "SELECT cron, prune FROM schedule", "SELECT type, fingerprint, pinned_at FROM host_key",
          "SELECT keep_weekly FROM global_config")


class RebuildSweep(HostCase):
    sanitised = False

    def setUp(self):
        super().setUp()
        self.write("file")
        self.add_host(*RULES)
        self.pobsync.ok("configure-global", "--keep-weekly", "7")
        self.pobsync.ok("configure-host", "db1", "--address", "192.0.2.1")
        self.pobsync.ok("schedule", "web1", "--cron", "15 2 * * *", "--prune")
        for _ in range(3):
            self.backup()
        self.pobsync.ok("retention", "web1", "--apply", "--yes")
        self.pobsync.ok("pin", "web1", "latest", "--reason", "year's end")
        self.before = self.tables()
        self.files = self.root_files()
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.pobsync.database + suffix):
                os.unlink(self.pobsync.database + suffix)
        self.pobsync.ok("hosts")  # a new, empty database

    def tables(self):
        return [self.query(statement) for statement in TABLES]

    def root_files(self):
        """Everything below the root but the marker and the locks, with what it holds."""
        found = {}
        for folder, _, names in os.walk(self.pobsync.root):
            found[folder] = None
            for name in names:
                if not name.startswith((".pobsync-root", ".lock")):
                    with open(os.path.join(folder, name), "rb") as file:
                        found[os.path.join(folder, name)] = file.read()
        return found

    def rebuild(self, env=None):
        return self.pobsync.run("rebuild", "--backup-root", self.pobsync.root, "--adopt-root", "--json", env=env)

    def check(self, point, result):
        wrong = []
        hosts, snapshots = self.tables()[:2]
        if len(snapshots) not in (0, 2) or (snapshots and ("web1" not in [row[0] for row in hosts])):
            wrong.append(f"a part of a host: {hosts}, {snapshots}")
        second = self.rebuild()
        if second.rc != 0:
            wrong.append(f"second attempt: {second}")
        claimed = [[row[:1] + ("success",) + row[2:] if len(row) == 7 else row for row in rows] for rows in self.tables()]
        if claimed != self.before:
            wrong.append(f"rebuilt {claimed}, was {self.before}")
        if {row[0] for row in self.query("SELECT DISTINCT status FROM snapshot")} != {"claimed"}:
            wrong.append("a snapshot counts before it was confirmed")
        third = self.rebuild()
        counts = third.json["counts"] if third.rc == 0 else {}
        if (counts.get("rebuilt"), counts.get("rebuilt_snapshots"), counts.get("rebuilt_purges")) != (0, 0, 0):
            wrong.append(f"third attempt: {third}")
        if self.root_files() != self.files:
            changed = {path for path, content in self.root_files().items() if self.files.get(path, 0) != content}
            wrong.append(f"the root has changed: {changed or 'something has gone'}")
        wrong += oracle.check_host_dir(self.pobsync.root, "web1")
        return wrong

    def test_a_second_attempt_finishes(self):
        prepared = Prepared(self.pobsync.root, self.pobsync.home)
        done = sweep("killed in a rebuild", self.rebuild, self.check, prepared.restore)
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 20)


if __name__ == "__main__":
    unittest.main()
