"""Calls of every documented operation of the API that can be made on a fleet: (method, path of the route, address, body)."""

import re

from kit import web_fleet

# What a change is called with; a route that is not here is called without fields.
BODIES = {
    "POST /hosts": {"name": "made1", "address": "192.0.2.9"},
    "POST /hosts/:host/schedule": {"cron": "15 2 * * *"},
    "POST /hosts/:host/config": {"ssh_port": 2222, "excludes": ["/tmp/*"], "retries": None},
    "POST /hosts/:host/snapshots/:snapshot/pin": {"reason": "kept for a test"},
    "POST /settings": {"parallel_runs": 3},
    "POST /users": {"name": "made1", "role": "viewer", "password": "a long password"},
    "POST /users/:user": {"enabled": False},
    "POST /tokens": {"name": "made1", "rights": ["read"]},
    "POST /admin/:table/confirm": {"action": "disable", "item": 1},
}
QUERIES = {"GET /admin/:table/confirm": "?action=disable&item=1"}
# What has an answer only where there are snapshots on disk and a reader; tests of files call it.
OF_FILES = ("GET /hosts/:host/basket/archive",)
# In this order, so that each finds what it is about.
ORDER = ("POST /hosts", "POST /users", "POST /users/:user", "POST /tokens", "POST /tokens/:token/revoke",
         "POST /hosts/:host/snapshots/:snapshot/pin", "POST /hosts/:host/snapshots/:snapshot/unpin",
         "POST /hosts/:host/backup", "POST /hosts/:host/test", "POST /hosts/:host/schedule", "POST /hosts/:host/config",
         "POST /settings", "POST /admin/:table/confirm", "POST /hosts/:host/schedule/remove",
         "POST /users/:user/remove")


def calls(routes, values):
    """Those that a fleet with such values can answer: first all that look, then the changes."""
    known = {"user": "made1", "table": "hosts", "id": "1", "token": "1", **values}
    table = {f"{route['method']} {route['path']}": route for route in routes}
    looks = [key for key, route in table.items() if route["method"] == "GET" and route["faces"] != ["page"]]
    for key in [*looks, *[key for key in ORDER if key in table]]:
        names = re.findall(r":(\w+)", key)
        if key in OF_FILES or not all(name in known for name in names):
            continue
        method, path = key.split(" ")
        address = re.sub(r":(\w+)", lambda match: known[match[1]], path)
        prefix = "/api/v1" if "api" in table[key]["faces"] else ""
        yield method, path, prefix + address + QUERIES.get(key, ""), BODIES.get(key)
