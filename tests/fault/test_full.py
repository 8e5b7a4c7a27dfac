"""A backup root that is full, out of inodes, or turns read-only: before a run and in the middle of one. The run says so
and ends with exit 8, older snapshots stay, and once there is room again the next run works."""

import glob
import os
import random
import signal
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Checker, finals, in_memory, runs
from kit import mounts
from kit.deadline import wait_for
from kit.faults import FakeRsync
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir

TIME_LIMIT = 600
MB = 1 << 20


@mounts.requires_loop("ext4")
class FullCase(unittest.TestCase):
    INODES = None

    def setUp(self):
        in_memory()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.disk = self.enterContext(mounts.ext4(64, self.INODES))
        self.pobsync = self.enterContext(Pobsync(sanitised=False, root=self.disk.path))
        self.source = self.work.make("source")
        self.write("old", 100_000)
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)
        self.pobsync.ok("backup", HOST)

    def write(self, name, size):
        with open(os.path.join(self.source, name), "wb") as file:
            file.write(random.Random(name).randbytes(size))

    def backup(self, code, cause=None, state="failed"):
        result = self.pobsync.run("backup", HOST, "--json")
        self.assertEqual(result.rc, code, result)
        if cause:
            self.assertEqual((result.json["state"], result.json["cause"]), (state, cause), result)
            self.assertTrue(result.json["hint"])
        return result

    def ends_well(self):
        self.backup(0)
        self.assertEqual(self.checker.settled(), [])


class DiskFull(FullCase):
    def setUp(self):
        super().setUp()
        for number in range(8):
            self.write(f"new{number}", 2 * MB)
        self.checker = Checker(self.pobsync, self.source)

    def test_below_the_floor_before_the_run(self):
        self.pobsync.ok("configure-host", HOST, "--min-free-bytes", "30M")
        filler = self.disk.fill(leave=20 * MB)
        run = self.backup(8, "no_space").json
        self.assertRegex(run["message"], "free, expected at least")
        self.assertEqual(len(finals(self.pobsync)), 1)
        os.unlink(filler)
        self.ends_well()

    def test_full_before_the_run(self):
        filler = self.disk.fill()
        self.backup(8, "no_space")
        self.assertEqual(self.checker.after_fault(), [])
        os.unlink(filler)
        self.ends_well()

    def test_what_dead_runs_left_makes_room_by_itself(self):
        self.pobsync.ok("configure-host", HOST, "--min-free-bytes", "20M")
        for place in (".trash/20200101-000000Z__00000000", ".incomplete/20200101-000000Z__00000001/data"):
            with self.subTest(place):
                folder = os.path.join(self.pobsync.host_dir(HOST), place)
                os.makedirs(folder)
                free = os.statvfs(self.disk.path).f_bavail * 4096
                with open(os.path.join(folder, "big"), "wb") as file:
                    file.write(bytes(free - 15 * MB))
                self.backup(0)
                self.assertFalse(os.path.exists(folder))
        self.assertEqual(self.checker.settled(), [])

    def test_full_in_mid_run(self):
        filler = self.disk.fill(leave=5 * MB)
        for _ in range(2):
            self.backup(8, "no_space")
            self.assertEqual(self.checker.after_fault(), [])
            self.assertEqual(len(finals(self.pobsync)), 1)
        os.unlink(filler)
        self.ends_well()

    def test_floor_reached_in_mid_run(self):
        self.pobsync.ok("configure-host", HOST, "--min-free-bytes", "20M")
        filler = self.disk.fill(leave=24 * MB)
        key = " ".join(self.pobsync.key_line(HOST).split()[-3:])
        self.sshd.authorize()
        self.sshd.authorize_command(key, self.sshd.stub("exec rsync --bwlimit=4000 ${SSH_ORIGINAL_COMMAND#rsync}"))
        run = self.backup(8, "no_space").json
        self.assertRegex(run["message"], "stopped")
        self.assertGreater(os.statvfs(self.disk.path).f_bavail * 4096, 8 * MB, "it was stopped far too late")
        self.assertEqual(self.checker.after_fault(), [])
        os.unlink(filler)
        self.ends_well()


class InodesGone(FullCase):
    INODES = 256

    def setUp(self):
        super().setUp()
        for number in range(100):
            self.write(f"new{number}", 10)
        self.checker = Checker(self.pobsync, self.source)
        self.junk = os.path.join(self.disk.path, ".junk")
        os.mkdir(self.junk)

    def fill(self, leave):
        for number in range(os.statvfs(self.disk.path).f_favail - leave):
            open(os.path.join(self.junk, str(number)), "wb").close()

    def free(self):
        for name in os.listdir(self.junk):
            os.unlink(os.path.join(self.junk, name))

    def test_in_mid_run(self):
        self.fill(30)
        self.backup(8, "no_inodes")
        self.assertEqual(self.checker.after_fault(), [])
        self.assertEqual(len(finals(self.pobsync)), 1)
        self.free()
        self.ends_well()

    def test_before_the_run(self):
        self.fill(0)
        self.backup(8, "no_inodes")
        self.free()
        self.ends_well()

    def test_below_the_floor(self):
        self.pobsync.ok("configure-host", HOST, "--min-free-inodes", "150")
        self.fill(140)
        self.backup(8, "no_inodes")
        self.free()
        self.pobsync.ok("configure-host", HOST, "--min-free-inodes", "10")
        self.ends_well()


