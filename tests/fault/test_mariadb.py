"""A database server that dies under a worker, and comes back: every run is done once, and nobody notices but in time."""

import os
import random
import signal
import sys
import time
import unittest
import unittest.mock

from kit import mariadb, oracle
from kit.case import HostCase
from kit.cutting_proxy import CuttingProxy
from kit.deadline import wait_for

HOSTS = [f"web{number}" for number in range(1, 5)]
KILLS = 8
ENDED = ("success", "warning", "partial", "failed", "cancelled")


class Server(HostCase):
    sanitised = False  # many short processes

    def setUp(self):
        if mariadb.missing() is not None:
            self.skipTest(mariadb.missing())
        self.server = self.enterContext(mariadb.MariaDb())
        self.enterContext(unittest.mock.patch.dict(os.environ, POBSYNC_TEST_DATABASE=self.server.url()))
        super().setUp()
        self.write("a", "a" * 1000)
        for name in HOSTS:
            self.add_host(name=name)
            self.pobsync.ok("test-connection", name)

    def states(self, runs):
        marks = ", ".join("?" * len(runs))
        return [row[0] for row in self.query(f"SELECT state FROM run WHERE id IN ({marks}) ORDER BY id", *runs)]

    def wait_for_end(self, runs):
        wait_for(lambda: all(state in ENDED for state in self.states(runs)), 90,
                 lambda: (self.states(runs), self.worker.output("stderr").decode()))


class Killed(Server):
    def test_every_run_is_done_once(self):
        seed = int.from_bytes(os.urandom(4))
        dice = random.Random(seed)
        print(f"seed {seed}", file=sys.stderr)
        self.worker = self.pobsync.spawn("worker")
        all_runs = []
        for _ in range(KILLS):
            runs = [self.pobsync.json("backup", name, "--queue")["id"] for name in HOSTS]
            all_runs += runs
            wait_for(lambda: set(self.states(runs)) - {"queued"}, 30, lambda: self.worker.output("stderr").decode())
            time.sleep(dice.uniform(0, 0.4))  # where it hits is the point of it
            self.server.stop(signal.SIGKILL)
            self.server.start()
            self.wait_for_end(runs)
        self.assertIsNone(self.worker.process.poll(), "the worker has died")
        self.assertEqual(set(self.states(all_runs)), {"success"}, self.worker.output("stderr").decode())
        self.assertEqual(len(set(all_runs)), KILLS * len(HOSTS))
        self.assertEqual(self.query("SELECT count(*) FROM run WHERE job = 'backup'"), [(KILLS * len(HOSTS),)])
        for name in HOSTS:
            self.assertEqual(len(self.snapshots(name=name)), KILLS)
            self.assertEqual(oracle.check_host_dir(self.pobsync.root, name), [])
            self.assertEqual(self.query("SELECT count(*) FROM snapshot JOIN host ON host.id = host_id WHERE host.name = ? "
                                        "AND snapshot.status = 'success'", name), [(KILLS,)])
        self.worker.kill(signal.SIGTERM)
        self.assertEqual(self.worker.wait(30).rc, 0)
        self.pobsync.ok("database", "check")


class Away(Server):
    def test_commands_say_what_is_wrong_and_a_worker_waits(self):
        self.worker = self.pobsync.spawn("worker")
        wait_for(lambda: self.query("SELECT 1 FROM daemon WHERE role = 'worker'"), 30, "no worker")
        self.server.stop()
        result = self.pobsync.run("status")
        self.assertEqual(result.rc, 1, result)
        self.assert_sentence(result, "kit_kit_pobsync_", "is the database server running")
        self.server.start()
        run = self.pobsync.json("backup", "web1", "--queue")["id"]
        self.wait_for_end([run])
        self.assertEqual(self.states([run]), ["success"])


class Cut(Server):
    """The connection is lost around the COMMIT of the first change: the change is there once, whichever it was."""

    def change(self, before):
        path = self.work / f"proxy-{before}"
        url = self.pobsync.env["POBSYNC_DATABASE"].replace(self.server.socket, path)
        with CuttingProxy(path, self.server.socket, b"; COMMIT", before) as proxy:
            self.pobsync.ok("configure-host", f"cut{int(before)}", "--address", "192.0.2.1", env={"POBSYNC_DATABASE": url})
            self.assertEqual(proxy.cuts, 1)
        name = f"cut{int(before)}"
        self.assertEqual(self.query("SELECT count(*) FROM host WHERE name = ?", name), [(1,)])
        self.assertEqual(self.query("SELECT count(*) FROM audit WHERE object = ? AND action = 'host.create'", name), [(1,)])
        ids = [row[0] for row in self.query("SELECT id FROM host ORDER BY id")]
        self.assertEqual(ids, list(range(1, len(ids) + 1)), "an id was given to a change that was done twice")

    def test_the_answer_is_lost(self):
        self.change(False)

    def test_the_commit_is_lost(self):
        self.change(True)


class Moved(Server):
    def test_to_a_file_and_back(self):
        """A database moves between the kinds, and a copy of the night is one that can be moved to."""
        self.backup()
        copy = self.pobsync.json("database", "backup")["path"]
        self.backup()
        rows = self.query("SELECT id, name, status FROM snapshot ORDER BY id")
        url = self.pobsync.env["POBSYNC_DATABASE"]
        file = f"sqlite://{self.work / 'moved.db'}"
        moved = self.pobsync.json("database", "copy", url, file)
        self.assertEqual((moved["from"], moved["to"]), ("mariadb", "sqlite"))
        self.assertGreater(moved["rows"], 20)
        result = self.pobsync.run("database", "copy", file, url)
        self.assertEqual(result.rc, 7, result)
        self.pobsync.env["POBSYNC_DATABASE"] = file
        self.assertEqual([(item["name"], item["status"]) for item in self.pobsync.json("snapshots", "web1")["items"]],
                         [row[1:] for row in rows[::-1]])
        self.backup()
        self.assertEqual(self.pobsync.json("status")["database"], {"kind": "sqlite"})
        self.pobsync.lose_database()
        self.pobsync.ok("database", "copy", f"sqlite://{copy}", url)
        self.assertEqual(self.query("SELECT id, name, status FROM snapshot ORDER BY id"), rows[:1])
        self.pobsync.env["POBSYNC_DATABASE"] = url
        self.pobsync.ok("discover-snapshots")
        self.assertEqual(self.query("SELECT count(*) FROM snapshot"), [(3,)])
        self.backup()
        self.assertEqual(self.query("SELECT count(*) FROM snapshot"), [(4,)])


if __name__ == "__main__":
    unittest.main()
