"""The test kit tested: that the oracle finds what it must find, and that real rsync over real ssh carries the
fidelity tree, before any of it is used to judge pobsync."""

import gzip
import os
import shutil
import stat
import subprocess
import unittest

from kit import mounts, oracle, processes, tree
from kit.deadline import wait_for
from kit.sshd import Sshd, rsync_pull
from kit.workdir import WorkDir

IS_ROOT = os.geteuid() == 0


def run_quietly(argv, **keywords):
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30, **keywords)


def sample(path):
    """A small tree with one of everything that the negative controls spoil."""
    build = tree.Builder(path)
    build.directory(b"dir")
    build.file(b"dir/file", b"some content\n")
    build.file(b"dir/other", b"some content\n")
    os.link(b"dir/file", b"dir/link", src_dir_fd=build.root, dst_dir_fd=build.root)
    build.symlink(b"dir/symlink", b"file")
    build.node(b"dir/fifo", stat.S_IFIFO | 0o600)
    build.attempt("xattr", build.attribute, b"dir/other", "user.kit", b"value")
    build.attempt("acl", build.attribute, b"dir/other", "system.posix_acl_access", tree.ACCESS_ACL)
    if IS_ROOT:
        build.node(b"dir/device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    build.finish()


def keep_time(function):
    """Spoils a file and puts its and its directory's modification time back, so that only the one thing
    differs."""
    def spoil(path):
        folder = os.path.dirname(path)
        before = [(each, os.lstat(each).st_mtime_ns) for each in (folder, path)]
        function(path)
        for each, ns in before:
            os.utime(each, ns=(ns, ns), follow_symlinks=False)
    return spoil


@keep_time
def spoil_content(path):
    with open(path, "r+b") as file:
        file.write(b"S")


@keep_time
def split_link(path):
    shutil.copy2(path, path + ".copy")
    os.rename(path + ".copy", path)


@keep_time
def retarget(path):
    os.unlink(path)
    os.symlink("fire", path)


@keep_time
def renumber(path):
    os.unlink(path)
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))


@keep_time
def make_socket(path):
    os.unlink(path)
    os.mknod(path, stat.S_IFSOCK | 0o600)


@keep_time
def grow(path):
    with open(path, "ab") as file:
        file.write(b"\0")


def mark_symlink(path):
    os.setxattr(path, "trusted.kit", b"x", follow_symlinks=False)


def spoil_time(path):
    ns = os.lstat(path).st_mtime_ns + 1
    os.utime(path, ns=(ns, ns), follow_symlinks=False)


