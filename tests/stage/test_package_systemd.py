"""The Debian package under a real systemd, which is the first process of a container: the units start, keep what files need,
start again what dies or falls silent, and go."""

import json
import os
import shutil
import subprocess
import unittest

from kit import containers, oracle, tree
from kit.deadline import wait_for
from kit.workdir import WorkDir

TIME_LIMIT = 900
TOP = containers.debian.TOP
IMAGE, CONTAINER = "pobsync-systemd", "pobsync-test-systemd"
RECIPE = """
FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus curl openssh-server >/dev/null
COPY pobsync.deb /
RUN DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /pobsync.deb >/dev/null
RUN printf 'ListenAddress 127.0.0.1\\nUseDNS no\\n' >/etc/ssh/sshd_config.d/test.conf
ENV container=docker
STOPSIGNAL SIGRTMIN+3
CMD ["/sbin/init"]
"""
PARTS = ("worker", "scheduler", "reader", "web")


def reason_to_skip():
    if shutil.which("dpkg-buildpackage") is None:
        return "dpkg-buildpackage is not installed"
    return containers.reason_to_skip()


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class Booted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = cls.enterClassContext(WorkDir("systemd."))
        subprocess.run([os.path.join(TOP, "tools", "package"), cls.work.make("package")], check=True, timeout=300,
                       stdout=subprocess.DEVNULL)
        context = cls.work.make("context")
        [name] = [name for name in os.listdir(cls.work / "package") if name.startswith("pobsync_") and name.endswith(".deb")]
        shutil.copy(cls.work / f"package/{name}", os.path.join(context, "pobsync.deb"))
        cls.work.write("context/Dockerfile", RECIPE)
        cls.engine = cls.enterClassContext(containers.Engine())
        with cls.engine.way_out():
            cls.engine.docker("build", "--tag", IMAGE, context, timeout=400)

    def setUp(self):
        self.source, self.backups = (self.work.make(f"{self.id()}.{name}") for name in ("source", "backups"))
        tree.fidelity_tree(self.source)
        self.engine.docker("rm", "--force", CONTAINER, expect=None)
        self.engine.docker("run", "--detach", "--name", CONTAINER, "--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE",
                           "--security-opt", "seccomp=unconfined", "--network", "none", "--cgroupns=private", "--tmpfs", "/run",
                           "--tmpfs", "/run/lock", "--tmpfs", "/tmp", "--volume", f"{self.source}:/srv/source:ro",
                           "--volume", f"{self.backups}:/srv/backups", IMAGE)
        self.addCleanup(self.engine.docker, "rm", "--force", CONTAINER)
        wait_for(lambda: self.run_in("systemctl", "is-system-running", expect=None) in ("running", "degraded"), 60,
                 lambda: self.run_in("systemctl", "list-jobs", expect=None))

    def run_in(self, *words, expect=0):
        return self.engine.docker("exec", CONTAINER, *words, expect=expect).stdout.strip()

    def script(self, text, expect=0):
        return self.run_in("sh", "-ec", text, expect=expect)

    def journal(self, unit):
        return self.run_in("journalctl", "--no-pager", "-o", "cat", "-u", unit, expect=None)

    def shows(self, unit, name):
        return self.run_in("systemctl", "show", "--value", "--property", name, unit)

    def wait_until_active(self, *units):
        wait_for(lambda: all(self.shows(unit, "ActiveState") == "active" for unit in units), 60,
                 lambda: "\n".join(f"{unit}: {self.shows(unit, 'ActiveState')}\n{self.journal(unit)}" for unit in units))

    def wait_for_web(self):
        wait_for(lambda: self.run_in("curl", "-s", "http://127.0.0.1:8010/readyz", expect=None) == "ready", 60,
                 lambda: self.journal("pobsync*"))

    def set_up_host(self):
        self.script("pobsync configure-global --backup-root /srv/backups >/dev/null; "
                    "pobsync configure-host web1 --address 127.0.0.1 --source-root /srv/source --excludes-replace --excludes '' >/dev/null; "
                    "mkdir -p -m 700 /root/.ssh; pobsync key web1 --line plain >/root/.ssh/authorized_keys; "
                    "systemctl start ssh; pobsync test-connection web1 >/dev/null")

    def back_up(self):
        before = oracle.snapshots(self.backups, "web1", "scheduled")
        self.run_in("pobsync", "backup", "web1", "--queue")
        wait_for(lambda: self.newest_run()["ended_at"], 60, self.newest_run)
        self.assertEqual(self.newest_run()["state"], "success", self.newest_run())
        [snapshot] = set(oracle.snapshots(self.backups, "web1", "scheduled")) - set(before)
        self.assertEqual(oracle.compare(self.source, os.path.join(snapshot, "data")), [])

    def newest_run(self):
        return json.loads(self.run_in("pobsync", "runs", "--host", "web1", "--json"))["items"][0]

    def restarts(self, unit):
        return int(self.shows(unit, "NRestarts"))

    # Tests

    def test_the_whole_runs_as_installed_and_goes_when_purged(self):
        self.wait_until_active("pobsync.service")
        self.wait_for_web()
        self.set_up_host()
        self.back_up()
        main = self.shows("pobsync.service", "MainPID")
        self.run_in("kill", "-KILL", main)
        wait_for(lambda: self.restarts("pobsync.service") == 1, 30, lambda: self.journal("pobsync"))
        self.wait_until_active("pobsync.service")
        self.wait_for_web()
        self.run_in("apt-get", "purge", "-y", "-qq", "pobsync")
        self.assertEqual(self.run_in("pgrep", "-f", "[p]obsync", expect=None), "")
        self.assertEqual(self.shows("pobsync.service", "LoadState"), "not-found")
        self.assertEqual(self.script("ls -d /var/lib/pobsync /etc/pobsync 2>/dev/null || :"), "")
        self.assertEqual(len(oracle.snapshots(self.backups, "web1", "scheduled")), 1)

    def test_the_parts_take_over_and_each_starts_again(self):
        units = [f"pobsync-{part}.service" for part in PARTS]
        self.wait_until_active("pobsync.service")
        self.run_in("systemctl", "disable", "--quiet", "--now", "pobsync.service")
        self.run_in("systemctl", "enable", "--quiet", "--now", "pobsync.target")
        self.wait_until_active(*units, "pobsync-web.socket")
        self.assertEqual(self.shows("pobsync.service", "ActiveState"), "inactive")
        self.wait_for_web()
        self.set_up_host()
        self.back_up()
        for part in PARTS:
            self.run_in("pobsync", "alive", part)
        self.look_at_the_web()
        # A request that comes while the web is dead waits on the socket for the next one.
        self.script("kill -KILL $(systemctl show --value -p MainPID pobsync-web); test \"$(curl -s http://127.0.0.1:8010/readyz)\" = ready")
        self.assertEqual(self.shows("pobsync-web.service", "ActiveState"), "active")
        self.fall_silent("pobsync-scheduler.service")
        self.run_in("systemctl", "stop", "pobsync.target")
        for unit in [*units, "pobsync-web.socket"]:
            wait_for(lambda: self.shows(unit, "ActiveState") == "inactive", 30, lambda: self.journal(unit))
            self.assertIn(self.shows(unit, "Result"), ("success",), self.journal(unit))

    def look_at_the_web(self):
        """A page that is made by the reader, as a program with a token sees it."""
        script = ("printf 'correct horse battery\\n' | pobsync create-user anna --role admin >/dev/null; "
                  "curl -s -c /tmp/jar http://127.0.0.1:8010/login | sed -n 's/.*name=\"csrf_token\" value=\"\\([0-9a-f]*\\)\".*/\\1/p' >/tmp/token; "
                  "curl -s -b /tmp/jar -c /tmp/jar -d username=anna --data-urlencode 'password=correct horse battery' "
                  "-d csrf_token=$(cat /tmp/token) http://127.0.0.1:8010/login; "
                  "curl -s -b /tmp/jar http://127.0.0.1:8010/api/v1/status/")
        status = json.loads(self.script(script))
        self.assertEqual((status["root"]["state"], status["counts"]["by_health"]["ok"]), ("ok", 1), status)
        main = self.shows("pobsync-web.service", "MainPID")
        self.assertEqual(self.script(f"sed -n 's/^Cap[PE].*:.//p' /proc/{main}/status | sort -u"), "0" * 16)
        self.assertEqual(self.script(f"nsenter -t {main} -m ls /var/lib/pobsync/keys | wc -l"), "0")

    def fall_silent(self, unit):
        self.script(f"mkdir -p /run/systemd/system/{unit}.d; "
                    f"printf '[Service]\\nWatchdogSec=2\\nRestartSec=0\\n' >/run/systemd/system/{unit}.d/quick.conf; "
                    f"systemctl daemon-reload; systemctl restart {unit}; "
                    f"kill -STOP $(systemctl show --value -p MainPID {unit})")
        wait_for(lambda: self.restarts(unit) == 1, 30, lambda: self.journal(unit))
        self.wait_until_active(unit)


if __name__ == "__main__":
    unittest.main()
