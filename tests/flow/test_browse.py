"""Looking into snapshots from the command line: ls, cat, versions, diff, find, space, against what a walk by hand says."""

import base64
import hashlib
import os
import random
import re
import shutil
import stat
import subprocess
import time
import unittest

from kit import oracle
from kit.case import HostCase
from kit.faults import FakeRsync
from kit.swapper import Swapper
from kit.tree import ODD_NAMES, fidelity_tree

RACE_SECONDS = 3


def entries(top):
    """{path from the top with a slash in front, as bytes: lstat} of all below it."""
    top = os.fsencode(top)
    found = {}
    for folder, folders, names in os.walk(top):
        for name in folders + names:
            path = os.path.join(folder, name)
            found[path[len(top):]] = os.lstat(path)
    return found


def kind_of(found):
    for test, word in ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "symlink")):
        if test(found.st_mode):
            return word
    return "other"


def content_of(path, found):
    """What a file holds, as a checksum; of others what they are."""
    if stat.S_ISREG(found.st_mode):
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    if stat.S_ISLNK(found.st_mode):
        return os.readlink(path)
    return stat.S_ISDIR(found.st_mode), found.st_rdev


def rest_of(path, found):
    times = () if stat.S_ISDIR(found.st_mode) else (found.st_mtime_ns,)
    names = sorted(os.listxattr(path, follow_symlinks=False))
    return (found.st_mode, found.st_uid, found.st_gid, *times,
            () if stat.S_ISDIR(found.st_mode) else [(name, os.getxattr(path, name, follow_symlinks=False))
                                                    for name in names])


def path_of(item, key="path"):
    """The bytes of a name in a document."""
    if key + "_b64" in item:
        return base64.b64decode(item[key + "_b64"])
    return item[key].encode()


def differences(before, after):
    """{(change, path)} by reading everything."""
    one, two = entries(before), entries(after)
    found = set()
    for path in one.keys() | two.keys():
        a, b = os.fsencode(before) + path, os.fsencode(after) + path
        if path not in two:
            found.add(("removed", path))
        elif path not in one:
            found.add(("added", path))
        elif kind_of(one[path]) != kind_of(two[path]):
            found.add(("type", path))
        elif content_of(a, one[path]) != content_of(b, two[path]):
            found.add(("changed", path))
        elif rest_of(a, one[path]) != rest_of(b, two[path]):
            found.add(("metadata", path))
    return found


class BrowseCase(HostCase):
    def document(self, *words, **keywords):
        return self.pobsync.json(*words, **keywords)

    def names(self):
        return [os.path.basename(path) for path in self.snapshots()]

    def refused(self, rc, *words, says=()):
        result = self.pobsync.run(*words)
        self.assertEqual(result.rc, rc, result)
        self.assertEqual(result.stdout, b"", result)
        self.assert_sentence(result, *says)


