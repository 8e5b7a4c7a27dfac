"""Discovery: what lies in the backup root compared with what is recorded. Each state of the preflight with its sentence,
import, confirmation, and what is marked as missing."""

import json
import os
import shutil
import subprocess
import unittest

from kit import mounts
from kit.pobsync import Pobsync
from kit.workdir import WorkDir, remove_tree

NAMES = [f"202601{day:02}-021500Z__0000000{day}" for day in range(1, 6)]
SUM = ("new", "recorded", "unreadable", "incomplete", "ignored")


def make_snapshot(root, name, host="web1", kind="scheduled", meta=None, file="meta.json", content="content\n"):
    """A snapshot directory of one file; `meta` is a dictionary, or text as it is."""
    path = os.path.join(root, host, kind, name)
    os.makedirs(os.path.join(path, "data", "etc"))
    if content is not None:
        with open(os.path.join(path, "data", "etc", "hosts"), "w", encoding="ascii") as written:
            written.write(content)
    if meta is not None:
        os.makedirs(os.path.dirname(os.path.join(path, file)), exist_ok=True)
        with open(os.path.join(path, file), "w", encoding="utf-8") as written:
            written.write(meta if isinstance(meta, str) else json.dumps(meta))
    return path


class DiscoveryCase(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync(root=self.make_root()))
        self.root = self.pobsync.root
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1")

    def make_root(self):
        return None

    def discover(self, *options, expect=0):
        result = self.pobsync.run("discover-snapshots", "--json", *options)
        self.assertEqual(result.rc, expect, result)
        document = result.json
        for item in document["items"]:
            counts = item["counts"]
            self.assertEqual(counts["found"], sum(counts[key] for key in SUM), counts)
        return document

    def look(self, expect=0, host="web1"):
        items = self.discover("--preflight", "--host", host, expect=expect)["items"]
        self.assertEqual(len(items), 1)
        return items[0]

    def state(self, state, level, *words, expect=None):
        """The one item of the preflight is in this state, and its sentences have these words."""
        item = self.look(expect=8 if expect is None and level == "fail" else expect or 0)
        self.assertEqual((item["state"], item["level"]), (state, level), item)
        for word in words:
            self.assertIn(word, f"{item['found']} | {item['expected']} | {item['hint']}")
        self.assert_text(item)
        return item

    def assert_text(self, item):
        """The same sentences stand in the text, and it fits."""
        result = self.pobsync.run("discover-snapshots", "--preflight", "--host", "web1")
        text = " ".join(result.out.split())
        self.assertIn(f"web1 {item['level']}: {item['state']}", text)
        for label, key in (("found", "found"), ("expected", "expected"), ("to do", "hint")):
            if item[key] is None:
                self.assertNotIn(f"\n  {label:9} ", result.out)
            else:
                self.assertIn(f"{label} {' '.join(item[key].split())}", text)
        for line in result.out.splitlines():
            self.assertTrue(len(line) <= 80 or len(line.split()) <= 2, line)

    def snapshots(self):
        return {item["name"]: item for item in self.pobsync.json("snapshots", "web1")["items"]}


