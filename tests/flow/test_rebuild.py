"""The database is gone: hosts, snapshots, bases, pins, holds, schedules, settings and purges come back from the disk alone.
Hostile files count for nothing, by name; nothing is pruned before a person has confirmed."""

import json
import os
import shutil
import unittest

from kit import oracle
from kit.case import HostCase

# What a rebuild does not bring back, by document: see doc/disaster.md.
NOT_REBUILT = {
    "show": ("key",),
    "purges": ("run",),
    "retention": ("plan_id",),
    "schedules": ("last_run",),
}
RULES = ("--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0", "--keep-yearly", "0", "--keep-last", "2",
         "--min-free-bytes", "0", "--min-free-inodes", "0")


class RebuildCase(HostCase):
    def setUp(self):
        super().setUp()
        self.write("file")
        self.write("folder/other")
        self.add_host(*RULES)

    def lose_database(self):
        self.pobsync.lose_database()

    def rebuild(self, *options, expect=0):
        result = self.pobsync.run("rebuild", "--backup-root", self.pobsync.root, "--json", *options)
        self.assertEqual(result.rc, expect, result)
        return result.json

    def item(self, document, host="web1"):
        return next(item for item in document["items"] if item["host"] == host)

    def path(self, *parts):
        return os.path.join(self.pobsync.root, *parts)

    def change(self, *parts, **members):
        """Changes members of a JSON file behind the program's back."""
        with open(self.path(*parts), encoding="utf-8") as file:
            document = json.load(file)
        document |= members
        with open(self.path(*parts), "w", encoding="utf-8") as file:
            json.dump(document, file)

    def without(self, name, document):
        """A document without what is not rebuilt, and without when it was made."""
        if isinstance(document, list):
            return [self.without(name, item) for item in document]
        if isinstance(document, dict):
            return {key: self.without(name, value) for key, value in document.items()
                    if key not in NOT_REBUILT.get(name, ()) and key != "as_of"}
        return document

    def documents(self):
        commands = (("show", "web1"), ("show", "db1"), ("snapshots",), ("retention", "web1"), ("purges",),
                    ("purges", "web1"), ("schedules",), ("host-key", "web1"), ("configure-global",))
        return {command: self.without(command[0], self.pobsync.json(*command)) for command in commands}


