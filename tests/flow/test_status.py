"""The health of hosts through the real program: timelines of rows, a clock that is told, exit codes and documents."""

import datetime
import os
import unittest

from kit.case import HostCase
from kit.pobsync import Pobsync

NOW = "2026-11-22T12:00:00Z"
DAILY = "15 2 * * *"
TAKES = 600  # seconds


def at(text):
    """Seconds of "11-22 02:15", UTC."""
    return int(datetime.datetime.strptime(f"2026-{text}+0000", "%Y-%m-%d %H:%M%z").timestamp())


# What happened, the oldest first: state and beginning of each backup. "good" is when the newest good snapshot began,
# "held" when one that is held did; more is what else is known. Then health, activity, attention and a part of the reason.
TIMELINES = [
    ("a success this night", DAILY, ["success 11-22 02:15"], {"good": "11-22 02:15"},
     "ok", "idle", False, "newest good snapshot is 9 h"),
    ("no schedule, and old", None, ["success 11-02 02:15"], {"good": "11-02 02:15"},
     "ok", "idle", False, ""),
    ("the last run failed", DAILY, ["success 11-21 02:15", "failed 11-22 02:15"], {"good": "11-21 02:15"},
     "failed", "idle", True, "the last run failed: the host is down"),
    ("three in a row", DAILY, ["failed 11-20 02:15", "failed 11-21 02:15", "failed 11-22 02:15"], {"good": "11-19 02:15"},
     "failed", "idle", True, "the last 3 runs failed"),
    ("a running one hides no failure", DAILY, ["failed 11-22 02:15", "running 11-22 11:50"], {"good": "11-21 02:15"},
     "failed", "running", True, "the last run failed"),
    ("a failure that is repeated says when", DAILY, ["failed 11-22 02:15", "queued 11-22 12:10"],
     {"good": "11-21 02:15", "retry": True}, "failed", "queued", True, "tried again at 2026-11-22 12:10 UTC"),
    ("due this night, and nothing began", DAILY, ["success 11-21 02:15"], {"good": "11-21 02:15"},
     "missed", "idle", True, "due at 2026-11-22 02:15 UTC"),
    ("due, and in the grace", "30 11 * * *", ["success 11-21 11:30"], {"good": "11-21 11:30"},
     "late", "idle", False, "due at 2026-11-22 11:30 UTC"),
    ("a slot that waits in the queue too long", DAILY, ["success 11-21 02:15", "queued 11-22 02:15"],
     {"good": "11-21 02:15"}, "missed", "queued", True, "none has begun"),
    ("partial", DAILY, ["partial 11-22 02:15"], {"good": "11-21 02:15"}, "warning", "idle", True, "could not copy"),
    ("held", DAILY, ["success 11-22 02:15"], {"good": "11-22 02:15", "held": "11-21 02:15"},
     "warning", "idle", True, "held"),
    ("older than was allowed", None, ["success 11-20 02:15"], {"good": "11-20 02:15", "max_age_hours": 24},
     "warning", "idle", True, "old, more than 1 d"),
    ("older than three intervals", "0 */4 * * *", ["success 11-22 08:00"], {"good": "11-21 20:00"},
     "warning", "idle", True, "16 h old, more than 12 h"),
    ("a new host", None, [], {"created": "11-22 10:00"}, "never", "idle", False, "no good snapshot yet"),
    ("a host that never worked", None, [], {"created": "11-20 10:00"}, "never", "idle", True, "no good snapshot yet"),
    ("paused", DAILY, ["failed 11-22 02:15"], {"good": "11-21 02:15", "paused": True},
     "paused", "idle", False, "the last run failed"),
    ("cancelled ones do not count", DAILY, ["success 11-22 02:15", "cancelled 11-22 03:00"], {"good": "11-22 02:15"},
     "ok", "idle", False, ""),
    ("the clock went back", DAILY, ["success 11-22 14:15"], {"good": "11-22 02:15"},
     "unknown", "idle", True, "clock went back"),
    ("a schedule that nobody can read", "at night", ["success 11-22 02:15"], {"good": "11-22 02:15"},
     "unknown", "idle", True, "the schedule cannot be followed"),
    ("a disabled schedule", DAILY, ["success 11-20 02:15"], {"good": "11-20 02:15", "disabled": True},
     "ok", "idle", False, ""),
    ("a directory that is gone", DAILY, ["success 11-22 02:15"], {"good": "11-22 02:15", "gone": True},
     "unknown", "idle", True, "is missing"),
]


