"""The common ground of tests that go through the web."""

import unittest

from kit.pobsync import Pobsync
from kit.web import PASSWORD, WebServer

ROLES = ("viewer", "restorer", "operator", "admin")


class WebCase(unittest.TestCase):
    """A server with one user for each role, and `admin` logged in as self.admin."""

    sanitised = True

    def setUp(self):
        self.pobsync = self.enterContext(Pobsync(self.sanitised))
        self.prepare()
        self.server = WebServer(self.pobsync)
        self.admin = self.log_in("admin")

    def prepare(self):
        """What is there before the server starts."""
        for role in ROLES:
            self.make_user(role)

    def make_user(self, role, name=None, password=PASSWORD):
        done = self.pobsync.run("create-user", name or role, "--role", role, input=password + "\n")
        self.assertEqual(done.rc, 0, done)

    def log_in(self, name, password=PASSWORD):
        browser = self.server.browser()
        answer = browser.login(name, password)
        self.assertEqual(answer.status, 303, answer)
        return browser

    def routes(self):
        """The route table, as the index of the API tells it."""
        return self.admin.get("/api/").json["routes"]

    def audit(self):
        return self.admin.get("/api/v1/audit").json["items"]
