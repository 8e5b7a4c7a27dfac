"""The test kit tested: that faults strike where they should, that the stand-in for rsync does as it is told,
that nothing left behind is overlooked, and that mounts are what they say."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import unittest
import unittest.mock

from kit import faults, mounts, oracle, processes, tree
from kit.deadline import Late, wait_for
from kit.pobsync import Pobsync
from kit.workdir import WorkDir


def run_quietly(argv, **keywords):
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30, **keywords)


class ShimStrikes(unittest.TestCase):
    """The program under the shim is a Python script here: its calls are known one by one."""

    SCRIPT = ("import os, sys; os.chdir(sys.argv[1]);"
              "os.mkdir('d');"                                   # 1
              "f = os.open('d/f', os.O_WRONLY | os.O_CREAT);"    # 2
              "os.write(f, b'0123456789');"                      # 3
              "os.fsync(f); os.close(f);"                        # 4
              "os.rename('d/f', 'd/g');"                         # 5
              "os.link('d/g', 'd/h');"                           # 6
              "os.unlink('d/g');"                                # 7
              "os.open('d/h', os.O_RDONLY);"                     # not counted
              "print('end')")                                    # a pipe: not counted
    CALLS = ["mkdir", "open", "write", "fsync", "rename", "link", "unlink"]

    def setUp(self):
        self.dir = self.enterContext(WorkDir())
        self.work = self.dir.make("work")

    def argv(self):
        return [sys.executable, "-IBS", "-c", self.SCRIPT, self.work]

    def run_under(self, **options):
        shutil.rmtree(self.work)
        os.mkdir(self.work)
        shot = faults.Faults(self.dir.path, scope=None, **options)
        return shot, run_quietly(self.argv(), env=shot.env | {"PATH": "/usr/bin"})

    def test_counts(self):
        shot, done = self.run_under()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "end\n", ""))
        self.assertEqual((shot.calls, shot.fired), (7, 0))
        self.assertEqual([call for _, call, _ in shot.names()], self.CALLS)

    def test_kills_before_the_call(self):
        left = [[], ["d"], ["d", "d/f"], ["d", "d/f"], ["d", "d/f"], ["d", "d/g"], ["d", "d/g", "d/h"]]
        for number, expected in enumerate(left, 1):
            with self.subTest(self.CALLS[number - 1]):
                shot, done = self.run_under(at=number)
                self.assertEqual((done.returncode, shot.fired), (-signal.SIGKILL, 1))
                found = [name.decode() for name in sorted(oracle.tree_digest(self.work)) if name != b"."]
                self.assertEqual(found, expected)
                self.assertEqual(shot.names()[-1][:2], (number, self.CALLS[number - 1]))
        self.assertEqual(self.run_under(at=8)[0].fired, 0)

    def test_fails_with_errno(self):
        for number in range(1, 8):
            with self.subTest(self.CALLS[number - 1]):
                shot, done = self.run_under(at=number, mode=errno.EDQUOT)
                self.assertEqual((done.returncode, shot.fired), (1, 1))
                self.assertIn("OSError: [Errno 122]", done.stderr)

    def test_short_write_sticky_and_only(self):
        self.run_under(at=3, mode="short")
        self.assertEqual(os.path.getsize(os.path.join(self.work, "d/h")), 5)
        shot, _ = self.run_under(at=1, mode="kill", only=["fsync"])
        self.assertEqual((shot.calls, shot.fired, shot.names()[0][1]), (1, 1, "fsync"))
        script = "import os\nfor n in range(5):\n  try: os.mkdir('x')\n  except OSError: pass"
        shot = faults.Faults(self.dir.path, at=3, mode=errno.EIO, sticky=True, scope=None)
        subprocess.run([sys.executable, "-IBS", "-c", script], env=shot.env, cwd=self.work, check=True)
        self.assertEqual((shot.calls, shot.fired), (5, 3))

    def test_scope_and_whole_process_tree(self):
        script = "mkdir a; mkdir b; cp /etc/passwd a/; rm -r a b"
        counts = []
        for scope in ("mkdir", None):
            shot = faults.Faults(self.dir.path, scope=scope)
            env = shot.env | {"PATH": "/usr/bin:/bin"}
            subprocess.run(["sh", "-c", script], env=env, cwd=self.work, check=True)
            counts.append(faults.shim_counts(shot.names()))
        self.assertEqual(counts[0], {"mkdir": 2})
        self.assertEqual((counts[1]["mkdir"], counts[1]["unlink"]), (2, 3))

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_sees_what_strace_sees(self):
        shot, _ = self.run_under()
        seen = faults.shim_counts(shot.names())
        shutil.rmtree(self.work)
        os.mkdir(self.work)
        self.assertEqual(faults.strace_counts(self.argv(), {"PATH": "/usr/bin"}), seen)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_sees_all_of_sqlite(self):
        script = ("import sqlite3, sys; d = sqlite3.connect(sys.argv[1] + '/db');"
                  "d.execute('PRAGMA journal_mode=WAL');"
                  "d.execute('PRAGMA synchronous=FULL'); d.execute('CREATE TABLE t (a)');"
                  "[d.execute('INSERT INTO t VALUES (randomblob(9000))') for n in range(5)]; d.commit();"
                  "d.execute('PRAGMA wal_checkpoint(TRUNCATE)'); d.close()")
        argv = [sys.executable, "-IBS", "-c", script, self.work]
        shot = faults.Faults(self.dir.path, scope=None)
        subprocess.run(argv, env=shot.env, check=True)
        shutil.rmtree(self.work)
        os.mkdir(self.work)
        self.assertGreater(shot.calls, 20)
        self.assertEqual(faults.strace_counts(argv), faults.shim_counts(shot.names()))

    def test_sweep(self):
        """A stand-in engine that renames before it syncs must be caught, one that syncs first must pass."""
        good = ("import os; f = os.open('tmp', os.O_WRONLY | os.O_CREAT); os.write(f, b'whole');"
                "os.fsync(f); os.rename('tmp', 'final')")
        bad = ("import os; f = os.open('tmp', os.O_WRONLY | os.O_CREAT); os.rename('tmp', 'final');"
               "os.write(f, b'whole'); os.fsync(f)")
        empty = faults.Prepared(self.work)
        self.addCleanup(empty.close)

        def check(point, _):
            final = os.path.join(self.work, "final")
            if os.path.exists(final) and os.path.getsize(final) != 5:
                return ["final name without the whole content"]
            self.assertTrue(point.fired or os.path.exists(final))
            return []

        results = []
        for script in (good, bad):
            argv = [sys.executable, "-IBS", "-c", script]
            results.append(faults.sweep(
                "stand-in", lambda env, argv=argv: run_quietly(argv, env=env, cwd=self.work),
                check, empty.restore, scope=None, report=lambda line: None))
        self.assertEqual([(each.points, len(each.violations)) for each in results], [(4, 0), (4, 1)], results)
        self.assertTrue(results[1].violations[0].startswith("call 3 (write fd"), results[1].violations)

    def test_sweep_that_hits_nothing_is_a_violation(self):
        done = faults.sweep("nothing", lambda env: None, lambda point, result: [], report=lambda line: None)
        self.assertEqual((done.points, len(done.violations)), (0, 1))


class FakeRsync(unittest.TestCase):
    def setUp(self):
        self.dir = self.enterContext(WorkDir())
        self.fake = faults.FakeRsync(self.dir.path)
        tree.small_files_tree(self.dir / "src", 60)
        os.mkfifo(self.dir / "src/fifo")

    def pull(self, target, *options):
        argv = [self.fake.path, "-aHAXS", "--numeric-ids", "--timeout=300", "--stats", "--info=progress2",
                *options, "-e", "ssh -F /nowhere", "--",
                f"alias:{self.dir / 'src'}/", f"{self.dir / target}/"]
        return run_quietly(argv, env={})

    def test_copies_and_links(self):
        done = self.pull("one")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(oracle.compare(self.dir / "src", self.dir / "one"), [])
        self.assertRegex(done.stdout, r"Number of files: [\d,]+ \(reg: 61, dir: \d+, link: 1, special: 1\)")
        changed = tree.churn(self.dir / "src", 0.1).changed
        before = oracle.digest_hash(self.dir / "one")
        self.assertEqual(self.pull("two", f"--link-dest={self.dir / 'one'}").returncode, 0)
        self.assertEqual(oracle.compare(self.dir / "src", self.dir / "two"), [])
        self.assertEqual(oracle.shared_inodes(self.dir / "one", self.dir / "two")[1], set(changed))
        self.assertEqual(oracle.digest_hash(self.dir / "one"), before)

    def test_does_as_it_is_told(self):
        self.fake.configure(exit=23, stderr=["rsync: one", "rsync: two"], stop_after=10)
        done = self.pull("one")
        self.assertEqual((done.returncode, done.stderr), (23, "rsync: one\nrsync: two\n"))
        self.assertNotEqual(oracle.compare(self.dir / "src", self.dir / "one"), [])
        self.fake.configure(die_at=5)
        self.assertEqual(self.pull("two").returncode, -signal.SIGKILL)
        self.fake.configure(log=self.dir / "log")
        self.assertEqual(self.pull("three", "--exclude-from", "a b").returncode, 0)
        with open(self.dir / "log", encoding="ascii") as file:
            self.assertIn(" --exclude-from a\\x20b -e ssh\\x20-F\\x20/nowhere -- ", file.read())

    def test_dry_run_and_missing_source(self):
        self.assertEqual(self.pull("one", "--dry-run").returncode, 0)
        self.assertFalse(os.path.exists(self.dir / "one"))
        self.fake.configure(source="/no/such/directory")
        self.assertEqual(self.pull("one").returncode, 23)

    def test_kills_its_parent_and_goes_on(self):
        self.fake.configure(kill_parent_at=7)
        argv = [sys.executable, "-IBS", "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])",
                self.fake.path, "-a", "--", f"alias:{self.dir / 'src'}/", f"{self.dir / 'one'}/"]
        self.assertEqual(subprocess.run(argv, check=False, timeout=30).returncode, -signal.SIGKILL)
        wait_for(lambda: not processes.processes_of(self.dir.path), 10, "the orphan ends")
        self.assertEqual(oracle.compare(self.dir / "src", self.dir / "one"), [])

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_makes_the_calls_of_rsync(self):
        """The kinds of calls with which real rsync changes a file system are those of the fake one."""
        source = f"{self.dir / 'src'}/"
        real = faults.strace_counts(["rsync", "-aHAXS", "--numeric-ids", source, f"{self.dir / 'real'}/"])
        fake = faults.strace_counts([self.fake.path, "-a", "--", f"x:{source}", f"{self.dir / 'fake'}/"])
        self.assertEqual(set(fake), set(real))
        for call in ("rename", "link", "symlink", "mkdir"):
            self.assertEqual(fake[call], real[call], call)


class Processes(unittest.TestCase):
    def test_finds_what_is_left_behind(self):
        directory = self.enterContext(WorkDir())
        sleepers = [
            subprocess.Popen(["sleep", "1000"], cwd=directory.path),
            subprocess.Popen(["sleep", "1000"], env={"POBSYNC_HOME": directory.path}),
            subprocess.Popen(["sh", "-c", "sleep 1000; :", directory.path], start_new_session=True),
        ]
        try:
            wait_for(lambda: len(processes.processes_of(directory.path)) == 3, 10, "all three are seen")
        finally:
            os.killpg(sleepers[-1].pid, signal.SIGKILL)
            for each in sleepers:
                each.kill()
                each.wait()
        wait_for(lambda: not processes.processes_of(directory.path), 10, "none is seen")

    def test_deadline(self):
        with self.assertRaisesRegex(Late, "never"):
            wait_for(lambda: False, 0.05, "never")


class Driver(unittest.TestCase):
    """kit.pobsync, with a shell script in the place of the program."""

    SCRIPT = """#!/bin/sh
