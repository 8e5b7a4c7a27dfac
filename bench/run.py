#!/usr/bin/env python3
"""
Speed and memory of `pobsync backup`, beside the bare rsync that it wraps and beside rsnapshot, in alternating runs over
one sshd on loopback. Prints medians and ratios; asserts nothing. Figures are only worth anything as ratios of one run.

    ./dev bench [--files N] [--rounds N] [--memory N[,N…]] [--no-rsnapshot]

    first      an empty target; the whole tree
    unchanged  the tree as it was
    changed    1 % of the files changed, 0.5 % deleted, 0.5 % new

Bare is `rsync -aHAXS --numeric-ids --link-dest=…` followed by `sync -f` of the target, which is what pobsync does beside
its own scan. It works in a layout of the same depth as that of pobsync, because rsync 3.5.0 opens each directory of the path
of --link-dest anew, twice for each file that it links: a base one level deeper costs 5 % of an unchanged run. Memory is the peak of the resident set of pobsync itself (VmHWM), without rsync and ssh.
"""

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests"))
os.environ.setdefault("POBSYNC", os.path.join(HERE, "..", "build", "pobsync"))

from kit.pobsync import Pobsync  # noqa: E402
from kit.sshd import Sshd  # noqa: E402
from kit.tree import churn, small_files_tree  # noqa: E402
from kit.workdir import WorkDir, remove_tree  # noqa: E402

PHASES = ("first", "unchanged", "changed")
RSYNC = ["rsync", "-aHAXS", "--numeric-ids"]


