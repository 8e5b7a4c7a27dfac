"""A backup root that does not answer, as that of a dead NFS server: whoever looks at it says so in time, and no processes
pile up that wait for it."""

import os
import signal
import subprocess
import time
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR
from kit.deadline import wait_for
from kit.pobsync import Pobsync
from kit.processes import is_alive, state
from kit.sshd import Sshd
from kit.stuck import Stuck, requires_stuck
from kit.web import PASSWORD, WebServer
from kit.workdir import WorkDir

LIMIT, RUN_LIMIT = 2, 10  # seconds that the program waits
FRESH = 0.1  # more than how long a page relies on an answer
SLACK = 20  # what a loaded machine may add
SENTENCE = f"does not answer within {LIMIT} s"


@requires_stuck
class SilentRoot(unittest.TestCase):
    def setUp(self):
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.source = self.work.make("source")
        self.work.write("source/file", "content\n")
        self.pobsync = self.enterContext(Pobsync(sanitised=False))
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)
        self.pobsync.ok("backup", HOST)

    def stick(self):
        """From now on the root does not answer."""
        return self.enterContext(Stuck(self.pobsync.root))

    def in_time(self, *args, limit=LIMIT):
        """The result of a command, which must not take longer than the limit by much."""
        begin = time.monotonic()
        result = self.pobsync.run(*args, timeout=limit + SLACK)
        self.assertLess(time.monotonic() - begin, limit + SLACK, args)
        return result

    def hanging(self):
        return [pid for pid in self.pobsync.processes() if is_alive(pid)]

    def assert_back(self, stuck):
        stuck.release()
        self.pobsync.settle()
        self.assertEqual(self.pobsync.json("status")["root"]["state"], "ok")
        self.assertEqual(self.pobsync.run("status", "--check").rc, 0)

    def test_it_hangs_for_good(self):
        """The control: what asks this file system cannot even be killed."""
        stuck = self.stick()
        asking = subprocess.Popen(["ls", self.pobsync.root], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: asking.pid in stuck.pids, 20, "ls has not asked")
            asking.send_signal(signal.SIGKILL)
            wait_for(lambda: state(asking.pid)[1] == "D", 20, lambda: state(asking.pid))
        finally:
            stuck.release()
            asking.wait(20)

    def test_status_and_check_say_so(self):
        stuck = self.stick()
        status = self.in_time("status", "--json").json
        self.assertEqual(status["root"]["state"], "io_error")
        self.assertIn(SENTENCE, status["root"]["found"])
        self.assertIn("umount -f", status["root"]["hint"])
        self.assertEqual([(host["health"], host["cause"]) for host in status["hosts"]], [("unknown", "root")])
        self.assertEqual(self.in_time("status", "--check").rc, 10)
        self.assertIn(SENTENCE, self.in_time("status").out)
        check = self.in_time("check", "--json")
        self.assertEqual(check.rc, 1, check)
        self.assertIn(SENTENCE, {item["name"]: item["found"] for item in check.json["checks"]}["backup_root"])
        preflight = self.in_time("discover-snapshots", "--preflight", "--json").json
        self.assertEqual([item["state"] for item in preflight["items"]], ["io_error"])
        self.assertEqual(preflight["items"][0]["missing"], [])
        self.assert_back(stuck)

    def test_no_processes_pile_up(self):
        stuck = self.stick()
        for _ in range(2):
            asking = [self.pobsync.spawn("status", "--json") for _ in range(6)]
            for each in asking:
                result = each.wait(LIMIT + SLACK)
                self.assertEqual(result.json["root"]["state"], "io_error", result)
        self.assertEqual(len(self.hanging()), 1, "one asks, and the others do not")
        self.assertEqual(len(set(stuck.pids)), 1, stuck.pids)
        self.assert_back(stuck)

    def test_a_backup_fails_and_the_next_one_works(self):
        stuck = self.stick()
        result = self.in_time("backup", HOST, "--json", limit=RUN_LIMIT)
        self.assertEqual(result.rc, 1, result)
        self.assertEqual((result.json["state"], result.json["cause"]), ("failed", "io_error"))
        self.assertIn(f"does not answer within {RUN_LIMIT} s", result.json["message"])
        stuck.release()
        self.pobsync.settle()
        self.pobsync.ok("backup", HOST)

    def test_a_worker_goes_on(self):
        stuck = self.stick()
        self.in_time("backup", HOST, "--queue")
        self.in_time("worker", "--once", limit=2 * RUN_LIMIT)
        newest = self.pobsync.json("runs")["items"][0]
        self.assertIn(newest["state"], ("failed", "queued"), newest)
        self.assertLessEqual(len(self.hanging()), 1)
        stuck.release()
        self.pobsync.settle()

    def test_the_dashboard_answers(self):
        done = self.pobsync.run("create-user", "admin", "--role", "admin", input=PASSWORD + "\n")
        self.assertEqual(done.rc, 0, done)
        server = WebServer(self.pobsync)
        browser = server.browser()
        self.assertEqual(browser.login("admin", PASSWORD).status, 303)
        self.assertNotIn("does not answer", browser.get("/").text)
        seen = time.monotonic()
        stuck = self.stick()
        wait_for(lambda: time.monotonic() > seen + FRESH, 20, "a page takes what it has just seen at its word")
        begin = time.monotonic()
        for path in ("/", "/self-check", f"/hosts/{HOST}", "/discovery", "/"):
            answer = browser.get(path)
            self.assertEqual(answer.status, 200, path)
            self.assertIn(SENTENCE, answer.text, path)
        self.assertEqual(browser.get("/runs").status, 200)
        print(f"five pages of a root that does not answer in {time.monotonic() - begin:.1f} s")
        self.assertLessEqual(len(set(stuck.pids)), 1, stuck.pids)
        stuck.release()
        wait_for(lambda: "does not answer" not in browser.get("/").text, 60, "the root is back, and nobody sees it")


if __name__ == "__main__":
    unittest.main()
