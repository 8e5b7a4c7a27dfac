"""A throw-away sshd on loopback: the real one, with its own configuration, host keys and authorized_keys."""

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess

from kit.deadline import wait_for
from kit.processes import descendants, is_alive
from kit.workdir import WorkDir

SSHD = "/usr/sbin/sshd"


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _make_key(kind, path):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "kit", "-f", path], check=True,
                   stdin=subprocess.DEVNULL)


class Sshd:
    """
    A running sshd. As root it lets `user` (root) in; as somebody else, the one who runs the test.

    key_types      one host key of each type is made
    force_command  a command line for every login, whatever authorized_keys says
    options        more lines for sshd_config
    address        where it listens
    """

    def __init__(self, key_types=("ed25519",), force_command=None, options=(), address="127.0.0.1"):
        self.dir = WorkDir("kit.sshd.")
        self.address = address
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.port = free_port()
        self.log_file = self.dir / "sshd.log"
        self.authorized_keys_file = self.dir / "authorized_keys"
        self.key_types = tuple(key_types)
        self.force_command = force_command
        self.options = list(options)
        self.process = None
        self.authorize()
        self.make_host_keys()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    # Keys

    def _host_key(self, kind):
        return self.dir / f"host_{kind}"

    def make_host_keys(self):
        """New host keys; a running sshd uses them after restart()."""
        for kind in self.key_types:
            for path in (self._host_key(kind), self._host_key(kind) + ".pub"):
                if os.path.exists(path):
                    os.unlink(path)
            _make_key(kind, self._host_key(kind))

    def change_host_key(self, key_types=None):
        """The machine answers with other host keys (of other types, when told) from now on."""
        self.key_types = tuple(key_types or self.key_types)
        self.make_host_keys()
        self.restart()

    def host_key(self, kind=None):
        """The public host key as `type base64`."""
        with open(self._host_key(kind or self.key_types[0]) + ".pub", encoding="ascii") as file:
            return " ".join(file.read().split()[:2])

    def fingerprint(self, kind=None):
        """`SHA256:…` of the host key, as ssh prints it."""
        out = subprocess.run(["ssh-keygen", "-l", "-f", self._host_key(kind or self.key_types[0]) + ".pub"],
                             check=True, capture_output=True, text=True).stdout
        return out.split()[1]

    def authorize(self, *lines):
        """Replaces authorized_keys by these lines. Read by sshd at each login, so no restart is needed."""
        with open(self.authorized_keys_file + ".new", "w", encoding="utf-8") as file:
            file.writelines(line.rstrip("\n") + "\n" for line in lines)
        os.chmod(self.authorized_keys_file + ".new", 0o600)
        os.rename(self.authorized_keys_file + ".new", self.authorized_keys_file)

    def authorize_also(self, line):
        """Adds a line to authorized_keys."""
        with open(self.authorized_keys_file, encoding="utf-8") as file:
            self.authorize(*file.read().splitlines(), line)

    def authorize_command(self, public_key, command, restrict=True):
        """Also lets this key in, for one forced command only, e.g. `rrsync -ro /`."""
        quoted = command.replace('"', '\\"')
        self.authorize_also(f'{"restrict," if restrict else ""}command="{quoted}" {public_key.strip()}')

    def client_key(self):
        """(private key file, public line) of a key for tests that call ssh themselves; authorized when it is
        made."""
        path = self.dir / "client"
        fresh = not os.path.exists(path)
        if fresh:
            _make_key("ed25519", path)
        with open(path + ".pub", encoding="ascii") as file:
            line = file.read().strip()
        if fresh:
            self.authorize_also(line)
        return path, line

    def ssh_command(self):
        """An ssh argument vector without the host, for `rsync -e` (joined by blanks) or for itself."""
        key, _ = self.client_key()
        known = self.dir.write("known_hosts", "".join(f"[{self.address}]:{self.port} {self.host_key(kind)}\n"
                                                      for kind in self.key_types))
        return ["ssh", "-F", "none", "-i", key, "-p", str(self.port), "-l", self.user,
                "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes",
                "-o", f"UserKnownHostsFile={known}"]

    def stub(self, script, interpreter="/bin/sh"):
        """An executable script in the directory of this sshd, by path: for force_command and
        authorize_command."""
        return self.dir.write(f"stub.{len(os.listdir(self.dir.path))}", f"#!{interpreter}\n{script}\n", 0o755)

    # Life

    def _write_config(self):
        lines = [
            f"ListenAddress {self.address}:{self.port}",
            "AddressFamily inet",
            "PidFile none",
            "UsePAM no",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PubkeyAuthentication yes",
            "PermitRootLogin yes",
            "PermitUserRC no",
            "PrintMotd no",
            "UseDNS no",
            "LogLevel VERBOSE",
            "MaxStartups 100",
            f"AuthorizedKeysFile {self.authorized_keys_file}",
            # Bash reads ~/.bashrc for every command that sshd starts, unless it is told that it is not the first
            # shell: what the user of this machine has there must neither slow nor spoil the tests.
            "SetEnv SHLVL=1",
        ]
        lines += [f"HostKey {self._host_key(kind)}" for kind in self.key_types]
        if self.force_command:
            lines.append(f"ForceCommand {self.force_command}")
        return self.dir.write("sshd_config", "\n".join(lines + self.options) + "\n")

    def start(self):
        """Starts sshd and waits until it greets."""
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        config = self._write_config()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd="/",
                                            env={"PATH": "/usr/local/bin:/usr/bin:/bin"})
        wait_for(self._greets, 10, lambda: f"sshd on port {self.port}: {self.log()[-2000:]}")

    def _greets(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"sshd ended with {self.process.returncode}: {self.log()[-2000:]}")
        try:
            with socket.create_connection((self.address, self.port), timeout=5) as link:
                return link.recv(8).startswith(b"SSH-2.0-")
        except OSError:
            return False

    def sessions(self):
        """Ids of the processes that serve logins: sshd's own children and what they started."""
        return descendants(self.process.pid) if self.process else []

    def cut(self, number=signal.SIGKILL):
        """Ends every login at once, as a broken link or a rebooting machine would; the listener lives on."""
        for pid in self.sessions():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def stop(self):
        """Ends the listener and every login; connections are refused afterwards."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGSTOP)  # no new login between looking and killing
        sessions = self.sessions()
        for pid in sessions + [self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(10)
        self.process = None
        wait_for(lambda: not any(map(is_alive, sessions)), 10, "the logins of sshd end")

    def restart(self):
        """Stops and starts on the same port with what was changed meanwhile."""
        self.stop()
        self.start()

    def log(self):
        """What sshd has logged so far, over all restarts."""
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        self.stop()
        self.dir.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def rsync_pull(sshd, source, target, *options):
    """Real rsync from `source` behind sshd into `target`, without pobsync: the reference that the kit is
    checked against. Returns the completed process."""
    argv = [shutil.which("rsync"), "-aHAXS", "--numeric-ids", "--modify-window=-1", *options,
            "-e", shlex.join(sshd.ssh_command()), "--", f"{sshd.address}:{source}/", f"{target}/"]
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=600, check=False)
