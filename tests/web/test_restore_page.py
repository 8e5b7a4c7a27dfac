"""Restoring to the host through pages: a form, what the host says, the restore. Counted: what a person presses."""

import os
import re
import unittest

from kit import oracle
from kit.sshd import Sshd
from kit.web import PASSWORD
from kit.web_case import WebCase
from kit.workdir import WorkDir


class RestorePage(WebCase):
    def prepare(self):
        super().prepare()
        self.sshd = self.enterContext(Sshd())
        self.work_dir = self.enterContext(WorkDir())
        self.source = self.work_dir.make("source")
        os.mkdir(os.path.join(self.source, "etc"))
        self.write(os.path.join(self.source, "etc/fstab"), "one\n")
        self.write(os.path.join(self.source, "etc/<b>& x"), "two\n")
        self.target = self.work_dir / "target"
        self.pobsync.add_host("web1", self.sshd, self.source, "--excludes-replace", "--excludes", "")
        self.pobsync.ok("backup", "web1")
        self.pobsync.spawn("reader")

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def form(self, page, step):
        return next(form["fields"] for form in page.forms if form["fields"].get("step") == step)

    def press(self, fields, expect=303):
        """Sends the form, lets a worker do the run, and opens its page."""
        answer = self.admin.post("/hosts/web1/restore", fields)
        self.assertEqual(answer.status, expect, answer)
        self.pobsync.ok("worker", "--once", timeout=60)
        return self.admin.get(answer.headers["Location"])

    def planned(self, **fields):
        """The page of the plan, with the key let in."""
        start = self.form(self.admin.get("/hosts/web1/restore?path=/etc").page, "plan")
        start.pop("replace", None)
        first = self.press({**start, "to": self.target, **fields})
        self.assertIn("rrsync -wo /", first.text)
        self.sshd.authorize_also(self.pobsync.json("key", "web1", "--line", "restore")["authorized_keys"])
        return self.press({**start, "to": self.target, **fields})

    def test_a_directory_goes_back(self):
        browse = self.admin.get("/hosts/web1/browse/latest/etc")
        self.assertEqual(browse.status, 200, browse)
        link = next(link for link in browse.page.links if "/restore?" in link)
        self.assertEqual(self.form(self.admin.get(link).page, "plan")["path"], "/etc")
        plan = self.planned()
        self.assertIn("Restore this", plan.text)
        self.assertFalse(os.path.lexists(self.target), "a plan makes nothing")
        done = self.press(self.form(plan.page, "write"))
        self.assertIn("is as in the snapshot, by checksum", done.text)
        self.assertEqual(oracle.compare(os.path.join(self.source, "etc"), self.target), [])
        self.assertEqual([item["actor"] for item in self.audit() if item["action"] == "file.restore"], ["admin"])
        self.assertFalse(os.path.lexists(os.path.join(self.pobsync.home, "keys/web1/restore_ed25519")))

    def test_what_is_replaced_takes_the_name_of_the_host(self):
        os.mkdir(self.target)
        self.write(os.path.join(self.target, "fstab"), "newer\n")
        self.write(os.path.join(self.target, "<b>& x"), "other\n")
        plan = self.planned(replace="yes")
        self.assertIn("&lt;b>&amp; x", plan.text.replace("&gt;", ">"))
        self.assertNotIn("<b>& x", plan.text)
        fields = self.form(plan.page, "write")
        self.assertIn('name="password"', plan.text)
        refused = self.admin.post("/hosts/web1/restore", {**fields, "confirm": "web2", "password": PASSWORD})
        self.assertEqual(refused.status, 409, refused)
        self.assertEqual(self.query_runs("queued"), [])
        self.press({**fields, "confirm": "web1", "password": PASSWORD})
        with open(os.path.join(self.target, "fstab"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "one\n")
        self.assertEqual(len(os.listdir(self.target)), 3, "and what was replaced is kept")

    def test_another_host_may_be_the_target(self):
        other = self.enterContext(Sshd())
        self.pobsync.add_host("web2", other, self.source)
        self.pobsync.ok("host-key", "web2", "--accept", other.fingerprint())
        start = self.form(self.admin.get("/hosts/web1/restore?path=/etc").page, "plan")
        self.assertEqual(start.pop("to_host"), "web1")
        start.pop("replace", None)
        fields = {**start, "to": self.target, "to_host": "web2"}
        first = self.press(fields)
        other.authorize_also(self.pobsync.json("key", "web2", "--line", "restore")["authorized_keys"])
        plan = self.press(fields)
        self.assertIn(f"web2:{self.target}", plan.text, first)
        done = self.press(self.form(plan.page, "write"))
        self.assertIn("is as in the snapshot, by checksum", done.text)
        self.assertEqual(oracle.compare(os.path.join(self.source, "etc"), self.target), [])
        for bad, status in (({"to_host": "web3"}, 404), ({"to_host": "../x"}, 422)):
            self.assertEqual(self.admin.post("/hosts/web1/restore", {**fields, **bad}).status, status, bad)
        made = self.admin.send("/tokens", {"name": "robot", "right.operate": "yes", "right.files": "yes", "hosts": "web1"})
        bearer = {"Authorization": f"Bearer {re.search(r'pob_[A-Za-z0-9_-]{43}', made.text)[0]}"}
        asked = {"step": "plan", "snapshot": "latest", "path": "/etc"}
        robot = self.server.browser()
        answer = robot.post("/api/v1/hosts/web1/restore", {**asked, "to_host": "web2"}, headers=bearer)
        self.assertEqual(answer.status, 403, answer)
        self.assertEqual(robot.post("/api/v1/hosts/web1/restore", asked, headers=bearer).status, 202)

    def query_runs(self, state):
        return [item for item in self.pobsync.json("runs", "--host", "web1")["items"] if item["state"] == state]

    def test_who_may_not_operate_may_look(self):
        restorer = self.log_in("restorer")
        page = restorer.get("/hosts/web1/restore")
        self.assertEqual(page.status, 200)
        self.assertIn("needs the right", page.text)
        token = self.form(self.admin.get("/hosts/web1/restore").page, "plan")
        self.assertEqual(restorer.send("/hosts/web1/restore", {**token, "to": self.target}).status, 403)
        self.assertEqual(self.log_in("viewer").get("/hosts/web1/restore").status, 403)

    def test_bad_input_does_nothing(self):
        fields = self.form(self.admin.get("/hosts/web1/restore").page, "plan")
        fields.pop("replace", None)
        for bad in ({"to": "relative"}, {"to": "/a/../etc"}, {"step": "other"}, {"path": "/a/../b"}, {"step": "write", "to": ""}):
            with self.subTest(bad):
                self.assertIn(self.admin.post("/hosts/web1/restore", {**fields, **bad}).status, (400, 422))
        self.assertEqual(self.query_runs("queued"), [])


if __name__ == "__main__":
    unittest.main()
