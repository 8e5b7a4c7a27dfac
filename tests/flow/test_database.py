"""The database of pobsync itself: copied while it is in use, every night and before an upgrade, and brought back."""

import os
import shutil
import signal
import sqlite3
import stat
import threading
import unittest

from kit.case import HostCase
from kit.deadline import wait_for
from kit.faults import Prepared, sweep

TIME_LIMIT = 600
KEPT = 14


def rows(path, statement):
    link = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    found = link.execute(statement).fetchall()
    link.close()
    return found


class DatabaseCase(HostCase):
    sanitised = False  # many short processes

    def setUp(self):
        super().setUp()
        self.write("a")
        self.add_host()
        self.folder = os.path.join(self.pobsync.root, ".pobsync", "database")

    def copies(self, folder=None):
        return sorted(name for name in os.listdir(folder or self.folder))

    def copy(self, *options, expect=0, env=None):
        result = self.pobsync.run("database", "backup", "--json", *options, env=env)
        self.assertEqual(result.rc, expect, result)
        return result.json

    def hosts_in(self, path):
        return sorted(row[0] for row in rows(path, "SELECT name FROM host"))

    def hosts(self):
        return sorted(item["host"] for item in self.pobsync.json("hosts")["items"])

    def add_more(self, name):
        self.pobsync.ok("configure-host", name, "--address", "127.0.0.1")


