"""What is refused before anything is started: values that smell of options, shells and other protocols, by way of
the command line and planted in the database; an environment that wants a say; host keys that are not the pinned one."""

import os
import pwd
import shlex
import sqlite3
import unittest

from kit.case import HostCase
from kit.faults import FakeRsync
from kit.pobsync import Pobsync
from kit.sshd import rsync_pull

LONG = "a" * 300

ADDRESSES = [
    "", "-", "-oProxyCommand=touch canary", "--rsh=sh", "root@-oX=y", "root@web1", "a b", " a", "a\tb", "a\nb",
    "a\r", "a\x1b[31m", "a\x7f", "%h", "%n.example", "$(touch canary)", "`id`", "a;id", "a|id", "a&", "a>b", "a'b",
    'a"b', "a\\b", "a*", "a?", "~root", "#a", "!a", "{a,b}", "[::1]:22", "[::1", "::1]", "[web1]", "[::1]x", "[]",
    "fe80::1%eth0", "::module", "web1::module", "web1:module", "web1:/path", "web1:22", "rsync://web1/module",
    "ssh://web1", "//web1", "web1/", ".", "..", ".web1", "web1..example", "-web1.example", "web1.-example", "web1-",
    "127.1", "0x7f000001", "127.0.0.1.", "0177.0.0.1", "256.1.1.1", "bücher.example", "b\u202ecom", LONG,
    "b." * 130 + "b",
]
NAMES = [
    "", ".", "..", "-web1", "--help-me", ".web1", "web1.", "Web1", "web 1", "web1\n", "web/1", "../web1", "/etc",
    "web1;id", "$(id)", "%h", "*", "web1::m", "root@web1", "wéb1", "a" * 65, LONG, "_web1", "web1\x1b[0m",
]
USERS = [
    "-oProxyCommand=id", "-l", "root@web1", "ro ot", "root\n", "root;id", "$(id)", "`id`", "root'", 'ro"ot', "%u",
    "root:x", "root/x", "ro*t", "~", "1000", "$", "$x", "röot", "a" * 33, LONG,
]
REMOTE_PATHS = [
    "relative", "-e", "--delete", "/srv/*", "/srv/?", "/srv/[a]", "/srv/a\\b", "/srv\n", "/srv\x1b[0m", "/srv\x7f",
    "/srv\u0085x", "/srv/../etc", "/..", "/srv/.", "/./srv", "//srv", "/srv//a", "web1:/srv", "rsync://web1/srv",
    "/" + "a" * 4000,
]
INCLUDES = ["/", "../etc", "/etc/..", "etc//x", "etc/*", "etc/[ab]", "etc\x01", "a\\b", "."]
EXCLUDES = ["+ /etc", "- *", "! ", "a\x1bb", "a\x00b"[:1] + "\x07", "x" * 4001]
RSYNC_ARGS = [
    # other programs, other shells, another server
    "-e", "-esh", "-e sh", "--rsh=sh", "--rsh", "--rs=sh", "--rsync-path=sh -c id", "--rsync-path=sudo  rsync",
    "--rsync-path=rsync;id", "--rsync-path=/bin/sh", "--rsync-path", "--rsync-pat=rsync", "--daemon",
    "--config=/etc/passwd", "--address=1.2.3.4", "--sockopts=X", "--blocking-io", "--port=1", "--password-file=/x",
    # what changes or deletes on our side
    "--delete", "--delete-excluded", "--delete-after", "--del", "--inplace", "--append", "--append-verify",
    "--remove-source-files", "--backup", "--backup-dir=/x", "--temp-dir=/tmp", "-T/tmp", "--partial-dir=/x",
    "--write-devices", "--copy-devices", "--log-file=/etc/cron.d/x", "--write-batch=/x", "--only-write-batch=/x",
    "--read-batch=/x", "--link-dest=/etc", "--compare-dest=/etc", "--copy-dest=/etc", "--existing", "--update",
    "--force", "--fsync", "--super", "--fake-super", "--chmod=a+rwx", "--chown=0:0", "--usermap=*:0", "--groupmap=*:0",
    "--copy-as=root", "--mkpath", "--relative", "--no-relative", "--files-from=/etc/passwd", "--stop-after=1",
    # which links are followed, whom to trust
    "-K", "--keep-dirlinks", "-L", "--copy-links", "--copy-unsafe-links", "--copy-dirlinks", "--munge-links",
    "--trust-sender", "--old-args", "--old-arg", "--secluded-args", "-s", "--protect-args", "--insecure-links",
    "--safe-links", "--protocol=26", "--old-dirs", "--open-noatime", "-M--super", "--remote-option=--super",
    # filters and what reads files
    "--filter=merge /etc/shadow", "-f. /etc/shadow", "-F", "--exclude=*", "--exclude-from=/etc/shadow", "-C",
    "--include-from=/x", "--cvs-exclude", "--debug=ALL", "--info=ALL", "--out-format=%o", "-v", "-q", "--msgs2stderr",
    # allowed ones: shortened, bundled, in the wrong case, with a value too many or too few
    "--compres", "--checksu", "--bw=1", "--bwlimi=1", "--one-file", "--no-acl", "--num", "-z", "-aKe", "-x", "-c",
    "-cz", "--CHECKSUM", "--checksum=1", "--checksum ", " --checksum", "--checksum --delete", "--checksum\n--delete",
    "--compress=1", "--bwlimit", "--bwlimit=", "--bwlimit 1", "--bwlimit=1 --delete", "--bwlimit=1;id", "--bwlimit=-1",
    "--bwlimit=$(id)", "--max-size=1 2", "--max-size=", "--iconv=-a", "--iconv=a,b,c", "--iconv=a b", "--iconv=`id`",
    "--skip-compress=-e", "--skip-compress=a b", "--skip-compress=", "--compress-choice=zstd --delete",
    "--compress-level=99", "--no-xattrs=x", "--", "-", "x", "host:/etc", "--" + LONG * 2,
]
SSH_OPTIONS = [
    "ProxyCommand=sh", "ProxyCommand=touch canary", "proxycommand=id", "LocalCommand=id", "PermitLocalCommand=yes",
    "KnownHostsCommand=id", "Match=exec id", "Include=/x", "Host=*", "HostName=evil", "User=evil", "Port=1",
    "IdentityFile=/x", "IdentityAgent=/x", "ForwardAgent=yes", "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/x", "HostKeyAlias=x", "VerifyHostKeyDNS=yes",
    "UpdateHostKeys=yes", "ControlMaster=yes", "ControlPath=/x", "LocalForward=1 x:1", "RemoteForward=1",
    "DynamicForward=1", "SendEnv=*", "SetEnv=A=b", "PKCS11Provider=/x.so", "SecurityKeyProvider=/x.so",
    "XAuthLocation=/x", "ProxyUseFdpass=yes", "BatchMode=no", "RemoteCommand=id", "Tunnel=yes", "-oProxyCommand=id",
    "ProxyJump", "ProxyJump=", "ProxyJump=-oX", "ProxyJump=a;id", "ProxyJump=$(id)", "ProxyJump=a b",
    "ProxyJump=a\nProxyCommand id", "ProxyJump=x$@a", "ProxyJump=a:0", "ProxyJump=a,-b", "ProxyJump=a,", "ProxyJump=%h",
    "Ciphers=a b", "Ciphers=", "Ciphers=a\n", "Ciphers=*", "Compression=maybe", "Compression=yes yes",
    "ConnectTimeout=0", "ConnectTimeout=x", "ConnectTimeout=99999", "ServerAliveInterval=-1", "AddressFamily=inet7",
    "BindAddress=-x", "BindAddress=*", "BindAddress=a b", "ProxyJum=x", "ProxyJump x", "ProxyJump\t=x",
    "Ciphers =x", "", "=", "=x", LONG,
]
BINARIES = ["sh", "/bin/sh", "rsync -e sh", "./rsync", "/usr/bin/../bin/rsync", "/usr/bin/rsync\n", "/x/rsync'"]


