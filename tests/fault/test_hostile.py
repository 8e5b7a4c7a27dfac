"""A host that lies: what it sends, prints and names, against the whole program. Whatever it does, its run fails or is
contained; older snapshots, other hosts, the keys and all else stay as they are, and nothing is left running."""

import json
import os
import re
import shlex
import signal
import time
import unittest

from kit import oracle
from kit.case import AS_ASKED, AS_NOBODY, CONTROL, HostCase
from kit.deadline import wait_for
from kit.mounts import requires_root
from kit.tree import ODD_NAMES

TIME_LIMIT = 1200

# The options that rsync would have been started with on the host (`SERVER $OPTIONS . PATH`).
SERVER = 'options=$(printf "%s" "$SSH_ORIGINAL_COMMAND" | sed "s/^rsync --server --sender //; s/ \\. .*//")\n'


class HostileCase(HostCase):
    """web1 is hostile and has one good snapshot; other1 is a host beside it; `precious` is what it is after."""

    def setUp(self):
        super().setUp()
        self.precious = self.work.make("precious")
        with open(os.path.join(self.precious, "secret"), "w", encoding="utf-8") as file:
            file.write("SECRET\n" * 3)
        self.write("etc/passwd", "root:x:0:0\n")
        self.write("etc/shadow", "*")
        self.write("notes", "n" * 5000)
        self.add_host()
        self.add_host(name="other1")
        self.pobsync.ok("backup", "other1")
        self.good = self.backup()["snapshot"]
        self.before = self.surroundings()

    def surroundings(self):
        """All that a run of web1 must not touch."""
        places = {"other1": self.pobsync.host_dir("other1"), "snapshot": os.path.join(self.snapshots()[0], "data"),
                  "keys": os.path.join(self.pobsync.home, "keys"), "precious": self.precious, "source": self.source}
        digests = {name: oracle.tree_digest(path) for name, path in places.items()}
        names = set(os.listdir(self.pobsync.root)), set(os.listdir(self.pobsync.dir.path)), set(os.listdir(self.work.path))
        home = {name for name in os.listdir(self.pobsync.home) if name != "runs"}
        with open(os.path.join(self.snapshots()[0], "meta.json"), "rb") as file:
            return digests, names, home, file.read()

    def assert_contained(self):
        after = self.surroundings()
        for place, digest in self.before[0].items():
            self.assertEqual(oracle.compare(digest, after[0][place]), [], f"{place} was touched")
        self.assertEqual(after[1:], self.before[1:])
        self.assertEqual(oracle.check_host_dir(self.pobsync.root, "web1"), [])
        self.assertEqual(self.pobsync.processes(), {})
        for folder, _, names in os.walk(self.pobsync.host_dir("web1")):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as file:
                        self.assertNotIn(b"SECRET", file.read(), f"{path} holds what the host should not have")

    def hostile(self, script, *, expect, cause=None, state=None, options=()):
        """One run against this forced command; its document."""
        self.force_script(script)
        run = self.backup(*options, expect=expect, timeout=90)
        if cause:
            self.assertEqual(run["cause"], cause, run)
        if state:
            self.assertEqual(run["state"], state, run)
        self.assert_contained()
        return run

    def assert_recovers(self):
        """An honest run after it is as good as ever."""
        self.force_script(AS_ASKED)
        self.assertEqual(self.backup()["base"], self.good)
        self.assert_same_tree(self.source, self.data())
        self.assert_contained()


