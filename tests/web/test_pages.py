"""Every page and every answer of the API, from the route table: who may see it, that it shows, that it changes nothing."""

import hashlib
import json
import re
import unittest
import urllib.parse

from kit.web_case import ROLES, WebCase

RIGHTS = {"viewer": {"read"}, "restorer": {"read", "files"}, "operator": {"read", "files", "operate"},
          "admin": {"read", "files", "operate", "config", "destroy", "admin"}}
HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202e"


class Pages(WebCase):
    """A host with a snapshot, a held one and a failed run, whose texts come from somebody who means harm."""

    def prepare(self):
        super().prepare()
        self.pobsync.ok("configure-global", "--backup-root", self.pobsync.root)
        self.pobsync.ok("configure-host", "web1", "--address", "127.0.0.1", "--excludes", HOSTILE.split("\x1b")[0])
        self.pobsync.ok("configure-host", "other", "--address", "127.0.0.1")
        self.pobsync.ok("schedule", "web1", "--cron", "15 2 * * *")
        link = self.pobsync.connect()
        with link:
            host = link.execute("SELECT id FROM host WHERE name = 'web1'").fetchone()[0]
            for number in range(1, 4):
                link.execute("INSERT INTO run (host_id, host_name, job, kind, trigger_name, state, cause, message, "
                             "actor, requested_at, started_at, ended_at, due_at) VALUES (?, 'web1', 'backup', "
                             "'scheduled', 'cli', 'failed', 'protocol', ?, ?, 1, 2, 3, 1)", (host, HOSTILE, HOSTILE))
                link.execute("INSERT INTO snapshot (host_id, kind, name, status, started_at, ended_at, files, bytes, "
                             "confirmed, held_reason, base_name) VALUES (?, 'scheduled', ?, 'warning', ?, ?, 1, 2, 1, ?, ?)",
                             (host, f"2026112{number}-021500Z__0000000a", 1795227300 + 86400 * number,
                              1795227400 + 86400 * number, HOSTILE if number == 3 else None, HOSTILE))
            link.execute("INSERT INTO audit (at, actor, origin, action, object, before_text, after_text) "
                         "VALUES (1, ?, 'web', 'x', ?, ?, ?)", (HOSTILE,) * 4)
            link.execute("INSERT INTO run_path (run_id, position, path, reason) VALUES (1, 1, ?, ?)", (HOSTILE,) * 2)
        link.close()
        with open(f"{self.pobsync.home}/runs/1.log", "w", encoding="utf-8") as log:
            log.write(f"begun\nrsync: {HOSTILE}\n" + "line\n" * 2500)

    def path(self, route):
        values = {"host": "web1", "snapshot": "20261122-021500Z__0000000a", "run": "1", "user": "viewer", "token": "1",
                  "table": "hosts", "id": "1",
                  "path": "etc/hosts", "pair": "20261122-021500Z__0000000a..latest"}
        return re.sub(r":(\w+)\*?", lambda match: values[match[1]], route["path"])

    def database(self):
        """What the database holds, without when a session was last seen."""
        link = self.pobsync.connect()
        lines = [line for line in link.iterdump() if not line.startswith('INSERT INTO "session"')]
        link.close()
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def test_all_pages_show_and_change_nothing(self):
        before = self.database()
        todo, done = {"/"}, set()
        while todo:
            path = todo.pop()
            done.add(path)
            answer = self.admin.get(path)
            expected = {200, 400, 404} if path.endswith("/log") or "snapshots/" in path else {200}
            if re.search(r"/(browse|content|text|archive|versions|diff)\b", path):
                expected = {200, 400, 503}  # no reader runs here
            self.assertIn(answer.status, expected, f"{path}: {answer}")
            if not answer.headers["Content-Type"].startswith("text/html"):
                continue
            page = answer.page
            self.assertEqual(len(page.headings), 1, path)
            self.assertEqual(page.problems, [], path)
            self.assertEqual(len(page.scripts), 1, path)
            for raw in ("<script>alert", "\x1b", "\u202e"):
                self.assertNotIn(raw, answer.text, path)
            for form in page.forms:
                if form["method"] == "post":
                    self.assertIn("csrf_token", form["fields"], f"{path}: {form}")
            for link in page.links:
                link = urllib.parse.urljoin(path, link.split("#")[0])
                self.assertTrue(link.startswith("/"), f"{path}: {link}")
                # Each list can be sorted and narrowed in many ways: a few of them will do.
                if link.startswith("/admin/") and "?" in link and len(done) > 150:
                    continue
                if link not in done and len(done) < 300:
                    todo.add(link)
        self.assertGreater(len(done), 40)
        for route in self.routes():
            if route["method"] == "GET" and "page" in route["faces"]:
                asked = {422} if any(field["required"] for field in route["fields"]) else set()
                self.assertIn(self.admin.get(self.path(route)).status, {200, 303, 404, 422, 503} | asked, route["path"])
        self.assertEqual(self.database(), before, "looking has changed something")

    def test_rights(self):
        browsers = {role: self.log_in(role) for role in ROLES}
        nobody = self.server.browser()
        seen = set()
        for route in self.routes():
            if route["right"] is None:
                continue
            seen.add(route["right"])
            for face in route["faces"] or ["index"]:
                path = ("/api/v1" if face == "api" else "") + self.path(route)
                if route["method"] == "GET":
                    self.assertIn(nobody.get(path).status, (303, 401), path)
                for role, browser in browsers.items():
                    if route["method"] == "GET":
                        status = browser.get(path).status
                    else:
                        # Without its fields nothing is done; a right is asked before them.
                        if route["path"].endswith(("/remove", "/backup", "/test", "/sessions", "/unpin", "/cancel",
                                                   "/discovery", "/dry-run", "/setup/key", "/setup/connect",
                                                   "/setup/first")) \
                                and route["right"] in RIGHTS[role]:
                            continue
                        status = browser.request(route["method"], path, f"csrf_token={browser.token('/account')}&zz=1",
                                                 type="application/x-www-form-urlencoded").status
                    if route["right"] in RIGHTS[role]:
                        self.assertNotIn(status, (303, 401, 403, 500), f"{role} {route['method']} {path}")
                    else:
                        self.assertEqual(status, 403, f"{role} {route['method']} {path}")
        self.assertLessEqual({"read", "operate", "config", "destroy", "admin"}, seen)

    def test_one_document(self):
        for page, command in (("hosts", ["hosts"]), ("runs", ["runs"]), ("schedules", ["schedules"]),
                              ("hosts/web1/retention", ["retention", "web1"]), ("users", ["users"])):
            api, cli = self.admin.get(f"/api/v1/{page}").json, self.pobsync.json(*command)
            for document in (api, cli):
                for item in [document, *document.get("items", [])]:
                    for key in ("as_of", "reason", "since"):
                        item.pop(key, None)
            if page == "users":
                for item in api["items"] + cli["items"]:
                    item.pop("sessions")
            self.assertEqual(api, cli, page)

    def test_settings(self):
        page = self.admin.get("/hosts/web1/config").text
        self.assertIn("ssh_port", page)
        answer = self.admin.send("/hosts/web1/config", {"set.ssh_port": "yes", "ssh_port": "2222",
                                                        "set.excludes": "yes", "excludes": "a\r\nb c\r\n"})
        self.assertEqual(answer.headers["Location"], "/hosts/web1/config?notice=saved", answer)
        settings = {item["name"]: item for item in self.pobsync.json("show", "web1")["settings"]}
        self.assertEqual((settings["ssh_port"]["value"], settings["ssh_port"]["origin"]), (2222, "host"))
        self.assertIn("b c", settings["excludes"]["value"])
        self.assertEqual(self.admin.send("/hosts/web1/config", {"set.ssh_port": "no", "ssh_port": "2222"}).status, 303)
        settings = {item["name"]: item for item in self.pobsync.json("show", "web1")["settings"]}
        self.assertEqual(settings["ssh_port"]["origin"], "default")
        wrong = self.admin.send("/hosts/web1/config", {"set.ssh_port": "yes", "ssh_port": "99999"})
        self.assertEqual(wrong.status, 422)
        self.assertIn("99999", wrong.text, "what was typed is kept")
        forgotten = self.admin.send("/hosts/web1/config", {"set.ssh_port": "no", "ssh_port": "77"})
        self.assertEqual(forgotten.status, 422, "a value that was typed is not dropped in silence")
        self.assertEqual(self.admin.send("/hosts/web1/config", {"set.ssh_port": "no", "ssh_port": "22"}).status, 303)
        self.assertEqual(self.admin.send("/hosts/nobody/config", {}).status, 404)
        self.assertEqual(self.admin.send("/hosts/web1/config", {"name": "other"}).status, 400)
        self.assertEqual(self.admin.send("/settings", {"set.backup_root": "yes", "backup_root": "/tmp"}).status, 409)
        actions = [(item["action"], item["actor"]) for item in self.audit()]
        self.assertIn(("host.configure", "admin"), actions)

    def test_work_is_a_run_of_the_queue(self):
        operator = self.log_in("operator")
        answer = operator.send("/hosts/other/backup")
        self.assertEqual(answer.status, 303, answer)
        run = answer.headers["Location"]
        self.assertRegex(run, r"^/runs/\d+$")
        self.assertIn("queue", operator.get(run).text)
        self.assertEqual(operator.get("/api/v1" + run).json["trigger"], "web")
        self.assertEqual(operator.send(run + "/cancel").status, 303)
        self.assertEqual(operator.get("/api/v1" + run).json["state"], "cancelled")

    def test_retention_wants_the_name_of_the_host(self):
        plan = self.admin.get("/api/v1/hosts/web1/retention").json
        fields = {"plan_id": plan["plan_id"], "max_delete": "5", "confirm": "web2"}
        self.assertEqual(self.admin.send("/hosts/web1/retention", fields).status, 409)
        self.assertEqual(self.log_in("operator").send("/hosts/web1/retention", fields).status, 403)
        answer = self.admin.send("/hosts/web1/retention", {**fields, "confirm": "web1"})
        self.assertEqual(answer.status, 303, answer)
        simulated = self.admin.get("/api/v1/hosts/web1/retention?keep_daily=1&keep_weekly=0&keep_monthly=0&keep_yearly=0")
        self.assertEqual(simulated.json["policy"]["keep_daily"], 1)

    def test_schedule(self):
        preview = self.admin.get("/hosts/other/schedule?cron=30+2+*+*+0&timezone=Europe/Amsterdam").text
        self.assertIn("Not saved yet", preview)
        self.assertIn("02:30", preview)
        self.assertIn('role="alert"', self.admin.get("/hosts/other/schedule?cron=61+*+*+*+*").text)
        self.assertFalse(self.pobsync.json("schedule", "other")["scheduled"])
        self.assertEqual(self.admin.send("/hosts/other/schedule", {"cron": "61 * * * *"}).status, 422)
        self.assertEqual(self.admin.send("/hosts/other/schedule", {"cron": "30 2 * * 0", "prune": "yes"}).status, 303)
        schedule = self.pobsync.json("schedule", "other")
        self.assertEqual((schedule["cron"], schedule["prune"]), ("30 2 * * 0", True))
        self.assertEqual(self.admin.send("/hosts/other/schedule/remove").status, 303)
        self.assertFalse(self.pobsync.json("schedule", "other")["scheduled"])

    def test_users_and_tokens(self):
        self.assertEqual(self.admin.send("/users/admin", {"role": "viewer"}).status, 409, "the last admin stays")
        self.assertEqual(self.admin.send("/users/admin/remove").status, 409)
        self.assertEqual(self.admin.send("/users", {"name": "eve", "role": "viewer", "password": "eve"}).status, 422)
        self.assertEqual(self.admin.send("/users", {"name": "eve", "role": "viewer", "password": "long enough"}).status, 303)
        self.assertEqual(self.admin.send("/users", {"name": "eve", "role": "viewer", "password": "long enough"}).status, 409)
        page = self.admin.send("/tokens", {"name": "robot", "right.read": "yes", "hosts": "web1", "days": "1"})
        secret = re.search(r"pob_[\w-]{43}", page.text)[0]
        self.assertNotIn(secret, self.admin.get("/tokens").text)
        robot = self.server.browser()
        bearer = {"Authorization": f"Bearer {secret}"}
        self.assertEqual(robot.get("/api/v1/hosts/web1", headers=bearer).status, 200)
        self.assertEqual(robot.get("/api/v1/hosts/other", headers=bearer).status, 403)
        self.assertEqual(robot.get("/api/v1/hosts", headers=bearer).status, 403)
        self.assertEqual(robot.post("/api/v1/hosts/web1/backup", headers=bearer).status, 403)
        self.assertEqual(robot.get("/api/v1/hosts/web1", headers={"Authorization": "Bearer pob_x"}).status, 401)
        self.assertEqual(self.admin.send("/tokens/1/revoke").status, 303)
        self.assertEqual(robot.get("/api/v1/hosts/web1", headers=bearer).status, 401)

    def test_what_programs_ask(self):
        status = self.admin.get("/api/status/").json
        self.assertEqual(status["database"]["kind"], self.pobsync.kind)
        self.assertEqual(status["counts"]["hosts"], 2)
        self.assertIn("latest_scheduler_pass", status)
        self.assertIn('pobsync_host_health{host="web1"', self.admin.get("/metrics").text)
        self.assertEqual(self.server.browser().get("/metrics").status, 401)
        log = self.admin.get("/api/v1/runs/1/log?from=1001").json
        self.assertEqual((log["first"], log["total"], log["first_bad"]), (1001, 2502, 2))
        self.assertEqual(len(log["lines"]), 1000)
        answer = self.admin.post("/api/v1/hosts", headers={"X-CSRF-Token": self.admin.token("/account")})
        self.assertEqual((answer.status, answer.json["code"]), (422, "invalid"))
        made = self.admin.request("POST", "/api/v1/hosts", json.dumps({"name": "new1", "address": "192.0.2.1"}),
                                  {"X-CSRF-Token": self.admin.token("/account")}, type="application/json")
        self.assertEqual((made.status, made.headers["Location"]), (201, "/api/v1/hosts/new1"), made)


if __name__ == "__main__":
    unittest.main()
