"""What `./dev install` puts where: staged below a directory, nothing of this machine is touched."""

import os
import re
import stat
import subprocess
import unittest

from kit.workdir import WorkDir

TIME_LIMIT = 300
TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


class Install(unittest.TestCase):
    def setUp(self):
        self.dir = self.enterContext(WorkDir("install."))
        self.build = os.path.dirname(os.path.abspath(os.environ["POBSYNC"]))
        if not os.path.exists(os.path.join(self.build, "pobsync.1")):
            self.skipTest("the manual was not built")

    def install(self, *options, expect=0):
        done = subprocess.run([os.path.join(TOP, "tools", "install"), self.build, *options],
                              env=os.environ | {"DESTDIR": self.dir.path}, capture_output=True, text=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def files(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.dir.path)
                      for folder, _, names in os.walk(self.dir.path) for name in names)

    def directives(self, prefix):
        with open(self.dir / f"{prefix}/lib/systemd/system/pobsync.service", encoding="utf-8") as file:
            return [tuple(line.strip().split("=", 1)) for line in file if re.match(r"[A-Za-z]+=", line)]

    def test_all_files_are_where_others_look_for_them(self):
        self.install()
        self.assertEqual(self.files(), sorted([
            "etc/pobsync/pobsync.env",
            "usr/local/bin/pobsync",
            *(f"usr/local/lib/systemd/system/{unit}" for unit in (
                "pobsync-reader.service", "pobsync-scheduler.service", "pobsync-web.service", "pobsync-web.socket",
                "pobsync-worker.service", "pobsync.service", "pobsync.target")),
            "usr/local/lib/sysusers.d/pobsync.conf",
            "usr/local/lib/tmpfiles.d/pobsync.conf",
            "usr/local/share/bash-completion/completions/pobsync",
            "usr/local/share/fish/vendor_completions.d/pobsync.fish",
            "usr/local/share/man/man1/pobsync.1",
            "usr/local/share/zsh/site-functions/_pobsync",
        ]))
        program = self.dir / "usr/local/bin/pobsync"
        self.assertEqual(stat.S_IMODE(os.stat(program).st_mode), 0o755)
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(version, r"\Apobsync \d")
        self.assertIn(("ExecStart", "/usr/local/bin/pobsync up --web-user pobsync-web"), self.directives("usr/local"))

    def test_the_installed_program_works_with_the_installed_settings(self):
        self.install("--prefix", "/usr")
        env = {"POBSYNC_HOME": self.dir / "home", "POBSYNC_ENV_FILE": self.dir / "etc/pobsync/pobsync.env",
               "PATH": os.environ["PATH"]}
        done = subprocess.run([self.dir / "usr/bin/pobsync", "hosts", "--json"], env=env, capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(("ExecStart", "/usr/bin/pobsync up --web-user pobsync-web"), self.directives("usr"))

    def test_settings_are_never_overwritten_and_all_else_is(self):
        self.install()
        self.dir.write("etc/pobsync/pobsync.env", "POBSYNC_LISTEN=127.0.0.1:1\n")
        self.dir.write("usr/local/bin/pobsync", "old")
        self.install()
        with open(self.dir / "etc/pobsync/pobsync.env", encoding="utf-8") as file:
            self.assertEqual(file.read(), "POBSYNC_LISTEN=127.0.0.1:1\n")
        self.assertGreater(os.stat(self.dir / "usr/local/bin/pobsync").st_size, 100000)
        self.assertEqual([name for name in self.files() if name.endswith(".new")], [])

    def test_wrong_options_install_nothing(self):
        for options in (["--prefix", "relative"], ["--prefix"], ["--frobnicate"]):
            self.assertIn("install: ", self.install(*options, expect=2).stderr)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()
