"""Alerts against real mail and web servers on loopback: what is told, when, and that nothing is lost on the way."""

import datetime
import email
import email.policy
import os
import unittest

from kit.mail_server import Hang, MailServer, WebServer, free_port, make_certificate
from kit.pobsync import Pobsync
from kit.workdir import WorkDir

START = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.timezone.utc)
CANARY = "canary-5f2c9e"


class AlertCase(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync())
        self.at(0)
        self.pobsync.mark_root()

    def at(self, hours):
        """The clock that the program sees: so many hours behind the start."""
        self.now = START + datetime.timedelta(hours=hours)
        self.pobsync.env["POBSYNC_FAKE_NOW"] = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def plant(self, statement, *values):
        link = self.pobsync.connect()
        with link:
            row = link.execute(statement, values).lastrowid
        link.close()
        return row

    def rows(self, statement):
        link = self.pobsync.connect()
        found = link.execute(statement).fetchall()
        link.close()
        return found

    def add_host(self, name):
        self.pobsync.ok("configure-host", name, "--address", "192.0.2.1")
        os.mkdir(self.pobsync.host_dir(name), 0o700)
        return self.rows(f"SELECT id FROM host WHERE name = '{name}'")[0][0]

    def add_run(self, host, state, retry_of=None):
        """A backup that has just ended so, with a good snapshot if it was one."""
        began = int(self.now.timestamp()) - 60
        self.plant("INSERT INTO run (host_id, host_name, job, kind, trigger_name, state, cause, message, actor, "
                   "requested_at, started_at, ended_at, due_at, retry_of) VALUES (?1, (SELECT name FROM host WHERE id = ?1), "
                   "'backup', 'scheduled', 'schedule', ?2, ?3, ?4, 'root', ?5, ?5, ?6, ?5, ?7)", host, state,
                   "host_unreachable" if state == "failed" else None,
                   "the host is döwn" if state == "failed" else None, began,
                   None if state in ("queued", "running") else began + 30, retry_of)
        if state == "success":
            self.plant("INSERT INTO snapshot (host_id, kind, name, status, started_at, ended_at, confirmed) VALUES "
                       "(?, 'scheduled', ?, 'success', ?, ?, 1)", host,
                       datetime.datetime.fromtimestamp(began, datetime.timezone.utc).strftime(
                           "%Y%m%d-%H%M%SZ__00000001"), began, began + 30)

    def deliver(self, rc=0):
        """Evaluates and delivers what is due; the document."""
        result = self.pobsync.run("notify", "--deliver", "--json")
        self.assertEqual(result.rc, rc, result)
        return result.json

    def text_of(self, mail):
        return email.message_from_bytes(mail[2], policy=email.policy.default)


