"""Pages in a real browser: they fit from 320 pixels on, light and dark, say nothing on the console, and work without
script. POBSYNC_SHOTS=DIR keeps a picture of each."""

import os
import unittest

from kit.screen import Screen, reason_to_skip
from kit.web import PASSWORD
from kit.web_case import WebCase

SERIAL = True
PAGES = ("/", "/hosts", "/hosts/new", "/hosts/web1", "/hosts/web1/snapshots", "/hosts/web1/retention",
         "/hosts/web1/schedule?cron=15+2+*+*+*", "/hosts/web1/config", "/hosts/web1/discovery", "/discovery",
         "/setup/root", "/hosts/web1/setup", "/hosts/web1/setup/key", "/hosts/web1/setup/connect",
         "/hosts/web1/setup/paths?preset=data", "/hosts/web1/setup/schedule?cron=15+2+*+*+*",
         "/hosts/web1/setup/first", "/hosts/web1/incomplete", "/hosts/web1/remove", "/hosts/web1/history", "/hosts/web1/calendar", "/purges", "/settings/notifications", "/runs", "/queue", "/schedules", "/settings", "/self-check", "/users", "/tokens",
         "/audit", "/account", "/nothing")



@unittest.skipIf(reason_to_skip(), reason_to_skip())
class InBrowser(WebCase):
    sanitised = False  # the browser is slow enough

    def prepare(self):
        super().prepare()
        self.pobsync.ok("configure-global", "--backup-root", self.pobsync.root)
        for name in ("web1", "a-host-whose-name-is-as-long-as-names-may-be.example.net"):
            self.pobsync.ok("configure-host", name, "--address", "127.0.0.1")

    def setUp(self):
        super().setUp()
        self.screen = self.enterContext(Screen())
        self.base = f"http://127.0.0.1:{self.server.port}"

    def log_in_on_screen(self, to="/"):
        self.screen.open(self.base + to)
        self.screen.type("#username", "admin")
        self.screen.type("#password", PASSWORD)
        self.screen.press("#password")
        self.screen.wait_for_url(self.base + to)

    def test_every_page_fits(self):
        self.log_in_on_screen()
        for scheme in ("light", "dark"):
            self.screen.colours(scheme)
            for width in (1280, 390, 320):
                self.screen.size(width)
                for page in PAGES:
                    self.screen.open(self.base + page)
                    found = self.screen.run(
                        "const e = document.documentElement;"
                        "return {over: e.scrollWidth - e.clientWidth, headings: document.querySelectorAll('h1').length,"
                        " back: getComputedStyle(document.body).backgroundColor,"
                        " links: [...document.querySelectorAll('nav a')].length}")
                    where = f"{page} at {width}, {scheme}"
                    self.assertLessEqual(found["over"], 0, where)
                    self.assertEqual(found["headings"], 1, where)
                    self.assertEqual(found["back"], "rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 27)",
                                     where)
                    self.assertGreater(found["links"], 5, where)
                    problems = [line for line in self.screen.messages() if "404" not in line]
                    self.assertEqual(problems, [], where)
                    if os.environ.get("POBSYNC_SHOTS"):
                        name = "".join(c if c.isalnum() else "_" for c in page) + f"-{width}-{scheme}.png"
                        self.screen.save(os.path.join(os.environ["POBSYNC_SHOTS"], name))

    def test_tasks_without_script(self):
        self.screen.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.log_in_on_screen("/hosts")
        self.screen.open(self.base + "/hosts/new")
        self.screen.type("#name", "new1")
        self.screen.type("#address", "192.0.2.1")
        self.screen.press("button.primary")
        self.screen.wait_for_url("/hosts/new1/setup/key?notice=created")
        self.screen.open(self.base + "/hosts/new1/setup/first")
        self.screen.press("button.primary")  # back up now
        self.screen.wait_for_url("/hosts/new1/setup/first")
        self.screen.press("main p a[href^='/runs/']")
        self.screen.wait_for_url("/runs/")
        self.screen.press("main button")  # cancel
        self.screen.wait_for_url("notice=cancelled")
        self.screen.open(self.base + "/hosts/new1/schedule")
        self.screen.type("#cron", "15 2 * * *")
        self.screen.press("button.primary")
        self.screen.wait_for_url("notice=saved")
        self.assertEqual(self.pobsync.json("schedule", "new1")["cron"], "15 2 * * *")
        self.screen.press(".who button")
        self.screen.wait_for_url("/login")

    def test_the_filter_works_at_once(self):
        self.log_in_on_screen("/hosts")
        self.screen.type("#filter", "web")
        shown = self.screen.run("return [...document.querySelectorAll('#hosts tbody tr')].filter(r => !r.hidden).length")
        self.assertEqual(shown, 1)


if __name__ == "__main__":
    unittest.main()