class Everything(BrowseCase):
    """The hostile tree."""

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.source)
        fidelity_tree(self.source)
        self.add_host()
        self.backup(timeout=120)

    def test_a_listing_says_what_is_there(self):
        for folder in ("/", "/links", "/special", "/names", "/modes", "/owners", "/times", "/sparse", "/deep"):
            with self.subTest(folder):
                document = self.document("ls", f"web1:{folder}")
                top = os.fsencode(self.data()) + folder.encode()
                listed = {path_of(item, "name"): item for item in document["items"]}
                self.assertEqual(list(listed), sorted(os.listdir(top)))
                for name, item in listed.items():
                    found = os.lstat(os.path.join(top, name))
                    self.assertEqual(item["type"], kind_of(found))
                    self.assertEqual((int(item["mode"], 8), item["uid"], item["gid"], item["inode"]),
                                     (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, found.st_ino))
                    if item["type"] != "directory":
                        self.assertEqual(item["size"], found.st_size)
                    if item["type"] == "symlink":
                        self.assertEqual(path_of(item, "target"), os.readlink(os.path.join(top, name)))

    def test_no_name_reaches_a_terminal_as_it_is(self):
        for words in (["ls", "web1:/names"], ["ls", "web1:/names/symlinks"], ["find", "web1", "--name", "*"]):
            result = self.pobsync.ok(*words)
            for line in result.stdout.split(b"\n"):
                self.assertNotRegex(line, rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]")
                line.decode()
                self.assertNotIn("\u202e", line.decode())

    def test_each_odd_name_can_be_read(self):
        for name in ODD_NAMES:
            result = self.pobsync.ok("cat", b"web1:/names/".decode() + os.fsdecode(name))
            self.assertEqual(result.stdout, b"named " + name)

    def test_a_path_beyond_any_limit(self):
        deepest = b"/" + max((path for path in oracle.tree_digest(self.data()) if path.startswith(b"deep/")), key=len)
        self.assertGreater(len(deepest), 4000)
        self.assertEqual(self.pobsync.ok("cat", "web1:" + os.fsdecode(deepest)).stdout, b"deep")
        self.assertEqual(len(self.document("ls", "web1:" + os.fsdecode(os.path.dirname(deepest)))["items"]), 1)

    def test_what_is_no_file_is_not_opened(self):
        for path, says in (("/special/fifo", "no regular file"), ("/special/socket", "no regular file"),
                           ("/links", "is a directory"), ("/links/absolute", "symbolic link"),
                           ("/links/up", "symbolic link"), ("/links/loop", "symbolic link"),
                           ("/links/to directory/c", "symbolic link")):
            self.refused(1, "cat", f"web1:{path}", says=[says])
        if os.geteuid() == 0:
            self.refused(1, "cat", "web1:/special/null", says=["no regular file"])
        listed = self.document("ls", "web1:/links/to directory")["items"]
        self.assertEqual([(item["type"], item["target"]) for item in listed], [("symlink", "other")])
        self.refused(5, "cat", "web1:/nothing", says=["is not in snapshot"])
        self.refused(5, "cat", "web1:/plain/text/below", says=["is not in snapshot"])
        for path in ("/../../../etc/passwd", "/links/../../meta.json", "/.."):
            self.refused(2, "cat", f"web1:{path}", says=['".."'])
        self.refused(5, "cat", "nobody:/etc", says=["nobody"])
        self.refused(5, "cat", "web1@../../other:/etc", says=["no snapshot"])

    def test_reading_stands_in_the_audit(self):
        self.pobsync.ok("cat", "web1:/plain/one")
        rows = self.query("SELECT object FROM audit WHERE action = 'file.read'")
        self.assertEqual(rows, [(f"web1@{self.names()[-1]}:/plain/one",)])
        self.pobsync.run("cat", "web1:/nothing")
        self.assertEqual(len(self.query("SELECT object FROM audit WHERE action = 'file.read'")), 1)

    def test_pages_of_a_listing(self):
        names, after = [], []
        while True:
            page = self.document("ls", "web1:/crowd", "--limit", "70", *after)
            self.assertEqual(page["total"], 300)
            names += [item["name"] for item in page["items"]]
            if "next" not in page:
                break
            after = ["--after", page["next"]]
        self.assertEqual(names, sorted(os.listdir(os.path.join(self.data(), "crowd"))))
        sizes = [item["size"] for item in self.document("ls", "web1:/plain", "--sort", "size", "--reverse")["items"]
                 if item["type"] == "file"]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertEqual([item["name"] for item in self.document("ls", "web1:/crowd", "--filter", "29")["items"]],
                         ["029", "129", "229"] + [f"29{digit}" for digit in range(10)])


