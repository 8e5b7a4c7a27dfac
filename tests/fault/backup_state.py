"""What must be true of an installation after a fault ("nothing lost"), checked from outside: by the oracle and by
reading the database file itself. Shared by the tests of this folder."""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
import time

from kit import oracle
from kit.faults import FakeRsync, Prepared
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.tree import small_files_tree
from kit.workdir import WorkDir

HOST = "web1"
EVERYTHING = ("--excludes-replace", "--excludes", "")
NO_FLOOR = ("--min-free-bytes", "0", "--min-free-inodes", "0")
TERMINAL = {"success", "warning", "partial", "failed", "cancelled"}


def in_memory():
    """Lets temporary directories lie in memory: sweeps sync thousands of times."""
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"
        os.environ["TMPDIR"] = "/dev/shm"


def rows(pobsync, query):
    """What the database says, from a copy, so that looking changes nothing."""
    with WorkDir("kit.rows.") as copy:
        for suffix in ("", "-wal"):
            if os.path.exists(pobsync.database + suffix):
                shutil.copy(pobsync.database + suffix, copy / "db" + suffix if suffix else copy / "db")
        with contextlib.closing(sqlite3.connect(copy / "db")) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]


def runs(pobsync):
    return rows(pobsync, "SELECT * FROM run ORDER BY id")


def finals(pobsync):
    """Paths of all snapshots with a final name, oldest first."""
    found = oracle.snapshots(pobsync.root, HOST) + oracle.snapshots(pobsync.root, HOST, "manual")
    return sorted(found, key=os.path.basename)


def fingerprint(snapshot):
    """One hash of all of a snapshot, its metadata and log included."""
    return oracle.digest_hash(snapshot)


def leftovers(pobsync):
    """What lies in .incomplete and .trash, and files of runs that nobody needs any more."""
    found = []
    for folder in (".incomplete", ".trash"):
        path = os.path.join(pobsync.host_dir(HOST), folder)
        found += [f"{folder}/{name}" for name in (sorted(os.listdir(path)) if os.path.isdir(path) else [])]
    folder = os.path.join(pobsync.home, "runs")
    found += [f"runs/{name}" for name in sorted(os.listdir(folder)) if not name.endswith(".log")]
    return found


class Keeper:
    """Remembers snapshots as they are, and says later what became of them."""

    def __init__(self, pobsync):
        self.pobsync = pobsync
        self.kept = {path: fingerprint(path) for path in finals(pobsync)}

    def wrong(self):
        """Sentences about older snapshots that changed or went."""
        for path, before in self.kept.items():
            if not os.path.isdir(path):
                yield f"older snapshot {os.path.basename(path)} has gone"
            elif fingerprint(path) != before:
                yield f"older snapshot {os.path.basename(path)} has changed"