class Told(AlertCase):
    def setUp(self):
        super().setUp()
        self.mail = self.enterContext(MailServer())
        self.web = self.enterContext(WebServer())
        self.pobsync.ok("notify", "--mail-to", "admin@example.net", "--mail-to", "second@example.net", "--mail-from",
                        "backup@example.net", "--smtp-host", "127.0.0.1", "--smtp-port", self.mail.port,
                        "--webhook-url", self.web.url("/hook"))

    def test_a_failure_its_end_and_each_day_between(self):
        host = self.add_host("web1")
        self.add_run(host, "success")
        self.assertEqual(self.deliver()["events"], 0)
        self.at(1)
        self.add_run(host, "failed")
        self.assertEqual(self.deliver(), {"events": 1, "delivered": 3, "failed": 0, "dropped": 0, "waiting": 0})
        self.assertEqual(sorted(mail[1] for mail in self.mail.mails), ["admin@example.net", "second@example.net"])
        message = self.text_of(self.mail.mails[0])
        self.assertEqual(message["Subject"], "[pobsync] web1: failed")
        self.assertEqual(message["From"], "pobsync <backup@example.net>")
        self.assertEqual(message["Date"].datetime, self.now)
        self.assertIn("the host is döwn", message.get_content())
        document = self.web.documents()[0]
        self.assertEqual({key: document[key] for key in ("event", "host", "health", "previous", "at", "url")},
                         {"event": "raised", "host": "web1", "health": "failed", "previous": None,
                          "at": "2026-11-22T13:00:00Z", "url": None})
        self.assertIn("the host is döwn", document["reason"])
        for hours, events in [(2, 0), (24, 0), (25, 1), (26, 0), (49, 1)]:
            self.at(hours)
            self.assertEqual(self.deliver()["events"], events, hours)
        self.assertEqual([document["event"] for document in self.web.documents()], ["raised", "lasts", "lasts"])
        self.at(50)
        self.add_run(host, "success")
        self.assertEqual(self.deliver()["events"], 1)
        self.assertEqual(self.text_of(self.mail.mails[-1])["Subject"], "[pobsync] web1 is ok again")
        self.assertEqual((self.web.documents()[-1]["event"], self.web.documents()[-1]["previous"]), ("recovered", "failed"))
        self.assertEqual(self.deliver()["events"], 0)

    def test_a_pass_of_the_scheduler_tells_and_pings(self):
        self.pobsync.ok("notify", "--ping-url", self.web.url("/alive"))
        self.add_run(self.add_host("web1"), "failed")
        self.pobsync.ok("scheduler")
        self.assertEqual([self.text_of(mail)["Subject"] for mail in self.mail.mails], ["[pobsync] web1: failed"] * 2)
        self.assertIn(("GET", "/alive"), [(method, path) for method, path, _, _ in self.web.asked])
        self.pobsync.ok("scheduler")
        self.assertEqual(len(self.mail.mails), 2)

    def test_many_hosts_are_one_mail(self):
        for name in ("web1", "web2", "web3", "web4"):
            self.add_run(self.add_host(name), "failed")
        self.assertEqual(self.deliver()["events"], 4)
        self.assertEqual(len(self.mail.mails), 2)
        self.assertEqual(self.text_of(self.mail.mails[0])["Subject"],
                         "[pobsync] web1: failed; web2: failed; web3: failed; and 1 more")
        self.assertEqual(len(self.web.documents()), 4)

    def test_a_lost_root_is_told_once(self):
        hosts = [self.add_host(f"web{number}") for number in range(5)]
        for host in hosts:
            self.add_run(host, "success")
        self.assertEqual(self.deliver()["events"], 0)
        aside = self.pobsync.root + ".aside"
        os.rename(self.pobsync.root, aside)
        self.addCleanup(lambda: os.path.exists(aside) and os.rename(aside, self.pobsync.root))
        self.assertEqual(self.deliver()["events"], 1)
        self.assertIn("backup root", self.text_of(self.mail.mails[0])["Subject"])
        self.assertIsNone(self.web.documents()[0]["host"])
        self.assertEqual(self.deliver()["events"], 0)
        os.rename(aside, self.pobsync.root)
        self.assertEqual(self.deliver()["events"], 1)
        self.assertEqual(self.web.documents()[-1]["event"], "recovered")

    def test_paused_and_repeated_ones_are_silent(self):
        paused, repeated = self.add_host("web1"), self.add_host("web2")
        self.add_run(paused, "failed")
        self.add_run(repeated, "failed")
        self.add_run(repeated, "queued", self.rows("SELECT max(id) FROM run")[0][0])
        self.pobsync.ok("configure-host", "web1", "--no-enabled")
        self.assertEqual(self.deliver()["events"], 0)
        self.pobsync.ok("configure-host", "web1", "--enabled")
        self.assertEqual([self.deliver()["events"], self.web.documents()[0]["host"]], [1, "web1"])
        self.at(1)  # the repetition should have begun long ago
        self.assertEqual([self.deliver()["events"], self.web.documents()[1]["host"]], [1, "web2"])

    def test_one_bad_recipient_costs_the_others_nothing(self):
        self.mail.refuse["admin@example.net"] = "550 no such user"
        self.add_run(self.add_host("web1"), "failed")
        self.assertEqual(self.deliver(1), {"events": 1, "delivered": 2, "failed": 1, "dropped": 0, "waiting": 1})
        self.assertEqual([mail[1] for mail in self.mail.mails], ["second@example.net"])
        waiting = self.pobsync.json("notify")["waiting"]
        self.assertEqual([(item["channel"], item["recipient"], item["tries"]) for item in waiting],
                         [("mail", "admin@example.net", 1)])
        self.assertIn("550", waiting[0]["last_error"])
        shown = self.pobsync.ok("notify").out
        self.assertIn("admin@example.net", shown)
        self.mail.refuse.clear()
        self.assertEqual(self.deliver()["delivered"], 1)

    def test_nobody_to_tell_is_no_error(self):
        self.pobsync.ok("notify", "--mail-to", "", "--unset", "webhook-url")
        self.add_run(self.add_host("web1"), "failed")
        self.assertEqual(self.deliver()["events"], 0)
        self.assertEqual(self.rows("SELECT * FROM alert_state"), [])


