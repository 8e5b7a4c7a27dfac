"""The stream of events: what it tells, to whom, how many may listen, and when it ends."""

import contextlib
import http.client
import json
import os
import threading
import unittest

from kit.deadline import wait_for
from kit.screen import Screen, reason_to_skip
from kit.web import PASSWORD
from kit.web_case import WebCase

LIMIT = 200


class Stream:
    """One listener; what it has been told is in `events`: (type, id, data)."""

    def __init__(self, server, path="/api/v1/events", cookies=None, headers=()):
        self.link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        sent = {"Accept": "text/event-stream", **dict(headers)}
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.link.request("GET", path, headers=sent)
        self.answer = self.link.getresponse()
        self.events, self.ended = [], False
        self.thread = threading.Thread(target=self.read, daemon=True)
        if self.answer.status == 200:
            self.thread.start()

    def read(self):
        event = {}
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
            for line in self.answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "data":
                    self.events.append((event.pop("event"), int(event.pop("id", 0)), json.loads(value)))
                elif name:
                    event[name] = value
        self.ended = True

    def of(self, type):
        return [data for seen, _, data in list(self.events) if seen == type]

    def wait(self, type, number=1):
        wait_for(lambda: len(self.of(type)) >= number, 30, lambda: f"{number} of {type}: {self.events}")
        return self.of(type)[number - 1]

    def wait_for_end(self):
        wait_for(lambda: self.ended, 30, lambda: f"the stream goes on: {self.events}")

    def close(self):
        if self.link.sock is not None:
            with contextlib.suppress(OSError):
                self.link.sock.shutdown(2)
        if self.thread.is_alive():
            self.thread.join(30)
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class EventsCase(WebCase):
    def prepare(self):
        super().prepare()
        self.pobsync.ok("configure-global", "--backup-root", self.pobsync.root)
        for name in ("web1", "web2"):
            self.pobsync.ok("configure-host", name, "--address", "127.0.0.1")

    def listen(self, path="/api/v1/events", visitor=None, **options):
        return self.enterContext(Stream(self.server, path, (visitor or self.admin).cookies, **options))

    def queue(self, host="web1"):
        return self.pobsync.json("backup", host, "--queue")["id"]

    def plant(self, statement, *values):
        """Behind the program's back."""
        with contextlib.closing(self.pobsync.connect()) as link, link:
            link.execute(statement, values)

    def begin(self, run, progress):
        """As a worker would."""
        self.plant("UPDATE run SET state = 'running', started_at = requested_at, progress = ? WHERE id = ?",
                   json.dumps(progress), run)

    def listeners(self):
        return self.admin.get("/api/v1/events").json["listeners"]


