"""The data sets that every page is shown with, and the addresses of all pages of one of them."""

import os
import re

from kit.fleet import Fleet

HOST = "web1"


def empty(fleet):
    """Nothing but a backup root and its admin."""
    del fleet
    return None


def states(fleet):
    """40 hosts: every health beside every activity."""
    fleet.in_every_state(40)
    return "host001.example.net"


def many(fleet):
    """400 hosts."""
    fleet.plain(400, 10)
    return "host0007.example.net"


def deep(fleet):
    """A host with 1,500 snapshots."""
    fleet.snapshots("deep", 1500)
    return "deep"


def hostile(fleet):
    """Whatever a machine or a person can make of a name or a message."""
    fleet.hostile(HOST)
    return HOST


SETS = {"empty": empty, "states": states, "many": many, "deep": deep, "hostile": hostile}


def make(pobsync, name):
    """Fills a database; the host that its pages are about, or None, and a snapshot and a run of it."""
    with Fleet(pobsync) as fleet:
        host = SETS[name](fleet)
        if host is None:
            return {}
        snapshot, = fleet.link.execute("SELECT snapshot.name FROM snapshot JOIN host ON host.id = host_id WHERE "
                                       "host.name = ? ORDER BY snapshot.id LIMIT 1", (host,)).fetchone()
        run, = fleet.link.execute("SELECT MIN(id) FROM run WHERE host_name = ?", (host,)).fetchone()
    with open(os.path.join(pobsync.home, "runs", f"{run}.log"), "w", encoding="utf-8") as log:
        log.write("begun\nrsync: error: a line\nended\n")
    return {"host": host, "snapshot": snapshot, "run": str(run)}


def pages(routes, values):
    """The address of every page, those left out that are about something that there is not."""
    known = {"user": "admin", "table": "snapshots", "id": "1", **values}
    found = []
    for route in routes:
        if route["method"] != "GET" or "page" not in route["faces"] or any(f["required"] for f in route["fields"]):
            continue
        if route["right"] == "files":  # of snapshots on disk, through the reader: web/test_browse
            continue
        names = re.findall(r":(\w+)", route["path"])
        if all(name in known for name in names):
            found.append(re.sub(r":(\w+)", lambda match: known[match[1]], route["path"]))
    return found + ["/api/v1/docs"] + [f"/admin/{table}" for table in ("hosts", "schedules", "runs", "purges", "audit", "users", "sessions",
                                                    "tokens", "messages", "deliveries")]