class ReadOnly(FullCase):
    def setUp(self):
        super().setUp()
        for number in range(4):
            self.write(f"new{number}", 1000)
        self.checker = Checker(self.pobsync, self.source)

    def hang_in_mid_run(self):
        """A run whose rsync waits after some files; what makes the file system fail comes then."""
        fake = FakeRsync(self.work.path, source=self.source, hang_at=9)
        self.pobsync.ok("configure-host", HOST, "--rsync-binary", fake.path)
        running = self.pobsync.spawn("backup", HOST, "--json")
        wait_for(lambda: [name for _, _, names in os.walk(os.path.join(self.pobsync.host_dir(HOST), ".incomplete"))
                          for name in names if name.startswith("new")], 20, "files arrive")
        return fake, running

    def go_on(self, running):
        """The waiting rsync is ended; what counts is what pobsync does on a disk that fails."""
        for pid, argv in self.pobsync.processes().items():
            if argv and b"fake" in argv[0]:
                os.kill(pid, signal.SIGKILL)
        return running.wait(30)

    def test_between_runs(self):
        self.disk.read_only()
        result = self.pobsync.run("backup", HOST, "--json")
        self.assertEqual(result.rc, 8, result)
        self.assertRegex(result.json["message"], "read-only")
        self.disk.read_only(False)
        self.ends_well()

    def test_between_plan_and_prune_and_between_queue_and_worker(self):
        """The kernel refuses to remount while somebody writes: so it happens between steps."""
        self.backup(0)
        self.pobsync.ok("configure-host", HOST, "--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0",
                        "--keep-monthly", "0", "--keep-yearly", "0")
        self.checker = Checker(self.pobsync, self.source)
        plan = self.pobsync.json("retention", HOST)
        self.assertEqual(len(plan["delete"]), 1)
        self.pobsync.ok("backup", HOST, "--queue")
        self.disk.read_only()
        for command in (("retention", HOST, "--apply", "--yes"), ("delete", HOST, plan["delete"][0]["name"], "--yes")):
            result = self.pobsync.run(*command)
            self.assertEqual(result.rc, 8, result)
            self.assertRegex(result.err, "read-only")
        self.pobsync.ok("worker", "--once", timeout=120)
        self.assertEqual((runs(self.pobsync)[-1]["state"], runs(self.pobsync)[-1]["cause"]), ("failed", "root_missing"))
        self.assertEqual(self.checker.after_fault(), [])
        self.assertEqual(len(finals(self.pobsync)), 2)
        self.disk.read_only(False)
        self.pobsync.ok("retention", HOST, "--apply", "--yes")
        self.assertEqual(len(finals(self.pobsync)), 1)
        self.checker = Checker(self.pobsync, self.source)
        self.ends_well()

    def test_in_mid_run(self):
        trigger = glob.glob("/sys/fs/ext4/*/trigger_fs_error")
        if not trigger:
            self.skipTest("this kernel has no trigger_fs_error")
        self.disk.remount("errors=remount-ro")
        fake, running = self.hang_in_mid_run()
        device = os.path.basename(self.device())
        with open(f"/sys/fs/ext4/{device}/trigger_fs_error", "w", encoding="ascii") as file:
            file.write("planted by a test\n")
        result = self.go_on(running)
        self.assertIn(result.rc, (1, 8), result)
        self.assertEqual(runs(self.pobsync)[-1]["state"], "failed")
        self.assertEqual(self.checker.after_fault(), [])
        # Not every kernel says of such a file system that it is read-only: then the first write tells.
        refused = self.pobsync.run("backup", HOST, "--json")
        self.assertIn(refused.rc, (1, 8), refused)
        self.assertRegex(refused.json["message"], "(?i)read-only")
        self.disk.unmount()
        self.disk.mount()
        fake.configure(source=self.source)
        self.ends_well()

    def test_shut_down_in_mid_run(self):
        fake, running = self.hang_in_mid_run()
        self.disk.power_cut()
        result = self.go_on(running)
        self.assertIn(result.rc, (1, 8), result)
        self.assertEqual(runs(self.pobsync)[-1]["state"], "failed")
        refused = self.pobsync.run("backup", HOST, "--json")
        self.assertIn(refused.rc, (1, 8), refused)
        self.disk.unmount()
        self.disk.mount()
        fake.configure(source=self.source)
        self.ends_well()

    def device(self):
        with open("/proc/self/mounts", encoding="utf-8") as file:
            return next(line.split()[0] for line in file if line.split()[1] == self.disk.path)


if __name__ == "__main__":
    unittest.main()
