"""Databases of every older version: they are upgraded, with all that is in them, and what comes after goes on where they were.
One of a newer version is left alone."""

import importlib.util
import os
import pathlib
import shutil
import sqlite3
import unittest

from kit.case import HostCase

TIME_LIMIT = 600
TOP = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("schema", TOP / "tools" / "schema.py")
schema = importlib.util.module_from_spec(spec)
spec.loader.exec_module(schema)

# What was there before pobsync had accounts, alerts …: what must not be lost, whatever else comes.
TABLES = ("installation", "node", "root", "global_config", "host", "host_key", "run", "run_path", "snapshot", "audit")


def versions():
    return [number for number, _, _ in schema.steps()]


def objects_of(path):
    link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    found = schema.objects(link)
    link.close()
    return found


class Written(unittest.TestCase):
    def test_each_step_is_written_down_and_has_not_changed(self):
        for number, name, now in schema.steps():
            self.assertIsNotNone(schema.kept(number), f"{name} is not written down: run tools/schema.py")
            self.assertEqual(schema.kept(number), now, f"{name} makes something else than it did: a migration that "
                             "somebody may have run is never changed, another one comes after it")


class UpgradeCase(HostCase):
    sanitised = False  # many short processes

    def setUp(self):
        super().setUp()
        self.write("a", "first\n")
        self.add_host("--keep-daily", "7")
        self.pobsync.ok("test-connection", "web1")
        self.backup()
        self.backup("--manual")

    def become(self, version):
        """The database as it would be if that version had written it: the same rows, in its tables and columns."""
        new = self.work / "new.db"
        link = sqlite3.connect(self.pobsync.database)
        link.execute("VACUUM INTO ?", (new,))
        link.close()
        for end in ("", "-wal", "-shm"):
            if os.path.exists(self.pobsync.database + end):
                os.unlink(self.pobsync.database + end)
        link = sqlite3.connect(self.pobsync.database)
        link.execute("PRAGMA journal_mode = WAL")
        for sql in schema.kept(version).values():
            link.execute(sql)
        link.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name VARCHAR(200) NOT NULL, "
                     "applied_at BIGINT NOT NULL)")
        link.execute("ATTACH ? AS new", (new,))
        link.execute("INSERT INTO schema_version SELECT * FROM new.schema_version WHERE version <= ?", (version,))
        for [table] in link.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                                    "AND name <> 'schema_version'").fetchall():
            old, now = ([row[1] for row in link.execute(f"PRAGMA {place}.table_info({table})")] for place in ("main", "new"))
            columns = ", ".join(name for name in old if name in now)
            link.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
        link.commit()
        link.close()
        os.unlink(new)

    def rows_of(self, version):
        """What the tables of the beginning hold, in the columns that they had in that version."""
        found = {}
        for table in TABLES:
            link = sqlite3.connect(":memory:")
            for name, sql in schema.kept(version).items():
                if name == table:
                    link.execute(sql)
            columns = ", ".join(row[1] for row in link.execute(f"PRAGMA table_info({table})"))
            found[table] = self.query(f"SELECT {columns} FROM {table} ORDER BY 1")
        return found


class Older(UpgradeCase):
    def test_every_older_version_is_upgraded_with_all_its_rows(self):
        now = objects_of(self.pobsync.database)
        for version in versions()[:-1]:
            with self.subTest(version=version):
                self.become(version)
                self.assertEqual(objects_of(self.pobsync.database), schema.kept(version))
                before = self.rows_of(version)
                self.assertEqual([item["host"] for item in self.pobsync.json("hosts")["items"]], ["web1"])
                self.assertEqual(objects_of(self.pobsync.database), now)
                self.assertEqual(self.rows_of(version), before)
                self.assertEqual(self.query("PRAGMA foreign_key_check"), [])
                self.assertEqual(len(self.pobsync.json("snapshots", "web1")["items"]), 2)
                settings = {item["name"]: item["value"] for item in self.pobsync.json("show", "web1")["settings"]}
                self.assertEqual(settings["keep_daily"], 7)
                self.pobsync.ok("database", "check")
                self.pobsync.ok("notify")
                copies = os.listdir(os.path.join(self.pobsync.home, "before-upgrade"))
                self.assertTrue([name for name in copies if name.startswith(f"pobsync-{version:04}-")], copies)

    def test_work_goes_on_where_the_old_version_was(self):
        for version in (versions()[0], versions()[len(versions()) // 2], versions()[-2]):
            with self.subTest(version=version):
                self.become(version)
                before = os.stat(os.path.join(self.data(), "a")).st_ino
                self.backup("--prune")
                self.assertEqual(os.stat(os.path.join(self.data(), "a")).st_ino, before, "linked to what the old version made")
                self.pobsync.ok("schedule", "web1", "--cron", "@daily")
                self.pobsync.ok("scheduler")
                self.pobsync.ok("worker", "--once")
                self.assertEqual(self.pobsync.run("status", "--check").rc, 0)

    def test_the_copy_of_before_goes_back_into_the_old_version(self):
        """The way back: the copy is whole, and what it is a copy of."""
        self.become(versions()[0])
        before = self.rows_of(versions()[0])
        self.pobsync.ok("migrate")
        folder = os.path.join(self.pobsync.home, "before-upgrade")
        [name] = [name for name in os.listdir(folder) if name.startswith("pobsync-0001-")]
        shutil.copy(os.path.join(folder, name), self.pobsync.database + ".back")
        self.assertEqual(objects_of(self.pobsync.database + ".back"), schema.kept(1))
        for end in ("", "-wal", "-shm"):
            if os.path.exists(self.pobsync.database + end):
                os.unlink(self.pobsync.database + end)
        os.rename(self.pobsync.database + ".back", self.pobsync.database)
        self.assertEqual(self.rows_of(1), before)


class Newer(UpgradeCase):
    """The program is older than the database: nothing is touched, and each command says what to do."""

    def setUp(self):
        super().setUp()
        self.newer = versions()[-1] + 1
        self.plant("ALTER TABLE host ADD COLUMN colour TEXT")
        self.plant("INSERT INTO schema_version (version, name, applied_at) VALUES (?, 'colours', 1)", self.newer)
        link = sqlite3.connect(self.pobsync.database)
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        link.close()

    def content(self):
        with open(self.pobsync.database, "rb") as file:
            return file.read()

    def test_it_is_refused_and_left_alone(self):
        before = self.content()
        tree = sorted(os.listdir(os.path.join(self.pobsync.root, "web1", "scheduled")))
        for words in (["hosts"], ["status"], ["migrate"], ["backup", "web1"], ["retention", "web1", "--apply", "--yes"],
                      ["configure-host", "web1", "--enabled"], ["up"], ["serve", "--listen", "127.0.0.1:0"], ["worker", "--once"],
                      ["scheduler"], ["reader"], ["database", "backup"], ["discover-snapshots"]):
            result = self.pobsync.run(*words, timeout=20)
            self.assertEqual(result.rc, 1, result)
            self.assertIn(f"the database is of version {self.newer} and this program knows versions up to {self.newer - 1}",
                          result.err, result)
            self.assertIn("install a newer pobsync, or restore a copy", result.err, result)
        self.assertEqual(self.content(), before)
        self.assertEqual(sorted(os.listdir(os.path.join(self.pobsync.root, "web1", "scheduled"))), tree)
        check = self.pobsync.run("check", "--json")
        self.assertEqual(check.rc, 1, check)
        [database] = [item for item in check.json["checks"] if item["name"] == "database"]
        self.assertEqual(database["level"], "failed")


if __name__ == "__main__":
    unittest.main()