class Troubled(AlertCase):
    """Servers that hang, refuse, answer nonsense, and come back."""

    def waiting(self):
        return self.rows("SELECT channel, tries, next_try_at FROM alert_outbox ORDER BY id")

    def send(self):
        """What the scheduler's child does."""
        return self.pobsync.run("send-alerts", timeout=120)

    def evaluate_only(self, *fields):
        """Configures the ways and gets one failed host told into the outbox, with servers that take nothing."""
        self.pobsync.ok("notify", *fields)
        self.add_run(self.add_host("web1"), "failed")

    def test_nothing_is_lost_while_the_server_is_down(self):
        port = free_port()
        self.evaluate_only("--mail-to", "a@example.net", "--smtp-host", "127.0.0.1", "--smtp-port", port)
        self.assertEqual(self.deliver(1)["waiting"], 1)
        self.assertEqual(self.send().rc, 0)
        self.assertEqual(self.waiting()[0][1], 1, "not tried before its time")
        for hours in (1, 2, 3):
            self.at(hours)
            self.assertEqual(self.send().rc, 0)
        self.assertEqual(self.waiting()[0][1], 4)
        with MailServer(port) as server:
            self.at(5)
            self.assertEqual(self.send().rc, 0)
            self.assertEqual(self.send().rc, 0)
            self.assertEqual(len(server.mails), 1)
            self.assertEqual(self.text_of(server.mails[0])["Date"].datetime, START)
        self.assertEqual(self.waiting(), [])

    def test_a_server_that_hangs_holds_nothing_else_up(self):
        hang, web = self.enterContext(Hang()), self.enterContext(WebServer())
        self.evaluate_only("--mail-to", "a@example.net", "--mail-to", "b@example.net", "--smtp-host", "127.0.0.1",
                           "--smtp-port", hang.port, "--webhook-url", web.url("/"))
        running = self.pobsync.spawn("notify", "--deliver", "--json")
        self.pobsync.ok("status", timeout=20)  # the database is not held meanwhile
        document = running.wait(120).json
        self.assertEqual((document["delivered"], document["failed"], document["waiting"]), (1, 1, 2))
        self.assertEqual(len(web.asked), 1)

    def test_answers_that_are_none(self):
        web, mail = self.enterContext(WebServer(status=503)), self.enterContext(MailServer())
        mail.greylist = "451 later"
        self.evaluate_only("--mail-to", "a@example.net", "--smtp-host", "127.0.0.1", "--smtp-port", mail.port,
                           "--webhook-url", web.url("/hook"))
        self.assertEqual(self.deliver(1)["waiting"], 2)
        for answer in (404, 500, 302):
            web.status = answer
            self.assertEqual(self.deliver(1)["waiting"], 2)
        self.assertNotIn("/elsewhere", [path for _, path, _, _ in web.asked], "a redirect was followed")
        web.status, mail.greylist = 204, None
        self.assertEqual(self.deliver(), {"events": 0, "delivered": 2, "failed": 0, "dropped": 0, "waiting": 0})
        self.assertEqual((len(web.asked), len(mail.mails)), (5, 1))
        self.assertEqual(len({body for _, _, _, body in web.asked}), 1, "each attempt says the same")

    def test_three_days_are_enough(self):
        self.evaluate_only("--webhook-url", f"http://127.0.0.1:{free_port()}/{CANARY}")
        self.assertEqual(self.deliver(1)["waiting"], 1)
        self.at(71)
        self.assertEqual(self.send().rc, 0)
        self.assertEqual(len(self.waiting()), 1)
        self.at(74)
        result = self.send()
        self.assertIn("is given up", result.err)
        self.assertNotIn(CANARY, result.err)
        self.assertEqual(self.waiting(), [])

    def test_two_that_deliver_send_each_message_once(self):
        mail = self.enterContext(MailServer())
        self.pobsync.ok("notify", "--mail-to", "a@example.net", "--smtp-host", "127.0.0.1", "--smtp-port", mail.port)
        for number in range(20):
            self.plant("INSERT INTO alert_outbox (channel, recipient, subject, body, created_at, next_try_at) VALUES "
                       "('mail', 'a@example.net', ?, 'x', 1, 1)", f"number {number}")
        children = [self.pobsync.spawn("send-alerts") for _ in range(3)]
        for child in children:
            self.assertEqual(child.wait(120).rc, 0)
        self.assertEqual(sorted(str(self.text_of(sent)["Subject"]) for sent in mail.mails),
                         sorted(f"number {number}" for number in range(20)))

    def test_a_body_of_dots_arrives_whole(self):
        mail = self.enterContext(MailServer())
        self.pobsync.ok("notify", "--mail-to", "a@example.net", "--smtp-host", "127.0.0.1", "--smtp-port", mail.port)
        self.plant("INSERT INTO alert_outbox (channel, recipient, subject, body, created_at, next_try_at) VALUES "
                   "('mail', 'a@example.net', ?, ?, 1, 1)", "x\r\nRCPT TO:<evil@example.net>", ".\n..\r\n.\r\nQUIT\r\nend\n")
        self.assertEqual(self.send().rc, 0)
        self.assertEqual([sent[1] for sent in mail.mails], ["a@example.net"])
        self.assertEqual(self.text_of(mail.mails[0]).get_content().splitlines()[:2], [".", "..\\x0d"])

    def test_the_ping_comes_and_its_failure_is_a_warning(self):
        web = self.enterContext(WebServer())
        self.pobsync.ok("notify", "--ping-url", web.url("/ping/" + CANARY))
        result = self.pobsync.ok("send-alerts", "--ping")
        self.assertEqual([(method, path) for method, path, _, _ in web.asked], [("GET", "/ping/" + CANARY)])
        web.status = 500
        result = self.pobsync.ok("send-alerts", "--ping")
        self.assertIn("warning: ping", result.err)
        self.assertNotIn(CANARY, result.err)


