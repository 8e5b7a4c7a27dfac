"""Twelve tasks with keys alone: Tab to what is wanted, which must then have the focus and show it, and Enter. The same
without script. What is pressed and how long it takes is printed; POBSYNC_TASKS=FILE keeps it."""

import json
import os
import time
import unittest

from kit.case import EVERYTHING
from kit.deadline import wait_for
from kit.faults import FakeRsync
from kit.screen import Screen, reason_to_skip
from kit.sshd import Sshd
from kit.web import PASSWORD
from kit.web_case import WebCase
from kit.workdir import WorkDir

SERIAL = True
TABS_MAX = 150
TAB, ENTER, SPACE = "\ue004", "\ue007", " "


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class Keyboard(WebCase):
    sanitised = False
    script = True

    def prepare(self):
        super().prepare()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.source = self.work.make("source")
        self.saved = self.work.make("saved")
        self.fake = FakeRsync(self.work.path)
        self.write("notes.txt", "one\n")
        self.pobsync.add_host("web1", self.sshd, self.source, *EVERYTHING, "--rsync-binary", self.fake.path)
        self.pobsync.ok("host-key", "web1", "--accept", self.sshd.fingerprint())
        self.first = self.backup("2026-11-01T12:00:00Z")
        self.write("notes.txt", "two\n")
        self.second = self.backup("2026-11-02T12:00:00Z")
        self.pobsync.ok("configure-host", "broken", "--address", "127.0.0.1", "--ssh-port", "1", "--retries", "0")
        self.pobsync.run("backup", "broken")
        self.pobsync.spawn("reader")

    def write(self, name, text):
        with open(os.path.join(self.source, name), "w", encoding="utf-8") as file:
            file.write(text)

    def backup(self, when):
        return self.pobsync.json("backup", "web1", env={"POBSYNC_FAKE_NOW": when})["snapshot"]

    def setUp(self):
        super().setUp()
        self.screen = self.enterContext(Screen())
        self.base = f"http://127.0.0.1:{self.server.port}"
        self.screen.devtools("Page.setDownloadBehavior", behavior="allow", downloadPath=self.saved)
        if not self.script:
            self.screen.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.pressed = 0
        self.times = []

    # --- keys --------------------------------------------------------------------------------------------------

    def key(self, *keys):
        """Real keys, which go to whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.screen.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def focused(self):
        return self.screen.call("GET", "/element/active")

    def tab_to(self, selector):
        """Tab until it has the focus; asserts that it can be reached, and that one sees where one is."""
        wanted = list(self.screen.call("POST", "/element", {"using": "css selector", "value": selector}).values())[0]
        for _ in range(TABS_MAX):
            if list(self.focused().values())[0] == wanted:
                self.assert_visible_focus(selector)
                return
            self.key(TAB)
        self.fail(f"{selector} is not reached by {TABS_MAX} tabs on {self.screen.url()}")

    def assert_visible_focus(self, selector):
        if not self.script:
            return  # the style cannot be asked for
        style = self.screen.run("const s = getComputedStyle(document.activeElement);"
                                "return [s.outlineStyle, parseFloat(s.outlineWidth)]")
        self.assertNotEqual(style[0], "none", selector)
        self.assertGreaterEqual(style[1], 1, selector)

    def enter(self, selector):
        self.tab_to(selector)
        self.key(ENTER)
        self.pressed += 1

    def type(self, selector, text):
        self.tab_to(selector)
        self.key(*text)

    def task(self, name, *steps):
        """Each step is done, then its address waited for."""
        begun, self.pressed = time.monotonic(), 0
        for step, address in steps:
            step()
            if address:
                self.screen.wait_for_url(address)
        self.times.append((name, self.pressed, round(time.monotonic() - begun, 1)))

    # --- the tasks ---------------------------------------------------------------------------------------------

    def test_twelve_tasks(self):
        self.screen.open(self.base + "/hosts")
        self.task("sign in", (lambda: self.type("#username", "admin"), ""), (lambda: self.type("#password", PASSWORD), ""),
                  (lambda: self.key(ENTER), "/hosts"))
        self.find_a_host()
        self.screen.open(self.base + "/")
        self.task("open the worst host", (lambda: self.enter("main tbody tr:first-child th a"), "/hosts/broken"))
        self.open_the_log()
        self.back_up_and_cancel()
        self.look_into_snapshots()
        self.screen.open(self.base + "/hosts/web1/retention")
        self.task("simulate retention", (lambda: self.type("#keep_last", "1"), ""),
                  (lambda: self.enter("main form button.primary"), "keep_last="))
        self.assertIn("A simulation", self.text("main"))
        self.screen.open(self.base + "/")
        self.task("add a host", (lambda: self.enter("a[href='/hosts/new']"), "/hosts/new"),
                  (lambda: self.type("#name", "new1"), ""), (lambda: self.type("#address", "192.0.2.1"), ""),
                  (lambda: self.enter("button.primary"), "/hosts/new1/setup"))
        self.task("sign out", (lambda: self.enter(".who button"), "/login"))
        self.report()

    def text(self, selector):
        element = list(self.screen.call("POST", "/element", {"using": "css selector", "value": selector}).values())[0]
        return self.screen.call("GET", f"/element/{element}/text")

    def find_a_host(self):
        self.screen.open(self.base + "/hosts")
        if self.script:
            self.task("find a host", (lambda: self.key("/", *"web1"), ""),
                      (lambda: self.enter("#hosts tbody tr:not([hidden]) th a"), "/hosts/web1"))
        else:
            self.task("find a host", (lambda: self.type("#filter", "web1"), ""), (lambda: self.key(ENTER), "q=web1"),
                      (lambda: self.enter("#hosts tbody th a"), "/hosts/web1"))

    def open_the_log(self):
        number = self.pobsync.json("runs", "--host", "broken")["items"][0]["id"]
        self.screen.open(self.base + "/hosts/broken")
        self.task("open the log", (lambda: self.enter(f"main a[href='/runs/{number}/log']"), f"/runs/{number}/log"))
        self.assertIn("has no ssh key", self.text("main .bad"))

    def back_up_and_cancel(self):
        self.screen.open(self.base + "/hosts/web1")
        self.task("back up now", (lambda: self.enter("main .head button.primary"), "/runs/"))
        self.task("cancel", (lambda: self.enter("main .head form button"), "notice=cancelled"))

    def look_into_snapshots(self):
        self.screen.open(self.base + "/")
        self.task("download a file", (lambda: self.enter("#hosts a[href='/hosts/web1/browse']"), "/hosts/web1/browse"),
                  (lambda: self.enter("main tbody th a"), ""))
        wait_for(lambda: os.listdir(self.saved) == ["notes.txt"], 30, "the file was not saved")
        self.assertLessEqual(self.pressed, 3)
        with open(os.path.join(self.saved, "notes.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "two\n")
        self.task("versions", (lambda: self.enter("main tbody a[href='/hosts/web1/versions/notes.txt']"), "/versions/"))
        for snapshot in (self.first, self.second):
            self.assertIn(snapshot, self.text("main"))
        self.screen.open(self.base + "/hosts/web1/browse")
        self.task("compare two snapshots", (lambda: self.enter("main form[action='/hosts/web1/diff'] button"), "/diff/"),
                  (lambda: self.enter("main tbody th a"), "/lines/"))
        self.assertIn("- one\n+ two", self.text("main pre"))

    def report(self):
        self.assertEqual(len(self.times), 12)
        for name, presses, seconds in self.times:
            self.assertLessEqual(seconds, 30, name)
            print(f"{name:24} {presses} presses of Enter, {seconds} s", "" if self.script else "without script")
        if os.environ.get("POBSYNC_TASKS"):
            with open(os.environ["POBSYNC_TASKS"], "a", encoding="utf-8") as file:
                file.write(json.dumps({"script": self.script, "tasks": self.times}) + "\n")


class WithoutScript(Keyboard):
    script = False


if __name__ == "__main__":
    unittest.main()
