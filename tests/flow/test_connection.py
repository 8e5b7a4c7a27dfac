"""test-connection: each stage red and green, told with its time, its cause and what to do."""

import os
import shutil
import signal
import socket
import threading
import unittest

from kit.case import AS_ASKED, AS_NOBODY, HostCase
from kit.deadline import wait_for
from kit.mounts import requires_mount
from kit.sshd import Sshd

STAGES = ["resolve", "tcp", "host_key", "login", "rsync", "forced_command", "source"]
LEVELS = {"ok", "note", "warning", "failed", "skipped"}


class ConnectionCase(HostCase):
    def setUp(self):
        super().setUp()
        self.write("etc/hosts")
        self.write("notes")
        self.add_host("--ssh-options", "ConnectTimeout=3")

    def check(self, expect=0, host="web1", **levels):
        """One test that must end with this exit code and have these levels, the others being ok; its stages."""
        result = self.pobsync.run("test-connection", host, "--json")
        self.assertEqual(result.rc, expect, result)
        document = result.json
        self.assertEqual(set(document), {"host", "address", "ok", "cause", "stages", "pinned", "shown"})
        if document["stages"][STAGES.index("host_key")]["level"] in ("ok", "note"):
            self.assertTrue(document["shown"].startswith("SHA256:"), document)
        self.assertEqual(document["ok"], expect == 0)
        self.assertEqual(document["cause"] is None, expect == 0)
        self.assertEqual([stage["stage"] for stage in document["stages"]], STAGES)
        for stage in document["stages"]:
            self.assertEqual(set(stage), {"stage", "level", "took_ms", "found", "hint"})
            self.assertIn(stage["level"], LEVELS)
            self.assertTrue(stage["found"], stage)
            if stage["level"] == "skipped":
                self.assertIsNone(stage["took_ms"], stage)
            else:
                self.assertIn(stage["took_ms"], range(30_000), stage)
            if stage["level"] == "failed":
                self.assertTrue(stage["hint"], stage)
        stages = {stage["stage"]: stage for stage in document["stages"]}
        self.assertEqual({name: stages[name]["level"] for name in STAGES},
                         {name: levels.get(name, "ok") for name in STAGES}, result)
        self.assertEqual(self.pobsync.processes(), {})
        self.assertEqual([name for name in os.listdir(os.path.join(self.pobsync.home, "runs"))
                          if name.endswith(".ssh")], [])
        return document, stages

    def red(self, stage, cause, found, hint, expect=1, **levels):
        """Exactly this stage fails, and what comes after it is skipped."""
        rest = dict.fromkeys(STAGES[STAGES.index(stage) + 1:], "skipped")
        document, stages = self.check(expect, **({stage: "failed"} | rest | levels))
        self.assertEqual(document["cause"], cause)
        self.assertRegex(stages[stage]["found"], found)
        self.assertRegex(stages[stage]["hint"], hint)
        return stages

    def pin(self):
        self.pobsync.ok("test-connection", "web1")


class Green(ConnectionCase):
    def test_a_shell_and_it_pins_once(self):
        document, stages = self.check(host_key="note", forced_command="note")
        self.assertEqual(document["pinned"], self.sshd.fingerprint())
        self.assertIn(self.sshd.fingerprint(), stages["host_key"]["found"])
        self.assertIn("2 entries", stages["source"]["found"])
        self.assertRegex(stages["rsync"]["found"], r"rsync\D+\d+\.\d+\.\d+")
        document, stages = self.check(forced_command="note")
        self.assertIsNone(document["pinned"])
        self.assertEqual(self.query("SELECT count(*) FROM audit WHERE action = 'host_key.pin'"), [(1,)])
        self.backup()
        self.assertEqual(self.query("SELECT count(*) FROM audit WHERE action = 'host_key.pin'"), [(1,)])

    def test_as_text(self):
        result = self.pobsync.ok("test-connection", "web1")
        for name in STAGES:
            self.assertRegex(result.out, rf"(?m)^{name} +(ok|note) +\d+ ms  ")
        self.assertIn(f"host key pinned: {self.sshd.fingerprint()}", result.err)

    def test_rrsync(self):
        self.force("rrsync -ro /")
        _, stages = self.check(host_key="note")
        self.assertIn("rrsync", stages["forced_command"]["found"])

    def test_rrsync_of_the_source(self):
        self.pobsync.ok("configure-host", "web1", "--source-root", "/")
        self.force(f"rrsync -ro {self.source}")
        _, stages = self.check(host_key="note")
        self.assertIn("2 entries", stages["source"]["found"])

    def test_sudo(self):
        tools = self.work.make("tools")
        log = self.work / "sudo.log"
        self.work.write("tools/sudo", f'#!/bin/sh\necho "$@" >>{log}\nexec "$@"\n', 0o755)
        self.pobsync.ok("configure-host", "web1", "--rsync-args", "--rsync-path=sudo rsync")
        self.force_script(f"PATH={tools}:$PATH; export PATH; {AS_ASKED}")
        self.check(host_key="note", forced_command="note")
        with open(log, encoding="utf-8") as file:
            self.assertIn("rsync --server --sender", file.read())
        self.backup()

    def test_a_forced_command_that_lets_rsync_through(self):
        self.force_script('case "$SSH_ORIGINAL_COMMAND" in "rsync --server --sender "*) exec sh -c '
                          '"$SSH_ORIGINAL_COMMAND";; esac; echo only backups >&2; exit 1')
        _, stages = self.check(host_key="note", forced_command="note")
        self.assertIn("only backups", stages["forced_command"]["found"])

    def test_an_empty_source_that_may_be_empty(self):
        shutil.rmtree(self.source)
        os.mkdir(self.source)
        self.pobsync.ok("configure-host", "web1", "--allow-empty")
        self.check(host_key="note", forced_command="note")


