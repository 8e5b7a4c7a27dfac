"""The Debian package: built, looked at by lintian, installed into a Debian, used for a backup, upgraded, removed, purged."""

import glob
import os
import re
import shutil
import stat
import subprocess
import unittest

from kit import debian, oracle
from kit.deadline import wait_for
from kit.sshd import free_port
from kit.workdir import WorkDir

TIME_LIMIT = 900
TOP = debian.TOP


def built():
    """The directory with the package; built once in this process."""
    if built.dir is None:
        built.dir = WorkDir("package.")
        subprocess.run([os.path.join(TOP, "tools", "package"), built.dir.path], check=True, timeout=300)
    return built.dir


built.dir = None


def tearDownModule():
    if built.dir is not None:
        built.dir.remove()


def field(package, name):
    return subprocess.run(["dpkg-deb", "-f", package, name], capture_output=True, text=True, check=True).stdout.strip()


def package():
    return next(path for path in glob.glob(built() / "pobsync_*.deb"))


@unittest.skipIf(shutil.which("dpkg-buildpackage") is None, "dpkg-buildpackage is not installed")
class Built(unittest.TestCase):
    def test_lintian_has_nothing_to_say(self):
        changes = glob.glob(built() / "*.changes")
        done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", *changes], capture_output=True,
                              text=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_it_is_small_and_says_how_small(self):
        size = os.stat(package()).st_size
        print(f"the package has {size} bytes, {field(package(), 'Installed-Size')} KiB when installed")
        self.assertLess(size, 2 << 20)

    def test_settings_are_a_conffile(self):
        control = built().make("control")
        subprocess.run(["dpkg-deb", "-e", package(), control], check=True)
        with open(os.path.join(control, "conffiles"), encoding="ascii") as file:
            self.assertEqual(file.read(), "/etc/pobsync/pobsync.env\n")

    def test_the_program_is_hardened(self):
        tree = built().make("tree")
        subprocess.run(["dpkg-deb", "-x", package(), tree], check=True)
        program = os.path.join(tree, "usr/bin/pobsync")
        headers = subprocess.run(["readelf", "-lhd", program], capture_output=True, text=True, check=True).stdout
        symbols = subprocess.run(["readelf", "-sW", program], capture_output=True, text=True, check=True).stdout
        for word in ("GNU_RELRO", "BIND_NOW", "DYN (Position-Independent"):
            self.assertIn(word, headers)
        self.assertRegex(symbols, "__stack_chk_fail")
        self.assertRegex(symbols, "__[a-z]+_chk")


