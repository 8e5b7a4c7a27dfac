"""Drives the program under test: own directories, clean environment, results as values."""

import dataclasses
import functools
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from kit import mariadb_link
from kit.deadline import wait_for
from kit.processes import processes_of
from kit.workdir import WorkDir

PIPE_GRACE = 1  # seconds after the end of a process for its output to end too
SANITIZER_EXIT = 98
SANITIZER_MARKS = (b"ERROR: AddressSanitizer", b"ERROR: LeakSanitizer", b"WARNING: ThreadSanitizer",
                   b"runtime error: ")


def binary(sanitised=True):
    """The program under test: the sanitised build where it is wanted and there is one, else the plain one."""
    path = (sanitised and os.environ.get("POBSYNC_ASAN")) or os.environ.get("POBSYNC")
    if not path:
        raise RuntimeError("POBSYNC is not set to the program under test: run this through tests/run.py")
    return os.path.abspath(path)


@dataclasses.dataclass
class Result:
    """How a command ended. `rc` is the exit code, or -N after signal N. `pipe_held` is true when something it
    started still held its standard output or error at the end."""

    argv: list
    rc: int
    stdout: bytes
    stderr: bytes
    pipe_held: bool

    @property
    def out(self):
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def err(self):
        return self.stderr.decode("utf-8", "surrogateescape")

    @functools.cached_property
    def json(self):
        return json.loads(self.stdout)

    def __str__(self):
        words = " ".join(map(ascii, self.argv[1:]))
        return f"{words}: exit {self.rc}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Running:
    """A command in the background. Its output is read all the time, so that it never waits for us."""

    def __init__(self, argv, env, stdin=None):
        self.argv = argv
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd="/",
                                        start_new_session=True)
        self.pid = self.process.pid
        self.pieces = {"stdout": [], "stderr": []}
        self.readers = [threading.Thread(target=self._read, args=[name], daemon=True) for name in self.pieces]
        for reader in self.readers:
            reader.start()
        if stdin is not None:
            try:
                self.process.stdin.write(stdin.encode() if isinstance(stdin, str) else stdin)
                self.process.stdin.close()
            except BrokenPipeError:
                pass

    def _read(self, name):
        fd = getattr(self.process, name).fileno()
        while piece := os.read(fd, 65536):
            self.pieces[name].append(piece)

    def output(self, name="stdout"):
        """What it has written so far."""
        return b"".join(self.pieces[name])

    def kill(self, number=signal.SIGKILL):
        """Sends a signal to the process alone, not to what it started."""
        self.process.send_signal(number)

    def end(self):
        """Kills the process with its group if it still runs, and lets go of its output. Returns whether
        somebody else still holds that."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()
        until = time.monotonic() + PIPE_GRACE
        for reader in self.readers:
            reader.join(max(0, until - time.monotonic()))
        held = any(reader.is_alive() for reader in self.readers)
        if not held:
            self.process.stdout.close()
            self.process.stderr.close()
        return held

    def wait(self, timeout=60):
        """Waits for the process (not for the end of its output) and returns a Result. A process that does not
        end in time is killed with its whole group, and that is an error, as is anything that a sanitizer
        says."""
        try:
            self.process.wait(timeout)
            late = False
        except subprocess.TimeoutExpired:
            late = True
        held = self.end()
        result = Result(self.argv, self.process.returncode, self.output(), self.output("stderr"), held)
        if late:
            raise AssertionError(f"did not end within {timeout} s: {result}")
        if result.rc == SANITIZER_EXIT or any(mark in result.stderr for mark in SANITIZER_MARKS):
            raise AssertionError(f"the sanitizer reports: {result}")
        return result


class Pobsync:
    """
    One installation: `home` is its POBSYNC_HOME, `root` its backup root, both new and empty.

    sanitised  use the build with ASan and UBSan when there is one; sweeps want the plain one, for speed
    env        more environment for every command; may be changed later
    root       another backup root, e.g. a mount; it is not removed at the end

    Its database is a file in `home`, or one of its own on the server that $POBSYNC_TEST_DATABASE names.
    """

    def __init__(self, sanitised=True, env=None, root=None):
        self.binary = binary(sanitised)
        self.dir = WorkDir("kit.pobsync.")
        self.home = self.dir.make("home")
        self.root = root or self.dir.make("root")
        self.user_home = self.dir.make("user")
        self.env = dict(env or {})
        self.server = os.environ.get("POBSYNC_TEST_DATABASE")
        if self.server:
            self._make_database()
        self.marked = False
        self.background = []

    # Commands

    def environment(self, more=None):
        """Exactly what a command sees: nothing of the caller's but $TMPDIR."""
        env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": self.user_home,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "POBSYNC_HOME": self.home,
            "POBSYNC_ENV_FILE": "/dev/null",
            "ASAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:verify_asan_link_order=0:"
                            "detect_stack_use_after_return=1",
            "UBSAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:halt_on_error=1:print_stacktrace=1",
        }
        if "TMPDIR" in os.environ:
            env["TMPDIR"] = os.environ["TMPDIR"]
        return env | self.env | (more or {})

    def spawn(self, *args, input=None, env=None):
        """Starts a command and returns at once; what still runs at close() is killed with its group."""
        running = Running([self.binary, *map(str, args)], self.environment(env), input)
        self.background.append(running)
        return running

    def run(self, *args, input=None, env=None, timeout=60):
        """Runs a command to its end."""
        return Running([self.binary, *map(str, args)], self.environment(env), input).wait(timeout)

    def ok(self, *args, **keywords):
        """Runs a command that must succeed with exit code 0."""
        result = self.run(*args, **keywords)
        if result.rc != 0:
            raise AssertionError(f"exit 0 expected: {result}")
        return result

    def json(self, *args, **keywords):
        """The document that a command prints with --json."""
        return self.ok(*args, "--json", **keywords).json

    def run_on_terminal(self, *args, env=None, timeout=60):
        """Runs a command on a terminal of its own; returns (exit code, what appeared there)."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([self.binary, *map(str, args)], stdin=theirs, stdout=theirs, stderr=theirs,
                                   env=self.environment({"TERM": "xterm", **(env or {})}), cwd="/",
                                   start_new_session=True)
        os.close(theirs)
        shown = []

        def read():
            try:
                while piece := os.read(ours, 65536):
                    shown.append(piece)
            except OSError:
                pass  # Linux says EIO when the last one closes the terminal

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            process.wait(timeout)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            reader.join(2)
            os.close(ours)
        return process.returncode, b"".join(shown).decode("utf-8", "replace")

    # Set up

    def mark_root(self, *options):
        """Configures the backup root, once."""
        if not self.marked:
            self.ok("configure-global", "--backup-root", self.root, *options)
            self.marked = True

    def add_host(self, name, sshd, source, *options):
        """Configures a host that is this machine by way of `sshd`, whose tree `source` is backed up, and lets
        its key in. The default excludes are anchored at the source, so a source below /tmp loses nothing to
        `/tmp/*`."""
        self.mark_root()
        self.ok("configure-host", name, "--address", sshd.address, "--ssh-port", sshd.port,
                "--ssh-user", sshd.user, "--source-root", source, *options)
        sshd.authorize_also(self.key_line(name))

    def key_line(self, name, kind="plain"):
        """The line for authorized_keys that the program proposes."""
        return self.ok("key", name, "--line", kind).out.strip()

    # Looking

    @property
    def database(self):
        """The file, where the database is one."""
        return os.path.join(self.home, "pobsync.db")

    def _make_database(self):
        name = "kit_" + re.sub(r"\W", "_", os.path.basename(self.dir.path))
        base, socket = re.fullmatch(r"(.*)/\w+(\?socket=.*)", self.server).groups()
        self.server = (name, socket.removeprefix("?socket="))
        self.env.setdefault("POBSYNC_DATABASE", f"{base}/{name}{socket}")
        link = mariadb_link.Link("pobsync_test", self.server[1])
        link.execute(f"CREATE DATABASE {name}")
        link.close()

    @property
    def kind(self):
        """The kind of database, as documents call it."""
        return "mariadb" if self.server else "sqlite"

    def needs_file(self):
        """For tests that copy the file of the database, or look into it."""
        if self.server:
            raise unittest.SkipTest("the database is no file")

    def lose_database(self):
        """All that is in it is gone, as if there had never been one."""
        if self.server:
            link = mariadb_link.Link("pobsync_test", self.server[1])
            link.execute(f"DROP DATABASE {self.server[0]}")
            link.execute(f"CREATE DATABASE {self.server[0]}")
            link.close()
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.database + suffix):
                os.unlink(self.database + suffix)

    def connect(self):
        """A connection to the database, behind the program's back."""
        return mariadb_link.Link(*self.server) if self.server else sqlite3.connect(self.database, timeout=30)

    def host_dir(self, name):
        return os.path.join(self.root, name)

    def processes(self):
        """What is alive and belongs to this installation: {pid: argument vector}."""
        return processes_of(self.home, self.root)

    def settle(self, timeout=15):
        """Waits until nothing of this installation is alive."""
        wait_for(lambda: not self.processes(), timeout, lambda: f"left behind: {self.processes()}")

    # End

    def close(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for running in self.background:
            running.end()
        wait_for(lambda: not self.processes(), 10, lambda: f"killed, and still there: {self.processes()}")
        if self.server:
            link = mariadb_link.Link("pobsync_test", self.server[1])
            link.execute(f"DROP DATABASE {self.server[0]}")
            link.close()
        self.dir.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
