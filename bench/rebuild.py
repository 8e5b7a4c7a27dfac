#!/usr/bin/env python3
"""
Speed and memory of `pobsync rebuild`: a thousand hosts with a hundred snapshots each, into a new database. Everything is
in the caches; the start of the process is part of each figure. Prints medians (lowest to highest) and the peak of the
resident set; asserts nothing but the counts.

    ./dev bench rebuild [--hosts N] [--snapshots N] [--rounds N] [--directory DIR]

    plan     `rebuild --dry-run`
    rebuild  the same for good
    again    once more: nothing is left to do
"""

import argparse
import json
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from run import timed  # noqa: E402  first: behind discovery, run is that of the tests
from discovery import Place  # noqa: E402
from kit.pobsync import Pobsync  # noqa: E402
from kit.workdir import remove_tree  # noqa: E402


def put_records(root):
    """host.json where a backup writes it."""
    early = os.path.join(root, ".pobsync", "hosts")
    for name in os.listdir(early):
        folder = os.path.join(root, name.removesuffix(".json"), ".pobsync")
        os.mkdir(folder, 0o700)
        os.rename(os.path.join(early, name), os.path.join(folder, "host.json"))


def rebuild(pobsync, *options):
    """(seconds, peak KiB) of one call."""
    os.sync()
    return timed([pobsync.binary, "rebuild", "--backup-root", pobsync.root, "--json", *options], pobsync.environment())


def tell(title, figures):
    seconds, peaks = zip(*figures)
    print(f"{title:10}{statistics.median(seconds):7.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
          f"{statistics.median(peaks) / 1024:8.1f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--snapshots", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", help="where everything lies; a temporary directory unless told")
    options = parser.parse_args()
    if options.directory:
        os.environ["TMPDIR"] = options.directory
    figures = {"plan": [], "rebuild": [], "again": []}
    with Pobsync(sanitised=False) as pobsync:
        place = Place(pobsync, options.hosts, options.snapshots)
        put_records(pobsync.root)
        for _ in range(options.rounds):
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(pobsync.database + suffix):
                    os.unlink(pobsync.database + suffix)
            figures["plan"].append(rebuild(pobsync, "--dry-run"))
            figures["rebuild"].append(rebuild(pobsync, "--adopt-root"))
            figures["again"].append(rebuild(pobsync))
            rows = len(json.loads(pobsync.ok("snapshots", "--json", timeout=600).stdout)["items"])
            if rows != place.total:
                raise SystemExit(f"bench: {rows} snapshots, expected {place.total}")
        print(f"{options.hosts:,} hosts, {place.total:,} snapshots")
        for title, each in figures.items():
            tell(title, each)
        remove_tree(pobsync.root)


if __name__ == "__main__":
    main()