class OracleFinds(unittest.TestCase):
    """Negative controls: two equal trees, one planted difference, and the oracle must name it."""

    def setUp(self):
        self.dir = self.enterContext(WorkDir())
        sample(self.dir / "a")
        sample(self.dir / "b")
        self.assertEqual(oracle.compare(self.dir / "a", self.dir / "b"), [])

    def planted(self, spoil, name, *fields):
        before = oracle.digest_hash(self.dir / "b")
        spoil(os.path.join(self.dir / "b", name))
        found = oracle.compare(self.dir / "a", self.dir / "b")
        self.assertEqual({sentence.split(": ")[1] for sentence in found}, set(fields), found)
        self.assertTrue(any(sentence.startswith(f"'{name}': ") for sentence in found), found)
        self.assertNotEqual(oracle.digest_hash(self.dir / "b"), before)
        self.assertEqual(oracle.compare(self.dir / "a", self.dir / "b", ignore=fields), [])

    def test_content(self):
        self.planted(spoil_content, "dir/other", "sha256")

    def test_size(self):
        self.planted(grow, "dir/other", "sha256", "size")

    def test_mode(self):
        self.planted(lambda path: os.chmod(path, 0o4664), "dir/file", "mode")

    def test_mode_of_directory(self):
        self.planted(lambda path: os.chmod(path, 0o1755), "dir", "mode")

    def test_mode_of_the_tree_itself(self):
        self.planted(lambda path: os.chmod(path, 0o700), ".", "mode")

    def test_nanosecond(self):
        self.planted(spoil_time, "dir/other", "mtime_ns")

    def test_nanosecond_of_directory(self):
        self.planted(spoil_time, "dir", "mtime_ns")

    def test_nanosecond_of_symlink(self):
        self.planted(spoil_time, "dir/symlink", "mtime_ns")

    @mounts.requires_root
    def test_owner(self):
        self.planted(lambda path: os.chown(path, 1, -1), "dir/other", "uid")

    @mounts.requires_root
    def test_group_of_symlink(self):
        self.planted(lambda path: os.lchown(path, -1, 1), "dir/symlink", "gid")

    def test_user_attribute(self):
        self.planted(lambda path: os.setxattr(path, "user.kit", b"valuf"), "dir/other", "xattrs")

    def test_missing_attribute(self):
        self.planted(lambda path: os.removexattr(path, "user.kit"), "dir/other", "xattrs")

    @mounts.requires_root
    def test_trusted_attribute_of_symlink(self):
        self.planted(mark_symlink, "dir/symlink", "xattrs")

    def test_acl(self):
        other = tree.acl(("user", 6), ("USER", 5, 12345), ("group", 4), ("mask", 6), ("other", 0))
        self.planted(lambda path: os.setxattr(path, "system.posix_acl_access", other), "dir/other", "xattrs")

    def test_default_acl(self):
        name = "system.posix_acl_default"
        self.planted(lambda path: os.setxattr(path, name, tree.DEFAULT_ACL), "dir", "xattrs")

    def test_split_hard_link(self):
        self.planted(split_link, "dir/link", "links")

    def test_joined_hard_link(self):
        def join(path):
            os.removexattr(path, "user.kit")
            os.removexattr(path, "system.posix_acl_access")
            os.unlink(path)
            os.link(os.path.join(os.path.dirname(path), "file"), path)
        join(self.dir / "b/dir/other")
        found = oracle.compare(self.dir / "a", self.dir / "b")
        self.assertTrue(any(sentence.startswith("'dir/file': links: ") for sentence in found), found)

    def test_symlink_target(self):
        self.planted(retarget, "dir/symlink", "target")

    @mounts.requires_root
    def test_device_number(self):
        self.planted(renumber, "dir/device", "rdev")

    def test_type(self):
        self.planted(make_socket, "dir/fifo", "type")

    def test_missing_and_added(self):
        os.rename(self.dir / "b/dir/other", self.dir / "b/dir/new")
        found = oracle.compare(self.dir / "a", self.dir / "b", ignore=("mtime_ns",))
        self.assertEqual(found, ["'dir/new': only in the second tree", "'dir/other': only in the first tree"])

    def test_shared_inodes(self):
        subprocess.run(["cp", "-al", self.dir / "a", self.dir / "c"], check=True)
        split_link(self.dir / "c/dir/other")
        shared, separate = oracle.shared_inodes(self.dir / "a", self.dir / "c")
        self.assertEqual(separate, {b"dir/other"})
        self.assertIn(b"dir/file", shared)

    def test_limit(self):
        for number in range(80):
            open(self.dir / f"b/{number}", "wb").close()
        self.assertEqual(len(oracle.compare(self.dir / "a", self.dir / "b", limit=10)), 11)


class HostDirectory(unittest.TestCase):
    """NL-d, each breach for itself."""

    NAME = "20260102-030405Z__0badcafe"

    def setUp(self):
        self.dir = self.enterContext(WorkDir())
        for name in (".pobsync", ".incomplete/x", ".trash/y", "manual", f"scheduled/{self.NAME}/data"):
            os.makedirs(self.dir / f"h/{name}")
        self.dir.write("h/.lock", "")
        self.meta = self.dir.write(f"h/scheduled/{self.NAME}/meta.json", "{}")
        self.log = f"h/scheduled/{self.NAME}/rsync.log.gz"
        self.dir.write(self.log, gzip.compress(b"log" * 1000))

    def breach(self):
        return oracle.check_host_dir(self.dir.path, "h")

    def test_in_order(self):
        self.assertEqual(self.breach(), [])
        self.assertEqual(oracle.check_host_dir(self.dir.path, "absent"), [])
        self.assertEqual(list(map(os.path.basename, oracle.snapshots(self.dir.path, "h"))), [self.NAME])

    def test_foreign_entry(self):
        self.dir.make("h/lost+found")
        self.assertEqual(self.breach(), ["h: foreign entry 'lost+found'"])

    def test_name(self):
        os.rename(self.dir / f"h/scheduled/{self.NAME}", self.dir / "h/scheduled/20260102-030405Z__0badcaf")
        self.assertEqual(self.breach(), ["h/scheduled: '20260102-030405Z__0badcaf' is no snapshot name"])

    def test_parts(self):
        for part in ("data", "meta.json", "rsync.log.gz"):
            with self.subTest(part):
                path = self.dir / f"h/scheduled/{self.NAME}/{part}"
                os.rename(path, self.dir / "aside")
                self.assertEqual(self.breach(), [f"h/scheduled: '{self.NAME}' has no {part}"])
                os.rename(self.dir / "aside", path)

    def test_broken_parts(self):
        self.dir.write(os.path.relpath(self.meta, self.dir.path), "{")
        with open(self.dir / self.log, "r+b") as file:
            file.truncate(20)
        self.assertEqual([sentence.split(": ")[2].split(" does")[0] for sentence in self.breach()],
                         ["meta.json", "rsync.log.gz"])


