"""What goes for good, by pages: a snapshot, what never finished, a host; each by its typed name, and what was deleted."""

import fcntl
import os
import unittest

from kit.web import PASSWORD
from kit.web_case import WebCase

NAMES = [f"2026010{day}-021500Z__0000000{day}" for day in range(1, 5)]


class Deletion(WebCase):
    """Four confirmed snapshots of web1, the third of them pinned; the newest is the newest good one."""

    def prepare(self):
        super().prepare()
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1", "--keep-daily", "1", "--keep-last", "1")
        for name in NAMES:
            self.make(name, "scheduled")
        self.pobsync.ok("discover-snapshots", "--host", "web1", "--confirm")
        self.pobsync.ok("pin", "web1", NAMES[2], "--reason", "before the upgrade")

    def make(self, name, kind):
        path = os.path.join(self.pobsync.root, "web1", kind, name)
        os.makedirs(os.path.join(path, "data", "etc"))
        with open(os.path.join(path, "data", "etc", "hosts"), "w", encoding="ascii") as file:
            file.write("content\n")

    def on_disk(self, kind="scheduled"):
        return sorted(os.listdir(os.path.join(self.pobsync.root, "web1", kind)))

    def recorded(self):
        return sorted(item["name"] for item in self.pobsync.json("snapshots", "web1")["items"])

    def run_of(self, answer):
        """The run that was put into the queue, after a worker has done it."""
        self.assertEqual(answer.status, 303, answer)
        self.assertRegex(answer.headers["Location"], r"^/runs/\d+$")
        self.pobsync.ok("worker", "--once")
        return self.admin.get("/api/v1" + answer.headers["Location"]).json

    def page(self, name=NAMES[0]):
        return f"/hosts/web1/snapshots/{name}/delete"

    def test_a_snapshot_goes_by_the_name_of_its_host(self):
        self.assertIn(self.page(), self.admin.get(f"/hosts/web1/snapshots/{NAMES[0]}").page.links)
        shown = self.admin.get("/api/v1" + self.page()).json
        self.assertEqual((shown["host"], shown["name"], shown["refusal"]), ("web1", NAMES[0], None))
        plan = self.pobsync.json("retention", "web1")
        self.assertEqual(shown["retention"], {"decision": "delete", "reasons": next(
            item["reasons"] for item in plan["delete"] if item["name"] == NAMES[0])})
        self.assertIn(shown["retention"]["reasons"][0], self.admin.get(self.page()).text)
        wrong = self.admin.send(self.page(), {"confirm": "web2", "reason": "holds a secret"})
        self.assertEqual(wrong.status, 409, wrong)
        self.assertIn('value="holds a secret"', wrong.text, "what was typed is kept")
        self.assertIn("is not the name of the host", wrong.text)
        self.assertEqual(self.admin.send(self.page(), {"reason": "x"}).status, 422, "without the name")
        self.assertEqual(self.admin.send(self.page(), {"confirm": "web1", "reason": "a\nb"}).status, 422)
        self.assertEqual(self.pobsync.json("runs")["items"][0]["job"], "discover", "nothing waits by now")
        run = self.run_of(self.admin.send(self.page(), {"confirm": "web1", "reason": "holds a secret"}))
        self.assertEqual((run["job"], run["state"], run["message"]), ("delete", "success", f"deleted {NAMES[0]}"))
        self.assertEqual((self.on_disk(), self.recorded()), (NAMES[1:], NAMES[1:]))
        purge, = self.admin.get("/api/v1/purges").json["items"]
        self.assertEqual((purge["snapshot"], purge["actor"], purge["reason"], purge["run"]),
                         (NAMES[0], "admin", "holds a secret", run["id"]))
        self.assertIn("snapshot.delete", [item["action"] for item in self.audit()])
        again = self.admin.get(self.page())
        self.assertIn("has been deleted already", again.text)
        self.assertNotIn('method="post" action="' + self.page(), again.text)

    def test_what_may_not_go_says_why(self):
        def refused(name, sentence):
            self.assertIn(sentence, self.admin.get("/api/v1" + self.page(name)).json["refusal"]["message"])
            page = self.admin.get(self.page(name))
            self.assertIn(sentence, page.text)
            self.assertNotIn('name="confirm"', page.text)
            answer = self.admin.send(self.page(name), {"confirm": "web1"})
            self.assertEqual(answer.status, 409, answer)
            self.assertIn(sentence, answer.text)

        refused(NAMES[3], "is the newest good one")
        refused(NAMES[2], "is pinned (before the upgrade)")
        for change, sentence in (("held_reason = 'shrunk', held_at = 1", "is held (shrunk)"),
                                 ("held_reason = NULL, confirmed = 0", "not confirmed")):
            self.plant(f"UPDATE snapshot SET {change} WHERE name = '{NAMES[1]}'")
            refused(NAMES[1], sentence)
        self.plant("INSERT INTO run (host_id, host_name, job, kind, trigger_name, state, actor, requested_at, started_at, "
                   f"due_at, base_name) SELECT id, name, 'backup', 'scheduled', 'cli', 'running', 'root', 1, 2, 1, "
                   f"'{NAMES[0]}' FROM host")
        refused(NAMES[0], "is the base of the run in progress")
        self.assertEqual(self.on_disk(), NAMES)
        self.assertEqual(self.admin.get("/hosts/web1/snapshots/nothing/delete").status, 404)

    def plant(self, statement):
        link = self.pobsync.connect()
        with link:
            link.execute(statement)
        link.close()

    def test_who_may(self):
        for path in (self.page(), "/hosts/web1/incomplete", "/hosts/web1/remove"):
            self.assertEqual(self.admin.post(path, {"confirm": "web1"}).status, 403, "without its token")
            self.assertEqual(self.log_in("operator").send(path, {"confirm": "web1"}).status, 403)
            page = self.log_in("viewer").get(path)
            self.assertEqual(page.status, 200, page)
            self.assertNotIn('name="confirm"', page.text)
        self.assertEqual(self.on_disk(), NAMES)

    def test_what_never_finished_is_looked_at_and_goes(self):
        died = "20260105-021500Z__00000005"
        self.make(died, ".incomplete")
        shown = self.admin.get("/api/v1/hosts/web1/incomplete").json
        self.assertEqual(shown, self.pobsync.json("incomplete", "web1"), "page, API and command say the same")
        self.assertEqual([(item["name"], item["state"]) for item in shown["items"]], [(died, "not_recorded")])
        fields = self.admin.get("/hosts/web1/incomplete").page.forms[-1]["fields"]
        self.assertEqual(fields["plan_id"], shown["plan_id"])
        fields = {"plan_id": shown["plan_id"], "confirm": "web1"}
        self.assertEqual(self.admin.send("/hosts/web1/incomplete", {**fields, "confirm": "web"}).status, 409)
        self.make("20260106-021500Z__00000006", ".incomplete")
        run = self.run_of(self.admin.send("/hosts/web1/incomplete", fields))
        self.assertEqual(run["state"], "failed", run)
        self.assertIn("has changed since it was shown: nothing was deleted", run["message"])
        self.assertEqual(len(self.on_disk(".incomplete")), 2)
        fields["plan_id"] = self.admin.get("/api/v1/hosts/web1/incomplete").json["plan_id"]
        run = self.run_of(self.admin.send("/hosts/web1/incomplete", fields))
        self.assertEqual((run["state"], run["message"]), ("success", "deleted 2 unfinished snapshots"))
        self.assertEqual((self.on_disk(".incomplete"), self.on_disk()), ([], NAMES))
        self.assertIn("Nothing unfinished", self.admin.get("/hosts/web1/incomplete").text)

    def test_a_host_goes_and_its_files_stay(self):
        shown = self.admin.get("/api/v1/hosts/web1/remove").json
        self.assertEqual(shown, {"host": "web1", "path": os.path.join(self.pobsync.root, "web1"), "snapshots": 4,
                                 "scheduled": False, "pinned_keys": 0})
        for fields, status in (({"confirm": "web2", "password": PASSWORD}, 409), ({"confirm": "web1"}, 422),
                               ({"confirm": "web1", "password": "wrong"}, 403)):
            answer = self.admin.send("/hosts/web1/remove", fields)
            self.assertEqual(answer.status, status, answer)
            self.assertNotIn("correct horse", answer.text)
        self.assertEqual(len(self.recorded()), 4)
        answer = self.admin.send("/hosts/web1/remove", {"confirm": "web1", "password": PASSWORD})
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/hosts?notice=host-removed"), answer)
        self.assertIn("The host is forgotten", self.admin.get("/hosts?notice=host-removed").text)
        self.assertEqual(self.admin.get("/hosts/web1").status, 404)
        self.assertEqual((self.pobsync.json("hosts")["items"], self.on_disk()), ([], NAMES))
        self.assertIn(("host.remove", "admin"), [(item["action"], item["actor"]) for item in self.audit()])

    def test_a_token_removes_a_host_by_its_right_alone(self):
        secret = {}
        for right in ("config", "destroy"):
            made = self.admin.request("POST", "/api/v1/tokens", f"name={right}&right.{right}=yes&days=1",
                                      {"X-CSRF-Token": self.admin.token("/account")},
                                      type="application/x-www-form-urlencoded")
            secret[right] = {"Authorization": "Bearer " + made.json["secret"]}
        path = "/api/v1/hosts/web1/remove"
        robot = self.server.browser()
        self.assertEqual(robot.post(path, {"confirm": "web1"}, headers=secret["config"]).status, 403)
        self.assertEqual(robot.post(path, {"confirm": "x"}, headers=secret["destroy"]).status, 409)
        answer = robot.post(path, {"confirm": "web1"}, headers=secret["destroy"])
        self.assertEqual((answer.status, answer.json["removed"], answer.json["snapshots"]), (200, True, 4), answer)

    def test_a_busy_host_stays(self):
        with open(os.path.join(self.pobsync.root, "web1", ".lock"), "a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            answer = self.admin.send("/hosts/web1/remove", {"confirm": "web1", "password": PASSWORD})
        self.assertEqual(answer.status, 409, answer)
        self.assertIn("busy", answer.text)
        self.assertEqual(len(self.recorded()), 4)

    def test_purges_are_listed_by_parts(self):
        with_host = "INSERT INTO purge (at, actor, origin, host_id, host_name, snapshot_name, kind, reason) "
        for number in range(1, 6):
            self.plant(f"{with_host} SELECT {number}, 'anna', 'cli', id, name, 'gone{number}', 'scheduled', 'old' FROM host")
        self.plant(f"{with_host} VALUES (9, 'anna', 'cli', NULL, 'older', 'gone9', 'manual', 'old')")
        first = self.admin.get("/api/v1/purges?limit=4").json
        self.assertEqual([item["snapshot"] for item in first["items"]], ["gone9", "gone5", "gone4", "gone3"])
        second = self.admin.get(f"/api/v1/purges?limit=4&before={first['next']}").json
        self.assertEqual([item["snapshot"] for item in second["items"]], ["gone2", "gone1"])
        self.assertNotIn("next", second)
        self.assertEqual(self.admin.get("/api/v1/purges").json, self.pobsync.json("purges"))
        of_one = self.admin.get("/api/v1/purges?host=web1").json
        self.assertEqual((len(of_one["items"]), of_one), (5, self.pobsync.json("purges", "web1")))
        page = self.admin.get("/purges?limit=4").text
        self.assertIn("not yet", page)
        self.assertIn(f"before={first['next']}", page)
        self.assertEqual(self.admin.get("/purges?host=nobody").status, 404)
        self.assertEqual(self.admin.get("/purges?limit=0").status, 422)


if __name__ == "__main__":
    unittest.main()
