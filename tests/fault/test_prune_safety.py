"""What a prune must never do: touch what is kept, follow a link, cross a mount, believe a row or a metadata file that
points elsewhere, delete the last good snapshot, need room to make room, or keep a backup waiting."""

import fcntl
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import time
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Stage, finals, in_memory, leftovers, rows
from kit import mounts, oracle
from kit.faults import FakeRsync
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.swapper import Swapper
from kit.workdir import WorkDir

TIME_LIMIT = 600
DAY = 86400
BEGIN = 1764000000
RACE_SECONDS = 5


def at(day):
    return {"POBSYNC_FAKE_NOW": str(BEGIN + day * DAY)}


class SafetyCase(unittest.TestCase):
    SNAPSHOTS = 4

    def setUp(self):
        self.stage = self.enterContext(Stage(files=4))
        self.pobsync = self.stage.pobsync
        for day in range(self.SNAPSHOTS):
            self.stage.write(f"of day {day}", str(day))
            self.stage.backup(env=at(day))
        self.now = at(self.SNAPSHOTS)
        self.policy("--keep-last", "1")

    def policy(self, *options):
        self.pobsync.ok("configure-host", HOST, "--keep-last", "0", "--keep-daily", "0", "--keep-weekly", "0",
                        "--keep-monthly", "0", "--keep-yearly", "0")
        self.pobsync.ok("configure-host", HOST, *options)

    def plant(self, statement, *values):
        link = sqlite3.connect(self.pobsync.database)
        with link:
            link.execute(statement, values)
        link.close()

    def plan(self):
        return self.pobsync.json("retention", HOST, env=self.now)

    def apply(self, *options):
        return self.pobsync.run("retention", HOST, "--apply", "--yes", "--max-delete", "100", *options, env=self.now)

    def names(self):
        return [os.path.basename(path) for path in finals(self.pobsync)]

    def host_path(self, *parts):
        return os.path.join(self.pobsync.host_dir(HOST), *parts)


class LastGood(SafetyCase):
    """I1"""

    def test_the_newest_good_one_stays_whatever_came_after_it(self):
        names = self.names()
        cases = [
            ("partial", "UPDATE snapshot SET status = 'partial' WHERE name > ?"),
            ("claimed", "UPDATE snapshot SET status = 'claimed', confirmed = 0 WHERE name > ?"),
            ("missing", "UPDATE snapshot SET missing_since = 1 WHERE name > ?"),
        ]
        for count, (what, statement) in itertools.product(range(3), cases):
            with self.subTest(what=what, newest_good=count):
                self.plant("UPDATE snapshot SET status = 'success', confirmed = 1, missing_since = NULL, "
                           "held_reason = NULL")
                self.plant(statement, names[count])
                for policy in (("--keep-last", "1"), ("--keep-yearly", "1"), ("--keep-daily", "1")):
                    self.policy(*policy)
                    plan = self.plan()
                    self.assertIn("newest good", dict((item["name"], item["reasons"]) for item in plan["keep"])[names[count]])
                    self.assertTrue(plan["keep"])

    def test_an_empty_policy_deletes_nothing_and_a_negative_one_is_none(self):
        self.policy("--keep-last", "0")
        self.assertEqual(self.plan()["delete"], [])
        self.assertEqual(self.apply().rc, 0)
        self.assertEqual(len(self.names()), self.SNAPSHOTS)
        self.assertEqual(self.pobsync.run("configure-host", HOST, "--keep-last", "-1").rc, 2)

    def test_a_held_one_stops_everything(self):
        self.plant("UPDATE snapshot SET held_reason = 'shrunk', held_at = 1 WHERE name = ?", self.names()[-1])
        before = self.names()
        self.assertEqual((self.apply().rc, self.names()), (7, before))

    def test_a_row_that_was_planted_with_a_policy_of_its_own_is_refused(self):
        self.plant("UPDATE host SET keep_last = -3")
        self.assertNotEqual(self.apply().rc, 0)
        self.assertEqual(len(self.names()), self.SNAPSHOTS)


