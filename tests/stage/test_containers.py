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


MARIADB = ("web-mariadb", "scheduler-mariadb", "worker-mariadb")
# What stands in for the image of MariaDB, which no registry gives here: the same settings, the same word for its health.
STAND_IN = """
FROM debian:bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends mariadb-server-core mariadb-client-core >/dev/null \\
    && useradd --system --uid 999 mysql && install -d -o mysql /run/mysqld /var/lib/mysql && rm -rf /etc/mysql
COPY healthcheck.sh start.sh /usr/local/bin/
VOLUME /var/lib/mysql
CMD ["start.sh"]
"""
START = r"""#!/bin/sh
set -eu
[ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql --datadir=/var/lib/mysql --skip-test-db >/dev/null
format="CREATE DATABASE IF NOT EXISTS %s;\nCREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s';\nGRANT ALL ON %s.* TO '%s'@'%%';\n"
printf "$format" "$MARIADB_DATABASE" "$MARIADB_USER" "$(cat "$MARIADB_PASSWORD_FILE")" "$MARIADB_DATABASE" "$MARIADB_USER" >/run/mysqld/init
chown mysql /run/mysqld/init
exec mariadbd --no-defaults --user=mysql --datadir=/var/lib/mysql --bind-address=0.0.0.0 --init-file=/run/mysqld/init \
    --socket=/run/mysqld/mysqld.sock
"""
HEALTH = """#!/bin/sh
exec mariadb --no-defaults --user=root --socket=/run/mysqld/mysqld.sock -e "USE $MARIADB_DATABASE"
"""


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
        cls.project = containers.Project(cls.engine, TOP, "pobsync-test",
                                         {"POBSYNC_BACKUP_ROOT": cls.backups,
                                          "POBSYNC_BACKUP_ROOT_MARIADB": cls.work.make("backups-mariadb")})
        cls.project.down()  # of a run that was killed
        with cls.engine.way_out():
            cls.project.compose("build", "web", timeout=500)
        cls.addClassCleanup(cls.project.down)

    def tearDown(self):
        self.project.down()

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
        self.up(*SQLITE)
        self.prepare(8010, self.backups)
        self.engine.inside(self.set_up)
        self.assertEqual(self.states_of_users(), {"serve": "990", "reader": "0", "up": "0"})
        self.back_up_and_compare("worker")
        self.stop_and_go_on()
        self.lose_the_mount()

    def test_the_same_with_a_database_server(self):
        context = self.work.make("mariadb")
        for name, text, mode in (("Dockerfile", STAND_IN, 0o644), ("start.sh", START, 0o755), ("healthcheck.sh", HEALTH, 0o755)):
            self.work.write(f"mariadb/{name}", text, mode)
        with self.engine.way_out():
            self.engine.docker("build", "--tag", "mariadb:10.11", context, timeout=400)
        self.up(*MARIADB, profile=("--profile", "mariadb"))
        self.prepare(8011, self.work / "backups-mariadb")
        self.engine.inside(self.set_up)
        status = self.engine.inside(lambda: self.browser.get("/api/v1/status/").json)
        self.assertEqual(status["database"]["kind"], "mariadb")
        self.back_up_and_compare("worker-mariadb")

    # Steps

    def up(self, *services, profile=()):
        self.project.compose(*profile, "up", "--detach", "--no-build", *services, timeout=300)
        self.project.wait_until_healthy(*services)

    def prepare(self, port, backups):
        """A host that the containers can reach, and a browser."""
        self.port, self.root = port, backups
        self.browser = Browser(self)
        gateway = self.engine.docker("network", "inspect", "pobsync-test_default", "--format",
                                     "{{(index .IPAM.Config 0).Gateway}}").stdout.strip()
        self.sshd = self.engine.inside(lambda: Sshd(address=gateway))
        self.addCleanup(lambda: self.engine.inside(self.sshd.close))
        self.source = self.work.make(f"source.{port}")
        os.mknod(os.path.join(self.source, "device"), stat.S_IFCHR | 0o600, os.makedev(1, 3))
        with open(os.path.join(self.source, "setuid"), "w", encoding="ascii") as file:
            file.write("x")
        os.chown(file.name, 12345, 54321)
        os.chmod(file.name, 0o6755)
        os.setxattr(file.name, "user.colour", b"green")

    def set_up(self):
        """All by the pages, as somebody would who has just typed docker compose up."""
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

    def back_up_and_compare(self, service):
        def worker(*words):
            return self.project.exec(service, "pobsync", *words)

        worker("configure-host", "web1", "--address", self.sshd.address, "--ssh-port", str(self.sshd.port), "--source-root", self.source,
               "--excludes-replace", "--excludes", "")
        self.sshd.authorize_also(worker("key", "web1", "--line", "plain").strip())
        worker("test-connection", "web1")
        self.assertEqual(self.engine.inside(lambda: self.browser.send("/hosts/web1/backup", page="/hosts/web1")).status, 303)
        wait_for(lambda: oracle.snapshots(self.root, "web1", "scheduled"), 60, self.project.logs)
        wait_for(lambda: "success" in worker("runs"), 30, lambda: worker("runs"))
        [snapshot] = oracle.snapshots(self.root, "web1", "scheduled")
        self.assertEqual(oracle.compare(self.source, os.path.join(snapshot, "data")), [])
        page = self.engine.inside(lambda: self.browser.get("/hosts/web1/browse"))
        self.assertIn("setuid", page.text)

    def stop_and_go_on(self):
        """What is stopped ends in order, and everything is there again."""
        self.project.compose("stop", "--timeout", "15")
        ended = self.project.compose("ps", "--all", "--format", "{{.Service}} {{.ExitCode}}").stdout.split("\n")
        self.assertEqual(sorted(line for line in ended if line), [f"{service} 0" for service in sorted(SQLITE)])
        self.up(*SQLITE)
        self.assertIn("web1", self.project.exec("worker", "pobsync", "hosts"))
        self.assertEqual(self.engine.inside(lambda: self.browser.get("/")).status, 200, "the session lives on")

    def lose_the_mount(self):
        """Another directory is mounted there, as when the disk of the host is not: nothing is written into it."""
        empty = self.work.make("empty")
        self.project.env["POBSYNC_BACKUP_ROOT"] = empty
        try:
            self.up(*SQLITE)
            done = self.project.compose("exec", "-T", "worker", "pobsync", "backup", "web1", expect=8)
            self.assertIn("its marker is not there", done.stderr)
            status = self.engine.inside(lambda: self.browser.get("/api/v1/status/").json)
            self.assertIn(status["root"]["state"], ("root_not_mounted", "root_wrong_disk"))
            self.assertEqual(os.listdir(empty), [])
        finally:
            self.project.env["POBSYNC_BACKUP_ROOT"] = self.backups


if __name__ == "__main__":
    unittest.main()
