"""Configuration files of the original: in and out, with every mistake at its place and nothing half imported."""

import os
import random
import sqlite3
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

# Words that a YAML reader may take for something else.
WORDS = ["yes", "No", "~", "null", "1e3", "0x10", "-0", ".5", "2026-11-26", "*.tmp", "*alias", "&anchor", "!tag", "#note", "a #b",
         "a: b", "a:", "-", "- x", "?", "? x", "[x]", "{a: b}", "%dir", "@x", "`x`", "'", "\"", "a'b", "\\n", "|", ">", "<<", "=", ",",
         " lead", "trail ", "  ", "---", "...", "naïve", "日本", "😀", "\u00a0x", "x\u2028y", "x\ufeffy", "é" * 900]
ZONES = ["UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu"]
ROUNDS, HOSTS = 25, 6
CRONS = ["15 2 * * *", "@daily", "*/5 0-6 * * mon-fri", "0 0 29 2 *", "1,2,3 4 1 jan,jul 0"]
COUNTS = (0, 1, 7, 10000)


class RandomSettings:
    """Options for random settings, those of one host or those of all."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def some(self, make, most=4):
        return [make() for _ in range(self.random.randint(0, most))]

    def choice(self, *values):
        return self.random.choice(values)

    def word(self):
        """A pattern; one that begins like a rule of rsync's filter is refused."""
        kind = self.random.randrange(3)
        if kind == 0:
            return self.choice(*(word for word in WORDS if word[:2] not in ("- ", "+ ", "! ")))
        characters = "ab/*#:'\"\\%&,-é日 " if kind == 1 else "".join(map(chr, range(33, 127)))
        made = "".join(self.random.choice(characters) for _ in range(self.random.randint(1, 30)))
        return "x" + made

    def path(self):
        plain = [word for word in WORDS if not set("*?[\\\"'") & set(word) and word not in ("...",)]
        return "/srv/" + self.choice(*plain)

    def lists(self, host):
        lists = {
            "ssh_options": lambda: self.random.sample(
                ["ProxyJump=me@bastion", "ConnectTimeout=9", "Compression=yes", "AddressFamily=inet6"],
                self.random.randint(0, 4)),
            "rsync_args": lambda: self.some(lambda: self.choice(
                "--compress", "--checksum", "--numeric-ids", "--max-size=10G", "--bwlimit=1.5M"), 3),
            "includes": lambda: self.some(lambda: self.path()[1:]),
            "excludes": lambda: self.some(self.word, 8),
        }
        if not host:
            lists["allowed_hosts"] = lambda: self.some(lambda: self.choice("backup.example.net", "192.0.2.1", "[2001:db8::1]"))
            lists["trusted_proxies"] = lambda: self.some(lambda: self.choice("10.0.0.0/8", "::1"))
        return lists

    def values(self, host):
        values = {
            "timezone": lambda: self.choice(*ZONES), "ssh_user": lambda: self.choice("root", "no", "null", "_x.y-z$"),
            "ssh_port": lambda: self.random.randint(1, 65535), "ssh_identity_file": lambda: self.path(),
            "rsync_binary": lambda: self.choice("rsync", "/usr/bin/rsync", "/opt/a: b/rsync-3"),
            "bwlimit_kbps": lambda: self.choice(0, 5, 10000000), "timeout_seconds": lambda: self.choice(10, 86400),
            "max_runtime_seconds": lambda: self.choice(60, 2592000), "retries": lambda: self.choice(0, 10),
            "source_root": lambda: self.choice("/", self.path()), "max_delete": lambda: self.choice(0, 100000),
            "max_age_hours": lambda: self.choice(0, 87600), "min_free_bytes": lambda: self.choice(0, 1, 1 << 60),
            "min_free_inodes": lambda: self.choice(0, 10 ** 12),
        } | {f"keep_{each}": lambda: self.choice(*COUNTS)
             for each in ("last", "hourly", "daily", "weekly", "monthly", "yearly")}
        if not host:
            values |= {"parallel_runs": lambda: self.random.randint(1, 64), "keep_logs_days": lambda: self.choice(0, 36500)}
        return values

    def options(self, host):
        """Arguments that set each field or leave it out."""
        arguments = []
        for name, make in self.values(host).items():
            if self.random.random() < 0.5:
                arguments.append(f"--{name.replace('_', '-')}={make()}")
        for name, make in self.lists(host).items():
            if self.random.random() < 0.6:
                arguments += [f"--{name.replace('_', '-')}={each}" for each in make() or [""]]
        for name in ("excludes_replace", "one_file_system", "protect_bases", "allow_empty") + (("enabled",) if host else ()):
            if self.random.random() < 0.5:
                arguments.append(f"--{self.choice('', 'no-')}{name.replace('_', '-')}")
        return arguments

    def schedule(self):
        return [f"--cron={self.choice(*CRONS)}", self.choice("--prune", "--no-prune"),
                self.choice("--enable", "--disable"), f"--grace={self.choice('1m', '90m', '30d')}",
                *self.choice([], [f"--timezone={self.choice(*ZONES)}"])]


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

    def rows(self, pobsync):
        """All that is set, as the tables have it: {table: rows without what an installation numbers and dates itself}."""
        own = {"id", "node_id", "host_id", "created_at", "changed_at", "updated_at"}
        link = pobsync.connect()
        link.row_factory = sqlite3.Row
        found = {}
        for table, statement in (
                ("global", "SELECT * FROM global_config"), ("host", "SELECT * FROM host ORDER BY name"),
                ("schedule", "SELECT host.name, schedule.* FROM schedule JOIN host ON host.id = host_id ORDER BY host.name")):
            found[table] = [{key: row[key] for key in row.keys() if key not in own} for row in link.execute(statement)]
        link.close()
        return found

    def test_random_settings_survive_an_export_and_an_import(self):
        fields = 0
        for seed in range(ROUNDS):
            made = RandomSettings(seed)
            with self.subTest(seed=seed), WorkDir() as work, Pobsync(sanitised=False) as one, \
                    Pobsync(sanitised=False) as other:
                if made.random.random() < 0.8:
                    one.ok("configure-global", *made.options(False))
                for number in range(made.random.randint(0, HOSTS)):
                    name = made.choice("a", "no", "null", "7", "x.y_z-") + str(number)
                    address = made.choice("192.0.2.1", "2001:db8::1", "host.example.net", "no", "null")
                    one.ok("configure-host", name, "--address", address, *made.options(True))
                    if made.random.random() < 0.5:
                        one.ok("schedule", name, *made.schedule())
                one.ok("export-configs", "--prefix", work.path)
                report = other.json("import-configs", "--prefix", work.path)
                counts = report["counts"]
                self.assertEqual((counts["unknown"], counts["left_out"], counts["changed"]), (0, 0, 0), report)
                before, after = self.rows(one), self.rows(other)
                fields += sum(value is not None for rows in before.values() for row in rows for value in row.values())
                # Without a file's word nothing is set, and a row of all defaults is as good as none.
                empty = [row for row in before["global"] if all(value is None for value in row.values())]
                self.assertEqual(after, before | ({"global": after["global"]} if empty and not after["global"] else {}))
                again = one.json("import-configs", "--prefix", work.path)["counts"]
                self.assertEqual((again["taken"], again["changed"]), (0, 0), "the same again changes nothing")
        self.assertGreater(fields, 20 * ROUNDS)
        print(f"{ROUNDS} configurations (seeds 0 to {ROUNDS - 1}), {fields} values, each as it was")

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