class States(DiscoveryCase):
    def test_missing_and_empty_are_two_sentences(self):
        os.mkdir(os.path.join(self.root, "web1.example.net"))
        missing = self.state("host_missing", "warn", "does not exist", "Similar: web1".lower(), "free")
        os.mkdir(os.path.join(self.root, "web1"))
        empty = self.state("host_empty", "warn", "exists and is empty", "none is recorded")
        self.assertNotEqual(missing["found"], empty["found"])

    def test_pobsyncs_own_entries_do_not_count(self):
        host = os.path.join(self.root, "web1")
        os.makedirs(os.path.join(host, ".trash", "x"))
        os.makedirs(os.path.join(host, ".pobsync"))
        with open(os.path.join(host, ".lock"), "w", encoding="ascii"):
            pass
        self.state("host_empty", "warn")

    def test_no_snapshot_directories(self):
        host = os.path.join(self.root, "web1")
        os.makedirs(os.path.join(host, "old"))
        os.makedirs(os.path.join(host, "scheduled", "daily.0"))
        os.symlink("/etc", os.path.join(host, "scheduled", NAMES[0]))
        os.mkfifo(os.path.join(host, "scheduled", NAMES[1]))
        item = self.state("no_snapshot_dirs", "warn", "4 entries, none a snapshot", "old", "daily.0")
        self.assertEqual(item["counts"]["ignored"], 4)

    def test_found(self):
        make_snapshot(self.root, NAMES[0])
        make_snapshot(self.root, NAMES[1], kind="manual")
        item = self.state("found", "ok", "2 found: 2 new")
        self.assertEqual((item["counts"]["scheduled"], item["counts"]["manual"]), (1, 1))
        os.makedirs(os.path.join(self.root, "web1", "scheduled", NAMES[2]))
        os.makedirs(os.path.join(self.root, "web1", ".incomplete", NAMES[3], "data"))
        item = self.state("found", "warn", "no data directory")
        self.assertEqual((item["counts"]["unreadable"], item["counts"]["incomplete"]), (1, 1))

    def test_root_states(self):
        self.assertEqual(self.discover()["items"][0]["state"], "host_missing")
        os.rename(self.root, self.root + ".aside")
        self.addCleanup(lambda: os.path.exists(self.root + ".aside") and
                        (os.rmdir(self.root), os.rename(self.root + ".aside", self.root)))
        self.state("root_missing", "fail", "does not exist", "mount")
        with open(self.root, "w", encoding="ascii"):
            pass
        self.state("root_not_directory", "fail", "not a directory")
        os.unlink(self.root)
        os.mkdir(self.root)
        self.state("root_wrong_disk", "fail", "empty", "marker")
        self.discover(expect=8)
        self.discover("--confirm", expect=8)

    def test_root_of_another_installation(self):
        with Pobsync() as other:
            other.mark_root()
            remove_tree(self.root)
            os.mkdir(self.root)
            shutil.copy(os.path.join(other.root, ".pobsync-root"), self.root)
        self.state("root_wrong_disk", "fail", "says root")

    def test_unset_and_unmarked(self):
        with Pobsync() as other:
            other.ok("configure-host", "web1", "--address", "192.0.2.1")
            for options, state in (((), "root_unset"), (("--x",), "root_unmarked")):
                if options:
                    other.env["POBSYNC_BACKUP_ROOT_FIXED"] = other.root
                result = other.run("discover-snapshots", "--preflight", "--json")
                self.assertEqual((result.rc, result.json["items"][0]["state"]), (8, state), result)

    def test_directories_of_nobody(self):
        self.pobsync.ok("configure-host", "web01", "--address", "192.0.2.1")
        make_snapshot(self.root, NAMES[0], host="web02")
        make_snapshot(self.root, NAMES[0], host="mail")
        unknown = self.discover("--preflight")["unknown"]
        self.assertEqual([(entry["directory"], entry["similar"]) for entry in unknown],
                         [("mail", None), ("web02", "web01")])
        self.assertEqual(self.pobsync.run("discover-snapshots", "--host", "web9").rc, 5)

    def test_the_limit(self):
        scheduled = os.path.join(self.root, "web1", "scheduled")
        os.makedirs(scheduled)
        for number in range(20001):
            os.mkdir(os.path.join(scheduled, f"x{number}"))
        self.state("timed_out", "fail", "at least 20000")

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_an_error_of_the_disk(self):
        make_snapshot(self.root, NAMES[0])
        with Pobsync(sanitised=False) as plain:
            done = subprocess.run(
                ["strace", "-f", "-o", "/dev/null", "-P", os.path.join(self.root, "web1", "scheduled"), "-e",
                 "trace=getdents64", "-e", "inject=getdents64:error=EIO", plain.binary, "discover-snapshots", "--json"],
                env=self.pobsync.environment(), capture_output=True, timeout=60, check=False)
        item = json.loads(done.stdout)["items"][0]
        self.assertEqual((done.returncode, item["state"], item["level"]), (8, "io_error", "fail"), item)
        self.assertIn("Input/output error", item["found"])
        self.assertIn("dmesg", item["hint"])
        self.assertEqual(self.snapshots(), {})

    @mounts.requires_root
    def test_unreadable(self):
        make_snapshot(self.root, NAMES[0])
        make_snapshot(self.root, NAMES[1])
        host = os.path.join(self.root, "web1")
        os.chmod(os.path.join(host, "scheduled", NAMES[0]), 0)
        os.chmod(self.pobsync.dir.path, 0o777)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        subprocess.run(["chown", "-R", "65534", self.pobsync.home, self.root], check=True)

        def look():
            done = subprocess.run([*nobody, self.pobsync.binary, "discover-snapshots", "--preflight", "--json"],
                                  env=self.pobsync.environment(), capture_output=True, check=False)
            return json.loads(done.stdout)["items"][0]

        item = look()
        self.assertEqual((item["state"], item["level"], item["counts"]["unreadable"]), ("found", "warn", 1), item)
        os.chmod(host, 0)
        self.assertEqual((look()["state"], look()["level"]), ("host_unreadable", "fail"))
        os.chmod(self.root, 0)
        self.assertEqual(look()["state"], "root_unreadable")