class Tls(AlertCase):
    """Certificates, logins and secrets."""

    def setUp(self):
        super().setUp()
        self.dir = WorkDir("alert.")
        self.addCleanup(self.dir.remove)
        self.certificate = make_certificate(self.dir.make("tls"))

    def secret(self, name, text):
        path = self.dir.write(name, text)
        os.chmod(path, 0o600)
        return path

    def test_starttls_and_login(self):
        server = self.enterContext(MailServer(login=("backup", CANARY), tls=self.certificate))
        password = self.secret("password", CANARY + "\n")
        self.pobsync.ok("notify", "--mail-to", "a@example.net", "--smtp-host", "localhost", "--smtp-port", server.port,
                        "--smtp-security", "starttls", "--smtp-user", "backup", "--smtp-password-file", password)
        unknown = self.pobsync.run("notify", "--test")
        self.assertEqual(unknown.rc, 1, "a certificate that nobody vouches for")
        self.assertEqual(server.secrets_seen, [])
        result = self.pobsync.ok("notify", "--smtp-ca-file", self.certificate[0], "--test")
        self.assertIn("ok", result.out)
        self.assertEqual((len(server.mails), server.secrets_seen), (1, [("backup", CANARY)]))
        with open(password, "w", encoding="utf-8") as file:
            file.write("wrong\n")
        self.assertEqual(self.pobsync.run("notify", "--test").rc, 1)
        os.chmod(password, 0o644)
        everybody = self.pobsync.run("notify", "--test", "--json")
        self.assertEqual(everybody.rc, 1)
        self.assertIn("read by everybody", everybody.json["stages"][0]["found"])
        for place, _, names in os.walk(self.pobsync.home):
            for name in names:
                with open(os.path.join(place, name), "rb") as file:
                    self.assertNotIn(CANARY.encode(), file.read(), name)

    def test_no_starttls_is_no_mail(self):
        server = self.enterContext(MailServer())
        self.pobsync.ok("notify", "--mail-to", "a@example.net", "--smtp-host", "localhost", "--smtp-port", server.port,
                        "--smtp-security", "starttls")
        self.assertEqual(self.pobsync.run("notify", "--test").rc, 1)
        self.assertEqual(server.mails, [])

    def test_webhook_with_a_token(self):
        web = self.enterContext(WebServer(tls=self.certificate))
        self.pobsync.ok("notify", "--webhook-url", web.url("/hook"), "--webhook-token-file",
                        self.secret("token", CANARY + "\n"), "--smtp-ca-file", self.certificate[0], "--test")
        _, _, headers, _ = web.asked[0]
        self.assertEqual(headers["Authorization"], "Bearer " + CANARY)
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(web.documents()[0]["event"], "test")


