"""Getting files back: restore to a directory, download as an archive. What comes back is what was there, by the oracle."""

import os
import shutil
import signal
import stat
import subprocess
import time
import unittest

from kit import oracle
from kit.case import HostCase
from kit.deadline import wait_for
from kit.mounts import requires_mount, tmpfs
from kit.swapper import Swapper
from kit.tree import fidelity_tree, small_files_tree

TAR = ["tar", "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "-xpf"]
LOST_BY_TAR = [b"special/socket"]
RACE_SECONDS = 3


class RestoreCase(HostCase):
    def hostile_source(self):
        shutil.rmtree(self.source)
        fidelity_tree(self.source)
        self.add_host()
        self.backup(timeout=120)
        self.backup(timeout=120)  # so that each file has names in another snapshot

    def restore(self, place, *options, expect=0, to=None, **keywords):
        result = self.pobsync.run("restore", place, "--to", to or self.target, "--yes", "--json", *options, **keywords)
        self.assertEqual(result.rc, expect, result)
        return result.json

    @property
    def target(self):
        return self.work / "target"

    def download(self, place, form):
        """(how it ended, the archive)."""
        path = self.work / f"archive.{form}"
        with open(path, "wb") as file:
            done = subprocess.run([self.pobsync.binary, "download", place, "--format", form], stdout=file,
                                  stderr=subprocess.PIPE, env=self.pobsync.environment(), check=False, timeout=120)
        return done, path


class Fidelity(RestoreCase):
    def test_a_restored_tree_equals_the_source(self):
        self.hostile_source()
        plan = self.pobsync.json("restore", "web1:/", "--to", self.target, "--dry-run")
        self.assertFalse(os.path.lexists(self.target), "a plan makes nothing")
        document = self.restore("web1:/")
        self.assert_same_tree(self.source, self.target)
        self.assertEqual((document["created"], document["bytes"]), (plan["create"], plan["bytes"]))
        self.assertEqual((document["kept"], document["failed"], document["replaced"]), (0, 0, 0))
        self.assert_same_tree(self.source, self.data())
        self.assertLessEqual(oracle.allocated(self.target), oracle.allocated(self.source) * 1.1 + (1 << 20))
        again = self.restore("web1:/")
        self.assertEqual((again["created"], again["replaced"], again["kept"], again["bytes"]), (0, 0, 0, 0))
        rows = self.query("SELECT object, after_text FROM audit WHERE action = 'file.restore' ORDER BY id")
        name = os.path.basename(self.snapshots()[-1])
        self.assertEqual(rows[0], (f"web1@{name}:/", self.target))

    def test_tar_holds_all_but_sockets(self):
        self.hostile_source()
        for form in ("tar", "tar.zst"):
            with self.subTest(form):
                done, archive = self.download("web1:/", form)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(b"special/socket", done.stderr)
                target = self.work.make(f"unpacked.{form}")
                subprocess.run([*TAR, archive, "-C", target], check=True, capture_output=True)
                wrong = oracle.compare(self.source, target)
                # The fraction of the last second before 1970 has no place in the form of times that tar has.
                self.assertEqual([line for line in wrong if "'special/socket'" not in line
                                  and "'times/before by half': mtime" not in line], [])
                listed = subprocess.run(["tar", "-tf", archive], check=True, capture_output=True).stdout
                self.assertTrue(all(line.startswith(b"./") for line in listed.splitlines()))

    def test_several_paths_in_one_archive(self):
        """Under their whole paths, each once, with the links between them; what is not there is told inside."""
        self.write("a/one", "one\n")
        os.mkdir(os.path.join(self.source, "b"))
        os.link(os.path.join(self.source, "a/one"), os.path.join(self.source, "b/two"))
        self.write("c/deep/three", "three\n")
        self.write("left", "left alone\n")
        self.add_host()
        self.backup()
        archive = self.work / "several.tar"
        with open(archive, "wb") as file:
            done = subprocess.run([self.pobsync.binary, "download", "web1:/a", "--also", "/b/two", "--also", "/c/deep",
                                   "--also", "/never", "--format", "tar"], stdout=file, stderr=subprocess.PIPE,
                                  env=self.pobsync.environment(), check=False)
        self.assertEqual(done.returncode, 3, done)
        os.mkdir(self.target)
        subprocess.run(["tar", "-C", self.target, "--numeric-owner", "-xpf", archive], check=True)
        self.assertEqual(sorted(os.listdir(self.target)), ["a", "b", "c", "pobsync-left-out.txt"])
        with open(os.path.join(self.target, "pobsync-left-out.txt"), encoding="utf-8") as file:
            self.assertIn("never: ", file.read())
        self.assertTrue(os.path.samefile(os.path.join(self.target, "a/one"), os.path.join(self.target, "b/two")))
        for part in ("a", "c/deep"):
            self.assertEqual(oracle.compare(os.path.join(self.source, part), os.path.join(self.target, part),
                                            ignore=["nlink"]), [])
        self.assertEqual(len(self.query("SELECT 1 FROM audit WHERE action = 'file.download'")), 4)

    def test_zip_holds_files_and_says_what_is_missing(self):
        self.hostile_source()
        done, archive = self.download("web1:/", "zip")
        self.assertEqual(done.returncode, 0, done.stderr)
        target = self.work.make("unpacked")
        subprocess.run(["python3", "-m", "zipfile", "-t", archive], check=True, capture_output=True)
        for folder in ("plain", "crowd", "sparse", "modes"):
            done, archive = self.download(f"web1:/{folder}", "zip")
            self.assertEqual(done.returncode, 0, done.stderr)
            shutil.rmtree(target)
            subprocess.run(["python3", "-m", "zipfile", "-e", archive, target], check=True, capture_output=True)
            self.assertEqual(self.contents(target), self.contents(os.path.join(self.source, folder)))
        done, archive = self.download("web1:/special", "zip")
        shutil.rmtree(target)
        subprocess.run(["python3", "-m", "zipfile", "-e", archive, target], check=True, capture_output=True)
        with open(os.path.join(target, "pobsync-left-out.txt"), encoding="utf-8") as file:
            self.assertIn("./fifo:", file.read())

    @staticmethod
    def contents(top):
        found = {}
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = file.read()
        return found

    def test_one_file(self):
        self.write("etc/fstab", "one\n")
        self.add_host()
        self.backup()
        self.restore("web1:/etc/fstab", to=self.work / "a/b")
        with open(self.work / "a/b/fstab", encoding="utf-8") as file:
            self.assertEqual(file.read(), "one\n")
        done, archive = self.download("web1:/etc/fstab", "tar")
        self.assertEqual(done.returncode, 0)
        names = subprocess.run(["tar", "-tf", archive], check=True, capture_output=True, text=True).stdout
        self.assertEqual(names, "./fstab\n")


class Standing(RestoreCase):
    """What is there already."""

    def setUp(self):
        super().setUp()
        for name in ("same", "differs", "absent", "folder/inside", "was folder/below"):
            self.write(name, f"{name}\n")
        self.add_host()
        self.backup()
        self.restore("web1:/")

    def read(self, name):
        with open(os.path.join(self.target, name), encoding="utf-8") as file:
            return file.read()

    def put(self, name, text):
        with open(os.path.join(self.target, name), "w", encoding="utf-8") as file:
            file.write(text)

    def test_nothing_is_overwritten_without_being_asked(self):
        self.put("differs", "mine\n")
        self.put("another", "mine too\n")
        os.unlink(os.path.join(self.target, "absent"))
        shutil.rmtree(os.path.join(self.target, "was folder"))
        self.put("was folder", "a file\n")
        document = self.restore("web1:/", expect=3)
        self.assertEqual([self.read(name) for name in ("same", "differs", "absent", "another", "was folder")],
                         ["same\n", "mine\n", "absent\n", "mine too\n", "a file\n"])
        self.assertEqual((document["created"], document["kept"], document["replaced"]), (1, 3, 0))
        self.assertIn("/differs", document["standing"])
        document = self.restore("web1:/", "--replace", expect=3)
        self.assertEqual([self.read(name) for name in ("differs", "another", "was folder")],
                         ["differs\n", "mine too\n", "a file\n"])
        self.assertEqual(document["replaced"], 1)

    def test_a_link_in_the_target_leads_nowhere(self):
        victim = self.work.make("victim")
        shutil.rmtree(os.path.join(self.target, "folder"))
        os.symlink(victim, os.path.join(self.target, "folder"))
        os.unlink(os.path.join(self.target, "same"))
        os.symlink(os.path.join(victim, "file"), os.path.join(self.target, "same"))
        self.restore("web1:/", expect=3)
        self.assertEqual(os.listdir(victim), [])
        self.restore("web1:/", "--replace", expect=3)
        self.assertEqual(os.listdir(victim), [])
        self.assertTrue(stat.S_ISREG(os.lstat(os.path.join(self.target, "same")).st_mode))

    def test_nobody_is_asked_where_nobody_answers(self):
        before = oracle.tree_digest(self.target)
        os.unlink(os.path.join(self.target, "absent"))
        result = self.pobsync.run("restore", "web1:/", "--to", self.target)
        self.assertEqual(result.rc, 7, result)
        self.assertIn("1 to create", result.err)
        self.restore("web1:/")
        self.assertEqual(oracle.compare(self.target, before, ignore=["mtime_ns"]), [])

    def test_not_into_the_backups(self):
        link = self.work / "link"
        os.symlink(self.pobsync.root, link)
        for to in (self.pobsync.root, os.path.join(self.pobsync.root, "web1/new"), link, os.path.join(link, "a/b"),
                   os.path.join(self.pobsync.home, "x"), os.path.join(self.work.path, "no/../x")):
            result = self.pobsync.run("restore", "web1:/", "--to", to, "--yes")
            self.assertEqual(result.rc, 2, result)
        self.assertEqual(sorted(os.listdir(self.pobsync.root)), [".pobsync", ".pobsync-root", "web1"])


class Interrupted(RestoreCase):
    sanitised = False

    def test_killed_and_run_again_it_is_complete(self):
        small_files_tree(self.source, 3000)
        self.add_host()
        self.backup(timeout=120)
        for number in range(4):
            running = self.pobsync.spawn("restore", "web1:/", "--to", self.target, "--yes")
            wait_for(lambda number=number: self.count() > 300 * (number + 1) or running.process.poll() is not None,
                     60, "nothing was restored")
            running.kill(signal.SIGKILL if number % 2 else signal.SIGTERM)
            running.wait()
        for folder, _, names in os.walk(self.target):  # what is under its name is complete
            for name in names:
                if not name.startswith(".pobsync-restore."):
                    path = os.path.join(folder, name)
                    twin = os.path.join(self.source, os.path.relpath(path, self.target))
                    self.assertEqual(os.lstat(path).st_size, os.lstat(twin).st_size)
        document = self.restore("web1:/")
        self.assertEqual((document["kept"], document["failed"]), (0, 0))
        self.assertEqual(self.differences(), [])

    def count(self):
        return sum(len(names) for _, _, names in os.walk(self.target)) if os.path.isdir(self.target) else 0

    def differences(self):
        """But for a temporary file that a kill has left, and directories that were there when it went on."""
        return [line for line in oracle.compare(self.source, self.target)
                if ".pobsync-restore." not in line and "mtime_ns" not in line and "mode" not in line]

    @requires_mount
    def test_a_full_target_is_told(self):
        self.write("large", os.urandom(6 << 20))
        self.add_host()
        self.backup()
        mount = self.enterContext(tmpfs(4 << 20))
        result = self.pobsync.run("restore", "web1:/", "--to", os.path.join(mount.path, "x"), "--yes")
        self.assertEqual(result.rc, 7, result)
        self.assertIn("not enough room", result.err)
        self.assertFalse(os.path.lexists(os.path.join(mount.path, "x")))


class Race(RestoreCase):
    sanitised = False

    def test_a_target_that_becomes_a_link_leads_nowhere(self):
        for number in range(40):
            self.write(f"swapped/file{number}", "restored\n")
        self.add_host()
        self.backup()
        victim, target = self.work.make("victim"), self.work.make("target")
        os.mkdir(os.path.join(target, "swapped"))
        bait = self.work / "bait"
        os.symlink(victim, bait)
        rounds = 0
        with Swapper(os.path.join(target, "swapped"), bait):
            until = time.monotonic() + RACE_SECONDS
            while time.monotonic() < until or rounds < 5:
                self.pobsync.run("restore", "web1:/", "--to", target, "--yes", "--replace")
                self.assertEqual(os.listdir(victim), [])
                rounds += 1


if __name__ == "__main__":
    unittest.main()
