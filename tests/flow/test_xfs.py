"""A backup root on xfs, which shows root each ACL a second time, as trusted.SGI_ACL_*."""

import os
import shutil
import unittest

from kit import mounts, oracle
from kit.case import HostCase
from kit.tree import ACCESS_ACL, DEFAULT_ACL, fidelity_tree


@mounts.requires_loop("xfs")
class Xfs(HostCase):
    def setUp(self):
        mount = self.enterContext(mounts.xfs(400))
        self.root = mount.path
        super().setUp()
        self.pobsync.mark_root("--min-free-bytes", "0", "--min-free-inodes", "0")

    def acl_of(self, number, name, kind="access"):
        return os.getxattr(os.path.join(self.data(number), name), f"system.posix_acl_{kind}")

    def test_nothing_is_lost_between_two_runs(self):
        shutil.rmtree(self.source)
        fidelity_tree(self.source)
        self.add_host()
        self.backup(timeout=120)
        self.assert_same_tree(self.source, self.data(0))
        digest = oracle.digest_hash(self.data(0))
        run = self.backup(timeout=120)
        self.assert_same_tree(self.source, self.data(1))
        self.assertEqual(oracle.digest_hash(self.data(0)), digest)
        files = {name for name, record in oracle.tree_digest(self.source).items() if record.type != "directory"}
        shared, _ = oracle.shared_inodes(self.data(0), self.data(1))
        # With the path of the base in front, the one at the end of a path of 4,025 bytes cannot be named by rsync.
        deep = {name for name in files if name.startswith(b"deep/")}
        self.assertEqual(files - shared, deep)
        self.assertEqual(run["stats"]["linked_files"], len(files - deep))
        self.assertEqual(run["stats"]["copied_same"], len(deep))

    def test_the_acl_of_a_file_that_changed_is_kept(self):
        path = self.write("file")
        os.mkdir(os.path.join(self.source, "directory"))
        os.setxattr(path, "system.posix_acl_access", ACCESS_ACL)
        os.setxattr(os.path.join(self.source, "directory"), "system.posix_acl_default", DEFAULT_ACL)
        self.add_host()
        self.backup()
        os.utime(path)
        self.backup()
        for number in (0, 1):
            self.assertEqual(self.acl_of(number, "file"), ACCESS_ACL)
            self.assertEqual(self.acl_of(number, "directory", "default"), DEFAULT_ACL)
        self.pobsync.ok("configure-host", "web1", "--rsync-args=--no-acls")
        os.utime(path)
        self.backup()
        for name in ("file", "directory"):
            self.assertEqual([each for each in os.listxattr(os.path.join(self.data(), name)) if "acl" in each], [])


if __name__ == "__main__":
    unittest.main()