class Status(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync(env={"POBSYNC_FAKE_NOW": NOW}))
        self.pobsync.mark_root()

    # Planting

    def plant(self, statement, *values):
        link = self.pobsync.connect()
        with link:
            row = link.execute(statement, values).lastrowid
        link.close()
        return row

    def add_host(self, name, created="11-01 00:00", **settings):
        host = self.plant("INSERT INTO host (node_id, name, created_at, address, enabled, max_age_hours) VALUES "
                          "((SELECT id FROM node), ?, ?, '192.0.2.1', ?, ?)", name, at(created),
                          0 if settings.get("paused") else None, settings.get("max_age_hours"))
        if not settings.get("gone"):
            os.mkdir(self.pobsync.host_dir(name), 0o700)
        return host

    def add_schedule(self, host, cron, enabled=True):
        self.plant("INSERT INTO schedule (host_id, cron, prune, grace_seconds, enabled, created_at, changed_at) "
                   "VALUES (?, ?, 0, 3600, ?, ?, ?)", host, cron, enabled, at("11-01 00:00"), at("11-01 00:00"))

    def add_run(self, host, state, began, retry_of=None):
        begun, ended = state != "queued", state not in ("queued", "running")
        return self.plant(
            "INSERT INTO run (host_id, host_name, job, kind, trigger_name, state, cause, message, actor, requested_at, "
            "started_at, ended_at, due_at, retry_of) VALUES "
            "(?1, (SELECT name FROM host WHERE id = ?1), 'backup', 'scheduled', 'schedule', ?2, ?3, ?4, 'root', ?5, ?6, ?7, "
            "?5, ?8)", host, state, "host_unreachable" if state == "failed" else None,
            "the host is down" if state == "failed" else None, began, began if begun else None,
            began + TAKES if ended else None, retry_of)

    def add_snapshot(self, host, began, held=None):
        name = datetime.datetime.fromtimestamp(began, datetime.timezone.utc).strftime("%Y%m%d-%H%M%SZ__00000001")
        self.plant("INSERT INTO snapshot (host_id, kind, name, status, started_at, ended_at, confirmed, held_reason, "
                   "held_at) VALUES (?, 'scheduled', ?, 'success', ?, ?, 1, ?, ?)", host, name, began, began + TAKES, held,
                   began + TAKES if held else None)

    def add_timeline(self, name, cron, runs, more):
        host = self.add_host(name, **{key: more[key] for key in ("created", "paused", "max_age_hours", "gone")
                                      if key in more})
        if cron is not None:
            self.add_schedule(host, cron, not more.get("disabled"))
        last = None
        for run in runs:
            state, began = run.split(" ", 1)
            last = self.add_run(host, state, at(began), last if more.get("retry") else None)
        if "good" in more:
            self.add_snapshot(host, at(more["good"]))
        if "held" in more:
            self.add_snapshot(host, at(more["held"]), "the source has shrunk")

    def status(self):
        return self.pobsync.json("status")

    def check(self):
        """The exit code of `status --check`."""
        return self.pobsync.run("status", "--check").rc

    # Tests

    def test_each_timeline(self):
        for number, (_, cron, runs, more, *_) in enumerate(TIMELINES):
            self.add_timeline(f"h{number}", cron, runs, more)
        status = self.status()
        hosts = {host["host"]: host for host in status["hosts"]}
        for number, (what, _, _, more, health, activity, attention, reason) in enumerate(TIMELINES):
            with self.subTest(what):
                host = hosts[f"h{number}"]
                self.assertEqual((host["health"], host["activity"], host["attention"]), (health, activity, attention), host)
                self.assertIn(reason, host["reason"])
                self.assertEqual(host["retry_pending"], bool(more.get("retry")))
        words = [timeline[4] for timeline in TIMELINES]
        self.assertEqual(status["counts"]["by_health"], {word: words.count(word) for word in (
            "failed", "missed", "unknown", "warning", "late", "never", "ok", "paused")})
        self.assertEqual(status["attention"], sum(timeline[6] for timeline in TIMELINES))
        self.assertIn(f"{status['attention']} of {len(TIMELINES)} hosts need attention", status["verdict"])
        order = [host["attention"] for host in status["hosts"]]
        self.assertEqual(order, sorted(order, reverse=True), "those that need attention come first")
        needing = [host["health"] for host in status["hosts"] if host["attention"]]
        self.assertEqual(sorted(needing, key=list(status["counts"]["by_health"]).index), needing, "the worst first")
        print(f"{len(TIMELINES)} timelines")

    def test_each_timeline_alone_decides_the_exit_code(self):
        for what, cron, runs, more, _, _, attention, _ in TIMELINES:
            with self.subTest(what):
                self.add_timeline("alone", cron, runs, more)
                self.assertEqual(self.check(), 10 if attention else 0)
                self.assertEqual(self.pobsync.run("status").rc, 0)
                for table in ("run", "snapshot", "schedule", "host"):
                    self.plant(f"DELETE FROM {table}")
                if not more.get("gone"):
                    os.rmdir(self.pobsync.host_dir("alone"))

    def test_the_document_has_its_parts(self):
        self.add_timeline("web1", DAILY, ["success 11-22 02:15"], {"good": "11-22 02:15"})
        status = self.status()
        self.assertEqual(set(status), {"as_of", "verdict", "attention", "root", "database", "counts", "latest_run",
                                       "latest_scheduler_pass", "hosts"})
        self.assertEqual((status["as_of"], status["attention"], status["database"]), (NOW, 0, {"kind": self.pobsync.kind}))
        self.assertEqual(status["root"]["state"], "ok")
        self.assertGreater(status["root"]["bytes_free"], 0)
        self.assertEqual({key: status["counts"][key] for key in ("hosts", "snapshots", "runs", "queued", "running")},
                         {"hosts": 1, "snapshots": 1, "runs": 1, "queued": 0, "running": 0})
        self.assertEqual(status["latest_run"]["host"], "web1")
        host = status["hosts"][0]
        self.assertEqual((host["next_at"], host["last_good"]["name"], host["last_run"]["state"]),
                         ("2026-11-23T02:15:00Z", "20261122-021500Z__00000001", "success"))

    def test_nothing_is_set_up(self):
        with Pobsync() as fresh:
            status = fresh.json("status")
            self.assertIn("nothing is set up yet", status["verdict"])
            self.assertEqual((status["root"]["state"], status["hosts"]), ("root_unset", []))
            self.assertEqual(fresh.run("status", "--check").rc, 0)

    def test_a_lost_root_is_told_once(self):
        for number in range(15):
            self.add_timeline(f"host{number:02}", DAILY, ["success 11-22 02:15"], {"good": "11-22 02:15"})
        self.add_timeline("bad", DAILY, ["failed 11-22 02:15"], {"good": "11-21 02:15"})
        os.rename(self.pobsync.root, self.pobsync.root + ".away")
        try:
            status = self.status()
            text = self.pobsync.ok("status").out
            self.assertEqual(self.check(), 10)
        finally:
            os.rename(self.pobsync.root + ".away", self.pobsync.root)
        self.assertEqual(status["root"]["state"], "root_missing")
        self.assertEqual({host["health"] for host in status["hosts"] if host["cause"] == "root"}, {"unknown"})
        self.assertEqual(sum(host["cause"] == "root" for host in status["hosts"]), 15)
        self.assertEqual(text.count("does not exist"), 1, text)
        self.assertIn("nothing is known of 15 hosts: host00, host01", text)
        self.assertIn("and 5 more", text)
        self.assertIn("the host is down", text)
        self.assertEqual(self.check(), 10)
        self.assertEqual(self.status()["root"]["state"], "ok")

    def test_the_text_fits_a_terminal(self):
        for number, (_, cron, runs, more, *_) in enumerate(TIMELINES):
            self.add_timeline(f"h{number}", cron, runs, more)
        code, shown = self.pobsync.run_on_terminal("status", "--check", env={"COLUMNS": "80", "NO_COLOR": "1"})
        self.assertEqual(code, 10)
        for line in shown.replace("\r\n", "\n").splitlines():
            self.assertLessEqual(len(line), 80, line)
            self.assertFalse(line.endswith(">"), line)
        self.assertIn("nothing will start by itself", shown)


class StatusOfRealRuns(HostCase):
    def test_a_host_becomes_ok_fails_and_recovers(self):
        self.add_host()
        self.write("a")
        self.assertEqual(self.health(), ("never", 0))
        self.backup()
        self.assertEqual(self.health(), ("ok", 0))
        self.sshd.authorize()  # nobody
        self.backup(expect=9)
        self.assertEqual(self.health(), ("failed", 10))
        hosts = self.pobsync.json("hosts")["items"]
        self.assertEqual([(host["host"], host["health"], host["snapshots"]) for host in hosts], [("web1", "failed", 1)])
        self.sshd.authorize_also(self.pobsync.key_line("web1"))
        self.backup()
        self.assertEqual(self.health(), ("ok", 0))
        os.rename(self.pobsync.host_dir("web1"), self.pobsync.host_dir("away"))
        self.assertEqual(self.health(), ("unknown", 10))

    def health(self):
        """The health of web1, and the exit code of `status --check`."""
        return self.pobsync.json("status")["hosts"][0]["health"], self.pobsync.run("status", "--check").rc


if __name__ == "__main__":
    unittest.main()