class Trees(unittest.TestCase):
    def setUp(self):
        self.dir = self.enterContext(WorkDir())

    def test_fidelity_tree_is_what_it_says(self):
        skipped = tree.fidelity_tree(self.dir / "src")
        if IS_ROOT:
            self.assertEqual(skipped, [])
        records = oracle.tree_digest(self.dir / "src")
        names = {name.split(b"/")[-1] for name in records}
        for name in tree.ODD_NAMES + tree.OUR_NAMES:
            self.assertIn(name, names)
        self.assertEqual(max(map(len, records)), tree.DEEP_PATH)
        self.assertEqual(records[b"times/1901"].mtime_ns, -2**31 * 10**9)
        self.assertEqual(records[b"times/2242"].mtime_ns, 2**33 * 10**9 + 7)
        self.assertEqual(records[b"times/nanosecond"].mtime_ns % 10**9, 1)
        self.assertEqual(len(records[b"links/a"].links), 3)
        self.assertLess(oracle.allocated(self.dir / "src"), 10 << 20)
        expected = {"file", "directory", "symlink", "fifo", "socket"}
        expected |= {"character device", "block device"} if IS_ROOT else set()
        self.assertEqual({record.type for record in records.values()}, expected)
        attributes = {name for record in records.values() for name in record.xattrs}
        wanted = {"user.comment", "system.posix_acl_access", "system.posix_acl_default"}
        wanted |= {"trusted.kit", "security.capability"} if IS_ROOT else set()
        self.assertLessEqual(wanted, attributes)

    def test_same_seed_same_tree(self):
        for name in ("a", "b"):
            tree.small_files_tree(self.dir / name, 500, seed=5)
        digest = oracle.tree_digest(self.dir / "a")
        fields = ("mtime_ns",)  # those of directories and symlinks are of now
        self.assertEqual(oracle.compare(digest, self.dir / "b", ignore=fields), [])
        files = sorted(record.size for name, record in digest.items()
                       if record.type == "file" and not name.endswith(b".hard"))
        self.assertEqual(len(files), 500)
        self.assertTrue(2500 < files[250] < 6500, files[250])
        self.assertEqual(sum(record.type == "symlink" for record in digest.values()), 10)
        self.assertEqual(sum(len(record.links) == 2 for record in digest.values()), 20)

    def test_churn(self):
        tree.small_files_tree(self.dir / "a", 400)
        before = oracle.tree_digest(self.dir / "a")
        done = tree.churn(self.dir / "a", 0.05)
        after = oracle.tree_digest(self.dir / "a")
        self.assertEqual(sorted(before.keys() - after.keys()), sorted(done.deleted))
        self.assertEqual(sorted(after.keys() - before.keys()), sorted(done.added))
        changed = [name for name in before.keys() & after.keys() if before[name].sha256 != after[name].sha256]
        self.assertEqual(sorted(changed), sorted(done.changed))
        self.assertTrue(15 <= len(changed) <= 25 and len(done.deleted) == len(done.added) >= 8, vars(done))


