"""Trees deeper than any path may be long: counted, kept, resumed from and removed."""

import os
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Checker, finals, in_memory
from kit import oracle, tree
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir

LEVELS = 400
BREAKS_OFF = """#!/bin/sh
/usr/bin/rsync "$@"
case $* in *--version*) exit ;; esac
exit 12
"""


def make_levels(path, count, name, content=b"at the end"):
    """`count` directories of this name, one in the other, and a file in the last."""
    here = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(count):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open(b"end", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here)
    os.write(file, content)
    os.close(file)
    os.close(here)


class Depth(unittest.TestCase):
    def setUp(self):
        in_memory()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.pobsync = self.enterContext(Pobsync())
        self.source = self.work.make("source")
        make_levels(self.source, LEVELS, b"level")
        root = os.open(self.source, os.O_RDONLY | os.O_DIRECTORY)
        tree.deep_path(root, b"long", tree.DEEP_PATH)
        os.close(root)
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)

    def backup(self, code):
        result = self.pobsync.run("backup", HOST, "--json")
        self.assertEqual(result.rc, code, result)
        return result.json

    def test_counted_and_equal(self):
        stats = self.backup(0)["stats"]
        records = oracle.tree_digest(self.source)
        files = sum(record.type != "directory" for record in records.values())
        self.assertEqual((stats["files"], stats["directories"]), (files, len(records) - files))
        self.assertGreater(stats["directories"], LEVELS)
        self.assertEqual(oracle.compare(records, os.path.join(finals(self.pobsync)[0], "data")), [])

    def test_resumed_from_and_removed(self):
        breaks_off = self.work.write("rsync-breaks-off", BREAKS_OFF, 0o755)
        self.pobsync.ok("configure-host", HOST, "--rsync-binary", breaks_off)
        self.backup(1)
        folder = os.path.join(self.pobsync.host_dir(HOST), ".incomplete")
        left, = os.listdir(folder)
        # Deeper than rsync itself could have made it: 200,000 bytes of path.
        make_levels(os.path.join(folder, left, "data"), 1000, b"d" * 200)
        make_levels(os.path.join(folder, left, "data"), 1, b"refuses")
        os.chmod(os.path.join(folder, left, "data/refuses"), 0)
        self.pobsync.ok("configure-host", HOST, "--rsync-binary", "/usr/bin/rsync")
        checker = Checker(self.pobsync, self.source)
        self.backup(0)
        self.assertEqual(checker.settled(), [])


if __name__ == "__main__":
    unittest.main()