class PlanIsApplied(SafetyCase):
    """I2"""

    SNAPSHOTS = 5

    def test_what_changes_in_between_is_noticed(self):
        prepared = self.stage.prepared()
        changes = {
            "a new snapshot": lambda: self.stage.backup(env=self.now),
            "a pin": lambda: self.pobsync.ok("pin", HOST, self.names()[0], "--reason", "x"),
            "another policy": lambda: self.policy("--keep-last", "2"),
            "one that went": lambda: self.pobsync.ok("delete", HOST, self.names()[1], "--yes", env=self.now),
            "the clock": lambda: self.plant("UPDATE snapshot SET started_at = ?, ended_at = ?", BEGIN * 2, BEGIN * 2),
            "nothing": lambda: None,
        }
        for what, change in changes.items():
            with self.subTest(what):
                prepared.restore()
                shown = self.plan()
                change()
                before = self.names()
                result = self.apply("--plan-id", shown["plan_id"])
                gone = set(before) - set(self.names())
                if what == "nothing":
                    self.assertEqual((result.rc, gone), (0, {item["name"] for item in shown["delete"]}))
                else:
                    self.assertEqual((result.rc, gone), (7, set()), result)


class Subsets(SafetyCase):
    """I3"""

    SNAPSHOTS = 8

    def test_kept_ones_stay_whichever_others_go(self):
        prepared = self.stage.prepared()
        whole = {path: oracle.digest_hash(path) for path in finals(self.pobsync)}
        subsets = [[path for number, path in enumerate(whole) if bits >> number & 1] for bits in range(256)]
        differences = 0
        for doomed in subsets:
            prepared.restore()
            # As if each of them had been decided: the newest good one could not be.
            self.plant("UPDATE snapshot SET status = 'deleting' WHERE name IN "
                       f"({','.join('?' * len(doomed))})", *map(os.path.basename, doomed))
            self.pobsync.ok("recover")
            kept = [path for path in whole if path not in doomed]
            self.assertEqual(finals(self.pobsync), kept)
            differences += sum(oracle.digest_hash(path) != whole[path] for path in kept)
            self.assertEqual(leftovers(self.pobsync), [])
        print(f"    {len(subsets)} subsets, {differences} differences")
        self.assertEqual(differences, 0)


class Race(SafetyCase):
    """I5"""

    def test_a_directory_that_becomes_a_link_leads_nowhere(self):
        victim = self.stage.work.make("victim")
        for number in range(20):
            with open(os.path.join(victim, f"file{number}"), "w", encoding="utf-8") as file:
                file.write("kept")
        before = oracle.digest_hash(victim)
        trash = self.host_path(".trash")
        bait = self.stage.work / "bait"
        os.symlink(victim, bait)
        swapped = os.path.join(trash, "doomed", "data", "swapped")
        rounds = 0
        with Swapper(swapped, bait) as swapper:
            until = time.monotonic() + RACE_SECONDS
            while time.monotonic() < until:
                for number in range(30):
                    os.makedirs(os.path.join(trash, "doomed", "data", f"folder{number}"), exist_ok=True)
                os.makedirs(swapped, exist_ok=True)
                for number in range(20):
                    try:
                        with open(os.path.join(trash, "doomed", "data", f"folder{number}", f"file{number}"), "w",
                                  encoding="utf-8") as file:
                            file.write("doomed")
                    except OSError:
                        pass
                self.pobsync.run("recover")
                rounds += 1
        print(f"    {rounds} removals raced, {swapper.swaps / RACE_SECONDS:.0f} swaps/s, "
              f"{int(oracle.digest_hash(victim) != before)} escapes")
        self.assertEqual(oracle.digest_hash(victim), before)


