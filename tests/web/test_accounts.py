"""Logging in: sessions, CSRF, throttling, the first account."""

import re
import unittest

from kit.pobsync import Pobsync
from kit.web import PASSWORD, WebServer
from kit.web_case import WebCase


class Login(WebCase):
    def test_without_a_login(self):
        visitor = self.server.browser()
        answer = visitor.get("/hosts?q=a%26b")
        self.assertEqual(answer.status, 303)
        self.assertEqual(answer.headers["Location"], "/login?next=/hosts%3Fq%3Da%2526b")
        self.assertEqual(visitor.cookies, {}, "a redirect needs no cookie")
        answer = visitor.get("/api/v1/hosts")
        self.assertEqual(answer.status, 401)
        self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json["status"], 401)

    def test_the_form(self):
        form = self.server.browser().get("/login").page.forms[0]
        self.assertEqual(form["method"], "post")
        self.assertLessEqual({"username", "password"}, set(form["fields"]))
        self.assertTrue(any(name.startswith("csrf") for name in form["fields"]))

    def test_goes_on_where_it_was_wanted(self):
        visitor = self.server.browser()
        for wish, location in (("/hosts?q=a", "/hosts?q=a"), ("//evil.test", "/"), ("https://evil.test", "/"),
                               ("/\\evil.test", "/"), ("javascript:alert(1)", "/"), ("", "/")):
            token = visitor.token("/login") if "pobsync" not in visitor.cookies else None
            visitor = self.server.browser()
            token = visitor.token("/login")
            answer = visitor.post("/login", {"username": "viewer", "password": PASSWORD, "next": wish,
                                             "csrf_token": token})
            self.assertEqual((answer.status, answer.headers["Location"]), (303, location), wish)

    def test_one_text_for_whatever_is_wrong(self):
        visitor = self.server.browser()
        wrong = visitor.login("viewer", "not the password")
        unknown = visitor.login("nobody", PASSWORD)
        strange = visitor.login("<script>'\"", PASSWORD)
        self.assertEqual([a.status for a in (wrong, unknown, strange)], [403, 403, 403])
        for answer in (wrong, unknown, strange):
            self.assertIn("wrong name or password", answer.text)
            self.assertNotIn("<script>'", answer.text)
            self.assertNotIn(PASSWORD, answer.text)
        self.assertIn('value="viewer"', wrong.text, "the name is kept")

    def test_the_session_is_a_new_one(self):
        visitor = self.server.browser()
        visitor.get("/login")
        before = dict(visitor.cookies)
        self.assertEqual(visitor.login("viewer").status, 303)
        self.assertNotEqual(visitor.cookies["pobsync"], before["pobsync"])
        planted = self.server.browser()
        planted.cookies = before
        self.assertEqual(planted.get("/hosts").status, 303, "the cookie from before the login is worth nothing")
        first = visitor.cookies["pobsync"]
        answer = visitor.send("/login", {"username": "viewer", "password": PASSWORD}, page="/account")
        self.assertEqual(answer.status, 303)
        planted.cookies = {"pobsync": first}
        self.assertEqual(planted.get("/hosts").status, 303, "the session from before a second login has ended")

    def test_the_cookie(self):
        visitor = self.server.browser()
        cookie = visitor.get("/login").headers["Set-Cookie"]
        for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
            self.assertIn(part, cookie)
        self.assertGreaterEqual(len(visitor.cookies["pobsync"]), 43)

    def test_logging_out_ends_the_session(self):
        viewer = self.log_in("viewer")
        kept = dict(viewer.cookies)
        self.assertEqual(viewer.send("/logout", page="/hosts").status, 303)
        viewer.cookies = kept
        self.assertEqual(viewer.get("/hosts").status, 303)

    def test_the_database_alone_gives_no_access(self):
        viewer = self.log_in("viewer")
        link = self.pobsync.connect()
        dump = "\n".join(link.iterdump())
        link.close()
        self.assertNotIn(viewer.cookies["pobsync"], dump)
        self.assertNotIn(PASSWORD, dump)
        for text in set(re.findall(r"'([0-9a-f]{64})'", dump)):
            thief = self.server.browser()
            thief.cookies = {"pobsync": text[:43]}
            self.assertEqual(thief.get("/hosts").status, 303)

    def test_sessions_expire(self):
        viewer = self.log_in("viewer")
        for change in ("seen_at = seen_at - 12 * 3600 - 1", "created_at = created_at - 7 * 86400 - 1"):
            viewer = self.log_in("viewer")
            self.assertEqual(viewer.get("/hosts").status, 200)
            self.plant(f"UPDATE session SET {change}")
            self.assertEqual(viewer.get("/hosts").status, 303, change)

    def test_a_disabled_user_is_out_at_once(self):
        viewer = self.log_in("viewer")
        self.plant("UPDATE user_account SET enabled = 0 WHERE name = 'viewer'")
        self.assertEqual(viewer.get("/hosts").status, 303)
        self.assertEqual(self.server.browser().login("viewer").status, 403)

    def plant(self, statement):
        link = self.pobsync.connect()
        with link:
            link.execute(statement)
        link.close()

    def test_wrong_passwords_are_slowed_down(self):
        visitor = self.server.browser()
        statuses = [visitor.login("operator", f"wrong {i}").status for i in range(7)]
        self.assertEqual(statuses[:5], [403] * 5)
        self.assertEqual(statuses[5:], [429] * 2)
        answer = visitor.login("operator")
        self.assertEqual(answer.status, 429, "not even the right one is tried now")
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.assertEqual(visitor.login("viewer").status, 303, "another account from here is not locked")
        self.plant("UPDATE login_throttle SET last_at = last_at - 100")
        self.assertEqual(self.server.browser().login("operator").status, 303, "it is no lock for ever")


