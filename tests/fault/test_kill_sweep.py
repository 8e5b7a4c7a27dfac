"""A backup is killed before each of its calls to the file system, the database's included. No final name is without its
tree, older snapshots stay, the next run puts everything right and the one after it finds nothing to do."""

import json
import os
import unittest

from backup_state import HOST, Aftermath, Checker, Stage, finals, runs
from kit.faults import Faults, sweep

TIME_LIMIT = 900


class KillSweep(unittest.TestCase):
    def setUp(self):
        self.stage = self.enterContext(Stage())

    def sweep(self, title):
        prepared = self.stage.prepared()
        aftermath = Aftermath(self.stage)
        done = sweep(f"killed in {title}", lambda env: self.stage.backup(None, env), aftermath, prepared.restore)
        print(f"    the slowest next run took {aftermath.slowest * 1000:.0f} ms")
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 50)

    def test_first_run(self):
        self.sweep("a first run")

    def test_run_with_a_base(self):
        self.stage.backup()
        self.stage.write("new", "since the base")
        self.sweep("a run with a base")

    def test_run_that_resumes(self):
        self.stage.backup()
        for number in range(4):
            self.stage.write(f"new{number}", "since the base")
        self.stage.fake.configure(stop_after=12, exit=12)
        self.stage.backup(1)
        self.stage.fake.configure()
        self.sweep("a run that resumes")

    def test_run_that_adopts(self):
        self.stage.backup()
        self.kill_before_the_last_row()
        self.sweep("a run that adopts")

    def kill_before_the_last_row(self):
        """Leaves a snapshot under its final name whose run never ended."""
        counting = Faults(self.stage.work.path)
        prepared = self.stage.prepared()
        self.stage.backup(env=counting.env)
        rename = [number for number, call, path in counting.names() if call == "rename" and "__" in path][-1]
        prepared.restore()
        self.stage.backup(-9, Faults(self.stage.work.path, rename + 1).env)
        self.assertEqual((len(finals(self.stage.pobsync)), runs(self.stage.pobsync)[-1]["state"]), (2, "running"))

    def test_run_that_starts_again_without_a_base(self):
        """The stand-in gives up in the second attempt too; the next run knows nothing of that."""
        self.stage.backup()
        prepared = self.stage.prepared()
        aftermath = Aftermath(self.stage)

        def prepare():
            prepared.restore()
            self.stage.fake.configure(exit=12, stderr='rsync: [receiver] link "a" => b failed: Too many links (31)')

        def check(point, result):
            self.stage.fake.configure()
            return aftermath(point, result)

        # Until rsync starts it is a run like any other.
        done = sweep("killed in a run that starts again", lambda env: self.stage.backup(None, env), check, prepare,
                     first=60)
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 50)


class TheSweepCanFail(unittest.TestCase):
    """Planted damage: each kind must be told by the checks."""

    def setUp(self):
        self.stage = self.enterContext(Stage())
        self.stage.backup()

    def found(self, damage, settled=False):
        """What the checks of a sweep say when `damage` is done to the second snapshot."""
        prepared = self.stage.prepared()
        checker = Checker(self.stage.pobsync, self.stage.source)

        def check(point, result):
            damage(checker.new_finals()[0])
            return checker.settled() if settled else checker.after_fault()

        wrong = sweep("planted", lambda env: self.stage.backup(None, env), check, prepared.restore, first=10000,
                      report=lambda line: None).violations
        prepared.restore()
        return [sentence for sentence in wrong if not sentence.startswith("nothing was hit")]

    def test_damage_to_the_new_snapshot_is_found(self):
        def lose_a_file(path):
            folder = os.path.join(path, "data/dir000/sub000/leaf")
            os.unlink(os.path.join(folder, sorted(os.listdir(folder))[0]))

        def lose_the_end_of_the_metadata(path):
            os.truncate(os.path.join(path, "meta.json"), 100)

        def forge_the_count(path):
            with open(os.path.join(path, "meta.json"), encoding="utf-8") as file:
                meta = json.load(file)
            meta["stats"]["files"] += 1
            with open(os.path.join(path, "meta.json"), "w", encoding="utf-8") as file:
                json.dump(meta, file)

        def lose_the_log(path):
            os.unlink(os.path.join(path, "rsync.log.gz"))

        for damage in (lose_a_file, lose_the_end_of_the_metadata, forge_the_count, lose_the_log):
            with self.subTest(damage.__name__):
                self.assertTrue(self.found(damage))

    def test_damage_to_an_older_snapshot_is_found(self):
        def change_the_mode(path):
            older = finals(self.stage.pobsync)[0]
            folder = os.path.join(older, "data/dir000/sub000/leaf")
            os.chmod(folder, 0o700)

        self.assertTrue(self.found(change_the_mode))

    def test_disagreement_of_rows_and_disk_is_found(self):
        def rename_away(path):
            os.rename(path, os.path.join(self.stage.pobsync.host_dir(HOST), ".incomplete", os.path.basename(path)))

        self.assertTrue(self.found(rename_away, settled=True))


if __name__ == "__main__":
    unittest.main()
