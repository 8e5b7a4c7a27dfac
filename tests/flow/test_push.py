"""Restoring to the host: by its own sshd, behind rrsync, with a key that is made for it. What is there in the end is what was
backed up, by the oracle."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

from kit import oracle
from kit.case import HostCase
from kit.deadline import wait_for
from kit.mounts import requires_mount, tmpfs
from kit.tree import fidelity_tree, small_files_tree


class PushCase(HostCase):
    def prepared(self, *options):
        self.age_directories()
        self.add_host(*options)
        self.backup(timeout=120)

    def age_directories(self):
        """A directory that rsync makes within the second of the one that it copies keeps its own nanoseconds."""
        now = time.time()
        for folder, _, _ in os.walk(os.fsencode(self.source), topdown=False):
            if abs(os.lstat(folder).st_mtime - now) < 60:
                os.utime(folder, ns=(1_700_000_000_123_456_789,) * 2, follow_symlinks=False)

    def admit(self, name="web1"):
        """The line of the restore key into authorized_keys, as a person would do it."""
        key = self.pobsync.json("key", name, "--line", "restore")
        self.assertRegex(key["authorized_keys"], r'^restrict,command="rrsync -wo /" ssh-ed25519 ')
        self.sshd.authorize_also(key["authorized_keys"])
        return key

    def push(self, place, *words, expect=0, timeout=120, **keywords):
        result = self.pobsync.run("restore", place, "--to-host", *words, "--yes", "--json", timeout=timeout, **keywords)
        self.assertEqual(result.rc, expect, result)
        return result.json

    def plan(self, place, *words):
        return self.pobsync.json("restore", place, "--to-host", *words, "--dry-run")

    def key_files(self, name="web1"):
        return sorted(os.listdir(os.path.join(self.pobsync.home, "keys", name)))

    @property
    def target(self):
        return self.work / "target"


class Fidelity(PushCase):
    def test_a_pushed_tree_equals_the_source(self):
        shutil.rmtree(self.source)
        fidelity_tree(self.source)
        self.prepared()
        self.admit()
        self.assertIn("restore_ed25519", self.key_files())
        plan = self.plan("web1:/", f"web1:{self.target}")
        self.assertFalse(os.path.lexists(self.target), "a plan makes nothing")
        run = self.push("web1:/", f"web1:{self.target}")
        self.assertEqual((run["job"], run["state"]), ("restore", "success"))
        self.assert_same_tree(self.source, self.target)
        result = run["result"]["receipt"]
        self.assertEqual((result["created"], result["bytes"]), (plan["create"], plan["bytes"]))
        self.assertEqual((result["replaced"], result["kept"], result["failed"]), (0, 0, 0))
        self.assertTrue(result["verified"])
        self.assertIsNone(result["aside"])
        self.assertNotIn("restore_ed25519", self.key_files(), "the key was for one restore")
        name = os.path.basename(self.snapshots()[-1])
        rows = self.query("SELECT object, after_text FROM audit WHERE action = 'file.restore'")
        self.assertEqual(rows, [(f"web1@{name}:/", f"web1:{self.target}")])
        self.assertIn(b"as in the snapshot, by checksum", self.pobsync.ok("log", str(run["id"])).stdout)

    def test_one_file_and_a_name_that_a_shell_would_love(self):
        self.write("etc/$(touch x); 'a b'\n", "one\n")
        self.write("etc/other", "two\n")
        self.prepared()
        self.admit()
        target = self.work / "new $(place)"
        self.push("web1:/etc/$(touch x); 'a b'\n", f"web1:{target}")
        self.assertEqual(os.listdir(target), ["$(touch x); 'a b'\n"])

    def test_another_host_is_the_target(self):
        self.write("etc/fstab", "one\n")
        self.prepared()
        self.pobsync.add_host("web2", self.sshd, self.work.make("elsewhere"))
        self.pobsync.run("test-connection", "web2")  # pins its host key
        self.admit("web2")
        run = self.push("web1:/etc", f"web2:{self.target}")
        self.assertEqual((run["host"], run["result"]["receipt"]["to_host"]), ("web1", "web2"))
        self.assert_same_tree(os.path.join(self.source, "etc"), self.target)

    def test_links_of_the_snapshot_lead_nowhere(self):
        self.write("etc/fstab", "one\n")
        os.symlink("/etc", os.path.join(self.source, "way"))
        self.prepared()
        self.admit()
        result = self.pobsync.run("restore", "web1:/way/passwd", "--to-host", f"web1:{self.target}", "--yes")
        self.assertEqual(result.rc, 1, result)
        self.assertFalse(os.path.lexists(self.target))
        self.push("web1:/way", f"web1:{self.target}")
        self.assertEqual(os.readlink(self.target + "/way"), "/etc")


class Standing(PushCase):
    """What is there already."""

    def setUp(self):
        super().setUp()
        for name in ("same", "differs", "absent", "folder/inside"):
            self.write(name, f"{name}\n")
        self.prepared()
        self.admit()
        shutil.copytree(self.source, self.target, copy_function=shutil.copy2)
        shutil.copystat(self.source, self.target)
        os.unlink(self.target + "/absent")
        self.put("differs", "other content\n")
        os.utime(self.target + "/differs", (time.time() + 60,) * 2)  # newer by more than the second in which all of this is done
        self.put("extra", "extra\n")

    def put(self, name, text):
        with open(os.path.join(self.target, name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, *names):
        with open(os.path.join(self.target, *names), encoding="utf-8") as file:
            return file.read()

    def test_it_is_left_alone(self):
        plan = self.plan("web1:/", f"web1:{self.target}")
        self.assertEqual((plan["create"], plan["replace"], plan["keep"], plan["newer"]), (1, 0, 1, 1))
        self.assertEqual(plan["standing"], ["differs"])
        run = self.push("web1:/", f"web1:{self.target}", expect=3)
        self.assertEqual((run["state"], run["result"]["receipt"]["kept"], run["result"]["receipt"]["failed"]), ("partial", 1, 0))
        self.assertEqual((self.read("differs"), self.read("absent"), self.read("extra")),
                         ("other content\n", "absent\n", "extra\n"))
        self.assertIn("restore_ed25519", self.key_files(), "it is not complete")

    def test_it_gives_way_and_is_kept_aside(self):
        run = self.push("web1:/", f"web1:{self.target}", "--replace")
        result = run["result"]["receipt"]
        self.assertEqual((result["created"], result["replaced"], result["failed"]), (1, 1, 0))
        self.assertEqual(result["aside"], f"{self.target}/.pobsync-replaced-{run['id']}")
        self.assertEqual((self.read("differs"), self.read("extra")), ("differs\n", "extra\n"))
        self.assertEqual(self.read(result["aside"], "differs"), "other content\n")

    def test_content_is_compared_where_size_and_time_are_the_same(self):
        stat = os.stat(self.target + "/same")
        self.put("same", "Same\n")
        os.utime(self.target + "/same", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        run = self.push("web1:/", f"web1:{self.target}", "--replace")
        self.assertEqual((run["state"], run["result"]["receipt"]["replaced"]), ("success", 2))
        self.assertEqual(self.read("same"), "same\n")

    def test_nothing_is_done_unless_confirmed(self):
        result = self.pobsync.run("restore", "web1:/", "--to-host", f"web1:{self.target}", "--replace")
        self.assertEqual(result.rc, 7, result)
        self.assertEqual(self.read("differs"), "other content\n")
        self.assertEqual(self.query("SELECT count(*) FROM run WHERE job = 'restore'"), [(0,)])


class Key(PushCase):
    def setUp(self):
        super().setUp()
        self.write("etc/fstab", "one\n")
        self.prepared()

    def test_its_line_is_shown_first(self):
        result = self.pobsync.run("restore", "web1:/", "--to-host", f"web1:{self.target}", "--yes")
        self.assertEqual(result.rc, 7, result)
        self.assertIn(b'command="rrsync -wo /"', result.stderr)
        self.assertFalse(os.path.lexists(self.target))

    def test_a_key_that_is_not_let_in(self):
        self.pobsync.ok("key", "web1", "--line", "restore")
        result = self.pobsync.run("restore", "web1:/", "--to-host", f"web1:{self.target}", "--yes")
        self.assertEqual(result.rc, 9, result)
        self.assert_sentence(result, "pobsync key web1 --line restore")

    def test_another_writer_is_waited_for(self):
        """rrsync locks its directory for the one who writes."""
        self.admit()
        script = self.work.write("first-busy", b"""#!/bin/sh
