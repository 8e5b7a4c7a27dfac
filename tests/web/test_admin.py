"""The admin site: lists of every table, what they refuse, and what is done to many rows at once."""

import re
import unittest
import urllib.parse

from kit.fleet import Fleet
from kit.web_case import WebCase


class Admin(WebCase):
    def prepare(self):
        for role in ("viewer", "admin"):
            self.make_user(role)
        self.pobsync.mark_root()
        with Fleet(self.pobsync) as fleet:
            fleet.in_every_state(14)
            fleet.hostile()

    def list(self, path):
        answer = self.admin.get("/api/v1/admin/" + path)
        self.assertEqual(answer.status, 200, f"{path}: {answer}")
        return answer.json

    def everything(self, path):
        """The items of all pages."""
        items, after = [], ""
        while True:
            page = self.list(f"{path}{'&' if '?' in path else '?'}{after}")
            items += page["items"]
            if page["next"] is None:
                return items
            after = "after=" + urllib.parse.quote(page["next"])

    def test_only_admins(self):
        self.make_user("operator")
        for role in ("viewer", "operator"):
            browser = self.log_in(role)
            for path in ("/admin", "/admin/hosts", "/admin/hosts/1", "/admin/hosts/confirm?action=disable&item=1"):
                self.assertEqual(browser.get(path).status, 403, path)

    def test_every_table(self):
        tables = self.admin.get("/api/v1/admin").json["items"]
        self.assertGreaterEqual({table["name"] for table in tables},
                                {"hosts", "schedules", "snapshots", "runs", "purges", "audit", "users", "sessions",
                                 "tokens"})
        for table in tables:
            document = self.list(table["name"])
            self.assertEqual(document["total"], table["rows"], table)
            page = self.admin.get("/admin/" + table["name"])
            self.assertEqual(page.status, 200, table)
            for name in [column["name"] for column in document["all_columns"]]:
                for sort in (name, "-" + name):
                    self.assertEqual(self.admin.get(f"/admin/{table['name']}?sort={sort}&columns={name}").status, 200,
                                     f"{table['name']} by {sort}")
            for item in document["items"][:20]:
                row = self.admin.get(f"/admin/{table['name']}/{item['id']}")
                self.assertEqual(row.status, 200, row)
                self.assertEqual(len(row.page.headings), 1)
                site = self.list(f"{table['name']}/{item['id']}")["site"]
                if site and "<" not in site and "x." not in str(item):
                    self.assertIn(self.admin.get(site).status, (200, 400, 404), site)

    def test_no_secret(self):
        link = self.pobsync.connect()
        secrets = [row[0] for table, column in (("user_account", "password_hash"), ("session", "secret_hash"))
                   for row in link.execute(f"SELECT {column} FROM {table}")]
        link.close()
        self.assertGreaterEqual(len(secrets), 3)
        for path in ("users", "sessions", "users/1", "sessions/1"):
            for face in ("/admin/", "/api/v1/admin/"):
                text = self.admin.get(face + path).text
                for secret in secrets:
                    self.assertNotIn(secret, text)

    def test_pages(self):
        for path in ("runs?sort=-id", "runs?sort=files", "runs?sort=-message", "snapshots?sort=host",
                     "snapshots?sort=-started_at", "audit?sort=actor", "hosts?sort=-name", "snapshots?sort=pinned"):
            whole = self.list(path + "&limit=500")["items"]
            self.assertEqual(self.everything(path + "&limit=7"), whole, path)
            self.assertEqual(len({item["id"] for item in whole}), len(whole))

    def test_filters(self):
        failed = self.list("runs?state=failed&limit=500")["items"]
        self.assertTrue(failed and all(item["state"] == "failed" for item in failed))
        both = self.list("runs?state=failed,queued&host=host001.example.net,host008.example.net")["items"]
        self.assertEqual({item["state"] for item in both}, {"failed", "queued"})
        self.assertEqual(self.list("hosts?enabled=none&columns=name&q=000")["items"][0],
                         {"id": 1, "name": "host000.example.net"})
        self.assertEqual(self.list("runs?q=host%25net")["items"], [], "a wildcard is a character")
        everything = self.list("runs")
        self.assertEqual(self.list("runs?date=" + everything["dates"][-1])["date"], everything["dates"][-1])
        day = self.list("snapshots?date=" + self.list("snapshots?date=" + self.list("snapshots?date=" + self.list(
            "snapshots")["dates"][-1])["dates"][-1])["dates"][-1])
        self.assertRegex(day["date"], r"^\d{4}-\d\d-\d\d$")
        self.assertTrue(day["items"] and all(item["started_at"].startswith(day["date"]) for item in day["items"]))

    def test_what_is_refused(self):
        for path, status in (("nothing", 404), ("hosts/999", 404), ("hosts/x", 404), ("hosts?nothing=1", 400),
                             ("hosts?sort=nothing", 400), ("hosts?sort=-", 400), ("hosts?columns=nothing", 400),
                             ("hosts?after=x", 400), ("hosts?limit=0", 400), ("hosts?limit=501", 400),
                             ("hosts?date=2026-13", 400), ("hosts?date=now", 400), ("hosts?created_at=yesterday", 400),
                             ("runs?files=many", 400), ("users?password_hash=x", 400), ("users?sort=password_hash", 400),
                             ("hosts?sort=name;DROP", 400), ("hosts?name%29=1", 400), ("hosts?q=" + "x" * 201, 400),
                             ("runs?state=" + ",".join("x" * 60), 400), ("hosts/confirm?action=nothing&item=1", 404),
                             ("hosts/confirm?action=disable", 422), ("hosts/confirm?action=disable&item=999", 404),
                             ("snapshots/confirm?action=remove&item=1", 404)):
            self.assertEqual(self.admin.get("/api/v1/admin/" + path).status, status, path)

    def test_history(self):
        self.admin.send("/hosts/host000.example.net/config", {"set.ssh_port": "yes", "ssh_port": "2222"})
        row = self.list("hosts/1")
        self.assertEqual(row["history"][0]["changes"], [{"field": "ssh_port", "before": None, "after": "2222"}])
        self.assertIn("ssh_port", self.admin.get("/admin/hosts/1").text)
        self.assertIn({"title": "Runs", "table": "runs", "column": "host", "value": "host000.example.net"}, row["related"])

    def test_many_hosts(self):
        page = self.admin.get("/admin/hosts/confirm?action=disable&item=1&item=2")
        self.assertIn("host001.example.net", page.text)
        self.assertEqual([host["enabled"] for host in self.list("hosts?name=host000.example.net")["items"]], [None],
                         "looking changes nothing")
        done = self.admin.send("/admin/hosts/confirm", {"action": "disable", "item": ["1", "2"]}, page="/admin")
        self.assertEqual(done.status, 200, done)
        self.assertIn("2 of 2", done.text)
        self.assertEqual([host["enabled"] for host in self.list("hosts?name=host000.example.net,host001.example.net")["items"]],
                         [False, False])
        actions = [(event["action"], event["object"], event["actor"]) for event in self.audit()[:2]]
        self.assertEqual(actions, [("host.configure", f"host00{number}.example.net", "admin") for number in (1, 0)])
        queued = self.admin.send("/admin/hosts/confirm", {"action": "test", "item": "1"}, page="/admin")
        self.assertEqual(queued.status, 200)
        self.assertEqual(self.list("runs?job=test")["items"][0]["host"], "host000.example.net")

    def test_what_cannot_be_had_back_is_typed(self):
        fields = {"action": "remove", "item": ["1", "2"]}
        for typed in ("", "1", "3", "x"):
            answer = self.admin.send("/admin/schedules/confirm", {**fields, "confirm": typed}, page="/admin")
            self.assertEqual(answer.status, 409, typed)
            self.assertIn('role="alert"', answer.text)
            self.assertIn("host001.example.net", answer.text, "the list is shown again")
        before = self.list("schedules")["total"]
        answer = self.admin.send("/admin/schedules/confirm", {**fields, "confirm": "2"}, page="/admin")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.list("schedules")["total"], before - 2)
        again = self.admin.send("/admin/schedules/confirm", {**fields, "confirm": "2"}, page="/admin")
        self.assertEqual(again.status, 404, "they are gone")

    def test_one_that_fails_holds_up_no_other(self):
        users = {item["name"]: str(item["id"]) for item in self.list("users")["items"]}
        answer = self.admin.send("/admin/users/confirm",
                                 {"action": "disable", "item": [users["admin"], users["viewer"]]},
                                 page="/admin")
        self.assertEqual(answer.status, 200)
        self.assertIn("last admin", answer.text)
        self.assertEqual({item["name"]: item["enabled"] for item in self.list("users")["items"]},
                         {"admin": True, "viewer": False})

    def test_sessions_end(self):
        viewer = self.log_in("viewer")
        session = self.list("sessions?user=viewer")["items"][0]["id"]
        self.assertEqual(self.admin.send("/admin/sessions/confirm", {"action": "end", "item": session},
                                         page="/admin").status, 200)
        self.assertEqual(viewer.get("/hosts").status, 303)
        self.assertEqual(self.audit()[0]["action"], "session.end")

    def test_a_token_needs_the_right_of_the_action(self):
        page = self.admin.send("/tokens", {"name": "robot", "right.admin": "yes", "right.read": "yes"})
        bearer = {"Authorization": f"Bearer {re.search(r'pob_[A-Za-z0-9_-]{43}', page.text)[0]}"}
        robot = self.server.browser()
        answer = robot.post("/api/v1/admin/hosts/confirm", {"action": "disable", "item": "1"}, headers=bearer)
        self.assertEqual(answer.status, 403, answer)
        self.assertEqual(robot.get("/api/v1/admin/hosts", headers=bearer).status, 200)


if __name__ == "__main__":
    unittest.main()