class CommandLine(unittest.TestCase):
    """Each value by the way a person would give it."""

    def setUp(self):
        # Not the sanitised build: the same grammars run under sanitizers in unit/model/rule, and there are many.
        self.pobsync = self.enterContext(Pobsync(sanitised=False))
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "127.0.0.1")
        self.before = self.state()

    def state(self):
        link = self.pobsync.connect()
        rows = [link.execute(f"SELECT * FROM {table}").fetchall() for table in ("host", "global_config", "audit")]
        link.close()
        return rows

    def check(self, values, *words):
        for value in values:
            with self.subTest(value=value[:80]):
                result = self.pobsync.run(*(word.replace("VALUE", value) for word in words))
                self.assertEqual(result.rc, 2, result)
                self.assertRegex(result.err, r"\Apobsync: .{10}")
                self.assertNotRegex(result.err, r"[\x00-\x09\x0b-\x1f\x7f\x85\u202e]")
                self.assertLess(len(result.err), 900)
        self.assertEqual(self.state(), self.before, "a refused value has left a trace")

    def test_addresses(self):
        self.check(ADDRESSES, "configure-host", "web1", "--address=VALUE")

    def test_host_names(self):
        self.check([name for name in NAMES if not name.startswith("-")],
                   "configure-host", "VALUE", "--address", "127.0.0.1")
        self.check(NAMES, "configure-host", "--address", "127.0.0.1", "--", "VALUE")

    def test_users(self):
        self.check(USERS, "configure-host", "web1", "--ssh-user=VALUE")
        self.check(USERS[:3], "configure-global", "--ssh-user=VALUE")

    def test_remote_paths(self):
        self.check(REMOTE_PATHS, "configure-host", "web1", "--source-root=VALUE")
        self.check(INCLUDES, "configure-host", "web1", "--includes=VALUE")
        self.check(EXCLUDES, "configure-host", "web1", "--excludes=VALUE")

    def test_rsync_args(self):
        self.check(RSYNC_ARGS, "configure-host", "web1", "--rsync-args=VALUE")
        self.check(RSYNC_ARGS[:3], "configure-global", "--rsync-args=VALUE")

    def test_ssh_options(self):
        # A list that is set to "" is set to nothing; that is no item.
        self.check([value for value in SSH_OPTIONS if value], "configure-host", "web1", "--ssh-options=VALUE")
        self.check(SSH_OPTIONS[:3], "configure-global", "--ssh-options=VALUE")

    def test_programs_and_keys(self):
        self.check(BINARIES, "configure-host", "web1", "--rsync-binary=VALUE")
        self.check(["key", "-i", "/k\n", '/k"', "/a/../k", "/${HOME}/k"],
                   "configure-host", "web1", "--ssh-identity-file=VALUE")

    def test_a_name_that_was_never_allowed_is_not_looked_for(self):
        for command in (["backup"], ["test-connection"], ["show"], ["key"], ["snapshots"]):
            for name in ("../web1", "/etc", "-x", "Web1"):
                with self.subTest(command=command, name=name):
                    result = self.pobsync.run(*command, "--", name)
                    self.assertIn(result.rc, (2, 5), result)
        self.assertEqual(sorted(os.listdir(self.pobsync.root)), [".pobsync", ".pobsync-root"])

    def test_what_is_allowed(self):
        """The negative control of the lists above: the grammar does let pass what it should."""
        for address in ("web1", "web-1.example.org", "10.0.0.1", "::1", "[::1]", "fd00::1", "a_b.example", "xn--bcher-kva"):
            self.pobsync.ok("configure-host", "web1", f"--address={address}")
        for argument in ("--compress", "--bwlimit=1.5M", "--max-size=500M", "--rsync-path=sudo rsync",
                         "--iconv=utf8,latin1", "--skip-compress=gz/jpg", "--compress-choice=zstd", "--no-acls"):
            self.pobsync.ok("configure-host", "web1", f"--rsync-args={argument}")
        for option in ("ProxyJump=root@[::1]:2222,bastion", "Ciphers=+aes256-ctr", "ConnectTimeout=5", "ProxyJump=none"):
            self.pobsync.ok("configure-host", "web1", f"--ssh-options={option}")
        for path in ("/srv/a b;c", "/srv/$(id)", "/srv/it's", "/-rf/--delete", "/srv/ü"):
            self.pobsync.ok("configure-host", "web1", f"--source-root={path}")


