"""Logs of runs that have ended: compressed after a day, dropped after keep_logs_days, readable all the while."""

import gzip
import os
import unittest

from kit.case import HostCase

TIME_LIMIT = 300
DAY = 86400


class RunLogs(HostCase):
    sanitised = False  # many short processes

    def setUp(self):
        super().setUp()
        self.write("a")
        self.add_host()
        self.backup()
        self.run_id = self.query("SELECT max(id) FROM run")[0][0]
        self.ended = self.query("SELECT ended_at FROM run WHERE id = ?", self.run_id)[0][0]
        self.folder = os.path.join(self.pobsync.home, "runs")
        self.whole = self.log()

    def log(self, run=None):
        return self.pobsync.ok("log", run or self.run_id).out

    def night(self, days, state="success"):
        """The work of a night so many days after the run; what it says of logs."""
        env = {"POBSYNC_FAKE_NOW": str(self.ended + int(days * DAY))}
        self.plant("DELETE FROM run WHERE job = 'maintenance'")
        self.plant("UPDATE scheduler_pass SET maintenance_at = NULL")
        self.pobsync.ok("scheduler", env=env)
        self.pobsync.run("worker", "--once", env=env)
        ended = self.query("SELECT state, message FROM run WHERE job = 'maintenance'")
        self.assertEqual([row[0] for row in ended], [state], ended)
        return ended[0][1]

    def logs(self):
        return sorted(name for name in os.listdir(self.folder) if name.startswith(f"{self.run_id}."))

    def test_compressed_after_a_day_and_dropped_after_ninety(self):
        self.assertNotIn("old logs", self.night(0.9))
        self.assertEqual(self.logs(), [f"{self.run_id}.log"])
        self.assertIn("1 compressed, 0 dropped", self.night(1.1))
        self.assertEqual(self.logs(), [f"{self.run_id}.log.gz"])
        with gzip.open(os.path.join(self.folder, self.logs()[0]), "rt") as file:
            self.assertEqual(file.read(), self.whole)
        self.assertEqual(self.log(), self.whole)
        self.assertNotIn("old logs", self.night(89))
        self.assertIn("dropped", self.night(91))
        self.assertEqual(self.logs(), [])
        self.assertTrue(self.log(), "the copy in the snapshot")
        self.assertEqual(self.pobsync.run("log", self.run_id).rc, 0)

    def test_what_goes_wrong_besides_names_run_and_host(self):
        for name, argv, words in (
                ("backup", ["backup", "web1"], 'run {} of "web1": its log is not kept: log '),
                ("delete", ["delete", "web1", os.path.basename(self.snapshots()[0]), "--yes"],
                 'run {}, delete of "web1": its log is not kept: log ')):
            with self.subTest(name):
                run = self.query("SELECT max(id) FROM run")[0][0] + 1
                os.mkdir(os.path.join(self.folder, f"{run}.log"))
                self.assertIn("pobsync: warning: " + words.format(run), self.pobsync.ok(*argv).err)

    def test_the_setting_decides_and_zero_is_for_ever(self):
        self.pobsync.ok("configure-global", "--keep-logs-days", "0")
        self.night(4000)
        self.assertEqual(self.logs(), [f"{self.run_id}.log.gz"])
        self.pobsync.ok("configure-global", "--keep-logs-days", "3")
        self.night(4)
        self.assertEqual(self.logs(), [])

    def test_runs_that_go_on_and_files_of_others_are_left_alone(self):
        self.plant("INSERT INTO run (job, trigger_name, state, actor, requested_at, due_at, started_at, node_id) "
                   "SELECT 'test', 'cli', 'running', 'x', 1, 1, 1, node_id FROM run WHERE id = ?", self.run_id)
        going = self.query("SELECT max(id) FROM run")[0][0]
        mine = [f"{going}.log", "notes.log", "17.log.bak", "x.log.gz"]
        for name in mine:
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write("mine\n")
        self.pobsync.ok("configure-global", "--keep-logs-days", "2")
        before = self.query("SELECT state FROM run WHERE id = ?", going)
        self.night(3)
        if self.query("SELECT state FROM run WHERE id = ?", going) == before:
            self.assertLessEqual(set(mine), set(os.listdir(self.folder)))
        self.assertLessEqual(set(mine[1:]), set(os.listdir(self.folder)))

    def test_one_that_cannot_be_compressed_is_a_warning(self):
        os.makedirs(os.path.join(self.folder, f"{self.run_id}.log.gz.tmp"))
        self.assertIn("could not be seen to", self.night(1.1, state="warning"))
        self.assertEqual(self.log(), self.whole)


if __name__ == "__main__":
    unittest.main()