class Told(EventsCase):
    def test_changes_of_a_run(self):
        stream = self.listen()
        self.assertEqual(stream.answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(stream.answer.headers["X-Accel-Buffering"], "no")
        self.assertEqual(stream.answer.headers["Cache-Control"], "no-store")
        stream.wait("hello")
        run = self.queue()
        self.assertEqual((stream.wait("run")["id"], stream.wait("run")["state"]), (run, "queued"))
        self.begin(run, {"bytes": 1})
        self.assertEqual(stream.wait("run", 2)["state"], "running")
        self.begin(run, {"bytes": 2})
        self.assertEqual(stream.wait("progress"), {"id": run, "host": "web1", "progress": {"bytes": 2}})
        self.plant("UPDATE run SET state = 'success', ended_at = started_at, progress = NULL WHERE id = ?", run)
        last = stream.wait("run", 3)
        self.assertEqual(last["state"], "success")
        self.assertEqual(last, self.admin.get("/api/v1/runs").json["items"][0], "the same document")
        ids = [number for _, number, _ in stream.events]
        self.assertEqual(ids, sorted(ids))
        self.assertEqual(len(set(ids[1:])), len(ids) - 1)

    def test_what_was_there_before_is_no_news(self):
        self.queue()
        stream = self.listen()
        stream.wait("hello")
        other = self.queue("web2")
        self.assertEqual(stream.wait("run")["id"], other)

    def test_who_lost_the_connection_goes_on_where_it_was(self):
        stays = self.listen()
        stays.wait("hello")
        first = self.queue()
        stays.wait("run")
        number = stays.events[-1][1]
        second = self.queue("web2")
        stays.wait("run", 2)
        again = self.listen(headers={"Last-Event-ID": str(number)})
        again.wait("run")
        self.assertEqual([data["id"] for data in again.of("run")], [second])
        self.assertEqual(again.of("resync"), [])
        self.assertNotEqual(first, second)
        for unknown in ("1", str(number + 10**9), "no number"):
            self.listen(headers={"Last-Event-ID": unknown}).wait("resync")

    def test_one_run_and_the_growth_of_its_log(self):
        one, other = self.queue(), self.queue("web2")
        narrow, wide = self.listen(f"/api/v1/events?run={one}"), self.listen()
        narrow.wait("hello")
        wide.wait("hello")
        folder = self.pobsync.json("check")["environment"]["home"]["value"] + "/runs"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/{one}.log", "w") as log:
            log.write("    0.0  begun\n")
        self.assertEqual(narrow.wait("log"), {"id": one, "size": 15})
        self.begin(other, {})
        self.begin(one, {})
        wide.wait("run", 2)
        self.assertEqual([data["id"] for data in wide.of("run")], [one, other])
        self.assertEqual(wide.of("log"), [])
        narrow.wait("run")
        self.assertEqual([data["id"] for data in narrow.of("run")], [one])

    def test_who_asks_for_no_stream_is_told_what_it_is(self):
        answer = self.admin.get("/api/v1/events")
        self.assertEqual((answer.status, answer.json["type"], answer.json["limit"], answer.json["listeners"]),
                         (200, "text/event-stream", LIMIT, 0))
        self.assertEqual(self.admin.get("/api/v1/events?run=x").status, 422)


class Allowed(EventsCase):
    def test_nobody_listens_without_a_login(self):
        self.assertEqual(Stream(self.server).answer.status, 401)
        self.listen(visitor=self.log_in("viewer")).wait("hello")

    def test_a_token_hears_of_its_host_only(self):
        made = self.admin.request("POST", "/api/v1/tokens", json.dumps({"name": "t", "rights": ["read"], "hosts": ["web1"]}),
                                  type="application/json", headers={"X-CSRF-Token": self.admin.token("/account")})
        bearer = {"Authorization": f"Bearer {self.token_of(made)}"}
        self.assertEqual(self.enterContext(Stream(self.server, headers=bearer)).answer.status, 403)
        self.assertEqual(self.enterContext(Stream(self.server, "/api/v1/hosts/web2/events", headers=bearer))
                         .answer.status, 403)
        stream = self.enterContext(Stream(self.server, "/api/v1/hosts/web1/events", headers=bearer))
        stream.wait("hello")
        self.queue("web2")
        mine = self.queue("web1")
        stream.wait("run")
        self.assertEqual([data["id"] for data in stream.of("run")], [mine])
        self.plant("UPDATE api_token SET revoked_at = 1")
        stream.wait("bye")
        stream.wait_for_end()

    def token_of(self, made):
        self.assertEqual(made.status, 201, made)
        return next(value for value in made.json.values() if isinstance(value, str) and value.startswith("pob_"))

    def test_a_logout_ends_the_streams_of_that_session(self):
        viewer = self.log_in("viewer")
        ends, stays = self.listen(visitor=viewer), self.listen()
        ends.wait("hello")
        stays.wait("hello")
        self.assertEqual(viewer.send("/logout", page="/account").status, 303)
        ends.wait("bye")
        ends.wait_for_end()
        self.queue()
        stays.wait("run")
        self.assertFalse(stays.ended)
        wait_for(lambda: self.listeners() == 1, 30, self.listeners)


class Many(EventsCase):
    sanitised = False  # two hundred threads

    def test_so_many_and_no_more(self):
        streams = [self.listen() for _ in range(LIMIT)]
        for stream in streams:
            stream.wait("hello")
        self.assertEqual(self.listeners(), LIMIT)
        refused = self.listen()
        self.assertEqual(refused.answer.status, 503)
        self.assertGreater(int(refused.answer.headers["Retry-After"]), 0)
        problem = json.loads(refused.answer.read())
        self.assertIn(f"{LIMIT} streams of events are open", problem["detail"])
        self.assertEqual(self.admin.get("/").status, 200, "pages go on")
        run = self.queue()
        for stream in streams:
            self.assertEqual(stream.wait("run")["id"], run)
        streams[0].close()
        wait_for(lambda: self.listeners() == LIMIT - 1, 30, self.listeners)
        self.listen().wait("hello")

    def test_the_server_stops_with_streams_open(self):
        streams = [self.listen() for _ in range(20)]
        for stream in streams:
            stream.wait("hello")
        self.assertEqual(self.server.stop().rc, 0)
        for stream in streams:
            stream.wait_for_end()


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class OnScreen(EventsCase):
    sanitised = False

    def test_pages_follow(self):
        screen = self.enterContext(Screen())
        base = f"http://127.0.0.1:{self.server.port}"
        screen.open(base + "/queue")
        screen.type("#username", "admin")
        screen.type("#password", PASSWORD)
        screen.press("#password")
        screen.wait_for_url(base + "/queue")

        def text():
            return screen.run("return document.querySelector('main').innerText")

        wait_for(lambda: self.listeners() == 1, 30, self.listeners)
        run = self.queue()
        wait_for(lambda: f"Run {run}" in text(), 30, text)
        screen.open(f"{base}/runs/{run}")
        progress = {"phase": "transferring", "seen_at": "2026-01-01T00:00:00Z", "moved_at": "2026-01-01T00:00:00Z",
                    "bytes": 1 << 20, "bytes_per_second": 1024, "files_seen": 5, "files_total": 10,
                    "list_complete": True, "percent": 50, "seconds_left": 60, "usual_seconds": None,
                    "path": "<b>a\\x0a"}
        self.begin(run, progress)
        wait_for(lambda: "50% of the files" in text(), 30, text)
        self.assertIn("<b>a\\x0a", text())
        screen.open(base + "/hosts/web1")
        self.begin(run, {**progress, "percent": 60})
        wait_for(lambda: "transferring 60%" in text(), 30, text)
        screen.open(base + "/runs")
        self.begin(run, {**progress, "percent": 70})
        wait_for(lambda: "Transferring 70%" in text(), 30, text)
        screen.open(f"{base}/runs/{run}")
        self.plant("UPDATE run SET state = 'success', ended_at = started_at, progress = NULL WHERE id = ?", run)
        wait_for(lambda: "Success" in text() and "Progress" not in text(), 30, text)
        self.assertEqual(screen.messages(), [])
