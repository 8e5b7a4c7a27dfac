#!/usr/bin/env python3
"""
Speed and memory of the pages: requests per second and latency of the dashboard and of /api/status/, beside a page of Django
behind gunicorn that shows the same table from the same database (bench/web_django.py), in alternating rounds. wrk asks on
32 connections, with the cookie of a session and gzip, as a browser does. Prints medians and ratios; asserts nothing.

    ./dev bench web [--rounds N] [--seconds N] [--hosts 40,400,1000]

    dashboard   of 40, 400 and 1,000 hosts; 100 snapshots a host, so 100,000 in the last
    status      the same fleets; then 100 hosts with 10,000 and with 100,000 snapshots, which should make no difference
    alone       one connection: what one person waits for
    memory      PSS of all processes of a side, after the load
"""

import argparse
import glob
import os
import re
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests"))
os.environ.setdefault("POBSYNC", os.path.join(HERE, "..", "build", "pobsync"))

from kit.deadline import wait_for  # noqa: E402
from kit.fleet import Fleet  # noqa: E402
from kit.pobsync import Pobsync  # noqa: E402
from kit.web import PASSWORD, Browser, WebServer  # noqa: E402

CONNECTIONS = 32
PYTHON = "/usr/bin/python3"  # the one that Debian's Django is for


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def ask(url, cookie, connections, seconds):
    """(requests per second, p50 in ms, p99 in ms) of one round."""
    done = subprocess.run(["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", f"{seconds}s", "--latency",
                           "--timeout", "30s", "-H", f"Cookie: {cookie}", "-H", "Accept-Encoding: gzip", url],
                          capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        print(f"    {url}: {done}", file=sys.stderr)
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1]),
            milliseconds(re.search(r" 50%\s+(\S+)", done)[1]), milliseconds(re.search(r" 99%\s+(\S+)", done)[1]))


def pss(pids):
    """MiB of memory that these processes cost, what they share counted once."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])
    return total / 1024


def tree(pid):
    """A process and all below it."""
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path, encoding="ascii") as file:
            for child in file.read().split():
                found += tree(int(child))
    return found


class Ours:
    name = "pobsync"

    def __init__(self, pobsync):
        self.server = WebServer(pobsync)
        browser = self.server.browser()
        browser.login("admin")
        self.cookie = f"pobsync={browser.cookies['pobsync']}"
        self.port, self.pid = self.server.port, self.server.running.pid

    def stop(self):
        self.server.stop()


class Theirs:
    """gunicorn with twice the cores and one of its default workers, as its documentation advises."""
    name = "Django"

    def __init__(self, pobsync):
        work = pobsync.dir.make("django")
        env = {"PATH": "/usr/bin:/bin", "BENCH_WORK": work, "BENCH_DATABASE": pobsync.database, "PYTHONPATH": HERE,
               "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        self.cookie = subprocess.run([PYTHON, os.path.join(HERE, "web_django.py")], env=env, capture_output=True,
                                     text=True, check=True).stdout.strip()
        with open(os.path.join(work, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [PYTHON, "-m", "gunicorn", "-w", str(2 * os.cpu_count() + 1), "-b", "127.0.0.1:0", "web_django:application"],
                env=env, cwd=work, stdout=log, stderr=log, start_new_session=True)
        self.pid, self.port = self.process.pid, None

        def listening():
            with open(os.path.join(work, "log"), encoding="utf-8") as file:
                text = file.read()
            found = re.search(r"Listening at: http://127.0.0.1:(\d+)", text)
            self.port = found and int(found[1])
            return text.count("Booting worker") > 2 * os.cpu_count() or self.process.poll() is not None

        wait_for(listening, 30, "gunicorn does not listen")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def check(side, path):
    """One answer, so that nothing is measured that does not work; its size on the wire."""
    browser = Browser(side)
    browser.cookies = dict([side.cookie.split("=", 1)])
    answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
    if answer.status != 200:
        raise SystemExit(f"{side.name} {path}: {answer}")
    return len(answer.body)


def compare(sides, path, options, connections):
    """Alternating rounds; prints a line for each side and one of ratios."""
    got = {side.name: [] for side in sides}
    sizes = {side.name: check(side, path) for side in sides}
    for _ in range(options.rounds):
        for side in sides:
            got[side.name].append(ask(f"http://127.0.0.1:{side.port}{path}", side.cookie, connections, options.seconds))
    middle = {name: [statistics.median(values) for values in zip(*rounds)] for name, rounds in got.items()}
    for name, (rate, half, most) in middle.items():
        print(f"    {name:8} {rate:9.1f} requests/s   p50 {half:8.2f} ms   p99 {most:8.2f} ms   {sizes[name]:7} bytes")
    if len(sides) == 2:
        (rate, half, most), theirs = (middle[side.name] for side in sides)
        print(f"    ratio    {rate / theirs[0]:9.1f} x            p50 1/{theirs[1] / half:<6.1f}     p99 1/{theirs[2] / most:.1f}")
    sys.stdout.flush()


def fleet(hosts, snapshots):
    """An installation with so many hosts and snapshots of each, its runs for a month."""
    pobsync = Pobsync(sanitised=False)
    pobsync.run("create-user", "admin", "--role", "admin", input=PASSWORD + "\n")
    pobsync.mark_root()
    with Fleet(pobsync) as rows:
        for number in range(hosts):
            name = f"host{number:04}.example.net"
            due = rows.now - 7200
            host = rows.host(name)
            rows.schedule(host, due)
            rows.history(host, name, due, min(30, snapshots) - 1)
            for day in range(30, snapshots):
                rows.snapshot(host, due - day * 86400)
            if number % 50 == 7:
                rows.run(host, name, "failed", due + 600, "host_unreachable", "No route to host")
    return pobsync


def measure(hosts, options):
    print(f"{hosts} hosts, {hosts * 100:,} snapshots, {CONNECTIONS} connections")
    with fleet(hosts, 100) as pobsync:
        sides = [Ours(pobsync), Theirs(pobsync)]
        for name, path in (("dashboard", "/"), ("status", "/api/status/")):
            print(f"  {name}")
            compare(sides, path, options, CONNECTIONS)
        print("  memory   " + ", ".join(f"{side.name} {pss(tree(side.pid)):.1f} MiB" for side in sides))
        print("  dashboard, alone")
        compare(sides, "/", options, 1)
        for side in sides:
            side.stop()


def flat(options):
    print("status of 100 hosts, pobsync alone")
    for snapshots in (100, 1000):
        with fleet(100, snapshots) as pobsync:
            print(f"  {100 * snapshots:,} snapshots")
            side = Ours(pobsync)
            compare([side], "/api/status/", options, CONNECTIONS)
            side.stop()


def main():
    parser = argparse.ArgumentParser(description="Speed and memory of the pages, beside Django behind gunicorn.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--hosts", default="40,400,1000")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores; medians of {options.rounds} rounds of {options.seconds} s")
    for hosts in options.hosts.split(","):
        measure(int(hosts), options)
    flat(options)


if __name__ == "__main__":
    main()
