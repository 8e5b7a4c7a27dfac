"""Who changed a host, field by field; and who is told when it is not well: a test message, and what became of the last ones."""

import unittest

from kit.mail_server import MailServer, free_port
from kit.web_case import WebCase


class History(WebCase):
    def prepare(self):
        super().prepare()
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1")
        self.pobsync.ok("configure-host", "web10", "--address", "192.0.2.2")

    def plant(self, *rows):
        link = self.pobsync.connect()
        with link:
            link.executemany("INSERT INTO audit (at, actor, origin, action, object) VALUES (?, 'anna', 'web', ?, ?)", rows)
        link.close()

    def items(self, query=""):
        return self.log_in("viewer").get(f"/api/v1/hosts/web1/history{query}").json["items"]

    def test_each_field_from_what_to_what(self):
        self.pobsync.ok("configure-host", "web1", "--ssh-port", "2222", "--excludes", "/tmp/*")
        answer = self.admin.send("/hosts/web1/config", {"set.ssh_port": "yes", "ssh_port": "2200", "set.excludes": "no"})
        self.assertEqual(answer.status, 303, answer)
        self.assertEqual(self.admin.send("/hosts/web1/schedule", {"cron": "15 2 * * *"}).status, 303)
        newest = self.items()
        self.assertEqual([(item["action"], item["actor"], item["origin"]) for item in newest[:2]],
                         [("schedule.create", "admin", "web"), ("host.configure", "admin", "web")])
        self.assertEqual(sorted(newest[1]["changes"], key=lambda change: change["field"]),
                         [{"field": "excludes", "before": "/tmp/*", "after": None},
                          {"field": "ssh_port", "before": "2222", "after": "2200"}])
        self.assertEqual((newest[-1]["action"], newest[-1]["origin"]), ("host.create", "cli"))
        page = self.log_in("viewer").get("/hosts/web1/history").text
        self.assertIn("<code>ssh_port</code>: 2222 → 2200", page)
        self.assertIn('<code>excludes</code>: /tmp/* → <span class="muted">not set</span>', page)
        self.assertIn('href="/hosts/web1/history" aria-current="page"', page)

    def test_what_belongs_to_it_and_what_does_not(self):
        self.plant((5, "snapshot.pin", "web1@20260101-021500Z__00000001"), (6, "snapshot.prune", "web1@x"),
                   (7, "run.queue", "web1"), (8, "user.create", "web1"), (9, "file.read", "web1@x:/etc"),
                   (10, "host.configure", "web10"), (11, "snapshot.pin", "web10@x"), (12, "host_key.pin", "web1"))
        self.assertEqual([item["action"] for item in self.items()], ["host_key.pin", "snapshot.pin", "host.create"])
        self.assertEqual(self.admin.get("/hosts/nobody/history").status, 404)
        self.assertEqual(self.admin.get("/hosts/web1/history?before=x").status, 422)

    def test_it_is_shown_by_parts(self):
        self.plant(*[(number, "host.configure", "web1") for number in range(1, 131)])
        seen, query = [], ""
        while query is not None:
            document = self.admin.get(f"/api/v1/hosts/web1/history{query}").json
            seen += [item["id"] for item in document["items"]]
            query = f"?before={document['next']}" if "next" in document else None
        self.assertEqual(len(seen), 131)
        self.assertEqual(seen, sorted(set(seen), reverse=True))
        self.assertIn("before=", self.admin.get("/hosts/web1/history").text)


class Notifications(WebCase):
    def prepare(self):
        super().prepare()
        self.pobsync.mark_root()

    def run_of(self, answer):
        self.assertEqual(answer.status, 303, answer)
        self.assertRegex(answer.headers["Location"], r"^/runs/\d+$")
        self.pobsync.ok("worker", "--once")
        return self.admin.get("/api/v1" + answer.headers["Location"]).json

    def test_nobody_is_told(self):
        page = self.admin.get("/settings/notifications")
        self.assertIn("Nobody is told when a backup fails", page.text)
        self.assertNotIn("/settings/notifications/test", page.text)
        run = self.run_of(self.admin.send("/settings/notifications/test"))
        self.assertEqual((run["state"], run["cause"]), ("failed", "config"))
        self.assertIn("nobody is told", run["message"])

    def test_a_test_is_a_run_and_what_was_sent_is_listed(self):
        mail = self.enterContext(MailServer())
        self.pobsync.ok("notify", "--mail-to", "anna@example.net", "--smtp-host", "127.0.0.1", "--smtp-port", mail.port,
                        "--ping-url", f"http://127.0.0.1:{free_port()}/a-secret")
        page = self.admin.get("/settings/notifications").text
        self.assertIn("anna@example.net", page)
        self.assertNotIn("a-secret", page)
        run = self.run_of(self.admin.send("/settings/notifications/test"))
        self.assertEqual((run["job"], run["host"], run["state"]), ("notify", None, "failed"), "the ping has no server")
        self.assertEqual([(stage["stage"], stage["level"]) for stage in run["result"]["stages"]],
                         [("mail anna@example.net", "ok"), ("ping", "failed")])
        self.assertEqual([sent[1] for sent in mail.mails], ["anna@example.net"])
        self.assertIn("Taken by", self.admin.get(f"/runs/{run['id']}").text)
        self.assertIn(f"/runs/{run['id']}", self.admin.get("/settings/notifications").text)
        link = self.pobsync.connect()
        with link:
            for recipient in ("anna@example.net", "gone@example.net"):
                link.execute("INSERT INTO alert_outbox (channel, recipient, subject, body, created_at, next_try_at) "
                             "VALUES ('mail', ?, 'web1: failed', 'text', 1, 1)", (recipient,))
        link.close()
        self.pobsync.ok("notify", "--deliver")
        document = self.admin.get("/api/v1/settings/notifications").json
        self.assertEqual(document, self.pobsync.json("notify"))
        self.assertEqual([(item["recipient"], item["outcome"], item["tries"], item["error"])
                          for item in document["deliveries"]],
                         [("gone@example.net", "given_up", 0, "it is configured no longer"),
                          ("anna@example.net", "delivered", 1, None)])
        page = self.admin.get("/settings/notifications").text
        self.assertIn("it is configured no longer", page)
        self.assertIn("Delivered", page)

    def test_who_may(self):
        operator = self.log_in("operator")
        self.assertEqual(operator.get("/settings/notifications").status, 403)
        self.assertEqual(operator.send("/settings/notifications/test").status, 403)
        self.assertEqual(self.admin.post("/settings/notifications/test").status, 403, "without its token")


if __name__ == "__main__":
    unittest.main()