class RealRsync(unittest.TestCase):
    """The kit's own proof: the reference rsync over the kit's sshd, judged by the oracle."""

    @classmethod
    def setUpClass(cls):
        cls.sshd = cls.enterClassContext(Sshd())
        cls.dir = cls.enterClassContext(WorkDir())
        cls.skipped = tree.fidelity_tree(cls.dir / "src")
        cls.source = oracle.tree_digest(cls.dir / "src")

    def pull(self, target, *options):
        done = rsync_pull(self.sshd, self.dir / "src", self.dir / target, *options)
        complaints = [line for line in done.stderr.splitlines() if "non-regular" not in line]
        self.assertEqual((done.returncode, complaints), (0, []))

    def test_fidelity_and_links(self):
        self.pull("one")
        self.assertEqual(oracle.compare(self.source, self.dir / "one"), [])
        self.assertLess(oracle.allocated(self.dir / "one"), 2 * oracle.allocated(self.dir / "src"))
        before = oracle.digest_hash(self.dir / "one")
        self.pull("two", f"--link-dest={self.dir / 'one'}")
        self.assertEqual(oracle.compare(self.source, self.dir / "two"), [])
        _, separate = oracle.shared_inodes(self.dir / "one", self.dir / "two")
        # rsync joins base and name in a buffer of PATH_MAX bytes: beyond it a file is copied again, silently.
        longest = 4095 - len(self.dir / "one") - 1
        self.assertEqual({oracle.show(name) for name in separate if len(name) <= longest}, set())
        self.assertEqual(oracle.digest_hash(self.dir / "one"), before)

    def test_oracle_sees_what_is_left_out(self):
        """Without the options that carry them, differences must appear: else the fidelity test cannot
        fail."""
        kinds = ("hard-links", "xattrs", "acls", "times", "perms", "owner", "group", "devices", "specials")
        self.pull("less", *(f"--no-{kind}" for kind in kinds))
        found = oracle.compare(self.source, self.dir / "less", limit=10**6)
        told = {sentence.split(": ")[1] for sentence in found}
        self.assertLessEqual({"links", "xattrs", "mtime_ns", "mode", "only in the first tree"}, told)
        if IS_ROOT:
            self.assertLessEqual({"uid", "gid"}, told)


class SshdBehaves(unittest.TestCase):
    def setUp(self):
        self.sshd = self.enterContext(Sshd())

    def login(self, *command):
        return run_quietly([*self.sshd.ssh_command(), self.sshd.address, *command])

    def test_login_key_and_command(self):
        self.assertEqual(self.login("echo", "in").stdout, "in\n")
        _, line = self.sshd.client_key()
        self.sshd.authorize()
        self.assertEqual(self.login("echo", "in").returncode, 255)
        self.sshd.authorize_command(line, "echo forced $SSH_ORIGINAL_COMMAND")
        self.assertEqual(self.login("echo", "in").stdout, "forced echo in\n")

    def test_rrsync(self):
        _, line = self.sshd.client_key()
        directory = self.enterContext(WorkDir())
        tree.small_files_tree(directory / "src", 20)
        self.sshd.authorize()
        self.sshd.authorize_command(line, "rrsync -ro /")
        self.assertNotEqual(self.login("id").returncode, 0)
        done = rsync_pull(self.sshd, directory / "src", directory / "one")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(oracle.compare(directory / "src", directory / "one"), [])

    def test_changed_host_key_is_refused(self):
        before = self.sshd.fingerprint()
        self.assertTrue(before.startswith("SHA256:"))
        command = [*self.sshd.ssh_command(), self.sshd.address, "true"]
        self.assertEqual(subprocess.run(command, timeout=30, check=False).returncode, 0)
        self.sshd.change_host_key()
        self.assertNotEqual(self.sshd.fingerprint(), before)
        refused = run_quietly(command)
        self.assertEqual(refused.returncode, 255)
        self.assertIn("IDENTIFICATION HAS CHANGED", refused.stderr)

    def test_key_types_and_force_command(self):
        with Sshd(key_types=("ed25519", "ecdsa"), force_command="/bin/echo stub") as other:
            self.assertTrue(other.host_key("ecdsa").startswith("ecdsa-sha2-nistp256 "))
            self.assertEqual(run_quietly([*other.ssh_command(), other.address, "anything"]).stdout, "stub\n")

    def test_cut_ends_logins_and_not_the_listener(self):
        login = subprocess.Popen([*self.sshd.ssh_command(), self.sshd.address, "sleep", "1000"],
                                 stderr=subprocess.DEVNULL)
        wait_for(lambda: [b"sleep", b"1000"] in map(processes.cmdline, self.sshd.sessions()), 10, "a login")
        self.sshd.cut()
        self.assertEqual(login.wait(10), 255)
        wait_for(lambda: not self.sshd.sessions(), 10, "the logins end")
        self.assertEqual(self.login("true").returncode, 0)
        self.sshd.stop()
        self.assertEqual(self.login("true").returncode, 255)


if __name__ == "__main__":
    unittest.main()
