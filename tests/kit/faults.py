"""Fault injection: builds the C tools, prepares states, sweeps a fault over all calls of a command."""

import atexit
import collections
import dataclasses
import hashlib
import os
import re
import shutil
import struct
import subprocess
import time

from kit.workdir import WorkDir, remove_tree

SHIM_DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim")
BUILD_DIR = os.path.normpath(os.path.join(SHIM_DIR, "..", "..", "..", "build"))
COMPILER = ("gcc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror")

_temporary = None


def _output_dir():
    """build/testkit of the project, or a temporary directory when there is no build directory to write to."""
    global _temporary
    if os.access(BUILD_DIR, os.W_OK):
        path = os.path.join(BUILD_DIR, "testkit")
        os.makedirs(path, exist_ok=True)
        return path
    if _temporary is None:
        _temporary = WorkDir("kit.build.")
        atexit.register(_temporary.remove)
    return _temporary.path


def _build(source, name, *flags):
    """Compiles a C file once; the hash of its text is part of the name, so nothing stale is ever used."""
    path = os.path.join(SHIM_DIR, source)
    with open(path, "rb") as file:
        mark = hashlib.sha256(file.read() + repr(flags).encode()).hexdigest()[:12]
    target = os.path.join(_output_dir(), name.replace("*", mark))
    if not os.path.exists(target):
        scratch = f"{target}.{os.getpid()}"
        subprocess.run([*COMPILER, *flags, "-o", scratch, path, "-ldl"], check=True)
        os.rename(scratch, target)
    return target


def shim():
    """Path of the LD_PRELOAD library; what it understands is written in shim/faultshim.c."""
    return _build("faultshim.c", "faultshim-*.so", "-shared", "-fPIC")


class FakeRsync:
    """A stand-in for the local rsync in `directory`, to be set as rsync_binary; see shim/fake_rsync.c."""

    def __init__(self, directory, **settings):
        self.path = os.path.join(directory, "rsync-fake")  # a name that --rsync-binary allows
        shutil.copy(_build("fake_rsync.c", "fake_rsync-*"), self.path)
        self.configure(**settings)

    def configure(self, **settings):
        """Says what the next starts do, e.g. configure(exit=23, stderr=["…"]), instead of what was said."""
        with open(self.path + ".conf.new", "w", encoding="utf-8") as file:
            for key, value in settings.items():
                for each in value if isinstance(value, (list, tuple)) else [value]:
                    file.write(f"{key}={each}\n")
        os.rename(self.path + ".conf.new", self.path + ".conf")


class Prepared:
    """A state of some directories, put aside once and brought back before each run at the same paths."""

    def __init__(self, *paths):
        self.paths = [os.path.abspath(path) for path in paths]
        self.dir = WorkDir("kit.prepared.")
        for number, path in enumerate(self.paths):
            subprocess.run(["cp", "-a", "--", path, self.dir / str(number)], check=True)

    def restore(self):
        for number, path in enumerate(self.paths):
            remove_tree(path)
            subprocess.run(["cp", "-a", "--", self.dir / str(number), path], check=True)

    def close(self):
        self.dir.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Faults:
    """The environment for one run under the shim, and what became of it."""

    def __init__(self, directory, at=0, mode="kill", scope="pobsync", sticky=False, only=None, opens=None, skip=None,
                 cut=None):
        self.counter = os.path.join(directory, "calls")
        self.log = os.path.join(directory, "calls.log")
        with open(self.counter, "wb") as file:
            file.write(bytes(16))
        if os.path.exists(self.log):
            os.unlink(self.log)
        self.env = {"LD_PRELOAD": shim(), "FS_CTR": self.counter, "FS_AT": str(at), "FS_MODE": str(mode),
                    "FS_LOG": self.log}
        more = {"FS_SCOPE": scope, "FS_STICKY": sticky and "1", "FS_ONLY": only and ",".join(only),
                "FS_OPENS": opens, "FS_SKIP": skip and ",".join(skip), "FS_CUT": cut}
        self.env |= {key: value for key, value in more.items() if value}

    def _numbers(self):
        with open(self.counter, "rb") as file:
            return struct.unpack("QQ", file.read())

    @property
    def calls(self):
        """How many calls were made."""
        return self._numbers()[0]

    @property
    def fired(self):
        """How many of them were hit."""
        return self._numbers()[1]

    def names(self):
        """The calls in their order as [(number, call, path or descriptor)]."""
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8", errors="backslashreplace") as file:
            # A child that outlives the one that was killed may be writing: half a line is none.
            lines = [line.rstrip("\n").split(" ", 4) for line in file if line.endswith("\n")]
        return [(int(number), call, what) for number, _, _, call, what in lines]


