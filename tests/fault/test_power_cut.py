"""The power goes in the middle of a backup or a prune: the file system stops as it is, with whatever had not been synced, and is
mounted again. Nothing that had a final name has lost anything, and the next run puts the rest right. The same engine
without its syncfs must fail the same test, or the test proves nothing."""

import os
import random
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Aftermath, finals, fingerprint, in_memory, leftovers, rows
from kit.faults import FakeRsync, Faults
from kit.mounts import ext4, requires_loop, xfs
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.tree import small_files_tree
from kit.workdir import WorkDir

TIME_LIMIT = 900
CUTS = int(os.environ.get("POBSYNC_POWER_CUTS", "12"))


class CutStage:
    """An installation whose backup root, and with `database` its state directory too, lies on a file system of its own."""

    def __init__(self, case, mount, database):
        in_memory()
        self.mount = case.enterContext(mount)
        self.work = case.enterContext(WorkDir())
        self.source = self.work / "source"
        self.pobsync = case.enterContext(Pobsync(sanitised=False, root=os.path.join(self.mount.path, "root")))
        os.mkdir(self.pobsync.root)
        if database:
            self.pobsync.home = os.path.join(self.mount.path, "home")
        small_files_tree(self.source, 40)
        self.fake = FakeRsync(self.work.path)
        with Sshd() as sshd:
            self.pobsync.add_host(HOST, sshd, self.source, *EVERYTHING, *NO_FLOOR, "--rsync-binary", self.fake.path)
            self.pobsync.ok("host-key", HOST, "--accept", sshd.fingerprint())
        self.changes = 0

    def change(self):
        self.changes += 1
        for number in range(3):
            with open(os.path.join(self.source, f"changing{number}"), "w", encoding="utf-8") as file:
                file.write(f"{self.changes} " * 4000)

    def revive(self):
        self.pobsync.settle()
        self.mount.revive()

    def calls(self):
        """[(number, call, path)] of an undisturbed backup."""
        self.change()
        faults = Faults(self.work.path)
        self.pobsync.ok("backup", HOST, env=faults.env)
        return faults.names()

    def cut(self, at, skip=None):
        """One backup during which the power goes at this call. What is wrong afterwards, None when it did not go."""
        self.change()
        aftermath = Aftermath(self)
        faults = Faults(self.work.path, at, "cut", cut=self.mount.path, skip=skip)
        result = self.pobsync.run("backup", HOST, env=faults.env)
        if not faults.fired:
            return None
        self.revive()
        return aftermath(None, result)


class PowerCut(unittest.TestCase):
    def cuts(self, title, mount, database):
        stage = CutStage(self, mount, database)
        stage.pobsync.ok("backup", HOST)
        last = len(stage.calls())
        points = sorted(random.Random(20261125).sample(range(1, last + 1), min(CUTS, last)))
        cuts, violations = 0, []
        for at in points:
            wrong = stage.cut(at)
            cuts += wrong is not None
            violations += [f"call {at} of {last}: {line}" for line in wrong or []]
        print(f"    {title}: {cuts} power cuts at calls 1 to {last}, {len(violations)} violations")
        self.assertEqual(violations, [])
        self.assertGreater(cuts, 0)

    @requires_loop("ext4")
    def test_ext4_with_the_database_on_it(self):
        self.cuts("ext4, database too", ext4(96), True)

    @requires_loop("ext4")
    def test_ext4_with_the_database_elsewhere(self):
        self.cuts("ext4", ext4(96), False)

    @requires_loop("xfs")
    def test_xfs_with_the_database_on_it(self):
        self.cuts("xfs, database too", xfs(), True)


