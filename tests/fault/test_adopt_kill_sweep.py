"""An adoption is killed before each of its calls to the file system, the database's included. Each old tree is whole, in
exactly one place; recovery in between throws none away; the second attempt finishes, and a third finds nothing to do."""

import os
import shutil
import time
import unittest

from kit import oracle
from kit.faults import Prepared, sweep
from kit.pobsync import Pobsync

TIME_LIMIT = 900
HOST = "web1"
DAY = 86400


class AdoptKillSweep(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync(sanitised=False))
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", HOST, "--address", "192.0.2.1")
        self.old = os.path.join(self.pobsync.root, "old")
        self.trees = set()
        previous = None
        for number in (2, 1, 0):
            path = os.path.join(self.old, f"daily.{number}")
            tree = os.path.join(path, "localhost")
            os.makedirs(os.path.join(tree, "etc"))
            with open(os.path.join(tree, f"only{number}"), "w", encoding="ascii") as file:
                file.write("x" * number)
            if previous is None:
                with open(os.path.join(tree, "etc/same"), "w", encoding="ascii") as file:
                    file.write("same\n")
            else:
                os.link(os.path.join(previous, "etc/same"), os.path.join(tree, "etc/same"))
            when = time.time() - (number + 1) * DAY
            os.utime(path, (when, when))
            previous = tree

    def adopt(self, env=None):
        return self.pobsync.run("adopt", "--from", "rsnapshot", self.old, "--host", HOST, "--yes", "--json", env=env)

    def found(self):
        """Where the file that each tree has alone lies, wherever below the root."""
        places = {0: [], 1: [], 2: []}
        for folder, _, names in os.walk(self.pobsync.root):
            for number, found in places.items():
                if f"only{number}" in names:
                    found.append(folder)
        return places

    def wrong(self, where):
        """What is lost, doubled, or torn apart."""
        for number, places in self.found().items():
            if len(places) != 1:
                yield f"{where}: tree {number} is in {places}"
            elif not os.path.exists(os.path.join(places[0], "etc/same")):
                yield f"{where}: tree {number} is not whole"
            elif "/.trash/" in places[0]:
                yield f"{where}: tree {number} was thrown away"

    def check(self, point, result):
        wrong = list(self.wrong("killed"))
        self.pobsync.ok("recover")
        wrong += self.wrong("recovered")
        second = self.adopt()
        # All was done when the last call was hit.
        if second.rc not in (0, 5):
            wrong.append(f"second attempt: {second}")
        wrong += self.wrong("second attempt")
        finals = oracle.snapshots(self.pobsync.root, HOST)
        rows = self.pobsync.json("snapshots", HOST)["items"]
        if [row["name"] for row in reversed(rows)] != [os.path.basename(path) for path in finals] or len(rows) != 3:
            wrong.append(f"rows {rows} and disk {finals} do not agree")
        if not all(row["good"] for row in rows):
            wrong.append(f"not good: {rows}")
        wrong += oracle.check_host_dir(self.pobsync.root, HOST)
        third = self.adopt()
        if third.rc != 5:
            wrong.append(f"third attempt: {third}")
        self.pobsync.ok("recover")
        running = [run for run in self.pobsync.json("runs")["items"] if run["state"] == "running"]
        if running:
            wrong.append(f"still running: {running}")
        return wrong

    def test_nothing_is_lost_and_a_second_attempt_finishes(self):
        prepared = Prepared(self.pobsync.root, self.pobsync.home)
        done = sweep("killed in an adoption", self.adopt, self.check, prepared.restore)
        self.assertEqual(done.violations, [])
        self.assertGreater(done.points, 50)

    def test_the_checks_can_fail(self):
        self.assertEqual(self.adopt().rc, 0)
        self.assertEqual(list(self.wrong("now")), [])
        shutil.rmtree(oracle.snapshots(self.pobsync.root, HOST)[0])
        self.assertEqual(len(list(self.wrong("now"))), 1)


if __name__ == "__main__":
    unittest.main()
