#!/usr/bin/env python3
"""
Speed of discovery: a preflight of a thousand hosts, the import of ten thousand snapshots, and the pass after it, which
finds nothing new. Everything is in the caches; the processes' start is part of each figure. Prints medians (lowest to
highest), and beside them the median of the processor's time, which tells what a busy machine added; asserts nothing but
the counts.

    ./dev bench discovery [--hosts N] [--snapshots N] [--new N] [--rounds N] [--directory DIR]

    preflight  `discover-snapshots --preflight` over all hosts, once with nothing recorded, once with everything
    discovery  `discover-snapshots` of N new snapshots with metadata of ours: of one host, and of a hundred; each round
               begins with a fresh copy of the database
    second     the same again: nothing changes
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests"))
os.environ.setdefault("POBSYNC", os.path.join(HERE, "..", "build", "pobsync"))

from kit.pobsync import Pobsync  # noqa: E402
from kit.workdir import remove_tree  # noqa: E402

BEGIN = 1700000000
HOUR = 3600
FINISHED = {"pobsync": 1, "kind": "scheduled", "status": "success", "run": 1, "message": None, "source": "root@a:/",
            "stats": {"files": 100, "directories": 10, "bytes": 100000, "linked_files": 90, "new_bytes": 1000}}


def moment(number, form):
    return time.strftime(form, time.gmtime(BEGIN + number * HOUR))


def processor():
    """Seconds that the children which have ended took of it."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def make_snapshots(root, host, count):
    """Directories as a run leaves them, without files in data/: discovery never looks there."""
    scheduled = os.path.join(root, host, "scheduled")
    os.makedirs(scheduled, mode=0o700)
    base = None
    for number in range(count):
        name = moment(number, "%Y%m%d-%H%M%SZ__00000000")
        path = os.path.join(scheduled, name)
        os.mkdir(path)
        os.mkdir(os.path.join(path, "data"))
        meta = FINISHED | {"host": host, "name": name, "base": base,
                           "started_at": moment(number, "%Y-%m-%dT%H:%M:%SZ"),
                           "ended_at": moment(number, "%Y-%m-%dT%H:%M:%SZ")}
        with open(os.path.join(path, "meta.json"), "w", encoding="ascii") as file:
            json.dump(meta, file)
        base = name


class Place:
    """An installation with hosts that have snapshots on disk and none recorded."""

    def __init__(self, pobsync, hosts, snapshots):
        self.pobsync, self.hosts = pobsync, hosts
        pobsync.mark_root()
        folder = pobsync.dir.make("configs/config/hosts")
        for number in range(hosts):
            with open(os.path.join(folder, f"host{number:04}.yaml"), "w", encoding="ascii") as file:
                file.write("address: 192.0.2.1\n")
        pobsync.ok("import-configs", "--prefix", pobsync.dir / "configs", "--json", timeout=600)
        for number in range(hosts):
            make_snapshots(pobsync.root, f"host{number:04}", snapshots)
        self.total = hosts * snapshots
        self.copy = shutil.copy(pobsync.database, pobsync.dir / "copy")

    def forget(self):
        """Nothing is recorded again."""
        for suffix in ("-wal", "-shm"):
            if os.path.exists(self.pobsync.database + suffix):
                os.unlink(self.pobsync.database + suffix)
        shutil.copy(self.copy, self.pobsync.database)

    def run(self, *options):
        """Seconds of one call: by the clock, and of the processor."""
        os.sync()
        used, begun = processor(), time.monotonic()
        result = self.pobsync.run("discover-snapshots", *options, timeout=600)
        seconds = time.monotonic() - begun
        if result.rc != 0:
            raise SystemExit(f"bench: {result}")
        return seconds, processor() - used

    def sum(self, count):
        items = self.pobsync.json("discover-snapshots", "--preflight", timeout=600)["items"]
        return sum(item["counts"][count] for item in items)

    def expect(self, count, value):
        found = self.sum(count)
        if found != value:
            raise SystemExit(f"bench: {found} {count}, expected {value}")


def tell(title, figures, goal):
    clock, used = zip(*figures)
    verdict = "" if goal is None else f"  goal {goal} s"
    print(f"{title:39}{statistics.median(clock):6.2f} s ({min(clock):5.2f} to {max(clock):5.2f})"
          f"{statistics.median(used):6.2f} s CPU{verdict}", flush=True)


def preflight(place, rounds):
    print(f"{place.hosts:,} hosts, {place.total:,} snapshots")
    title = "preflight"
    place.expect("new", place.total)
    tell(f"{title}, all new", [place.run("--preflight") for _ in range(rounds)], 1)
    tell(f"{title}, all new, JSON", [place.run("--preflight", "--json") for _ in range(rounds)], 1)
    tell(f"discovery of {place.total:,} new", [place.run()], None)
    place.expect("recorded", place.total)
    tell(f"{title}, recorded", [place.run("--preflight") for _ in range(rounds)], 1)


def discovery(place, rounds):
    hosts = "one host" if place.hosts == 1 else f"{place.hosts} hosts"
    first, second = [], []
    for _ in range(rounds):
        place.forget()
        first.append(place.run())
        second.append(place.run())
        place.expect("recorded", place.total)
    tell(f"discovery of {place.total:,} new, {hosts}", first, 2)
    tell(f"second pass, {hosts}", second, 0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--snapshots", type=int, default=100)
    parser.add_argument("--new", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where everything lies; a temporary directory unless told")
    options = parser.parse_args()
    if options.directory:
        os.environ["TMPDIR"] = options.directory
    for hosts in (1, 100):
        with Pobsync(sanitised=False) as pobsync:
            discovery(Place(pobsync, hosts, options.new // hosts), options.rounds)
            remove_tree(pobsync.root)
    with Pobsync(sanitised=False) as pobsync:
        preflight(Place(pobsync, options.hosts, options.snapshots), options.rounds)
        remove_tree(pobsync.root)


if __name__ == "__main__":
    main()
