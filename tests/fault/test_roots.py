"""Every state in which a backup root can be wrong: the backup refuses with exit 8, says which it is, writes nothing
there, and works again when the root is back."""

import os
import shutil
import subprocess
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Checker, in_memory
from kit import mounts, oracle
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir, remove_tree


class RootCase(unittest.TestCase):
    def setUp(self):
        in_memory()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.source = self.work.make("source")
        self.root = self.make_root()
        self.pobsync = self.enterContext(Pobsync(sanitised=False, root=self.root))
        self.change()
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)
        self.pobsync.ok("backup", HOST)
        self.change()
        self.checker = Checker(self.pobsync, self.source)

    def make_root(self):
        return self.work.make("root")

    def change(self):
        with open(os.path.join(self.source, "file"), "a", encoding="ascii") as file:
            file.write("more\n")

    def refused(self, message, *places, cause="root_missing", hint="."):
        """The backup refuses; below `places` nothing has changed."""
        before = [oracle.tree_digest(place) for place in places]
        result = self.pobsync.run("backup", HOST, "--json")
        self.assertEqual(result.rc, 8, result)
        run = result.json
        self.assertEqual((run["state"], run["cause"]), ("failed", cause), run)
        self.assertRegex(run["message"], message)
        self.assertRegex(run["hint"], hint)
        for place, old in zip(places, before):
            self.assertEqual(oracle.compare(old, place), [], f"something was written in {place}")
        told = self.pobsync.run("backup", HOST)
        self.assertEqual(told.rc, 8, told)
        self.assertRegex(told.err, message)

    def works_again(self):
        self.pobsync.ok("backup", HOST)
        self.assertEqual(self.checker.settled(), [])


class Directory(RootCase):
    """The root is a plain directory."""

    def aside(self):
        os.rename(self.root, self.root + ".aside")

    def back(self):
        if os.path.islink(self.root) or os.path.isfile(self.root):
            os.unlink(self.root)
        remove_tree(self.root)
        os.rename(self.root + ".aside", self.root)
        self.works_again()

    def test_missing(self):
        self.aside()
        self.refused("does not exist", self.work.path)
        self.back()

    def test_empty_directory_in_its_place(self):
        self.aside()
        os.mkdir(self.root)
        self.refused("marker is not there", self.work.path, cause="root_wrong")
        self.back()

    def test_symbolic_link_to_it(self):
        self.aside()
        os.symlink(self.root + ".aside", self.root)
        self.refused("symbolic link", self.work.path)
        self.back()

    def test_behind_a_symbolic_link(self):
        os.rename(self.work.path, self.work.path + ".real")
        os.symlink(self.work.path + ".real", self.work.path)
        try:
            self.refused("symbolic link", self.work.path + ".real")
        finally:
            os.unlink(self.work.path)
            os.rename(self.work.path + ".real", self.work.path)
        self.works_again()

    def test_file_in_its_place(self):
        self.aside()
        self.work.write("root", "a file")
        self.refused("not a directory", self.work.path)
        self.back()

    def test_root_of_another_installation(self):
        other = self.enterContext(Pobsync(sanitised=False))
        other.mark_root()
        self.aside()
        shutil.copytree(other.root, self.root)
        self.refused("says root", self.work.path, cause="root_wrong", hint="pobsync check")
        self.back()

    def test_other_things_and_no_marker(self):
        self.aside()
        os.makedirs(os.path.join(self.root, HOST, "scheduled"))
        self.refused("no marker", self.work.path, cause="root_wrong")
        self.back()

    def test_damaged_marker(self):
        self.aside()
        shutil.copytree(self.root + ".aside", self.root)
        os.truncate(os.path.join(self.root, ".pobsync-root"), 20)
        self.refused("damaged", self.work.path, cause="root_wrong")
        self.back()

    @mounts.requires_mount
    def test_something_bound_over_it(self):
        other = self.work.make("other")
        with open(os.path.join(other, "theirs"), "wb"):
            pass
        with mounts.bind(other, self.root):
            self.refused("no marker", other, cause="root_wrong")
        self.works_again()

    @mounts.requires_mount
    def test_read_only(self):
        with mounts.bind(self.root, self.root) as bound:
            bound.remount("bind", "ro")
            self.refused("read-only", self.root, hint="pobsync check")
        self.works_again()

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_unreadable_for_this_user(self):
        os.chmod(self.root, 0o700)
        subprocess.run(["chown", "-R", "65534:65534", self.pobsync.home], check=True)
        argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", self.pobsync.binary, "backup",
                HOST, "--json"]
        done = subprocess.run(argv, env=self.pobsync.environment(), cwd="/", capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 8, done)
        self.assertRegex(done.stdout, "permission denied")
        subprocess.run(["chown", "-R", "0:0", self.pobsync.home], check=True)
        self.works_again()


@mounts.requires_loop("ext4")
class Disk(RootCase):
    """The root is a mount of its own."""

    def make_root(self):
        self.disk = self.enterContext(mounts.ext4(32))
        return self.disk.path

    def test_not_mounted(self):
        self.disk.unmount()
        self.refused("was a mount of its own", self.root)
        self.disk.mount()
        self.works_again()

    def test_not_mounted_and_others_have_written_there(self):
        self.disk.unmount()
        stray = os.path.join(self.root, "stray")
        with open(stray, "wb"):
            pass
        self.refused("was a mount of its own", self.root)
        os.unlink(stray)
        self.disk.mount()
        self.works_again()

    def test_an_empty_disk(self):
        with mounts.tmpfs() as other:
            self.disk.unmount()
            with mounts.bind(other.path, self.root):
                self.refused("marker is not there", other.path)
        self.disk.mount()
        self.works_again()

    def test_the_disk_of_another_installation(self):
        with mounts.ext4(32) as disk, Pobsync(sanitised=False, root=disk.path) as other:
            other.mark_root()
            self.disk.unmount()
            with mounts.bind(disk.path, self.root):
                self.refused("says root", disk.path, cause="root_wrong")
        self.disk.mount()
        self.works_again()

    def test_mounted_over_the_host_directory(self):
        """A mount below the root: snapshots would land on another disk."""
        path = self.pobsync.host_dir(HOST)
        with mounts.tmpfs() as other, mounts.bind(other.path, path):
            result = self.pobsync.run("backup", HOST, "--json")
            self.assertNotEqual(result.rc, 0, result)
            self.assertEqual(os.listdir(other.path), [])
        self.works_again()


if __name__ == "__main__":
    unittest.main()