class Identity(SafetyCase):
    """I7"""

    def setUp(self):
        super().setUp()
        self.other = os.path.join(self.pobsync.root, "web2")
        shutil.copytree(self.host_path("scheduled"), os.path.join(self.other, "scheduled"), symlinks=True)
        self.doomed = self.names()[0]
        self.place = self.host_path("scheduled", self.doomed)

    def everything(self):
        """All snapshots of both hosts."""
        return [oracle.digest_hash(os.path.join(folder, "scheduled")) for folder in (self.host_path(), self.other)]

    def refuses(self, *words):
        """Nothing at all is deleted, and the reason is told."""
        before = self.everything()
        result = self.apply()
        self.assertEqual(result.rc, 7, result)
        for word in words:
            self.assertIn(word, result.err)
        self.assertEqual(self.everything(), before)
        self.assertEqual(rows(self.pobsync, "SELECT * FROM purge"), [])

    def test_names_that_lead_elsewhere(self):
        time_of = self.doomed[:15]
        for name in (f"{time_of}/../../../web2", f"{time_of}Z__x/../{self.names()[-1]}", f"{time_of}/data"):
            with self.subTest(name):
                self.plant("UPDATE snapshot SET name = ? WHERE id = (SELECT min(id) FROM snapshot)", name)
                self.refuses("is not the name of a snapshot")

    def test_names_that_are_none_are_kept_by_the_plan(self):
        for name in ("..", ".", "", "data", "../web2", ".pobsync", "lost+found"):
            with self.subTest(name):
                self.plant("UPDATE snapshot SET name = ? WHERE id = (SELECT min(id) FROM snapshot)", name)
                self.assertNotIn(name, [item["name"] for item in self.plan()["delete"]])

    def test_a_link_to_another_host(self):
        os.rename(self.place, self.stage.work / "moved")
        os.symlink(os.path.join(self.other, "scheduled", self.doomed), self.place)
        self.refuses("link")

    def test_a_file(self):
        os.rename(self.place, self.stage.work / "moved")
        with open(self.place, "w", encoding="utf-8"):
            pass
        self.refuses("no directory of ours")

    def test_a_kind_directory_that_is_a_link(self):
        os.rename(self.host_path("scheduled"), self.stage.work / "moved")
        os.symlink(os.path.join(self.other, "scheduled"), self.host_path("scheduled"))
        before = oracle.digest_hash(self.other)
        self.assertEqual(self.apply().rc, 7)
        self.assertEqual(oracle.digest_hash(self.other), before)

    def test_a_host_directory_that_is_a_link(self):
        os.rename(self.host_path(), self.stage.work / "moved")
        os.symlink(self.other, self.host_path())
        before = oracle.digest_hash(self.other)
        self.assertNotEqual(self.apply().rc, 0)
        self.assertEqual(oracle.digest_hash(self.other), before)

    def claim(self, **members):
        path = os.path.join(self.place, "meta.json")
        with open(path, encoding="utf-8") as file:
            meta = json.load(file)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(meta | members, file)

    def test_metadata_of_another_host_or_name(self):
        self.claim(host="web2")
        self.refuses('host "web2"')
        self.claim(host=HOST, name=self.names()[1])
        self.refuses(self.names()[1])

    def test_metadata_gives_no_right(self):
        self.plant("UPDATE snapshot SET status = 'claimed', confirmed = 0")
        for path in finals(self.pobsync):
            os.unlink(os.path.join(path, "meta.json"))
        before = self.names()
        self.assertEqual((self.apply().rc, self.names()), (0, before))

    def test_one_that_is_not_there(self):
        os.rename(self.place, self.stage.work / "moved")
        self.refuses("not on disk", "discover-snapshots")

    @mounts.requires_mount
    def test_mount_points(self):
        for inside in ("", "data", "data/dir000"):
            with self.subTest(inside), mounts.bind(os.path.join(self.other, "scheduled"), os.path.join(self.place, inside)):
                before = oracle.digest_hash(self.other)
                result = self.apply()
                self.assertEqual(result.rc, 7, result)
                self.assertIn("mount", result.err)
                self.assertEqual((oracle.digest_hash(self.other), len(self.names())), (before, self.SNAPSHOTS))
        self.assertEqual(self.apply().rc, 0)
        self.assertEqual(len(self.names()), 1)

    def test_hostile_trees_go(self):
        data = os.path.join(self.place, "data")
        os.symlink("/", os.path.join(data, "root"))
        os.symlink(self.other, os.path.join(data, "other"))
        os.mkfifo(os.path.join(data, "fifo"))
        closed = os.path.join(data, "closed")
        os.makedirs(os.path.join(closed, "inner"))
        os.chmod(os.path.join(closed, "inner"), 0)
        os.chmod(closed, 0)
        os.chmod(data, 0o500)
        deep = os.open(data, os.O_RDONLY)
        for _ in range(30):
            os.mkdir("d" * 200, dir_fd=deep)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = below
        os.close(deep)
        before = oracle.digest_hash(self.other)
        self.assertEqual(self.apply().rc, 0)
        self.assertEqual((len(self.names()), leftovers(self.pobsync)), (1, []))
        self.assertEqual(oracle.digest_hash(self.other), before)


