"""As it is put into the world: with a certificate of its own, behind the proxy of packaging/nginx.conf, on the screen of
somebody who looks at the dashboard all day, and with many who listen."""

import datetime
import json
import os
import re
import shutil
import ssl
import subprocess
import time
import unittest

from kit.deadline import wait_for
from kit.fleet import Fleet
from kit.mail_server import free_port, make_certificate
from kit.screen import Screen, reason_to_skip
from kit.web import PASSWORD, Browser, WebServer
from kit.web_case import WebCase
from kit.workdir import WorkDir

SERIAL = True
HERE = os.path.dirname(os.path.abspath(__file__))


def trusting(certificate):
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    return context


class Certificate(WebCase):
    def test_it_speaks_tls(self):
        work = self.enterContext(WorkDir())
        certificate, key = make_certificate(work.path)
        server = WebServer(self.pobsync, "--tls-cert", certificate, "--tls-key", key)
        browser = Browser(server, trusting(certificate))
        answer = browser.login("admin")
        self.assertEqual(answer.status, 303, answer)
        self.assertIn("Secure", answer.headers["Set-Cookie"])
        self.assertIn("__Host-", answer.headers["Set-Cookie"])
        self.assertEqual(browser.get("/hosts").status, 200)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with self.assertRaises(ssl.SSLError):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            Browser(server, old).get("/healthz")

    def test_a_key_of_something_else_is_refused(self):
        one, other = self.enterContext(WorkDir()), self.enterContext(WorkDir())
        certificate, _ = make_certificate(one.path)
        _, key = make_certificate(other.path)
        for files in ((certificate, key), (certificate, "/nowhere"), ("/dev/null", key)):
            done = self.pobsync.run("serve", "--listen", "127.0.0.1:0", "--tls-cert", files[0], "--tls-key", files[1], timeout=20)
            self.assertNotEqual(done.rc, 0, done)
            self.assertRegex(done.err, "certificate|key|/nowhere")


class Proxies(WebCase):
    """Only those that are named may say who asks, and how."""

    def secure(self, **headers):
        browser = self.server.browser()
        plain, sent = browser.request, {name.replace("_", "-"): value for name, value in headers.items()}
        browser.request = lambda method, path, body=None, headers=(), type=None: plain(method, path, body,
                                                                                       {**sent, **dict(headers)}, type)
        answer = browser.login("admin")
        self.assertEqual(answer.status, 303, answer)
        return "Secure" in answer.headers["Set-Cookie"]

    def test_nobody_is_believed_unless_named(self):
        self.assertFalse(self.secure(X_Forwarded_Proto="https"))
        self.pobsync.ok("configure-global", "--trusted-proxies", "192.0.2.0/24")
        self.assertFalse(self.secure(X_Forwarded_Proto="https"))
        self.pobsync.ok("configure-global", "--trusted-proxies", "127.0.0.1")
        self.assertTrue(self.secure(X_Forwarded_Proto="https"))
        self.assertFalse(self.secure(X_Forwarded_Proto="http"))
        self.assertTrue(self.secure(X_Forwarded_Proto="https", X_Forwarded_For="1.2.3.4, 192.0.2.9"))

    def test_names_that_are_not_allowed_are_refused(self):
        for name, status in (("backup.example.net", 421), ("localhost", 200), ("127.0.0.1", 200), ("evil.test", 421)):
            answer = self.admin.get("/healthz", headers={"Host": name})
            self.assertIn(answer.status, (status, 400 if status == 421 else status, 403 if status == 421 else status), name)
        self.pobsync.ok("configure-global", "--allowed-hosts", "backup.example.net")
        self.assertEqual(self.admin.get("/healthz", headers={"Host": "backup.example.net"}).status, 200)


@unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
class BehindNginx(WebCase):
    """The file that is shipped, but for ports and paths."""

    def setUp(self):
        super().setUp()
        self.work = self.enterContext(WorkDir())
        self.certificate, key = make_certificate(self.work.path)
        self.tls_port, self.plain_port = free_port(), free_port()
        with open(os.path.join(HERE, "../../packaging/nginx.conf"), encoding="utf-8") as file:
            server = file.read()
        for old, new in ((r"listen \[::\]:.*\n", ""), (r"listen 443 ", f"listen 127.0.0.1:{self.tls_port} "),
                         (r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"), (r"/etc/ssl/certs/\S+;", self.certificate + ";"),
                         (r"/etc/ssl/private/\S+;", key + ";"), (r"127\.0\.0\.1:8010", f"127.0.0.1:{self.server.port}")):
            self.assertRegex(server, old, "the file that is shipped has it")
            server = re.sub(old, new, server)
        temporary = "".join(f"{kind}_temp_path {self.work.make(kind)};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi",
                                                                                      "scgi"))
        config = self.work / "nginx.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"pid {self.work / 'pid'};\nerror_log {self.work / 'log'};\nevents {{}}\n"
                       f"http {{\naccess_log off;\n{temporary}{server}\n}}\n")
        self.nginx = subprocess.Popen(["nginx", "-c", config, "-p", self.work.path, "-g", "daemon off;"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(self.end)
        self.pobsync.ok("configure-global", "--trusted-proxies", "127.0.0.1", "--allowed-hosts", "backup.example.net")
        self.browser = Browser(self.server, trusting(self.certificate), self.tls_port)
        self.host = {"Host": "backup.example.net"}
        wait_for(self.answers, 30, "nginx does not answer")

    def end(self):
        self.nginx.terminate()
        self.nginx.wait(30)

    def answers(self):
        try:
            return self.browser.get("/healthz", headers=self.host).status == 200
        except OSError:
            return False

    def log_in_there(self):
        """With the name of the server in each request."""
        plain = self.browser.request
        self.browser.request = lambda method, path, body=None, headers=(), type=None: plain(
            method, path, body, {**self.host, **dict(headers)}, type)
        return self.browser.login("admin", headers={"Origin": "https://backup.example.net"})

    def test_pages_forms_and_streams(self):
        answer = self.log_in_there()
        self.assertEqual(answer.status, 303, answer)
        self.assertIn("__Host-", answer.headers["Set-Cookie"])
        self.assertIn("max-age", self.browser.get("/").headers["Strict-Transport-Security"])
        self.assertEqual(self.browser.send("/account/theme", {"theme": "dark"}).status, 303)
        link = self.browser.connect()
        link.timeout = 20
        cookies = "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())
        link.request("GET", "/api/v1/events", headers={**self.host, "Cookie": cookies, "Accept": "text/event-stream"})
        stream = link.getresponse()
        self.assertEqual(stream.status, 200)
        self.assertIn(b"event: hello", stream.read1(65536))
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1")
        queued = self.browser.send("/hosts/web1/backup")
        self.assertRegex(queued.headers["Location"], r"^/runs/\d+$")
        begun, got = time.monotonic(), b""
        while b"event: run" not in got:
            piece = stream.read1(65536)
            self.assertTrue(piece, f"the stream ended: {got}")
            self.assertLess(time.monotonic() - begun, 20, got)
            got += piece
        self.assertLess(time.monotonic() - begun, 20, "an event is not held back by the proxy")
        link.close()

    def test_http_leads_to_https(self):
        answer = Browser(self.server, port=self.plain_port).get("/hosts?q=a", headers=self.host)
        self.assertEqual((answer.status, answer.headers["Location"]), (301, "https://backup.example.net/hosts?q=a"))

    def test_large_bodies_stop_at_the_proxy(self):
        self.log_in_there()
        answer = self.browser.request("POST", "/account/theme", b"x" * 400_000, type="application/x-www-form-urlencoded")
        self.assertEqual(answer.status, 413)


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class OnTheWall(WebCase):
    """A dashboard that is left open tells of a backup that does not come, within a minute of its grace."""

    sanitised = False

    def prepare(self):
        super().prepare()
        self.pobsync.mark_root()
        now = int(time.time())
        due = now - now % 3600  # of a schedule for every hour
        with Fleet(self.pobsync) as fleet:
            host = fleet.host("web1", since=40)
            good = due - 3500
            fleet.snapshot(host, good, fleet.run(host, "web1", "success", good), "success")
            self.missed_at = now + 12
            fleet.link.execute("INSERT INTO schedule (host_id, cron, prune, grace_seconds, enabled, created_at, changed_at) "
                               "VALUES (?, '0 * * * *', 0, ?, 1, 1, 1)", (host, self.missed_at - due))

    def test_missed_is_red_within_a_minute(self):
        screen = self.enterContext(Screen())
        base = f"http://127.0.0.1:{self.server.port}"
        screen.open(base + "/")
        screen.type("#username", "admin")
        screen.type("#password", PASSWORD)
        screen.press("#password")
        screen.wait_for_url(base + "/")
        state = "const v = document.querySelector('.verdict'); return v ? [document.title, v.innerText, v.className] : ['', '', '']"
        if time.time() < self.missed_at - 1:
            self.assertNotIn("missed", screen.run(state)[1], "not yet")
        wait_for(lambda: "1 missed" in screen.run(state)[1], 75, lambda: screen.run(state))
        took = time.time() - self.missed_at
        self.assertIn("(1)", screen.run(state)[0])
        self.assertIn("failed", screen.run(state)[2])
        self.assertLess(took, 60)
        print(f"red {took:.1f} s after the grace ended")


class Listeners(WebCase):
    """What 64 who listen cost the web process."""

    sanitised = False

    def memory(self):
        with open(f"/proc/{self.server.running.pid}/status", encoding="ascii") as file:
            return int(re.search(r"^VmRSS:\s+(\d+)", file.read(), re.M)[1]) / 1024

    def test_sixty_four_streams_stay_small(self):
        before = self.memory()
        links = []
        for _ in range(64):
            link = self.admin.connect()
            self.addCleanup(link.close)
            cookies = "; ".join(f"{name}={value}" for name, value in self.admin.cookies.items())
            link.request("GET", "/api/v1/events", headers={"Cookie": cookies, "Accept": "text/event-stream"})
            stream = link.getresponse()
            self.assertEqual(stream.status, 200)
            self.assertIn(b"event: hello", stream.read1(65536))
            links.append(link)
        after = self.memory()
        print(f"{before:.1f} MiB without, {after:.1f} MiB with 64 streams")
        self.assertLess(after, 64, "MiB")
        if os.environ.get("POBSYNC_FIGURES"):
            with open(os.environ["POBSYNC_FIGURES"], "a", encoding="utf-8") as file:
                file.write(json.dumps({"streams": 64, "before": before, "after": after,
                                       "at": datetime.datetime.now().isoformat()}) + "\n")


if __name__ == "__main__":
    unittest.main()