class Rebuild(RebuildCase):
    def prepare(self):
        """Two hosts, one without a backup; four snapshots, of which one is pinned and two were pruned."""
        self.pobsync.ok("configure-global", "--keep-weekly", "7", "--timezone", "Europe/Amsterdam")
        self.pobsync.ok("configure-host", "db1", "--address", "192.0.2.1", "--excludes", "/a b", "--excludes", "/ü")
        self.pobsync.ok("schedule", "web1", "--cron", "15 2 * * *", "--prune", "--timezone", "UTC")
        self.backup()
        self.pobsync.ok("pin", "web1", "latest", "--reason", "year's end")
        for number in range(4):
            self.write(f"file{number}")
            self.backup()
        self.pobsync.ok("retention", "web1", "--apply", "--yes")
        self.assertEqual(len(self.snapshots()), 3)

    def test_all_that_was_lost(self):
        self.prepare()
        before = self.documents()
        trees = {path: oracle.tree_digest(os.path.join(path, "data")) for path in self.snapshots()}
        self.lose_database()
        plan = self.rebuild("--dry-run")
        self.assertFalse(os.path.exists(self.path("web1", ".pobsync", "x")))
        self.assertEqual((plan["ours"], plan["whole"], plan["global"]["state"]), (False, True, "rebuild"))
        self.assertEqual(self.pobsync.json("hosts")["items"], [])
        self.assertEqual(self.item(plan)["snapshots"], {"found": 3, "rebuilt": 3, "recorded": 0, "unreadable": 0,
                                                        "incomplete": 0, "ignored": 0, "left": 0})
        self.assertEqual(self.item(plan)["purges"], {"found": 2, "rebuilt": 2, "recorded": 0, "unreadable": 0})
        self.assertEqual((self.item(plan)["pins"], self.item(plan)["schedule"]), (1, True))
        self.assertEqual(self.item(plan, "db1")["file"], ".pobsync/hosts/db1.json")

        refused = self.pobsync.run("rebuild", "--backup-root", self.pobsync.root)
        self.assertEqual(refused.rc, 7, refused)
        self.assert_sentence(refused, "another installation", "--adopt-root")
        self.assertEqual(self.pobsync.json("hosts")["items"], [])

        done = self.rebuild("--adopt-root")
        self.assertEqual(self.without("", done["items"]), self.without("", plan["items"]))
        self.assertIn("adopted", done["doubt"])
        self.assertEqual({item["status"] for item in self.pobsync.json("snapshots")["items"]}, {"claimed"})
        self.pobsync.ok("configure-host", "web1", "--keep-last", "1")
        self.pobsync.ok("retention", "web1", "--apply", "--yes")
        refused = self.pobsync.run("delete", "web1", os.path.basename(self.snapshots()[1]), "--yes", "--reason", "x")
        self.assertEqual(refused.rc, 7, refused)
        self.assertEqual(len(self.snapshots()), 3)
        self.pobsync.ok("configure-host", "web1", "--keep-last", "2")

        self.pobsync.ok("discover-snapshots", "--confirm")
        self.maxDiff = None
        self.assertEqual(self.documents(), before)
        self.assertEqual({path: oracle.tree_digest(os.path.join(path, "data")) for path in self.snapshots()}, trees)

        again = self.rebuild()
        self.assertEqual((again["counts"]["rebuilt"], again["counts"]["recorded"], again["counts"]["rebuilt_snapshots"],
                          again["counts"]["rebuilt_purges"]), (0, 2, 0, 0))
        self.assertEqual(self.documents(), before)

    def test_work_goes_on(self):
        """The first backup links to what was rebuilt, and a purge gets a number of its own."""
        self.prepare()
        newest = os.path.basename(self.snapshots()[-1])
        before = {item["id"] for item in self.pobsync.json("purges")["items"]}
        self.lose_database()
        self.rebuild("--adopt-root")
        self.pobsync.ok("discover-snapshots", "--confirm")
        run = self.backup()
        self.assertEqual(run["base"], newest)
        self.assertGreater(run["stats"]["linked_files"], 0)
        self.pobsync.ok("delete", "web1", newest, "--yes", "--reason", "not needed")
        after = self.pobsync.json("purges")["items"]
        self.assertEqual(len({item["id"] for item in after}), len(before) + 1)
        self.lose_database()
        self.assertEqual(self.item(self.rebuild("--adopt-root"))["purges"]["rebuilt"], len(before) + 1)
        again = self.pobsync.json("purges")["items"]
        self.assertEqual([item | {"run": None} for item in after], [item | {"run": None} for item in again])

    def test_holds(self):
        """A hold that was released stays so; one that host.json does not know of yet is believed."""
        self.backup()
        self.backup()
        first, second = (os.path.basename(path) for path in self.snapshots())
        for name in (first, second):
            self.change("web1", "scheduled", name, "meta.json", held_reason="the source is empty")
        self.change("web1", ".pobsync", "host.json", newest=first)
        self.lose_database()
        self.rebuild("--adopt-root")
        held = {item["name"]: item["held_reason"] for item in self.pobsync.json("snapshots")["items"]}
        self.assertEqual(held, {first: None, second: "the source is empty"})

    def test_a_host_that_was_removed_stays_so(self):
        self.backup()
        self.pobsync.ok("remove-host", "web1", "--yes")
        self.lose_database()
        done = self.rebuild("--adopt-root")
        self.assertEqual(self.item(done)["state"], "unknown")
        self.assertEqual((self.item(done)["snapshots"]["found"], self.item(done)["snapshots"]["left"]), (1, 1))
        self.assertIn("no record of a host", self.item(done)["problem"])

    def test_only_what_is_missing(self):
        """A host that has been configured anew keeps its settings, and gets its snapshots."""
        self.backup()
        self.lose_database()
        self.pobsync.ok("configure-global", "--backup-root", self.pobsync.root, "--adopt-root")
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.9")
        done = self.rebuild()
        self.assertEqual((self.item(done)["state"], self.item(done)["snapshots"]["rebuilt"]), ("recorded", 1))
        self.assertEqual(self.query("SELECT address FROM host"), [("192.0.2.9",)])

    def test_another_root_is_in_use(self):
        other = self.work.make("other")
        result = self.pobsync.run("rebuild", "--backup-root", other, "--adopt-root")
        self.assertEqual(result.rc, 7, result)
        self.assert_sentence(result, "the backup root in use is")
        result = self.pobsync.run("rebuild", "--backup-root", self.work / "nowhere")
        self.assertEqual(result.rc, 8, result)
        result = self.pobsync.run("rebuild")
        self.assertEqual(result.rc, 2, result)

    def test_as_text(self):
        self.prepare()
        self.lose_database()
        shown = self.pobsync.ok("rebuild", "--backup-root", self.pobsync.root, "--dry-run")
        self.assertRegex(shown.out, r"web1 +rebuild +3 of 3 +1 +2 of 2 +1 +yes")
        self.assertIn("--adopt-root", shown.err)
        self.assertLessEqual(max(map(len, shown.out.splitlines())), 80)
        shown = self.pobsync.ok("rebuild", "--backup-root", self.pobsync.root, "--adopt-root")
        self.assertIn("discover-snapshots --confirm", shown.err)


