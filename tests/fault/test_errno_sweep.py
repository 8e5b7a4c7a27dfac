"""Each call of a backup to the file system, the database's included, fails once. Exit 0 always means a whole snapshot
with its rows, older snapshots stay, and the next run puts everything right."""

import errno
import unittest

from backup_state import Aftermath, Stage
from kit.faults import sweep

TIME_LIMIT = 900

# The errors share the calls of a sweep among them: each call meets one of them, the telling ones meet more.
SHARED = (errno.EIO, errno.ENOSPC, errno.EINTR, errno.EMFILE, errno.EACCES)
TELLING = ("rename", "fsync", "syncfs", "mkdir")


class ErrnoSweep(unittest.TestCase):
    def setUp(self):
        self.stage = self.enterContext(Stage())
        self.stage.backup()
        self.stage.write("new", "since the base")
        self.stage.write("newer", "since the base")
        self.prepared = self.stage.prepared()
        self.aftermath = Aftermath(self.stage, removals_fail=True)

    def sweep(self, title, **options):
        done = sweep(title, lambda env: self.stage.backup(None, env), self.aftermath, self.prepared.restore, **options)
        self.assertEqual(done.violations, [])
        return done

    def test_each_call_fails_once(self):
        points = 0
        for turn, number in enumerate(SHARED):
            with self.subTest(errno.errorcode[number]):
                points += self.sweep(f"{errno.errorcode[number]} at every fifth call", mode=number, first=turn + 1,
                                     step=len(SHARED)).points
        self.assertGreater(points, 100)

    def test_telling_calls_fail_with_each_error(self):
        for number in (errno.EIO, errno.ENOSPC, errno.EINTR):
            with self.subTest(errno.errorcode[number]):
                self.sweep(f"{errno.errorcode[number]} at each {', '.join(TELLING)}", mode=number, only=TELLING)

    def test_opening_for_reading_fails(self):
        for turn, number in enumerate((errno.EMFILE, errno.EACCES, errno.EIO)):
            with self.subTest(errno.errorcode[number]):
                self.sweep(f"{errno.errorcode[number]} at every seventh opening", mode=number, only=("open",),
                           opens="all", first=2 * turn + 1, step=7)

    def test_short_writes(self):
        self.sweep("every second write stores a half", mode="short", only=("write", "pwrite64"), step=2)

    def test_a_disk_that_stays_full(self):
        self.sweep("ENOSPC from a call on", mode=errno.ENOSPC, sticky=True, first=3, step=6)


if __name__ == "__main__":
    unittest.main()
