"""Days: strips of a month on the dashboard and the list of hosts, the calendar of a host, and that both say the same."""

import datetime
import html
import re
import time
import unittest
import zoneinfo

from kit.fleet import DAY, Fleet, name_of
from kit.web_case import WebCase

def afternoon():
    """A zone in which it is between two and three in the afternoon now: far from midnight, and behind what was due at noon."""
    ahead = 14 - time.gmtime().tm_hour
    return zoneinfo.ZoneInfo(f"Etc/GMT{-ahead:+}" if ahead else "Etc/GMT")


class Days(WebCase):
    """A host that is due at 12:00 of its zone each day: 12 days ago it failed, 11 days ago it was not run, 10 days ago it
    had warnings, since then and before all was well."""

    def prepare(self):
        super().prepare()
        self.pobsync.mark_root()
        self.zone = afternoon()
        self.pobsync.ok("configure-global", "--timezone", self.zone.key)
        today = datetime.datetime.now(self.zone).date()
        self.dates = [today - datetime.timedelta(days=29 - i) for i in range(30)]
        with Fleet(self.pobsync) as fleet:
            self.host = fleet.host("web1", since=40)
            fleet.host("web2", since=2)
            fleet.link.execute("INSERT INTO schedule (host_id, cron, prune, grace_seconds, enabled, created_at, changed_at) "
                               "VALUES (?, '0 12 * * *', 1, 3600, 1, 1, 1)", (self.host,))
            for ago in range(35, 0, -1):
                date = today - datetime.timedelta(days=ago)
                noon = int(datetime.datetime.combine(date, datetime.time(12, 0, 5), self.zone).timestamp())
                state = {12: "failed", 11: None, 10: "warning"}.get(ago, "success")
                if state:
                    run = fleet.run(self.host, "web1", state, noon)
                    if state != "failed":
                        fleet.snapshot(self.host, noon, run, state)

    def strip(self, host="web1"):
        return next(item for item in self.log_in("viewer").get("/api/v1/strips").json["items"] if item["host"] == host)

    def test_a_month_of_each(self):
        strip = self.strip()
        self.assertEqual(strip["to"], str(self.dates[-1]))
        self.assertEqual(strip["days"], ["ok"] * 17 + ["failed", "missed", "warning"] + ["ok"] * 9 + ["missed"])
        self.assertEqual(self.strip("web2")["days"], ["none"] * 30)
        for path in ("/", "/hosts"):
            page = html.unescape(self.admin.get(path).text)
            label = re.search(r'aria-label="(30 days up to [^"]*ok[^"]*)"', page)[1]
            self.assertIn(f"1 failed ({self.dates[17]})", label, path)
            self.assertIn(f"2 missed ({self.dates[18]}, {self.dates[29]}), 1 with warnings ({self.dates[19]}), 26 ok", label)
            self.assertIn('<a class="strip" href="/hosts/web1/calendar">', page)
            self.assertIn('class="k-missed"', page)
            self.assertIn("30 without a backup", page, "another host that nothing is expected of")

    def test_a_year_of_one(self):
        document = self.admin.get("/api/v1/hosts/web1/calendar").json
        days = document["days"]
        self.assertEqual((document["zone"], days[0]["weekday"], days[-1]["date"]), (self.zone.key, 1, str(self.dates[-1])))
        self.assertEqual(days[-1]["weekday"], self.dates[-1].isoweekday())
        self.assertEqual(len(days), 51 * 7 + self.dates[-1].isoweekday())
        self.assertEqual([day["date"] for day in days],
                         [str(self.dates[-1] - datetime.timedelta(days=len(days) - 1 - i)) for i in range(len(days))])
        self.assertEqual([day["result"] for day in days[-30:]], self.strip()["days"], "the strip says the same")
        self.assertEqual({day["before"] for day in days[:-41]}, {True})
        self.assertEqual({day["before"] for day in days[-41:]}, {False})
        plan = self.pobsync.json("retention", "web1")
        self.assertEqual(sum(day["snapshots"]["keep"] for day in days), len(plan["keep"]))
        self.assertEqual(sum(day["snapshots"]["delete"] for day in days), len(plan["delete"]))
        self.assertEqual(sum(day["snapshots"]["scheduled"] for day in days), 33)
        self.assertEqual(days[-11]["best"], "warning")
        self.assertIsNone(days[-12]["best"])
        page = self.admin.get("/hosts/web1/calendar").text
        self.assertIn(f'<td class="k-failed"><b>{self.dates[17].day:02}</b> Failed', page)
        self.assertIn(f'<td class="k-missed"><b>{self.dates[18].day:02}</b> Missed', page)
        self.assertIn(f"since {days[0]['date']}", page)
        self.assertEqual(page.count("<tr>"), 53)
        self.assertEqual(self.admin.get("/hosts/nobody/calendar").status, 404)

    def test_the_zone_of_the_host_decides_what_a_day_is(self):
        """A run at half past eleven in the evening, UTC, is of the next day in Amsterdam and of the same one in UTC."""
        late = int(time.time()) // DAY * DAY - 3 * DAY - 1800
        with Fleet(self.pobsync) as fleet:
            host, = fleet.link.execute("SELECT id FROM host WHERE name = 'web2'").fetchone()
            fleet.run(host, "web2", "success", late, snapshot=name_of(late))
        for zone in ("Europe/Amsterdam", "UTC"):
            self.pobsync.ok("configure-host", "web2", "--timezone", zone)
            days = self.admin.get("/api/v1/hosts/web2/calendar").json["days"]
            date, = [day["date"] for day in days if day["runs"]]
            self.assertEqual(date, str(datetime.datetime.fromtimestamp(late, zoneinfo.ZoneInfo(zone)).date()), zone)
            self.assertEqual(self.strip("web2")["days"].count("ok"), 1)

    def test_what_is_not_expected_is_not_missed(self):
        for change in ("UPDATE schedule SET enabled = 0", "UPDATE schedule SET enabled = 1; UPDATE host SET enabled = 0",
                       "DELETE FROM schedule; UPDATE host SET enabled = NULL"):
            link = self.pobsync.connect()
            link.executescript(change)
            link.close()
            days = self.strip()["days"]
            self.assertEqual((days[18], days[29], days.count("ok")), ("none", "none", 26), change)


if __name__ == "__main__":
    unittest.main()