class Hostile(RebuildCase):
    """What stands in the files comes from a disk: each value passes its rule, or the file counts for nothing."""

    def setUp(self):
        super().setUp()
        self.backup()
        self.file = self.path("web1", ".pobsync", "host.json")
        with open(self.file, encoding="utf-8") as file:
            self.good = json.load(file)

    def refuses(self, content, *words):
        with open(self.file, "wb") as file:
            file.write(content if isinstance(content, bytes) else json.dumps(content).encode())
        item = self.item(self.rebuild("--dry-run", expect=3))
        self.assertEqual((item["state"], item["snapshots"]["rebuilt"]), ("unreadable", 0), item)
        for word in ("web1/.pobsync/host.json", *words):
            self.assertIn(word, item["problem"])

    def test_host_records(self):
        self.lose_database()
        good = self.good
        key, = good["host_keys"]
        name = os.path.basename(self.snapshots()[0])
        text = json.dumps(good).encode()
        for content, word in (
                (b"", "line 1"), (b"[]", "format 1"), (b"{", "line 1"), (b"[" * 100000, "line 1"),
                (text[:-20], "line 1"), (text + b"\0", "line 1"),
                (text.replace(b'"written"', b'"wr\xfften"'), "line 1"),
                (text.replace(b'"written"', b'"host": "web2", "written"'), "line 1"),
                (b" " * (4 << 20) + text, "host.json"),
                (good | {"pobsync": 2}, "format 1"), (good | {"host": "web2"}, "of host \"web2\""),
                (good | {"host": "../web1"}, "of host"), (good | {"host": None}, "of host"),
                (good | {"settings": []}, "settings"), (good | {"settings": {"address": 5}}, "address"),
                (good | {"settings": {"address": "-oProxyCommand=x"}}, "address"), (good | {"settings": {}}, "no address"),
                (good | {"settings": good["settings"] | {"ssh_options": "ProxyCommand=touch /tmp/x"}}, "ssh_options"),
                (good | {"settings": good["settings"] | {"rsync_args": "--rsh=x"}}, "rsync_args"),
                (good | {"settings": good["settings"] | {"keep_logs_days": "1"}}, "keep_logs_days"),
                (good | {"settings": good["settings"] | {"nonsense": "1"}}, "not known"),
                (good | {"settings": good["settings"] | {"retries": "999999"}}, "retries"),
                (good | {"created_at": 5}, "created_at"), (good | {"created_at": "yesterday"}, "created_at"),
                (good | {"schedule": "15 2 * * *"}, "schedule"), (good | {"schedule": {"cron": "x"}}, "cron"),
                (good | {"schedule": {"prune": "yes"}}, "cron expression"),
                (good | {"host_keys": {}}, "host_keys"), (good | {"host_keys": ["x"]}, "host key"),
                (good | {"host_keys": [key, key]}, "two host keys"),
                (good | {"host_keys": [key | {"key": "AAAA\nweb2 ssh-rsa AAAA"}]}, "host key"),
                (good | {"host_keys": [key | {"pinned_by": "a\u001bb"}]}, "pinned_by"),
                (good | {"newest": "../../etc"}, "no name of a snapshot"),
                (good | {"snapshots": [{"name": f"{name}/../../x", "pinned": True, "pin_reason": "x"}]}, "no name"),
                (good | {"snapshots": [{"name": name, "pinned": True}]}, "without a reason"),
                (good | {"snapshots": [{"name": name, "pinned": True, "pin_reason": "a\nb"}]}, "pin_reason"),
                (good | {"snapshots": [{"name": name, "pinned": 1}]}, "pinned"),
                (good | {"snapshots": [{"name": name, "held_reason": "\u001b[31m"}]}, "held_reason"),
                (good | {"snapshots": [{"name": name}, {"name": name}]}, "twice"),
                (good | {"snapshots": 7}, "snapshots")):
            with self.subTest(content[:80] if isinstance(content, bytes) else word):
                self.refuses(content, word)

    def test_a_link_is_not_followed(self):
        self.lose_database()
        shutil.move(self.file, self.work / "host.json")
        os.symlink(self.work / "host.json", self.file)
        item = self.item(self.rebuild("--dry-run", expect=3))
        self.assertEqual(item["state"], "unreadable")

    def test_purge_records(self):
        good = {"id": 7, "at": "2026-01-02T03:04:05Z", "actor": "root", "origin": "cli", "host": "web1",
                "snapshot": "20260101-000000Z__00000001", "kind": "scheduled", "status": "success",
                "started_at": None, "files": 1, "bytes": 2, "new_bytes": None, "reason": "old", "plan": None, "run": 3}
        bad = [good | change for change in (
            {"id": 0}, {"id": "7"}, {"at": None}, {"at": "x"}, {"actor": ""}, {"host": "web2"}, {"snapshot": "../x"},
            {"snapshot": good["snapshot"] + "/x"}, {"kind": "x"}, {"status": "x"}, {"files": -1}, {"files": "1"},
            {"reason": None}, {"reason": "a\u001b"}, {"removed_at": 5})]
        lines = [json.dumps(line) for line in (
            good, *bad, good | {"removed_at": "2026-01-02T03:04:06Z", "removed_entries": 4, "freed_bytes": 5})]
        with open(self.path("web1", ".pobsync", "purges.jsonl"), "w", encoding="utf-8") as file:
            file.write("\n".join([*lines, "[" * 5000, '{"id": 7', "", json.dumps(good)[:30]]))
        self.lose_database()
        item = self.item(self.rebuild("--adopt-root", expect=3))
        self.assertEqual(item["purges"], {"found": len(bad) + 4, "rebuilt": 1, "recorded": 0, "unreadable": len(bad) + 3})
        self.assertTrue(item["unreadable"][0].startswith(".pobsync/purges.jsonl: line 2: "), item)
        purge, = self.pobsync.json("purges", "web1")["items"]
        self.assertEqual((purge["id"], purge["removed_entries"], purge["freed_bytes"], purge["run"]), (7, 4, 5, None))

    def test_the_global_record(self):
        for content, word in ((b"{", "line 1"), (b'{"pobsync": 1, "settings": {"parallel_runs": "x"}}', "parallel_runs"),
                              (b'{"pobsync": 1, "settings": {"address": "a"}}', "address")):
            self.lose_database()
            with open(self.path(".pobsync", "global.json"), "wb") as file:
                file.write(content)
            done = self.rebuild("--adopt-root", expect=3)
            self.assertEqual((done["global"]["state"], done["counts"]["rebuilt"]), ("unreadable", 1))
            self.assertIn(".pobsync/global.json", done["global"]["problem"])
            self.assertIn(word, done["global"]["problem"])

    def test_directories_of_no_host(self):
        self.lose_database()
        for name in ("Web2", "old stuff", b"\xff\x1b", "lost+found", ".hidden"):
            os.mkdir(os.path.join(os.fsencode(self.pobsync.root), os.fsencode(name)))
        os.mkdir(self.path("web1", "scheduled", "notes"))
        os.mkdir(self.path("web1", "scheduled", "20260101-000000Z__00000001"))
        done = self.rebuild("--adopt-root", expect=3)
        self.assertEqual({item["host"]: item["state"] for item in done["items"]},
                         {"Web2": "unknown", "old stuff": "unknown", "\\xff\\x1b": "unknown", "web1": "rebuild"})
        self.assertEqual(self.item(done)["snapshots"], {"found": 3, "rebuilt": 1, "recorded": 0, "unreadable": 1,
                                                        "incomplete": 0, "ignored": 1, "left": 0})
        self.assertIn("scheduled/20260101-000000Z__00000001: has no data directory", self.item(done)["unreadable"])


if __name__ == "__main__":
    unittest.main()
