"""Backups of rsnapshot, dirvish and Back In Time, made by the real tools, become snapshots in place: right dates, nothing
copied or lost, and the next backup links to the newest of them."""

import os
import shutil
import socket
import subprocess
import time
import unittest

from kit import oracle
from kit.case import HostCase
from kit.mounts import cannot_mount, tmpfs

# The tools are scripts of the distribution, for the distribution's interpreters.
TOOL_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
DAY = 86400


def tool(name):
    return shutil.which(name, path=TOOL_PATH)


class AdoptCase(HostCase):
    def setUp(self):
        super().setUp()
        self.add_host()
        self.write("etc/hosts", "127.0.0.1 localhost\n")
        self.write("etc/fstab", "# none\n")
        self.write("srv/big", b"x" * 100000)
        self.age()
        self.old = os.path.join(self.pobsync.root, "old")
        os.mkdir(self.old)

    def age(self):
        """rsync without --modify-window=-1 leaves the times of directories that differ within one second."""
        for path, _, _ in os.walk(self.source):
            os.utime(path, (1767233700, 1767233700))

    def run_tool(self, *argv):
        done = subprocess.run(argv, env={"PATH": TOOL_PATH, "HOME": self.work.path, "TZ": "UTC", "LANG": "C.UTF-8"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, f"{argv}: {done.stdout}{done.stderr}")
        return done

    def adopt(self, from_tool, path, *options, host="web1"):
        return self.pobsync.json("adopt", "--from", from_tool, path, "--host", host, *options, env={"TZ": "UTC"})

    def refused(self, rc, *words):
        result = self.pobsync.run("adopt", *words)
        self.assertEqual((result.rc, result.out), (rc, ""), result)
        return result.err

    def rows(self):
        return self.pobsync.json("snapshots", "web1")["items"]

    def assert_next_backup_links(self):
        """To the newest adopted one, which the source has not changed since."""
        newest = self.data()
        document = self.backup()
        self.assertEqual(document["stats"]["linked_files"], 3)
        self.assertEqual(len(oracle.shared_inodes(newest, self.data())[0]), 3)

    def assert_adopted(self, from_tool, path, times, whole=True):
        """Plan, then adoption of everything: times, trees and rows."""
        before = sorted(os.listdir(path))
        plan = self.adopt(from_tool, path)
        self.assertFalse(plan["applied"])
        self.assertEqual([item["started_at"] for item in plan["items"] if item["action"] == "adopt"], times)
        self.assertEqual(sorted(os.listdir(path)), before, "a plan has changed something")
        self.assertEqual(self.rows(), [])
        inodes = {os.stat(os.path.join(path, item["source"])).st_ino
                  for item in plan["items"] if item["action"] == "adopt"}
        done = self.adopt(from_tool, path, "--yes")
        self.assertEqual(done["adopted"], len(times))
        rows = self.rows()
        self.assertEqual([row["started_at"] for row in reversed(rows)], times)
        for row in rows:
            self.assertEqual((row["status"], row["good"], row["confirmed"], row["kind"]),
                             ("success", True, True, "scheduled"))
            self.assertEqual(row["files"], 3)
        self.assertEqual({os.stat(os.path.join(path, "data")).st_ino for path in self.snapshots()}, inodes)
        if whole:
            self.assert_same_tree(self.source, self.data())
        self.assertEqual([sentence for sentence in oracle.check_host_dir(self.pobsync.root, "web1")], [])
        run = self.pobsync.json("runs", "--host", "web1")["items"][0]
        self.assertEqual((run["id"], run["state"]), (done["run"], "success"))
        self.assertIn("adopting", self.pobsync.ok("log", str(run["id"])).out)
        return done


@unittest.skipUnless(tool("rsnapshot"), "rsnapshot is not installed")
class Rsnapshot(AdoptCase):
    def make(self, *points):
        config = self.work / "rsnapshot.conf"
        lines = ["config_version\t1.2", f"snapshot_root\t{self.old}/", "cmd_rsync\t/usr/bin/rsync",
                 "cmd_cp\t/bin/cp", "cmd_rm\t/bin/rm", "retain\talpha\t3", "retain\tbeta\t2",
                 f"lockfile\t{self.work / 'lock'}", "verbose\t1", "link_dest\t1",
                 "rsync_long_args\t--delete --numeric-ids"]
        lines += [f"backup\t{self.source}/\t{point}/" for point in points]
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        now = int(time.time()) // 60 * 60
        for age in (3, 2, 1):
            self.run_tool(tool("rsnapshot"), "-c", config, "alpha")
            os.utime(os.path.join(self.old, "alpha.0"), (now, now - age * DAY))
        return [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - age * DAY)) for age in (3, 2, 1)]

    def test_intervals_become_snapshots(self):
        times = self.make("localhost")
        self.assert_adopted("rsnapshot", self.old, times)
        first, second, third = (os.path.join(path, "data") for path in self.snapshots())
        self.assertEqual(len(oracle.shared_inodes(first, third)[0]), 3)
        self.assertEqual([row["linked_files"] for row in reversed(self.rows())], [0, 3, 3])
        self.assertEqual([row["base"] for row in reversed(self.rows())],
                         [None, *[os.path.basename(path) for path in self.snapshots()[:2]]])
        self.assert_next_backup_links()
        self.assertIn("there is no backup", self.refused(5, "--from", "rsnapshot", self.old, "--host", "web1"))
        self.assertTrue(os.path.isdir(second))

    def test_each_host_has_its_backup_point(self):
        times = self.make("web1", "web2")
        self.pobsync.ok("configure-host", "web2", "--address", "192.0.2.1")
        self.assert_adopted("rsnapshot", self.old, times)
        # What is left there is another host's, and the only one now.
        self.assertIn('has no backup point "web1"',
                      self.refused(5, "--from", "rsnapshot", self.old, "--host", "web1", "--yes"))
        done = self.adopt("rsnapshot", self.old, "--yes", host="web2")
        self.assertEqual([(item["source"], item["started_at"]) for item in done["items"] if item["action"] == "adopted"],
                         [(f"alpha.{number}/web2", times[2 - number]) for number in (2, 1, 0)])

    def test_several_backup_points_stay_directories(self):
        times = self.make("a", "b")
        self.assertEqual([item["source"] for item in self.adopt("rsnapshot", self.old)["items"]],
                         ["alpha.2", "alpha.1", "alpha.0"])
        self.adopt("rsnapshot", self.old, "--yes")
        self.assertEqual(sorted(os.listdir(self.data())), ["a", "b"])
        self.assertEqual(len(self.rows()), len(times))


