"""Somebody kills pobsync, rsync, or both in the middle of a transfer, or asks politely: nothing writes on afterwards,
nothing is left behind, and the next run works. Real rsync over a real sshd, made slow on the remote side."""

import os
import random
import signal
import time
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Checker, in_memory, runs
from kit.deadline import wait_for
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir

TIME_LIMIT = 600
SLOW = "exec rsync --bwlimit=1000 ${SSH_ORIGINAL_COMMAND#rsync}"


class SlowCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        in_memory()

    def setUp(self):
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.pobsync = self.enterContext(Pobsync(sanitised=False))
        self.source = self.work.make("source")
        self.write("old", 10_000)
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)
        self.pobsync.ok("backup", HOST)
        for number in range(4):
            self.write(f"new{number}", 3_000_000)
        self.checker = Checker(self.pobsync, self.source)

    def write(self, name, size):
        with open(os.path.join(self.source, name), "wb") as file:
            file.write(random.Random(name).randbytes(size))

    def slow(self, on=True):
        key = " ".join(self.pobsync.key_line(HOST).split()[-3:])
        self.sshd.authorize()
        if on:
            self.sshd.authorize_command(key, self.sshd.stub(SLOW))
        else:
            self.sshd.authorize_also(key)

    def incomplete(self):
        path = os.path.join(self.pobsync.host_dir(HOST), ".incomplete")
        return [os.path.join(path, name) for name in sorted(os.listdir(path))] if os.path.isdir(path) else []

    def bytes_of(self, path):
        return sum(os.lstat(os.path.join(folder, name)).st_size
                   for folder, _, names in os.walk(path) for name in names)

    def start_and_wait_for_data(self):
        self.slow()
        running = self.pobsync.spawn("backup", HOST, "--json")
        wait_for(lambda: any(self.bytes_of(path) > 300_000 for path in self.incomplete()), 20, "data arrive")
        return running

    def rsyncs(self, running):
        """Our rsync processes, the main one first."""
        found = [pid for pid, argv in self.pobsync.processes().items() if argv and argv[0].endswith(b"rsync")]
        main = [pid for pid in found if f"PPid:\t{running.pid}\n" in self.status(pid)]
        return main + [pid for pid in found if pid not in main]

    @staticmethod
    def status(pid):
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                return file.read()
        except OSError:
            return ""

    def next_run_works(self):
        """At once, with whatever is still there: only a host that is busy may make it wait."""
        began = time.monotonic()
        self.slow(False)
        left = {path: None for path in self.incomplete()}
        while True:
            result = self.pobsync.run("backup", HOST, "--json")
            if result.rc != 6:
                break
            self.assertIn("busy", result.err)
            self.assertLess(time.monotonic() - began, 20, "the host never becomes free")
        self.assertEqual(result.rc, 0, result)
        self.assertEqual(self.pobsync.processes(), {}, "somebody is left behind")
        self.assertEqual(self.checker.settled(), [])
        for path in left:
            self.assertFalse(os.path.exists(path), "what was left is still there, or somebody made it again")
        print(f"    free again after {time.monotonic() - began:.1f} s, the run included")


class Killed(SlowCase):
    def test_pobsync(self):
        running = self.start_and_wait_for_data()
        running.kill()
        running.wait()
        self.next_run_works()

    def test_main_process_of_rsync(self):
        running = self.start_and_wait_for_data()
        os.kill(self.rsyncs(running)[0], signal.SIGKILL)
        result = running.wait(15)
        self.assertEqual(result.rc, 1, result)
        self.assertEqual((result.json["state"], result.json["cause"]), ("failed", "killed"))
        self.assertEqual(self.pobsync.processes(), {}, "an orphan writes on")
        self.next_run_works()

    def test_both(self):
        running = self.start_and_wait_for_data()
        main = self.rsyncs(running)[0]
        running.kill(signal.SIGSTOP)
        os.kill(main, signal.SIGKILL)
        running.kill()
        running.wait()
        self.next_run_works()

    def test_pobsync_while_all_of_rsync_is_stopped(self):
        running = self.start_and_wait_for_data()
        stopped = self.rsyncs(running)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        running.kill()
        running.wait()
        place, = self.incomplete()
        before = self.bytes_of(place)
        self.slow(False)
        result = self.pobsync.run("backup", HOST, timeout=60)
        self.assertEqual(result.rc, 0, result)
        self.assertIn("had left behind", result.out + result.err)
        self.assertFalse(any(self.status(pid).count("State:\tT") for pid in stopped), "still stopped")
        self.assertFalse(os.path.exists(place))
        self.assertGreater(before, 0)
        self.assertEqual(self.pobsync.processes(), {})
        self.assertEqual(self.checker.settled(), [])

    def test_a_second_run_while_the_first_is_alive(self):
        running = self.start_and_wait_for_data()
        second = self.pobsync.run("backup", HOST)
        self.assertEqual(second.rc, 6, second)
        self.slow(False)
        self.assertEqual(running.wait(60).rc, 0)
        self.assertEqual(self.checker.settled(), [])


class Asked(SlowCase):
    def ended_in_order(self, running, number, begun):
        result = running.wait(20)
        took = time.monotonic() - begun
        self.assertLess(took, 10, result)
        self.assertEqual(self.pobsync.processes(), {}, "children are left")
        if result.rc == -number:
            # It came before there was anything to end.
            self.assertNotIn("running", [run["state"] for run in runs(self.pobsync)], result)
        elif result.rc == 130 and result.stdout:
            self.assertEqual(result.json["state"], "cancelled", result)
        else:
            self.assertIn(result.rc, (0, 130), result)
        self.assertNotIn("running", [run["state"] for run in runs(self.pobsync)], result)
        self.assertEqual(self.checker.after_fault(), [])
        return took, result.rc

    def test_in_mid_transfer(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                running = self.start_and_wait_for_data()
                begun = time.monotonic()
                running.kill(number)
                took, code = self.ended_in_order(running, number, begun)
                self.assertEqual(code, 130)
                self.assertEqual(runs(self.pobsync)[-1]["state"], "cancelled")
                print(f"    {number.name}: ended after {took:.2f} s")
        self.next_run_works()

    def test_at_random_points(self):
        self.slow(False)
        chance = random.Random(20261123)
        usual = time.monotonic()
        self.pobsync.ok("backup", HOST)
        usual = time.monotonic() - usual
        self.checker = Checker(self.pobsync, self.source)
        slowest, ends = 0.0, {}
        for turn in range(24):
            self.write("changing", 50_000 + turn)
            self.checker = Checker(self.pobsync, self.source)
            number = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[turn % 3]
            running = self.pobsync.spawn("backup", HOST, "--json")
            at = time.monotonic() + chance.random() * usual
            wait_for(lambda: time.monotonic() >= at or running.process.poll() is not None, 30, "the chosen moment")
            begun = time.monotonic()
            if running.process.poll() is None:
                running.kill(number)
            took, code = self.ended_in_order(running, number, begun)
            slowest = max(slowest, took)
            ends[code] = ends.get(code, 0) + 1
        print(f"    24 signals, slowest end {slowest:.2f} s, exit codes {ends}")
        self.pobsync.ok("backup", HOST)
        self.checker = Checker(self.pobsync, self.source)
        self.assertEqual(self.checker.settled(), [])


if __name__ == "__main__":
    unittest.main()