class Planted(HostCase):
    """The database is not trusted for arguments: the same values, written behind the program's back, start nothing."""

    sanitised = False  # traced; the sanitised program judges the same values in CommandLine

    def setUp(self):
        super().setUp()
        self.write("a")
        self.fake = FakeRsync(self.work.path, source=self.source, log=self.work / "starts")
        self.add_host("--rsync-binary", self.fake.path)
        self.good = self.row()

    def row(self, table="host"):
        link = self.pobsync.connect()
        link.row_factory = sqlite3.Row
        row = dict(link.execute(f"SELECT * FROM {table}").fetchone())
        link.close()
        return row

    def starts(self):
        try:
            with open(self.work / "starts", encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def check(self, column, values, table="host", traced=2):
        """Backup and connection test with each value; of the first ones each start of a program is looked at, of
        the others those of rsync and the logins."""
        for number, value in enumerate(values):
            with self.subTest(column=column, value=str(value)[:80]):
                self.plant(f"UPDATE {table} SET {column} = ?", value)
                for command in ("backup", "test-connection"):
                    if number < traced:
                        result, programs = self.programs_started(command, "web1")
                        self.assertEqual(programs, [])
                        code, said = result.returncode, result.stderr
                    else:
                        result = self.pobsync.run(command, "web1")
                        code, said = result.rc, result.stderr
                    self.assertEqual(code, 2, said)
                    self.assertRegex(said, rb"\Apobsync: .{10}")
                    self.assertNotRegex(said, rb"[\x00-\x09\x0b-\x1f\x7f]")
        self.plant(f"UPDATE {table} SET {column} = ?", self.good[column] if table == "host" else None)
        self.assertEqual(self.starts(), "", "rsync was started")
        self.assert_no_login()
        self.assertEqual(sorted(os.listdir(self.pobsync.root)), [".pobsync", ".pobsync-root"])

    def assert_no_login(self):
        """Nobody came as far as a name; the kit knocks once, and a connection test may."""
        self.assertNotRegex(self.sshd.log(), "Accepted|authenticating user")

    def test_the_host(self):
        self.check("address", ADDRESSES[1:30:3] + ADDRESSES[30:])
        self.check("ssh_user", USERS)

    def test_no_address(self):
        for value in (None, ""):
            self.plant("UPDATE host SET address = ?", value)
            for command in ("backup", "test-connection"):
                result = self.pobsync.run(command, "web1")
                self.assertEqual(result.rc, 2, result)
        self.assert_no_login()

    def test_paths(self):
        self.check("source_root", REMOTE_PATHS)
        self.check("includes", INCLUDES + ["etc\n../x"])
        self.check("excludes", EXCLUDES + ["*.o\n+ /etc"])

    def test_rsync_args(self):
        self.check("rsync_args", [value for value in RSYNC_ARGS if "\n" not in value][::3] + ["--checksum\n--delete"])
        self.check("rsync_args", ["--rsh=sh", "--checksum\n-e"], table="global_config")
        self.check("rsync_binary", BINARIES)

    def test_ssh_options(self):
        self.check("ssh_options", [value for value in SSH_OPTIONS if value.strip() == value != ""][::2] +
                   ["Compression=yes\nProxyCommand=id", "Ciphers=a\nciphers=b", "Compression yes"])
        self.check("ssh_options", ["ProxyCommand=id"], table="global_config")
        self.check("ssh_identity_file", ["key", "/k\n", '/k" -o x "', "/${HOME}/k"])

    def test_an_algorithm_that_ssh_does_not_know_is_named(self):
        """That much of the grammar is ssh's own."""
        self.plant("UPDATE host SET ssh_options = 'Ciphers=nonesuch'")
        for command in ("backup", "test-connection"):
            result = self.pobsync.run(command, "web1")
            self.assertEqual(result.rc, 9, result)
            self.assertIn("nonesuch", result.out + result.err)

    def test_numbers(self):
        self.check("ssh_port", [0, -1, 65536, 2**40])
        self.check("timeout_seconds", [0, -5, 10**12])
        self.check("max_runtime_seconds", [0, 5])
        self.check("bwlimit_kbps", [-1])

    def test_a_name(self):
        """It names directories of ours as well: those of the host, of its key and of its run."""
        outside = os.path.join(self.pobsync.dir.path, "outside")
        for name in ("../outside", "..", "a/b", "-x", "Web1", "web1\n", "x\x1b[31m"):
            with self.subTest(name=name):
                self.plant("UPDATE host SET name = ?", name)
                for command in ("backup", "test-connection", "key"):
                    result, programs = self.programs_started(command, "--", name)
                    self.assertIn(result.returncode, (2, 5), result)
                    self.assertEqual(programs, [])
                    self.assertNotRegex(result.stderr, rb"[\x00-\x09\x0b-\x1f\x7f]")
                self.assertFalse(os.path.exists(outside))
                self.assertEqual(sorted(os.listdir(os.path.join(self.pobsync.home, "keys"))), ["web1"])
                self.assertEqual(sorted(os.listdir(self.pobsync.root)), [".pobsync", ".pobsync-root"])

    def test_a_pinned_key(self):
        """It becomes a line of known_hosts."""
        for kind, text in (("ssh-ed25519 AAAA\n*", "x"), ("@cert-authority", "ssh-ed25519"), ("@revoked", "x"),
                           ("ssh-ed25519", self.sshd.host_key().split()[1] + "\n* ssh-rsa AAAA"), ("ssh-ed25519", "!"),
                           ("ssh-rsa", self.sshd.host_key().split()[1])):
            with self.subTest(kind=kind):
                self.plant("DELETE FROM host_key")
                self.plant("INSERT INTO host_key (host_id, type, key_text, fingerprint, pinned_at, pinned_by) "
                           "VALUES (?, ?, ?, 'SHA256:x', 0, 'x')", self.good["id"], kind, text)
                for command in ("backup", "test-connection"):
                    result, programs = self.programs_started(command, "web1")
                    self.assertEqual(result.returncode, 2, result)
                    self.assertNotIn("ssh", programs)
        self.assert_no_login()

    def test_without_a_planted_value_it_works(self):
        """The negative control: the log and the trace do see what is started."""
        result, programs = self.programs_started("backup", "web1")
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("ssh", programs)
        self.assertIn(os.path.basename(self.fake.path), programs)
        self.assertIn("pobsync-host:", self.starts())
        self.assertRegex(self.sshd.log(), "Accepted|authenticating user")


class RemotePaths(HostCase):
    """What the grammar lets through reaches the host as it is written."""

    CANARY = "pobsync-canary"
    PARTS = ["a b", f"; touch {CANARY};", f"$(touch {CANARY})", f"`touch {CANARY}`", "it's", 'say "no"', "-rf", "--delete",
             f"&& touch {CANARY}", f"| touch {CANARY}", "> x", "~root", "{a,b}", "#x", "!x", "$HOME", "${IFS}", "a -> b",
             "%h", "a:b", "ü", " lead", "trail "]

    def setUp(self):
        super().setUp()
        self.canary = os.path.join(pwd.getpwuid(os.geteuid()).pw_dir, self.CANARY)  # where a login begins
        self.addCleanup(self.remove_canary)
        self.remove_canary()
        self.nested = os.path.join(self.source, *self.PARTS)
        os.makedirs(self.nested)
        with open(os.path.join(self.nested, "right"), "w", encoding="utf-8") as file:
            file.write("here")
        self.write("wrong")

    def remove_canary(self):
        if os.path.exists(self.canary):
            os.unlink(self.canary)

    def check(self, *options):
        self.add_host("--source-root", self.nested, *options)
        self.backup()
        self.assertEqual(os.listdir(self.data()), ["right"])
        self.assertFalse(os.path.exists(self.canary))

    def test_they_reach_a_shell_unharmed(self):
        self.check()
        result = self.pobsync.ok("test-connection", "web1")
        self.assertIn("1 entry", result.out)

    def test_they_reach_rrsync_unharmed(self):
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", self.sshd.address)
        self.add_host("--source-root", self.nested)
        self.force("rrsync -ro /")
        self.check()

    def test_an_included_path_and_an_exclude_are_no_shell_words(self):
        self.add_host("--includes", "a b/; touch pobsync-canary;", "--excludes", "$(touch pobsync-canary) *")
        self.backup()
        self.assertEqual(os.listdir(self.data()), ["a b"])
        self.assertFalse(os.path.exists(self.canary))

    def test_the_canary_can_be_made(self):
        """The negative control: without rsync's quoting the same path does it."""
        target = self.work.make("target")
        rsync_pull(self.sshd, f"{self.source}/x; touch {self.CANARY};", target, "--old-args")
        self.assertTrue(os.path.exists(self.canary))


class Environment(HostCase):
    """What stands in the environment of pobsync has no say in what it starts."""

    HOSTILE = {
        "RSYNC_RSH": "touch canary", "RSYNC_CONNECT_PROG": "touch canary", "RSYNC_PROXY": "evil:1", "RSYNC_OLD_ARGS": "1",
        "RSYNC_PROTECT_ARGS": "1", "RSYNC_ICONV": "latin1,utf8", "RSYNC_CHECKSUM_LIST": "none", "RSYNC_PARTIAL_DIR": "/x",
        "RSYNC_PASSWORD": "secret", "RSYNC_MAX_ALLOC": "1", "CVSIGNORE": "*", "POPT_CONFIG": "/x",
        "LD_LIBRARY_PATH": "/nonexistent", "LD_DEBUG_OUTPUT": "/nonexistent/x", "LD_AUDIT_NOT": "x", "GIT_SSH": "x",
        "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force", "SSH_AUTH_SOCK": "/nonexistent", "DISPLAY": ":9",
        "SSH_SK_PROVIDER": "/x.so", "BASH_ENV": "/x", "ENV": "/x", "IFS": "/", "TERM": "evil", "CANARY": "do not leak",
    }

    def test_children_see_a_fixed_environment(self):
        self.write("a")
        seen = self.work / "seen"
        spy = self.work.write("rsync-spy", f"#!/bin/sh\ncat /proc/$$/environ >>{shlex.quote(seen)}\n"
                                           'exec /usr/bin/rsync "$@"\n', 0o755)
        self.add_host("--rsync-binary", spy)
        ssh_dir = os.path.join(self.pobsync.user_home, ".ssh")
        os.makedirs(ssh_dir)
        with open(os.path.join(ssh_dir, "config"), "w", encoding="utf-8") as file:
            file.write("Host *\n  ProxyCommand touch canary\n  Port 1\n")
        for command in ("backup", "test-connection"):
            result = self.pobsync.run(command, "web1", env=self.HOSTILE | {"PATH": "/nonexistent"})
            self.assertEqual(result.rc, 0, result)
        with open(seen, "rb") as file:
            words = file.read().split(b"\0")
        names = {word.split(b"=")[0] for word in words if word}
        self.assertEqual(names, {b"PATH", b"LC_ALL", b"POBSYNC_RUN"})
        self.assertNotIn(b"PATH=/nonexistent", words)
        self.assert_same_tree(self.source, self.data())

    def test_a_home_with_a_blank(self):
        self.write("a")
        self.pobsync.home = self.pobsync.dir.make("my 100% home")
        self.add_host()
        self.backup()
        self.assert_same_tree(self.source, self.data())
        self.pobsync.ok("test-connection", "web1")
        self.pobsync.ok("configure-host", "web1", "--ssh-options", "ProxyJump=bastion")
        result = self.pobsync.run("test-connection", "web1")
        self.assertEqual(result.rc, 2, result)
        self.assert_sentence(result, "ProxyJump", "POBSYNC_HOME")

    def test_a_home_that_cannot_be_quoted_is_refused(self):
        for name in ('ho"me', "ho'me", "ho\\me", "ho\nme", "${HOME}"):
            with self.subTest(name=name):
                home = os.path.join(self.pobsync.dir.path, name)
                result = self.pobsync.run("hosts", env={"POBSYNC_HOME": home})
                self.assertEqual(result.rc, 2, result)
                self.assert_sentence(result, "POBSYNC_HOME")
                self.assertFalse(os.path.exists(home))


class HostKeys(HostCase):
    def setUp(self):
        super().setUp()
        self.write("a")
        self.add_host()

    def pins(self):
        return [tuple(row) for row in self.query("SELECT type, fingerprint FROM host_key ORDER BY type")]

    def audit(self, action):
        return self.query("SELECT before_text, after_text FROM audit WHERE action = ?", action)

    def pin(self, kind):
        """Pins one more key, as an import would."""
        key_type, text = self.sshd.host_key(kind).split()
        self.plant("INSERT INTO host_key (host_id, type, key_text, fingerprint, pinned_at, pinned_by) "
                   "SELECT id, ?, ?, ?, 0, 'test' FROM host", key_type, text, self.sshd.fingerprint(kind))

    def refused(self, *fingerprints):
        run = self.backup(expect=9)
        self.assertEqual((run["state"], run["cause"]), ("failed", "host_key_changed"), run)
        for fingerprint in fingerprints:
            self.assertIn(fingerprint, run["message"])
        result = self.pobsync.run("test-connection", "web1")
        self.assertEqual(result.rc, 9, result)
        for fingerprint in fingerprints:
            self.assertIn(fingerprint, result.out)
        self.assertIn("host key", result.out)
        self.assertNotIn("Accepted publickey", self.sshd.log()[self.log_before:])

    def change(self, *key_types):
        self.sshd.change_host_key(key_types)
        self.log_before = len(self.sshd.log())

    def test_first_contact_pins_prints_and_audits(self):
        result = self.pobsync.ok("backup", "web1")
        self.assertIn(self.sshd.fingerprint(), result.out + result.err)
        self.assertEqual(self.pins(), [("ssh-ed25519", self.sshd.fingerprint())])
        self.assertEqual(self.audit("host_key.pin"), [(None, self.sshd.fingerprint())])
        self.pobsync.ok("backup", "web1")
        self.assertEqual(len(self.audit("host_key.pin")), 1)

    def test_a_key_of_the_same_type(self):
        self.backup()
        old = self.sshd.fingerprint()
        self.change("ed25519")
        self.refused(old, self.sshd.fingerprint())
        self.assertEqual(self.pins(), [("ssh-ed25519", old)])
        self.assertEqual(len(self.snapshots()), 1)

    def test_keys_of_other_types_only(self):
        self.backup()
        old = self.sshd.fingerprint()
        for kind in ("ecdsa", "rsa"):
            with self.subTest(kind=kind):
                self.change(kind)
                self.refused(old, self.sshd.fingerprint(kind))
        self.assertEqual(self.pins(), [("ssh-ed25519", old)])
        self.pobsync.ok("host-key", "web1", "--accept", self.sshd.fingerprint("rsa"))
        self.assertEqual(self.pins(), [("ssh-rsa", self.sshd.fingerprint("rsa"))])
        self.assertEqual(self.audit("host_key.accept"), [(old, self.sshd.fingerprint("rsa"))])
        self.backup()

    def test_the_wrong_fingerprint_is_not_accepted(self):
        self.backup()
        old = self.sshd.fingerprint()
        self.change("ed25519")
        for wrong in (old, "SHA256:" + "A" * 43, "", "SHA256:", self.sshd.fingerprint().lower()):
            result = self.pobsync.run("host-key", "web1", "--accept", wrong)
            self.assertIn(result.rc, (2, 7) if wrong in ("", "SHA256:") else (7,), result)
            self.assert_sentence(result)
        self.assertEqual(self.pins(), [("ssh-ed25519", old)])
        self.assertEqual(self.audit("host_key.accept"), [])
        result = self.pobsync.run("host-key", "web1")
        self.assertEqual(result.rc, 9, result)
        self.assertIn(self.sshd.fingerprint(), result.out + result.err)

    def test_a_host_with_several_pinned_types(self):
        self.sshd.change_host_key(("ed25519", "rsa", "ecdsa"))
        self.backup()
        self.pin("rsa")
        for key_types in (("rsa",), ("ed25519", "ecdsa"), ("ed25519",)):
            with self.subTest(shows=key_types):
                self.sshd.key_types = key_types  # with the keys that it had
                self.sshd.restart()
                self.backup()
                self.pobsync.ok("test-connection", "web1")
        self.sshd.key_types = ("ecdsa",)
        self.sshd.restart()
        self.log_before = len(self.sshd.log())
        self.refused(self.sshd.fingerprint("ecdsa"))
        self.change("ed25519", "rsa")
        self.refused()
        self.assertEqual(len(self.pins()), 2)

    def test_two_hosts_of_one_address_have_keys_of_their_own(self):
        self.backup()
        self.add_host(name="web2")
        self.change("ed25519")
        self.pobsync.ok("backup", "web2")
        self.log_before = len(self.sshd.log())
        self.refused(self.sshd.fingerprint())
        self.assertEqual(len(self.pins()), 2)

    def test_an_alias_of_the_address_is_the_same_host(self):
        self.backup()
        self.pobsync.ok("configure-host", "web1", "--address", "localhost", "--ssh-options", "AddressFamily=inet")
        self.backup()
        self.change("ed25519")
        self.refused(self.sshd.fingerprint())

    def test_a_dry_run_does_not_pass_it_either(self):
        self.backup()
        self.change("ed25519")
        self.backup("--dry-run", expect=9)


if __name__ == "__main__":
    unittest.main()
