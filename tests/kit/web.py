"""A web server under test, and a browser without a screen: cookies, forms, redirects that are not followed."""

import html.parser
import http.client
import json
import re
import socket
import urllib.parse

from kit.deadline import wait_for
from kit.pobsync import Running

PASSWORD = "correct horse battery"


class Page(html.parser.HTMLParser):
    """What a page holds: links, forms with their fields, headings, text."""

    def __init__(self, text):
        super().__init__()
        self.links, self.forms, self.headings, self.title = [], [], [], ""
        self.scripts, self.problems = [], []
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if any(name.startswith("on") or name == "style" for name in attrs):
            self.problems.append(f"<{tag}> has {attrs}")
        if tag == "a":
            self.links.append(attrs.get("href"))
        elif tag == "form":
            self.forms.append({"method": attrs.get("method", "get"), "action": attrs.get("action"), "fields": {}})
        elif tag in ("input", "textarea", "select", "button") and self.forms and attrs.get("name"):
            if attrs.get("type") not in ("checkbox", "radio") or "checked" in attrs:
                self.forms[-1]["fields"].setdefault(attrs["name"], attrs.get("value") or "")
        elif tag == "script":
            self.scripts.append(attrs.get("src"))
        elif tag in ("h1", "title"):
            self._open = tag
            if tag == "h1":
                self.headings.append("")

    def handle_endtag(self, tag):
        if tag == self._open:
            self._open = None

    def handle_data(self, data):
        if self._open == "h1":
            self.headings[-1] += data
        elif self._open == "title":
            self.title += data


class Answer:
    """A response. `json` and `page` read its body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def page(self):
        return Page(self.text)

    def __str__(self):
        return f"{self.status}\n{self.headers}\n{self.body[:3000].decode(errors='replace')}"


class Browser:
    """One visitor with its own cookies."""

    def __init__(self, server, tls=None, port=None):
        """`tls`: an SSLContext. `port`: of a proxy before the server."""
        self.server = server
        self.tls, self.port = tls, port
        self.cookies = {}

    def connect(self):
        port = self.port or self.server.port
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def request(self, method, path, body=None, headers=(), type=None):
        link = self.connect()
        sent = dict(headers)
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if type:
            sent["Content-Type"] = type
        try:
            link.request(method, path, body, sent)
            answer = link.getresponse()
            body = answer.read()
        finally:
            link.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return Answer(answer.status, answer.headers, body)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, fields=(), **options):
        """A form, as it is: without a token unless `fields` has one."""
        options.setdefault("type", "application/x-www-form-urlencoded")
        return self.request("POST", path, urllib.parse.urlencode(fields, doseq=True), **options)

    def token(self, path="/login"):
        """A CSRF token of this visitor."""
        return re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.get(path).text)[1]

    def send(self, path, fields=(), page=None, **options):
        """A form with the token that its page has."""
        token = self.token(page or ("/account" if self.logged_in else "/login"))
        return self.post(path, {**dict(fields), "csrf_token": token}, **options)

    logged_in = False

    def login(self, name, password=PASSWORD, **options):
        answer = self.send("/login", {"username": name, "password": password}, page="/login", **options)
        self.logged_in = answer.status == 303
        return answer


class WebServer:
    """`pobsync serve` of an installation on a free port."""

    def __init__(self, pobsync, *options, env=None):
        self.pobsync = pobsync
        self.running = Running([pobsync.binary, "serve", "--listen", "127.0.0.1:0", *options],
                               pobsync.environment(env))
        pobsync.background.append(self.running)
        wait_for(lambda: b"listening on" in self.log() or self.running.process.poll() is not None, 60,
                 lambda: self.log().decode())
        found = re.search(rb"listening on https?://[^ ]*:(\d+)/", self.log())
        if not found:
            raise AssertionError(f"the server did not start: {self.log().decode()}")
        self.port = int(found[1])

    def log(self):
        return self.running.output("stderr")

    def browser(self):
        return Browser(self)

    def raw(self, data, timeout=30):
        """Sends bytes, says that there will be no more, and returns all that comes back. The server may have had
        enough before that."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as link:
            try:
                link.sendall(data)
                link.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            try:
                while piece := link.recv(65536):
                    got += piece
            except ConnectionResetError:
                pass
        return got

    def stop(self):
        self.running.process.terminate()
        return self.running.wait(30)
