"""Retention as a user meets it: the plan and its reasons, applying it, pins, holds, deleting one snapshot, what never
finished, and the prune after a backup."""

import json
import os
import unittest

from kit import oracle
from kit.case import HostCase
from kit.deadline import wait_for
from kit.faults import FakeRsync

DAY = 86400
BEGIN = 1764000000  # 2025-11-24 16:00 UTC, a Monday
PLAN_MEMBERS = {"host", "kind", "policy", "plan_id", "keep", "delete", "incomplete"}


class RetentionCase(HostCase):
    """Host web1 with a stand-in for rsync; a day passes between two backups."""

    def setUp(self):
        super().setUp()
        self.fake = FakeRsync(self.work.path)
        self.write("file")
        self.write("folder/other")
        self.add_host("--rsync-binary", self.fake.path, "--min-free-bytes", "0", "--min-free-inodes", "0")
        self.pobsync.ok("host-key", "web1", "--accept", self.sshd.fingerprint())
        self.day = 0

    def at(self, day=None):
        return {"POBSYNC_FAKE_NOW": str(BEGIN + (self.day if day is None else day) * DAY)}

    def make(self, count, *options):
        """One backup a day; gives the names of all scheduled snapshots, oldest first."""
        for _ in range(count):
            self.backup(*options, env=self.at())
            self.day += 1
        return self.names()

    def names(self, kind="scheduled"):
        return [os.path.basename(path) for path in self.snapshots(kind)]

    def policy(self, **counts):
        fields = {"keep_daily": 0, "keep_weekly": 0, "keep_monthly": 0, "keep_yearly": 0} | counts
        words = [f"--{name.replace('_', '-')}={value}" for name, value in fields.items()]
        self.pobsync.ok("configure-host", "web1", *words)

    def run_at(self, *words, **keywords):
        return self.pobsync.run(*words, env=self.at(), **keywords)

    def plan(self, *options):
        return self.pobsync.json("retention", "web1", *options, env=self.at())

    def apply(self, *options, expect=0):
        result = self.run_at("retention", "web1", "--apply", "--yes", *options)
        self.assertEqual(result.rc, expect, result)
        return result

    def refused(self, *words, rc=7, says=()):
        before = self.names(), self.names("manual"), self.query("SELECT count(*) FROM purge")
        result = self.run_at(*words)
        self.assertEqual(result.rc, rc, result)
        self.assert_sentence(result, *says)
        self.assertEqual((self.names(), self.names("manual"), self.query("SELECT count(*) FROM purge")), before)
        return result

    def purge_lines(self):
        """The last line of each purge, as a rebuild reads them."""
        with open(os.path.join(self.pobsync.host_dir("web1"), ".pobsync", "purges.jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        return list({line["id"]: line for line in lines}.values())

    def host_file(self):
        with open(os.path.join(self.pobsync.host_dir("web1"), ".pobsync", "host.json"), encoding="utf-8") as file:
            return json.load(file)

    def newest_run(self):
        return self.pobsync.json("runs", env=self.at())["items"][0]

    def trash(self):
        return os.listdir(os.path.join(self.pobsync.host_dir("web1"), ".trash"))


class Plan(RetentionCase):
    def test_each_rule_is_counted_for_itself(self):
        names = self.make(8)  # Monday to Monday
        plan = self.plan("--keep-daily", "2", "--keep-weekly", "2", "--keep-monthly", "0", "--keep-yearly", "0")
        self.assertEqual(set(plan), PLAN_MEMBERS)
        self.assertEqual({item["name"]: item["reasons"] for item in plan["keep"]}, {
            names[7]: ["daily 1", "weekly 1", "newest good"],  # Monday of the second week
            names[6]: ["daily 2", "weekly 2"],                 # Sunday of the first
        })
        self.assertEqual([item["name"] for item in plan["delete"]], names[5::-1])
        self.assertEqual({reason for item in plan["delete"] for reason in item["reasons"]}, {"outside the policy"})
        self.assertEqual((plan["host"], plan["kind"], plan["incomplete"]), ("web1", "scheduled", []))
        self.assertEqual(plan["policy"], {"keep_last": 0, "keep_hourly": 0, "keep_daily": 2, "keep_weekly": 2,
                                          "keep_monthly": 0, "keep_yearly": 0, "protect_bases": False})
        self.assertEqual(self.names(), names)

    def test_a_plan_is_the_same_until_something_changes(self):
        self.make(3)
        first = self.plan()
        self.assertEqual(self.plan()["plan_id"], first["plan_id"])
        self.assertNotEqual(self.plan("--keep-last", "1")["plan_id"], first["plan_id"])
        self.make(1)
        self.assertNotEqual(self.plan()["plan_id"], first["plan_id"])

    def test_all_kinds_are_two_plans(self):
        self.make(2)
        self.make(1, "--manual")
        both = self.plan("--kind", "all")
        self.assertEqual([plan["kind"] for plan in both["items"]], ["scheduled", "manual"])
        self.assertEqual([len(plan["keep"]) for plan in both["items"]], [2, 1])
        self.assertEqual(self.plan("--kind", "manual"), both["items"][1])

    def test_simulations_change_nothing_and_are_not_applied(self):
        self.make(2)
        for option in ("--keep-last", "--keep-hourly", "--keep-daily", "--keep-weekly", "--keep-monthly", "--keep-yearly"):
            self.assertEqual(self.plan(option, "5")["policy"][option[2:].replace("-", "_")], 5)
        self.assertTrue(self.plan("--protect-bases")["policy"]["protect_bases"])
        self.refused("retention", "web1", "--apply", "--yes", "--keep-last", "1", rc=2, says=["simulation"])
        self.refused("retention", "web1", "--keep-daily", "x", rc=2)
        self.refused("retention", "web1", "--kind", "other", rc=2)
        self.refused("retention", "web1", "--apply", "--max-delete", "-1", rc=2)
        self.refused("retention", "nobody", rc=5)

    def test_bases_are_kept_where_asked_for(self):
        names = self.make(3)
        plan = self.plan("--keep-daily", "1", "--keep-weekly", "0", "--keep-monthly", "0", "--keep-yearly", "0",
                         "--protect-bases")
        self.assertEqual([item["name"] for item in plan["keep"]], names[::-1])
        self.assertIn(f"base of {names[2]}", plan["keep"][1]["reasons"])

    def test_text_fits(self):
        self.make(2)
        result = self.run_at("retention", "web1", "--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0",
                             "--keep-monthly", "0", "--keep-yearly", "0")
        self.assertEqual(result.rc, 0, result)
        for word in ("web1, scheduled: last 1", "keep ", "delete ", "newest good", "keep 1, delete 1; plan "):
            self.assertIn(word, result.out)
        self.assertTrue(all(len(line) <= 80 for line in result.out.splitlines()), result)


class Apply(RetentionCase):
    def setUp(self):
        super().setUp()
        self.all_names = self.make(5)
        self.policy(keep_daily=2)

    def test_what_was_planned_is_deleted_and_the_rest_stays(self):
        plan = self.plan()
        kept = [self.data(-1), self.data(-2)]
        before = [oracle.tree_digest(path) for path in kept]
        done = self.apply("--json", "--plan-id", plan["plan_id"], "--max-delete", "3").json
        self.assertEqual({key: done[key] for key in PLAN_MEMBERS}, plan)
        self.assertEqual(self.names(), self.all_names[3:])
        self.assertEqual([oracle.tree_digest(path) for path in kept], before)
        self.assertEqual(self.trash(), [])
        listed = [item["name"] for item in self.pobsync.json("snapshots", "web1")["items"]]
        self.assertEqual(listed, self.all_names[:2:-1])

    def test_every_deletion_is_written_down(self):
        plan = self.plan()
        run = self.apply("--json").json["run"]
        self.assertEqual((run["job"], run["kind"], run["state"], run["cause"]), ("prune", "scheduled", "success", None))
        self.assertEqual(run["stats"]["deleted_snapshots"], 3)
        self.assertGreaterEqual(run["stats"]["freed_bytes"], 0)
        self.assertEqual(self.newest_run()["id"], run["id"])
        rows = self.query("SELECT snapshot_name, reason, plan, run_id, actor, origin, status, files, noted, removed_at "
                          "IS NOT NULL FROM purge ORDER BY id")
        wanted = [(item["name"], ", ".join(item["reasons"]), plan["plan_id"], run["id"], "root", "cli", "success", 2, 1, 1)
                  for item in plan["delete"]]
        self.assertEqual([row[:4] + row[5:] for row in rows], [row[:4] + row[5:] for row in wanted])
        lines = self.purge_lines()
        self.assertEqual([(line["snapshot"], line["reason"], line["run"]) for line in lines],
                         [(row[0], row[1], row[3]) for row in wanted])
        audit = self.query("SELECT object, after_text FROM audit WHERE action = 'snapshot.prune' ORDER BY id")
        self.assertEqual(audit, [(f"web1@{row[0]}", row[1]) for row in wanted])
        log = self.pobsync.ok("log", run["id"]).out
        for name in self.all_names[:3]:
            self.assertIn(name, log)

    def test_unconfirmed(self):
        self.refused("retention", "web1", "--apply", says=["3 snapshots", "--yes"])

    def test_more_than_max_delete(self):
        self.refused("retention", "web1", "--apply", "--yes", "--max-delete", "2", says=["3 snapshots", "allows 2"])
        self.refused("retention", "web1", "--apply", "--yes", "--max-delete", "0", says=["allows 0"])
        self.pobsync.ok("configure-host", "web1", "--max-delete", "2")
        self.refused("retention", "web1", "--apply", "--yes", says=["allows 2"])
        self.apply("--max-delete", "3")
        self.assertEqual(self.names(), self.all_names[3:])
        self.apply("--max-delete", "0")  # nothing to delete is nothing too many

    def test_a_plan_that_has_changed(self):
        plan = self.plan()["plan_id"]
        self.make(1)
        self.refused("retention", "web1", "--apply", "--yes", "--plan-id", plan, says=["has changed"])
        plan = self.plan()["plan_id"]
        self.policy(keep_daily=3)
        self.refused("retention", "web1", "--apply", "--yes", "--plan-id", plan, says=["has changed"])
        self.refused("retention", "web1", "--apply", "--yes", "--kind", "all", "--plan-id", plan, rc=2)

    def test_a_clock_that_went_back(self):
        self.day = 1
        plan = self.plan()
        self.assertIn("clock went back", plan["refusal"])
        self.refused("retention", "web1", "--apply", "--yes", says=["clock went back"])

    def test_manual_ones_only_when_named(self):
        for _ in range(3):
            self.make(1, "--manual")
        self.apply()
        self.assertEqual(len(self.names("manual")), 3)
        self.apply("--kind", "manual")
        self.assertEqual(len(self.names("manual")), 2)
        self.policy(keep_last=1)
        self.refused("retention", "web1", "--apply", "--yes", "--kind", "all", "--max-delete", "1", says=["2 snapshots"])
        self.apply("--kind", "all", "--max-delete", "2")
        self.assertEqual((len(self.names()), len(self.names("manual"))), (1, 1))

    def test_a_wrong_root(self):
        os.rename(os.path.join(self.pobsync.root, ".pobsync-root"), self.work / "marker")
        result = self.run_at("retention", "web1", "--apply", "--yes")
        self.assertEqual((result.rc, self.names()), (8, self.all_names), result)

    def test_a_busy_host(self):
        self.fake.configure(hang_at=1)
        running = self.pobsync.spawn("backup", "web1", env=self.at())
        wait_for(lambda: self.query("SELECT 1 FROM run WHERE state = 'running' AND snapshot_name IS NOT NULL"), 20,
                 "the backup to begin")
        try:
            self.refused("retention", "web1", "--apply", "--yes", rc=6, says=["busy"])
            self.refused("delete", "web1", self.all_names[0], "--yes", rc=6, says=["busy"])
            self.refused("incomplete", "web1", "--cleanup", "--yes", rc=6, says=["busy"])
            item = self.pobsync.json("incomplete", "web1", env=self.at())["items"][0]
            self.assertTrue(item["running"])
            plan = self.plan("--keep-daily", "0", "--keep-last", "1")
            self.assertIn("base of the run in progress", plan["keep"][0]["reasons"])
        finally:
            running.kill(15)
            running.wait()

    def queue(self, job, kind, request=None, trigger="web"):
        host, node = self.query("SELECT id, node_id FROM host")[0]
        self.plant("INSERT INTO run (host_id, host_name, job, kind, trigger_name, state, actor, requested_at, due_at, "
                   "node_id, request) VALUES (?, 'web1', ?, ?, ?, 'queued', 'anna', ?, ?, ?, ?)",
                   host, job, kind, trigger, BEGIN, BEGIN, node, request)

    def test_what_nobody_asked_for_waits_for_a_good_backup(self):
        self.fake.configure(exit=12)
        self.backup(expect=1, env=self.at())
        self.queue("prune", "scheduled", trigger="schedule")
        self.assertEqual(self.run_at("worker", "--once").rc, 0)
        self.assertIn("was no good", self.newest_run()["message"])
        self.assertEqual(self.names(), self.all_names)
        self.apply()  # a person may
        self.assertEqual(self.names(), self.all_names[3:])

    def test_a_worker_does_it_too(self):
        for job, kind, request in (("prune", "scheduled", '{"max_delete":2}'), ("prune", "scheduled", None),
                                   ("delete", None, json.dumps({"snapshot": self.all_names[3], "reason": "asked for"}))):
            self.queue(job, kind, request)
        result = self.run_at("worker", "--once")
        self.assertEqual(result.rc, 0, result)
        runs = {run["id"]: run for run in self.pobsync.json("runs")["items"] if run["trigger"] == "web"}
        self.assertEqual([runs[id]["state"] for id in sorted(runs)], ["failed", "success", "success"], result)
        self.assertIn("allows 2", runs[min(runs)]["message"])
        self.assertEqual(self.names(), self.all_names[4:])
        self.assertEqual(self.query("SELECT actor, reason FROM purge ORDER BY id DESC LIMIT 1"), [("anna", "asked for")])


class Pins(RetentionCase):
    def test_a_pinned_one_stays(self):
        names = self.make(3)
        self.policy(keep_daily=1)
        self.refused("pin", "web1", names[0], rc=2, says=["--reason"])
        self.refused("pin", "web1", "20200101-000000Z__00000000", "--reason", "x", rc=5)
        document = self.pobsync.json("pin", "web1", names[0], "--reason", "before the upgrade", env=self.at())
        self.assertEqual((document["pinned"], document["pin_reason"]), (True, "before the upgrade"))
        self.assertEqual(self.host_file()["snapshots"], [{"name": names[0], "pinned": True,
                                                           "pin_reason": "before the upgrade", "held_reason": None}])
        self.assertIn("pinned", self.plan()["keep"][-1]["reasons"])
        self.refused("delete", "web1", names[0], "--yes", says=["pinned", "before the upgrade", "unpin"])
        self.apply()
        self.assertEqual(self.names(), [names[0], names[2]])
        self.pobsync.ok("unpin", "web1", "latest", env=self.at())
        self.refused("unpin", "web1", names[0], says=["not pinned"])
        self.assertEqual(self.host_file()["snapshots"], [])
        self.assertEqual([row[0] for row in self.query("SELECT action FROM audit WHERE action LIKE 'snapshot.%pin'")],
                         ["snapshot.pin", "snapshot.unpin"])
        self.apply()
        self.assertEqual(self.names(), [names[2]])

    def test_latest_is_the_newest_good_one(self):
        names = self.make(2)
        self.fake.configure(exit=23)
        self.backup(expect=3, env=self.at())
        self.assertEqual(self.pobsync.json("pin", "web1", "latest", "--reason", "x", env=self.at())["name"], names[-1])


class Delete(RetentionCase):
    def test_one_snapshot_goes(self):
        names = self.make(3)
        kept = [os.path.join(path, "data") for path in self.snapshots()[1:]]
        before = [oracle.tree_digest(path) for path in kept]
        self.refused("delete", "web1", names[0], says=["nobody has confirmed", "--yes"])
        done = self.pobsync.json("delete", "web1", names[0], "--yes", "--reason", "holds a secret", env=self.at())
        self.assertEqual((done["host"], done["snapshot"], done["run"]["job"], done["run"]["snapshot"]),
                         ("web1", names[0], "delete", names[0]))
        self.assertEqual((self.names(), self.trash()), (names[1:], []))
        self.assertEqual([oracle.tree_digest(path) for path in kept], before)
        self.assertEqual([(line["snapshot"], line["reason"]) for line in self.purge_lines()],
                         [(names[0], "holds a secret")])
        purge, = self.pobsync.json("purges", "web1", env=self.at())["items"]
        self.assertEqual((purge["host"], purge["snapshot"], purge["status"], purge["reason"], purge["run"]),
                         ("web1", names[0], "success", "holds a secret", done["run"]["id"]))
        self.assertIsNotNone(purge["removed_at"])
        self.assertGreater(purge["freed_bytes"], 0)
        self.assertEqual(purge, self.purge_lines()[0])
        shown = self.pobsync.ok("purges", env=self.at()).out
        self.assertRegex(shown, f"DELETED +HOST +SNAPSHOT +FREED +BY +REASON\n.* web1 +{names[0]} .*holds a secret")
        self.assertEqual(self.pobsync.run("purges", "nobody").rc, 5)
        self.assertEqual(self.pobsync.run("purges", "--limit", "0").rc, 2)
        self.refused("delete", "web1", names[0], "--yes", says=["has been deleted"])
        self.refused("delete", "web1", "latest", "--yes", rc=5)

    def test_what_is_not_deleted(self):
        names = self.make(2)
        self.refused("delete", "web1", names[1], "--yes", says=["newest good"])
        self.plant("UPDATE snapshot SET held_reason = 'shrunk', held_at = 1 WHERE name = ?", names[0])
        self.refused("delete", "web1", names[0], "--yes", says=["held", "release"])
        self.plant("UPDATE snapshot SET held_reason = NULL, status = 'claimed', confirmed = 0 WHERE name = ?", names[0])
        self.refused("delete", "web1", names[0], "--yes", says=["claimed"])

    def test_a_manual_one_goes_though_it_is_the_only_one(self):
        self.make(1)
        self.make(1, "--manual")
        self.make(1)
        name = self.names("manual")[0]
        self.pobsync.ok("delete", "web1", name, "--yes", env=self.at())
        self.assertEqual(self.names("manual"), [])

    def test_one_that_is_not_on_disk_loses_its_record(self):
        names = self.make(2)
        os.rename(self.snapshots()[0], self.work / "elsewhere")
        self.pobsync.ok("delete", "web1", names[0], "--yes", env=self.at())
        self.assertEqual([item["name"] for item in self.pobsync.json("snapshots", "web1")["items"]], names[1:])


class Incomplete(RetentionCase):
    def setUp(self):
        super().setUp()
        self.make(1)
        self.fake.configure(stop_after=2, exit=12)
        self.backup(expect=1, env=self.at())
        self.fake.configure()

    def test_it_is_listed_and_deleted_after_review(self):
        listed = self.pobsync.json("incomplete", "web1", env=self.at())
        self.assertEqual([(item["recorded"], item["on_disk"], item["running"]) for item in listed["items"]],
                         [(True, True, False)])
        name = listed["items"][0]["name"]
        self.assertEqual([item["name"] for item in self.plan()["incomplete"]], [name])
        self.refused("incomplete", "web1", "--cleanup", says=["nobody has confirmed"])
        self.refused("delete", "web1", name, "--yes", says=["never finished"])
        self.refused("pin", "web1", name, "--reason", "x", says=["never finished"])
        done = self.pobsync.json("incomplete", "web1", "--cleanup", "--yes", env=self.at())
        self.assertEqual((done["deleted"], done["run"]["state"]), ([name], "success"))
        self.assertEqual(self.pobsync.json("incomplete", "web1", env=self.at())["items"], [])
        self.assertEqual([(line["snapshot"], line["kind"]) for line in self.purge_lines()], [(name, "incomplete")])
        self.assertEqual((self.trash(), os.listdir(os.path.join(self.pobsync.host_dir("web1"), ".incomplete"))), ([], []))
        self.assertEqual(self.query("SELECT status FROM snapshot WHERE name = ?", name), [("deleted",)])

    def test_what_nobody_recorded_is_told_and_goes_too(self):
        stray = os.path.join(self.pobsync.host_dir("web1"), ".incomplete", "20250101-000000Z__00000000")
        os.makedirs(os.path.join(stray, "data"))
        items = self.pobsync.json("incomplete", "web1", env=self.at())["items"]
        self.assertEqual([item["recorded"] for item in items], [True, False])
        self.pobsync.ok("incomplete", "web1", "--cleanup", "--yes", env=self.at())
        self.assertFalse(os.path.exists(stray))

    def test_nothing_is_fine(self):
        self.make(1)
        result = self.run_at("incomplete", "web1")
        self.assertEqual((result.rc, result.out), (0, ""), result)
        self.assertEqual(self.pobsync.json("incomplete", "web1", "--cleanup", "--yes", env=self.at())["deleted"], [])


class AfterBackup(RetentionCase):
    def setUp(self):
        super().setUp()
        self.before = self.make(3)
        self.policy(keep_daily=2)

    def prune(self, *options, expect=0):
        return self.backup("--prune", *options, expect=expect, env=self.at())

    def test_a_good_run_prunes(self):
        run = self.prune()
        self.assertEqual((run["state"], run["stats"]["deleted_snapshots"]), ("success", 2))
        self.assertEqual(self.names(), [self.before[2], run["snapshot"]])
        self.assertEqual([line["run"] for line in self.purge_lines()], [run["id"]] * 2)
        self.assertEqual(self.trash(), [])

    def test_without_the_flag_nothing_goes(self):
        self.assertIsNone(self.backup(env=self.at())["stats"]["deleted_snapshots"])
        self.assertEqual(len(self.names()), 4)

    def test_warnings_that_leave_it_good_prune(self):
        self.fake.configure(exit=24)
        self.assertEqual(self.prune(expect=3)["stats"]["deleted_snapshots"], 2)

    def test_partial_never(self):
        self.fake.configure(exit=23)
        self.prune(expect=3)
        self.assertEqual(len(self.names()), 4)

    def test_failed_never(self):
        self.fake.configure(exit=12)
        self.prune(expect=1)
        self.assertEqual(self.names(), self.before)

    def test_held_never_and_not_before_it_is_released(self):
        os.rename(os.path.join(self.source, "file"), self.work / "file")
        os.rename(os.path.join(self.source, "folder/other"), self.work / "other")
        held = self.prune(expect=7)["snapshot"]
        self.assertEqual(len(self.names()), 4)
        os.rename(self.work / "file", os.path.join(self.source, "file"))
        os.rename(self.work / "other", os.path.join(self.source, "folder/other"))
        run = self.prune(expect=3)
        self.assertIn(f"{held} is held", run["message"])
        self.refused("retention", "web1", "--apply", "--yes", says=["held", "release"])
        self.pobsync.ok("release", "web1", held, "--reason", "looked at it", env=self.at())
        self.day += 1
        self.prune()
        self.assertEqual(len(self.names()), 2)

    def test_more_than_the_setting_is_a_warning_of_a_good_run(self):
        self.pobsync.ok("configure-host", "web1", "--max-delete", "1")
        run = self.prune(expect=3)
        self.assertEqual((run["state"], run["cause"]), ("warning", None))
        self.assertIn("the prune failed: ", run["message"])
        self.assertIn("allows 1", run["message"])
        self.assertEqual(len(self.names()), 4)
        self.assertTrue(self.pobsync.json("snapshots", "web1")["items"][0]["good"])

    def test_partial_ones_are_replaced_by_a_good_one(self):
        self.fake.configure(exit=23)
        partial = self.backup(expect=3, env=self.at())["snapshot"]
        self.fake.configure()
        self.day += 1
        newest = self.prune()["snapshot"]
        self.assertNotIn(partial, self.names())
        reason = [line["reason"] for line in self.purge_lines() if line["snapshot"] == partial]
        self.assertEqual(reason, [f"partial, replaced by {newest}"])

    def test_a_manual_run_prunes_scheduled_ones_only(self):
        self.prune("--manual")
        self.assertEqual((len(self.names()), len(self.names("manual"))), (2, 1))


class RealRsync(HostCase):
    """The clock of this machine, and rsync itself: seconds pass within a run."""

    def test_prune_after_a_backup(self):
        self.write("file")
        self.add_host("--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0", "--keep-monthly", "0",
                      "--keep-yearly", "0", "--rsync-args=--bwlimit=100")
        self.backup()
        self.write("new", os.urandom(300_000))  # about three seconds
        run = self.backup("--prune")
        self.assertEqual((run["state"], run["message"]), ("success", None))
        self.assertEqual([os.path.basename(path) for path in self.snapshots()], [run["snapshot"]])
        self.assert_same_tree(self.source, self.data())


if __name__ == "__main__":
    unittest.main()
