"""Requests as they come over the wire: what is refused, and what every answer says."""

import gzip
import re
import time
import unittest

from kit.pobsync import Pobsync
from kit.web import WebServer

REQUIRED = {
    "Content-Security-Policy": ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'",
                                "base-uri 'none'", "form-action 'self'"],
    "X-Content-Type-Options": ["nosniff"],
    "Referrer-Policy": ["same-origin"],
    "X-Frame-Options": ["DENY"],
    "X-Request-Id": [""],
}


class Http(unittest.TestCase):
    """One server without any account."""

    @classmethod
    def setUpClass(cls):
        cls.pobsync = cls.enterClassContext(Pobsync())
        cls.server = WebServer(cls.pobsync)
        cls.browser = cls.server.browser()

    def status(self, *lines, body=b""):
        """The status of a request that is written by hand."""
        answer = self.server.raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        if not answer:
            return None  # closed at once
        match = re.match(rb"HTTP/1\.[01] (\d+) ", answer)
        self.assertTrue(match, answer[:200])
        # The library writes the head of its own refusals twice, and closes; ours have an id.
        self.assertEqual(len(set(re.findall(rb"HTTP/1\.[01] \d{3} ", answer))), 1, answer[:500])
        self.assertLessEqual(answer.count(b"X-Request-Id"), 1, "a part of the request was taken for a second one")
        return int(match[1])

    def test_one_host_header(self):
        self.assertEqual(self.status("GET /login HTTP/1.1", "Host: localhost", "Connection: close"), 200)
        self.assertEqual(self.status("GET /login HTTP/1.1", "Connection: close"), 400)
        self.assertEqual(self.status("GET /login HTTP/1.1", "Host: localhost", "Host: localhost"), 400)
        self.assertEqual(self.status("GET /login HTTP/1.1", "Host: evil.test", "Connection: close"), 400)
        self.assertEqual(self.status("GET /login HTTP/1.1", "Host: localhost:x", "Connection: close"), 400)
        self.assertEqual(self.status("GET /login HTTP/1.1", "Host: localhost@evil.test", "Connection: close"), 400)
        for host in ("127.0.0.1", "localhost:8010", "[::1]:8010", "192.0.2.1"):
            self.assertEqual(self.status("GET /login HTTP/1.1", f"Host: {host}", "Connection: close"), 200, host)

    def test_no_smuggling(self):
        head = ("POST /login HTTP/1.1", "Host: localhost")
        self.assertEqual(self.status(*head, "Content-Length: 3", "Transfer-Encoding: chunked", body=b"0\r\n\r\nGET /"),
                         400)
        self.assertEqual(self.status(*head, "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400)
        self.assertEqual(self.status(*head, "Transfer-Encoding: xchunked"), 400)
        self.assertEqual(self.status(*head, "Content-Length: 3", "Content-Length: 4", body=b"abcd"), 400)
        self.assertEqual(self.status(*head, "Content-Length: +3", body=b"abc"), 400)
        self.assertEqual(self.status(*head, "Content-Length: 99999999"), 413)
        self.assertEqual(self.status("GET /login HTTP/1.1", "Host: localhost", "Content-Length: 3", body=b"abc"), 400)
        self.assertEqual(self.status("GET /login HTTP/1.1", "Host: localhost", "X Y: z"), 400)

    def test_methods(self):
        self.assertEqual(self.status("BREW /login HTTP/1.1", "Host: localhost"), 501)
        self.assertEqual(self.status("TRACE /login HTTP/1.1", "Host: localhost"), 501)
        answer = self.browser.request("DELETE", "/login")
        self.assertEqual(answer.status, 405)
        self.assertEqual(set(answer.headers["Allow"].split(", ")), {"GET", "HEAD", "POST"})
        head = self.browser.request("HEAD", "/login")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_targets(self):
        for target in ("//login", "/a//b", "/../etc/passwd", "/%2e%2e/etc/passwd", "/static/..%2f..%2fetc/passwd",
                       "/a%00b", "/%zz", "/%", "/a%2fb", "/a%0ab", "/%ff", "/login?next=%ff", "/login?a=%00",
                       "http://localhost/login", "*", "login"):
            self.assertEqual(self.status(f"GET {target} HTTP/1.1", "Host: localhost", "Connection: close"), 400, target)
        self.assertEqual(self.browser.get("/login/").status, 200)
        self.assertEqual(self.browser.get("/nothing").status, 404)
        self.assertEqual(self.browser.get("/static/nothing.css").status, 404)
        self.assertEqual(self.browser.get("/login?unknown=1").status, 400)

    def test_long_requests(self):
        self.assertIn(self.status(f"GET /{'a' * 60000} HTTP/1.1", "Host: localhost"), (None, 400, 414, 431))
        self.assertIn(self.status("GET / HTTP/1.1", "Host: localhost", f"X: {'a' * 60000}"), (None, 400, 431))
        many = "&".join(f"a{i}=1" for i in range(2000))
        self.assertEqual(self.browser.request("POST", "/login", many, type="application/x-www-form-urlencoded").status,
                         400)

    def test_every_answer_has_the_headers(self):
        page = self.browser.get("/login").page
        for path, status in (("/login", 200), ("/hosts", 303), ("/nothing", 404), ("/api/v1/hosts", 401),
                             ("/healthz", 200), ("/readyz", 200), ("/%2e%2e", 400), (page.scripts[0], 200)):
            answer = self.browser.get(path)
            self.assertEqual(answer.status, status, path)
            for name, parts in REQUIRED.items():
                for part in parts:
                    self.assertIn(part, answer.headers[name] or "(missing)", f"{path}: {name}")
            self.assertNotIn("unsafe-inline", answer.headers["Content-Security-Policy"])
            if path != page.scripts[0]:
                self.assertEqual(answer.headers["Cache-Control"], "no-store", path)
        self.assertNotIn("Strict-Transport-Security", answer.headers)

    def test_assets_are_kept_by_browsers(self):
        path = self.browser.get("/login").page.scripts[0]
        plain = self.browser.get(path)
        packed = self.browser.get(path, headers={"Accept-Encoding": "gzip"})
        self.assertIn("immutable", plain.headers["Cache-Control"])
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        again = self.browser.get(path, headers={"If-None-Match": plain.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_pages_are_compressed(self):
        page = self.browser.get("/login", headers={"Accept-Encoding": "gzip"})
        self.assertEqual(page.headers["Content-Encoding"], "gzip")
        self.assertIn(b"</html>", gzip.decompress(page.body))

    def test_slow_clients_do_not_hold_others_up(self):
        import socket
        slow = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(50)]
        try:
            for link in slow:
                link.sendall(b"GET /login HTTP/1.1\r\nHost: local")
            self.assertEqual(self.browser.get("/login").status, 200)
        finally:
            for link in slow:
                link.close()


class Process(unittest.TestCase):
    """The server as a process."""

    def setUp(self):
        self.pobsync = self.enterContext(Pobsync())

    def test_ends_on_term(self):
        server = WebServer(self.pobsync)
        browser = server.browser()
        self.assertEqual(browser.get("/healthz").text, "ok\n")
        begun = time.monotonic()
        self.assertEqual(server.stop().rc, 0)
        self.assertLess(time.monotonic() - begun, 25)

    def test_no_http_beyond_loopback(self):
        done = self.pobsync.run("serve", "--listen", "0.0.0.0:0")
        self.assertEqual(done.rc, 4, done)
        self.assertIn("POBSYNC_ALLOW_HTTP", done.err)
        self.assertEqual(self.pobsync.run("serve", "--listen", "nonsense").rc, 2)
        self.assertEqual(self.pobsync.run("serve", "--tls-cert", "/dev/null").rc, 2)

    def test_two_on_one_port(self):
        server = WebServer(self.pobsync)
        done = self.pobsync.run("serve", "--listen", f"127.0.0.1:{server.port}")
        self.assertEqual(done.rc, 1, done)
        self.assertIn("listens there", done.err)


if __name__ == "__main__":
    unittest.main()
