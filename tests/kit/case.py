"""The common ground of tests that back up a host: this machine, by way of a throw-away sshd."""

import os
import re
import subprocess
import unittest

from kit import oracle
from kit.pobsync import Pobsync
from kit.sshd import Sshd
from kit.workdir import WorkDir

# A source below /tmp is its own root, so the default excludes would cut off what a tree has at its top.
EVERYTHING = ("--excludes-replace", "--excludes", "")

# For a forced command: what sshd would do without one. The shell of the host takes rsync's quotes off.
AS_ASKED = 'exec sh -c "$SSH_ORIGINAL_COMMAND"'

# The same as somebody whom root's files are closed to.
AS_NOBODY = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups -- sh -c "$SSH_ORIGINAL_COMMAND"'

# Everything that a terminal would obey, but the line feed: C0, DEL, and C1 as UTF-8.
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


class HostCase(unittest.TestCase):
    """Host web1 with the tree `source`; see add_host()."""

    sanitised = True
    key_types = ("ed25519",)
    root = None  # another backup root, e.g. a mount

    def setUp(self):
        self.sshd = self.enterContext(Sshd(self.key_types))
        self.work = self.enterContext(WorkDir())
        self.pobsync = self.enterContext(Pobsync(self.sanitised, root=self.root))
        self.source = self.work.make("source")

    # Preparing

    def add_host(self, *options, name="web1"):
        self.pobsync.add_host(name, self.sshd, self.source, *EVERYTHING, *options)

    def write(self, name, content="content\n"):
        """A file of the source by name (text or bytes)."""
        path = os.path.join(os.fsencode(self.source), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def public_key(self, name="web1"):
        """The host's key as `type base64`, to be let in by another line than the proposed one."""
        return self.pobsync.json("key", name)["public_key"]

    def force(self, command):
        """Every login with the host's key runs this command line instead of what was asked for."""
        self.sshd.authorize()
        self.sshd.authorize_command(self.public_key(), command)

    def force_script(self, script):
        """The same with a script of sh."""
        self.force(self.sshd.stub(script))

    def plant(self, statement, *values):
        """Changes the database behind the program's back."""
        link = self.pobsync.connect()
        with link:
            link.execute(statement, values)
        link.close()

    def query(self, statement, *values):
        """Rows of the database."""
        link = self.pobsync.connect()
        rows = link.execute(statement, values).fetchall()
        link.close()
        return rows

    # Running

    def backup(self, *options, expect=0, timeout=60, env=None):
        """One backup that must end with this exit code, or one of these; its document."""
        result = self.pobsync.run("backup", "web1", "--json", *options, timeout=timeout, env=env)
        self.assertIn(result.rc, expect if isinstance(expect, tuple) else (expect,), result)
        self.assertEqual(self.pobsync.processes(), {}, "a run has left processes behind")
        return result.json

    def programs_started(self, *args):
        """(Result of a command, names of the programs that it started). Without sanitizers, which do not like
        to be traced."""
        log = self.work / "exec.log"
        argv = ["strace", "-f", "-qq", "-e", "trace=execve", "-e", "signal=none", "-o", log,
                os.environ["POBSYNC"], *map(str, args)]
        done = subprocess.run(argv, env=self.pobsync.environment(), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)
        with open(log, encoding="utf-8", errors="replace") as file:
            found = re.findall(r'execve\("([^"]*)".* = 0$', file.read(), re.M)
        return done, [os.path.basename(path) for path in found[1:]]

    # Looking

    def snapshots(self, kind="scheduled", name="web1"):
        """Paths of the finished snapshots, oldest first."""
        return oracle.snapshots(self.pobsync.root, name, kind)

    def data(self, number=-1, kind="scheduled"):
        return os.path.join(self.snapshots(kind)[number], "data")

    def assert_same_tree(self, a, b):
        self.assertEqual(oracle.compare(a, b), [])

    def assert_sentence(self, result, *words):
        """Standard error is a sentence for a person: printable, with these words, and no more."""
        text = result.stderr
        self.assertTrue(text.startswith(b"pobsync: "), result)
        self.assertIsNone(CONTROL.search(text), result)
        for word in words:
            self.assertIn(word, text.decode(), result)
