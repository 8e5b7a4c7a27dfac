"""Changes by programs: tags of what was read, changes of what has changed since, PATCH and DELETE."""

import json
import threading
import unittest

from kit.web_case import WebCase

CONFIG = "/api/v1/hosts/web1/config"


class Changes(WebCase):
    def prepare(self):
        super().prepare()
        self.pobsync.ok("configure-global", "--backup-root", self.pobsync.root)
        self.pobsync.ok("configure-host", "web1", "--address", "127.0.0.1")

    def change(self, method, path, fields=None, tag=None, browser=None, key=None):
        browser = browser or self.admin
        headers = {"X-CSRF-Token": browser.token("/account")}
        if tag:
            headers["If-Match"] = tag
        if key:
            headers["Idempotency-Key"] = key
        return browser.request(method, path, json.dumps(fields) if fields is not None else None, headers,
                               "application/json" if fields is not None else None)

    def port(self):
        settings = self.admin.get(CONFIG).json["settings"]
        return next(setting["value"] for setting in settings if setting["name"] == "ssh_port")

    def test_a_tag_names_what_was_read(self):
        first = self.admin.get(CONFIG)
        tag = first.headers["ETag"]
        self.assertRegex(tag, r'^"[0-9a-f]{32}"$')
        self.assertEqual(self.admin.get(CONFIG).headers["ETag"], tag)
        known = self.admin.get(CONFIG, headers={"If-None-Match": f'"other", {tag}'})
        self.assertEqual((known.status, known.body), (304, b""))
        self.pobsync.ok("configure-host", "web1", "--ssh-port", "2222")
        changed = self.admin.get(CONFIG, headers={"If-None-Match": tag})
        self.assertEqual(changed.status, 200)
        self.assertNotEqual(changed.headers["ETag"], tag)

    def test_a_change_of_what_has_changed_is_refused(self):
        tag = self.admin.get(CONFIG).headers["ETag"]
        self.pobsync.ok("configure-host", "web1", "--ssh-port", "2222")
        refused = self.change("PATCH", CONFIG, {"ssh_port": 2022}, tag)
        self.assertEqual(refused.status, 412, refused)
        self.assertEqual(refused.json["code"], "changed")
        self.assertEqual(self.port(), 2222)
        self.assertEqual(refused.headers["ETag"], self.admin.get(CONFIG).headers["ETag"])
        self.assertEqual(self.change("PATCH", CONFIG, {"ssh_port": 2022}, refused.headers["ETag"]).status, 200)
        self.assertEqual(self.port(), 2022)
        self.assertEqual(self.change("PATCH", CONFIG, {"ssh_port": 2023}, "*").status, 200)
        self.assertEqual(self.change("PATCH", CONFIG, {"ssh_port": None}).status, 200)
        self.assertEqual(self.port(), 22)
        weak = self.change("PATCH", CONFIG, {"ssh_port": 2024}, "W/" + self.admin.get(CONFIG).headers["ETag"])
        self.assertEqual(weak.status, 412)

    def test_of_many_who_read_the_same_one_wins(self):
        tag, statuses = self.admin.get(CONFIG).headers["ETag"], []
        browsers = [self.log_in("admin") for _ in range(8)]

        def one(number, browser):
            statuses.append(self.change("PATCH", CONFIG, {"ssh_port": 3000 + number}, tag, browser).status)

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(browsers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(sorted(statuses), [200] + [412] * 7)

    def test_the_global_settings(self):
        tag = self.admin.get("/api/v1/settings").headers["ETag"]
        self.assertEqual(self.change("PATCH", "/api/v1/settings", {"keep_daily": 9}, tag).status, 200)
        self.assertEqual(self.change("PATCH", "/api/v1/settings", {"keep_daily": 8}, tag).status, 412)

    def test_a_form_that_is_too_old_is_shown_again(self):
        page = self.admin.get("/hosts/web1/config").page
        form = next(form for form in page.forms if form["action"] == "/hosts/web1/config")
        self.pobsync.ok("configure-host", "web1", "--ssh-port", "2222")
        sent = {name: form["fields"][name] for name in ("csrf_token", "tag")}
        again = self.admin.post("/hosts/web1/config", sent | {"set.ssh_port": "yes", "ssh_port": "2022"})
        self.assertEqual(again.status, 412, again)
        self.assertIn("somebody has changed this", again.text)
        self.assertEqual(self.port(), 2222)

    def test_what_there_is_to_delete(self):
        self.pobsync.ok("schedule", "web1", "--cron", "15 2 * * *")
        self.make_user("viewer", "gone")
        self.assertEqual(self.change("PATCH", "/api/v1/users/gone", {"role": "operator"}).status, 200)
        self.assertEqual(self.change("DELETE", "/api/v1/users/gone").status, 200)
        self.assertNotIn("gone", [user["name"] for user in self.admin.get("/api/v1/users").json["items"]])
        self.assertEqual(self.change("DELETE", "/api/v1/hosts/web1/schedule").status, 200)
        self.assertEqual(self.pobsync.json("schedules")["items"], [])
        self.assertEqual(self.change("DELETE", "/api/v1/hosts/nobody/schedule").status, 404)
        self.assertEqual(self.change("DELETE", CONFIG).status, 405)
        viewer = self.log_in("viewer")
        self.assertEqual(self.change("PATCH", CONFIG, {"ssh_port": 1}, browser=viewer).status, 403)

    def queued(self):
        return self.admin.get("/api/v1/queue").json["items"]

    def test_a_repeated_request_is_answered_again_and_done_once(self):
        path = "/api/v1/hosts/web1/backup"
        first = self.change("POST", path, {"manual": True}, key="a")
        self.assertEqual(first.status, 202, first)
        again = self.change("POST", path, {"manual": True}, key="a")
        self.assertEqual((again.status, again.body, again.headers["Location"]),
                         (first.status, first.body, first.headers["Location"]))
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.assertNotIn("Idempotency-Replayed", first.headers)
        self.assertEqual(len(self.queued()), 1)
        self.assertEqual(self.change("POST", path, {"manual": False}, key="a").status, 422)
        made = self.change("POST", "/api/v1/hosts", {"name": "web2", "address": "127.0.0.1"}, key="b")
        self.assertEqual(self.change("POST", "/api/v1/hosts", {"name": "web2", "address": "127.0.0.1"}, key="b").status,
                         made.status)
        other = self.log_in("operator")
        self.assertNotIn("Idempotency-Replayed", self.change("POST", path, {"manual": True}, browser=other, key="a").headers)
        self.assertEqual(self.change("POST", "/api/v1/tokens", {"name": "x", "rights": "read"}, key="c").status, 400)
        self.assertEqual(self.change("POST", path, {"manual": True}, key="x" * 201).status, 400)

    def test_a_request_in_work_is_told_and_an_old_key_is_free_again(self):
        path = "/api/v1/hosts/web1/backup"
        self.change("POST", path, {"manual": True}, key="a")
        link = self.pobsync.connect()
        with link:
            self.assertEqual(link.execute("UPDATE api_request SET status = NULL").rowcount, 1)
        self.assertEqual(self.change("POST", path, {"manual": True}, key="a").status, 409)
        with link:
            link.execute("UPDATE api_request SET created_at = created_at - 86401")
        link.close()
        self.assertNotIn("Idempotency-Replayed", self.change("POST", path, {"manual": True}, key="a").headers)


if __name__ == "__main__":
    unittest.main()
