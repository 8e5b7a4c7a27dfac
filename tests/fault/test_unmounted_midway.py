"""The backup root is unmounted in the middle of a discovery: before each file and directory that it opens. Whatever it had
seen by then, no snapshot is taken for missing that only went with its disk, and the disk's absence is what is told."""

import os
import sqlite3
import unittest

from kit import mounts
from kit.faults import Faults, Prepared, sweep
from kit.pobsync import Pobsync
from kit.workdir import WorkDir

HOST = "web1"
RECORDED = [f"202601{day:02}-021500Z__0000000{day}" for day in range(1, 5)]
REMOVED = RECORDED[1]  # by somebody, since it was recorded
NEW = "20260109-021500Z__00000009"
OPENS = {"opens": "all", "only": ["open"]}
NOT_MOUNTED = "was a mount of its own when it was set up and is none now"


@mounts.requires_mount
class UnmountedMidway(unittest.TestCase):
    def setUp(self):
        self.disk = self.enterContext(mounts.tmpfs())
        self.root = self.disk.path
        self.pobsync = self.enterContext(Pobsync(sanitised=False, root=self.root))
        self.pobsync.mark_root()
        for host in (HOST, "web2"):
            self.pobsync.ok("configure-host", host, "--address", "192.0.2.1")
            for name in RECORDED:
                self.make_snapshot(host, name)
        self.pobsync.ok("discover-snapshots", "--confirm")
        # The files that follow a change (host.json) are written when discovery is over: here none is to follow.
        with sqlite3.connect(self.pobsync.database) as link:
            link.execute("UPDATE root SET noted_change = 1000000")
        link.close()
        os.rename(self.path(HOST, REMOVED), self.path(HOST, "removed"))
        self.make_snapshot(HOST, NEW)
        # The disk once more, so that it can be mounted again whatever became of the mount.
        self.saved = self.enterContext(mounts.bind(self.root))

    def path(self, host, name):
        return os.path.join(self.root, host, "scheduled", name)

    def make_snapshot(self, host, name):
        os.makedirs(os.path.join(self.path(host, name), "data"))
        with open(os.path.join(self.path(host, name), "data", "file"), "w", encoding="ascii") as file:
            file.write("content\n")

    def mount(self):
        if not os.path.ismount(self.root):
            self.disk.arguments = ["--bind", self.saved.path]
            self.disk.mount()

    def rows(self):
        return {(host, item["name"]): item["missing_since"] is not None
                for host in (HOST, "web2") for item in self.pobsync.json("snapshots", host)["items"]}

    def test_before_each_open(self):
        before = self.rows()
        self.assertEqual(before, {(host, name): False for host in (HOST, "web2") for name in RECORDED})
        after = before | {(HOST, REMOVED): True, (HOST, NEW): False}
        told = {}

        def prepare():
            self.mount()
            state.restore()

        def discover(env):
            return self.pobsync.run("discover-snapshots", "--json", env=env)

        def last_look():
            """The number of the open with which the root is looked at for the last time, within the transaction."""
            with WorkDir("kit.count.") as directory:
                faults = Faults(directory.path, **OPENS)
                self.assertEqual(discover(faults.env).rc, 0)
                return [number for number, _, what in faults.names() if what == self.root][-1]

        def check(point, result):
            rows, gone = self.rows(), not os.path.ismount(self.root)
            missed = point.fired and point.number <= last
            wrong = [] if point.fired == gone else [f"unmounted: {gone}"]
            told[result.rc] = told.get(result.rc, 0) + 1
            if missed and (result.rc != 8 or NOT_MOUNTED not in result.out + result.err):
                wrong.append(f"not told: {result}")
            if rows != (before if missed else after):
                wrong.append(f"recorded: {rows}")
            if not missed and result.rc != 0:
                wrong.append(f"done, and yet: {result}")
            if gone and self.pobsync.json("status")["root"]["state"] != "root_not_mounted":
                wrong.append("status does not tell")
            return wrong

        with Prepared(self.pobsync.home) as state:
            last = last_look()
            done = sweep("root unmounted before each open of a discovery", discover, check, prepare, mode="unmount",
                         cut=self.root, **OPENS)
            self.assertEqual(done.violations, [])
            self.assertGreater(last, 20, "the last look comes last")
            self.mount()
            self.pobsync.ok("discover-snapshots")
            self.assertEqual(self.rows(), after, "mounted again, and nothing was lost")
        os.rename(self.path(HOST, "removed"), self.path(HOST, REMOVED))
        self.pobsync.ok("discover-snapshots")
        self.assertFalse(self.rows()[(HOST, REMOVED)])
        print(f"{told[8]} times told as not mounted, {told[0]} times all was done before")


if __name__ == "__main__":
    unittest.main()
