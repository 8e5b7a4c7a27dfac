#!/usr/bin/env python3
"""
Speed of looking into snapshots: listing, versions, differences, search and space through the commands, beside
rsync and du where they answer the same question, in alternating rounds, with everything in memory; as root also with
nothing of it in memory ("cold"). Prints medians; asserts nothing.

    ./dev bench browse [--files N] [--mib N] [--rounds N] [--directory DIR]

    space     pobsync space of ten snapshots, beside `du -s` of each of the ten
    diff      pobsync diff of two neighbours, beside `rsync -aniHAX --delete`
    list      a folder of 1,000 entries, and the first 200 of 100,000
    versions  of one file over 100 snapshots
    tar       a tree of --mib MiB in files of 64 KiB, streamed into a pipe, beside GNU tar
    find      a name in all of 30 snapshots: until the first line, and until the end, beside `find` of the same trees
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests"))
os.environ.setdefault("POBSYNC", os.path.join(HERE, "..", "build", "pobsync"))

from chain import Chain, name_of  # noqa: E402
from kit.pobsync import Pobsync  # noqa: E402
from kit.tree import small_files_tree  # noqa: E402

CHAIN = 10
LONG_CHAIN = 30


class Chains:
    """Host web1 with ten snapshots of which each has 1 % changed since the one before, and a host small of a hundred."""

    def __init__(self, pobsync, files):
        pobsync.mark_root()
        for host in ("web1", "small"):
            pobsync.ok("configure-host", host, "--address", "127.0.0.1")
        source = pobsync.dir / "source"
        small_files_tree(source, files)
        for folder, count in (("thousand", 1000), ("crowd", 100_000)):
            os.mkdir(os.path.join(source, folder))
            for number in range(count):
                os.close(os.open(os.path.join(source, folder, f"{number:06d}"), os.O_CREAT, 0o644))
        self.web1, small = Chain(pobsync, "web1"), Chain(pobsync, "small")
        before = source
        for day in range(CHAIN):
            before = self.web1.place(day, before)
            if day > 0:
                self.change(before, day)
        tiny = pobsync.dir / "tiny"
        os.makedirs(tiny)
        with open(os.path.join(tiny, "file"), "w", encoding="utf-8") as file:
            file.write("x")
        for day in range(100):
            tiny = small.place(day, tiny)

    @staticmethod
    def change(data, day):
        """Other files under the same names: what is linked is not touched."""
        rng = random.Random(day)
        files = [os.path.join(folder, name) for folder, _, names in os.walk(data) if "crowd" not in folder
                 for name in names]
        for path in rng.sample(files, len(files) // 100):
            if os.path.islink(path):
                continue
            os.unlink(path)
            with open(path, "wb") as file:
                file.write(rng.randbytes(rng.randrange(1, 8192)))


def timed(function):
    begun = time.monotonic()
    function()
    return time.monotonic() - begun


def quietly(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def alternate(title, rounds, ours, other_name, other):
    seconds = {"ours": [], "other": []}
    ours(), other()  # into memory
    for number in range(rounds):
        turns = [("ours", ours), ("other", other)]
        for who, function in turns if number % 2 == 0 else turns[::-1]:
            seconds[who].append(timed(function))
    pairs = [a / b for a, b in zip(seconds["ours"], seconds["other"])]
    print(f"{title}: pobsync {statistics.median(seconds['ours']):.2f} s, {other_name} "
          f"{statistics.median(seconds['other']):.2f} s, ratio {statistics.median(pairs):.2f} (pairs: "
          f"{', '.join(f'{pair:.2f}' for pair in pairs)})", flush=True)


def forget():
    """Nothing of any file system is in memory any more; only root may do that."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("3")


def cold(function):
    forget()
    return timed(function)


def several(title, rounds, function):
    function()
    ways = [("", timed)] + ([(" cold", cold)] if os.geteuid() == 0 else [])
    for word, way in ways:
        seconds = sorted(way(function) for _ in range(rounds))
        print(f"{title}{word}: median {statistics.median(seconds) * 1000:.0f} ms, p95 "
              f"{seconds[int(0.95 * (rounds - 1))] * 1000:.0f} ms", flush=True)


