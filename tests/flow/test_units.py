"""The units of systemd: what systemd says of them, and what runs with the rights that they give: each command of theirs is
started as systemd would start it, with user, groups, capabilities, sockets and the manager's socket."""

import glob
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import unittest

from kit import tree
from kit.case import HostCase
from kit.deadline import wait_for
from kit.pobsync import Running
from kit.web import PASSWORD, Browser
from kit.workdir import WorkDir

TIME_LIMIT = 300
TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
UNITS = os.path.join(TOP, "packaging", "systemd")

# The most that is taken of each, in tenths of the scale of systemd (0 is best). What makes snapshots wants capabilities.
EXPOSURE = {"pobsync.service": 42, "pobsync-worker.service": 40, "pobsync-scheduler.service": 30,
            "pobsync-reader.service": 17, "pobsync-web.service": 15}

# Directives that make a backup lose something, mostly without an error, and the units that make backups.
COPYING = ("pobsync.service", "pobsync-worker.service")
HARMFUL = {"PrivateDevices", "DevicePolicy", "DeviceAllow", "ProtectClock", "RestrictSUIDSGID", "PrivateUsers", "User",
           "DynamicUser", "ReadWritePaths", "ProtectHome", "ProtectProc", "ProcSubset", "PrivateNetwork"}
NEEDED = {"CAP_CHOWN", "CAP_FOWNER", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_MKNOD", "CAP_SETFCAP", "CAP_SYS_ADMIN"}

# Users that every Debian has, for those that an installation makes.
STAND_INS = {"pobsync-web": "nobody", "pobsync-reader": "daemon", "pobsync": "games"}


def directives(unit):
    """(name, value) of each line."""
    with open(os.path.join(UNITS, unit), encoding="utf-8") as file:
        return [tuple(line.strip().split("=", 1)) for line in file if re.match(r"[A-Za-z]+=", line)]


def words(unit, name):
    return [word for key, value in directives(unit) if key == name for word in value.split()]


class Text(unittest.TestCase):
    def test_what_copies_keeps_what_files_need(self):
        for unit in COPYING:
            self.assertEqual({name for name, _ in directives(unit)} & HARMFUL, set(), unit)
            self.assertLessEqual(NEEDED, set(words(unit, "CapabilityBoundingSet")), unit)
            self.assertIn(("OOMPolicy", "continue"), directives(unit))
            self.assertIn(("KillMode", "mixed"), directives(unit))

    def test_each_tells_that_it_lives_and_is_started_again(self):
        self.assertEqual({os.path.basename(path) for path in glob.glob(os.path.join(UNITS, "*.service"))}, set(EXPOSURE))
        for unit in EXPOSURE:
            for expected in (("Type", "notify"), ("NotifyAccess", "main"), ("Restart", "always"), ("TimeoutStopSec", "20"),
                             ("NoNewPrivileges", "yes"), ("UMask", "0007")):
                self.assertIn(expected, directives(unit), unit)
            self.assertTrue(words(unit, "WatchdogSec"), unit)
            self.assertEqual(words(unit, "RestrictSUIDSGID"), [], f"{unit}: it takes openat2(2) away")

    def test_the_parts_and_the_whole_exclude_each_other(self):
        parts = sorted(words("pobsync.target", "Wants"))
        self.assertEqual(parts, sorted(unit for unit in os.listdir(UNITS) if re.match(r"pobsync-.*\.(service|socket)$", unit)))
        for unit in parts:
            self.assertIn(("Conflicts", "pobsync.service"), directives(unit), unit)
            self.assertIn(("PartOf", "pobsync.target"), directives(unit), unit)
            self.assertEqual(words(unit, "WantedBy"), [], "the target alone is enabled")

    def test_systemd_has_nothing_to_say_against_them(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        work = self.enterContext(WorkDir("units."))
        program = work.write("pobsync", "#!/bin/sh\n")
        os.chmod(program, 0o755)
        paths = []
        for name in os.listdir(UNITS):
            if name.endswith((".service", ".socket", ".target")):
                with open(os.path.join(UNITS, name), encoding="utf-8") as file:
                    paths.append(work.write(name, file.read().replace("@bindir@", os.path.dirname(program))))
        done = subprocess.run(["systemd-analyze", "--man=no", "verify", *paths], capture_output=True, text=True,
                              timeout=60, check=False)
        about = [line for line in done.stderr.splitlines() if "pobsync" in line]
        self.assertEqual((done.returncode, about), (0, []), done.stderr)
        for unit, most in EXPOSURE.items():
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most}",
                                   work / unit], capture_output=True, text=True, timeout=60, check=False)
            print(done.stdout.strip().splitlines()[-1])
            self.assertEqual(done.returncode, 0, done.stdout)


