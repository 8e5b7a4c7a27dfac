"""When hard links to the base cannot be made: at the link limit, with a base that goes or is another one, on paths that
are too long. Each time the tree is right, the base is untouched, and a full copy is told."""

import contextlib
import json
import os
import random
import shutil
import signal
import unittest

from backup_state import EVERYTHING, HOST, NO_FLOOR, Checker, finals, fingerprint, in_memory, rows
from kit import mounts, oracle, tree
from kit.deadline import wait_for
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir, remove_tree


class LinkCase(unittest.TestCase):
    def setUp(self):
        in_memory()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.source = self.work.make("source")
        self.pobsync = self.enterContext(Pobsync(sanitised=False, root=self.make_root()))
        self.fill_source()
        self.pobsync.add_host(HOST, self.sshd, self.source, *EVERYTHING, *NO_FLOOR)
        self.pobsync.ok("backup", HOST)
        self.base, = finals(self.pobsync)

    def make_root(self):
        return None

    def fill_source(self):
        tree.small_files_tree(self.source, 60)

    def write(self, name, size=100):
        with open(os.path.join(self.source, name), "wb") as file:
            file.write(random.Random(name).randbytes(size))

    def backup(self, code):
        result = self.pobsync.run("backup", HOST, "--json")
        self.assertEqual(result.rc, code, result)
        run = result.json
        self.log = self.pobsync.ok("log", run["id"]).out
        return run

    def newest(self):
        return finals(self.pobsync)[-1]

    def assert_like_source(self):
        self.assertEqual(oracle.compare(self.source, os.path.join(self.newest(), "data")), [])

    def assert_full_copy_is_told(self, run, why):
        self.assertEqual(run["state"], "warning", run)
        self.assertRegex(run["message"], why)
        self.assert_like_source()

    def slow(self, on=True):
        key = " ".join(self.pobsync.key_line(HOST).split()[-3:])
        self.sshd.authorize()
        if on:
            self.sshd.authorize_command(key, self.sshd.stub("exec rsync --bwlimit=1000 ${SSH_ORIGINAL_COMMAND#rsync}"))
        else:
            self.sshd.authorize_also(key)

    @contextlib.contextmanager
    def in_mid_run(self):
        """Something is done while the first new file arrives; then the run is let to its end."""
        self.slow()
        running = self.pobsync.spawn("backup", HOST, "--json")
        folder = os.path.join(self.pobsync.host_dir(HOST), ".incomplete")
        wait_for(lambda: [name for _, _, names in os.walk(folder) for name in names if name.startswith(".0new")], 20,
                 "the first new file arrives")
        yield
        self.ended = running.wait(60)


@mounts.requires_loop("ext4")
class Limit(LinkCase):
    def make_root(self):
        return self.enterContext(mounts.ext4(64)).path

    def fill_source(self):
        super().fill_source()
        self.write("single")
        self.write("one")
        os.link(os.path.join(self.source, "one"), os.path.join(self.source, "two"))

    def link_to_the_limit(self, name, leave=0):
        """Gives the base's file as many names as it may have, but `leave`."""
        folder = os.path.join(self.pobsync.root, ".links")
        os.mkdir(folder)
        with self.assertRaises(OSError) as limit:
            for number in range(70_000):
                os.link(os.path.join(self.base, "data", name), os.path.join(folder, str(number)))
        self.assertIn("Too many links", str(limit.exception))
        for number in range(leave):
            os.unlink(os.path.join(folder, str(number)))

    def test_a_group_of_links(self):
        """Its first name can be linked, its second not: rsync -H gives up."""
        self.link_to_the_limit("one", leave=1)
        before = fingerprint(self.base)
        self.assert_full_copy_is_told(self.backup(3), "as many hard links as the file system allows")
        self.assertEqual(fingerprint(self.base), before)
        record = rows(self.pobsync, "SELECT base_name, base_id FROM snapshot ORDER BY id")[-1]
        self.assertEqual(record, {"base_name": None, "base_id": None})
        with open(os.path.join(self.newest(), "meta.json"), encoding="utf-8") as file:
            self.assertIsNone(json.load(file)["base"])
        self.assertEqual(self.backup(0)["stats"]["copied_same"], 0)

    def test_a_single_file(self):
        self.link_to_the_limit("single")
        before = fingerprint(self.base)
        run = self.backup(0)
        self.assertEqual(run["stats"]["copied_same"], 1, run)
        self.assertRegex(self.log, "1 files? .*copied, not linked")
        self.assert_like_source()
        self.assertEqual(fingerprint(self.base), before)