class Red(ConnectionCase):
    def test_resolve(self):
        self.pobsync.ok("configure-host", "web1", "--address", "no-such-host.invalid")
        self.red("resolve", "host_unreachable", "no-such-host.invalid", "--address", 9)

    def test_tcp_closed(self):
        self.sshd.stop()
        self.red("tcp", "host_unreachable", "refused", "firewall", 9)

    def test_tcp_silent(self):
        """A full queue: further requests are dropped, as a firewall would."""
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            fillers = [socket.socket() for _ in range(4)]
            try:
                for filler in fillers:
                    filler.setblocking(False)
                    filler.connect_ex(server.getsockname())
                self.pobsync.ok("configure-host", "web1", "--ssh-port", server.getsockname()[1])
                stages = self.red("tcp", "host_unreachable", "answer|time", "firewall", 9)
                self.assertGreaterEqual(stages["tcp"]["took_ms"], 2500)
            finally:
                for filler in fillers:
                    filler.close()

    def serve(self, greeting):
        """A port that takes connections, says this and nothing more."""
        server = socket.create_server(("127.0.0.1", 0))
        kept = []

        def accept():
            try:
                while True:
                    kept.append(server.accept()[0])
                    kept[-1].sendall(greeting)
            except OSError:
                pass

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()

        def stop():
            server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(5)
            for link in kept:
                link.close()

        self.addCleanup(stop)
        self.pobsync.ok("configure-host", "web1", "--ssh-port", server.getsockname()[1])

    def test_not_an_ssh_server(self):
        self.serve(b"220 mail.example.org ESMTP\r\n" * 2000)
        self.red("host_key", "host_unreachable", "no host key", "no ssh server", 9)

    def test_a_server_that_never_speaks(self):
        self.serve(b"")
        self.red("host_key", "host_unreachable", "no host key", "no ssh server", 9)

    def test_an_interrupt_while_a_server_is_silent(self):
        self.serve(b"")
        self.pobsync.ok("configure-host", "web1", "--ssh-options", "ConnectTimeout=60")
        for command in ("test-connection", "backup"):
            with self.subTest(command=command):
                running = self.pobsync.spawn(command, "web1")
                wait_for(lambda: any(argv and argv[0] == b"ssh" for argv in self.pobsync.processes().values()), 10,
                         "ssh starts")
                running.kill(signal.SIGINT)
                result = running.wait(15)
                self.assertEqual(result.rc, 130, result)
                self.pobsync.settle()
        self.assertEqual(self.query("SELECT state FROM run"), [("cancelled",)])
        self.assertEqual(self.query("SELECT * FROM host_key"), [])

    def test_host_key_changed(self):
        self.pin()
        old = self.sshd.fingerprint()
        self.sshd.change_host_key()
        stages = self.red("host_key", "host_key_changed", "host key has changed", "host-key web1 --accept SHA256:", 9)
        self.assertIn(old, stages["host_key"]["found"])
        self.assertIn(self.sshd.fingerprint(), stages["host_key"]["found"])

    def test_login_refused(self):
        self.sshd.authorize()
        self.red("login", "auth_failed", "refused the login", "pobsync key web1", 9, host_key="note")
        self.assertEqual(self.query("SELECT count(*) FROM host_key"), [(1,)])  # it was shown, and is known now

    def test_a_noisy_shell(self):
        self.force_script(f"echo Welcome to web1; {AS_ASKED}")
        stages = self.red("rsync", "protocol", "text of its own|same protocol", "bashrc", 1, host_key="note",
                          login="warning")
        self.assertIn("Welcome to web1", stages["login"]["found"])
        self.assertIn("bashrc", stages["login"]["hint"])

    def test_a_very_noisy_shell(self):
        """A megabyte, with what a terminal would obey."""
        self.force_script("head -c 1000000 /dev/zero | tr '\\0' '\\033'; " + AS_ASKED)
        result = self.pobsync.run("test-connection", "web1")
        self.assertEqual(result.rc, 1, result)
        self.assertNotIn(b"\x1b", result.stdout + result.stderr)
        self.assertLess(len(result.stdout), 5000)

    def test_no_rsync(self):
        shell = shutil.which("sh")
        self.force_script(f'PATH=/nonexistent; export PATH; exec {shell} -c "$SSH_ORIGINAL_COMMAND"')
        self.red("rsync", "protocol", "rsync was not found", "install rsync", 1, host_key="note")

    def test_no_sudo(self):
        self.pobsync.ok("configure-host", "web1", "--rsync-args", "--rsync-path=sudo rsync")
        tools = self.work.make("tools")
        self.work.write("tools/sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n", 0o755)
        self.force_script(f"PATH={tools}:$PATH; export PATH; {AS_ASKED}")
        self.red("rsync", "protocol", "password is required", "--line sudo", 1, host_key="note")

    def test_an_account_without_a_shell(self):
        self.force_script("echo This account is not available.; exit 1")
        self.red("rsync", "protocol", ".", "account may log in|bashrc", 1, host_key="note")

    def test_a_forced_command_that_refuses(self):
        self.force("rrsync -wo /")
        self.red("forced_command", "config", "rrsync", "rrsync -ro", 2, host_key="note", rsync="skipped")

    def test_a_login_that_hangs(self):
        self.force_script("sleep 60")
        self.red("login", "timeout", "never|end", ".", 1, host_key="note")

    def test_source_missing(self):
        shutil.rmtree(self.source)
        self.red("source", "source_missing", "does not exist", "--source-root", 1, host_key="note",
                 forced_command="note")

    def test_source_missing_under_rrsync(self):
        self.force("rrsync -ro /")
        shutil.rmtree(self.source)
        self.red("source", "source_missing", "does not exist", "--source-root", 1, host_key="note")

    def test_source_unreadable(self):
        self.force_script(AS_NOBODY)
        os.chmod(self.source, 0o700)
        self.red("source", "source_missing", "may not be read", "--line sudo", 1, host_key="note",
                 forced_command="note")

    def test_source_empty(self):
        shutil.rmtree(self.source)
        os.mkdir(self.source)
        self.red("source", "source_empty", "is empty", "allow-empty", 7, host_key="note", forced_command="note")

    def test_no_key_and_no_host(self):
        self.pobsync.ok("configure-host", "web2", "--address", "127.0.0.1")
        result = self.pobsync.run("test-connection", "web2")
        self.assertEqual(result.rc, 5, result)
        self.assert_sentence(result, "pobsync key web2")
        self.assertEqual(self.pobsync.run("test-connection", "web3").rc, 5)