class OtherTree(HostileCase):
    """A sender that was started with other arguments than those that were asked for."""

    def setUp(self):
        super().setUp()
        self.other = self.work.make("other")
        for name in ("x", "deep/y", ".lock", "meta.json"):
            path = os.path.join(self.other, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write("other")
        os.symlink(self.precious, os.path.join(self.other, "to precious"))
        self.before = self.surroundings()

    def sent(self, arguments, directory="/"):
        """Runs a sender with these last arguments; the document, whatever the end is."""
        self.force_script(f"{SERVER}cd {directory} && exec rsync --server --sender $options {arguments}")
        result = self.pobsync.run("backup", "web1", "--json", timeout=90)
        self.assertIn(result.rc, (0, 1, 3, 7), result)
        self.assert_contained()
        return result.json

    def test_another_directory_stays_in_the_run(self):
        """It may send what it likes about itself, below the run's own directory."""
        self.sent(f". {self.other}/")
        self.assert_same_tree(self.other, self.data())
        self.assert_recovers()

    def test_names_that_were_not_asked_for(self):
        for arguments in (f". {self.other}", f". {self.other}/x {self.source}/", f"-R . {self.other}/",
                          f"-R . {self.other}/./deep/../x", "-R . ../../../../../../../etc/hostname",
                          f"--no-implied-dirs -R . {self.other}/deep/y"):
            with self.subTest(arguments=arguments):
                run = self.sent(arguments, self.other)
                if "-R" in arguments:  # a name from the top, or with ".."
                    self.assertEqual((run["state"], run["cause"]), ("failed", "protocol"), run)
                    self.assertRegex(run["message"], 'unsafe pathname|found ".." dir')
                if run["snapshot"] is not None and run["state"] in ("success", "warning"):
                    for _, _, name, found in oracle.walk(self.data()):
                        self.assertNotIn(b"..", name.split(b"/"))

    def test_links_are_followed_by_nobody(self):
        """A directory of the base that is a symlink now, and the reverse."""
        os.rename(os.path.join(self.source, "etc"), os.path.join(self.source, "etc.old"))
        os.symlink(self.precious, os.path.join(self.source, "etc"))
        self.before = self.surroundings()
        run = self.hostile(AS_ASKED, expect=0)
        self.assertTrue(os.path.islink(os.path.join(self.data(), "etc")))
        os.unlink(os.path.join(self.source, "etc"))
        os.rename(os.path.join(self.source, "etc.old"), os.path.join(self.source, "etc"))
        self.write("etc/secret", "mine")
        self.before = self.surroundings()
        self.assertEqual(self.hostile(AS_ASKED, expect=0)["base"], run["snapshot"])
        with open(os.path.join(self.data(), "etc/secret"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")

    def test_followed_links_of_the_sender_are_its_own_affair(self):
        """-L on the host: the content comes from there, as the reader of its own files."""
        os.unlink(os.path.join(self.other, "to precious"))
        self.sent(f"-L . {self.other}/")

    def test_the_sender_may_not_delete_its_files_by_our_hand(self):
        self.sent(f"--remove-source-files . {self.source}/")
        self.assertEqual(sorted(os.listdir(self.source)), ["etc", "notes"])


class BasisSymlink(HostileCase):
    """The symlink of the older snapshot points to a secret of ours; the newer one sends a regular file that looks
    the same from outside. rsync 3.5.0 followed it, once."""

    def test_the_secret_does_not_get_in(self):
        secret = os.path.join(self.precious, "secret")
        os.symlink(secret, os.path.join(self.source, "x"))
        self.backup()
        self.assertEqual(os.readlink(os.path.join(self.data(), "x")), secret)
        found = os.stat(secret)
        os.unlink(os.path.join(self.source, "x"))
        path = self.write("x", b"D" * found.st_size)
        os.utime(path, ns=(found.st_mtime_ns, found.st_mtime_ns))
        os.chmod(path, found.st_mode & 0o7777)
        self.before = self.surroundings()
        for options in ([], ["--rsync-args=--checksum"]):
            if options:
                self.pobsync.ok("configure-host", "web1", *options)
            self.backup()
            copy = os.path.join(self.data(), "x")
            self.assertFalse(os.path.islink(copy))
            with open(copy, "rb") as file:
                self.assertEqual(file.read(), b"D" * found.st_size)
            self.assertNotEqual(os.stat(copy).st_ino, os.stat(secret).st_ino)
            self.assert_contained()


class Noise(HostileCase):
    def test_on_standard_output(self):
        for noise in ("echo Welcome", "head -c 100000 /dev/urandom", "head -c 1000000 /dev/zero", "printf '\\033[2J'",
                      "printf '\\040\\000\\000\\000'"):
            with self.subTest(noise=noise):
                run = self.hostile(f"{noise}; {AS_ASKED}", expect=1, state="failed")
                self.assertIn(run["cause"], ("protocol", "out_of_memory", "internal"))
                self.assertIsNone(CONTROL.search(run["message"].encode()))
        self.assertEqual(len(self.snapshots()), 1)
        self.assert_recovers()

    def test_in_the_middle(self):
        """The sender's own bytes, then rubbish."""
        self.pobsync.ok("configure-host", "web1", "--timeout-seconds", "10")
        self.hostile('sh -c "$SSH_ORIGINAL_COMMAND" | { head -c 200; exec head -c 100000 /dev/urandom; }', expect=1,
                     state="failed")
        self.assertEqual(len(self.snapshots()), 1)
        self.assert_recovers()

    def test_nothing_at_all(self):
        for script in ("exit 0", "exit 1", "exec true"):
            with self.subTest(script=script):
                self.hostile(script, expect=1, state="failed", cause="protocol")
        self.assert_recovers()

    def test_a_command_that_is_killed(self):
        """ssh ends with 255 then, and rsync with that or with its own 12: whichever of the two it notices first."""
        run = self.hostile("kill -9 $$", expect=(1, 9), state="failed")
        self.assertIn(run["cause"], ("protocol", "host_unreachable"))
        self.assert_recovers()

    def test_exit_statuses_of_the_host_decide_nothing(self):
        """rsync ends with the status of the host's command where its own is 0: a host can make its run look worse than
        it was, and never like one that nobody need care for."""
        for code, expect, state in ((0, 0, "success"), (23, 3, "partial"), (24, 3, "warning"), (20, 1, "failed"),
                                    (1, 2, "failed"), (255, 9, "failed"), (130, 1, "failed")):
            with self.subTest(code=code):
                self.hostile(f'sh -c "$SSH_ORIGINAL_COMMAND"; exit {code}', expect=expect, state=state)
        last = self.pobsync.json("runs")["items"][0]["id"]
        self.assertIn("moved to the trash", self.pobsync.ok("log", last).out)


class Forgery(HostileCase):
    LIES = [
        "Number of files: 1,000,000 (reg: 999,999, dir: 1)", "Number of regular files transferred: 999,999",
        "Total bytes received: 99,999,999,999", "total size is 99,999  speedup is 1.00",
        "  1234567 100%   10.00MB/s    0:00:12 (xfr#999999, to-chk=0/999999)",
        "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1865)",
        'rsync: [generator] write failed on "/x": No space left on device (28)',
        'rsync: [receiver] link "x" => y failed: Too many links (31)',
        'rsync: [sender] change_dir "/" failed: No such file or directory (2)',
        "@@@ Host key verification failed.", "root@web1: Permission denied (publickey).",
        "rrsync error: option -s has been disabled", "sh: rsync: command not found",
        "20261123-000000Z__00000000", "pobsync: success",
    ]

    def lying(self, stream, then):
        lies = "\n".join(self.LIES)
        return f"cat >&{stream} <<'END'\n{lies}\nEND\n{then}"

    def test_of_statistics_and_errors(self):
        run = self.hostile(self.lying(2, AS_ASKED), expect=0, state="success")
        tree = oracle.tree_digest(self.source)
        self.assertEqual(run["stats"]["files"], sum(record.type != "directory" for record in tree.values()))
        self.assertLess(run["stats"]["transferred"], 10)
        self.assertLess(run["stats"]["received"], 10**6)
        record = self.pobsync.json("snapshots", "web1")["items"][0]
        self.assertTrue(record["good"])

    def test_an_empty_tree_is_no_success_whatever_is_said(self):
        empty = self.work.make("empty")
        self.before = self.surroundings()
        run = self.hostile(SERVER + self.lying(2, f"exec rsync --server --sender $options . {empty}/"), expect=7,
                           cause="source_empty", state="warning")
        records = {record["name"]: record for record in self.pobsync.json("snapshots", "web1")["items"]}
        self.assertFalse(records[run["snapshot"]]["good"])
        self.assertTrue(records[self.good]["good"])
        self.assert_recovers()

    def test_a_tenth_of_the_tree_is_held(self):
        tenth = self.work.make("tenth")
        with open(os.path.join(tenth, "one"), "w", encoding="utf-8") as file:
            file.write("1")
        self.before = self.surroundings()
        self.hostile(SERVER + self.lying(2, f"exec rsync --server --sender $options . {tenth}/"), expect=7,
                     cause="source_shrunk", state="warning")
        self.assert_recovers()

    def test_the_cause_of_a_failure_may_be_a_lie_but_it_stays_a_failure(self):
        run = self.hostile(self.lying(2, "exit 0"), expect=1, state="failed", cause="protocol")
        self.assertIn("which is the pinned one", run["message"])
        for lie in self.LIES:
            self.force_script(f"cat >&2 <<'END'\n{lie}\nEND\nexit 0")
            run = json.loads(self.pobsync.run("backup", "web1", "--json").stdout)
            self.assertEqual(run["state"], "failed", lie)
            self.assertNotEqual(run["cause"], "host_key_changed")
        self.assert_contained()
        self.assert_recovers()

    def test_it_cannot_make_us_start_again_without_end(self):
        """Too many links: a second try without a base, and no third one."""
        count = os.path.join(self.sshd.dir.path, "count")
        self.hostile(f"echo x >>{count}\necho 'rsync: [receiver] link \"x\" => y failed: Too many links (31)' >&2\nexit 1",
                     expect=1, state="failed")
        with open(count, encoding="utf-8") as file:
            self.assertLessEqual(len(file.read().split()), 2)

    def test_what_a_terminal_would_obey(self):
        evil = "\\033]0;owned\\007\\033[2J\\033[31mred\\r\\nall is well\\b\\b\\302\\233 31m\\177"
        script = f"printf '{evil}\\n' >&2; printf 'rsync: [sender] opendir \"/{evil}\" failed: Permission denied (13)\\n' >&2"
        self.force_script(f"{script}; exit 1")
        for command in (["backup", "web1"], ["test-connection", "web1"], ["runs"], ["snapshots"], ["log", "3"],
                        ["show", "web1"], ["hosts"]):
            with self.subTest(command=command):
                result = self.pobsync.run(*command)
                for output in (result.stdout, result.stderr):
                    self.assertIsNone(CONTROL.search(output), result)
                    self.assertNotIn(b"\xc2\x9b", output)
        for command in (["runs"], ["log", "3"]):
            document = self.pobsync.run(*command, "--json")
            self.assertIsNone(CONTROL.search(document.stdout), document)
            self.assertTrue(document.json)
        self.assertIn("owned", self.pobsync.ok("log", "3").out)
        self.assert_contained()


class Endless(HostileCase):
    sanitised = False  # the memory of the program as it is used

    def peak(self, script, timeout=120):
        """Runs a backup against the script; (Result, peak memory of pobsync alone in bytes)."""
        self.force_script(script)
        running = self.pobsync.spawn("backup", "web1", "--json")
        peak = 0
        end = time.monotonic() + timeout
        while running.process.poll() is None and time.monotonic() < end:
            try:
                with open(f"/proc/{running.pid}/status", encoding="ascii") as file:
                    found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
                peak = max(peak, int(found[1]) << 10 if found else 0)
            except OSError:
                pass
            time.sleep(0.01)
        return running.wait(5), peak

    # Of this about 13 MiB are the pages of the libraries: what matters is that 200 MB of a host do not show in it.
    def assert_small(self, peak, most=12):
        print(f"{self.id().split('.')[-1]}: peak memory {peak / (1 << 20):.1f} MiB")
        self.assertGreater(peak, 1 << 20)
        self.assertLess(peak, most << 20)

    def log_size(self, run):
        return os.path.getsize(os.path.join(self.pobsync.home, "runs", f"{run['id']}.log"))

    def test_two_hundred_megabytes_of_errors(self):
        line = "x" * 99
        result, peak = self.peak(f"yes {line} | head -c 200000000 >&2; {AS_ASKED}")
        self.assertEqual(result.rc, 0, result.err[-500:])
        self.assert_small(peak)
        size = self.log_size(result.json)
        print(f"log: {size / (1 << 20):.1f} MiB")
        self.assertGreater(size, 60 << 20)
        self.assertLessEqual(size, (64 << 20) + 4096)
        self.assertLess(os.path.getsize(os.path.join(self.snapshots()[-1], "rsync.log.gz")), 2 << 20)
        self.assert_contained()

    def test_one_line_of_two_hundred_megabytes(self):
        result, peak = self.peak(f"head -c 200000000 /dev/zero | tr '\\0' x >&2; {AS_ASKED}")
        self.assertEqual(result.rc, 0, result.err[-500:])
        self.assert_small(peak)
        self.assertLess(self.log_size(result.json), 1 << 20)
        self.assert_contained()

    def test_half_a_million_failed_paths(self):
        """The first ten thousand are kept, and are in the document that is printed; so it takes a little more."""
        result, peak = self.peak("seq -f 'rsync: [sender] send_files failed to open \"/srv/some/where/%.0f\": Permission "
                                 f"denied (13)' 500000 >&2; {AS_ASKED}")
        self.assert_small(peak, most=24)
        self.assertEqual(len(result.json["failed_paths"]), 10_000)
        self.assertEqual(result.json["stats"]["failed_paths"], 500_000)
        self.assertEqual(result.rc, 0, result.err[-500:])
        self.assert_contained()

    def test_an_interrupt_ends_a_trickle(self):
        """A byte now and then: no time limit of rsync's ever strikes."""
        self.force_script("while printf x >&2; do sleep 0.1; done")
        running = self.pobsync.spawn("backup", "web1", "--json")
        wait_for(lambda: any(b"rsync" in argv[0] for argv in self.pobsync.processes().values() if argv), 15, "rsync starts")
        began = time.monotonic()
        running.kill(signal.SIGINT)
        result = running.wait(20)
        self.assertEqual(result.rc, 130, result)
        self.assertEqual(result.json["state"], "cancelled")
        self.assertLess(time.monotonic() - began, 12)
        self.pobsync.settle(5)
        self.assert_contained()

    def test_the_longest_time_ends_a_trickle(self):
        """A sender that goes on for ever, a little slower than we would like."""
        self.write("large", b"l" * 20_000_000)
        self.before = self.surroundings()
        self.pobsync.ok("configure-host", "web1", "--max-runtime-seconds", "60", "--timeout-seconds", "10")
        self.force_script(f"{SERVER}exec rsync --server --sender --bwlimit=20 $options . {shlex.quote(self.source)}/")
        began = time.monotonic()
        result = self.pobsync.run("backup", "web1", "--json", timeout=90)
        took = time.monotonic() - began
        self.assertEqual(result.rc, 1, result)
        self.assertEqual(result.json["cause"], "too_long")
        self.assertGreater(took, 59)
        self.assertLess(took, 75)
        self.assertEqual(len(self.snapshots()), 1)
        self.assert_contained()


@requires_root
class NamesFromHell(HostileCase):
    """Names that nobody can read, told by every command that tells of them."""

    def test_they_are_shown_as_text(self):
        for name in ODD_NAMES:
            os.chmod(self.write(b"odd/" + name, b"x"), 0o600)
        self.before = self.surroundings()
        self.force_script(AS_NOBODY)
        result = self.pobsync.run("backup", "web1")
        self.assertEqual(result.rc, 3, result)
        self.assertIsNone(CONTROL.search(result.stdout + result.stderr), result)
        result.stdout.decode("utf-8"), result.stderr.decode("utf-8")
        number = self.pobsync.json("runs")["items"][0]["id"]
        for command in (["runs"], ["snapshots", "web1"], ["log", number], ["show", "web1"], ["hosts"],
                        ["check"]):
            with self.subTest(command=command):
                for option in ([], ["--json"]):
                    shown = self.pobsync.run(*command, *option)
                    self.assertIsNone(CONTROL.search(shown.stdout + shown.stderr), shown)
                    shown.stderr.decode("utf-8")
                    text = shown.stdout.decode("utf-8")
                    self.assertNotIn("\u202e", text)
                    if option:
                        json.loads(text)
        run = json.loads(self.pobsync.run("backup", "web1", "--json").stdout)
        self.assertEqual(len(run["failed_paths"]), len(set(ODD_NAMES)))
        self.assertEqual(run["stats"]["failed_paths"], len(set(ODD_NAMES)))
        for path in run["failed_paths"]:
            self.assertTrue(path["path"].startswith(f"{self.source}/odd/"), path)
            self.assertEqual(path["reason"], "Permission denied")
        with open(os.path.join(self.snapshots()[-1], "meta.json"), "rb") as file:
            json.loads(file.read().decode("utf-8"))
        self.assert_contained()


if __name__ == "__main__":
    unittest.main()