class Histories(BrowseCase):
    """Random histories, against brute force with checksums."""

    def change(self, rng):
        """A few random changes of the source."""
        top = self.source
        for number in range(12):
            files = [path for path in map(os.fsdecode, entries(top)) if os.path.isfile(top + path)]
            path = top + rng.choice(files) if files else None
            action = rng.randrange(9)
            if action < 2 or path is None:
                self.write(f"d{rng.randrange(4)}/f{rng.randrange(30)}", rng.randbytes(rng.randrange(3000)))
            elif action == 2:
                os.unlink(path)
            elif action == 3:
                os.chmod(path, rng.choice([0o600, 0o644, 0o755]))
            elif action == 4:
                os.utime(path, (number + 1, rng.randrange(10**9)))
            elif action == 5:
                with open(path, "r+b") as file:  # other bytes, same size
                    size = os.path.getsize(path)
                    file.write(rng.randbytes(size))
                os.utime(path, ns=(1, rng.randrange(10**18)))
            elif action == 6:
                os.unlink(path)
                os.symlink(rng.choice(["a", "b"]), path)
            elif action == 7:
                os.unlink(path)
                os.mkdir(path)
                self.write(os.path.relpath(path, top) + "/inside", "x")
            else:
                os.setxattr(path, "user.kit", rng.randbytes(3))
            os.chmod(os.path.join(top, f"d{rng.randrange(4)}"), rng.choice([0o755, 0o711]))

    def test_versions_and_differences(self):
        rng = random.Random(20261122)
        for folder in range(4):
            for number in range(8):
                self.write(f"d{folder}/f{number}", rng.randbytes(rng.randrange(3000)))
        self.add_host("--rsync-args=--checksum", "--allow-empty")
        for _ in range(5):
            self.backup()
            self.change(rng)
        names = self.names()
        for one in range(len(names) - 1):
            for two in (one + 1, len(names) - 1):
                self.check_diff(names[one], names[two], self.data(one), self.data(two))
        self.check_versions(names)
        for folder in ("", "/d1", "/d2"):
            self.check_names(names, folder)
        self.check_space(names)

    def check_diff(self, a, b, before, after):
        document = self.document("diff", f"web1@{a}..{b}")
        told = [(item["change"], path_of(item)) for item in document["items"]]
        expected = differences(before, after)
        # What stood in a directory that is none any more, or came with one, is told too.
        self.assertEqual(sorted(told), sorted(expected))
        self.assertEqual(sum(document["counts"].values()), len(told))
        below = self.document("diff", f"web1@{a}..{b}:/d1")["items"]
        self.assertEqual([item for item in document["items"] if item["path"].startswith("/d1/")], below)
        self.assertEqual(self.document("diff", f"web1@{a}..{a}")["items"], [])

    def check_versions(self, names):
        trees = {name: entries(self.data(number)) for number, name in enumerate(names)}
        for path in set().union(*trees.values()):
            holders = {}
            for number, name in enumerate(names):
                if path in trees[name] and kind_of(trees[name][path]) != "directory":
                    full = os.fsencode(self.data(number)) + path
                    holders[name] = (content_of(full, trees[name][path]), rest_of(full, trees[name][path]))
            document = self.document("versions", "web1:" + os.fsdecode(path))
            items = [item for item in document["items"] if item["type"] != "directory"]
            self.assertEqual(sorted(name for item in items for name in item["snapshots"]), sorted(holders))
            for item in items:
                self.assertEqual(len({holders[name][0] for name in item["snapshots"]}), 1, path)
            chain = [holders[name] for name in names if name in holders]
            changes = sum(str(one) != str(two) for one, two in zip(chain, chain[1:]))
            self.assertLessEqual(len(items), changes + 1 + len(names) - len(chain), path)

    def check_names(self, names, folder):
        """Which version was where, by comparing inode numbers; and the same in pieces."""
        trees = [self.data(number) + folder for number in range(len(names))]
        seen, expected = {}, {}
        for number, tree in enumerate(trees):
            for name in os.listdir(os.fsencode(tree)) if os.path.isdir(tree) else []:
                found = os.lstat(os.path.join(os.fsencode(tree), name))
                inode = 0 if stat.S_ISDIR(found.st_mode) else found.st_ino
                inodes = seen.setdefault(name, [])
                if inode not in inodes:
                    inodes.append(inode)
                expected.setdefault(name, {})[names[number]] = inodes.index(inode) + 1
        told, after = {}, []
        while True:
            document = self.document("versions", f"web1:{folder or '/'}", "--files", "--limit", "3", *after)
            columns = [item["name"] for item in document["snapshots"]]
            self.assertEqual(columns, names[::-1])
            for item in document["items"]:
                told[path_of(item, "name")] = {column: cell for column, cell in zip(columns, item["cells"]) if cell}
                self.assertEqual(item["versions"], len(seen[path_of(item, "name")]))
            if "next" not in document:
                break
            after = ["--after", os.fsdecode(path_of(document, "next"))]
        self.assertEqual(told, expected)
        self.assertEqual(list(told), sorted(expected))
        part = self.document("versions", f"web1:{folder or '/'}", "--files", "--from", "2")
        self.assertEqual([item["name"] for item in part["snapshots"]], names[::-1][2:])

    def check_space(self, names):
        document = self.document("space", "web1", "--without", names[0], "--without", names[1])
        figures = {item["name"]: item for item in document["items"]}
        trees = [self.data(number) for number in range(len(names))]
        for name, path in zip(names, trees):
            self.assertEqual(figures[name]["bytes"], self.du(path)[0])
        self.assertEqual([figures[name]["new_bytes"] for name in names], self.du(*trees))
        self.assertEqual(document["bytes"], sum(self.du(*trees)))
        for number, name in enumerate(names):
            others = trees[:number] + trees[number + 1:]
            self.assertEqual(figures[name]["exclusive_bytes"], self.du(*others, trees[number])[-1])
        self.assertEqual(document["freed_bytes"], sum(self.du(*trees[2:], *trees[:2])[-2:]))
        self.assertEqual(document["sum_bytes"], sum(item["bytes"] for item in document["items"]))

    @staticmethod
    def du(*paths):
        done = subprocess.run(["du", "-s", "--block-size=1", *paths], check=True, capture_output=True, text=True)
        return [int(line.split("\t")[0]) for line in done.stdout.splitlines()]


