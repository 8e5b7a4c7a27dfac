"""The command line as a whole: help, options, settings, streams, exit statuses that need no ssh server."""

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import unittest

from kit.workdir import WorkDir

PLAIN = os.environ.get("POBSYNC") or os.environ["POBSYNC_ASAN"]
PROGRAM = os.environ.get("POBSYNC_ASAN") or PLAIN

# For each setting: the words of a command line, and the value that JSON shows then.
SETTINGS = {
    "parallel_runs": (["--parallel-runs", "3"], 3),
    "allowed_hosts": (["--allowed-hosts", "backup.example.net", "--allowed-hosts=10.0.0.1"],
                      ["backup.example.net", "10.0.0.1"]),
    "trusted_proxies": (["--trusted-proxies", "10.0.0.0/8"], ["10.0.0.0/8"]),
    "address": (["--address", "192.0.2.7"], "192.0.2.7"),
    "enabled": (["--no-enabled"], False),
    "timezone": (["--timezone", "Europe/Amsterdam"], "Europe/Amsterdam"),
    "ssh_user": (["--ssh-user", "backup"], "backup"),
    "ssh_port": (["--ssh-port", "2222"], 2222),
    "ssh_identity_file": (["--ssh-identity-file", "/etc/pobsync/key"], "/etc/pobsync/key"),
    "ssh_options": (["--ssh-options", "ProxyJump=bastion"], ["ProxyJump=bastion"]),
    "rsync_binary": (["--rsync-binary", "/usr/bin/rsync"], "/usr/bin/rsync"),
    "rsync_args": (["--rsync-args=--checksum", "--rsync-args", "--numeric-ids"], ["--checksum", "--numeric-ids"]),
    "bwlimit_kbps": (["--bwlimit-kbps", "1000"], 1000),
    "timeout_seconds": (["--timeout-seconds", "10m"], 600),
    "max_runtime_seconds": (["--max-runtime-seconds=1h30m"], 5400),
    "retries": (["--retries", "0"], 0),
    "source_root": (["--source-root", "/srv"], "/srv"),
    "includes": (["--includes", "etc", "--includes", "home"], ["etc", "home"]),
    "excludes": (["--excludes", "*.tmp", "--excludes", "/a b/*"], ["*.tmp", "/a b/*"]),
    "excludes_replace": (["--excludes-replace"], True),
    "one_file_system": (["--one-file-system"], True),
    "keep_last": (["--keep-last", "1"], 1),
    "keep_hourly": (["--keep-hourly", "2"], 2),
    "keep_daily": (["--keep-daily", "3"], 3),
    "keep_weekly": (["--keep-weekly", "4"], 4),
    "keep_monthly": (["--keep-monthly", "5"], 5),
    "keep_yearly": (["--keep-yearly", "6"], 6),
    "protect_bases": (["--protect-bases"], True),
    "max_delete": (["--max-delete", "7"], 7),
    "allow_empty": (["--allow-empty"], True),
    "max_age_hours": (["--max-age-hours", "48"], 48),
    "min_free_bytes": (["--min-free-bytes", "500M"], 500 << 20),
    "min_free_inodes": (["--min-free-inodes", "9"], 9),
    "keep_logs_days": (["--keep-logs-days", "7"], 7),
}