class LostBase(LinkCase):
    def fill_source(self):
        super().fill_source()
        for number in range(30):
            self.write(f"old{number}")

    def change(self):
        for number in range(3):
            self.write(f"0new{number}", 1_000_000)

    def test_deleted_before_the_run(self):
        remove_tree(self.base)
        self.assert_full_copy_is_told(self.backup(3), "is not on disk")

    def test_deleted_in_mid_run(self):
        self.change()
        with self.in_mid_run():
            remove_tree(self.base)
        self.assertEqual(self.ended.rc, 3, self.ended)
        self.assert_full_copy_is_told(self.ended.json, "is not on disk any more")

    def test_replaced_by_a_symbolic_link(self):
        os.rename(self.base, self.base + ".aside")
        os.symlink(os.path.basename(self.base) + ".aside", self.base)
        before = fingerprint(self.base + ".aside")
        self.assert_full_copy_is_told(self.backup(3), "cannot be opened")
        self.assertEqual(oracle.shared_inodes(self.base + ".aside", self.newest())[0], set())
        self.assertEqual(fingerprint(self.base + ".aside"), before)

    def test_replaced_in_mid_run(self):
        self.change()
        with self.in_mid_run():
            os.rename(self.base, self.base + ".aside")
            shutil.copytree(self.base + ".aside", self.base, symlinks=True)
        self.assertEqual(self.ended.rc, 3, self.ended)
        self.assert_full_copy_is_told(self.ended.json, "replaced during the run")

    @mounts.requires_mount
    def test_on_another_mount(self):
        before = fingerprint(self.base)
        with mounts.bind(self.base, self.base):
            self.assert_full_copy_is_told(self.backup(3), "on another mount")
        self.assertEqual(fingerprint(self.base), before)

    @mounts.requires_mount
    def test_on_another_mount_in_mid_run(self):
        self.change()
        with contextlib.ExitStack() as stack:
            with self.in_mid_run():
                stack.enter_context(mounts.bind(self.base, self.base))
            self.assertEqual(self.ended.rc, 3, self.ended)
            self.assert_full_copy_is_told(self.ended.json, "on another mount any more")

    def test_the_one_before_serves_instead(self):
        self.write("more")
        self.backup(0)
        remove_tree(self.newest())
        run = self.backup(0)
        self.assertEqual(run["base"], os.path.basename(self.base))
        self.assertIn("linking to", self.log)


class Resume(LinkCase):
    def test_a_resumed_run_leaves_its_base_as_it_is(self):
        """Killed half-way, then everything about the client's files is another: nothing of that reaches the base."""
        for number in range(3):
            self.write(f"0new{number}", 1_500_000)
        checker = Checker(self.pobsync, self.source)
        self.slow()
        running = self.pobsync.spawn("backup", HOST)
        folder = os.path.join(self.pobsync.host_dir(HOST), ".incomplete")
        wait_for(lambda: [name for _, _, names in os.walk(folder) for name in names if name == "0new0"], 20,
                 "a new file is there")
        running.kill(signal.SIGKILL)
        running.wait()
        self.pobsync.settle()
        left, = os.listdir(folder)
        arrived = os.lstat(os.path.join(folder, left, "data/0new0")).st_ino
        for place, _, names in os.walk(self.source):
            for number, name in enumerate(names):
                path = os.path.join(place, name)
                if name.startswith("0new") or os.path.islink(path):
                    continue
                if number % 3 == 0:
                    os.chmod(path, 0o4755)
                elif number % 3 == 1:
                    os.chown(path, 1000, 1000)
                else:  # other content, same size and time
                    found = os.stat(path)
                    with open(path, "r+b") as file:
                        file.write(b"EVIL"[:found.st_size])
                    os.utime(path, ns=(found.st_mtime_ns, found.st_mtime_ns + 1))
        self.slow(False)
        self.backup(0)
        self.assertEqual(list(checker.keeper.wrong()), [])
        self.assert_like_source()
        self.assertEqual(os.lstat(os.path.join(self.newest(), "data/0new0")).st_ino, arrived, "it was sent twice")


class LongPathsCase(LinkCase):
    """rsync names a file of the base by the base's path and the file's own: beyond PATH_MAX it copies in silence."""

    DEEP = 0

    def fill_source(self):
        for number in range(4):
            self.write(f"file{number}")
        root = os.open(self.source, os.O_RDONLY | os.O_DIRECTORY)
        for number in range(self.DEEP):
            tree.deep_path(root, b"deep%d" % number, tree.DEEP_PATH)
        os.close(root)


class FewLongPaths(LongPathsCase):
    DEEP = 1

    def test_a_few_are_a_note(self):
        run = self.backup(0)
        self.assertEqual((run["stats"]["linked_files"], run["stats"]["copied_same"]), (4, 1))
        self.assertRegex(self.log, "1 files? .*copied, not linked")
        self.assert_like_source()


class MostlyLongPaths(LongPathsCase):
    DEEP = 5

    def test_half_of_the_tree_is_an_alarm(self):
        run = self.backup(3)
        self.assertEqual((run["stats"]["linked_files"], run["stats"]["copied_same"]), (4, 5))
        self.assertRegex(run["message"], "5 unchanged files were copied")
        self.assert_like_source()


if __name__ == "__main__":
    unittest.main()
