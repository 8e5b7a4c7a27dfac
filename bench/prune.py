#!/usr/bin/env python3
"""
Speed of deleting: `pobsync delete` and `pobsync retention --apply` beside `rm -rf` of the same trees, in alternating
rounds on one file system. Prints medians and ratios; asserts nothing.

    ./dev bench prune [--files N] [--rounds N] [--directory DIR]

    one       one snapshot of a chain of ten, of which each has all its files linked to the one before
    five      five of the ten
    rename    what a caller waits for: from the rename into the trash to the last fsync of the two directories, by
              strace's clock; the files go after that
    planner   retention_plan() over 10,000 snapshots, through `pobsync retention --json`, less the same over none
"""

import argparse
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests"))
os.environ.setdefault("POBSYNC", os.path.join(HERE, "..", "build", "pobsync"))

from chain import BEGIN, DAY, Chain, name_of  # noqa: E402
from kit.pobsync import Pobsync  # noqa: E402
from kit.tree import small_files_tree  # noqa: E402
from kit.workdir import remove_tree  # noqa: E402

CHAIN = 10


class Shared(Chain):
    """A host with ten snapshots that share their files, as hard-linked copies of one tree."""

    def __init__(self, pobsync, files):
        super().__init__(pobsync, "web1")
        self.source = pobsync.dir / "source"
        small_files_tree(self.source, files)
        pobsync.mark_root()
        pobsync.ok("configure-host", "web1", "--address", "127.0.0.1", "--keep-last", "5", "--keep-daily", "0",
                   "--keep-weekly", "0", "--keep-monthly", "0", "--keep-yearly", "0")
        for day in range(CHAIN):
            self.place(day, self.source)

    def now(self):
        return {"POBSYNC_FAKE_NOW": str(BEGIN + CHAIN * DAY)}


def timed(function):
    os.sync()
    begun = time.monotonic()
    function()
    return time.monotonic() - begun


def delete_one(chain):
    chain.pobsync.ok("delete", "web1", name_of(0), "--yes", env=chain.now(), timeout=600)


def prune_five(chain):
    chain.pobsync.ok("retention", "web1", "--apply", "--yes", env=chain.now(), timeout=600)


def remove(chain, days):
    subprocess.run(["rm", "-rf", *(os.path.join(chain.scheduled, name_of(day)) for day in days)], check=True)


def alternate(title, chain, rounds, ours, days):
    """Both remove the same snapshots, which are put back after each, in turns."""
    seconds = {"pobsync": [], "rm -rf": []}
    for number in range(rounds):
        turns = [("pobsync", lambda: ours(chain)), ("rm -rf", lambda: remove(chain, days))]
        for who, function in turns if number % 2 == 0 else turns[::-1]:
            seconds[who].append(timed(function))
            for day in days:
                chain.place(day, chain.source)
    ratio = statistics.median(a / b for a, b in zip(seconds["pobsync"], seconds["rm -rf"]))
    print(f"{title}: pobsync {statistics.median(seconds['pobsync']):.2f} s, rm -rf "
          f"{statistics.median(seconds['rm -rf']):.2f} s, ratio {ratio:.2f} (median of {rounds} pairs: "
          f"{', '.join(f'{a / b:.2f}' for a, b in zip(seconds['pobsync'], seconds['rm -rf']))})")


def rename_time(chain):
    """From the call that renames to the last fsync of the two directories."""
    log = chain.pobsync.dir / "strace"
    subprocess.run(["strace", "-f", "-ttt", "-e", "trace=renameat2,fsync", "-o", log, chain.pobsync.binary, "delete",
                    "web1", name_of(0), "--yes"], env=chain.pobsync.environment(chain.now()), check=True,
                   capture_output=True)
    chain.place(0, chain.source)
    with open(log, encoding="utf-8") as file:
        lines = file.readlines()
    first = next(i for i, line in enumerate(lines) if "renameat2" in line and name_of(0) in line)
    times = [float(re.search(r"(\d+\.\d+) ", line)[1]) for line in lines[first:first + 4]]
    return times[3] - times[0] if len(times) > 3 else times[-1] - times[0]


def planner(pobsync, rounds=5):
    """Milliseconds of a plan over 10,000 snapshots, less a plan over none."""
    pobsync.ok("configure-host", "web2", "--address", "127.0.0.1")

    def plan():
        return statistics.median(timed(lambda: pobsync.ok("retention", "web2", "--json")) for _ in range(rounds))

    empty = plan()
    link = sqlite3.connect(pobsync.database)
    with link:
        link.executemany("INSERT INTO snapshot (host_id, kind, name, status, started_at, ended_at, confirmed) VALUES "
                         "((SELECT id FROM host WHERE name = 'web2'), 'scheduled', ?, 'success', ?, ?, 1)",
                         [(time.strftime("%Y%m%d-%H%M%SZ__00000000", time.gmtime(BEGIN - hour * 3600)),
                           BEGIN - hour * 3600, BEGIN - hour * 3600) for hour in range(10000)])
    link.close()
    return (plan() - empty) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where the trees lie; a temporary directory unless told")
    options = parser.parse_args()
    if options.directory:
        os.environ["TMPDIR"] = options.directory
    with Pobsync(sanitised=False) as pobsync:
        chain = Shared(pobsync, options.files)
        print(f"{options.files} files, chain of {CHAIN}, {pobsync.root}")
        if shutil.which("strace"):
            print(f"rename: {rename_time(chain) * 1000:.1f} ms from the rename to the last fsync")
        alternate("one of ten", chain, options.rounds, delete_one, [0])
        alternate("five of ten", chain, options.rounds, prune_five, range(5))
        print(f"planner: {planner(pobsync):.0f} ms for rows, plan and document of 10,000 snapshots")
        remove_tree(chain.scheduled)


if __name__ == "__main__":
    main()
