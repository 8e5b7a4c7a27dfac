"""Somebody stops processes with SIGSTOP and lets them go on later: rsync, the child that does a run, the worker. Nobody
else takes over what is alive, no host has two runs at once, and everything ends once. Real rsync over a real sshd."""

import os
import random
import signal
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Checker, finals, in_memory, runs
from kit.deadline import wait_for
from kit.pobsync import Pobsync
from kit.processes import state
from kit.sshd import Sshd
from kit.workdir import WorkDir

TIME_LIMIT = 600
SLOW = "exec rsync --bwlimit=1500 ${SSH_ORIGINAL_COMMAND#rsync}"
QUICK_LEASE = 20  # seconds that a condition may take on a machine under load


class Stopped(unittest.TestCase):
    def setUp(self):
        in_memory()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.pobsync = self.enterContext(Pobsync(sanitised=False))
        self.source = self.work.make("source")
        self.write("old", 10_000)
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR, "--timeout-seconds", "600")
        self.pobsync.ok("backup", HOST)
        for number in range(4):
            self.write(f"new{number}", 1_500_000)
        self.checker = Checker(self.pobsync, self.source)
        key = " ".join(self.pobsync.key_line(HOST).split()[-3:])
        self.sshd.authorize()
        self.sshd.authorize_command(key, self.sshd.stub(SLOW))

    def write(self, name, size):
        with open(os.path.join(self.source, name), "wb") as file:
            file.write(random.Random(name).randbytes(size))

    def incomplete(self):
        path = os.path.join(self.pobsync.host_dir(HOST), ".incomplete")
        return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]

    def of(self, *words):
        """Our processes whose program and command these are."""
        found = []
        for pid, argv in self.pobsync.processes().items():
            names = [os.path.basename(argv[0].decode())] + [part.decode() for part in argv[1:2]] if argv else []
            if names[:len(words)] == list(words):
                found.append(pid)
        return found

    def running_worker(self):
        """A worker whose run has rsync in mid transfer."""
        self.pobsync.ok("backup", HOST, "--queue")
        worker = self.pobsync.spawn("worker", "--jobs", "1")
        wait_for(lambda: self.of("rsync") and any("new" in path for path in self.incomplete()), 60, "data arrive")
        return worker

    @staticmethod
    def stop(pids):
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: all((state(pid) or (0, "T"))[1] in "TZX" for pid in pids), QUICK_LEASE, "they are stopped")

    @staticmethod
    def go_on(pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def nobody_takes_over(self, stopped):
        """Others try everything that takes over from the dead, and find nothing to do."""
        before = runs(self.pobsync)
        self.assertEqual(before[-1]["state"], "running")
        second = self.pobsync.run("backup", HOST)
        self.assertEqual(second.rc, 6, second)
        self.pobsync.ok("recover")
        self.pobsync.ok("worker", "--once", timeout=120)
        after = runs(self.pobsync)
        self.assertEqual([(run["id"], run["state"]) for run in after], [(run["id"], run["state"]) for run in before])
        pruned = self.pobsync.run("retention", HOST, "--apply", "--yes")
        self.assertIn(pruned.rc, (0, 6), pruned)
        self.assertEqual(self.checker.after_fault(), [])
        self.assertTrue(all(state(pid) for pid in stopped), "somebody has killed what was stopped")

    def ends_once(self, worker):
        wait_for(lambda: runs(self.pobsync)[-1]["ended_at"], 90, "the run ends")
        self.assertEqual(runs(self.pobsync)[-1]["state"], "success")
        worker.kill(signal.SIGTERM)
        self.assertEqual(worker.wait(30).rc, 0)
        self.pobsync.settle()
        self.assertEqual(self.checker.settled(), [])
        self.assertEqual((len(runs(self.pobsync)), len(finals(self.pobsync))), (2, 2))

    def test_rsync(self):
        worker = self.running_worker()
        stopped = self.of("rsync")
        self.stop(stopped)
        self.nobody_takes_over(stopped)
        self.go_on(stopped)
        self.ends_once(worker)

    def test_the_child_that_does_the_run(self):
        worker = self.running_worker()
        stopped = [pid for pid in self.pobsync.processes()
                   if pid != worker.pid and (state(pid) or (0,))[0] == worker.pid]
        self.assertTrue(stopped)
        self.stop(stopped)
        self.nobody_takes_over(stopped)
        self.go_on(stopped)
        self.ends_once(worker)

    def test_the_worker(self):
        worker = self.running_worker()
        self.stop([worker.pid])
        self.nobody_takes_over([worker.pid])
        # Its child needs no help; the row ends while the worker still sleeps, and it finds that in order.
        wait_for(lambda: runs(self.pobsync)[-1]["ended_at"], 90, "the run ends")
        self.go_on([worker.pid])
        self.ends_once(worker)


if __name__ == "__main__":
    unittest.main()