@requires_mount
class Jump(ConnectionCase):
    """A jump host is known by /etc/ssh/ssh_known_hosts alone, so the program gets an /etc/ssh of its own."""

    def setUp(self):
        super().setUp()
        self.jump = self.enterContext(Sshd())
        self.jump.authorize(self.public_key())
        self.etc = self.work.make("etc-ssh")
        real = self.pobsync.binary
        self.pobsync.binary = self.work.write("in-its-own-mounts", f"""#!/bin/sh
exec unshare -m --propagation private sh -c 'mount --bind {self.etc} /etc/ssh && exec {real} "$@"' pobsync "$@"
""", 0o755)
        self.pobsync.ok("configure-host", "web1", "--ssh-options",
                        f"ProxyJump={self.jump.user}@{self.jump.address}:{self.jump.port}")

    def know_jump(self):
        self.work.write("etc-ssh/ssh_known_hosts", f"[{self.jump.address}]:{self.jump.port} {self.jump.host_key()}\n")

    def test_through_a_second_sshd(self):
        self.know_jump()
        document, stages = self.check(resolve="skipped", tcp="skipped", host_key="note", forced_command="note")
        self.assertEqual(document["pinned"], self.sshd.fingerprint())
        self.assertIn("jump host", stages["resolve"]["found"])
        self.backup()
        self.assert_same_tree(self.source, self.data())
        self.assertIn("Accepted publickey", self.jump.log())
        self.jump.change_host_key()
        self.backup(expect=9)

    def test_a_jump_host_that_is_not_known(self):
        self.red("host_key", "host_unreachable", ".", "ssh_known_hosts|jump", 9, resolve="skipped", tcp="skipped")
        self.assertNotIn("Accepted", self.jump.log())


if __name__ == "__main__":
    unittest.main()
