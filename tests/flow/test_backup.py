"""The main job against a real sshd and real rsync: what a snapshot holds, what it shares, how a run ends."""

import contextlib
import json
import os
import re
import shutil
import unittest

from kit import oracle
from kit.deadline import wait_for
from kit.faults import FakeRsync
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.tree import churn, fidelity_tree, small_files_tree
from kit.workdir import WorkDir, remove_tree

# A source below /tmp is its own root, so the default excludes would cut off what a tree has at its top.
EVERYTHING = ("--excludes-replace", "--excludes", "")

# The remote side runs as nobody, so that root's files can be unreadable.
AS_NOBODY = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups -- $SSH_ORIGINAL_COMMAND'


class BackupCase(unittest.TestCase):
    def setUp(self):
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.pobsync = self.enterContext(Pobsync())
        self.source = self.work.make("source")

    def add_host(self, *options, name="web1"):
        self.pobsync.add_host(name, self.sshd, self.source, *EVERYTHING, *options)

    def write(self, name, text="content\n"):
        path = os.path.join(self.source, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def backup(self, *options, expect=0, timeout=60, env=None):
        """One backup that must end with this exit code; its document."""
        result = self.pobsync.run("backup", "web1", "--json", *options, timeout=timeout, env=env)
        self.assertEqual(result.rc, expect, result)
        self.assertEqual(self.pobsync.processes(), {}, "a run has left processes behind")
        return result.json

    def snapshots(self, kind="scheduled"):
        return [os.path.join(self.pobsync.host_dir("web1"), kind, name)
                for name in oracle.snapshots(self.pobsync.root, "web1", kind)]

    def data(self, number=-1, kind="scheduled"):
        return os.path.join(self.snapshots(kind)[number], "data")

    def assert_same_tree(self, a, b):
        self.assertEqual(oracle.compare(oracle.tree_digest(a), oracle.tree_digest(b)), [])

    def force(self, script):
        """Every login with the host's key runs this script instead of what was asked for."""
        self.sshd.authorize()
        self.sshd.authorize_command(" ".join(self.pobsync.key_line("web1").split()[-3:]), self.sshd.stub(script))

    def assert_clean(self):
        self.assertEqual(oracle.check_host_dir(self.pobsync.root, "web1"), [])

    def records(self):
        return self.pobsync.json("snapshots", "web1")["items"]


class Fidelity(BackupCase):
    def test_the_snapshot_equals_the_source(self):
        shutil.rmtree(self.source)
        skipped = fidelity_tree(self.source)
        self.add_host()
        # A path beyond what rsync itself can name is not in the tree (kit/tree.py says how long it may be).
        self.backup(timeout=120)
        self.assert_same_tree(self.source, self.data())
        self.assert_clean()
        before = oracle.digest_hash(oracle.tree_digest(self.data(0)))
        self.backup(timeout=120)
        self.assert_same_tree(self.source, self.data(1))
        self.assertEqual(oracle.digest_hash(oracle.tree_digest(self.data(0))), before)
        if skipped and os.geteuid() == 0:
            print(f"left out of the fidelity tree: {skipped}")

    def test_the_figures_are_those_of_the_tree(self):
        small_files_tree(self.source, 300)
        self.add_host()
        stats = self.backup()["stats"]
        tree = oracle.tree_digest(self.source)
        files = [record for record in tree.values() if record.type != "directory"]
        self.assertEqual(stats["files"], len(files))
        self.assertEqual(stats["directories"], len(tree) - len(files))
        self.assertEqual(stats["bytes"], sum(record.size for record in files if record.type == "file"))
        self.assertEqual(stats["linked_files"], 0)
        inodes = {os.lstat(path).st_ino for path in self.every_path(self.data())}
        self.assertEqual(stats["new_inodes"], len(inodes))

    @staticmethod
    def every_path(top):
        yield top
        for folder, folders, names in os.walk(top):
            for name in folders + names:
                yield os.path.join(folder, name)

    def test_includes_and_excludes(self):
        for name in ("etc/a", "etc/deep/b", "etc/cache/c", "home/d", "srv/e", "etc2/f"):
            self.write(name)
        self.pobsync.add_host("web1", self.sshd, self.source, "--includes", "/etc", "--includes", "home/d",
                              "--excludes-replace", "--excludes", "cache/")
        self.backup()
        files = sorted(name for name, record in oracle.tree_digest(self.data()).items() if record.type == "file")
        self.assertEqual(files, [b"etc/a", b"etc/deep/b", b"home/d"])


class SecondRun(BackupCase):
    def setUp(self):
        super().setUp()
        small_files_tree(self.source, 400)
        self.add_host()
        self.first = self.backup()

    def test_unchanged_files_share_their_inode(self):
        document = self.backup()
        shared, _ = oracle.shared_inodes(self.data(0), self.data(1))
        files = [name for name, record in oracle.tree_digest(self.source).items() if record.type != "directory"]
        self.assertEqual(sorted(name for name in shared if name in files), sorted(files))
        self.assertEqual(document["stats"]["linked_files"], len(files))
        self.assertEqual(document["stats"]["copied_same"], 0)
        self.assertEqual(document["base"], self.first["snapshot"])

    def test_no_change_of_the_source_alters_the_older_snapshot(self):
        before = oracle.digest_hash(oracle.tree_digest(self.data(0)))
        done = churn(self.source, 0.2)
        names = sorted(os.listdir(os.path.join(self.source, "dir000/sub000/leaf")))
        changed = os.path.join(self.source, "dir000/sub000/leaf", names[0])
        os.chmod(changed, 0o4711)
        os.chown(changed, 4321, 4321)
        self.assertTrue(done.changed and done.deleted and done.added)
        self.backup()
        self.assert_same_tree(self.source, self.data(1))
        self.assertEqual(oracle.digest_hash(oracle.tree_digest(self.data(0))), before)

    def test_a_manual_snapshot_links_to_the_scheduled_one_and_is_no_base_itself(self):
        manual = self.backup("--manual")
        self.assertEqual(manual["kind"], "manual")
        self.assertEqual(manual["base"], self.first["snapshot"])
        self.assertEqual(len(self.snapshots("manual")), 1)
        self.assertEqual(self.backup()["base"], self.first["snapshot"])

    def test_a_dry_run_writes_nothing(self):
        before = oracle.tree_digest(self.pobsync.host_dir("web1"))
        document = self.backup("--dry-run")
        self.assertEqual((document["job"], document["state"], document["snapshot"]), ("dry_run", "success", None))
        after = oracle.tree_digest(self.pobsync.host_dir("web1"))
        self.assertEqual(oracle.compare(before, after, ignore=("mtime_ns", "sha256", "size")), [])
        self.assertEqual(len(self.records()), 1)

    def test_names_increase_when_the_clock_steps_back(self):
        self.backup(env={"POBSYNC_FAKE_NOW": "2020-01-01T00:00:00Z"})
        names = [os.path.basename(path) for path in self.snapshots()]
        self.assertEqual(names, sorted(names))
        self.assertGreater(names[1], self.first["snapshot"])
        self.assertEqual(self.records()[0]["started_at"], "2020-01-01T00:00:00Z")


class Documents(BackupCase):
    def test_run_snapshot_log_and_metadata_tell_the_same(self):
        self.write("a")
        self.add_host()
        run = self.backup()
        self.assertLessEqual({"id", "job", "host", "kind", "trigger", "state", "cause", "message", "snapshot",
                              "requested_at", "started_at", "ended_at", "stats"}, set(run))
        self.assertEqual((run["host"], run["kind"], run["state"], run["trigger"]), ("web1", "scheduled", "success", "cli"))
        record, = self.records()
        self.assertEqual(set(record) & {"host", "kind", "name", "status", "good", "path", "started_at", "ended_at", "base",
                                        "files", "bytes", "linked_files", "pinned", "confirmed", "held_reason",
                                        "missing_since"},
                         {"host", "kind", "name", "status", "good", "path", "started_at", "ended_at", "base", "files",
                          "bytes", "linked_files", "pinned", "confirmed", "held_reason", "missing_since"})
        self.assertEqual((record["name"], record["status"], record["good"]), (run["snapshot"], "success", True))
        self.assertEqual(record["path"], self.snapshots()[0])
        with open(os.path.join(record["path"], "meta.json"), encoding="utf-8") as file:
            meta = json.load(file)
        self.assertEqual((meta["host"], meta["name"], meta["run"], meta["status"]),
                         ("web1", run["snapshot"], run["id"], "success"))
        self.assertEqual(meta["stats"]["files"], record["files"])
        runs = self.pobsync.json("runs")["items"]
        self.assertEqual([item["id"] for item in runs], [run["id"]])
        log = self.pobsync.ok("log", run["id"]).out
        self.assertIn("--link-dest" if run["base"] else "rsync -aHAXS", log)
        os.unlink(os.path.join(self.pobsync.home, "runs", f"{run['id']}.log"))
        self.assertIn("rsync -aHAXS", self.pobsync.ok("log", run["id"]).out)

    def test_progress_on_a_terminal_and_silence_elsewhere(self):
        small_files_tree(self.source, 200)
        self.add_host()
        status, shown = self.pobsync.run_on_terminal("backup", "web1")
        self.assertEqual(status, 0, shown)
        self.assertIn("transferring", shown)
        result = self.pobsync.ok("backup", "web1")
        self.assertNotIn("transferring", result.out + result.err)

    def test_host_json_holds_what_a_rebuild_needs(self):
        self.write("a")
        self.add_host("--keep-daily", "3")
        self.backup()
        with open(os.path.join(self.pobsync.host_dir("web1"), ".pobsync/host.json"), encoding="utf-8") as file:
            host = json.load(file)
        self.assertEqual((host["host"], host["settings"]["keep_daily"]), ("web1", "3"))
        self.assertEqual(host["host_keys"][0]["type"], "ssh-ed25519")


class Endings(BackupCase):
    """Each way a run can end: state, cause, exit code, and a sentence that says what to do."""

    def run_and_check(self, exit_code, state, cause, *, hint=None, message=None, **keywords):
        run = self.backup(expect=exit_code, **keywords)
        self.assertEqual((run["state"], run["cause"]), (state, cause), run)
        if message is not None:
            self.assertRegex(run["message"], message)
        if hint is not None:
            self.assertRegex(run["hint"], hint)
        if state != "success":
            self.assertTrue(run["message"], run)
        return run

    def fake(self, **settings):
        self.pobsync.mark_root()
        fake = FakeRsync(self.work.path, source=self.source, **settings)
        self.add_host("--rsync-binary", fake.path)
        return fake

    def test_partial_lists_each_path_that_failed(self):
        self.write("readable")
        for name in ("secret", "deep/hidden"):
            os.chmod(self.write(name), 0o600)
        self.add_host()
        self.force(AS_NOBODY)
        run = self.run_and_check(3, "partial", None, message="2 paths")
        self.assertEqual(sorted(path["path"] for path in run["failed_paths"]),
                         sorted([f"{self.source}/secret", f"{self.source}/deep/hidden"]))
        self.assertTrue(all("Permission denied" in path["reason"] for path in run["failed_paths"]))
        record, = self.records()
        self.assertEqual((record["status"], record["good"]), ("partial", False))
        os.chmod(os.path.join(self.source, "secret"), 0o644)
        os.chmod(os.path.join(self.source, "deep/hidden"), 0o644)
        self.assertIsNone(self.backup()["base"], "a partial snapshot is no base")

    def test_rsync_24_is_a_warning_and_good(self):
        self.write("a")
        self.fake(exit=24, stderr='file has vanished: "/x"')
        self.run_and_check(3, "warning", None)
        self.assertTrue(self.records()[0]["good"])

    def test_rsync_codes_and_their_causes(self):
        self.write("a")
        fake = self.fake()
        for code, cause, exit_code in ((30, "timeout", 1), (35, "timeout", 1), (12, "protocol", 1), (22, "out_of_memory", 1),
                                       (11, "io_error", 1), (255, "host_unreachable", 9)):
            with self.subTest(code=code):
                fake.configure(source=self.source, exit=code)
                self.run_and_check(exit_code, "failed", cause)
                self.assertEqual(self.snapshots(), [])
        fake.configure(source=self.source, die_at=1)
        self.run_and_check(1, "failed", "killed")

    def test_what_rsync_says_decides_nothing(self):
        self.write("a")
        lies = ["Number of files: 1,000,000 (reg: 1,000,000)", "Number of regular files transferred: 1,000,000"]
        self.fake().configure(source=self.work.make("nothing"), stdout=lies)
        self.run_and_check(7, "warning", "source_empty")
        self.assertFalse(self.records()[0]["good"])

    def test_source_missing(self):
        self.add_host()
        os.rmdir(self.source)
        self.run_and_check(1, "failed", "source_missing", hint="--source-root")
        self.assertEqual(self.snapshots(), [])
        self.assertEqual(self.records(), [])

    def test_an_empty_source_is_held_until_released(self):
        self.write("a")
        self.add_host()
        good = self.backup()["snapshot"]
        os.unlink(os.path.join(self.source, "a"))
        held = self.run_and_check(7, "warning", "source_empty", hint="release")["snapshot"]
        record = self.records()[0]
        self.assertEqual((record["name"], record["good"]), (held, False))
        self.assertTrue(record["held_reason"])
        self.write("a")
        self.assertEqual(self.backup()["base"], good, "a held snapshot is no base")
        self.assertEqual(self.pobsync.run("release", "web1", held, "--reason", "").rc, 7)
        self.pobsync.ok("release", "web1", held, "--reason", "it was empty on purpose")
        record, = [each for each in self.records() if each["name"] == held]
        self.assertEqual((record["held_reason"], record["good"]), (None, True))
        self.assertEqual(self.pobsync.run("release", "web1", held, "--reason", "again").rc, 7)

    def test_an_empty_source_is_held_on_the_first_run_and_allowed_where_it_may_be(self):
        self.add_host()
        self.run_and_check(7, "warning", "source_empty")
        self.pobsync.ok("configure-host", "web1", "--allow-empty")
        self.run_and_check(0, "success", None)

    def test_a_shrunken_source_is_held_and_the_last_good_one_stays_the_measure(self):
        for number in range(10):
            self.write(f"file{number}")
        self.add_host()
        self.backup()
        for number in range(4):
            os.unlink(os.path.join(self.source, f"file{number}"))
        self.run_and_check(0, "success", None)
        for number in range(4, 8):
            os.unlink(os.path.join(self.source, f"file{number}"))
        self.run_and_check(7, "warning", "source_shrunk", message="[26].*[26]")
        self.run_and_check(7, "warning", "source_shrunk")

    def test_changed_host_key_tells_both_fingerprints_and_copies_nothing(self):
        self.write("a")
        self.add_host()
        self.backup()
        old = self.sshd.fingerprint()
        self.sshd.change_host_key()
        run = self.run_and_check(9, "failed", "host_key_changed", message="host key", hint="host-key web1 --accept")
        self.assertIn(old, run["message"])
        self.assertIn(self.sshd.fingerprint(), run["message"])
        self.assertEqual(len(self.snapshots()), 1)
        self.assertEqual(self.pobsync.run("host-key", "web1", "--accept", old).rc, 7)
        self.pobsync.ok("host-key", "web1", "--accept", self.sshd.fingerprint())
        self.backup()

    def test_forgotten_host_key_is_pinned_anew(self):
        self.write("a")
        self.add_host()
        self.backup()
        self.sshd.change_host_key()
        self.pobsync.ok("host-key", "web1", "--forget")
        result = self.pobsync.ok("backup", "web1")
        self.assertIn(self.sshd.fingerprint(), result.out + result.err)

    def test_unreachable_and_refused(self):
        self.write("a")
        self.add_host()
        self.backup()
        self.sshd.authorize()
        self.run_and_check(9, "failed", "auth_failed", hint="pobsync key")
        self.sshd.stop()
        self.run_and_check(9, "failed", "host_unreachable")

    def test_a_noisy_shell_is_named(self):
        self.write("a")
        self.add_host()
        self.backup()
        self.force('echo "Welcome to web1"; exec $SSH_ORIGINAL_COMMAND')
        self.run_and_check(1, "failed", "protocol")

    def test_too_long_ends_the_whole_group(self):
        self.write("a")
        self.fake(hang_at=1)
        self.pobsync.ok("configure-host", "web1", "--max-runtime-seconds", "60")
        running = self.pobsync.spawn("backup", "web1", "--json")
        # The limit cannot be set below a minute, so the run is cancelled instead: the same way through the group.
        self.wait_for_rsync()
        running.kill(2)
        result = running.wait(20)
        self.assertEqual(result.rc, 130, result)
        self.assertEqual(result.json["state"], "cancelled")
        self.assertEqual(self.pobsync.processes(), {})

    def wait_for_rsync(self):
        wait_for(lambda: any(b"rsync-fake" in argv[0] for argv in self.pobsync.processes().values() if argv), 10,
                 "rsync starts")

    def test_a_busy_host_is_refused_without_a_row(self):
        self.write("a")
        self.fake(hang_at=1)
        running = self.pobsync.spawn("backup", "web1")
        self.wait_for_rsync()
        second = self.pobsync.run("backup", "web1")
        self.assertEqual(second.rc, 6, second)
        self.assertRegex(second.err, "busy")
        self.assertEqual(len(self.pobsync.json("runs")["items"]), 1)
        running.kill(15)
        self.assertEqual(running.wait(20).rc, 130)

    def test_no_key_names_both_places(self):
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "127.0.0.1")
        run = self.backup(expect=2)
        self.assertEqual(run["cause"], "config")
        self.assertRegex(run["message"], "ssh_identity_file|--ssh-identity-file")