class NobodyWaits(SafetyCase):
    def test_a_backup_goes_on_while_somebody_empties_the_trash(self):
        trash = os.open(self.host_path(".trash"), os.O_RDONLY)
        self.addCleanup(os.close, trash)
        fcntl.flock(trash, fcntl.LOCK_EX)
        result = self.apply()
        self.assertEqual((result.rc, len(self.names())), (0, 1), result)
        self.assertEqual(len(os.listdir(trash)), self.SNAPSHOTS - 1)
        self.stage.backup(env=self.now)
        self.assertEqual(len(self.names()), 2)
        fcntl.flock(trash, fcntl.LOCK_UN)
        self.stage.backup(env=self.now)
        self.assertEqual(leftovers(self.pobsync), [])
        self.assertEqual(rows(self.pobsync, "SELECT name FROM snapshot WHERE status = 'deleting'"), [])
        self.assertEqual(len(rows(self.pobsync, "SELECT id FROM purge WHERE removed_at IS NOT NULL")),
                         self.SNAPSHOTS - 1)


@mounts.requires_loop("ext4")
class FullDisk(unittest.TestCase):
    """I6"""

    def fill_and_prune(self, inodes=None, home_too=False):
        in_memory()
        work = self.enterContext(WorkDir())
        disk = self.enterContext(mounts.ext4(400 if home_too else 96, inodes))
        root = os.path.join(disk.path, "root")
        os.mkdir(root)
        pobsync = self.enterContext(Pobsync(sanitised=False, root=root))
        if home_too:
            os.rmdir(pobsync.home)
            pobsync.home = os.path.join(disk.path, "home")
        source = work.make("source")
        fake = FakeRsync(work.path)
        with Sshd() as sshd:
            pobsync.add_host(HOST, sshd, source, *EVERYTHING, *NO_FLOOR, "--rsync-binary", fake.path)
            pobsync.ok("host-key", HOST, "--accept", sshd.fingerprint())
        for day in range(4):
            with open(os.path.join(source, f"of day {day}"), "wb") as file:
                file.write(os.urandom(1 << 20))
            pobsync.ok("backup", HOST, env=at(day))
        pobsync.ok("configure-host", HOST, "--keep-daily", "1", "--keep-weekly", "0", "--keep-monthly", "0",
                   "--keep-yearly", "0")
        if inodes:
            folder = os.path.join(disk.path, "many")
            os.mkdir(folder)
            with self.assertRaises(OSError):
                for number in itertools.count():
                    with open(os.path.join(folder, str(number)), "w", encoding="utf-8"):
                        pass
        else:
            disk.fill()
        free = os.statvfs(disk.path)
        result = pobsync.run("retention", HOST, "--apply", "--yes", env=at(4))
        self.assertEqual(result.rc, 0, result)
        now = os.statvfs(disk.path)
        self.assertEqual((len(finals(pobsync)), leftovers(pobsync)), (1, []))
        gained = now.f_ffree - free.f_ffree if inodes else (now.f_bfree - free.f_bfree) * now.f_bsize
        print(f"    {gained} {'inodes' if inodes else 'bytes'} freed on a full disk")
        self.assertGreater(gained, 0)
        with open(os.path.join(pobsync.host_dir(HOST), ".pobsync", "purges.jsonl"), encoding="utf-8") as file:
            self.assertEqual(len({json.loads(line)["snapshot"] for line in file}), 3)

    def test_no_bytes(self):
        self.fill_and_prune()

    def test_no_inodes(self):
        self.fill_and_prune(inodes=400)

    def test_no_bytes_and_the_database_beside_it(self):
        self.fill_and_prune(home_too=True)


if __name__ == "__main__":
    unittest.main()
