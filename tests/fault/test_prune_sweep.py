"""A prune of 3 of 10 snapshots is killed before each of its calls to the file system, the database's included; so is a
backup that prunes behind itself. No snapshot is partly gone under its final name, those that are kept stay as they are
to the last bit, and whoever comes next completes the same plan."""

import errno
import json
import os
import unittest

from backup_state import HOST, Keeper, Stage, finals, leftovers, rows, runs
from kit import oracle
from kit.faults import sweep

TIME_LIMIT = 900
DAY = 86400
BEGIN = 1764000000
TERMINAL = {"success", "warning", "partial", "failed", "cancelled"}


class PruneCase(unittest.TestCase):
    KEPT = 7

    def setUp(self):
        self.stage = self.enterContext(Stage(files=4))
        self.pobsync = self.stage.pobsync
        for day in range(10):
            self.stage.write(f"of day {day}", str(day))
            self.stage.backup(env=self.at(day))
        self.pobsync.ok("configure-host", HOST, "--keep-daily", self.KEPT, "--keep-weekly", "0", "--keep-monthly", "0",
                        "--keep-yearly", "0")
        self.names = [os.path.basename(path) for path in finals(self.pobsync)]
        self.keeper = Keeper(self.pobsync)
        self.whole = dict(self.keeper.kept)

    def at(self, day):
        return {"POBSYNC_FAKE_NOW": str(BEGIN + day * DAY)}

    def keep_only(self, paths):
        self.keeper.kept = {path: self.whole[path] for path in paths}

    def after_kill(self, doomed):
        """Kept ones as they were; a doomed one is whole under its final name, or is not there."""
        wrong = [*self.keeper.wrong(), *oracle.check_host_dir(self.pobsync.root, HOST)]
        for path in doomed:
            if os.path.isdir(path) and oracle.digest_hash(path) != self.whole[path]:
                wrong.append(f"{os.path.basename(path)} is partly gone under its final name")
        return wrong

    def converged(self, doomed, all_gone):
        """Rows, disk and purge records agree; nothing is left over."""
        wrong = self.after_kill(doomed) + [f"left behind: {name}" for name in leftovers(self.pobsync)]
        on_disk = {os.path.basename(path) for path in finals(self.pobsync)}
        recorded = {row["name"] for row in rows(self.pobsync, "SELECT name FROM snapshot WHERE status <> 'deleted'")}
        if on_disk != recorded:
            wrong.append(f"on disk {sorted(on_disk)}, recorded {sorted(recorded)}")
        gone = {os.path.basename(path) for path in doomed} - on_disk
        if all_gone and len(gone) != len(doomed):
            wrong.append(f"deleted are only {sorted(gone)}")
        purged = [row["snapshot_name"] for row in rows(
            self.pobsync, "SELECT snapshot_name FROM purge WHERE removed_at IS NOT NULL AND noted = 1 ORDER BY id")]
        if sorted(purged) != sorted(gone):
            wrong.append(f"purge records of {sorted(purged)}, deleted are {sorted(gone)}")
        wrong += [f"run {run['id']} is {run['state']}" for run in runs(self.pobsync)
                  if run["state"] not in TERMINAL or run["running_host_id"] is not None]
        told = self.told()
        if told != gone:
            wrong.append(f"purges.jsonl tells of {sorted(told)}, deleted are {sorted(gone)}")
        return wrong

    def told(self):
        path = os.path.join(self.pobsync.host_dir(HOST), ".pobsync", "purges.jsonl")
        if not os.path.exists(path):
            return set()
        found = set()
        with open(path, encoding="utf-8") as file:
            for line in file:
                try:
                    found.add(json.loads(line)["snapshot"])
                except ValueError:
                    pass  # a torn line, as its file says
        return found


class Prune(PruneCase):
    def test_kill_at_every_call(self):
        prepared = self.stage.prepared()
        doomed, kept = finals(self.pobsync)[:3], finals(self.pobsync)[3:]
        self.keep_only(kept)

        def prune(env):
            return self.pobsync.run("retention", HOST, "--apply", "--yes", env=self.at(10) | env)

        def check(point, result):
            self.pobsync.settle()
            wrong = self.after_kill(doomed)
            if result.rc == 0:
                wrong += self.converged(doomed, True)
            following = prune({})
            if following.rc != 0:
                wrong.append(f"the next prune: {following}")
            wrong += [f"after the next prune: {sentence}" for sentence in self.converged(doomed, True)]
            before = rows(self.pobsync, "SELECT * FROM purge")
            prune({})
            if rows(self.pobsync, "SELECT * FROM purge") != before:
                wrong.append("a third prune changed the records")
            return wrong

        done = sweep("killed in a prune", prune, check, prepared.restore)
        print(f"    {done.points} kill points, {len(done.violations)} violations")
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 50)