class Resume(BackupCase):
    def test_a_cut_run_resumes_from_what_it_had_and_the_base_stays_as_it_is(self):
        for number in range(40):
            self.write(f"file{number:02}", f"{number}" * 20000)
        self.add_host()
        self.backup()
        before = oracle.digest_hash(oracle.tree_digest(self.data(0)))
        for number in range(40):
            path = os.path.join(self.source, f"file{number:02}")
            os.chmod(path, 0o755)
            os.chown(path, 1000, 1000)
        for number in range(20):
            self.write(f"new{number:02}", os.urandom(20000).hex())
        # Slow, so that the connection can be cut in the middle of the transfer.
        self.force("exec rsync --bwlimit=300 ${SSH_ORIGINAL_COMMAND#rsync}")
        running = self.pobsync.spawn("backup", "web1", "--json")
        incomplete = os.path.join(self.pobsync.host_dir("web1"), ".incomplete")
        wait_for(lambda: any(name.startswith("new") and not name.startswith(".")
                             for _, _, names in os.walk(incomplete) for name in names), 20, "a new file arrives")
        self.sshd.cut()
        result = running.wait(30)
        self.assertIn(result.rc, (1, 9), result)
        self.assertEqual(result.json["state"], "failed")
        left, = os.listdir(incomplete)
        arrived = {name: os.lstat(os.path.join(incomplete, left, "data", name)).st_ino
                   for name in os.listdir(os.path.join(incomplete, left, "data")) if re.fullmatch(r"new\d\d", name)}
        self.assertTrue(arrived)
        self.sshd.authorize(self.pobsync.key_line("web1"))
        self.backup()
        self.assert_same_tree(self.source, self.data(1))
        self.assertEqual(oracle.digest_hash(oracle.tree_digest(self.data(0))), before)
        for name, inode in arrived.items():
            self.assertEqual(os.lstat(os.path.join(self.data(1), name)).st_ino, inode, f"{name} was sent twice")
        self.assertEqual(os.listdir(incomplete), [])
        self.assert_clean()