class Import(DiscoveryCase):
    def test_claimed_until_confirmed(self):
        for name in NAMES[:3]:
            make_snapshot(self.root, name)
        done = self.discover("--host", "web1")
        self.assertEqual((done["changed"], done["items"][0]["imported"]), (3, NAMES[:3]))
        for snapshot in self.snapshots().values():
            self.assertEqual((snapshot["status"], snapshot["good"], snapshot["confirmed"]), ("claimed", False, False))
        again = self.discover()
        self.assertEqual((again["changed"], again["items"][0]["run"]), (0, None))
        runs = self.pobsync.json("runs")["items"]
        self.assertEqual([(run["job"], run["state"]) for run in runs], [("discover", "success")])
        self.assertEqual(self.discover("--confirm")["items"][0]["confirmed"], NAMES[:3])
        for snapshot in self.snapshots().values():
            self.assertEqual((snapshot["status"], snapshot["good"], snapshot["files"]), ("success", True, 1))
        self.assertEqual(self.discover("--confirm")["changed"], 0)

    def test_missing_and_back(self):
        paths = [make_snapshot(self.root, name) for name in NAMES[:3]]
        self.discover("--confirm")
        os.rename(paths[0], self.pobsync.dir / "aside")
        self.state("recorded_missing", "warn", "1 recorded snapshot is not on disk", NAMES[0])
        self.assertEqual(self.discover()["items"][0]["lost"], [NAMES[0]])
        missing = self.snapshots()[NAMES[0]]
        self.assertIsNotNone(missing["missing_since"])
        self.assertFalse(missing["good"])
        self.assertIn("missing", self.pobsync.ok("snapshots", "web1").out)
        self.assertEqual(self.discover()["changed"], 0)
        os.rename(self.pobsync.dir / "aside", paths[0])
        self.assertEqual(self.discover()["items"][0]["back"], [NAMES[0]])
        self.assertTrue(self.snapshots()[NAMES[0]]["good"])

    def test_an_empty_directory_marks_nothing(self):
        make_snapshot(self.root, NAMES[0])
        self.discover("--confirm")
        os.rename(os.path.join(self.root, "web1"), self.pobsync.dir / "aside")
        os.mkdir(os.path.join(self.root, "web1"))
        self.state("host_empty", "warn", "1 snapshot is recorded", "nothing is marked")
        self.assertEqual(self.discover()["changed"], 0)
        self.assertIsNone(self.snapshots()[NAMES[0]]["missing_since"])

    def test_older_metadata(self):
        make_snapshot(self.root, "20260101-021500Z__abc", meta="kind: scheduled\nstatus: success\n"
                      "started_at: 2026-01-01T02:15:03Z\nended_at: '2026-01-01T02:16:00+00:00'\ncolour: red\n",
                      file="meta.yaml")
        make_snapshot(self.root, "20260102-021500-7", file="meta/meta.yaml",
                      meta="status: failed\nbase:\n  kind: scheduled\n"
                      "  path: /b/web1/scheduled/20260101-021500Z__abc/data\n")
        make_snapshot(self.root, "20260103-021500", meta="base: 20251231-000000Z\nstatus: ok\n", file="meta.yaml")
        self.discover()
        rows = self.snapshots()
        self.assertEqual(rows["20260101-021500Z__abc"]["started_at"], "2026-01-01T02:15:03Z")
        self.assertEqual(rows["20260102-021500-7"]["base"], "20260101-021500Z__abc")
        self.assertEqual(rows["20260103-021500"]["base"], "20251231-000000Z")
        item = self.discover("--confirm")["items"][0]
        self.assertEqual(item["confirmed"], ["20260101-021500Z__abc", "20260103-021500"])
        self.assertIn("claims no success", item["refused"][0])

    def test_lying_metadata(self):
        own = {"pobsync": 1, "host": "db1", "name": NAMES[0], "kind": "scheduled", "status": "success",
               "started_at": "2031-01-01T00:00:00Z", "ended_at": "2031-01-01T00:00:00Z", "stats": {"files": 1}}
        make_snapshot(self.root, NAMES[0], meta=own)
        make_snapshot(self.root, NAMES[1], meta=own | {"host": "web1", "name": NAMES[1], "base": "../../../etc",
                                                       "stats": {"files": 9000, "directories": 2, "bytes": 8}})
        make_snapshot(self.root, NAMES[2], meta="&a [*a, *a]", file="meta.yaml")
        os.makedirs(os.path.join(self.root, "web1", "scheduled", NAMES[3], "data"))
        os.mkfifo(os.path.join(self.root, "web1", "scheduled", NAMES[3], "meta.json"))
        make_snapshot(self.root, NAMES[4], content=None)
        self.discover()
        self.discover("--confirm")
        rows = self.snapshots()
        self.assertEqual(len(rows), 5)
        for row in rows.values():
            self.assertEqual((row["host"], row["status"], row["good"], row["base"]), ("web1", "claimed", False, None), row)
            self.assertLess(row["started_at"], "2027")

    def test_names_that_nearly_match(self):
        good = ["20260101-021500", "20260102-021500Z", "20260103-021500Z__x", "20260104-021500-y"]
        bad = ["2026010-021500", "20261301-021500Z", "20260230-000000", "20260101_021500", "latest", "x20260101-021500"]
        for name in good + bad:
            make_snapshot(self.root, name)
        item = self.look()
        self.assertEqual((item["counts"]["new"], item["counts"]["ignored"]), (len(good), len(bad)))
        self.discover()
        self.assertEqual(sorted(self.snapshots()), good)

    def test_ten_thousand(self):
        scheduled = os.path.join(self.root, "web1", "scheduled")
        for number in range(10000):
            os.makedirs(os.path.join(scheduled, f"2026{number // 2500 + 1:02}01-{number % 2500:06}-x", "data"))
        found = self.look()["counts"]
        self.assertEqual(found["found"], 10000)
        done = self.discover()
        self.assertEqual((done["changed"], len(self.snapshots())), (found["new"], found["new"]))
        self.assertEqual(self.discover()["changed"], 0)

    def test_a_record_of_the_data_directory(self):
        make_snapshot(self.root, NAMES[0])
        self.discover()
        link = self.pobsync.connect()
        with link:
            link.execute("UPDATE snapshot SET name = name || '/data'")
        link.close()
        self.assertEqual(self.look()["counts"]["recorded"], 1)
        self.assertEqual(self.discover()["changed"], 0)

    def test_one_name_in_two_kinds(self):
        make_snapshot(self.root, NAMES[0])
        make_snapshot(self.root, NAMES[0], kind="manual")
        item = self.look()
        self.assertEqual((item["counts"]["new"], item["counts"]["ignored"]), (1, 1), item)
        self.discover()
        self.assertEqual(self.discover()["changed"], 0)