def alternate_cold(title, rounds, ours, other_name, other):
    if os.geteuid() != 0:
        print(f"{title} cold: not measured, only root can empty the memory of files")
        return
    pairs = [(cold(ours), cold(other)) for _ in range(rounds)]
    print(f"{title} cold: pobsync {statistics.median(a for a, _ in pairs):.2f} s, {other_name} "
          f"{statistics.median(b for _, b in pairs):.2f} s, ratio {statistics.median(a / b for a, b in pairs):.2f}", flush=True)


def piped(argv, **options):
    """Through a pipe: tar does not read what goes to /dev/null."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options) as process:
        subprocess.run(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL, check=True)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, argv)


def stream(pobsync, mib, rounds):
    source = pobsync.dir / "big"
    for number in range(mib * 16):
        folder = os.path.join(source, f"{number // 256:04d}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{number:06d}"), "wb") as file:
            file.write(os.urandom(65536))
    pobsync.ok("configure-host", "big", "--address", "127.0.0.1")
    data = Chain(pobsync, "big").place(0, source)
    alternate(f"tar of {mib} MiB", rounds,
              lambda: piped([pobsync.binary, "download", "big:/", "--format", "tar"], env=pobsync.environment()),
              "GNU tar", lambda: piped(["tar", "-cf", "-", "--xattrs", "--acls", "-C", data, "."]))


def first_line(pobsync):
    argv = [pobsync.binary, "find", "web1", "--name", "000*"]
    begun = time.monotonic()
    with subprocess.Popen(argv, env=pobsync.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        first = time.monotonic() - begun
        process.stdout.read()
    return first, time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where the trees lie; a temporary directory unless told")
    options = parser.parse_args()
    if options.directory:
        os.environ["TMPDIR"] = options.directory
    with Pobsync(sanitised=False) as pobsync:
        chain = Chains(pobsync, options.files).web1
        print(f"{options.files} files, chain of {CHAIN}, {pobsync.root}", flush=True)
        places = f"web1@{name_of(3)}..{name_of(4)}"
        space = ("du -s of each", lambda: [quietly("du", "-s", chain.data(day)) for day in range(CHAIN)])
        alternate("space of ten", options.rounds, lambda: pobsync.ok("space", "web1", timeout=600), *space)
        alternate_cold("space of ten", min(3, options.rounds), lambda: pobsync.ok("space", "web1", timeout=600), *space)
        alternate("diff", options.rounds, lambda: pobsync.ok("diff", places, timeout=600), "rsync -aniHAX --delete",
                  lambda: quietly("rsync", "-aniHAX", "--delete", chain.data(4) + "/", chain.data(3) + "/"))
        newest = f"web1@{name_of(CHAIN - 1)}"
        several("folder of 1,000", 20, lambda: pobsync.ok("ls", f"{newest}:/thousand", "--json"))
        several("first 200 of 100,000", 20, lambda: pobsync.ok("ls", f"{newest}:/crowd", "--limit", "200", "--json"))
        several("versions over 100 snapshots", 20, lambda: pobsync.ok("versions", "small:/file", "--json"))
        stream(pobsync, options.mib, options.rounds)
        for day in range(CHAIN, LONG_CHAIN):
            chain.place(day, chain.data(day - 1))
        alternate(f"find in {LONG_CHAIN} snapshots", options.rounds,
                  lambda: pobsync.ok("find", "web1", "--name", "000*", "--json", timeout=600), "find of each",
                  lambda: [quietly("find", chain.data(day), "-name", "000*") for day in range(LONG_CHAIN)])
        first, whole = zip(*(first_line(pobsync) for _ in range(options.rounds)))
        print(f"find in {LONG_CHAIN} snapshots: first line {statistics.median(first) * 1000:.0f} ms, all "
              f"{statistics.median(whole) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