class Remains(BackupCase):
    def test_an_unfinished_directory_that_comes_back_with_its_disk_stops_nothing(self):
        self.write("a")
        self.add_host()
        self.backup()
        # What a run on another disk has forgotten meanwhile: the row says deleted, the directory is there.
        incomplete = os.path.join(self.pobsync.host_dir("web1"), ".incomplete")
        name = "20200101-000000Z__0badcafe"
        os.makedirs(os.path.join(incomplete, name, "data", "left"))
        with contextlib.closing(self.pobsync.connect()) as database, database:
            database.execute("INSERT INTO snapshot (host_id, kind, name, status, pinned, confirmed) "
                             "SELECT id, 'incomplete', ?, 'deleted', 0, 0 FROM host", (name,))
        self.backup()
        self.assertEqual(os.listdir(incomplete), [])
        self.assert_clean()

    def test_a_host_with_manual_snapshots_only_links_to_them(self):
        self.write("a")
        self.add_host()
        manual = self.backup("--manual")
        run = self.backup()
        self.assertEqual((run["base"], run["stats"]["linked_files"]), (manual["snapshot"], 1))


class FullCopy(BackupCase):
    """--link-dest fails open; a copy in place of links is told."""

    def setUp(self):
        super().setUp()
        small_files_tree(self.source, 50)
        self.add_host()
        self.backup()

    def test_the_base_is_gone(self):
        remove_tree(self.snapshots()[0])
        run = self.backup(expect=3)
        self.assertEqual(run["state"], "warning")
        self.assertRegex(run["message"], "copy|copied")
        self.assertTrue(self.records()[0]["good"])

    def test_rsync_does_not_link(self):
        fake = FakeRsync(self.work.path, source=self.source)
        os.rename(fake.path, fake.path + ".real")
        # Drops --link-dest on its way, as a rsync does that finds the base not to its liking.
        self.work.write(os.path.basename(fake.path), """#!/usr/bin/env python3
import os, sys
os.execv("/usr/bin/rsync", [a for a in sys.argv if not a.startswith("--link-dest")])
""", 0o755)
        self.pobsync.ok("configure-host", "web1", "--rsync-binary", fake.path)
        run = self.backup(expect=3)
        self.assertEqual(run["state"], "warning")
        self.assertEqual(run["stats"]["linked_files"], 0)
        self.assertGreater(run["stats"]["copied_same"], 0)
        self.assertRegex(run["message"], "copied")

    def test_a_source_that_changed_throughout_raises_no_alarm(self):
        for folder, _, names in os.walk(self.source):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o600)
        self.assertEqual(self.backup()["state"], "success")


if __name__ == "__main__":
    unittest.main()