@unittest.skipIf(debian.reason_to_skip(), debian.reason_to_skip())
class Installed(unittest.TestCase):
    """One life of an installation, in a Debian of its own."""

    def setUp(self):
        needs = re.split(r"\s*,\s*", field(package(), "Depends"))
        needs = [re.split(r"[ |]", need)[0] for need in needs]
        self.debian = self.enterContext(debian.Debian([*needs, "openssh-server"]))

    # Steps

    def install(self, path):
        shutil.copy(path, self.debian / "package.deb")
        self.debian.run("dpkg", "--force-confold", "-i", "/package.deb")
        self.assertEqual(self.debian.run("dpkg", "--audit"), "")

    def newer(self):
        """The same package with a higher version."""
        tree = self.debian / "newer"
        subprocess.run(["dpkg-deb", "-R", package(), tree], check=True)
        control = os.path.join(tree, "DEBIAN", "control")
        with open(control, encoding="utf-8") as file:
            text = file.read()
        self.version = field(package(), "Version") + "+1"
        with open(control, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^Version: .*", f"Version: {self.version}", text))
        path = self.debian / "newer.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, path], check=True, stdout=subprocess.DEVNULL)
        return path

    def look(self, path):
        """(mode, owner, group) by the names that are known inside."""
        return tuple(self.debian.run("stat", "-c", "%a %U %G", path).split())

    def start_sshd(self):
        port = free_port()
        os.makedirs(self.debian / "run/sshd", exist_ok=True)
        self.debian.run("ssh-keygen", "-A")
        sshd = self.debian.spawn("/usr/sbin/sshd", "-D", "-p", port, "-o", "ListenAddress=127.0.0.1", "-o", "PidFile=none",
                                 "-o", "UsePAM=no")
        self.addCleanup(sshd.wait)
        self.addCleanup(sshd.terminate)
        return port

    def back_up(self):
        self.debian.run("pobsync", "backup", "web1")
        return oracle.snapshots(self.debian / "srv/backups", "web1", "scheduled")[-1]

    # Tests

    def test_install_use_upgrade_remove_purge(self):
        self.install(package())
        self.check_installed()

        port = self.start_sshd()
        os.makedirs(self.debian / "srv/backups")
        os.makedirs(self.debian / "srv/data/below")
        self.debian.write("srv/data/below/file", "content\n")
        os.mknod(self.debian / "srv/data/device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        os.chown(self.debian / "srv/data/below/file", 12345, 54321)
        os.chmod(self.debian / "srv/data/below/file", 0o4755)
        self.debian.run("pobsync", "configure-global", "--backup-root", "/srv/backups")
        self.debian.run("pobsync", "configure-host", "web1", "--address", "127.0.0.1", "--ssh-port", port, "--source-root",
                        "/srv/data")
        os.makedirs(self.debian / "root/.ssh", mode=0o700, exist_ok=True)
        self.debian.write("root/.ssh/authorized_keys", self.debian.run("pobsync", "key", "web1", "--line", "plain"), 0o600)
        self.debian.run("pobsync", "test-connection", "web1")
        first = self.back_up()
        self.assertEqual(oracle.compare(self.debian / "srv/data", os.path.join(first, "data")), [])
        self.assertEqual(self.look("/var/lib/pobsync/pobsync.db"), ("660", "root", "pobsync"))

        self.debian.write("etc/pobsync/pobsync.env", "# mine\n")
        self.install(self.newer())
        self.assertEqual(self.debian.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", "pobsync"),
                         f"{self.version} installed")
        with open(self.debian / "etc/pobsync/pobsync.env", encoding="ascii") as file:
            self.assertEqual(file.read(), "# mine\n")
        second = self.back_up()
        self.assertEqual(os.stat(os.path.join(first, "data/below/file")).st_ino,
                         os.stat(os.path.join(second, "data/below/file")).st_ino)

        self.debian.run("dpkg", "-r", "pobsync")
        self.assertFalse(os.path.exists(self.debian / "usr/bin/pobsync"))
        self.assertTrue(os.path.exists(self.debian / "var/lib/pobsync/pobsync.db"), "removed is not purged")
        self.debian.run("dpkg", "-P", "pobsync")
        for gone in ("var/lib/pobsync", "etc/pobsync", "etc/systemd/system/multi-user.target.wants/pobsync.service"):
            self.assertFalse(os.path.lexists(self.debian / gone), gone)
        self.assertEqual(oracle.compare(self.debian / "srv/data", os.path.join(second, "data")), [])
        self.assertTrue(os.path.exists(os.path.join(first, "data/below/file")))
        self.assertTrue(os.path.exists(self.debian / "srv/backups/.pobsync-root"))

    def check_installed(self):
        for user in ("pobsync-web", "pobsync-reader"):
            self.assertIn("pobsync", self.debian.run("id", "-Gn", user).split())
        self.assertEqual(self.look("/var/lib/pobsync"), ("2770", "root", "pobsync"))
        self.assertEqual(self.look("/var/lib/pobsync/runs"), ("2770", "root", "pobsync"))
        self.assertEqual(self.look("/var/lib/pobsync/keys"), ("700", "root", "root"))
        wants = self.debian / "etc/systemd/system/multi-user.target.wants"
        self.assertEqual([name for name in os.listdir(wants) if "pobsync" in name], ["pobsync.service"])
        units = sorted(glob.glob(self.debian / "lib/systemd/system/pobsync*"))
        said = self.debian.run("systemd-analyze", "--man=no", "verify", *(f"/{os.path.relpath(unit, self.debian.path)}" for unit in units))
        about = [line for line in (said + self.debian.last_error).splitlines() if "pobsync" in line]
        self.assertEqual((len(units), about), (7, []))
        self.assertRegex(self.debian.run("pobsync", "--version"), r"\Apobsync \d")
        self.assertIn("complete", self.debian.run("bash", "-c", ". /usr/share/bash-completion/completions/pobsync; complete -p pobsync"))
        manual = self.debian / "usr/share/man/man1/pobsync.1.gz"
        self.assertTrue(os.path.exists(manual))

    def test_purge_keeps_a_backup_root_in_the_state_directory(self):
        self.install(package())
        self.debian.run("pobsync", "hosts")
        os.makedirs(self.debian / "var/lib/pobsync/runs/backups")  # the program refuses it there, and links and binds exist
        for name in (".pobsync-root", "precious"):
            self.debian.write(f"var/lib/pobsync/runs/backups/{name}", "x")
        self.debian.run("dpkg", "-P", "pobsync")
        self.assertIn("a backup root lies in", self.debian.last_error)
        self.assertTrue(os.path.exists(self.debian / "var/lib/pobsync/runs/backups/precious"))
        self.assertTrue(os.path.exists(self.debian / "var/lib/pobsync/pobsync.db"))


if __name__ == "__main__":
    unittest.main()