# What systemd does right before it becomes the program. argv: where the port goes ("": no socket), setpriv and its arguments.
LAUNCH = """
import os, socket, sys
os.umask(0o007)
if sys.argv[1]:
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    with open(sys.argv[1], "w") as file:
        print(server.getsockname()[1], file=file)
    if server.fileno() == 3:
        os.set_inheritable(3, True)
    else:
        os.dup2(server.fileno(), 3)
    os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execvp(sys.argv[2], sys.argv[2:])
"""


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file)


class Manager:
    """As much of a service manager as a test needs: starts the command of a unit as the unit says, and hears what it tells."""

    def __init__(self, case, unit, without=()):
        self.place = case.work / f"notify.{unit}"
        self.port_file = case.work / f"port.{unit}" if words(unit, "Sockets") else ""
        if os.path.exists(self.place):
            os.unlink(self.place)  # of the one before
        self.heard = case.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.heard.bind(self.place)
        os.chmod(self.place, 0o777)
        self.heard.settimeout(30)
        command = [STAND_INS.get(word, word) for word in shlex.split(dict(directives(unit))["ExecStart"])]
        command[0] = case.program
        self.running = Running(["python3", "-c", LAUNCH, self.port_file, "setpriv", *self.rights(unit, without), "--", *command],
                               case.pobsync.environment({"NOTIFY_SOCKET": self.place, "WATCHDOG_USEC": "400000"}))
        case.pobsync.background.append(self.running)

    @property
    def port(self):
        with open(self.port_file, encoding="ascii") as file:
            return int(file.read())

    @staticmethod
    def rights(unit, without):
        def set_of(name):
            return [word.removeprefix("CAP_").lower() for word in words(unit, name) if word not in without]

        user, group = (dict(directives(unit)).get(name) for name in ("User", "Group"))
        ambient = set_of("AmbientCapabilities")
        options = ["--no-new-privs", "--bounding-set=" + ",".join(["-all", *(f"+{name}" for name in set_of("CapabilityBoundingSet"))])]
        if user:
            options += [f"--reuid={STAND_INS[user]}", f"--regid={STAND_INS[group]}", "--clear-groups"]
        if ambient:
            options += [f"--{kind}-caps=" + ",".join(f"+{name}" for name in ambient) for kind in ("inh", "ambient")]
        return options

    def expect(self, word):
        """Waits until it tells that."""
        while self.heard.recv(1000) != word:
            pass

    def end(self):
        self.running.process.terminate()
        return self.running.wait(20)


@unittest.skipUnless(os.geteuid() == 0, "needs root, to give rights away")
class UnitCase(HostCase):
    group = STAND_INS["pobsync"]
    sanitised = False  # it may not be read by all, and wants more than the rights of a unit

    def setUp(self):
        super().setUp()
        # The state as the installed configuration of systemd-tmpfiles makes it, and a root that nobody else may look into.
        os.chmod(self.pobsync.dir.path, 0o755)
        os.chmod(self.work.path, 0o755)
        self.program = self.work / "pobsync"
        shutil.copy(self.pobsync.binary, self.program)
        os.chmod(self.program, 0o755)
        self.give(self.pobsync.home, 0o2770)
        self.give(self.pobsync.dir.make("home/runs"), 0o2770)
        os.chmod(self.pobsync.root, 0o700)
        umask = os.umask(0o007)
        self.addCleanup(os.umask, umask)

    def give(self, path, mode):
        shutil.chown(path, 0, self.group)
        os.chmod(path, mode)


