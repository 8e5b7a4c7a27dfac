"""A strict mail server and a web server on loopback, that can refuse, hang and come back."""

import base64
import http.server
import json
import os
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(directory):
    """A self-made certificate for localhost; returns (certificate, key)."""
    certificate, key = os.path.join(directory, "ca.pem"), os.path.join(directory, "ca.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "3650", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


class Hang:
    """Takes connections and never says a word."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        return self

    def __exit__(self, *_):
        self.socket.close()


class MailServer:
    """
    SMTP (RFC 5321) on 127.0.0.1, strict: a bare LF, a command out of turn or an address without brackets is refused.
    `mails` holds what was taken: (sender, recipient, bytes as they came, dots unstuffed).

    refuse     recipient -> what is answered to RCPT, e.g. "550 no such user"
    greylist   what is answered behind DATA instead of taking it, None: it is taken
    login      (user, password) that is demanded, over TLS only
    tls        (certificate, key) for STARTTLS
    """

    def __init__(self, port=0, login=None, tls=None):
        self.mails, self.refuse, self.greylist, self.login, self.tls = [], {}, None, login, tls
        self.secrets_seen = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 60

            def handle(self):
                Talk(outer, self).run()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Talk:
    """One connection."""

    def __init__(self, server, handler):
        self.server, self.handler = server, handler
        self.secure = self.known = False
        self.sender, self.recipients = None, []

    def say(self, line):
        self.handler.wfile.write(line.encode() + b"\r\n")
        self.handler.wfile.flush()

    def hear(self):
        """A line without its end; None at the end of the connection."""
        line = self.handler.rfile.readline(65536)
        if not line:
            return None
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            self.say("500 a bare CR or LF")
            return None
        return line[:-2]

    def run(self):
        try:
            self.say("220 mail.example.net ready")
            while (line := self.hear()) is not None:
                word, _, rest = line.decode("ascii").partition(" ")
                if word.upper() == "QUIT":
                    self.say("221 bye")
                    return
                self.answer(word.upper(), rest)
        except (ConnectionError, ssl.SSLError, TimeoutError, UnicodeDecodeError):
            pass

    def answer(self, word, rest):
        if word == "EHLO":
            offers = ["mail.example.net"]
            if self.server.tls and not self.secure:
                offers.append("STARTTLS")
            if self.server.login and self.secure:
                offers.append("AUTH PLAIN")
            for offer in offers[:-1]:
                self.say("250-" + offer)
            self.say("250 " + offers[-1])
        elif word == "STARTTLS" and self.server.tls and not self.secure:
            self.start_tls()
        elif word == "AUTH" and self.server.login and self.secure:
            self.log_in(rest)
        elif word == "MAIL":
            self.mail_from(rest)
        elif word == "RCPT":
            self.rcpt_to(rest)
        elif word == "DATA":
            self.data()
        else:
            self.say("502 not here")

    def start_tls(self):
        self.say("220 go on")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server.tls)
        link = context.wrap_socket(self.handler.request, server_side=True)
        self.handler.rfile, self.handler.wfile = link.makefile("rb"), link.makefile("wb")
        self.secure = True

    def log_in(self, rest):
        method, _, first = rest.partition(" ")
        if method != "PLAIN":
            self.say("504 PLAIN only")
            return
        if not first:
            self.say("334 ")
            first = (self.hear() or b"").decode("ascii")
        _, user, password = base64.b64decode(first).decode().split("\0")
        self.server.secrets_seen.append((user, password))
        self.known = (user, password) == self.server.login
        self.say("235 welcome" if self.known else "535 who are you?")

    def address(self, rest, word):
        found = re.fullmatch(word + r":<([^<> ]+@[^<> ]+)>( .*)?", rest)
        return found and found[1]

    def mail_from(self, rest):
        sender = self.address(rest, "FROM")
        if self.server.login and not self.known:
            self.say("530 log in first")
        elif sender is None or self.sender is not None:
            self.say("501 MAIL FROM:<address>, once")
        else:
            self.sender = sender
            self.say("250 ok")

    def rcpt_to(self, rest):
        recipient = self.address(rest, "TO")
        if self.sender is None or recipient is None:
            self.say("501 RCPT TO:<address> behind MAIL")
        elif recipient in self.server.refuse:
            self.say(self.server.refuse[recipient])
        else:
            self.recipients.append(recipient)
            self.say("250 ok")

    def data(self):
        if not self.recipients:
            self.say("503 no recipient")
            return
        self.say("354 go on")
        lines = []
        while (line := self.hear()) is not None and line != b".":
            lines.append(line.removeprefix(b"."))
        if line is None:
            return
        if self.server.greylist:
            self.say(self.server.greylist)
        else:
            content = b"".join(line + b"\r\n" for line in lines)
            self.server.mails += [(self.sender, recipient, content) for recipient in self.recipients]
            self.say("250 taken")
        self.sender, self.recipients = None, []


class WebServer:
    """HTTP on 127.0.0.1. `asked` holds (method, path, headers, body); `status` is what is answered."""

    def __init__(self, tls=None, status=200):
        self.asked, self.status, self.delay = [], status, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.command, self.path, dict(self.headers), body))
                time.sleep(outer.delay)
                self.send_response(outer.status)
                if outer.status in (301, 302):
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if tls else "http"

    def url(self, path):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def documents(self):
        return [json.loads(body) for _, _, _, body in self.asked if body]

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
