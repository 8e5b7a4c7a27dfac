"""Whole fleets as rows of the database, made at once: for pages, for lists, and for measuring. On disk there are no more
than the hosts' empty directories.

    fleet = Fleet(pobsync)            # after mark_root()
    fleet.in_every_state(40)          # every health beside every activity
    fleet.plain(400)
    fleet.snapshots("deep", 1500)
    fleet.hostile()
"""

import os
import time

DAY = 86400
HEALTHS = ("ok", "failed", "missed", "warning", "late", "never", "paused")
ACTIVITIES = ("idle", "queued", "running")

# Names that come from a machine or a person who means harm, or simply from somewhere else.
HOSTILE = ("<script>alert(1)</script>", "\"onmouseover=\"alert(1)", "a'b&amp;c", "line\nfeed", "tab\there", "\x1b[31mred",
           "\u202etxt.exe", "مرحبا بالعالم", "名前", "a b", "%2e%2e%2f", "../../etc/passwd", "x" * 255, "{{raw_html page}}",
           "-rf", "C:\\dir", "javascript:alert(1)")


def name_of(when, number=0):
    """A snapshot's name for this moment."""
    return time.strftime("%Y%m%d-%H%M%SZ", time.gmtime(when)) + f"__{number:08x}"


class Fleet:
    """Writes rows behind the program's back."""

    def __init__(self, pobsync, now=None):
        self.link = pobsync.connect()
        self.link.execute("PRAGMA synchronous = OFF")
        self.now = int(time.time()) if now is None else now
        self.root = pobsync.root
        self.node = self.link.execute("SELECT id FROM node").fetchone()[0]

    def close(self):
        self.link.commit()
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def host(self, name, enabled=None, address="192.0.2.1", since=400):
        """A host that was made `since` days ago; its id."""
        os.makedirs(os.path.join(self.root, name), exist_ok=True)
        return self.link.execute("INSERT INTO host (node_id, name, created_at, address, enabled) VALUES (?, ?, ?, ?, ?)",
                                 (self.node, name, self.now - since * DAY, address, enabled)).lastrowid

    def schedule(self, host, due, enabled=1):
        """Daily, at the time of day of `due`."""
        at = time.gmtime(due)
        self.link.execute("INSERT INTO schedule (host_id, cron, prune, grace_seconds, enabled, created_at, changed_at, "
                          "last_slot_at) VALUES (?, ?, 1, 3600, ?, ?, ?, ?)",
                          (host, f"{at.tm_min} {at.tm_hour} * * *", enabled, self.now - 400 * DAY, self.now - 400 * DAY,
                           due // 60 * 60))

    def run(self, host, name, state, began=None, cause=None, message=None, snapshot=None, files=None):
        """A backup that began then (None: it waits); its id."""
        ended = None if state in ("queued", "running") else began + 240
        asked = self.now if began is None else began - 2
        return self.link.execute(
            "INSERT INTO run (host_id, host_name, job, kind, trigger_name, state, cause, message, snapshot_name, actor, "
            "requested_at, started_at, ended_at, due_at, node_id, running_host_id, files, bytes, new_bytes, transfer_ms) "
            "VALUES (?, ?, 'backup', 'scheduled', 'schedule', ?, ?, ?, ?, 'scheduler', ?, ?, ?, ?, ?, ?, ?, ?, ?, 200000)",
            (host, name, state, cause, message, snapshot, asked, began, ended, asked, self.node,
             host if state == "running" else None, files, None if files is None else files * 30000,
             None if files is None else files * 50)).lastrowid

    def snapshot(self, host, began, run=None, status="success", number=0, held=None, pinned=0, name=None, base=None):
        """A finished snapshot; its name."""
        name = name or name_of(began, number)
        self.link.execute(
            "INSERT INTO snapshot (host_id, run_id, kind, name, status, started_at, ended_at, base_name, files, "
            "directories, bytes, linked_files, new_bytes, pinned, pin_reason, confirmed, held_reason, held_at) "
            "VALUES (?, ?, 'scheduled', ?, ?, ?, ?, ?, 310000, 20000, 212000000000, 309000, 1000000000, ?, ?, 1, ?, ?)",
            (host, run, name, status, began, began + 240, base, pinned, "kept" if pinned else None, held,
             began if held else None))
        return name

    def history(self, host, name, last, days, runs=True):
        """One good backup a day, the newest of them at `last`."""
        for day in range(days, -1, -1):
            began = last - day * DAY
            run = self.run(host, name, "success", began, snapshot=name_of(began), files=310000) if runs else None
            self.snapshot(host, began, run)

    def audit(self, action, obj, actor="anna", before=None, after=None, at=None):
        self.link.execute("INSERT INTO audit (at, actor, origin, action, object, before_text, after_text) "
                          "VALUES (?, ?, 'web', ?, ?, ?, ?)", (at or self.now, actor, action, obj, before, after))

    # Fleets

    def in_state(self, name, health, activity="idle", days=10):
        """One host that has this health and does this."""
        host = self.host(name, enabled=0 if health == "paused" else None)
        due = self.now - (600 if health == "late" else 3 * 3600)
        if health != "never":
            self.schedule(host, due)
        if health in ("late", "missed"):
            self.history(host, name, due - (1 if health == "late" else 2) * DAY, days)
        elif health == "failed":
            self.history(host, name, due - DAY, days)
            self.run(host, name, "failed", due, "host_unreachable",
                     "ssh: connect to host 192.0.2.1 port 22: No route to host")
        elif health == "warning":
            self.history(host, name, due - DAY, days)
            run = self.run(host, name, "warning", due, snapshot=name_of(due), files=310000,
                           message="files vanished while they were read")
            self.snapshot(host, due, run, "warning")
        elif health != "never":
            self.history(host, name, due, days)
        if activity != "idle":
            self.run(host, name, activity, self.now - 60 if activity == "running" else None)
        return host

    def in_every_state(self, count=40):
        """Every health beside every activity, until there are enough."""
        for number in range(count):
            health = HEALTHS[number % len(HEALTHS)]
            activity = ACTIVITIES[number // len(HEALTHS) % len(ACTIVITIES)]
            self.in_state(f"host{number:03}.example.net", health, activity)
        for number in range(60):
            self.audit("host.configure", f"host{number % count:03}.example.net", before='{"ssh_port":"22"}',
                       after='{"ssh_port":"2222"}', at=self.now - number * 3600)
        self.link.commit()

    def plain(self, count=400, days=30, runs=True):
        """Many hosts of which a few are not well."""
        for number in range(count):
            name = f"host{number:04}.example.net"
            if number % 50 == 7:
                self.in_state(name, "failed", days=days)
            else:
                host = self.host(name)
                due = self.now - 7200 - number % 1440 * 10
                self.schedule(host, due)
                self.history(host, name, due, days, runs)
        self.link.commit()

    def snapshots(self, name, count=1500):
        """One host with years of snapshots."""
        host = self.host(name, since=count + 10)
        self.schedule(host, self.now - 3600)
        self.history(host, name, self.now - 3600, count - 1)
        self.link.commit()
        return host

    def hostile(self, name="web1"):
        """Whatever a page shows of somebody else's words."""
        host = self.host(name, address="hostile.example.net")
        due = self.now - 3 * 3600
        self.schedule(host, due)
        for number, text in enumerate(HOSTILE):
            began = due - number * DAY
            run = self.run(host, name, "partial" if number % 2 else "failed", began, "protocol", text, name_of(began))
            self.link.execute("INSERT INTO run_path (run_id, position, path, reason) VALUES (?, 1, ?, ?)", (run, text, text))
            self.snapshot(host, began, run, "warning", held=text if number % 3 == 0 else None, base=text)
            self.link.execute("UPDATE snapshot SET claimed_metadata = ? WHERE run_id = ?", (text, run))
            self.link.execute("INSERT INTO purge (at, actor, origin, host_id, host_name, snapshot_name, kind, reason) "
                              "VALUES (?, ?, 'web', ?, ?, ?, 'scheduled', ?)", (began, text, host, name, text, text))
            self.audit("x." + text, text, actor=text, before=text, after=text)
            self.link.execute("INSERT INTO alert_outbox (channel, recipient, subject, body, created_at, next_try_at, "
                              "last_error) VALUES ('mail', ?, ?, ?, 1, 1, ?)", (text,) * 4)
            self.link.execute("INSERT INTO alert_delivery (at, channel, recipient, subject, outcome, created_at, tries, "
                              "error) VALUES (1, 'mail', ?, ?, 'given_up', 1, 1, ?)", (text,) * 3)
        self.link.commit()
        return host