@dataclasses.dataclass
class Point:
    """One run of a sweep: the n-th call was hit when `fired`, and this was it."""

    number: int
    fired: bool
    call: str

    def __str__(self):
        return f"call {self.number} ({self.call})" if self.fired else f"no fault, {self.number} not reached"


@dataclasses.dataclass
class Sweep:
    """The figures of a sweep."""

    title: str
    points: int
    violations: list
    seconds: float

    def __str__(self):
        figures = f"{self.points} points run, {len(self.violations)} violations, {self.seconds:.1f} s"
        return f"{self.title}: {figures}"


def sweep(title, run, check, prepare=None, mode="kill", first=1, step=1, last=None, report=print, **options):
    """
    Hits call number first, first + step, … of a command, one run each, until a run ends without being hit.

    prepare()             brings the state back that every run starts from
    run(env)              runs the command with this environment added and returns anything
    check(point, result)  looks at what is left behind; returns sentences about what is wrong (none: []) or
                          raises AssertionError. It is called for the run without a fault too.
    mode                  "kill", an errno, "short" or "unmount"; the other options are those of Faults

    Returns the Sweep; the caller asserts that `violations` is empty. To have hit nothing is a violation.
    """
    started, points, violations, number = time.monotonic(), 0, [], first
    with WorkDir("kit.sweep.") as directory:
        while last is None or number <= last:
            if prepare:
                prepare()
            faults = Faults(directory.path, number, mode, **options)
            result = run(faults.env)
            names = {each: f"{call} {what}" for each, call, what in faults.names()}
            point = Point(number, faults.fired > 0, names.get(number, "?"))
            try:
                wrong = check(point, result) or []
            except AssertionError as failure:
                wrong = [str(failure)]
            violations += [f"{point}: {sentence}" for sentence in wrong]
            if not point.fired:
                break
            points += 1
            number += step
    done = Sweep(title, points, violations, time.monotonic() - started)
    if points == 0:
        done.violations.append("nothing was hit: the program was not run under the shim, or changes no files")
    report(f"{done}")
    return done


# What strace sees, to prove that the shim sees it too.

# system call -> name in the log of the shim
_STRACE_NAMES = {call: name for name, calls in {
    "open": "open openat openat2 creat", "mkdir": "mkdir mkdirat", "mknod": "mknod mknodat",
    "rename": "rename renameat renameat2", "link": "link linkat", "symlink": "symlink symlinkat",
    "unlink": "unlink unlinkat", "rmdir": "rmdir", "fsync": "fsync", "fdatasync": "fdatasync",
    "syncfs": "syncfs",
    "ftruncate": "truncate ftruncate", "fallocate": "fallocate", "chmod": "chmod fchmod fchmodat",
    "chown": "chown lchown fchown fchownat", "utimens": "utimensat",
    "write": "write pwrite64 writev pwritev sendfile", "copy_file_range": "copy_file_range",
    "setxattr": "setxattr lsetxattr fsetxattr",
}.items() for call in calls.split()}
_STRACE_LINE = re.compile(r"^\d+<([^>]*)> +(\w+)\((.*)")
_SHIM_WRITES = {"pwrite", "pwrite64", "writev", "sendfile", "sendfile64"}


def strace_counts(argv, env=None, comm=None):
    """Runs a command under strace and counts, as the shim would, the calls that change the file system; with
    `comm` only those of processes of this name. Returns a Counter by the shim's names."""
    counts = collections.Counter()
    with WorkDir("kit.strace.") as directory:
        log = directory / "log"
        subprocess.run(["strace", "-f", "-y", "-Y", "-s", "0", "-o", log,
                        "-e", "trace=" + ",".join(_STRACE_NAMES), *argv],
                       env=env, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        with open(log, encoding="utf-8", errors="replace") as file:
            for found in filter(None, map(_STRACE_LINE.match, file)):
                name, call, rest = found.groups()
                if comm in (None, name) and _counts(call, rest):
                    counts[_STRACE_NAMES[call]] += 1
    return counts


def _counts(call, rest):
    if call in ("open", "openat", "openat2"):
        return any(flag in rest for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"))
    if _STRACE_NAMES[call] == "write":
        return re.match(r"\d+</(?!dev/)", rest) is not None
    return True


def shim_counts(names):
    """The same Counter from Faults.names()."""
    return collections.Counter("write" if call in _SHIM_WRITES else call for _, call, _ in names)