@unittest.skipUnless(tool("dirvish"), "dirvish is not installed")
class Dirvish(AdoptCase):
    def test_images_become_snapshots(self):
        reason = cannot_mount()
        if reason:
            self.skipTest(f"dirvish reads /etc/dirvish only, and another one cannot be mounted there: {reason}")
        vault = os.path.join(self.old, "web1")
        os.makedirs(os.path.join(vault, "dirvish"))
        with open(os.path.join(vault, "dirvish/default.conf"), "w", encoding="utf-8") as file:
            file.write(f"client: {socket.gethostname()}\ntree: {self.source}\nxdev: 0\nindex: none\n"
                       "image-default: %Y%m%d-%H%M%S\n")
        self.work.write("master.conf", f"bank:\n\t{self.old}\nexpire-default: never\n")
        script = self.work.write("dirvish.sh", "set -e\nmount -t tmpfs tmpfs /etc/dirvish\n"
                                 f"cp {self.work / 'master.conf'} /etc/dirvish/\n"
                                 "dirvish --vault web1 --image one --init --image-time '2026-01-01 02:15'\n"
                                 "dirvish --vault web1 --image two --image-time '2026-01-02 02:15'\n")
        self.run_tool("unshare", "-m", "sh", script)
        shutil.copytree(os.path.join(vault, "two"), os.path.join(vault, "half"))
        summary = os.path.join(vault, "half", "summary")
        with open(summary, encoding="utf-8") as file:
            lines = [line for line in file if not line.startswith(("Backup-complete", "Status"))]
        with open(summary, "w", encoding="utf-8") as file:
            file.writelines(lines)
        done = self.assert_adopted("dirvish", vault, ["2026-01-01T02:15:00Z", "2026-01-02T02:15:00Z"])
        self.assertEqual({item["source"]: item["reason"] for item in done["items"] if item["action"] == "leave"},
                         {"dirvish": "the configuration of the vault",
                          "half/tree": "its summary has no Backup-complete: it is not finished"})
        self.assertTrue(os.path.exists(os.path.join(vault, "half/tree/etc/hosts")))
        self.assert_next_backup_links()


