"""Configuration files of the original: in and out, with every mistake at its place and nothing half imported."""

import os
import time
import unittest

from kit.pobsync import Pobsync
from kit.workdir import WorkDir

GLOBAL = """\
ssh:
  user: backup
  port: 2222
  options: [ProxyJump=bastion]
rsync:
  binary: rsync
  args: [--archive, --compress]
  timeout_seconds: 600
  bwlimit_kbps: 5000
defaults:
  source_root: /srv
  shiny: true
excludes_default:
  - /proc/*
  - "*.tmp"
retention_defaults: {daily: 7, weekly: 4, monthly: 6, yearly: 0}
"""

WEB1 = """\
host: web1
address: web1.example.net
ssh: {port: 22}
includes: []
excludes_add: [/cache]
excludes_replace: null
rsync:
  extra_args: [--checksum]
retention: {daily: 3}
schedule:
  cron: "15 2 * * *"
  prune: yes
  enabled: true
"""

BOMBS = {
    "depth": b"a: " + b"[" * 100000,
    "laughs": b"a: &a [x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (98 + i, 98 + i, 97 + i, 97 + i) for i in range(9)),
    "size": b"a: 1\n" * 100000,
    "keys": b"{" + b"a, " * 80000 + b"}",
    "tag": b"address: !!python/object/apply:os.system ['id']\n",
    "duplicate": b"address: a.example\naddress: b.example\n",
    "tab": b"ssh:\n\tuser: root\n",
    "nul": b"address: a\0.example\n",
    "utf8": b"address: \xff\xfe\n",
    "types": b"address: {a: b}\nssh: [x]\n",
    "two": b"address: a.example\n---\naddress: b.example\n",
}


