"""doc/disaster.md, executed: the commands as they stand there, but for the first block, which the reader adapts."""

import os
import re
import shutil
import subprocess
import unittest

from kit import oracle
from kit.case import HostCase

DOCUMENT = os.path.join(os.path.dirname(__file__), "..", "..", "doc", "disaster.md")


def sections():
    """{heading: [blocks of shell]}; what stands before the first heading is under ""."""
    with open(DOCUMENT, encoding="utf-8") as file:
        parts = re.split(r"^## (.*)$", file.read(), flags=re.M)
    return {heading: re.findall(r"^```sh\n(.*?)^```$", text, flags=re.M | re.S)
            for heading, text in zip(["", *parts[1::2]], parts[::2])}


class Disaster(HostCase):
    sanitised = False

    def setUp(self):
        super().setUp()
        self.write("etc/fstab", "UUID=1 / ext4\n")
        self.write("home/ann/letter")
        os.link(os.path.join(self.source, "home/ann/letter"), os.path.join(self.source, "home/ann/same"))
        self.add_host()
        self.backup()
        self.write("etc/fstab", "UUID=2 / ext4\n")
        self.backup()
        self.pobsync.ok("pin", "web1", "latest", "--reason", "year's end")
        self.sections = sections()
        self.target = self.work.make("target")
        self.bin = self.work.make("bin")
        os.symlink(self.pobsync.binary, os.path.join(self.bin, "pobsync"))
        self.variables = f"ROOT='{self.pobsync.root}'\nHOST=web1\nTARGET='{self.target}'\n"

    def follow(self, heading, last=None):
        """The blocks of a section, or its first ones, in one shell; what they printed."""
        script = "".join(["set -eu\n", self.variables, *self.sections[heading][:last]])
        env = self.pobsync.environment()
        env["PATH"] = f"{self.bin}:{env['PATH']}"
        done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, f"{heading}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def lose_server(self):
        shutil.rmtree(self.pobsync.home)
        os.mkdir(self.pobsync.home, 0o700)
        self.sshd.authorize()

    def keys(self):
        """The reader puts the line where it belongs between the two blocks."""
        line = self.follow("Keys", 1)
        self.assertIn("ssh-ed25519 ", line)
        self.sshd.authorize_also(self.pobsync.key_line("web1"))
        self.follow("Keys")
        runs = [run for run in self.pobsync.json("runs")["items"] if run["job"] == "backup"]
        self.assertEqual(runs[0]["state"], "success")
        names = [os.path.basename(path) for path in self.snapshots()]
        self.assertEqual(self.pobsync.json("snapshots", "web1")["items"][0]["base"], names[-2])

    def test_what_the_reader_sets(self):
        self.assertEqual([line.split("=")[0] for line in self.sections[""][0].splitlines()], ["ROOT", "HOST", "TARGET"])
        self.assertEqual([len(self.sections[heading]) for heading in self.sections], [1, 4, 2, 3, 2, 0])

    def test_files_by_hand(self):
        os.environ.pop("POBSYNC_HOME", None)
        shown = self.follow("Files, with ls, cat, cp and rsync")
        self.assertIn('"status": "success"', shown)
        self.assertEqual(shown.count("data/etc/fstab"), 2)
        with open(os.path.join(self.target, "fstab"), encoding="ascii") as file:
            self.assertEqual(file.read(), "UUID=2 / ext4\n")
        self.assertEqual(oracle.compare(self.source, os.path.join(self.target, "web1")), [])

    def test_with_a_copy_of_the_database(self):
        self.pobsync.needs_file()
        self.pobsync.ok("database", "backup")
        self.backup()
        self.lose_server()
        self.follow("A new server, with a copy of the database")
        items = self.pobsync.json("snapshots", "web1")["items"]
        self.assertEqual([(item["status"], item["pinned"]) for item in items],
                         [("success", False), ("success", True), ("success", False)])
        self.keys()

    def test_from_the_disk_alone(self):
        self.pobsync.needs_file()
        self.lose_server()
        shown = self.follow("A new server, from the disk alone")
        self.assertIn("2 of 2", shown)
        items = self.pobsync.json("snapshots", "web1")["items"]
        self.assertEqual([(item["status"], item["pinned"]) for item in items], [("success", True), ("success", False)])
        self.keys()


if __name__ == "__main__":
    unittest.main()
