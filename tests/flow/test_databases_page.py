"""The recipes of doc/databases.md, taken from the page itself: a dump that fails or dies never costs the last good one."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import unittest

from kit.deadline import wait_for
from kit.workdir import WorkDir

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def page():
    with open(os.path.join(TOP, "doc", "databases.md"), encoding="utf-8") as file:
        return file.read()


def script(first_comment):
    """The block of the page that is a script with this first comment."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page(), re.M | re.S)
    return next(block for block in blocks if block.startswith("#!/bin/sh\n# " + first_comment))


class Recipes(unittest.TestCase):
    def setUp(self):
        self.dir = self.enterContext(WorkDir("dumps."))
        self.bin = self.dir.make("bin")
        self.folder = self.dir / "dumps"
        self.dir.write("bin/dump", script("dump NAME"), 0o755)
        # Nobody here is root, or postgres: the command is run as who we are.
        self.dir.write("bin/runuser", '#!/bin/sh\nshift 3\nexec "$@"\n', 0o755)
        self.environment = os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}", "DUMP_FOLDER": self.folder,
                                         "APP_DB": self.dir / "app.db"}

    def start(self, name):
        """The line of the page that makes this dump."""
        line = re.search(rf"^(dump {re.escape(name)} .*) \|\| failed=1$", script("Every dump"), re.M)[1]
        return subprocess.Popen(["sh", "-c", line], env=self.environment, stderr=subprocess.PIPE, text=True,
                                start_new_session=True)

    def dump(self, name, expect=0):
        process = self.start(name)
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, expect, error)
        return error

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def fake(self, program, body):
        self.dir.write(f"bin/{program}", "#!/bin/sh\n" + body, 0o755)

    def test_a_dump_that_fails_half_way_costs_nothing(self):
        for program, name in (("pg_dump", "postgres-main.dump"), ("mysqldump", "mysql.sql"),
                              ("slapcat", "ldap-data.ldif")):
            with self.subTest(program):
                self.fake(program, "echo good\n")
                self.dump(name)
                self.fake(program, "echo ha\nexit 1\n")
                self.assertIn("the last good dump stands", self.dump(name, expect=1))
                self.assertEqual(self.read(name), "good\n")
                self.fake(program, "exit 0\n")
                self.dump(name, expect=1)
                self.assertEqual(self.read(name), "good\n", "nothing printed is no dump")
                self.fake(program, "echo better\n")
                self.dump(name)
                self.assertEqual(self.read(name), "better\n")

    def test_a_dump_that_is_killed_half_way_costs_nothing(self):
        name = "postgres-main.dump"
        self.fake("pg_dump", "echo good\n")
        self.dump(name)
        self.fake("pg_dump", "echo half\nexec sleep 1000\n")
        process = self.start(name)
        unfinished = os.path.join(self.folder, f".{name}.new")
        wait_for(lambda: os.path.exists(unfinished) and os.stat(unfinished).st_size > 0, 30, "no dump begins")
        self.assertIn("is under way", self.dump(name, expect=75))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        self.assertEqual(self.read(name), "good\n")
        self.fake("pg_dump", "echo better\n")
        self.dump(name)
        self.assertEqual(self.read(name), "better\n")
        self.assertFalse(os.path.exists(unfinished))

    def test_sqlite(self):
        if shutil.which("sqlite3") is None:
            self.skipTest("sqlite3 is not installed")
        link = sqlite3.connect(self.dir / "app.db")
        link.execute("PRAGMA journal_mode = WAL")
        with link:
            link.execute("CREATE TABLE t (x)")
            link.execute("INSERT INTO t VALUES (1)")
        self.dump("app.db")  # while it is open, and all is in its log
        link.close()
        copy = sqlite3.connect(os.path.join(self.folder, "app.db"))
        self.assertEqual(copy.execute("SELECT x FROM t").fetchall(), [(1,)])
        copy.close()
        with open(self.dir / "app.db", "wb") as file:
            file.write(b"no database " * 1000)
        self.dump("app.db", expect=1)
        copy = sqlite3.connect(os.path.join(self.folder, "app.db"))
        self.assertEqual(copy.execute("SELECT x FROM t").fetchall(), [(1,)])
        copy.close()

    def test_all_of_them_run_though_one_fails(self):
        for program in ("pg_dump", "pg_dumpall", "mysqldump"):
            self.fake(program, "echo good\n")
        self.fake("pg_dump", "exit 1\n")
        self.fake("sqlite3", "exit 1\n")
        self.fake("slapcat", "echo good\n")
        self.dir.write("bin/dump-all", script("Every dump"), 0o755)
        done = subprocess.run([os.path.join(self.bin, "dump-all")], env=self.environment, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted(name for name in os.listdir(self.folder) if not name.startswith(".")),
                         ["ldap-config.ldif", "ldap-data.ldif", "mysql.sql", "postgres-globals.sql"])


if __name__ == "__main__":
    unittest.main()