class Settings(AlertCase):
    def test_they_are_shown_changed_and_audited(self):
        document = self.pobsync.json("notify", "--mail-to", "a@example.net", "--smtp-port", "2525", "--ping-url",
                                     "https://ping.example.net/" + CANARY)
        self.assertEqual(document["changed"], ["mail_to", "smtp_port", "ping_url"])
        settings = {item["name"]: (item["value"], item["origin"]) for item in self.pobsync.json("notify")["settings"]}
        self.assertEqual((settings["mail_to"], settings["smtp_port"], settings["smtp_host"], settings["webhook_url"]),
                         ((["a@example.net"], "global"), (2525, "global"), ("localhost", "default"), (None, "none")))
        audit = self.rows("SELECT action, after_text FROM audit WHERE action LIKE 'notification%'")
        self.assertEqual(len(audit), 1)
        self.assertIn("ping.example.net", audit[0][1])
        self.assertNotIn(CANARY, audit[0][1])
        self.assertEqual(self.pobsync.json("notify", "--unset", "smtp-port")["changed"], ["smtp_port"])
        for line in self.pobsync.ok("notify").out.splitlines():
            self.assertLessEqual(len(line), 80)

    def test_what_is_wrong_changes_nothing(self):
        before = self.pobsync.json("notify")
        for words, part in [(["--mail-to", "a@b.example\nRCPT TO:<c@d>"], "newline"),
                            (["--mail-to", "a@b>\r"], "no mail address"),
                            (["--webhook-url", "file:///etc/passwd"], "http"),
                            (["--webhook-url", "https://user:word@example.net/"], "password"),
                            (["--smtp-port", "0"], "--smtp-port"),
                            (["--smtp-user", "x"], "--smtp-password-file"),
                            (["--alert-on", "always"], "failures"),
                            (["--test"], "nobody is told")]:
            with self.subTest(words):
                result = self.pobsync.run("notify", *words)
                self.assertEqual((result.rc, result.out), (2, ""), result)
                self.assertIn(part, result.err)
                self.assertEqual(self.pobsync.json("notify"), before)


if __name__ == "__main__":
    unittest.main()