class Csrf(WebCase):
    def test_every_change_needs_its_token(self):
        changes = [route for route in self.routes() if route["method"] != "GET"]
        self.assertGreater(len(changes), 2)
        other = self.log_in("viewer").token("/hosts")
        for route in changes:
            path = re.sub(r":\w+", "x", route["path"])
            faces = [path] if "page" in route["faces"] else []
            faces += ["/api/v1" + path] if "api" in route["faces"] else []
            for path in faces:
                for fields in ({}, {"csrf_token": ""}, {"csrf_token": "0" * 128}, {"csrf_token": other}):
                    answer = self.admin.request(route["method"], path, "&".join(f"{k}={v}" for k, v in fields.items()),
                                                type="application/x-www-form-urlencoded")
                    self.assertEqual(answer.status, 403, f"{route['method']} {path} {fields}: {answer}")

    def test_pages_of_others_cannot_send_forms(self):
        token = self.admin.token("/hosts")
        for headers in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                        {"Sec-Fetch-Site": "same-site"}):
            answer = self.admin.post("/logout", {"csrf_token": token}, headers=headers)
            self.assertEqual(answer.status, 403, headers)
        answer = self.admin.request("POST", "/logout", f"csrf_token={token}", type="text/plain")
        self.assertEqual(answer.status, 415)
        self.assertEqual(self.admin.get(f"/logout?csrf_token={token}").status, 405)
        self.assertEqual(self.admin.request("POST", f"/logout?csrf_token={token}").status, 400)
        own = {"Origin": f"http://127.0.0.1:{self.server.port}", "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(self.admin.post("/logout", {"csrf_token": token}, headers=own).status, 303)

    def test_the_token_looks_different_each_time(self):
        tokens = {self.admin.token("/hosts") for _ in range(5)}
        self.assertEqual(len(tokens), 5)


class Setup(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync())
        self.server = WebServer(self.pobsync)
        self.browser = self.server.browser()

    def code(self):
        return re.search(rb"with the code ([0-9a-f-]+)", self.server.log())[1].decode()

    def test_the_first_admin(self):
        fields = {"username": "anna", "password": PASSWORD}
        self.assertIn("/setup", self.browser.get("/login").text)
        wrong = self.browser.send("/setup", {**fields, "code": "00000000-00000000"}, page="/setup")
        self.assertEqual(wrong.status, 403)
        self.assertIn("not the code", wrong.text)
        weak = self.browser.send("/setup", {**fields, "code": self.code(), "password": "password"}, page="/setup")
        self.assertEqual(weak.status, 422)
        done = self.browser.send("/setup", {**fields, "code": self.code()}, page="/setup")
        self.assertEqual((done.status, done.headers["Location"]), (303, "/setup/root"))
        self.assertEqual(self.browser.get("/hosts").status, 200)
        self.assertEqual(self.server.browser().get("/setup").status, 404)
        users = self.pobsync.json("users")["items"]
        self.assertEqual([(user["name"], user["role"]) for user in users], [("anna", "admin")])


if __name__ == "__main__":
    unittest.main()
