"""What destroys a host or overwrites a machine asks for the password once more, whatever route it goes by: the route table
says which. A token needs the right to destroy instead."""

import hashlib
import unittest

from kit.web import PASSWORD
from kit.web_case import WebCase

# What each of these routes has to be sent to be grave, and the right, but for the password.
SENT = {
    "POST /hosts/:host/remove": {"confirm": "web1"},
    "POST /hosts/:host/restore": {"step": "write", "snapshot": "latest", "path": "/etc", "to": "/nowhere", "replace": "yes",
                                  "confirm": "web1"},
}


class PasswordAgain(WebCase):
    def prepare(self):
        super().prepare()
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1")

    def state(self):
        """What may not change: hosts and work."""
        tables = [self.pobsync.json("hosts"), self.pobsync.json("runs")]
        for table in tables:
            for item in table["items"]:
                item.pop("as_of", None)
        return hashlib.sha256(str(tables).encode()).hexdigest()

    def grave(self):
        routes = {f"{route['method']} {route['path']}": route for route in self.routes() if route["asks_password"]}
        self.assertEqual(set(routes), set(SENT), "a route that is grave is tried here")
        for key, route in routes.items():
            self.assertIn("password", [field["name"] for field in route["fields"]], key)
            yield key, route["path"].replace(":host", "web1"), SENT[key]

    def test_without_the_password_nothing_is_done(self):
        before = self.state()
        for key, path, sent in self.grave():
            with self.subTest(key):
                for password, status in (({}, 422), ({"password": ""}, 422), ({"password": "wrong"}, 403)):
                    answer = self.admin.send(path, {**sent, **password})
                    self.assertEqual(answer.status, status, answer)
                    self.assertNotIn('value="wrong"', answer.text, "a password is never filled in")
                self.assertEqual(self.state(), before)

    def test_guessing_is_held_up(self):
        key, path, sent = next(self.grave())
        statuses = [self.admin.send(path, {**sent, "password": f"wrong{number}"}).status for number in range(12)]
        self.assertEqual(statuses[0], 403)
        self.assertEqual(statuses[-1], 429, f"{key}: {statuses}")
        self.assertEqual(self.admin.send(path, {**sent, "password": PASSWORD}).status, 429, "the right one neither, by now")

    def test_with_it_the_work_is_done(self):
        for key, path, sent in sorted(self.grave(), reverse=True):
            with self.subTest(key):
                answer = self.admin.send(path, {**sent, "password": PASSWORD})
                self.assertEqual(answer.status, 303, answer)
        self.assertEqual(self.pobsync.json("hosts")["items"], [])

    def test_a_token_needs_the_right_to_destroy(self):
        robot = self.server.browser()
        for key, path, sent in sorted(self.grave(), reverse=True):
            for rights, good in ((("read", "operate", "config"), False), (("read", "operate", "destroy"), True)):
                fields = "&".join([f"name={'-'.join(rights)}-{len(path)}", "days=1", *[f"right.{right}=yes" for right in rights]])
                made = self.admin.request("POST", "/api/v1/tokens", fields, {"X-CSRF-Token": self.admin.token("/account")},
                                          type="application/x-www-form-urlencoded")
                answer = robot.post("/api/v1" + path, sent, headers={"Authorization": "Bearer " + made.json["secret"]})
                self.assertEqual(answer.status in (200, 202), good, f"{key}: {answer}")
                self.assertTrue(good or answer.status == 403, f"{key}: {answer}")


if __name__ == "__main__":
    unittest.main()
