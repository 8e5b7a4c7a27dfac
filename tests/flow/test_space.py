"""What was measured is kept with its date; by the queue as by hand; and what is free is noted over time."""

import json
import os
import unittest

from kit.case import HostCase


class Space(HostCase):
    def setUp(self):
        super().setUp()
        self.write("big", os.urandom(300_000))
        self.add_host("--min-free-bytes", "0", "--min-free-inodes", "0")
        self.backup()
        self.write("more", os.urandom(100_000))
        self.backup()

    def recorded(self):
        return self.pobsync.json("space", "web1", "--recorded")

    def test_what_was_measured_is_recorded(self):
        before = self.recorded()
        self.assertIsNone(before["as_of"])
        self.assertEqual([item["bytes"] for item in before["items"]], [None, None])
        self.assertEqual((before["bytes"], before["unmeasured"]), (None, 2))
        self.assertGreaterEqual(before["recent_bytes"], 400_000)
        measured = self.pobsync.json("space", "web1")
        after = self.recorded()
        for member in ("as_of", "bytes", "sum_bytes", "items"):
            self.assertEqual(after[member], measured[member])
        self.assertEqual((after["unmeasured"], after["unread_entries"]), (0, 0))
        self.assertGreater(after["sum_bytes"], after["bytes"] + 299_000, "the big file is shared")
        self.backup()
        younger = self.recorded()
        self.assertEqual(younger["unmeasured"], 1)
        self.assertIsNone(younger["items"][0]["bytes"])
        self.assertEqual(younger["items"][1:], after["items"])
        text = self.pobsync.ok("space", "web1", "--recorded")
        self.assertIn(b"snapshots that are younger: 1", text.stderr)

    def test_a_worker_measures_too(self):
        names = [os.path.basename(path) for path in self.snapshots()]
        queued = self.pobsync.json("space", "web1", "--queue", "--without", names[0], "--without", names[1])
        self.assertEqual((queued["job"], queued["state"]), ("space", "queued"))
        self.pobsync.ok("worker", "--once", timeout=60)
        run = next(item for item in self.pobsync.json("runs")["items"] if item["id"] == queued["id"])
        self.assertEqual(run["state"], "success", run)
        result = json.loads(self.query("SELECT result FROM run WHERE job = 'space'")[0][0])
        by_hand = self.pobsync.json("space", "web1", "--without", names[0], "--without", names[1])
        self.assertEqual(result, {key: by_hand[key] for key in ("bytes", "sum_bytes", "chosen", "freed_bytes", "unread")})
        self.assertEqual(result["freed_bytes"], result["bytes"], "all go")

    def test_what_is_not_there_is_refused(self):
        self.assertEqual(self.pobsync.run("space", "web2").rc, 5)
        self.assertEqual(self.pobsync.run("space", "web1", "--without", "2001-01-01").rc, 5)
        self.assertEqual(self.pobsync.run("space", "--queue").rc, 2)
        self.assertEqual(self.pobsync.run("space", "web1", "--recorded", "--queue").rc, 2)

    def test_what_cannot_be_measured_is_a_warning(self):
        gone = self.snapshots()[0]
        os.rename(gone, self.work / "away")
        self.pobsync.json("space", "web1", "--queue")
        self.pobsync.ok("worker", "--once", timeout=60)
        run = self.pobsync.json("runs")["items"][0]
        self.assertEqual((run["job"], run["state"]), ("space", "warning"), run)
        self.assertIn("too low", run["message"])
        self.assertEqual(self.recorded()["unread_entries"], 1)

    def test_free_room_is_noted_once_an_hour_and_told(self):
        document = self.pobsync.json("space")
        self.assertEqual(document["bytes"]["state"], "short")
        self.assertEqual(document["days"], [])
        for day in range(1, 10):
            for minute in (0, 30, 59):
                self.pobsync.ok("scheduler", env={"POBSYNC_FAKE_NOW": f"2027-03-{day:02}T12:{minute:02}:00Z"})
        self.assertEqual(self.query("SELECT count(*) FROM room_sample"), [(9,)])
        document = self.pobsync.json("space", env={"POBSYNC_FAKE_NOW": "2027-03-09T13:00:00Z"})
        self.assertEqual([day["day"] for day in document["days"]], [f"2027-03-{day:02}T00:00:00Z" for day in range(1, 10)])
        room = os.statvfs(self.pobsync.root)
        self.assertEqual(document["days"][0]["bytes_total"], room.f_blocks * room.f_frsize)
        self.assertEqual(document["bytes"]["known_days"], 9)
        self.assertIn(document["bytes"]["state"], ("no_trend", "full_in"))
        self.assertEqual([item["host"] for item in document["hosts"]], ["web1"])
        self.pobsync.ok("scheduler", env={"POBSYNC_FAKE_NOW": "2027-06-05T12:00:00Z"})
        self.assertEqual(self.query("SELECT count(*) FROM room_sample"), [(4,)], "after 90 days they go")
        text = self.pobsync.ok("space")
        self.assertRegex(text.stdout, rb"(?m)^HOST +NEW/DAY +ON DISK")
        self.assertIn(b"free: ", text.stderr)


if __name__ == "__main__":
    unittest.main()