class Checker:
    """Judges the state after a fault against a source that does not change."""

    def __init__(self, pobsync, source):
        self.pobsync = pobsync
        self.keeper = Keeper(pobsync)
        self.source = oracle.tree_digest(source)
        self.source_hash = oracle.digest_hash(self.source)

    def new_finals(self):
        return [path for path in finals(self.pobsync) if path not in self.keeper.kept]

    def after_fault(self):
        """No final name without a whole tree, whatever happened; older ones as they were."""
        wrong = [*self.keeper.wrong(), *oracle.check_host_dir(self.pobsync.root, HOST)]
        for path in self.new_finals():
            wrong += self.not_whole(path)
        return wrong

    def not_whole(self, path):
        """Sentences about a new snapshot that is not the source, with metadata that says so."""
        name = os.path.basename(path)
        data = oracle.tree_digest(os.path.join(path, "data"))
        if oracle.digest_hash(data) != self.source_hash:
            yield from (f"{name}: {line}" for line in oracle.compare(self.source, data, limit=2))
        try:
            with open(os.path.join(path, "meta.json"), encoding="utf-8") as file:
                meta = json.load(file)
        except (OSError, ValueError) as failure:
            yield f"{name}: meta.json: {failure}"
            return
        files = sum(record.type != "directory" for record in self.source.values())
        if meta["name"] != name or meta["status"] is None or meta["stats"]["files"] != files:
            yield f"{name}: meta.json says {meta['name']}, {meta['status']}, {meta['stats']['files']} files"

    def after_success(self):
        """Exit 0 is a promise: the newest run has ended well and its snapshot is recorded and there."""
        run = runs(self.pobsync)[-1]
        path = os.path.join(self.pobsync.host_dir(HOST), "scheduled", str(run["snapshot_name"]))
        wrong = [] if run["state"] == "success" else [f"exit 0, and the row says {run['state']}"]
        if not os.path.isdir(path):
            wrong.append(f"exit 0 without {path}")
        recorded = rows(self.pobsync, "SELECT kind, status FROM snapshot WHERE name = "
                                      f"'{run['snapshot_name']}'")
        if recorded != [{"kind": "scheduled", "status": "success"}]:
            wrong.append(f"exit 0, and the snapshot is recorded as {recorded}")
        return wrong

    def settled(self, removals_fail=False):
        """Rows and disk agree, nothing lies about, each run has ended once. Where a removal may have failed, ssh's
        files of a run may stay; they hold no secret."""
        wrong = self.after_fault()
        wrong += [f"left behind: {name}" for name in leftovers(self.pobsync)
                  if not (removals_fail and name.endswith(".ssh"))]
        for run in runs(self.pobsync):
            if run["state"] not in TERMINAL or run["ended_at"] is None or run["running_host_id"] is not None:
                wrong.append(f"run {run['id']} is {run['state']}")
        recorded = {(row["kind"], row["name"]): row for row in rows(
            self.pobsync, "SELECT * FROM snapshot WHERE status IS NULL OR status <> 'deleted'")}
        on_disk = {(os.path.basename(os.path.dirname(path)), os.path.basename(path)) for path in finals(self.pobsync)}
        wrong += [f"on disk without a row: {name}" for name in sorted(on_disk - recorded.keys())]
        wrong += [f"recorded and not there: {name}" for name in sorted(recorded.keys() - on_disk)]
        wrong += [f"{key[1]} is recorded as {row['status']}, base {row['base_name']}"
                  for key, row in recorded.items() if row["status"] == "claimed"]
        return wrong


class Stage:
    """An installation in memory with a small source and a stand-in for rsync; the host's key is pinned."""

    def __init__(self, files=6):
        in_memory()
        self.stack = contextlib.ExitStack()
        self.work = self.stack.enter_context(WorkDir())
        self.source = self.work / "source"
        self.pobsync = self.stack.enter_context(Pobsync(sanitised=False))
        small_files_tree(self.source, files)
        self.fake = FakeRsync(self.work.path)
        with Sshd() as sshd:
            self.pobsync.add_host(HOST, sshd, self.source, *EVERYTHING, *NO_FLOOR, "--rsync-binary", self.fake.path)
            self.pobsync.ok("host-key", HOST, "--accept", sshd.fingerprint())

    def write(self, name, text):
        with open(os.path.join(self.source, name), "w", encoding="utf-8") as file:
            file.write(text)

    def backup(self, expect=0, env=None, *options):
        result = self.pobsync.run("backup", HOST, *options, env=env)
        if expect is not None and result.rc != expect:
            raise AssertionError(f"exit {expect} expected: {result}")
        return result

    def prepared(self):
        return self.stack.enter_context(Prepared(self.pobsync.home, self.pobsync.root))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


class Aftermath:
    """The checks of a sweep: at once, after the next run, and after the one that follows it."""

    def __init__(self, stage, removals_fail=False):
        self.stage = stage
        self.checker = Checker(stage.pobsync, stage.source)
        self.removals_fail = removals_fail
        self.slowest = 0.0

    def __call__(self, point, result):
        pobsync = self.stage.pobsync
        pobsync.settle()
        wrong = self.checker.after_fault()
        if result.rc == 0:
            wrong += self.checker.after_success()
        begun = time.monotonic()
        following = pobsync.run("backup", HOST)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if following.rc != 0:
            wrong.append(f"the next run: {following}")
        wrong += [f"after the next run: {sentence}" for sentence in self.checker.settled(self.removals_fail)]
        before = runs(pobsync)
        last = pobsync.run("backup", HOST, "--dry-run")
        if last.rc != 0 or "had died" in last.out + last.err or "trash" in last.out + last.err:
            wrong.append(f"something was left to recover: {last}")
        if runs(pobsync)[:-1] != before:
            wrong.append("a run that had ended was changed")
        return wrong