class Copying(DatabaseCase):
    def test_a_copy_is_whole_private_and_in_the_backup_root(self):
        document = self.copy(env={"POBSYNC_FAKE_NOW": "2026-11-22T03:30:00Z"})
        path = os.path.join(self.folder, "pobsync-20261122-033000Z.db")
        self.assertEqual((document["path"], document["warning"]), (path, None))
        self.assertEqual(document["bytes"], os.stat(path).st_size)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        for folder in (self.folder, os.path.dirname(self.folder)):
            self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertEqual(self.copies(), [os.path.basename(path)], "nothing unfinished, no log beside it")
        self.assertEqual(rows(path, "PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(self.hosts_in(path), ["web1"])
        self.assertEqual(self.hosts(), ["web1"], "the folder is no host")
        self.assertEqual(self.pobsync.run("check").rc, 0)

    def test_copies_while_others_write_are_of_one_moment(self):
        self.plant("UPDATE host SET created_at = 1")
        self.plant("UPDATE global_config SET bwlimit_kbps = 1")
        over = threading.Event()
        written = []

        def write():
            link = self.pobsync.connect()
            number = 1
            while not over.is_set():
                number += 1
                with link:
                    link.execute("BEGIN IMMEDIATE")
                    link.execute("UPDATE host SET created_at = ?", (number,))
                    link.execute("INSERT INTO audit (at, actor, origin, action, object) VALUES (?, '', '', '', '')", (number,))
                    link.execute("UPDATE global_config SET bwlimit_kbps = ?", (number,))
                written.append(number)
            link.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            wait_for(lambda: written, 30, "nothing was written")
            before = len(written)
            paths = [self.copy()["path"] for _ in range(5)]
            wait_for(lambda: len(written) > before, 30, "the copies kept everybody from writing")
        finally:
            over.set()
            writer.join()
        self.assertEqual(len(set(paths)), 5)
        for path in paths:
            self.assertEqual(rows(path, "PRAGMA integrity_check"), [("ok",)])
            self.assertEqual(rows(path, "SELECT count(*) FROM host, global_config WHERE host.created_at = global_config.bwlimit_kbps"),
                             [(1,)])
            self.assertEqual(rows(path, "SELECT bwlimit_kbps - (SELECT max(at) FROM audit WHERE action = '') FROM "
                                        "global_config WHERE bwlimit_kbps > 1"), [(0,)])

    def test_the_newest_fourteen_are_kept(self):
        self.copy(env={"POBSYNC_FAKE_NOW": "2026-10-01T03:30:00Z"})
        foreign = [self.work.write(os.path.join(self.folder, name), "mine")
                   for name in ("pobsync-before-christmas.db", "0.db", "pobsync-20200101-000000Z.db.txt")]
        for day in range(2, 20):
            self.copy(env={"POBSYNC_FAKE_NOW": f"2026-10-{day:02}T03:30:00Z"})
        names = [f"pobsync-202610{day:02}-033000Z.db" for day in range(20 - KEPT, 20)]
        self.assertEqual(self.copies(), sorted(names + [os.path.basename(path) for path in foreign]))
        listed = self.pobsync.json("database", "list")["items"]
        self.assertEqual([os.path.basename(item["path"]) for item in listed], names[::-1])
        self.assertEqual({item["place"] for item in listed}, {"backup_root"})

    def test_without_a_root_it_goes_to_the_state_directory_and_says_so(self):
        os.rename(self.pobsync.root, self.pobsync.root + ".away")
        document = self.copy(expect=3)
        os.rename(self.pobsync.root + ".away", self.pobsync.root)
        self.assertEqual(os.path.dirname(document["path"]), os.path.join(self.pobsync.home, "database"))
        self.assertIn("not in the backup root", document["warning"])
        self.assertFalse(os.path.exists(self.folder))

    def test_a_copy_to_a_place_of_ones_own(self):
        target = self.work / "copy.db"
        self.assertEqual(self.copy("--to", target)["path"], target)
        self.assertEqual(self.hosts_in(target), ["web1"])
        self.assertEqual(self.pobsync.run("database", "backup", "--to", target).rc, 1, "it is not replaced")
        place = self.work.make("place")
        self.assertEqual(os.path.dirname(self.copy("--to", place)["path"]), place)
        self.assertEqual(self.pobsync.run("database", "backup", "--to", "/nonexistent/x.db").rc, 1)

    def test_killed_while_it_copies_it_leaves_no_half_copy(self):
        self.pobsync.needs_file()
        self.plant("CREATE TABLE ballast (x BLOB)")
        for _ in range(20):
            self.plant("INSERT INTO ballast VALUES (randomblob(4000000))")
        unfinished = os.path.join(self.folder, ".pobsync-database-copy.tmp")
        running = self.pobsync.spawn("database", "backup")

        def has_begun():
            return os.path.exists(unfinished) and os.stat(unfinished).st_size > 0 or running.process.poll() is not None

        wait_for(has_begun, 30, "the copy does not begin")
        running.kill()
        self.assertEqual(running.wait().rc, -signal.SIGKILL, "it was too quick to be killed")
        self.assertEqual([name for name in self.copies() if name.startswith("pobsync-")], [])
        self.assertTrue(os.path.exists(unfinished))
        self.copy()
        self.assertEqual(len(self.copies()), 1, self.copies())

    def test_the_night_copies(self):
        self.pobsync.ok("scheduler")
        self.pobsync.ok("worker", "--once")
        runs = self.query("SELECT state, message FROM run WHERE job = 'maintenance'")
        self.assertEqual([state for state, _ in runs], ["success"], runs)
        self.assertIn(self.folder, runs[0][1])
        self.assertEqual(len(self.copies()), 1)

    def test_a_night_without_a_root_is_a_warning(self):
        self.pobsync.ok("scheduler")
        os.rename(self.pobsync.root, self.pobsync.root + ".away")
        self.pobsync.run("worker", "--once")
        os.rename(self.pobsync.root + ".away", self.pobsync.root)
        runs = self.query("SELECT state, message FROM run WHERE job = 'maintenance'")
        self.assertEqual([state for state, _ in runs], ["warning"], runs)
        self.assertEqual(len(self.copies(os.path.join(self.pobsync.home, "database"))), 1)

    def test_a_damaged_database_is_not_copied_over_sound_ones(self):
        self.pobsync.needs_file()
        self.pobsync.ok("scheduler")
        # Foreign keys are off for who plants: a row that refers to nothing is damage that does not stop the program.
        self.plant("INSERT INTO host_key (host_id, type, key_text, fingerprint, pinned_at, pinned_by) "
                   "VALUES (9999, 'ssh-rsa', 'x', 'SHA256:x', 1, 'x')")
        self.pobsync.run("worker", "--once")
        runs = self.query("SELECT state, message FROM run WHERE job = 'maintenance'")
        self.assertEqual([state for state, _ in runs], ["failed"], runs)
        self.assertIn("is damaged", runs[0][1])
        self.assertFalse(os.path.exists(self.folder))
        result = self.pobsync.run("database", "check")
        self.assertEqual(result.rc, 1, result)
        self.assertIn("is damaged", result.out)


class Upgrading(DatabaseCase):
    def age(self):
        """The database as it was one migration ago, as far as a program can tell: the newest one is not noted, and
        cannot be applied once more."""
        version = self.query("SELECT max(version) FROM schema_version")[0][0]
        self.plant("DELETE FROM schema_version WHERE version = ?", version)
        return version - 1

    def test_before_a_migration_there_is_a_copy(self):
        self.pobsync.needs_file()  # the tables have to be those of the version before
        old = self.age()
        self.pobsync.run("hosts")
        folder = os.path.join(self.pobsync.home, "before-upgrade")
        names = self.copies(folder)
        self.assertEqual(len(names), 1, names)
        self.assertTrue(names[0].startswith(f"pobsync-{old:04}-"), names)
        self.assertEqual(rows(os.path.join(folder, names[0]), "SELECT max(version) FROM schema_version"), [(old,)])
        self.assertEqual(self.hosts_in(os.path.join(folder, names[0])), ["web1"])

    def test_without_room_for_the_copy_nothing_is_changed(self):
        self.age()
        with open(os.path.join(self.pobsync.home, "before-upgrade"), "w", encoding="utf-8"):
            pass  # a file where the folder belongs
        result = self.pobsync.run("migrate")
        self.assertEqual(result.rc, 1, result)
        self.assertIn("not upgraded without a copy", result.err)

    def test_a_new_database_is_not_copied(self):
        self.assertFalse(os.path.exists(os.path.join(self.pobsync.home, "before-upgrade")))


class Restoring(DatabaseCase):
    def setUp(self):
        super().setUp()
        self.pobsync.needs_file()
        self.before = self.copy()["path"]
        self.add_more("later")

    def restore(self, path, expect=0):
        result = self.pobsync.run("database", "restore", path, "--yes", "--json",
                                  env={"POBSYNC_FAKE_NOW": "2030-01-01T00:00:00Z"})
        self.assertEqual(result.rc, expect, result)
        return result.json if expect == 0 else result

    def test_it_brings_back_and_keeps_what_was_there(self):
        mode = os.stat(self.pobsync.database).st_mode
        with open(self.before, "rb") as file:
            copy = file.read()
        document = self.restore(self.before)
        self.assertEqual(self.hosts(), ["web1"])
        self.assertEqual(document["kept"], self.pobsync.database + ".replaced-20300101-000000Z")
        self.assertEqual(self.hosts_in(document["kept"]), ["later", "web1"])
        self.assertEqual(self.query("SELECT epoch FROM installation"), [(2,)])
        self.assertEqual(os.stat(self.pobsync.database).st_mode, mode)
        with open(self.before, "rb") as file:
            self.assertEqual(file.read(), copy, "the copy itself is left as it was")
        self.assertEqual(self.query("SELECT count(*) FROM audit WHERE action = 'database.restore'"), [(1,)])
        self.assertEqual(self.pobsync.run("check").rc, 0)
        self.backup()
        self.assertFalse([name for name in os.listdir(self.pobsync.home) if "restoring" in name])

    def test_restoring_again_never_repeats_an_epoch(self):
        self.restore(self.before)
        again = self.copy()["path"]
        self.restore(self.before)
        self.assertEqual(self.query("SELECT epoch FROM installation"), [(3,)])
        self.restore(again)
        self.assertEqual(self.query("SELECT epoch FROM installation"), [(4,)])

    def test_what_is_not_confirmed_damaged_or_missing_is_refused(self):
        result = self.pobsync.run("database", "restore", self.before)
        self.assertEqual(result.rc, 7, result)
        self.restore("/nonexistent.db", expect=5)
        damaged = self.work / "damaged.db"
        shutil.copy(self.before, damaged)
        with open(damaged, "r+b") as file:
            file.seek(4096 * 3)
            file.write(os.urandom(4096 * 10))
        self.restore(damaged, expect=1)
        self.assertEqual(self.pobsync.run("database", "check", damaged).rc, 1)
        newer = self.work / "newer.db"
        shutil.copy(self.before, newer)
        link = sqlite3.connect(newer)
        with link:
            link.execute("INSERT INTO schema_version (version, name, applied_at) VALUES (9999, 'x', 1)")
        link.close()
        self.assertIn("9999", self.restore(newer, expect=1).err)
        self.assertIn("no SQLite", self.restore("/etc/passwd", expect=1).err.replace("not an SQLite", "no SQLite"))
        self.assertEqual(self.hosts(), ["later", "web1"])

    def test_refused_while_it_is_in_use(self):
        running = self.pobsync.spawn("worker")
        wait_for(lambda: self.query("SELECT count(*) FROM daemon") == [(1,)], 30, "no worker")
        self.assertIn("a worker is alive", self.pobsync.run("database", "restore", self.before, "--yes").err)
        running.kill()  # so that its row stays
        self.assertEqual(running.wait().rc, -signal.SIGKILL)
        link = sqlite3.connect(self.pobsync.database)
        link.execute("SELECT count(*) FROM host").fetchall()
        result = self.pobsync.run("database", "restore", self.before, "--yes")
        self.assertEqual(result.rc, 6, result)
        self.assertIn("another program has the database", result.err)
        link.close()
        self.assertEqual(self.hosts(), ["later", "web1"])
        result = self.pobsync.run("database", "restore", self.before, "--yes")
        self.assertEqual(result.rc, 0, result)
        self.assertEqual(self.hosts(), ["web1"])

    def test_a_database_that_is_lost_or_damaged_comes_back(self):
        with open(self.pobsync.database, "wb") as file:
            file.write(b"no database at all" * 1000)
        self.assertEqual(self.pobsync.run("hosts").rc, 1)
        kept = self.restore(self.before)["kept"]
        self.assertEqual(self.hosts(), ["web1"])
        with open(kept, "rb") as file:
            self.assertTrue(file.read().startswith(b"no database"))
        os.unlink(self.pobsync.database)
        self.assertIsNone(self.restore(self.before)["kept"])
        self.assertEqual(self.hosts(), ["web1"])

    def test_usage(self):
        for words in (["restore"], ["list", "x"], ["list", "--yes"], ["check", "--to", "x"], ["burn"]):
            self.assertEqual(self.pobsync.run("database", *words).rc, 2, words)

    def test_killed_at_any_call_there_is_a_whole_database(self):
        with Prepared(self.pobsync.home) as prepared:
            def check(point, result):
                found = self.hosts()
                wrong = [] if found in (["web1"], ["later", "web1"]) else [f"hosts are {found}"]
                if not point.fired and (result.rc != 0 or found != ["web1"]):
                    wrong.append(f"without a fault: {result}")
                return wrong

            done = sweep("restore", lambda env: self.pobsync.run("database", "restore", self.before, "--yes", env=env),
                         check, prepare=prepared.restore)
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 10)


class Killed(DatabaseCase):
    def test_killed_at_any_call_a_copy_is_whole_or_has_no_name(self):
        self.copy(env={"POBSYNC_FAKE_NOW": "2026-10-01T03:30:00Z"})
        with Prepared(self.pobsync.home, self.pobsync.root) as prepared:
            def check(point, result):
                copies = [name for name in self.copies() if not name.startswith(".")]
                wrong = [name for name in copies
                         if rows(os.path.join(self.folder, name), "PRAGMA integrity_check") != [("ok",)]]
                if len(copies) < 1 or (not point.fired and (result.rc != 0 or len(self.copies()) != 2)):
                    wrong.append(f"{self.copies()} after {result}")
                return wrong

            done = sweep("database backup", lambda env: self.pobsync.run("database", "backup", env=env), check,
                         prepare=prepared.restore)
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 5)


if __name__ == "__main__":
    unittest.main()
