"""Bit rot in a file that snapshots share. An ordinary run compares size and time, so it links the damage on and says nothing;
a run with --checksum compares content and makes the file anew; damaged owners, modes and attributes are never linked on. Which
snapshots hold the damage can be told in each case."""

import os
import random
import stat
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, finals, in_memory
from kit import oracle
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir

FILES = 40
EARLIER = 3  # snapshots that share everything


class BitRot(unittest.TestCase):
    def setUp(self):
        in_memory()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.source = self.work.make("source")
        self.pobsync = self.enterContext(Pobsync(sanitised=False))
        for number in range(FILES):
            with open(os.path.join(self.source, f"file{number:02}"), "wb") as file:
                file.write(random.Random(number).randbytes(random.Random(number).randint(1, 9000)))
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)
        for _ in range(EARLIER):
            self.backup()

    def backup(self):
        run = self.pobsync.json("backup", HOST)
        self.assertEqual(run["state"], "success", run)
        self.log = self.pobsync.ok("log", run["id"]).out

    def data(self, number):
        """The tree of one snapshot, the oldest first."""
        return os.path.join(finals(self.pobsync)[number], "data")

    def inodes(self, name):
        """The inode of a file in each snapshot, the oldest first."""
        return [os.stat(os.path.join(path, "data", name)).st_ino for path in finals(self.pobsync)]

    def versions(self, name):
        """How many snapshots hold each version of a file, the newest first, as pobsync tells it without reading."""
        return [len(item["snapshots"]) for item in self.pobsync.json("versions", f"{HOST}:/{name}")["items"]]

    def damaged(self, number):
        """The names of what is not as in the source."""
        return sorted(line.split(":")[0].strip("'") for line in oracle.compare(self.source, self.data(number)))

    def flip(self, name, at):
        """One bit of the inode that all snapshots share; size and times stay as they are."""
        path = os.path.join(self.data(0), name)
        before = os.stat(path)
        self.assertEqual(before.st_nlink, EARLIER)
        with open(path, "r+b", buffering=0) as file:
            file.seek(at % before.st_size)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1 << at % 8]))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        after = os.stat(path)
        self.assertEqual((after.st_ino, after.st_size, after.st_mtime_ns),
                         (before.st_ino, before.st_size, before.st_mtime_ns))

    def test_an_ordinary_run_links_it_on_and_a_checksum_stops_it(self):
        names = [f"file{number:02}" for number in random.Random(11).sample(range(FILES), 5)]
        for number, name in enumerate(names):
            self.flip(name, 1009 * number)
        self.backup()
        self.assertEqual(self.damaged(-1), sorted(names), "size and time are the same: the damage goes on")
        self.assertNotIn("were copied, not linked", self.log)
        self.assertEqual({tuple(self.versions(name)) for name in names}, {(EARLIER + 1,)})

        self.pobsync.ok("configure-host", HOST, "--rsync-args=--checksum")
        self.backup()
        self.assertEqual(self.damaged(-1), [], "what is read is right from here on")
        self.assertIn(f"{len(names)} files that the base has unchanged were copied, not linked", self.log)
        self.assertEqual([self.damaged(number) for number in range(EARLIER + 1)], [sorted(names)] * (EARLIER + 1),
                         "what was stored is never written again")
        found = sum(self.versions(name) == [1, EARLIER + 1] for name in names)
        self.assertEqual(found, len(names))
        for name in names:
            *old, new = self.inodes(name)
            self.assertEqual(len(set(old)), 1)
            self.assertNotIn(new, old)
        sound = [name for name in os.listdir(self.source) if name not in names]
        self.assertEqual({tuple(self.versions(name)) for name in sound}, {(EARLIER + 2,)}, "no file too many")

        self.pobsync.ok("configure-host", HOST, "--unset", "rsync_args")
        self.backup()
        self.assertEqual(self.damaged(-1), [])
        print(f"{len(names)} flipped bits: 0 detected by size and time, {found} by --checksum, each with all snapshots "
              "that hold it")

    def test_a_damaged_mode_or_attribute_is_not_linked_on(self):
        path = os.path.join(self.data(0), "file01")
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) ^ 0o111)
        changed = ["file01"]
        try:
            os.setxattr(os.path.join(self.data(0), "file02"), "user.kit", b"rot")
            changed.append("file02")
        except OSError:
            print("no attributes here: modes alone")
        self.assertEqual(self.damaged(0), changed)
        self.backup()
        self.assertEqual(self.damaged(-1), [])
        self.assertEqual(self.damaged(0), changed, "what was stored is never written again")
        for name in changed:
            self.assertEqual(self.versions(name), [1, EARLIER], name)

    def test_a_sound_version_is_brought_back_from_another_snapshot(self):
        self.pobsync.ok("configure-host", HOST, "--rsync-args=--checksum")
        self.flip("file03", 77)
        self.backup()
        target = self.work.make("target")
        newest = os.path.basename(finals(self.pobsync)[-1])
        self.pobsync.ok("restore", f"{HOST}@{newest}:/file03", "--to", target, "--yes")
        with open(os.path.join(self.source, "file03"), "rb") as file, \
                open(os.path.join(target, "file03"), "rb") as copy:
            self.assertEqual(file.read(), copy.read())


if __name__ == "__main__":
    unittest.main()