class Parts(UnitCase):
    """pobsync.target: each part with its own few rights, and the whole works."""

    def setUp(self):
        super().setUp()
        tree.fidelity_tree(self.source)
        self.add_host()
        self.pobsync.ok("test-connection", "web1")
        self.pobsync.ok("create-user", "anna", "--role", "admin", input=PASSWORD + "\n")
        self.parts = {name: self.start(name) for name in ("worker", "reader", "scheduler", "web")}
        self.port = self.parts["web"].port
        self.browser = Browser(self)
        self.browser.login("anna")

    def start(self, name):
        part = Manager(self, f"pobsync-{name}.service")
        part.expect(b"READY=1")
        return part

    def status(self, name):
        return status_of(self.parts[name].running.pid)

    def capabilities(self, name):
        return {kind: int(self.status(name)[kind], 16) for kind in ("CapEff", "CapPrm", "CapBnd")}

    def end_all(self):
        for part in reversed(self.parts.values()):
            self.assertEqual(part.end().rc, 0)
        self.pobsync.settle()

    def test_together_they_are_the_whole(self):
        for name, part in self.parts.items():
            part.expect(b"WATCHDOG=1")
            self.assertEqual(self.status(name)["NoNewPrivs"], "1", name)
        self.assertEqual(set(self.capabilities("web").values()), {0})
        self.assertEqual(set(self.capabilities("reader").values()), {1 << 2})
        status = self.browser.get("/api/v1/status/").json
        self.assertEqual((status["root"]["state"], status["root"]["hint"]), ("ok", None))

        self.assertEqual(self.browser.send("/hosts/web1/backup", page="/hosts/web1").status, 303)
        wait_for(lambda: self.snapshots(), 60, lambda: self.parts["worker"].running.output("stderr").decode())
        wait_for(lambda: self.query("SELECT count(*) FROM run WHERE state = 'running'") == [(0,)], 30, "it does not end")
        self.assert_same_tree(self.source, self.data())

        snapshot = os.path.basename(self.snapshots()[-1])
        for page, expected in {
            "/": "1 ok",
            "/hosts/": "web1",
            "/hosts/web1": "1 found",
            "/hosts/web1/discovery": "1 found",
            "/discovery": "None.",
            "/hosts/web1/incomplete": "Nothing unfinished",
            "/hosts/web1/setup/schedule": "Schedule",
            "/self-check": "rsync",
            "/hosts/web1/browse": snapshot,
        }.items():
            answer = self.browser.get(page)
            self.assertEqual(answer.status, 200, f"{page}: {answer}")
            self.assertIn(expected, answer.text, page)
            self.assertNotIn("permission denied", answer.text, page)
        listen = {"POBSYNC_LISTEN": f"0.0.0.0:{self.port}"}
        for name, part in self.parts.items():
            self.pobsync.ok("alive", name, env=listen)
            with open(f"/proc/{part.running.pid}/comm", encoding="ascii") as file:
                self.assertEqual(file.read(), "pobsync\n")
        self.end_all()
        for name in ("web", "reader", "worker"):
            self.assertEqual(self.pobsync.run("alive", name, env=listen).rc, 1, name)
        self.assertEqual(self.pobsync.run("alive", "cook").rc, 2)

    def test_logs_are_seen_from_the_state_and_from_the_snapshot(self):
        self.browser.send("/hosts/web1/backup", page="/hosts/web1")
        run = wait_for(lambda: self.query("SELECT id FROM run WHERE job = 'backup' AND state IN ('success', 'warning')"), 60,
                       lambda: self.parts["worker"].running.output("stderr").decode())[0][0]
        self.assertIn("Number of files", self.browser.get(f"/runs/{run}/log").text)
        for path in glob.glob(os.path.join(self.pobsync.home, "runs", "*.log*")):
            os.unlink(path)
        self.assertIn("Number of files", self.browser.get(f"/runs/{run}/log").text)
        self.end_all()

    def test_without_the_reader_the_web_says_so(self):
        self.parts["reader"].end()
        answer = self.browser.get("/hosts/web1")
        self.assertEqual(answer.status, 503, answer)
        self.assertIn("the reader", answer.text)
        self.parts["reader"] = self.start("reader")
        self.assertEqual(self.browser.get("/hosts/web1").status, 200)
        self.end_all()