class Lines(BrowseCase):
    """The lines of a file in two snapshots: what is told turns the one into the other, in as few lines as diff(1) needs."""

    def both(self, before, after):
        self.write("file", before)
        if not self.pobsync.run("show", "web1").rc == 0:
            self.add_host()
        self.backup()
        self.write("file", after)
        self.backup()
        return self.names()[-2:]

    @staticmethod
    def patched(before, printed):
        """The lines that a patch makes of those before; what it says of them is checked."""
        after, at = [], 0
        for line in printed.splitlines(keepends=True)[2:]:
            if line.startswith("@@"):
                begin = int(re.match(r"@@ -(\d+),\d+ \+\d+,\d+ @@", line)[1]) - 1
                after += before[at:begin]
                at = begin
            elif line[0] == "+":
                after.append(line[1:])
            else:
                if before[at] != line[1:]:
                    raise AssertionError(f"line {at + 1} is {before[at]!r}, not {line!r}")
                after += [line[1:]] if line[0] == " " else []
                at += 1
        return after + before[at:]

    def test_it_is_a_patch_that_applies(self):
        rng = random.Random(11)
        before = [f"line {rng.randrange(40)}\n" for _ in range(300)]
        after = list(before)
        for _ in range(25):
            at = rng.randrange(len(after))
            after[at:at + rng.randrange(4)] = [f"new {rng.randrange(40)}\n" for _ in range(rng.randrange(4))]
        a, b = self.both("".join(before), "".join(after))
        printed = self.pobsync.ok("diff", f"web1@{a}..{b}:/file", "--lines").stdout.decode()
        self.assertEqual(self.patched(before, printed), after)
        told = self.document("diff", f"web1@{a}..{b}:/file", "--lines")
        peer = subprocess.run(["diff", "-d", self.data(-2) + "/file", self.data(-1) + "/file"], capture_output=True,
                              text=True, check=False).stdout.splitlines()
        self.assertEqual(told["changes"], sum(line[0] in "<>" for line in peer))
        self.assertEqual((told["coarse"], told["cut"], told["same"], told["binary"]), (False, False, False, False))

    def test_what_has_no_lines_is_told_as_such(self):
        a, b = self.both("text\n", b"\0binary\n")
        told = self.document("diff", f"web1@{a}..{b}:/file", "--lines")
        self.assertEqual((told["binary"], told["hunks"]), (True, []))
        self.assertTrue(self.document("diff", f"web1@{b}..{b}:/file", "--lines")["same"])
        a, b = self.both("\x1b[31mred\n\xff\n", "\x1b[32mgreen\n")
        result = self.pobsync.ok("diff", f"web1@{a}..{b}:/file", "--lines")
        self.assertNotIn(b"\x1b", result.stdout)
        self.assertIn(b"+\\x1b[32mgreen\n", result.stdout)
        a, b = self.both("x" * (1 << 20), "y" * ((1 << 20) + 1))
        self.refused(1, "diff", f"web1@{a}..{b}:/file", "--lines", says=["1048577 bytes", "1048576"])
        self.refused(5, "diff", f"web1@{a}..{b}:/other", "--lines", says=["other"])
        self.refused(1, "diff", f"web1@{a}..{b}:/", "--lines")
        self.refused(2, "diff", f"web1@{a}..{b}:/file", "--lines", "--limit", "3")
        rows = self.query("SELECT count(*) FROM audit WHERE action = 'file.read'")
        self.assertEqual(rows, [(2 * 3 + 1,)], "who read what, but for what was not read")

    def test_much_is_cut_and_says_so(self):
        a, b = self.both("".join(f"a{i}\n" for i in range(5000)), "".join(f"b{i}\n" for i in range(5000)))
        told = self.document("diff", f"web1@{a}..{b}:/file", "--lines")
        self.assertEqual((told["coarse"], told["cut"], told["changes"]), (True, True, 10000))
        self.assertEqual(sum(len(hunk["lines"]) for hunk in told["hunks"]), 4000)