if mkdir "%s" 2>/dev/null; then
    echo '/usr/bin/rrsync error: Another instance of rrsync is already accessing this directory.' >&2
    exit 1
fi
exec rrsync -wo /
""" % os.fsencode(self.work / "asked"))
        os.chmod(script, 0o755)
        self.sshd.authorize()
        self.sshd.authorize_command(self.pobsync.json("key", "web1", "--line", "restore")["public_key"], script)
        self.push("web1:/", f"web1:{self.target}")
        self.assertTrue(os.path.isdir(self.work / "asked"))
        self.assert_same_tree(self.source, self.target)

    def test_a_run_of_the_queue(self):
        self.admit()
        queued = self.push("web1:/", f"web1:{self.target}", "--queue")
        self.assertEqual((queued["job"], queued["state"]), ("restore", "queued"))
        self.pobsync.ok("worker", "--once", timeout=60)
        row = self.pobsync.json("runs", "--host", "web1")["items"][0]
        self.assertEqual((row["id"], row["state"]), (queued["id"], "success"))
        self.assert_same_tree(self.source, self.target)


class Trouble(PushCase):
    def wait_until_some_has_arrived(self):
        wait_for(lambda: os.path.isdir(self.target) and oracle.allocated(self.target) > 4 << 20, 60, "some of it has arrived")

    def test_a_killed_push_goes_on(self):
        small_files_tree(self.source, 50)
        self.write("big", os.urandom(24 << 20))
        self.prepared()
        self.admit()
        self.pobsync.ok("configure-host", "web1", "--bwlimit-kbps", "4000")
        running = subprocess.Popen(
            [self.pobsync.binary, "restore", "web1:/", "--to-host", f"web1:{self.target}", "--yes", "--json"],
            env=self.pobsync.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL)
        try:
            self.wait_until_some_has_arrived()
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait()
        self.pobsync.ok("configure-host", "web1", "--bwlimit-kbps", "0")
        wait_for(lambda: self.pobsync.processes() == {}, 30, "rsync has ended")
        run = self.push("web1:/", f"web1:{self.target}")
        self.assertEqual(run["state"], "success")
        self.assert_same_tree(self.source, self.target)
        states = [row["state"] for row in self.pobsync.json("runs", "--host", "web1")["items"]]
        self.assertEqual(states, ["success", "failed", "success"])

    def at_work(self):
        """Processes on the host that write into the target."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read()
            except OSError:
                continue
            if b"--server" in words and os.fsencode(os.path.basename(str(self.target))) in words:
                found.append(words)
        return found

    def test_the_host_goes_away(self):
        self.write("big", os.urandom(24 << 20))
        self.prepared()
        self.admit()
        self.pobsync.ok("configure-host", "web1", "--bwlimit-kbps", "4000")
        done = []
        thread = threading.Thread(target=lambda: done.append(self.pobsync.run(
            "restore", "web1:/", "--to-host", f"web1:{self.target}", "--yes", "--json", timeout=120)))
        thread.start()
        self.wait_until_some_has_arrived()
        self.sshd.stop()
        thread.join()
        self.assertIn(done[0].rc, (1, 9), done[0])
        self.assertEqual(done[0].json["state"], "failed")
        # A machine that comes back has none of its old processes: one that ends late would put its part of the file back.
        wait_for(lambda: not self.at_work(), 30, self.at_work)
        self.sshd.start()
        self.pobsync.ok("configure-host", "web1", "--bwlimit-kbps", "0")
        self.push("web1:/", f"web1:{self.target}")
        # An rsync that was killed with its machine leaves the file that it was writing, under a name of its own.
        left = [line for line in oracle.compare(self.source, self.target)
                if not re.fullmatch(r"'\.big\.\w{6}': only in the second tree", line)]
        self.assertEqual(left, [])

    @requires_mount
    def test_the_disk_of_the_host_is_full(self):
        self.write("big", os.urandom(8 << 20))
        self.prepared()
        self.admit()
        with tmpfs(size="4m") as small:
            result = self.pobsync.run("restore", "web1:/", "--to-host", f"web1:{small.path}", "--yes", "--json")
            self.assertEqual(result.rc, 1, result)
            self.assertEqual((result.json["state"], result.json["cause"]), ("failed", "target_full"))
        self.assertIn("restore_ed25519", self.key_files())


if __name__ == "__main__":
    unittest.main()