class PowerCutInPrune(unittest.TestCase):
    """Three of six snapshots go, and so does the power. What is kept stays; what was to go is whole or gone; the rows agree
    after the next prune."""

    DAY, BEGIN = 86400, 1764000000

    def at(self, day):
        return {"POBSYNC_FAKE_NOW": str(self.BEGIN + day * self.DAY)}

    def prune(self, stage, env=None):
        return stage.pobsync.run("retention", HOST, "--apply", "--yes", env=self.at(99) | (env or {}))

    def wrong_at_once(self, stage, whole, doomed):
        for path, before in whole.items():
            there = os.path.isdir(path)
            if path not in doomed and not there:
                yield f"{os.path.basename(path)} was to be kept, and has gone"
            elif there and fingerprint(path) != before:
                yield f"{os.path.basename(path)} has lost something under its final name"

    def wrong_after_the_next(self, stage, whole, doomed):
        following = self.prune(stage)
        if following.rc != 0:
            yield f"the next prune: {following}"
        yield from self.wrong_at_once(stage, whole, doomed)
        yield from (f"left behind: {name}" for name in leftovers(stage.pobsync))
        on_disk = {os.path.basename(path) for path in finals(stage.pobsync)}
        recorded = {row["name"] for row in rows(stage.pobsync, "SELECT name FROM snapshot WHERE status <> 'deleted'")}
        if on_disk != recorded or on_disk != {os.path.basename(path) for path in whole if path not in doomed}:
            yield f"on disk {sorted(on_disk)}, recorded {sorted(recorded)}"

    def cuts(self, title, mount, database):
        stage = CutStage(self, mount, database)
        day, cuts, violations = 0, 0, []
        stage.pobsync.ok("configure-host", HOST, "--keep-last", "3", "--keep-daily", "0", "--keep-weekly", "0",
                         "--keep-monthly", "0", "--keep-yearly", "0")
        chance, last = random.Random(20261126), None
        for turn in range(CUTS + 1):
            while len(finals(stage.pobsync)) < 6:
                stage.change()
                stage.pobsync.ok("backup", HOST, env=self.at(day))
                day += 1
            whole = {path: fingerprint(path) for path in finals(stage.pobsync)}
            doomed = list(whole)[:-3]
            os.sync()
            faults = Faults(stage.work.path, 0 if last is None else chance.randint(1, last), "cut", cut=stage.mount.path)
            if last is None:  # the first one is let go through, and counted
                self.assertEqual(self.prune(stage, faults.env).rc, 0)
                last = faults.calls
                continue
            self.prune(stage, faults.env)
            if not faults.fired:
                continue
            cuts += 1
            stage.revive()
            violations += self.wrong_at_once(stage, whole, doomed)
            violations += self.wrong_after_the_next(stage, whole, doomed)
        print(f"    {title}: {cuts} power cuts at calls 1 to {last} of a prune, {len(violations)} violations")
        self.assertEqual(violations, [])
        self.assertGreater(cuts, 0)

    @requires_loop("ext4")
    def test_ext4_with_the_database_on_it(self):
        self.cuts("ext4, database too", ext4(96), True)

    @requires_loop("ext4")
    def test_ext4_with_the_database_elsewhere(self):
        self.cuts("ext4", ext4(96), False)

    @requires_loop("xfs")
    def test_xfs_with_the_database_on_it(self):
        self.cuts("xfs, database too", xfs(), True)


class WithoutSync(unittest.TestCase):
    """The negative control."""

    def violations(self, mount):
        stage = CutStage(self, mount, False)
        stage.pobsync.ok("backup", HOST)
        calls = stage.calls()
        # What follows the last rename of the run, that to the final name among them, syncs the directories.
        first = max(number for number, call, _ in calls if call == "syncfs") + 1
        found = [line for at in range(first + 1, min(first + 6, len(calls)) + 1) for line in stage.cut(at, ["syncfs"]) or []]
        print(f"    without syncfs: {len(found)} violations, the first: {found[:1]}")
        return found

    @requires_loop("ext4")
    def test_ext4_loses_files_of_a_final_name(self):
        self.assertNotEqual(self.violations(ext4(96)), [], "an engine without its syncs passes this test")

    @requires_loop("xfs")
    def test_xfs_loses_files_of_a_final_name(self):
        self.assertNotEqual(self.violations(xfs()), [], "an engine without its syncs passes this test")


if __name__ == "__main__":
    unittest.main()