class Selection(BrowseCase):
    """Snapshots by date, by name, and those one may not rely on."""

    def setUp(self):
        super().setUp()
        self.write("file", "one\n")
        self.fake = FakeRsync(self.work.path)
        self.add_host("--rsync-binary", self.fake.path, "--min-free-bytes", "0", "--min-free-inodes", "0",
                      "--timezone", "Europe/Amsterdam")
        self.pobsync.ok("host-key", "web1", "--accept", self.sshd.fingerprint())

    def backup_at(self, when):
        return self.backup(env={"POBSYNC_FAKE_NOW": when})["snapshot"]

    def test_names_of_what_is_no_directory(self):
        self.backup_at("2026-11-01T12:00:00Z")
        self.refused(5, "versions", "web1:/file", "--files", says=["/file"])
        self.refused(5, "versions", "web1:/never", "--files", says=["/never"])
        text = self.pobsync.ok("versions", "web1:/", "--files")
        self.assertRegex(text.stdout, rb"(?m)^NAME +VERSIONS +A\nfile +1 +1$")

    def test_dates_are_of_the_hosts_zone(self):
        late = self.backup_at("2026-11-01T23:30:00Z")  # half past midnight in Amsterdam
        self.assertEqual(self.document("ls", "web1@2026-11-02:/")["snapshot"], late)
        self.refused(5, "ls", "web1@2026-11-01:/", says=["2026-11-01"])
        newer = self.backup_at("2026-11-03T12:00:00Z")
        self.assertEqual(self.document("ls", "web1@latest:/")["snapshot"], newer)
        self.assertEqual(self.document("ls", "web1:/")["snapshot"], newer)
        self.assertEqual(self.document("ls", f"web1@{late}:/")["snapshot"], late)
        self.refused(5, "ls", "web1@2026-11-09:/", says=[newer])

    def test_what_is_gone_is_told(self):
        first = self.backup_at("2026-11-01T12:00:00Z")
        second = self.backup_at("2026-11-02T12:00:00Z")
        shutil.rmtree(os.path.join(self.pobsync.host_dir("web1"), "scheduled", first))
        self.refused(5, "ls", f"web1@{first}:/", says=["not on disk"])
        result = self.pobsync.run("versions", "web1:/file", "--json")
        self.assertEqual(result.rc, 3, result)
        self.assertEqual([item["snapshot"] for item in result.json["unread"]], [first])
        self.assertEqual([item["snapshots"] for item in result.json["items"]], [[second]])
        result = self.pobsync.run("find", "web1", "--name", "file", "--json")
        self.assertEqual((result.rc, len(result.json["items"])), (3, 1), result)
        self.assertEqual(self.pobsync.run("space", "web1").rc, 3)