class Legacy(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync())
        self.prefix = self.enterContext(WorkDir()).path

    def write(self, name, content):
        path = os.path.join(self.prefix, "config", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def import_configs(self, *options):
        return self.pobsync.json("import-configs", "--prefix", self.prefix, *options)

    def settings(self, *words):
        return {item["name"]: item["value"] for item in self.pobsync.json(*words)["settings"]
                if item["origin"] in ("global", "host")}

    def hosts(self):
        return [item["host"] for item in self.pobsync.json("hosts")["items"]]

    def test_what_the_files_say_is_taken_and_reported_key_by_key(self):
        self.write("global.yaml", GLOBAL)
        self.write("hosts/web1.yaml", WEB1)
        dry = self.import_configs("--dry-run")
        self.assertEqual(self.hosts(), [])
        report = self.import_configs()
        self.assertEqual({**dry, "dry_run": False}, report)
        self.assertTrue(report["ok"])
        self.assertEqual([(file["file"], file["host"], file["created"]) for file in report["files"]],
                         [("config/global.yaml", None, False), ("config/hosts/web1.yaml", "web1", True)])
        unknown = [item for item in report["files"][0]["items"] if item["outcome"] == "unknown"]
        self.assertEqual([(item["key"], item["line"], item["column"]) for item in unknown],
                         [("defaults.shiny", 12, 3)])
        left = [item["note"] for item in report["files"][0]["items"] if item["outcome"] == "left_out"]
        self.assertEqual(len(left), 1)
        self.assertIn("--archive", left[0])
        self.assertEqual(self.settings("configure-global"), {
            "ssh_user": "backup", "ssh_port": 2222, "ssh_options": ["ProxyJump=bastion"], "rsync_binary": "rsync",
            "rsync_args": ["--compress"], "timeout_seconds": 600, "bwlimit_kbps": 5000, "source_root": "/srv",
            "excludes": ["/proc/*", "*.tmp"], "keep_daily": 7, "keep_weekly": 4, "keep_monthly": 6, "keep_yearly": 0})
        host = self.settings("show", "web1")
        self.assertEqual({key: host[key] for key in ("address", "ssh_port", "includes", "rsync_args", "keep_daily")},
                         {"address": "web1.example.net", "ssh_port": 22, "includes": [],
                          "rsync_args": ["--compress", "--checksum"], "keep_daily": 3})
        self.assertEqual(host["excludes"], ["/proc/*", "*.tmp", "/cache"])
        schedule = self.pobsync.json("schedule", "web1")
        self.assertEqual((schedule["cron"], schedule["prune"], schedule["enabled"]), ("15 2 * * *", True, True))

    def test_a_second_import_changes_nothing_and_a_host_is_changed_not_deleted(self):
        self.pobsync.ok("configure-host", "db1", "--address", "192.0.2.7")
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.8", "--retries", "5", "--keep-daily", "9")
        self.write("hosts/web1.yaml", WEB1)
        items = {item["key"]: item for item in self.import_configs()["files"][0]["items"]}
        self.assertEqual((items["address"]["outcome"], items["address"]["before"]), ("changed", "192.0.2.8"))
        self.assertEqual(items["ssh.port"]["outcome"], "taken")
        self.assertEqual(self.hosts(), ["db1", "web1"])
        self.assertEqual(self.settings("show", "web1")["retries"], 5)
        counts = self.import_configs()["counts"]
        self.assertEqual((counts["taken"], counts["changed"]), (0, 0))

    def test_a_list_replaces_and_null_does_not(self):
        self.pobsync.ok("configure-global", "--excludes", "/global")
        for text, excludes in (("[/a]", ["/a"]), ("[]", []), ("null", ["/global"])):
            self.write("hosts/web1.yaml", f"address: a.example\nexcludes_add: null\nexcludes_replace: {text}\n")
            self.import_configs()
            shown = {item["name"]: item["value"] for item in self.pobsync.json("show", "web1")["settings"]}
            self.assertEqual(shown["excludes"], excludes, text)

    def test_any_mistake_is_told_with_its_place_and_nothing_is_imported(self):
        self.write("global.yaml", GLOBAL)
        self.write("hosts/web1.yaml", WEB1)
        self.write("hosts/web2.yaml", "address: web2.example.net\nssh:\n  options:\n    - ProxyCommand=sh\n")
        self.write("hosts/web3.yaml", "address: web3.example.net\nschedule: {prune: yes}\n")
        self.write("hosts/web4.yaml", "source_root: /srv\n")
        result = self.pobsync.run("import-configs", "--prefix", self.prefix, "--json")
        self.assertEqual(result.rc, 2, result)
        self.assertEqual([(item["file"], item["line"], item["column"]) for item in result.json["mistakes"]],
                         [("config/hosts/web2.yaml", 4, 7), ("config/hosts/web3.yaml", 1, 1),
                          ("config/hosts/web4.yaml", 1, 1)])
        self.assertFalse(result.json["ok"])
        self.assertEqual(self.hosts(), [])
        self.assertEqual(self.settings("configure-global"), {})
        text = self.pobsync.run("import-configs", "--prefix", self.prefix)
        self.assertEqual(text.rc, 2)
        self.assertIn("config/hosts/web2.yaml:4:7: ", text.err)
        self.assertIn("needs a cron expression", text.err)
        self.assertIn("nothing was imported: 3 mistakes", text.err)

    def test_hostile_files_are_refused(self):
        for name, content in BOMBS.items():
            with self.subTest(name):
                path = self.write("hosts/web1.yaml", content)
                begun = time.monotonic()
                result = self.pobsync.run("import-configs", "--prefix", self.prefix)
                self.assertLess(time.monotonic() - begun, 20)
                self.assertEqual(result.rc, 2, result)
                self.assertIn("config/hosts/web1.yaml", result.err)
                self.assertEqual(self.hosts(), [])
                os.unlink(path)

    def test_names_and_links_lead_nowhere_else(self):
        outside = self.write("outside.yaml", "address: a.example\n")
        for name in ("hosts/..yaml", "hosts/-x.yaml", "hosts/Web1.yaml", "hosts/a b.yaml"):
            path = self.write(name, "address: a.example\n")
            self.assertIn(self.pobsync.run("import-configs", "--prefix", self.prefix).rc, (2, 5), name)
            os.unlink(path)
        os.symlink(outside, os.path.join(self.prefix, "config/hosts/web1.yaml"))
        self.assertEqual(self.pobsync.run("import-configs", "--prefix", self.prefix).rc, 2)
        self.assertEqual(self.hosts(), [])

    def test_where_there_are_no_files_it_says_so(self):
        result = self.pobsync.run("import-configs", "--prefix", self.prefix)
        self.assertEqual(result.rc, 5, result)
        self.assertIn("config/global.yaml", result.err)
        self.assertEqual(self.pobsync.run("import-configs", "--prefix", "/nonexistent").rc, 5)
        self.assertEqual(self.pobsync.run("import-configs").rc, 2)
        self.assertEqual(self.pobsync.run("export-configs").rc, 2)

    def test_a_backup_root_is_noted_and_not_marked(self):
        root = os.path.join(self.prefix, "backups")
        os.mkdir(root)
        self.write("global.yaml", f"backup_root: {root}\n")
        report = self.import_configs()
        self.assertEqual(report["root"]["state"], "root_unmarked")
        self.assertEqual(os.listdir(root), [])
        self.pobsync.ok("configure-global", "--backup-root", root)
        self.assertIsNone(self.import_configs()["root"])

    def test_an_export_is_imported_as_it_was(self):
        self.write("global.yaml", GLOBAL)
        self.write("hosts/web1.yaml", WEB1)
        self.write("hosts/db1.yaml", "address: db1.example.net\nexcludes_replace: [yes, '~', 'a b', '[x]']\n")
        self.import_configs()
        with WorkDir() as work, Pobsync() as other:
            written = self.pobsync.json("export-configs", "--prefix", work.path)
            self.assertEqual([file["file"] for file in written["files"]],
                             ["config/global.yaml", "config/hosts/db1.yaml", "config/hosts/web1.yaml"])
            report = other.json("import-configs", "--prefix", work.path)
            self.assertEqual(report["counts"]["unknown"] + report["counts"]["left_out"], 0)
            for words in (("configure-global",), ("show", "web1"), ("show", "db1")):
                self.assertEqual(other.json(*words)["settings"], self.pobsync.json(*words)["settings"])
            self.assertEqual(other.json("schedule", "web1")["cron"], "15 2 * * *")
            self.assertEqual(self.pobsync.json("import-configs", "--prefix", work.path)["counts"]["changed"], 0)

    def test_an_export_writes_through_no_link(self):
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.8")
        target = os.path.join(self.prefix, "target")
        os.makedirs(os.path.join(self.prefix, "config/hosts"))
        with open(target, "w", encoding="ascii") as file:
            file.write("mine\n")
        os.symlink(target, os.path.join(self.prefix, "config/hosts/web1.yaml"))
        self.assertEqual(self.pobsync.run("export-configs", "--prefix", self.prefix).rc, 1)
        with open(target, encoding="ascii") as file:
            self.assertEqual(file.read(), "mine\n")
        os.unlink(os.path.join(self.prefix, "config/hosts/web1.yaml"))
        os.rmdir(os.path.join(self.prefix, "config/hosts"))
        os.symlink("/tmp", os.path.join(self.prefix, "config/hosts"))
        self.assertEqual(self.pobsync.run("export-configs", "--prefix", self.prefix).rc, 1)
        self.assertFalse(os.path.exists("/tmp/web1.yaml"))


if __name__ == "__main__":
    unittest.main()