case "$1" in
environment) env ;;
json) echo '{"items":[1]}' ;;
fail) echo out; echo err >&2; exit 9 ;;
echo) cat ;;
slow) sleep 1000; : ;;
orphan) sleep 1000 & exit 0 ;;
sanitizer) echo 'x.c:1:2: runtime error: signed integer overflow' >&2 ;;
terminal) test -t 0 && test -t 1 && test -t 2 && echo yes; exit 3 ;;
esac
"""

    def setUp(self):
        self.dir = self.enterContext(WorkDir())
        script = self.dir.write("pobsync", self.SCRIPT, 0o755)
        self.enterContext(unittest.mock.patch.dict(os.environ, {"POBSYNC": script, "POBSYNC_ASAN": "",
                                                                "POBSYNC_DATABASE": "leak"}))
        self.program = self.enterContext(Pobsync())

    def test_environment_is_clean(self):
        lines = self.program.ok("environment", env={"MORE": "1"}).out.splitlines()
        env = dict(line.split("=", 1) for line in lines)
        self.assertEqual((env["POBSYNC_HOME"], env["MORE"]), (self.program.home, "1"))
        ours = {name for name in env if name.startswith("POBSYNC")}
        self.assertEqual(ours, {"POBSYNC_HOME", "POBSYNC_ENV_FILE"})

    def test_results(self):
        failed = self.program.run("fail")
        self.assertEqual((failed.rc, failed.out, failed.err, failed.pipe_held), (9, "out\n", "err\n", False))
        self.assertEqual(self.program.json("json"), {"items": [1]})
        self.assertEqual(self.program.run("echo", input="text").out, "text")
        self.assertEqual(self.program.run_on_terminal("terminal"), (3, "yes\r\n"))
        with self.assertRaisesRegex(AssertionError, "exit 0 expected"):
            self.program.ok("fail")

    def test_a_sanitizer_report_is_never_overlooked(self):
        with self.assertRaisesRegex(AssertionError, "signed integer overflow"):
            self.program.run("sanitizer")

    def test_late_and_left_behind(self):
        with self.assertRaisesRegex(AssertionError, "did not end within 0.2 s"):
            self.program.run("slow", timeout=0.2)
        self.program.settle()
        running = self.program.spawn("slow")
        wait_for(lambda: len(self.program.processes()) == 2, 10, "the shell and its child")
        running.kill(signal.SIGTERM)
        self.assertEqual(running.wait(10).rc, -signal.SIGTERM)
        self.assertTrue(self.program.processes(), "its child is left")
        self.assertTrue(self.program.run("orphan").pipe_held)
        with self.assertRaises(Late):
            self.program.settle(0.1)
        self.program.close()
        self.assertEqual(self.program.processes(), {})

    def test_shim_goes_with_the_sanitised_build(self):
        program = '#include <sys/stat.h>\nint main(void) { return mkdir("d", 0700) != 0; }\n'
        source = self.dir.write("x.c", program)
        subprocess.run(["gcc", "-fsanitize=address,undefined", "-o", self.dir / "x", source], check=True)
        shot = faults.Faults(self.dir.path, at=1, mode=errno.EIO, scope="x")
        done = run_quietly([self.dir / "x"], env=self.program.environment(shot.env), cwd=self.dir.path)
        self.assertEqual((done.returncode, done.stderr, shot.fired), (1, "", 1))


class WorkDirs(unittest.TestCase):
    def test_removes_anything(self):
        directory = WorkDir()
        tree.fidelity_tree(directory / "src")
        directory.remove()
        self.assertFalse(os.path.exists(directory.path))

    @mounts.requires_mount
    def test_never_into_a_mount(self):
        directory = self.enterContext(WorkDir())
        with mounts.tmpfs() as disk:
            open(os.path.join(disk.path, "precious"), "wb").close()
            with mounts.bind(disk.path, directory.make("mnt")):
                with self.assertRaisesRegex(AssertionError, "different device"):
                    directory.remove()
            self.assertTrue(os.path.exists(os.path.join(disk.path, "precious")))


class Mounts(unittest.TestCase):
    @mounts.requires_loop()
    def test_ext4_with_few_inodes(self):
        with mounts.ext4(16, inodes=64) as disk:
            with self.assertRaises(OSError) as full:
                for number in range(100):
                    open(os.path.join(disk.path, str(number)), "wb").close()
            self.assertEqual(full.exception.errno, errno.ENOSPC)
            self.assertGreater(number, 40)

    @mounts.requires_loop()
    def test_full_and_free_again(self):
        with mounts.ext4(16) as disk:
            filler = disk.fill()
            with self.assertRaises(OSError) as full:
                for _ in range(1000):
                    with open(os.path.join(disk.path, "x"), "ab") as file:
                        file.write(b"x" * 4096)
            self.assertEqual(full.exception.errno, errno.ENOSPC)
            os.unlink(filler)
            self.assertGreater(os.statvfs(disk.path).f_bavail, 1000)

    @mounts.requires_loop("xfs")
    def test_power_cut_loses_what_was_not_synced(self):
        for make in (mounts.ext4, mounts.xfs):
            with self.subTest(make.__name__), make() as disk:
                kept = os.path.join(disk.path, "kept")
                with open(kept, "wb") as file:
                    file.write(b"kept")
                    file.flush()
                    os.fsync(file.fileno())
                with open(os.path.join(disk.path, "lost"), "wb") as file:
                    file.write(b"lost")
                disk.power_cut()
                disk.unmount()
                disk.mount()
                self.assertEqual(os.path.getsize(kept), 4)
                self.assertFalse(os.path.exists(os.path.join(disk.path, "lost")))

    @mounts.requires_mount
    def test_read_only_and_bind(self):
        with mounts.tmpfs() as disk:
            open(os.path.join(disk.path, "a"), "wb").close()
            with mounts.bind(disk.path) as again:
                self.assertEqual(os.listdir(again.path), ["a"])
                with self.assertRaises(OSError) as crossed:
                    os.link(os.path.join(disk.path, "a"), os.path.join(again.path, "b"))
                self.assertEqual(crossed.exception.errno, errno.EXDEV)
            disk.read_only()
            with self.assertRaises(OSError) as refused:
                open(os.path.join(disk.path, "b"), "wb").close()
            self.assertEqual(refused.exception.errno, errno.EROFS)
            disk.read_only(False)
            open(os.path.join(disk.path, "b"), "wb").close()


if __name__ == "__main__":
    unittest.main()
