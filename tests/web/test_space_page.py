"""Space in the browser: measured by a run that was asked for there, figures with their date."""

import os
import unittest

from kit.sshd import Sshd
from kit.web_case import WebCase
from kit.workdir import WorkDir


class SpacePage(WebCase):
    def prepare(self):
        super().prepare()
        self.sshd = self.enterContext(Sshd())
        self.work_dir = self.enterContext(WorkDir())
        self.source = self.work_dir.make("source")
        with open(os.path.join(self.source, "big"), "wb") as file:
            file.write(os.urandom(500_000))
        self.pobsync.add_host("web1", self.sshd, self.source, "--excludes-replace", "--excludes", "")
        self.pobsync.ok("backup", "web1")
        self.pobsync.ok("backup", "web1")

    def test_measure_and_read(self):
        page = self.admin.get("/hosts/web1/space")
        self.assertIn("Not measured yet", page.text)
        names = [item["name"] for item in self.pobsync.json("space", "web1", "--recorded")["items"]]
        form = next(form["fields"] for form in page.page.forms if form["action"] == "/hosts/web1/space")
        fields = [(name, value) for name, value in form.items() if name != "chosen"] + [("chosen", name) for name in names]
        answer = self.admin.post("/hosts/web1/space", fields)
        self.assertEqual(answer.status, 303, answer)
        self.pobsync.ok("worker", "--once", timeout=60)
        run = self.admin.get(answer.headers["Location"])
        self.assertIn("Without these", run.text)
        page = self.admin.get("/hosts/web1/space")
        self.assertNotIn("Not measured yet", page.text)
        recorded = self.pobsync.json("space", "web1", "--recorded")
        api = self.admin.get("/api/v1/hosts/web1/space")
        self.assertEqual(api.json, recorded)
        self.assertGreater(recorded["bytes"], 500_000)
        everything = self.admin.get("/api/v1/space").json
        self.assertEqual(everything["hosts"][0]["bytes"], recorded["bytes"])
        self.assertIn("/hosts/web1/space", self.admin.get("/space").page.links)

    def test_many_at_once_and_who_may(self):
        page = self.admin.get("/space")
        form = next(form["fields"] for form in page.page.forms if form["action"] == "/space")
        self.assertEqual(self.admin.post("/space", {**form, "host": "web1"}).headers["Location"], "/queue")
        self.assertEqual(self.admin.post("/space", {**form, "host": "web2"}).status, 404)
        self.assertEqual(self.admin.post("/space", {**form, "host": ""}).status, 422)
        queued = [item for item in self.pobsync.json("runs")["items"] if item["job"] == "space"]
        self.assertEqual([item["host"] for item in queued], ["web1"])
        viewer = self.log_in("viewer")
        self.assertNotIn('name="host"', viewer.get("/space").text)
        self.assertEqual(viewer.send("/space", {**form, "host": "web1"}).status, 403)


if __name__ == "__main__":
    unittest.main()
