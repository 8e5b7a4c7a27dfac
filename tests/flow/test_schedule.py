"""Schedules on the command line: what is shown, what is refused, and what the two nights of the clocks do."""

import json
import os
import unittest

from kit.pobsync import Pobsync

NOON = "2026-11-22T12:00:00Z"


class Schedule(unittest.TestCase):
    def setUp(self):
        self.pobsync = self.enterContext(Pobsync(env={"POBSYNC_FAKE_NOW": NOON}))
        self.pobsync.mark_root()
        for name in ("web1", "db1"):
            self.pobsync.ok("configure-host", name, "--address", "192.0.2.1")

    def schedule(self, *options, name="web1"):
        return self.pobsync.json("schedule", name, *options)

    def refused(self, rc, *words):
        result = self.pobsync.run(*words)
        self.assertEqual((result.rc, result.out), (rc, ""), result)
        return result.err

    def test_it_is_made_shown_changed_and_removed(self):
        made = self.schedule("--cron", "15 2 * * *", "--prune", "--timezone", "Europe/Amsterdam", "--grace", "2h")
        self.assertEqual(made["created"], True)
        expected = {"host": "web1", "scheduled": True, "host_enabled": True, "cron": "15 2 * * *", "prune": True,
                    "timezone": "Europe/Amsterdam", "grace_seconds": 7200, "enabled": True,
                    "words": "every day at 02:15", "zone": "Europe/Amsterdam", "zone_origin": "schedule", "error": None,
                    "created_at": NOON, "changed_at": NOON, "last_slot_at": None}
        shown = self.schedule()
        self.assertEqual({key: shown[key] for key in expected}, expected)
        self.assertEqual([item["at"] for item in shown["next"]],
                         [f"2026-11-{day}T01:15:00Z" for day in (23, 24, 25, 26, 27)])
        changed = self.schedule("--no-prune", "--disable")
        self.assertEqual((changed["created"], changed["changed"]), (False, ["prune", "enabled"]))
        self.assertEqual(self.schedule("--enable", "--unset", "timezone")["zone"], "UTC")
        self.assertEqual(self.schedule("--unset", "grace")["grace_seconds"], 3600)
        self.assertEqual(self.schedule("--remove"), {"host": "web1", "removed": True})
        self.assertEqual(self.schedule()["scheduled"], False)
        self.refused(5, "schedule", "web1", "--remove")

    def test_the_text_has_words_and_dates(self):
        text = self.pobsync.ok("schedule", "web1", "--cron", "15 2 * * *").out
        for part in ("every day at 02:15", "UTC (default)", "2026-11-23 02:15", "in 14 h", "2026-11-27 02:15"):
            self.assertIn(part, text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80)
        self.pobsync.ok("configure-host", "web1", "--no-enabled")
        self.assertIn("paused", self.pobsync.ok("schedule", "web1").out)
        self.assertIn("has no schedule", self.pobsync.ok("schedule", "db1").err)

    def test_what_cannot_be_is_refused(self):
        for words, part in [
            (("--cron", "0 25 * * *"), "wrong at column 3: 25 is no hour"),
            (("--cron", "15 2 * *"), "column"),
            (("--cron", "0 0 31 2 *"), "never fires"),
            (("--cron", "@reboot"), "column 1"),
            (("--cron", ""), "needs a cron expression"),
            (("--prune",), "needs a cron expression"),
            (("--cron", "@daily", "--timezone", "Mars/Base"), "--timezone"),
            (("--cron", "@daily", "--grace", "never"), "--grace"),
            (("--remove", "--cron", "@daily"), "contradict"),
        ]:
            with self.subTest(words):
                self.assertIn(part, self.refused(2, "schedule", "web1", *words))
                self.assertEqual(self.schedule()["scheduled"], False)
        self.assertIn("did you mean", self.refused(5, "schedule", "web2", "--cron", "@daily"))

    def test_the_two_nights_of_the_clocks_are_told(self):
        self.schedule("--cron", "30 2 * * *", "--timezone", "Europe/Amsterdam")
        spring = self.pobsync.json("schedule", "web1", env={"POBSYNC_FAKE_NOW": "2027-03-27T12:00:00Z"})["next"][0]
        self.assertEqual(spring, {"at": "2027-03-28T01:00:00Z", "local": "2027-03-28 03:00",
                                  "remark": "02:30 does not exist on 2027-03-28; runs 03:00"})
        autumn = self.pobsync.json("schedule", "web1", env={"POBSYNC_FAKE_NOW": "2026-10-24T12:00:00Z"})["next"][0]
        self.assertEqual(autumn, {"at": "2026-10-25T00:30:00Z", "local": "2026-10-25 02:30",
                                  "remark": "02:30 comes twice on 2026-10-25; runs the first time"})

    def test_the_list(self):
        self.assertIn("no schedules yet", self.pobsync.ok("schedules").err)
        self.schedule("--cron", "15 2 * * *", "--timezone", "Europe/Amsterdam", "--prune")
        listed = self.pobsync.json("schedules")
        self.assertEqual(listed["unscheduled"], ["db1"])
        self.assertEqual([(item["host"], item["next_at"], item["last_run"], item["words"], item["zone"])
                          for item in listed["items"]],
                         [("web1", "2026-11-23T01:15:00Z", None, "every day at 02:15", "Europe/Amsterdam")])
        result = self.pobsync.ok("schedules")
        head, row = result.out.splitlines()
        self.assertEqual(head.split()[:2], ["NEXT", "(UTC)"])
        for part in ("2026-11-23 01:15", "13 h", "never", "web1", "15 2 * * *"):
            self.assertIn(part, row)
        self.assertIn("without a schedule: db1", result.err)

    def test_a_rebuild_finds_it_in_the_host_directory(self):
        os.mkdir(self.pobsync.host_dir("web1"), 0o700)
        self.schedule("--cron", "15 2 * * *", "--prune")
        path = os.path.join(self.pobsync.host_dir("web1"), ".pobsync", "host.json")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["schedule"], {"cron": "15 2 * * *", "prune": "yes", "timezone": None,
                                                           "grace_seconds": "3600", "enabled": "yes"})
        self.schedule("--remove")
        with open(path, encoding="utf-8") as file:
            self.assertIsNone(json.load(file)["schedule"])


if __name__ == "__main__":
    unittest.main()
