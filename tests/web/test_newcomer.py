"""Somebody who has never seen it, with a browser and nothing else: from the empty server by the links and buttons of its
pages to the first backup, then what goes wrong: a host that refuses, a disk that is not mounted; then what is to be kept,
and the same in the API. All parts run as `up` starts them."""

import os
import re
import unittest

from kit.deadline import wait_for
from kit.pobsync import Pobsync
from kit.screen import Screen, reason_to_skip
from kit.sshd import Sshd
from kit.web import PASSWORD
from kit.workdir import WorkDir

SERIAL = True


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class Newcomer(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync(False))
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.source = self.work.make("source")
        with open(os.path.join(self.source, "hello"), "w", encoding="ascii") as file:
            file.write("hello\n")
        self.up = self.pobsync.spawn("up", "--listen", "127.0.0.1:0")
        wait_for(lambda: re.search(rb"with the code [0-9a-f-]+", self.log()) and b"listening on" in self.log(), 60,
                 lambda: self.log().decode())
        self.base = "http://127.0.0.1:" + re.search(rb"listening on http://[^ ]*:(\d+)/", self.log())[1].decode()
        self.screen = self.enterContext(Screen())

    def log(self):
        return self.up.output("stderr")

    def text(self):
        """What the page says; empty while it changes."""
        try:
            return self.screen.run("const m = document.querySelector('main'); return m ? m.innerText : ''")
        except AssertionError:
            return ""

    def reads(self, *words):
        """The page says so by itself, sooner or later: it follows what goes on."""
        wait_for(lambda: all(word in self.text() for word in words), 60, lambda: f"{words} on {self.screen.url()}: {self.text()}")

    def link(self, words):
        """A link or button with these words on it, pressed by Enter."""
        def press():
            found = self.screen.run(
                "const wanted = arguments[0]; document.querySelectorAll('[data-wanted]').forEach(e => delete e.dataset.wanted);"
                "const e = [...document.querySelectorAll('main a, main button, nav a')].find(e => e.innerText.trim() === wanted);"
                "if (e) e.dataset.wanted = 'yes'; return Boolean(e)", words)
            if found:
                self.screen.press("[data-wanted]")
            return found
        wait_for(press, 60, lambda: f"'{words}' on {self.screen.url()}: {self.text()}")

    def test_from_nothing_to_knowing_it(self):
        self.first_account()
        self.first_host()
        self.a_host_that_refuses()
        self.a_disk_that_is_not_there()
        self.what_is_kept()
        self.the_same_in_the_api()

    def first_account(self):
        self.screen.open(self.base + "/")
        self.screen.wait_for_url("/login")
        self.screen.press("main a[href='/setup']")
        self.screen.type("#code", re.search(rb"with the code ([0-9a-f-]+)", self.log())[1].decode())
        self.screen.type("#username", "anna")
        self.screen.type("#password", PASSWORD)
        self.link("Make the account")
        self.screen.wait_for_url("/setup/root")
        self.screen.type("#path", self.pobsync.root)
        self.link("Mark it and use it")
        self.reads("free", "Add a host")

    def first_host(self):
        self.link("Add a host")
        self.screen.type("#name", "web1")
        self.screen.type("#address", "127.0.0.1")
        self.screen.type("[name=ssh_port]", str(self.sshd.port))
        self.screen.press("main form button.primary")
        self.screen.wait_for_url("/hosts/web1/setup/key")
        self.reads("ssh-ed25519")
        self.authorized = next(line for line in self.text().splitlines() if "ssh-ed25519" in line)
        self.sshd.authorize(self.authorized)
        self.link("It is in place: test the connection")
        self.reads("web1 can be backed up")
        self.link("Go on: what is to be copied")
        self.screen.type("#source_root", self.source)
        self.link("Save and go on")
        self.screen.wait_for_url("/hosts/web1/setup/schedule")
        self.link("Every night at 02:15")
        self.reads("02:15")
        self.screen.press("main form button.primary")
        self.screen.wait_for_url("/hosts/web1/setup/first")
        self.link("Back up now")
        self.reads("web1 is backed up", "1 files")
        self.link("See the snapshot")
        self.reads("Success")

    def back_up(self):
        """From the page of the host; the page of the run follows it to its end."""
        self.screen.open(self.base + "/hosts/web1")
        self.link("Back up now")
        self.screen.wait_for_url("/runs/")

    def a_host_that_refuses(self):
        self.sshd.authorize("# nobody")
        self.back_up()
        self.reads("Failed", "Permission denied", "What to do")
        self.link("Dashboard")
        self.reads("Needs attention", "web1")
        self.sshd.authorize(self.authorized)

    def a_disk_that_is_not_there(self):
        away = self.pobsync.root + ".away"
        os.rename(self.pobsync.root, away)
        os.mkdir(self.pobsync.root)  # the empty directory that the disk is mounted on
        self.screen.open(self.base + "/")
        self.reads("What to do", "marker")
        self.back_up()
        self.reads("Failed", "What to do")
        os.rmdir(self.pobsync.root)
        os.rename(away, self.pobsync.root)

    def what_is_kept(self):
        for _ in range(2):
            self.back_up()
            self.reads("Success")
        self.screen.open(self.base + "/hosts/web1")
        self.screen.press("nav a[href='/hosts/web1/retention']")
        for name in ("keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_hourly"):
            self.screen.run("document.getElementById(arguments[0]).value = ''", name)
        self.screen.type("#keep_last", "1")
        self.link("Simulate")
        self.reads("Keep 1, delete 2", "A simulation")
        self.screen.press("nav a[href='/hosts/web1/config']")
        for name, value in (("keep_last", "1"), ("keep_daily", "0"), ("keep_weekly", "0"), ("keep_monthly", "0"),
                            ("keep_yearly", "0"), ("keep_hourly", "0")):
            self.screen.run("const e = document.querySelector(`input[name='${arguments[0]}']`); if (e) e.value = ''", name)
            self.screen.type(f"input[name='{name}']", value)
        self.screen.press("main form button.primary")
        self.screen.wait_for_url("notice=saved")
        self.screen.press("nav a[href='/hosts/web1/retention']")
        self.reads("Keep 1, delete 2", "Nothing has been deleted")
        self.screen.type("#confirm", "web1")
        self.link("Delete 2 snapshots")
        self.screen.wait_for_url("/runs/")
        self.reads("Success", "deleted")
        self.screen.open(self.base + "/hosts/web1/snapshots")
        self.reads("1 in all")

    def the_same_in_the_api(self):
        self.screen.press("footer a[href^='/api/v1/']")
        document = self.screen.run("return JSON.parse(document.body.innerText)")
        self.assertEqual([item["host"] for item in document["items"]], ["web1"])
        self.assertEqual(document["items"], self.pobsync.json("snapshots", "web1")["items"])
        self.screen.open(self.base + "/api/v1/runs?host=web1")
        runs = self.screen.run("return JSON.parse(document.body.innerText)")["items"]
        states = [run["state"] for run in runs if run["job"] == "backup"]
        self.assertEqual(states, ["success", "success", "failed", "failed", "success"])
        self.assertEqual([line for line in self.screen.messages() if "favicon" not in line], [])


if __name__ == "__main__":
    unittest.main()
