"""The container image and compose.yaml: built and started for real, with an engine of its own."""

import os
import re
import stat
import unittest

from kit import containers, oracle
from kit.deadline import wait_for
from kit.sshd import Sshd
from kit.web import PASSWORD, Browser
from kit.workdir import WorkDir

TIME_LIMIT = 900
TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SIZE_MAX = 90_000_000
SQLITE = ("web", "scheduler", "worker")


class Text(unittest.TestCase):
    """What can be told without an engine."""

    def read(self, name):
        with open(os.path.join(TOP, name), encoding="utf-8") as file:
            return file.read()

    def test_what_is_copied_into_the_image_is_there(self):
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", self.read("packaging/Containerfile"), re.M):
            for name in line.split():
                self.assertTrue(os.path.exists(os.path.join(TOP, name)), name)

    def test_services(self):
        text = self.read("compose.yaml")
        services = re.findall(r"^  ([a-z-]+):$", text[text.index("\nservices:"):text.index("\nvolumes:")], re.M)
        self.assertEqual(services[:3], list(SQLITE))
        for part in SQLITE:
            self.assertIn(f"{part}-mariadb", services)


@unittest.skipIf(containers.reason_to_skip(), containers.reason_to_skip())
class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = cls.enterClassContext(containers.Engine())
        cls.work = cls.enterClassContext(WorkDir("containers."))
        cls.backups = cls.work.make("backups")
        cls.project = containers.Project(cls.engine, TOP, "pobsync-test", {"POBSYNC_BACKUP_ROOT": cls.backups})
        cls.project.down()  # of a run that was killed
        with cls.engine.way_out():
            cls.project.compose("build", "web", timeout=500)
        cls.addClassCleanup(cls.project.down)

    def tearDown(self):
        self.project.down()

    def up(self):
        self.project.compose("up", "--detach", "--no-build", *SQLITE)
        self.project.wait_until_healthy(*SQLITE)

    # The image

    def test_the_image_is_slim_and_holds_nothing_setuid(self):
        size = int(self.engine.docker("image", "inspect", "--format", "{{.Size}}", "pobsync").stdout)
        print(f"the image has {size / 1e6:.1f} MB, all in one layer")
        self.assertLess(size, SIZE_MAX)
        found = self.inside_image("find / -xdev -type f -perm /6000")
        self.assertEqual(found, "")
        self.assertEqual(self.inside_image("ls -d /backups 2>/dev/null || echo none"), "none\n")
        self.assertIn("bash", self.inside_image("sed -n 's/^Package: //p' /var/lib/dpkg/status").split())

    def test_archives_and_zones_work_in_it(self):
        self.assertIn("CET", self.inside_image("TZ=Europe/Berlin date -d @0"))
        self.assertEqual(self.inside_image("ldd /usr/lib/*/libarchive.so.13 | grep -c 'not found' || :"), "0\n")

    def test_a_mount_that_was_forgotten_is_seen(self):
        done = self.engine.docker("run", "--rm", "--entrypoint", "sh", "pobsync", "-c",
                                  "pobsync configure-global --backup-root /backups", expect=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('"/backups"', done.stderr)

    def inside_image(self, script):
        return self.engine.docker("run", "--rm", "--network", "none", "--entrypoint", "sh", "pobsync", "-c", script).stdout

    def test_the_profile_of_the_database_is_well_formed(self):
        self.project.compose("--profile", "mariadb", "config", "--quiet")
        with_it = self.project.compose("--profile", "mariadb", "config", "--services").stdout.split()
        self.assertLess({"web-mariadb", "scheduler-mariadb", "worker-mariadb", "mariadb"}, set(with_it))
        self.assertEqual(sorted(self.project.compose("config", "--services").stdout.split()), sorted(SQLITE))

    # The services

    def test_from_nothing_to_a_backup_in_the_browser(self):
        self.up()
        gateway = self.engine.docker("network", "inspect", "pobsync-test_default", "--format",
                                     "{{(index .IPAM.Config 0).Gateway}}").stdout.strip()
        self.sshd = self.engine.inside(lambda: Sshd(address=gateway))
        self.addCleanup(lambda: self.engine.inside(self.sshd.close))
        self.source = self.work.make("source")
        self.fill()
        self.engine.inside(self.set_up)
        self.assertEqual(self.states_of_users(), {"serve": "990", "reader": "0", "up": "0"})
        self.back_up_and_compare()
        self.stop_and_go_on()
        self.lose_the_mount()

    def fill(self):
        os.mknod(os.path.join(self.source, "device"), stat.S_IFCHR | 0o600, os.makedev(1, 3))
        with open(os.path.join(self.source, "setuid"), "w", encoding="ascii") as file:
            file.write("x")
        os.chown(file.name, 12345, 54321)
        os.chmod(file.name, 0o6755)
        os.setxattr(file.name, "user.colour", b"green")

    def set_up(self):
        """All by the pages, as somebody would who has just typed docker compose up."""
        self.port = 8010
        self.browser = Browser(self)
        code = re.search(r"/setup with the code ([0-9a-f-]+)", self.project.logs())[1]
        answer = self.browser.send("/setup", {"code": code, "username": "anna", "password": PASSWORD}, page="/setup")
        self.assertEqual(answer.status, 303, answer)
        self.browser.logged_in = True  # the first account is
        page = self.browser.get("/setup/root").text
        self.assertIn("the mount decides", page)
        self.assertNotIn('name="path"', page)
        self.browser.send("/setup/root", {"adopt": "no"}, page="/setup/root")
        wait_for(lambda: self.browser.get("/api/v1/status/").json["root"]["state"] == "ok", 30,
                 lambda: self.browser.get("/setup/root").text)

    def states_of_users(self):
        """As whom each part of the web container runs."""
        script = ('for f in /proc/[0-9]*; do echo "$(tr "\\0" " " <$f/cmdline) / $(sed -n "s/^Uid:.//p" $f/status | cut -f1)"; done')
        found = re.findall(r"(?m)^pobsync (\S+) .*/ (\d+)$", self.project.exec("web", "sh", "-c", script))
        return {name: user for name, user in found if name in ("serve", "reader", "up")}

    def back_up_and_compare(self):
        worker = lambda *words: self.project.exec("worker", "pobsync", *words)
        worker("configure-host", "web1", "--address", self.sshd.address, "--ssh-port", str(self.sshd.port), "--source-root", self.source,
               "--excludes-replace", "--excludes", "")
        self.sshd.authorize_also(worker("key", "web1", "--line", "plain").strip())
        worker("test-connection", "web1")
        self.assertEqual(self.engine.inside(lambda: self.browser.send("/hosts/web1/backup", page="/hosts/web1")).status, 303)
        wait_for(lambda: oracle.snapshots(self.backups, "web1", "scheduled"), 60, self.project.logs)
        wait_for(lambda: "success" in worker("runs"), 30, lambda: worker("runs"))
        [snapshot] = oracle.snapshots(self.backups, "web1", "scheduled")
        self.assertEqual(oracle.compare(self.source, os.path.join(snapshot, "data")), [])
        page = self.engine.inside(lambda: self.browser.get("/hosts/web1/browse"))
        self.assertIn("setuid", page.text)

    def stop_and_go_on(self):
        """What is stopped ends in order, and everything is there again."""
        self.project.compose("stop", "--timeout", "15")
        ended = self.project.compose("ps", "--all", "--format", "{{.Service}} {{.ExitCode}}").stdout.split("\n")
        self.assertEqual(sorted(line for line in ended if line), [f"{service} 0" for service in sorted(SQLITE)])
        self.up()
        self.assertIn("web1", self.project.exec("worker", "pobsync", "hosts"))
        self.assertEqual(self.engine.inside(lambda: self.browser.get("/")).status, 200, "the session lives on")

    def lose_the_mount(self):
        """Another directory is mounted there, as when the disk of the host is not: nothing is written into it."""
        empty = self.work.make("empty")
        self.project.env["POBSYNC_BACKUP_ROOT"] = empty
        try:
            self.up()
            done = self.project.compose("exec", "-T", "worker", "pobsync", "backup", "web1", expect=8)
            self.assertIn("its marker is not there", done.stderr)
            status = self.engine.inside(lambda: self.browser.get("/api/v1/status/").json)
            self.assertIn(status["root"]["state"], ("root_not_mounted", "root_wrong_disk"))
            self.assertEqual(os.listdir(empty), [])
        finally:
            self.project.env["POBSYNC_BACKUP_ROOT"] = self.backups


if __name__ == "__main__":
    unittest.main()