class Search(BrowseCase):
    def test_each_version_once_by_name_size_and_time(self):
        old = self.write("a/report.txt", "old\n")
        os.utime(old, (1_700_000_000, 1_700_000_000))
        self.write("b/report.log", b"x" * 5000)
        self.add_host()
        self.backup()
        self.write("a/report.txt", "newer\n")
        self.backup()
        first, second = self.names()

        def found(*options):
            return {(item["path"], tuple(item["snapshots"]))
                    for item in self.document("find", "web1", *options)["items"]}

        self.assertEqual(found("--name", "report*"), {("/a/report.txt", (second,)), ("/a/report.txt", (first,)),
                                                      ("/b/report.log", (second, first))})
        self.assertEqual(found("--name", "*.log"), {("/b/report.log", (second, first))})
        self.assertEqual(found("--name", "*", "--size", "+4K"), {("/b/report.log", (second, first))})
        self.assertEqual(found("--name", "*.txt", "--until", "2023-11-15"), {("/a/report.txt", (first,))})
        self.assertEqual(found("--name", "*.txt", "--since", "7d"), {("/a/report.txt", (second,))})
        self.assertEqual(found("--name", "report*", "--snapshot", first),
                         {("/a/report.txt", (first,)), ("/b/report.log", (first,))})
        self.assertEqual(found("--name", "nothing"), set())
        line = self.pobsync.ok("find", "web1", "--name", "*.log").out.split()[-1]
        self.assertEqual(self.pobsync.ok("cat", line).stdout, b"x" * 5000)
        self.refused(2, "find", "web1", says=["--name"])
        self.refused(2, "find", "web1", "--name", "a/b", says=["not for a path"])


class Race(BrowseCase):
    """A snapshot never changes; but were its directories to be swapped for links, nothing outside would be shown."""

    sanitised = False

    def test_a_directory_that_becomes_a_link_leads_nowhere(self):
        self.write("swapped/file", "inside\n")
        self.add_host()
        self.backup()
        victim = self.work.make("victim")
        with open(os.path.join(victim, "file"), "w", encoding="utf-8") as file:
            file.write("secret\n")
        with open(os.path.join(victim, "secret name"), "w", encoding="utf-8") as file:
            file.write("secret\n")
        bait = os.path.join(os.path.dirname(self.data()), "bait")
        os.symlink(victim, bait)
        shown = 0
        with Swapper(os.path.join(self.data(), "swapped"), bait):
            until = time.monotonic() + RACE_SECONDS
            while time.monotonic() < until or shown == 0:
                for words in (["cat", "web1:/swapped/file"], ["ls", "web1:/swapped"], ["versions", "web1:/swapped/file"],
                              ["find", "web1", "--name", "*"]):
                    result = self.pobsync.run(*words)
                    self.assertNotIn(b"secret", result.stdout, result)
                    shown += result.rc == 0


if __name__ == "__main__":
    unittest.main()
