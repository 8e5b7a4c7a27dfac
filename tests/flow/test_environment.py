"""Whose shell it is does not matter: a locale with other letters, dates and decimal signs, a time zone where it is tomorrow
already, a umask that closes or opens everything."""

import os
import re
import shutil
import stat
import subprocess
import unittest

from kit import tree
from kit.case import HostCase
from kit.pobsync import Pobsync
from kit.web import PASSWORD, WebServer

TIME_LIMIT = 600
NOW = {"POBSYNC_FAKE_NOW": "2026-11-22T11:30:00Z"}  # in Kiritimati it is the 23rd
ROOM = re.compile(r'[\d.]+ .iB (free|of)|\d+ of \d+ inodes|"(bytes|inodes)_free": ?\d+')  # others use the disk meanwhile
PLAIN = {"LANG": "C.UTF-8", "TZ": "UTC"}


def turkish(folder):
    """The environment of somebody in Turkey with a watch from Kiritimati. Capital I is not the capital of i there."""
    found = {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr", "TZ": "Pacific/Kiritimati"}
    if shutil.which("localedef") and os.path.exists("/usr/share/i18n/locales/tr_TR"):
        subprocess.run(["localedef", "-i", "tr_TR", "-f", "UTF-8", os.path.join(folder, "tr_TR.UTF-8")], check=False,
                       capture_output=True)
        found["LOCPATH"] = folder
    return found


class Said(HostCase):
    """One installation, asked by two people."""

    sanitised = False  # LOCPATH makes the C library itself leak

    def setUp(self):
        super().setUp()
        self.hostile = turkish(self.work.make("locales"))
        self.add_host("--timezone", "Europe/Berlin", "--keep-daily", "3", name="web1")
        self.pobsync.add_host("indigo", self.sshd, self.source)
        self.write("f", "x" * 1500000)
        self.pobsync.ok("test-connection", "web1")
        self.backup(env={"POBSYNC_FAKE_NOW": "2026-11-20T22:30:00Z"})
        self.backup(env={"POBSYNC_FAKE_NOW": "2026-11-21T23:30:00Z"})
        self.pobsync.ok("schedule", "web1", "--cron", "30 2 * * SUN,mon", "--prune", env=NOW)

    def test_the_locale_is_one(self):
        if "LOCPATH" not in self.hostile:
            self.skipTest("there is no localedef, or no source of tr_TR")
        done = subprocess.run(["sh", "-c", "date +%A; printf '%.1f\\n' 1,5"], env={"PATH": os.environ["PATH"], **self.hostile},
                              capture_output=True, text=True, check=False)
        self.assertNotIn("day", done.stdout, "the rest would show nothing")

    def test_every_answer_is_the_same_to_the_byte(self):
        for words in (["hosts"], ["hosts", "--json"], ["status"], ["status", "--json"], ["show", "web1"], ["snapshots", "web1"],
                      ["snapshots", "web1", "--json"], ["runs"], ["runs", "--json"], ["log", "1"], ["retention", "web1"],
                      ["retention", "web1", "--json"], ["schedule", "web1"], ["schedules", "--json"], ["queue"], ["ls", "web1:/"],
                      ["versions", "web1:/f"], ["find", "web1", "--name", "F*"], ["space", "web1"],
                      ["discover-snapshots", "--preflight"], ["check"], ["help"], ["backup", "--help"], ["help", "--man"],
                      ["completion", "bash"], ["show", "indigo"], ["show", "INDIGO"], ["frobnicate"], ["notify"]):
            one, other = (self.pobsync.run(*words, env={**NOW, **environment}) for environment in (PLAIN, self.hostile))
            self.assertEqual((other.rc, ROOM.sub("", other.out), other.err), (one.rc, ROOM.sub("", one.out), one.err), words)

    def test_settings_are_read_in_the_same_way(self):
        for words in (["configure-host", "indigo", "--ssh-options", "Compression=YES"], ["configure-host", "indigo", "--timezone", "Asia/Istanbul"],
                      ["schedule", "indigo", "--cron", "0 3 * * FRI"], ["configure-host", "indigo", "--excludes", "İstanbul/ıI"],
                      ["configure-host", "indigo", "--max-age-hours", "1,5"], ["configure-host", "ındıgo", "--enabled"]):
            one = self.pobsync.run(*words, "--json", env={**NOW, **PLAIN})
            other = self.pobsync.run(*words, "--json", env={**NOW, **self.hostile})
            drop = re.compile(rb'"changed":[^]]*\]|"created": ?\w+')
            self.assertEqual((other.rc, drop.sub(b"", other.stdout)), (one.rc, drop.sub(b"", one.stdout)), words)

    def test_pages_too(self):
        self.pobsync.ok("create-user", "anna", "--role", "admin", input=PASSWORD + "\n")
        shown = []
        for environment in (PLAIN, self.hostile):
            web = WebServer(self.pobsync, env={**NOW, **environment})
            browser = web.browser()
            browser.login("anna")
            pages = [browser.get(path).text for path in ("/", "/hosts/web1", "/hosts/web1/calendar", "/runs", "/api/v1/status/")]
            shown.append([re.sub(r'request [0-9a-f]+|name="csrf_token" value="[^"]*"', "", ROOM.sub("", page)) for page in pages])
            web.stop()
        for one, other in zip(*shown):
            self.assertEqual(one, other)


@unittest.skipUnless(os.geteuid() == 0, "needs root, for owners and device nodes")
class Modes(HostCase):
    """The same done under three umasks."""

    sanitised = False

    def life(self, umask, environment):
        """{path: type and mode} of all that an installation leaves on disk, with names that are the same each time."""
        before = os.umask(umask)
        try:
            with Pobsync(sanitised=False, env=environment) as pobsync:
                pobsync.add_host("web1", self.sshd, self.source, "--excludes-replace", "--excludes", "")
                pobsync.ok("test-connection", "web1")
                pobsync.ok("backup", "web1")
                pobsync.ok("backup", "web1", "--manual")
                pobsync.ok("scheduler")
                pobsync.ok("worker", "--once")
                pobsync.ok("database", "backup")
                pobsync.ok("export-configs", "--prefix", pobsync.dir.make("export"))
                pobsync.ok("restore", "web1:/", "--to", pobsync.dir / "restored", "--yes")
                for number in (0, 1):
                    kind = ("scheduled", "manual")[number]
                    [name] = os.listdir(os.path.join(pobsync.root, "web1", kind))
                    self.assert_same_tree(self.source, os.path.join(pobsync.root, "web1", kind, name, "data"))
                self.assert_same_tree(self.source, pobsync.dir / "restored")
                return self.modes(pobsync.dir.path)
        finally:
            os.umask(before)

    @staticmethod
    def modes(top):
        found = {}
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name not in ("data", "restored", "user")]
            for name in folders + files if folder != top else []:  # what stands at the top is the test's
                path = os.path.join(folder, name)
                mode = os.lstat(path).st_mode
                short = re.sub(r"\d{8}-\d{6}Z(__[0-9a-f]{8})?|[0-9a-f]{8}", "N", os.path.relpath(path, top))
                found[short] = f"{stat.S_IFMT(mode):o} {stat.S_IMODE(mode):o}"
        return found

    def test_the_umask_decides_nothing(self):
        tree.fidelity_tree(self.source)
        usual = self.life(0o022, PLAIN)
        hostile = turkish(self.work.make("locales"))
        for umask in (0o077, 0o000):
            self.assertEqual(self.life(umask, hostile), usual, f"{umask:03o}")
        open_to_all = [path for path, mode in usual.items() if int(mode.split()[1], 8) & 0o002]
        self.assertEqual(open_to_all, [])


if __name__ == "__main__":
    unittest.main()