@unittest.skipUnless(tool("backintime"), "backintime is not installed")
class BackInTime(AdoptCase):
    def test_backups_become_snapshots(self):
        profile = os.path.join(self.old, "backintime/box/root/1")
        os.makedirs(profile)
        settings = {
            "config.version": 6, "profiles.version": 1, "profile1.snapshots.mode": "local",
            "profile1.snapshots.path": self.old, "profile1.snapshots.path.host": "box",
            "profile1.snapshots.path.user": "root", "profile1.snapshots.path.profile": 1,
            "profile1.snapshots.include.1.value": self.source, "profile1.snapshots.include.1.type": 0,
            "profile1.snapshots.include.size": 1, "profile1.snapshots.exclude.size": 0,
            "profile1.snapshots.no_on_battery": "false", "profile1.snapshots.notify.enabled": "false"}
        config = self.work.write("backintime.conf", "".join(f"{key}={value}\n" for key, value in settings.items()))
        self.run_tool(tool("backintime"), "--config", config, "backup")
        self.write("etc/motd", "hello\n")
        self.age()
        self.run_tool(tool("backintime"), "--config", config, "backup")
        names = sorted(name for name in os.listdir(profile) if name[0] == "2")
        self.assertEqual(len(names), 2)
        os.mkdir(os.path.join(profile, "new_snapshot"))
        plan = self.adopt("backintime", self.old)
        self.assertEqual(plan["path"], os.path.realpath(profile))
        done = self.adopt("backintime", self.old, "--yes")
        self.assertEqual(done["adopted"], 2)
        self.assertEqual(sorted(item["source"] for item in done["items"] if item["action"] == "leave"),
                         ["last_snapshot", "new_snapshot"])
        times = [f"{n[:4]}-{n[4:6]}-{n[6:8]}T{n[9:11]}:{n[11:13]}:{n[13:15]}Z" for n in names]
        self.assertEqual([row["started_at"] for row in reversed(self.rows())], times)
        inside = os.path.join(self.data(), self.source.lstrip("/"))
        self.assert_same_tree(self.source, inside)


class Refusals(AdoptCase):
    def plant(self, age=DAY):
        """What an interval of rsnapshot looks like."""
        path = os.path.join(self.old, "daily.0")
        shutil.copytree(self.source, os.path.join(path, "localhost"))
        when = time.time() - age
        os.utime(path, (when, when))

    def test_what_cannot_be_is_told(self):
        words = ("--from", "rsnapshot", self.old, "--host", "web1")
        self.assertIn("there is no backup of rsnapshot", self.refused(5, *words))
        self.plant()
        self.assertIn("did you mean", self.refused(5, *words[:-1], "web2"))
        self.assertIn("rsnapshot|dirvish|backintime", self.refused(2, "--from", "tar", *words[2:]))
        self.refused(2, "--from", "rsnapshot", self.old)
        self.refused(5, "--from", "rsnapshot", "/nonexistent", "--host", "web1")

    def test_the_text_fits_and_says_what_to_do(self):
        self.plant()
        result = self.pobsync.ok("adopt", "--from", "rsnapshot", self.old, "--host", "web1")
        self.assertIn("daily.0/localhost", result.out)
        self.assertIn("--yes", result.err)
        for line in result.out.splitlines():
            self.assertLessEqual(len(line), 80)

    def test_another_file_system_is_refused(self):
        reason = cannot_mount()
        if reason:
            self.skipTest(reason)
        with tmpfs() as other:
            shutil.copytree(self.source, os.path.join(other.path, "daily.0/localhost"))
            text = self.refused(7, "--from", "rsnapshot", other.path, "--host", "web1", "--yes")
            self.assertIn("rsync -aHAXS", text)
            self.assertTrue(os.path.exists(os.path.join(other.path, "daily.0/localhost/etc/hosts")))

    def test_an_empty_tree_is_not_good(self):
        os.makedirs(os.path.join(self.old, "daily.0/localhost"))
        self.adopt("rsnapshot", self.old, "--yes")
        self.assertEqual([(row["good"], row["confirmed"]) for row in self.rows()], [(False, False)])

    def test_links_are_not_followed(self):
        self.plant()
        os.rename(os.path.join(self.old, "daily.0"), os.path.join(self.work.path, "daily.0"))
        os.symlink(os.path.join(self.work.path, "daily.0"), os.path.join(self.old, "daily.0"))
        self.assertIn("link", self.refused(5, "--from", "rsnapshot", self.old, "--host", "web1", "--yes"))


if __name__ == "__main__":
    unittest.main()
