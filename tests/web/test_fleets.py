"""Every page with every data set: nothing, every state, many hosts, many snapshots, hostile names; how heavy it is, and what
axe-core finds in it, light and dark. POBSYNC_SHOTS=DIR keeps a picture of each."""

import gzip
import os
import unittest

from kit import axe, web_fleet
from kit.screen import Screen, reason_to_skip
from kit.web import PASSWORD
from kit.web_case import WebCase

SERIAL = True
WIRE = 25_000       # bytes of a page with its style and script, as they are sent
WIRE_MANY = 60_000  # with 400 hosts
RAW = 100_000       # bytes of the HTML of a page with 40 hosts
REQUESTS = 4
# Pages of programs, or that lead elsewhere.
NO_PAGES = ("/healthz", "/readyz", "/metrics", "/login", "/setup")


class Fleets(WebCase):
    sanitised = False
    data = "states"

    def prepare(self):
        self.make_user("admin")
        self.pobsync.mark_root()
        self.values = web_fleet.make(self.pobsync, self.data)

    def pages(self):
        return [path for path in web_fleet.pages(self.routes(), self.values) if path not in NO_PAGES]

    def weigh(self, path):
        """A page as it comes over the wire: its status, its HTML, and its bytes."""
        answer = self.admin.get(path, headers={"Accept-Encoding": "gzip"})
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return answer, (gzip.decompress(answer.body) if packed else answer.body).decode(), len(answer.body)

    def crawl(self):
        css_and_js = sum(self.weigh(path)[2] for path in self.assets())
        limit = WIRE_MANY if self.data == "many" else WIRE
        for path in self.pages():
            answer, text, weight = self.weigh(path)
            allowed = (200, 303, 404) if path.endswith(("/log", "/setup/root")) else (200,)
            if self.data == "empty":
                allowed += (303, 404)
            self.assertIn(answer.status, allowed, f"{self.data} {path}: {text[:2000]}")
            if answer.status != 200 or not answer.headers["Content-Type"].startswith("text/html"):
                continue
            self.assertEqual(text.count("<h1"), 1, path)
            for raw in ("<script>alert", "\x1b", "\u202e", 'onmouseover="alert'):
                self.assertNotIn(raw, text, f"{self.data} {path}")
            self.assertLessEqual(weight + css_and_js, limit, f"{self.data} {path} on the wire")
            if self.data == "states":
                self.assertLessEqual(len(text), RAW, f"{self.data} {path}, unpacked")

    def assets(self):
        page = self.admin.get("/account")
        return ["/static/" + part.split('"')[0] for part in page.text.split('"/static/')[1:]]

    def test_every_state(self):
        self.crawl()


class Empty(Fleets):
    data = "empty"


class Many(Fleets):
    data = "many"


class Deep(Fleets):
    data = "deep"


class Hostile(Fleets):
    data = "hostile"


@unittest.skipIf(reason_to_skip() or axe.reason_to_skip(), reason_to_skip() or axe.reason_to_skip())
class Accessible(WebCase):
    sanitised = False
    views = (("light", 1280), ("dark", 390), ("dark", 1280), ("light", 320))

    def show(self, data):
        """Every page of a data set, light and dark, at three widths."""
        with Screen() as screen:
            base = f"http://127.0.0.1:{self.server.port}"
            screen.open(base + "/login")
            self.look(screen, data, "/login", "light", 1280)
            screen.run("document.body.append(document.createElement('img'))")
            self.assertIn("image-alt", [rule for rule, *_ in axe.violations(screen)], "axe-core sees what is wrong")
            screen.type("#username", "admin")
            screen.type("#password", PASSWORD)
            screen.press("#password")
            screen.wait_for_url(base + "/")
            paths = [path for path in web_fleet.pages(self.routes(), self.values) if path not in NO_PAGES]
            for scheme, width in self.views:
                screen.colours(scheme)
                screen.size(width)
                for path in paths:
                    screen.open(base + path)
                    self.look(screen, data, path, scheme, width)

    def look(self, screen, data, path, scheme, width):
        where = f"{data} {path} at {width}, {scheme}"
        found = screen.run("const e = document.documentElement; return {over: e.scrollWidth - e.clientWidth,"
                           " requests: performance.getEntriesByType('resource').length + 1}")
        if os.environ.get("POBSYNC_SHOTS"):
            name = "".join(c if c.isalnum() else "_" for c in path)
            screen.save(os.path.join(os.environ["POBSYNC_SHOTS"], f"{data}{name}-{width}-{scheme}.png"))
        with self.subTest(where):
            self.assertEqual(axe.violations(screen), [], where)
            self.assertLessEqual(found["over"], 0, where)
            self.assertLessEqual(found["requests"], REQUESTS, where)

    def prepare(self):
        self.make_user("admin")
        self.pobsync.mark_root()
        self.values = web_fleet.make(self.pobsync, "states")

    def test_every_state(self):
        self.show("states")


class AccessibleHostile(Accessible):
    views = (("light", 320), ("dark", 1280))

    def prepare(self):
        self.make_user("admin")
        self.pobsync.mark_root()
        self.values = web_fleet.make(self.pobsync, "hostile")

    def test_every_state(self):
        self.show("hostile")


if __name__ == "__main__":
    unittest.main()
