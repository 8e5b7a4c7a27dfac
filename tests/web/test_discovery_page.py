"""Discovery on pages: the preflight with its states and its sum, imports and confirmations as runs of the queue."""

import json
import os
import unittest

from kit.web_case import WebCase

NAMES = [f"202601{day:02}-021500Z__0000000{day}" for day in range(1, 4)]


class Discovery(WebCase):
    def prepare(self):
        super().prepare()
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1")

    def make_snapshot(self, name, host="web1", meta=None):
        path = os.path.join(self.pobsync.root, host, "scheduled", name)
        os.makedirs(os.path.join(path, "data", "etc"))
        with open(os.path.join(path, "data", "etc", "hosts"), "w", encoding="ascii") as file:
            file.write("content\n")
        if meta:
            with open(os.path.join(path, "meta.json"), "w", encoding="ascii") as file:
                json.dump(meta, file)

    def work(self):
        """What waits in the queue is done."""
        self.pobsync.ok("worker", "--once")

    def item(self, path="/api/v1/hosts/web1/discovery"):
        return self.admin.get(path).json["items"][0]

    def run_of(self, answer):
        self.assertEqual(answer.status, 303, answer)
        self.assertRegex(answer.headers["Location"], r"^/runs/\d+$")
        self.work()
        return self.admin.get("/api/v1" + answer.headers["Location"]).json

    def test_states_and_their_sentences(self):
        def shows(*words):
            for path in ("/hosts/web1/discovery", "/hosts/web1", "/discovery"):
                page = self.admin.get(path).text
                for word in words:
                    self.assertIn(word, page, path)

        shows("Host missing", "does not exist")
        os.mkdir(self.pobsync.host_dir("web1"))
        shows("Host empty", "exists and is empty")
        os.mkdir(os.path.join(self.pobsync.host_dir("web1"), "old"))
        shows("No snapshot dirs", "none a snapshot: old")
        self.assertIn("Ignored", self.admin.get("/hosts/web1/discovery").text)
        self.make_snapshot(NAMES[0])
        shows("Found")
        self.assertIn("Import 1 new", self.admin.get("/hosts/web1/discovery").text)
        os.rename(self.pobsync.root, self.pobsync.root + ".gone")
        shows("Root missing", "does not exist")
        page = self.admin.get("/hosts/web1/discovery").text
        self.assertIn("Nothing can be imported", page)
        self.assertNotIn('action="/hosts/web1/discovery"', page)
        os.rename(self.pobsync.root + ".gone", self.pobsync.root)

    def test_import_and_confirm_are_runs(self):
        for name in NAMES:
            self.make_snapshot(name)
        counts = self.item()["counts"]
        self.assertEqual((counts["found"], counts["new"]), (3, 3))
        self.assertEqual(self.pobsync.json("snapshots", "web1")["items"], [], "looking records nothing")
        run = self.run_of(self.log_in("operator").send("/hosts/web1/discovery"))
        self.assertEqual((run["job"], run["state"], run["message"]),
                         ("discover", "success", "3 imported, 0 missing, 0 back"))
        self.assertEqual(sorted(run["result"]["items"][0]["imported"]), NAMES)
        self.assertEqual(len([item for item in self.pobsync.json("runs")["items"] if item["job"] == "discover"]), 1,
                         "it has one row, not two")
        page = self.admin.get(f"/runs/{run['id']}").text
        self.assertIn(f"/hosts/web1/snapshots/{NAMES[0]}", page)
        self.assertEqual((self.item()["counts"]["recorded"], self.item()["claimed"]), (3, 3))
        self.assertIn("Confirm 3 claimed", self.admin.get("/hosts/web1/discovery").text)
        run = self.run_of(self.admin.send("/hosts/web1/discovery", {"confirm": "yes"}))
        self.assertEqual((run["state"], run["message"]), ("success", "0 imported, 0 missing, 0 back, 3 confirmed"))
        self.assertEqual({item["good"] for item in self.pobsync.json("snapshots", "web1")["items"]}, {True})
        self.assertEqual(self.item()["claimed"], 0)

    def test_a_failed_one_says_why(self):
        os.rename(self.pobsync.root, self.pobsync.root + ".gone")
        run = self.run_of(self.admin.send("/hosts/web1/discovery"))
        os.rename(self.pobsync.root + ".gone", self.pobsync.root)
        self.assertEqual((run["state"], run["cause"]), ("failed", "root_missing"))
        self.assertIn("does not exist", run["message"])

    def test_all_hosts_and_directories_of_nobody(self):
        self.make_snapshot(NAMES[0])
        self.make_snapshot(NAMES[1], host="web01")
        document = self.admin.get("/api/v1/discovery").json
        self.assertEqual(document["unknown"], [{"directory": "web01", "similar": "web1"}])
        document.pop("as_of")
        shown = self.pobsync.json("discover-snapshots", "--preflight")
        shown.pop("as_of")
        self.assertEqual(document, shown, "page, API and command say the same")
        page = self.admin.get("/discovery").text
        self.assertIn('href="/hosts/new?name=web01"', page)
        self.assertIn('value="web01"', self.admin.get("/hosts/new?name=web01").text)
        run = self.run_of(self.admin.send("/discovery"))
        self.assertEqual((run["host"], run["message"]), (None, "1 imported, 0 missing, 0 back"))
        self.assertIn("Run ", self.admin.get("/discovery").text)

    def test_rights(self):
        self.assertEqual(self.log_in("viewer").send("/hosts/web1/discovery").status, 403)
        self.assertNotIn("<button class=\"primary\">", self.log_in("viewer").get("/discovery").text)
        self.assertEqual(self.admin.post("/hosts/web1/discovery").status, 403, "without its token")
        self.assertEqual(self.admin.get("/hosts/nobody/discovery").status, 404)
        self.assertEqual(self.admin.get("/api/v1/hosts/nobody/discovery").json["code"], "not_found")


if __name__ == "__main__":
    unittest.main()