@mounts.requires_mount
class Mounted(DiscoveryCase):
    def make_root(self):
        self.disk = self.enterContext(mounts.tmpfs())
        return self.disk.path

    def test_unmounted_and_back(self):
        for name in NAMES:
            make_snapshot(self.root, name)
        self.discover("--confirm")
        saved = self.enterContext(mounts.bind(self.root))
        self.disk.unmount()
        self.state("root_not_mounted", "fail", "was a mount of its own", "mount its disk")
        self.discover(expect=8)
        self.assertTrue(all(row["good"] for row in self.snapshots().values()))
        self.enterContext(mounts.bind(saved.path, self.root))
        self.assertEqual(self.discover()["changed"], 0)
        self.assertEqual(len(self.snapshots()), len(NAMES))

    def test_read_only(self):
        self.disk.read_only()
        self.state("root_read_only", "fail", "read-only", "remount")
        self.disk.read_only(False)

    def test_a_mount_point_is_no_snapshot(self):
        path = make_snapshot(self.root, NAMES[0])
        make_snapshot(self.root, NAMES[1])
        other = self.enterContext(mounts.tmpfs())
        with mounts.bind(other.path, path):
            item = self.look()
            self.assertEqual((item["counts"]["new"], item["counts"]["ignored"]), (1, 1), item)
            self.assertIn("mount point", item["ignored"][0]["problem"])


if __name__ == "__main__":
    unittest.main()
