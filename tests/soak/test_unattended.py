"""Half an hour in the life of an installation that nobody looks after: twenty hosts whose files change all the time, a
backup of each every minute, retention on, a disk that is full now and then, and somebody who kills any process of ours
with -9 every few seconds. At the end nothing is lost, nothing is left over, and every run has ended once.

SOAK_SECONDS says how long (1800), SOAK_SEED which accidents.
"""

import collections
import hashlib
import os
import random
import signal
import sqlite3
import threading
import time
import unittest

from kit import oracle
from kit.deadline import wait_for
from kit.mounts import ext4, requires_loop
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir

TIME_LIMIT = 14400
SECONDS = int(os.environ.get("SOAK_SECONDS", "1800"))
SEED = int(os.environ.get("SOAK_SEED", "20261125"))
HOSTS = [f"host{number:02}" for number in range(20)]
STABLE, CHANGING = 30, 20
DISK_MB = 400


def content(host, name, version):
    """A file that can be told from any other, and from a torn one."""
    text = f"{host} {name} {version}\n".encode() * (20 + version % 50)
    return text + hashlib.sha256(text).hexdigest().encode()


def is_whole(host, name, data):
    text, mark = data[:-64], data[-64:]
    return hashlib.sha256(text).hexdigest().encode() == mark and text.startswith(f"{host} {name} ".encode())


class Sources:
    """The trees of the hosts, and a thread that changes them: whole files, by rename, as good programs write."""

    def __init__(self, directory):
        self.directory = directory
        self.chance = random.Random(SEED)
        self.version = 0
        for host in HOSTS:
            os.makedirs(os.path.join(directory, host, "stable"))
            os.makedirs(os.path.join(directory, host, "changing"))
            for number in range(STABLE):
                self.write(host, f"stable/{number}", 1)
            for number in range(CHANGING):
                self.write(host, f"changing/{number}", 1)

    def path(self, host):
        return os.path.join(self.directory, host)

    def write(self, host, name, version):
        path = os.path.join(self.directory, host, name)
        with open(path + ".new~", "wb") as file:
            file.write(content(host, name, version))
        os.rename(path + ".new~", path)

    def change(self):
        self.version += 1
        host = self.chance.choice(HOSTS)
        name = f"changing/{self.chance.randrange(CHANGING * 2)}"
        if self.chance.random() < 0.2 and os.path.exists(os.path.join(self.directory, host, name)):
            os.unlink(os.path.join(self.directory, host, name))
        else:
            self.write(host, name, self.version)