class Peak(threading.Thread):
    """The peak resident set of one process in KiB, read while it lives."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.kib = 0
        self.start()

    def run(self):
        try:
            while True:
                with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
                    for line in file:
                        if line.startswith("VmHWM:"):
                            self.kib = int(line.split()[1])
                time.sleep(0.01)
        except OSError:
            return


def timed(argv, env=None):
    """Runs a command that must succeed; (seconds, peak KiB)."""
    start = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=env)
    peak = Peak(process.pid)
    output, _ = process.communicate()
    seconds = time.monotonic() - start
    if process.returncode != 0:
        raise SystemExit(f"bench: {shlex.join(argv)} ended with {process.returncode}:\n{output.decode(errors='replace')}")
    return seconds, peak.kib


class OfPobsync:
    name = "pobsync"

    def __init__(self, work, sshd, source):
        self.program = Pobsync(sanitised=False)
        self.sshd, self.source = sshd, source
        self.program.add_host("bench", sshd, source)
        self.program.ok("test-connection", "bench", timeout=120)

    def reset(self):
        """A new installation: the first run has no base."""
        self.program.close()
        self.__init__(None, self.sshd, self.source)

    def run(self):
        return timed([self.program.binary, "backup", "bench"], self.program.environment())

    def close(self):
        self.program.close()


class OfRsync:
    name = "rsync"

    def __init__(self, work, sshd, source):
        self.target = work.make("root/bench/scheduled")
        self.ssh = shlex.join(sshd.ssh_command())
        self.remote = f"{sshd.address}:{source}/"
        self.count = 0

    def reset(self):
        remove_tree(self.target)
        os.makedirs(self.target)
        self.count = 0

    def run(self):
        base = [f"--link-dest={self.target}/{self.count}/data"] if self.count else []
        self.count += 1
        new = f"{self.target}/{self.count}/data"
        os.makedirs(new)
        argv = [*RSYNC, *base, "-e", self.ssh, self.remote, f"{new}/"]
        return timed(["sh", "-c", f"{shlex.join(argv)} && sync -f {shlex.quote(new)}"])

    def close(self):
        pass


class OfRsnapshot:
    name = "rsnapshot"

    def __init__(self, work, sshd, source):
        self.target = work.make("rsnapshot")
        ssh = sshd.ssh_command()
        lines = [
            ("config_version", "1.2"), ("snapshot_root", self.target + "/"), ("cmd_cp", shutil.which("cp")),
            ("cmd_rm", shutil.which("rm")), ("cmd_rsync", shutil.which("rsync")), ("cmd_ssh", shutil.which("ssh")),
            ("ssh_args", shlex.join(ssh[1:])), ("rsync_short_args", "-aHAXS"), ("rsync_long_args", "--numeric-ids"),
            ("link_dest", "1"), ("retain", "daily\t9"), ("lockfile", work / "rsnapshot.pid"),
            ("backup", f"{sshd.user}@{sshd.address}:{source}/\tbench/"),
        ]
        self.config = work.write("rsnapshot.conf", "".join(f"{key}\t{value}\n" for key, value in lines))

    def reset(self):
        remove_tree(self.target)
        os.makedirs(self.target)

    def run(self):
        return timed(["rsnapshot", "-c", self.config, "daily"])

    def close(self):
        pass


def measure(work, sshd, files, rounds, kinds):
    """{(name, phase): [seconds]} and the peak of pobsync in KiB."""
    source = work / "source"
    small_files_tree(source, files)
    peers = [kind(work, sshd, source) for kind in kinds]
    seconds = {(peer.name, phase): [] for peer in peers for phase in PHASES}
    peak = 0
    for number in range(rounds):
        order = peers if number % 2 == 0 else peers[::-1]
        for peer in peers:
            peer.reset()
        os.sync()
        for phase in PHASES:
            if phase == "changed":
                churn(source, 0.01, seed=number)
            for peer in order:
                taken, kib = peer.run()
                seconds[peer.name, phase].append(taken)
                if peer.name == "pobsync":
                    peak = max(peak, kib)
                print(f"  round {number + 1} {phase:9} {peer.name:9} {taken:7.2f} s", file=sys.stderr, flush=True)
    for peer in peers:
        peer.close()
    remove_tree(source)
    return seconds, peak


def report(seconds, peers, files, rounds):
    print(f"\n{files:,} small files, {rounds} alternating rounds, medians in seconds (lowest to highest)\n")
    print(f"{'':10}" + "".join(f"{name:>24}" for name in peers) + f"{'pobsync/rsync':>16}{'goal: 1.05 x + 0.1 s':>24}")
    for phase in PHASES:
        cells = ""
        for name in peers:
            values = seconds[name, phase]
            cells += f"{statistics.median(values):8.2f} ({min(values):5.2f} to {max(values):5.2f})"
        ours, bare = seconds["pobsync", phase], seconds["rsync", phase]
        ratio = statistics.median(a / b for a, b in zip(ours, bare))
        limit = 1.05 * statistics.median(bare) + 0.1
        verdict = f"{statistics.median(ours):.2f} of {limit:.2f}"
        print(f"{phase:10}{cells}{ratio:16.3f}{verdict:>24}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", default="", help="sizes of further trees, for the peak memory alone: N[,N…]")
    parser.add_argument("--no-rsnapshot", action="store_true")
    options = parser.parse_args()
    kinds = [OfPobsync, OfRsync]
    if not options.no_rsnapshot and shutil.which("rsnapshot"):
        kinds.append(OfRsnapshot)
    version = subprocess.run(["rsync", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    print(version)
    peaks = {}
    with WorkDir("bench.") as work, Sshd() as sshd:
        seconds, peaks[options.files] = measure(work, sshd, options.files, options.rounds, kinds)
        report(seconds, [kind.name for kind in kinds], options.files, options.rounds)
        for files in (int(size) for size in options.memory.split(",") if size):
            with WorkDir("bench.") as other:
                _, peaks[files] = measure(other, sshd, files, 1, [OfPobsync])
    print("\npeak memory of pobsync itself, goal at most 12 MiB:")
    for files, kib in peaks.items():
        print(f"  {files:>10,} files  {kib / 1024:6.1f} MiB")


if __name__ == "__main__":
    main()