class PruneWithErrors(PruneCase):
    """Each call fails once; the errors share the calls among them."""

    SHARED = (errno.EIO, errno.ENOSPC, errno.EINTR, errno.EMFILE, errno.EACCES)

    def sweep_errors(self, title, **options):
        def prune(env):
            return self.pobsync.run("retention", HOST, "--apply", "--yes", env=self.at(10) | env)

        def check(point, result):
            self.pobsync.settle()
            wrong = self.after_kill(self.doomed)
            if result.rc == 0 and {os.path.basename(path) for path in self.doomed} & self.visible():
                wrong.append("exit 0, and what was to go is there")
            # Whoever comes next completes the plan; nobody has to help.
            following = prune({})
            if following.rc != 0:
                wrong.append(f"the next prune: {following}")
            return wrong + [f"after the next prune: {sentence}" for sentence in self.converged(self.doomed, True)]

        done = sweep(title, prune, check, self.state.restore, **options)
        self.assertEqual(done.violations, [])
        return done.points

    def visible(self):
        return {os.path.basename(path) for path in finals(self.pobsync)}

    def test_each_call_fails_once(self):
        self.state = self.stage.prepared()
        self.doomed = finals(self.pobsync)[:3]
        self.keep_only(finals(self.pobsync)[3:])
        points = 0
        for turn, number in enumerate(self.SHARED):
            with self.subTest(errno.errorcode[number]):
                points += self.sweep_errors(f"a prune, {errno.errorcode[number]} at every fifth call", mode=number,
                                            first=turn + 1, step=len(self.SHARED))
        for number in (errno.EIO, errno.ENOSPC):
            with self.subTest("telling calls", error=errno.errorcode[number]):
                points += self.sweep_errors(f"a prune, {errno.errorcode[number]} at each rename and fsync", mode=number,
                                            only=("rename", "fsync"))
        print(f"    {points} errors injected into prunes")
        self.assertGreater(points, 100)


class PruneAfterBackup(PruneCase):
    def test_kill_at_every_call_after_the_snapshot_is_there(self):
        prepared = self.stage.prepared()
        older = finals(self.pobsync)
        doomed, kept = older[:4], older[4:]  # the new one is the seventh that stays
        self.keep_only(kept)
        outcomes = set()

        def backup(env):
            return self.pobsync.run("backup", HOST, "--prune", env=self.at(10) | env)

        def check(point, result):
            self.pobsync.settle()
            wrong = self.after_kill(doomed)
            if result.rc == 0:
                wrong += self.converged(doomed, True)
            following = self.pobsync.run("backup", HOST, env=self.at(10))
            if following.rc != 0:
                wrong.append(f"the next run: {following}")
            wrong += [f"after the next run: {sentence}" for sentence in self.converged(doomed, False)]
            left = sum(os.path.isdir(path) for path in doomed)
            outcomes.add(left)
            if left not in (0, 4):
                wrong.append(f"{left} of 4 are left: a plan is carried out whole or not at all")
            return wrong

        # What comes before is swept by test_kill_sweep.
        done = sweep("killed in a backup that prunes", backup, check, prepared.restore, first=90)
        print(f"    {done.points} kill points, {len(done.violations)} violations")
        self.assertEqual(done.violations, [])
        self.assertEqual(outcomes, {0, 4})


class DeleteAndCleanUp(PruneCase):
    def test_kill_at_every_call_of_a_deletion(self):
        prepared = self.stage.prepared()
        doomed = finals(self.pobsync)[4:5]
        self.keep_only([path for path in finals(self.pobsync) if path not in doomed])

        def delete(env):
            return self.pobsync.run("delete", HOST, os.path.basename(doomed[0]), "--yes", env=self.at(10) | env)

        def check(point, result):
            self.pobsync.settle()
            wrong = self.after_kill(doomed)
            following = delete({})
            if following.rc not in (0, 7):  # 7: it was deleted
                wrong.append(f"the next deletion: {following}")
            # One that is refused empties no trash; whoever works there next does.
            self.pobsync.ok("recover", env=self.at(10))
            return wrong + self.converged(doomed, True)

        done = sweep("killed in a deletion", delete, check, prepared.restore)
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 30)


class TheSweepCanFail(PruneCase):
    def test_a_tree_that_is_partly_gone_is_found(self):
        doomed = finals(self.pobsync)[:3]
        self.keep_only(finals(self.pobsync)[3:])
        self.assertEqual(self.after_kill(doomed), [])
        os.unlink(os.path.join(doomed[1], "data", "of day 0"))
        self.assertTrue(any("partly gone" in sentence for sentence in self.after_kill(doomed)))

    def test_a_kept_one_that_changed_is_found(self):
        self.keep_only(finals(self.pobsync)[3:])
        os.chmod(os.path.join(finals(self.pobsync)[5], "data", "of day 0"), 0o600)
        self.assertTrue(self.after_kill([]))


if __name__ == "__main__":
    unittest.main()