@requires_loop("ext4")
class Unattended(unittest.TestCase):
    def setUp(self):
        self.disk = self.enterContext(ext4(DISK_MB))
        self.work = self.enterContext(WorkDir())
        self.sshd = self.enterContext(Sshd(options=["MaxStartups 200", "MaxSessions 200"]))
        os.mkdir(os.path.join(self.disk.path, "root"))
        self.pobsync = self.enterContext(Pobsync(sanitised=False, root=os.path.join(self.disk.path, "root")))
        self.sources = Sources(self.work.make("sources"))
        self.stop = threading.Event()
        self.up = None
        self.kills = collections.Counter()
        self.seen = {}  # path of a snapshot: its hash when it was first seen good
        self.wrong = []
        self.configure()

    def configure(self):
        self.pobsync.mark_root()
        self.pobsync.ok("configure-global", "--parallel-runs", "4", "--min-free-bytes", "8M", "--min-free-inodes", "500",
                        "--keep-last", "5", "--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0",
                        "--keep-yearly", "0", "--max-delete", "100")
        for host in HOSTS:
            self.pobsync.add_host(host, self.sshd, self.sources.path(host), "--excludes-replace", "--excludes", "*~")
            self.pobsync.ok("test-connection", host)
            self.pobsync.ok("schedule", host, "--cron", "* * * * *", "--prune", "--grace", "10m")

    # What goes on meanwhile

    def in_background(self, action, pause):
        """Calls `action` again and again until the end; what it raises is a violation."""
        def loop():
            while not self.stop.wait(pause()):
                try:
                    action()
                except Exception as failure:  # noqa: whatever it is, it is told
                    self.wrong.append(f"{action.__name__}: {type(failure).__name__}: {failure}")

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        return thread

    def kill_something(self):
        """Any process of ours: supervisor, scheduler, worker, a run, rsync, ssh."""
        processes = self.pobsync.processes()
        if not processes:
            return
        pid = self.chance.choice(sorted(processes))
        argv = processes[pid]
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        name = os.path.basename(argv[0].decode(errors="replace")) if argv else "?"
        self.kills[f"{name} {argv[1].decode(errors='replace')}" if name == "pobsync" and len(argv) > 1 else name] += 1

    def keep_up(self):
        """What the service manager does."""
        if self.up is None or self.up.process.poll() is not None:
            self.up = self.pobsync.spawn("up", "--no-web")

    def fill_disk(self):
        filler = self.disk.fill(leave=2 << 20)
        self.stop.wait(10)
        os.unlink(filler)

    def look(self):
        """Remembers new good snapshots as they are."""
        for path in self.good():
            if path not in self.seen:
                try:
                    self.seen[path] = oracle.digest_hash(os.path.join(path, "data"))
                except FileNotFoundError:
                    pass  # retention was faster

    def query(self, statement, *values):
        link = sqlite3.connect(self.pobsync.database, timeout=30)
        try:
            return link.execute(statement, values).fetchall()
        finally:
            link.close()

    def good(self):
        rows = self.query("SELECT h.name, s.kind, s.name FROM snapshot s JOIN host h ON h.id = s.host_id "
                          "WHERE s.status IN ('success', 'warning') AND s.held_reason IS NULL")
        return [os.path.join(self.pobsync.host_dir(host), kind, name) for host, kind, name in rows]

    # The verdict

    def check_snapshot(self, host, path):
        data = os.path.join(path, "data")
        names = {os.path.relpath(os.path.join(folder, name), data)
                 for folder, _, files in os.walk(data) for name in files}
        missing = {f"stable/{number}" for number in range(STABLE)} - names
        if missing:
            yield f"{path}: lacks {sorted(missing)[:3]}"
        for name in names:
            with open(os.path.join(data, name), "rb") as file:
                if not is_whole(host, name, file.read()):
                    yield f"{path}: {name} is torn, or another's"

    def check_rows(self):
        for run, state, ended in self.query("SELECT id, state, ended_at FROM run"):
            if state in ("queued", "running") or ended is None:
                yield f"run {run} is {state}"
        for status, count in self.query("SELECT status, count(*) FROM snapshot WHERE status = 'deleting' OR kind = "
                                        "'incomplete' AND coalesce(status, '') <> 'deleted' GROUP BY status"):
            yield f"{count} snapshots are recorded as {status or 'incomplete'}"
        if self.query("PRAGMA integrity_check") != [("ok",)]:
            yield "the database is damaged"

    def check_disk(self):
        recorded = set(self.good()) | {
            os.path.join(self.pobsync.host_dir(host), kind, name) for host, kind, name in self.query(
                "SELECT h.name, s.kind, s.name FROM snapshot s JOIN host h ON h.id = s.host_id "
                "WHERE s.status NOT IN ('deleted', 'deleting') AND s.kind <> 'incomplete'")}
        there = set()
        for host in HOSTS:
            yield from oracle.check_host_dir(self.pobsync.root, host)
            there |= set(oracle.snapshots(self.pobsync.root, host))
            for folder in (".incomplete", ".trash"):
                path = os.path.join(self.pobsync.host_dir(host), folder)
                for name in os.listdir(path) if os.path.isdir(path) else []:
                    yield f"left over: {host}/{folder}/{name}"
        yield from (f"on disk without a row: {path}" for path in sorted(there - recorded))
        yield from (f"recorded and not there: {path}" for path in sorted(recorded - there))

    def check_seen(self):
        """What was good once is as it was, or a purge says who took it."""
        purged = {(host, name) for host, name in self.query("SELECT host_name, snapshot_name FROM purge")}
        for path, before in self.seen.items():
            host, name = path.split(os.sep)[-3], os.path.basename(path)
            if os.path.isdir(path):
                if oracle.digest_hash(os.path.join(path, "data")) != before:
                    yield f"{path} has changed"
            elif (host, name) not in purged:
                yield f"{path} has gone, and no purge tells of it"

    def verdict(self):
        wrong = [*self.wrong, *self.check_rows(), *self.check_disk(), *self.check_seen()]
        for path in self.good():
            wrong += self.check_snapshot(path.split(os.sep)[-3], path)
        return wrong

    def settle(self):
        """No more accidents: the service works off what is left, ends in order, and each host has one more backup."""
        self.keep_up()
        wait_for(lambda: not self.query("SELECT 1 FROM run WHERE state = 'running'"), 300, "all runs end")
        for host in HOSTS:
            self.pobsync.ok("schedule", host, "--remove")
        began = time.monotonic()
        self.up.kill(signal.SIGTERM)
        self.up.wait(20)
        ended = time.monotonic() - began
        self.pobsync.settle()
        self.query("SELECT 1")
        self.pobsync.ok("worker", "--once", timeout=600)
        for (run,) in self.query("SELECT id FROM run WHERE state = 'queued'"):
            self.pobsync.ok("cancel", run)
        for host in HOSTS:
            self.pobsync.ok("backup", host, timeout=120)
        self.pobsync.ok("recover", timeout=300)
        self.assertEqual(self.pobsync.json("recover")["items"], [], "a second recovery finds something")
        return ended

    def test_a_life(self):
        self.chance = random.Random(SEED)
        self.keep_up()
        threads = [self.in_background(self.sources.change, lambda: 0.02),
                   self.in_background(self.kill_something, lambda: self.chance.uniform(2, 8)),
                   self.in_background(self.keep_up, lambda: 1),
                   self.in_background(self.look, lambda: 2),
                   self.in_background(self.fill_disk, lambda: 120)]
        self.stop.wait(SECONDS)
        self.stop.set()
        for thread in threads:
            thread.join(60)
        self.look()
        ended = self.settle()
        wrong = self.verdict()
        runs = self.query("SELECT state, coalesce(cause, ''), count(*) FROM run GROUP BY 1, 2 ORDER BY 3 DESC")
        print(f"    {SECONDS} s, {len(HOSTS)} hosts, seed {SEED}; ended in order in {ended:.1f} s")
        print(f"    runs: {', '.join(f'{count} {state} {cause}'.strip() for state, cause, count in runs)}")
        print(f"    killed with -9: {dict(self.kills)}")
        print(f"    good snapshots seen {len(self.seen)}, purges {self.query('SELECT count(*) FROM purge')[0][0]}, "
              f"still there {len(self.good())}")
        print(f"    violations: {len(wrong)}")
        self.assertEqual(wrong[:20], [])
        self.assertGreater(sum(self.kills.values()), SECONDS // 20)


if __name__ == "__main__":
    unittest.main()
