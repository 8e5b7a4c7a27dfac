"""Rows and disk of different times: a database restored from a copy, a disk restored from a copy, a root that was adopted.
Each is recognised, and nothing is pruned, until a person has compared them."""

import os
import shutil
import unittest

from kit import oracle
from kit.case import HostCase
from kit.workdir import remove_tree

RULES = ("--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0", "--keep-yearly", "0", "--keep-last", "1",
         "--min-free-bytes", "0", "--min-free-inodes", "0")


class Split(HostCase):
    def setUp(self):
        super().setUp()
        self.write("file")
        self.add_host(*RULES)
        self.backup()
        self.backup()

    def prune(self, expect):
        result = self.pobsync.run("retention", "web1", "--apply", "--yes", "--max-delete", "20")
        self.assertEqual(result.rc, expect, result)
        return result

    def refused(self, *words):
        before = self.snapshots()
        result = self.prune(7)
        self.assert_sentence(result, "discover-snapshots --confirm", *words)
        self.assertEqual(self.snapshots(), before)

    def confirmed(self):
        done = self.pobsync.json("discover-snapshots", "--confirm")
        self.assertIsNone(done["doubt"])
        self.prune(0)
        self.assertGreaterEqual(len(self.snapshots()), 1)

    def test_an_older_database(self):
        shutil.copy(self.pobsync.database, self.work / "copy")
        self.backup()
        self.pobsync.ok("pin", "web1", os.path.basename(self.snapshots()[0]), "--reason", "year's end")
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.pobsync.database + suffix):
                os.unlink(self.pobsync.database + suffix)
        shutil.copy(self.work / "copy", self.pobsync.database)
        self.assertIn("older than the disk", self.pobsync.json("discover-snapshots", "--preflight")["doubt"])
        self.refused("older than the disk")
        self.backup()  # goes on, and does not hide the doubt by writing host.json anew
        self.refused("older than the disk")
        self.confirmed()

    def test_an_older_disk(self):
        shutil.copytree(self.pobsync.root, self.work / "copy", symlinks=True)
        self.backup()
        remove_tree(self.pobsync.host_dir("web1"))
        shutil.move(os.path.join(self.work / "copy", "web1"), self.pobsync.host_dir("web1"))
        self.refused("is not on disk")
        self.confirmed()

    def test_an_adopted_root(self):
        shutil.copytree(self.pobsync.root, self.work / "other", symlinks=True)
        for name in os.listdir(self.work / "other"):
            if name.startswith(".pobsync-root"):
                os.unlink(os.path.join(self.work / "other", name))
        self.pobsync.ok("configure-global", "--backup-root", self.work / "other", "--adopt-root")
        before = oracle.snapshots(self.work / "other", "web1", "scheduled")
        result = self.prune(7)
        self.assert_sentence(result, "adopted")
        self.assertEqual(oracle.snapshots(self.work / "other", "web1", "scheduled"), before)

    def test_ordinary_work_raises_no_doubt(self):
        self.pobsync.ok("configure-host", "web1", "--retries", "1")
        self.backup()
        self.assertIsNone(self.pobsync.json("discover-snapshots", "--preflight")["doubt"])
        self.prune(0)
        self.assertEqual(len(self.snapshots()), 1)


if __name__ == "__main__":
    unittest.main()