class Whole(UnitCase):
    """pobsync.service."""

    group = "nogroup"  # whose member the stand-in is, as pobsync-web is of pobsync

    def test_only_the_web_is_another_user(self):
        self.write("file", "content\n")
        self.add_host()
        self.backup()
        self.pobsync.ok("create-user", "anna", "--role", "admin", input=PASSWORD + "\n")
        self.pobsync.env["POBSYNC_LISTEN"] = "127.0.0.1:0"
        up = Manager(self, "pobsync.service")
        up.expect(b"READY=1")
        wait_for(lambda: b"listening on" in up.running.output("stderr"), 30, lambda: up.running.output("stderr").decode())
        users = {}
        for pid, argv in self.pobsync.processes().items():
            status = status_of(pid)
            users[argv[1].decode()] = (status["Uid"].split()[0], int(status["CapEff"], 16))
        self.assertEqual(users["serve"], ("65534", 0), users)
        self.assertEqual(users["worker"][0], "0", users)
        self.fetch(int(re.search(rb"listening on http://127.0.0.1:(\d+)/", up.running.output("stderr"))[1]))
        self.assertEqual(up.end().rc, 0)
        self.pobsync.settle()

    def test_web_and_reader_alone_share_a_database(self):
        """As compose.yaml runs them: the files beside the database are the web's, for it opens them first."""
        self.write("file", "content\n")
        self.add_host()
        self.backup()
        self.pobsync.ok("create-user", "anna", "--role", "admin", input=PASSWORD + "\n")
        up = Running(["setpriv", "--no-new-privs", "--bounding-set=-all,+dac_read_search,+setuid,+setgid,+kill", "--", self.program,
                      "up", "--only-web", "--web-user", STAND_INS["pobsync-web"], "--listen", "127.0.0.1:0"], self.pobsync.environment())
        self.pobsync.background.append(up)
        wait_for(lambda: b"listening on" in up.output("stderr"), 30, lambda: up.output("stderr").decode())
        self.assertEqual(os.stat(self.pobsync.database + "-wal").st_uid, 65534)
        self.fetch(int(re.search(rb"listening on http://127.0.0.1:(\d+)/", up.output("stderr"))[1]))
        up.kill(signal.SIGTERM)
        self.assertEqual(up.wait(20).rc, 0)
        self.pobsync.settle()

    def fetch(self, port):
        """A file comes through a reader that may write the audit although the files of the database are the web's."""
        self.port = port
        browser = Browser(self)
        browser.login("anna")
        name = os.path.basename(self.snapshots()[-1])
        self.assertEqual(browser.get(f"/hosts/web1/content/{name}/file").body, b"content\n")
        archive = browser.get(f"/hosts/web1/archive/{name}?format=tar")
        self.assertEqual(archive.status, 200, archive)
        self.assertIn(b"content\n", archive.body)
        self.assertEqual(self.query("SELECT count(*) FROM audit WHERE action LIKE 'file.%'"), [(2,)])

    def test_each_capability_of_files_is_missed_when_it_is_not_there(self):
        os.mknod(os.path.join(self.source, "device"), stat.S_IFCHR | 0o600, os.makedev(1, 3))
        self.write("file")
        self.add_host()
        self.pobsync.ok("test-connection", "web1")
        self.pobsync.ok("backup", "web1", "--queue")
        worker = Manager(self, "pobsync-worker.service", without=("CAP_MKNOD",))
        wait_for(lambda: self.query("SELECT count(*) FROM run WHERE state IN ('queued', 'running')") == [(0,)], 60,
                 lambda: worker.running.output("stderr").decode())
        kept = [name for path in self.snapshots() for name in os.listdir(os.path.join(path, "data"))]
        self.assertNotIn("device", kept, "then nothing shows that the unit gives what is needed")
        worker.end()


if __name__ == "__main__":
    unittest.main()
