"""The disk of the state directory is full, to the last byte and for as long as it lasts: while a run is claimed, while
one ends, during a prune. Nothing is lost, and once there is room each run ends once and rows and disk agree."""

import os
import random
import threading
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Checker, Keeper, finals, in_memory, leftovers, rows, runs
from kit import mounts
from kit.deadline import wait_for
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir

TIME_LIMIT = 600
SLOW = "exec rsync --bwlimit=1500 ${SSH_ORIGINAL_COMMAND#rsync}"
DAY, BEGIN = 86400, 1764000000


class Hog:
    """Takes whatever is free on a disk, also what somebody gives up later, until it is let go."""

    def __init__(self, path):
        self.path = os.path.join(path, ".hog")
        self.over = threading.Event()
        self.full = threading.Event()
        self.thread = threading.Thread(target=self.eat, daemon=True)
        self.thread.start()
        if not self.full.wait(20):
            raise AssertionError("the disk does not become full")

    def eat(self):
        with open(self.path, "wb", buffering=0) as file:
            while not self.over.is_set():
                try:
                    file.write(bytes(4096))
                except OSError:
                    self.full.set()
                    self.over.wait(0.001)

    def let_go(self):
        self.over.set()
        self.thread.join(20)
        os.unlink(self.path)


@mounts.requires_mount
class DatabaseDiskFull(unittest.TestCase):
    def setUp(self):
        in_memory()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.disk = self.enterContext(mounts.tmpfs("24m"))
        self.pobsync = self.enterContext(Pobsync(sanitised=False))
        self.pobsync.home = os.path.join(self.disk.path, "home")
        self.source = self.work.make("source")
        self.write("old", 10_000)
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)
        self.key = " ".join(self.pobsync.key_line(HOST).split()[-3:])

    def write(self, name, size):
        with open(os.path.join(self.source, name), "wb") as file:
            file.write(random.Random(name).randbytes(size))

    def slow(self, on):
        self.sshd.authorize()
        if on:
            self.sshd.authorize_command(self.key, self.sshd.stub(SLOW))
        else:
            self.sshd.authorize_also(self.key)

    def incomplete(self):
        path = os.path.join(self.pobsync.host_dir(HOST), ".incomplete")
        return [name for _, _, names in os.walk(path) for name in names]

    def test_while_a_run_is_claimed(self):
        self.pobsync.ok("backup", HOST)
        checker = Checker(self.pobsync, self.source)
        self.pobsync.ok("backup", HOST, "--queue")
        hog = Hog(self.disk.path)
        self.pobsync.run("worker", "--once", timeout=120)
        self.pobsync.settle(60)
        hog.let_go()
        self.assertEqual(checker.after_fault(), [])
        self.pobsync.ok("worker", "--once", timeout=120)
        self.pobsync.ok("backup", HOST)
        self.assertEqual(checker.settled(), [])
        self.assertIn("success", [run["state"] for run in runs(self.pobsync)[1:]])

    def test_while_a_run_ends(self):
        self.pobsync.ok("backup", HOST)
        for number in range(3):
            self.write(f"new{number}", 1_500_000)
        checker = Checker(self.pobsync, self.source)
        self.slow(True)
        running = self.pobsync.spawn("backup", HOST)
        wait_for(lambda: any("new" in name for name in self.incomplete()), 60, "data arrive")
        hog = Hog(self.disk.path)
        result = running.wait(120)
        self.pobsync.settle(60)
        self.assertEqual(checker.after_fault(), [])
        hog.let_go()
        if result.rc == 0:
            self.assertEqual(checker.after_success(), [])
        self.slow(False)
        self.pobsync.ok("backup", HOST)
        self.assertEqual(checker.settled(), [])
        print(f"    the run ended with exit {result.rc}, its row says {runs(self.pobsync)[1]['state']}")

    def test_during_a_prune(self):
        for day in range(4):
            self.write(f"of day {day}", 1000)
            self.pobsync.ok("backup", HOST, env={"POBSYNC_FAKE_NOW": str(BEGIN + day * DAY)})
        self.pobsync.ok("configure-host", HOST, "--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0",
                        "--keep-monthly", "0", "--keep-yearly", "0")
        now = {"POBSYNC_FAKE_NOW": str(BEGIN + 4 * DAY)}
        keeper = Keeper(self.pobsync)
        whole, newest = keeper.kept, finals(self.pobsync)[-1]
        hog = Hog(self.disk.path)
        result = self.pobsync.run("retention", HOST, "--apply", "--yes", env=now)
        self.pobsync.settle(60)
        hog.let_go()
        keeper.kept = {path: whole[path] for path in finals(self.pobsync)}
        self.assertIn(newest, keeper.kept)
        self.assertEqual(list(keeper.wrong()), [], "one is partly gone under its final name")
        following = self.pobsync.run("retention", HOST, "--apply", "--yes", env=now)
        self.assertEqual(following.rc, 0, following)
        self.assertEqual((finals(self.pobsync), leftovers(self.pobsync)), ([newest], []))
        self.assertEqual(len(rows(self.pobsync, "SELECT id FROM purge WHERE removed_at IS NOT NULL")), 3)
        self.assertEqual([run["id"] for run in runs(self.pobsync) if run["ended_at"] is None], [])
        print(f"    the prune on a full disk ended with exit {result.rc}, the one after it with 0")


if __name__ == "__main__":
    unittest.main()