class Cli(unittest.TestCase):
    """Runs the program with a state directory of its own."""

    program = PROGRAM

    def setUp(self):
        self.dir = WorkDir("cli.")
        self.addCleanup(self.dir.remove)
        self.home = self.dir / "home"
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith("POBSYNC") and key not in ("COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "JOURNAL_STREAM")
        } | {"POBSYNC_HOME": self.home, "POBSYNC_ENV_FILE": "/dev/null", "TERM": "xterm"}

    def run_program(self, *words, program=None, environment=(), **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.run([program or self.program, *words], env=self.environment | dict(environment), text=True,
                              timeout=60, check=False, **options)

    def ok(self, *words, **options):
        """Standard output of a command that must succeed."""
        done = self.run_program(*words, **options)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
        return done.stdout

    def document(self, *words):
        return json.loads(self.ok(*words, "--json"))

    def refused(self, status, *words, **options):
        """Standard error of a command that must end with this status and print no data."""
        done = self.run_program(*words, **options)
        self.assertEqual(done.returncode, status, f"{words}: {done.stderr}")
        self.assertEqual(done.stdout, "", words)
        self.assertRegex(done.stderr, r"\Apobsync: \S")
        return done.stderr

    def add_root(self):
        root = self.dir.make("root")
        self.ok("configure-global", "--backup-root", root)
        return root

    def add_host(self, *options):
        self.ok("configure-host", "web1", "--address", "127.0.0.1", *options)

    def setting(self, document, name):
        return next(item for item in document["settings"] if item["name"] == name)

    def command_names(self):
        return [line.split()[0] for line in self.ok("help", "commands").splitlines() if re.match(r"  \S", line)]

    def open_pty(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        return master, slave

    def read_pty(self, master):
        """All that was written, once the other side is closed."""
        text = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # EIO: nobody has the terminal open any more
                return text.decode().replace("\r\n", "\n")
            text += part

    def run_on_terminal(self, *words, environment=()):
        """What the program prints when its standard output is a terminal."""
        master, slave = self.open_pty()
        done = self.run_program(*words, environment=environment, stdout=slave)
        os.close(slave)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.read_pty(master)


def options_of_help(text):
    """The options that a help text lists, by its indented terms."""
    terms = [line for line in text.splitlines() if re.match(r"  -", line)]
    return {option for term in terms for option in re.findall(r"--[a-z][a-z-]*", term.split("   ")[0])}


def sections_of_manual(source):
    """{heading: options listed below it}, from the source in scdoc's format."""
    sections, heading = {}, None
    for line in source.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
            sections[heading] = set()
        elif line.startswith("*\\-"):
            sections[heading].update(re.findall(r"--[a-z][a-z-]*", line.replace("\\", "")))
    return sections


class Help(Cli):
    def assert_fits(self, text):
        self.assertTrue(text.endswith("\n"))
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, line)
            self.assertEqual(line, line.rstrip())

    def test_each_command_has_help(self):
        names = self.command_names()
        self.assertGreater(len(names), 15)
        for name in names:
            with self.subTest(name):
                done = self.run_program(name, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"Usage: pobsync {name}", done.stdout)
                self.assert_fits(done.stdout)
                self.assertEqual(self.ok(name, "-h"), done.stdout)
                self.assertEqual(self.ok("help", name), done.stdout)
        self.assertFalse(os.path.exists(self.home), "help must not make a state directory")

    def test_each_topic_fits(self):
        text = self.ok("--help")
        self.assertEqual(self.ok("help"), text)
        self.assert_fits(text)
        topics = re.search(r"Topics of pobsync help:\n((?:  .*\n)+)", text)[1]
        names = [line.split()[0] for line in topics.splitlines()]
        self.assertEqual(names, ["commands", "settings", "exit-codes", "environment", "replaced-commands"])
        for name in names:
            self.assert_fits(self.ok("help", name))
            self.assertIn(name, self.ok("help", "--help"))

    def test_alone_it_says_what_to_type(self):
        done = self.run_program()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("pobsync help", done.stderr)
        self.assert_fits(done.stderr)

    def test_an_unknown_topic_is_refused(self):
        self.assertIn("did you mean exit-codes?", self.refused(2, "help", "exit-code"))

    def test_version(self):
        self.assertRegex(self.ok("--version"), r"\Apobsync \d+\.\d+\.\d+\n\Z")
        self.assertEqual(self.ok("backup", "--version"), self.ok("--version"))

    def test_exit_codes_are_those_that_were_promised(self):
        listed = re.findall(r"^  (\d+) ", self.ok("help", "exit-codes"), re.M)
        self.assertEqual(listed, "0 1 2 3 4 5 6 7 8 9 10 130".split())

    def test_help_manual_and_completion_list_the_same_options(self):
        manual = sections_of_manual(self.ok("help", "--man"))
        everywhere = manual["OPTIONS"]
        self.assertEqual(manual["SETTINGS"], options_of_help(self.ok("help", "settings")))
        seen = set()
        for name in self.command_names():
            with self.subTest(name):
                text = self.ok(name, "--help")
                listed = options_of_help(text)
                own = next(options for heading, options in manual.items() if heading.split()[0] == name)
                settings = manual["SETTINGS"] & listed if "\nSettings:\n" in text else set()
                shared = everywhere if "--json" in listed else everywhere - {"--json"}
                self.assertEqual(listed, own | settings | shared)
                completed = {line.split("\t")[0] for line in self.ok("__complete", name, "--").splitlines()}
                self.assertEqual(completed, listed)
                seen |= settings
        self.assertEqual(seen, manual["SETTINGS"])

    def test_the_manual_is_well_formed(self):
        for tool in ("scdoc", "mandoc"):
            if shutil.which(tool) is None:
                self.skipTest(f"{tool} is not installed")
        page = subprocess.run(["scdoc"], input=self.ok("help", "--man"), capture_output=True, text=True, check=True)
        path = self.dir.write("pobsync.1", page.stdout)
        # scdoc always begins a section with an empty paragraph, which mandoc warns of.
        lint = subprocess.run(["mandoc", "-Tlint", "-Werror", path], capture_output=True, text=True, check=False)
        self.assertEqual((lint.returncode, lint.stdout), (0, ""))


class Usage(Cli):
    def test_typing_errors_get_a_suggestion(self):
        for words, expected in [
            (["bakcup", "web1"], "did you mean backup?"),
            (["backup", "web1", "--manaul"], "did you mean --manual? see pobsync backup --help"),
            (["configure-host", "web1", "--ssh-prot", "22"], "did you mean --ssh-port?"),
            (["configure-host", "web1", "--unset", "ssh-prot"], "did you mean ssh-port?"),
            (["configure-global", "--ssh_port", "22"], "did you mean --ssh-port?"),
        ]:
            with self.subTest(words):
                self.assertIn(expected, self.refused(2, *words))

    def test_what_is_not_understood_is_said(self):
        for words, expected in [
            (["frobnicate"], "not a command"),
            (["backup"], "needs HOST"),
            (["hosts", "web1"], "one word too many"),
            (["runs", "--limit"], "needs a value"),
            (["runs", "--limit", "many"], "--limit"),
            (["runs", "--limit", "0"], "--limit"),
            (["runs", "--state", "fine"], "none of"),
            (["log", "last"], "RUN"),
            (["hosts", "--json=yes"], "takes no value"),
            (["completion", "ksh"], "none of"),
            (["host-key", "web1", "--accept", "SHA256:x", "--forget"], "contradict"),
            (["release", "web1", "latest"], "--reason"),
            (["configure-host", "web1", "--backup-root", "/b"], "whole installation"),
            (["configure-global", "--address", "x"], "each host"),
            (["configure-host", "web1", "--excludes", "a\nb"], "newline"),
        ]:
            with self.subTest(words):
                self.assertIn(expected, self.refused(2, *words))
        self.assertFalse(os.path.exists(self.home), "a command that is not understood must do nothing")

    def test_errors_as_json(self):
        for status, http, code, words in [(2, 400, "usage", ["backup", "--json"]),
                                          (2, 400, "usage", ["--json", "frobnicate"]),
                                          (2, 400, "usage", ["completion", "bash", "--json"]),
                                          (2, 422, "invalid", ["configure-host", "web1", "--json", "--ssh-port", "0"]),
                                          (5, 404, "not_found", ["show", "nobody", "--json"])]:
            with self.subTest(words):
                done = self.run_program(*words)
                self.assertEqual((done.returncode, done.stdout), (status, ""))
                problem = json.loads(done.stderr)
                self.assertEqual(set(problem), {"type", "title", "status", "detail", "code", "hint"})
                self.assertEqual(problem["code"], code)
                self.assertEqual(problem["status"], http)
                self.assertEqual(problem["type"], "/problems/" + code.replace("_", "-"))
                self.assertTrue(problem["detail"])

    def test_hostile_words_do_no_harm(self):
        for word in ["\x1b[31mred", "a\nb", "web\u202e1", "\udcff\udcfe"]:
            with self.subTest(repr(word)):
                done = subprocess.run([PROGRAM, "show", word], env=self.environment, capture_output=True, timeout=60,
                                      check=False)
                self.assertIn(done.returncode, (2, 5))
                self.assertNotIn(b"\x1b", done.stderr)
                self.assertEqual(len(done.stderr.decode().splitlines()), done.stderr.count(b"\n"))

    def test_replaced_commands_name_the_new_one(self):
        here = set(self.command_names())
        text = self.ok("help", "replaced-commands")
        table = re.findall(r"^  ([a-z_ ]+?)(?:  +|\n +)pobsync ([a-z-]+)(.*)", text, re.M)
        self.assertGreater(len(table), 10)
        self.assertIn(("django check", "check", ""), table)
        for old, now, _ in table:
            with self.subTest(old):
                text = self.refused(2, *old.split(), "--prefix", "/opt/pobsync")
                self.assertIn(f'is now "{now}"', text)
                self.assertEqual("later version" in text, now not in here)
        self.assertIn("help replaced-commands", self.refused(2, "django", "shell"))
        self.assertIn('"backup"', self.refused(2, "django", "run_pobsync_backup", "web1"))
        self.assertIn("run_pobsync_backup", self.ok("help", "--man").replace("\\", ""))


class Settings(Cli):
    program = PLAIN  # some hundred runs

    def setUp(self):
        super().setUp()
        self.add_host()

    def offered(self, command):
        """The fields that a command may set."""
        options = options_of_help(self.ok(command, "--help"))
        return [field for field in SETTINGS if "--" + field.replace("_", "-") in options]

    def test_each_field_has_a_sample_here(self):
        listed = options_of_help(self.ok("help", "settings")) - {"--unset"}
        fields = {option[2:].replace("-", "_") for option in listed if not option.startswith("--no-")}
        self.assertEqual(fields, set(SETTINGS) | {"backup_root"})
        self.assertEqual(set(self.offered("configure-global")) | set(self.offered("configure-host")), set(SETTINGS))

    def test_global_round_trip(self):
        self.round_trip(["configure-global"], "global", ["configure-global"])

    def test_host_round_trip(self):
        self.round_trip(["configure-host", "web1"], "host", ["show", "web1"])

    def round_trip(self, command, origin, show):
        """Sets and unsets each field, and sees that nothing else is touched."""
        first = self.document(*show)
        for field in self.offered(command[0]):
            words, value = SETTINGS[field]
            with self.subTest(field):
                if field == "address":  # the one that a host cannot be without
                    self.refused(2, *command, "--unset", field)
                    continue
                before = self.setting(first, field)
                document = self.document(*command, *words)
                self.assertEqual(document["changed"], [field])
                for setting in document["settings"]:
                    if setting["name"] != field:
                        self.assertIn(setting, first["settings"])
                after = self.setting(document, field)
                self.assertEqual(after["origin"], origin)
                if field == "excludes" and origin == "host":  # they extend the global ones
                    value = before["value"] + value
                self.assertEqual(after["value"], value)
                self.assertEqual(self.setting(self.document(*show), field), after)
                self.assertEqual(self.document(*command, "--unset", field.replace("_", "-"))["changed"], [field])
        self.assertEqual(self.document(*show), first)

    def test_what_is_so_already_is_no_change(self):
        for words in [["--ssh-port", "2222"], ["--unset", "ssh_port"]]:
            self.assertEqual(self.document("configure-host", "web1", *words)["changed"], ["ssh_port"])
            self.assertEqual(self.document("configure-host", "web1", *words)["changed"], [])

    def test_not_set_and_set_to_nothing_are_two_things(self):
        self.ok("configure-global", "--ssh-options", "Compression=yes")
        inherited = self.setting(self.document("show", "web1"), "ssh_options")
        self.assertEqual((inherited["value"], inherited["origin"]), (["Compression=yes"], "global"))
        self.ok("configure-host", "web1", "--ssh-options", "")
        emptied = self.setting(self.document("show", "web1"), "ssh_options")
        self.assertEqual((emptied["value"], emptied["origin"]), ([], "host"))
        self.assertRegex(self.ok("show", "web1"), r"(?m)^ssh_options +\(nothing\) +host$")

    def test_booleans_have_two_options(self):
        for words, value in [(["--no-enabled"], False), (["--enabled"], True), (["--enabled", "--no-enabled"], False)]:
            self.ok("configure-host", "web1", *words)
            self.assertEqual(self.setting(self.document("show", "web1"), "enabled")["value"], value)

    def test_a_mistake_changes_nothing(self):
        before = self.document("show", "web1")
        for words in [["--ssh-user", "backup", "--ssh-port", "0"], ["--ssh-user", "backup", "--rsync-args=--delete"],
                      ["--ssh-user", "backup", "--ssh-options", "ProxyCommand=sh"],
                      ["--ssh-user", "backup", "--unset", "ssh_user"], ["--ssh-user", "-oProxyCommand=sh"]]:
            with self.subTest(words):
                self.refused(2, "configure-host", "web1", *words)
                self.assertEqual(self.document("show", "web1"), before)

    def test_names_of_hosts(self):
        for name in ["-v", "Web1", "../x", "a/b", "", "x" * 65, "web1\n"]:
            with self.subTest(name):
                self.refused(2, "configure-host", "--address", "192.0.2.1", "--", name)
        self.assertEqual([item["host"] for item in self.document("hosts")["items"]], ["web1"])

    def test_a_new_host_needs_its_address(self):
        self.assertIn("--address", self.refused(2, "configure-host", "web2", "--ssh-port", "22"))

    def test_removing_a_host(self):
        self.assertIn("--yes", self.refused(7, "remove-host", "web1"))
        self.assertEqual(len(self.document("hosts")["items"]), 1)
        self.assertTrue(self.document("remove-host", "web1", "--yes")["removed"])
        self.assertEqual(self.document("hosts"), {"items": []})
        self.refused(5, "remove-host", "web1", "--yes")

    def test_removal_may_be_confirmed_on_a_terminal(self):
        for typed, words, status in [("web2", [], 7), ("web1", ["--no-input"], 7), ("web1", [], 0)]:
            with self.subTest(typed, words=words):
                master, slave = self.open_pty()
                os.write(master, typed.encode() + b"\n")
                done = self.run_program("remove-host", "web1", *words, stdin=slave, stderr=slave)
                os.close(slave)
                self.assertEqual(done.returncode, status, self.read_pty(master))
                self.assertEqual(len(self.document("hosts")["items"]), 0 if status == 0 else 1)


class ExitStatus(Cli):
    def test_0_and_data_on_standard_output(self):
        self.add_root()
        self.add_host()
        for words in [["hosts"], ["show", "web1"], ["snapshots"], ["snapshots", "web1"], ["runs"], ["migrate"],
                      ["configure-global"], ["key", "web1"], ["host-key", "web1", "--no-probe"]]:
            with self.subTest(words):
                self.ok(*words)
                done = self.run_program(*words, "--json")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(json.dumps(json.loads(done.stdout), indent=2, ensure_ascii=False) + "\n", done.stdout)

    def test_1_failed(self):
        self.ok("hosts")
        path = os.path.join(self.home, "pobsync.db")
        for suffix in ("-wal", "-shm"):
            if os.path.exists(path + suffix):
                os.unlink(path + suffix)
        with open(path, "wb") as file:
            file.write(b"this is no database\n" * 1000)
        self.refused(1, "hosts")

    def test_1_a_check_has_failed(self):
        self.ok("migrate")
        done = self.run_program("check", "--json")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertFalse(json.loads(done.stdout)["ok"])
        text = self.run_program("check").stdout
        self.assertRegex(text, r"(?m)^backup_root +failed ")
        self.assertRegex(text, rf"(?m)^home +{re.escape(self.home)} +environment$")

    def test_4_not_allowed(self):
        self.ok("hosts")
        program = shutil.copy(PROGRAM, self.dir / "pobsync")
        if os.geteuid() == 0:
            self.refused(4, "hosts", program=program, user=65534, group=65534, extra_groups=[])
        else:
            os.chmod(self.home, 0)
            self.addCleanup(os.chmod, self.home, 0o700)
            self.refused(4, "hosts", program=program)

    def test_5_not_found(self):
        self.add_host()
        for words in [["show", "nobody"], ["snapshots", "nobody"], ["runs", "--host", "nobody"], ["log", "99"],
                      ["backup", "nobody"], ["key", "nobody"], ["host-key", "nobody"], ["test-connection", "nobody"],
                      ["release", "nobody", "latest", "--reason", "x"]]:
            with self.subTest(words):
                self.refused(5, *words)

    def test_6_busy(self):
        root = self.add_root()
        self.add_host()
        os.mkdir(os.path.join(root, "web1"))
        with open(os.path.join(root, "web1", ".lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.refused(6, "backup", "web1")
        self.assertEqual(self.document("runs")["items"], [], "a busy host makes no run")

    def test_7_refused(self):
        self.add_host()
        self.refused(7, "remove-host", "web1")
        self.refused(7, "release", "web1", "latest", "--reason", "x")

    def test_8_backup_root(self):
        root = self.add_root()
        self.add_host()
        os.rename(root, root + ".away")
        done = self.run_program("backup", "web1", "--json")
        self.assertEqual((done.returncode, done.stderr), (8, ""))
        run = json.loads(done.stdout)
        self.assertEqual((run["state"], run["cause"]), ("failed", "root_missing"))
        done = self.run_program("backup", "web1")
        self.assertEqual(done.returncode, 8)
        self.assertRegex(done.stdout, r"\Aweb1  failed  run \d+\n")
        self.assertRegex(done.stderr, r"\Apobsync: .*\n  \S")
        self.assertEqual(len(self.document("runs", "--state", "failed", "--host", "web1")["items"]), 2)
        self.assertEqual(self.document("runs", "--state", "success")["items"], [])
        newest = self.document("runs", "--limit", "1")
        self.assertEqual(len(newest["items"]), 1)
        older = self.document("runs", "--before", str(newest["items"][0]["id"]))
        self.assertEqual([item["id"] for item in older["items"]], [run["id"]])
        self.assertIn("failed", self.ok("log", str(run["id"])))
        self.assertIn("failed", self.document("log", str(run["id"]))["log"])

    def test_9_unreachable(self):
        self.add_root()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take it
            self.add_host("--ssh-port", str(unused.getsockname()[1]), "--retries", "0")
            self.ok("key", "web1")
            done = self.run_program("test-connection", "web1")
            self.assertEqual(done.returncode, 9, done.stderr)
            self.assertRegex(done.stdout, r"(?m)^tcp +failed ")
            done = self.run_program("test-connection", "web1", "--json")
            self.assertEqual((done.returncode, done.stderr), (9, ""))
            self.assertEqual(json.loads(done.stdout)["cause"], "host_unreachable")
            self.assertEqual(self.run_program("backup", "web1").returncode, 9)

    def test_130_interrupted(self):
        self.add_root()
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(30)
            self.add_host("--ssh-port", str(server.getsockname()[1]))
            self.ok("key", "web1")
            with subprocess.Popen([PROGRAM, "test-connection", "web1"], env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                try:
                    probe, _ = server.accept()
                    client, _ = server.accept()  # it waits for a banner that never comes
                    with probe, client:
                        process.send_signal(signal.SIGINT)
                        _, errors = process.communicate(timeout=30)
                finally:
                    process.kill()
        self.assertEqual(process.returncode, 130, errors)


class Streams(Cli):
    def setUp(self):
        super().setUp()
        root = self.add_root()
        self.add_host()
        os.rename(root, root + ".away")
        self.assertEqual(self.run_program("backup", "web1").returncode, 8)  # so that there is a "failed" to colour

    def test_a_reader_that_has_gone_is_no_error(self):
        read, write = os.pipe()
        os.close(read)
        done = self.run_program("hosts", stdout=write)
        os.close(write)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = self.run_program("hosts", stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)

    def test_quiet_prints_no_notes(self):
        self.assertEqual(self.run_program("runs", "--state", "success").stderr, "no such runs\n")
        self.assertEqual(self.run_program("runs", "--state", "success", "-q").stderr, "")

    def test_key_prints_the_line_alone(self):
        done = self.run_program("key", "web1")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\A[^\n]*ssh-ed25519 AAAA[^\n]*\n\Z")
        self.assertIn("SHA256:", done.stderr)
        self.assertEqual(self.ok("key", "web1", "--line", "rrsync"), done.stdout)
        self.assertNotIn("command=", self.ok("key", "web1", "--line", "plain"))

    def test_colour_only_where_it_is_wanted(self):
        red = "\x1b[31mfailed\x1b[0m"
        self.assertNotIn("\x1b", self.ok("hosts"))
        self.assertIn(red, self.run_on_terminal("hosts"))
        self.assertNotIn("\x1b", self.run_on_terminal("hosts", environment={"NO_COLOR": "1"}))
        self.assertIn(red, self.run_on_terminal("hosts", environment={"NO_COLOR": ""}))
        self.assertNotIn("\x1b", self.run_on_terminal("hosts", environment={"TERM": "dumb"}))
        self.assertNotIn("\x1b", self.run_on_terminal("hosts", "--color=never"))
        self.assertIn(red, self.ok("hosts", environment={"CLICOLOR_FORCE": "1"}))
        self.assertNotIn("\x1b", self.ok("hosts", environment={"CLICOLOR_FORCE": "0"}))
        self.assertIn(red, self.ok("hosts", "--color=always", environment={"NO_COLOR": "1"}))
        self.assertNotIn("\x1b", self.ok("hosts", "--json", "--color=always"))

    def test_tables_are_cut_on_a_terminal_only(self):
        whole = self.ok("runs", environment={"COLUMNS": "30"})
        self.assertIn("root_missing", whole)
        cut = self.run_on_terminal("runs", "--color=never", environment={"COLUMNS": "30"})
        self.assertEqual(len(cut.splitlines()), len(whole.splitlines()))
        for line in cut.splitlines():
            self.assertRegex(line, r"\A.{29}>\Z")
        self.assertEqual(self.run_on_terminal("runs", "--color=never", environment={"COLUMNS": "200"}), whole)


class Completion(Cli):
    def complete(self, *words):
        return [line.split("\t")[0] for line in self.ok("__complete", *words).splitlines()]

    def test_candidates(self):
        self.assertEqual(self.complete(""), self.command_names())
        self.assertEqual(self.complete("conf"), ["configure-global", "configure-host"])
        self.assertEqual(self.complete("backup", "--ma"), ["--manual"])
        self.assertEqual(self.complete("backup", "--", "--ma"), [])
        self.assertEqual(self.complete("runs", "--state", "f"), ["failed"])
        self.assertEqual(self.complete("runs", "--state=f"), ["--state=failed"])
        self.assertEqual(self.complete("--color", "n"), ["never"])
        self.assertEqual(self.complete("completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.complete("help", "exit"), ["exit-codes"])
        self.assertEqual(self.complete("configure-host", "web1", "--unset", "ssh-p"), ["ssh-port"])
        self.assertEqual(self.complete("configure-host", "web1", "--no-en"), ["--no-enabled"])
        self.assertEqual(self.complete("configure-global", "--backup-root", "/"), [":files"])
        self.assertEqual(self.complete("nonsense", "x"), [])

    def test_nothing_is_made(self):
        self.assertEqual(self.complete("backup", ""), [])
        self.assertFalse(os.path.exists(self.home))

    def test_host_names(self):
        self.add_host()
        self.ok("configure-host", "db1", "--address", "192.0.2.9")
        self.assertEqual(self.complete("backup", ""), ["db1", "web1"])
        self.assertEqual(self.complete("backup", "w"), ["web1"])
        self.assertEqual(self.complete("backup", "--manual", "w"), ["web1"])
        self.assertEqual(self.complete("backup", "web1", ""), [])
        self.assertEqual(self.complete("runs", "--host", ""), ["db1", "web1"])
        self.assertEqual(self.complete("release", "web1", ""), [])

    def test_bash(self):
        os.symlink(PROGRAM, self.dir / "pobsync")
        self.add_host()
        script = self.dir.write("completion.bash", self.ok("completion", "bash"))
        subprocess.run(["bash", "-n", script], check=True)
        for words, expected in [("pobsync backup w", ["web1"]), ("pobsync backup --man", ["--manual"]),
                                ("pobsync conf", ["configure-global", "configure-host"])]:
            with self.subTest(words):
                ask = (f'source "$1"; COMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}; _pobsync; '
                       'printf "%s\\n" "${COMPREPLY[@]}"')
                done = subprocess.run(["bash", "--norc", "-c", ask, "bash", script], capture_output=True, text=True,
                                      env=self.environment | {"PATH": f"{self.dir.path}:{os.environ['PATH']}"},
                                      check=True)
                self.assertEqual((done.stdout.split(), done.stderr), (expected, ""))

    def test_zsh(self):
        self.check_syntax("zsh")

    def test_fish(self):
        self.check_syntax("fish")

    def check_syntax(self, shell):
        script = self.dir.write(f"completion.{shell}", self.ok("completion", shell))
        if shutil.which(shell) is None:
            self.skipTest(f"{shell} is not installed")
        subprocess.run([shell, "-n", script], check=True)


if __name__ == "__main__":
    unittest.main()
