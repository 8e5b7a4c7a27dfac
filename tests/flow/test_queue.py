"""The queue and its workers, on real hosts: who runs what and when, and what becomes of it when somebody cancels, stops
or dies."""

import os
import signal
import time
import unittest
import unittest.mock

from kit import oracle
from kit.case import HostCase
from kit.deadline import wait_for

TIME_LIMIT = 900
SLOW = "exec rsync --bwlimit=1000 ${SSH_ORIGINAL_COMMAND#rsync}"


class QueueCase(HostCase):
    sanitised = False  # many short processes

    def setUp(self):
        super().setUp()
        self.write("a", "a" * 1000)
        self.add_host()

    def run_row(self, run):
        rows = self.pobsync.json("runs")["items"]
        return next(row for row in rows if row["id"] == run)

    def queue(self, host="web1", *options):
        return self.pobsync.json("backup", host, "--queue", *options)["id"]

    def work_off(self, *options, timeout=60):
        return self.pobsync.ok("worker", "--once", *options, timeout=timeout)

    def state(self, run):
        return self.query("SELECT state FROM run WHERE id = ?", run)[0][0]

    def wait_for_state(self, run, state, timeout=30):
        wait_for(lambda: self.state(run) == state, timeout, lambda: f"run {run} is {self.state(run)}, not {state}")

    def make_slow(self, name="web1"):
        """Enough to copy, and a sender that takes some seconds for it."""
        for number in range(4):
            self.write(f"big{number}", os.urandom(3_000_000))
        self.force_script(SLOW)

    def make_fast(self):
        self.sshd.authorize(self.pobsync.key_line("web1"))

    def arriving(self, name="web1"):
        """Bytes in the unfinished directories of the host."""
        place = os.path.join(self.pobsync.host_dir(name), ".incomplete")
        return sum(os.lstat(os.path.join(folder, file)).st_size
                   for folder, _, files in os.walk(place) for file in files)

    def wait_for_data(self, running=None):
        wait_for(lambda: self.arriving() > 300_000, 30, lambda: f"no data arrive; {running and running.output('stderr')}")

    def assert_clean(self):
        self.assertEqual(self.pobsync.processes(), {})
        self.assertEqual(oracle.check_host_dir(self.pobsync.root, "web1"), [])


class Progress(QueueCase):
    def test_a_running_backup_says_how_far_it_is(self):
        self.pobsync.ok("test-connection", "web1")
        self.make_slow()
        run = self.queue()
        worker = self.pobsync.spawn("worker", "--once")
        seen = []
        tells_children = os.path.exists("/proc/thread-self/children")  # else the kernel does not say whose the file is

        def progress():
            told = self.pobsync.json("queue")["running"]
            if told and told[0]["progress"]:
                seen.append(told[0]["progress"])
                return told[0]["progress"]["bytes"] and (told[0]["progress"]["path"] or not tells_children)
            return None

        wait_for(progress, 60, lambda: (seen, worker.output("stderr")))
        last = seen[-1]
        self.assertEqual(last["phase"], "transferring")
        if tells_children:
            self.assertRegex(last["path"], "^big[0-3]$")
        self.assertGreater(last["bytes_per_second"], 0)
        self.assertIn("transferring", self.pobsync.ok("queue").out)
        self.assertRegex(self.pobsync.ok("show", "web1").out, f"(?m)^running    run {run}, backup: transferring")
        self.assertEqual(self.pobsync.json("show", "web1")["running"]["id"], run)
        self.pobsync.ok("cancel", str(run))
        self.wait_for_state(run, "cancelled")
        self.assertIsNone(self.run_row(run)["progress"])
        self.assertIsNone(self.pobsync.json("show", "web1")["running"])
        self.assertEqual(self.query("SELECT progress FROM run WHERE id = ?", run), [(None,)])
        worker.wait(30)
        log = self.pobsync.ok("log", str(run)).out
        self.assertNotIn("big", log, "names of files in the log, which rsync was not asked for")


class Once(QueueCase):
    def test_what_waits_is_done(self):
        self.pobsync.ok("test-connection", "web1")
        run = self.queue()
        queue = self.pobsync.json("queue")
        self.assertEqual([item["id"] for item in queue["items"]], [run])
        self.assertEqual(queue["items"][0]["waits"], "no worker is running: pobsync up")
        self.assertEqual(queue["places"], {"used": 0, "limit": 2})
        self.assertEqual(self.state(run), "queued")
        self.work_off()
        row = self.run_row(run)
        self.assertEqual((row["state"], row["job"], row["kind"], row["trigger"], row["attempt"]),
                         ("success", "backup", "scheduled", "queue", 1))
        self.assert_same_tree(self.source, self.data())
        self.assertEqual(self.pobsync.json("queue")["items"], [])
        self.assert_clean()

    def test_an_unknown_host_key_is_not_pinned_by_a_worker(self):
        run = self.queue()
        self.work_off()
        row = self.run_row(run)
        self.assertEqual((row["state"], row["cause"]), ("failed", "host_key_unknown"))
        self.assertEqual(self.query("SELECT count(*) FROM host_key"), [(0,)])

    def test_the_same_wish_twice_is_one_run(self):
        first = self.pobsync.json("backup", "web1", "--queue")
        second = self.pobsync.json("backup", "web1", "--queue")
        other = self.pobsync.json("backup", "web1", "--queue", "--manual")
        self.assertEqual((first["merged"], second["merged"], other["merged"]), (False, True, False))
        self.assertEqual(first["id"], second["id"])
        self.assertNotEqual(first["id"], other["id"])

    def test_kinds_and_dry_runs_go_through_the_queue_too(self):
        self.pobsync.ok("test-connection", "web1")
        manual, dry = self.queue("web1", "--manual"), self.queue("web1", "--dry-run")
        self.work_off()
        self.assertEqual((self.run_row(manual)["state"], self.run_row(manual)["kind"]), ("success", "manual"))
        self.assertEqual((self.run_row(dry)["state"], self.run_row(dry)["job"]), ("success", "dry_run"))
        self.assertEqual([len(self.snapshots("manual")), len(self.snapshots())], [1, 0])

    def test_unknown_hosts_and_runs_are_told(self):
        self.assertEqual(self.pobsync.run("backup", "nobody", "--queue").rc, 5)
        self.assertEqual(self.pobsync.run("cancel", "99").rc, 5)
        self.assertEqual(self.pobsync.run("cancel", "x").rc, 2)
        self.assertEqual(self.pobsync.run("worker", "--jobs", "0").rc, 2)

    def test_a_request_that_was_planted_is_not_obeyed(self):
        self.pobsync.ok("test-connection", "web1")
        run = self.queue()
        self.plant("UPDATE run SET request = ? WHERE id = ?", '{"prune":true,"rsync":"--delete"}', run)
        self.work_off()
        self.assertEqual((self.run_row(run)["state"], self.run_row(run)["cause"]), ("failed", "config"))
        self.assertEqual(self.snapshots(), [])

    def test_nobody_else_may_do_a_run(self):
        run = self.queue()
        result = self.pobsync.run("run-job", run, "1")
        self.assertEqual(result.rc, 7, result)
        self.assertEqual(self.state(run), "queued")


class Watch(QueueCase):
    def test_each_change_is_a_line_where_there_is_no_terminal(self):
        self.pobsync.ok("test-connection", "web1")
        watching = self.pobsync.spawn("runs", "--watch")
        run = self.queue()
        wait_for(lambda: watching.output() == f"run {run}  web1  backup  queued\n".encode(), 20, watching.output)
        self.work_off()
        wait_for(lambda: watching.output().endswith(f"run {run}  web1  backup  success\n".encode()), 20, watching.output)
        watching.kill(signal.SIGINT)
        self.assertEqual(watching.wait(10).rc, 0)


class Many(QueueCase):
    def test_three_workers_do_each_run_once_and_one_of_a_host_at_a_time(self):
        self.pobsync.ok("configure-global", "--parallel-runs", "3")
        hosts = [f"h{number}" for number in range(6)]
        for host in hosts:
            self.add_host("--keep-last", "9", name=host)
            self.pobsync.ok("test-connection", host)
        wanted = [self.queue(host, *options) for options in ([], ["--manual"], ["--prune"]) for host in hosts]
        workers = [self.pobsync.spawn("worker", "--once") for _ in range(3)]
        for worker in workers:
            self.assertEqual(worker.wait(180).rc, 0)
        rows = self.query("SELECT id, state, host_name, token FROM run ORDER BY id")
        self.assertEqual([(row[0], row[1], row[3]) for row in rows], [(run, "success", 1) for run in wanted])
        for host in hosts:
            # In whole seconds a run may begin when the one before it ends; it may not begin earlier.
            times = self.query("SELECT started_at, ended_at FROM run WHERE host_name = ? ORDER BY started_at, id", host)
            for earlier, later in zip(times, times[1:]):
                self.assertLessEqual(earlier[1], later[0])
            self.assertEqual([len(self.snapshots("scheduled", host)), len(self.snapshots("manual", host))], [2, 1])
        self.assertEqual(self.query("SELECT count(*) FROM run WHERE place IS NOT NULL OR running_host_id IS NOT NULL"),
                         [(0,)])
        self.assertEqual(self.query("SELECT count(*) FROM daemon"), [(0,)])
        self.assertEqual(self.pobsync.processes(), {})

    def test_what_waits_says_why(self):
        self.pobsync.ok("configure-global", "--parallel-runs", "1")
        self.add_host(name="other")
        self.pobsync.ok("test-connection", "web1")
        self.make_slow()
        first = self.queue()
        worker = self.pobsync.spawn("worker", "--once")
        self.wait_for_data(worker)
        second, third = self.queue("web1", "--manual"), self.queue("other")
        queue = self.pobsync.json("queue")
        self.assertEqual([item["id"] for item in queue["running"]], [first])
        self.assertEqual({item["id"]: item["waits"] for item in queue["items"]},
                         {second: f"web1 is busy: run {first}, backup", third: "1 of 1 slots are taken"})
        self.assertEqual(self.pobsync.run("backup", "web1").rc, 6)
        self.assertEqual(len(self.query("SELECT id FROM run")), 3, "a busy host leaves no row")
        worker.kill(signal.SIGTERM)
        worker.wait(20)


class Cancel(QueueCase):
    def test_a_queued_run_ends_at_once(self):
        run = self.queue()
        document = self.pobsync.json("cancel", run)
        self.assertEqual((document["state"], document["id"]), ("cancelled", run))
        self.work_off()
        self.assertEqual(self.state(run), "cancelled")
        self.assertEqual(self.pobsync.run("cancel", run).rc, 7)

    def test_a_running_one_ends_with_all_its_processes(self):
        self.pobsync.ok("test-connection", "web1")
        self.make_slow()
        run = self.queue()
        worker = self.pobsync.spawn("worker")
        self.wait_for_data(worker)
        began = time.monotonic()
        document = self.pobsync.json("cancel", run)
        self.assertEqual(document["state"], "cancelled")
        self.assertRegex(document["message"], "^cancelled by ")
        print(f"    ended after {time.monotonic() - began:.1f} s")
        wait_for(lambda: len(self.pobsync.processes()) <= 1, 15, lambda: self.pobsync.processes())
        self.assertEqual(self.query("SELECT count(*) FROM run WHERE state = 'queued'"), [(0,)], "it is repeated")
        self.assertEqual(self.snapshots(), [])
        self.make_fast()
        again = self.queue()
        self.wait_for_state(again, "success", 60)
        worker.kill(signal.SIGTERM)
        self.assertEqual(worker.wait(20).rc, 0)
        self.assert_clean()

    def test_one_in_the_foreground_hears_of_it(self):
        self.make_slow()
        running = self.pobsync.spawn("backup", "web1", "--json")
        self.wait_for_data(running)
        run = self.query("SELECT id FROM run")[0][0]
        self.assertEqual(self.pobsync.json("cancel", run)["state"], "cancelled")
        result = running.wait(30)
        self.assertEqual(result.rc, 130, result)
        self.assertEqual(self.pobsync.processes(), {})


class Ends(QueueCase):
    """Somebody stops or dies in the middle of a run."""

    def setUp(self):
        super().setUp()
        self.pobsync.ok("test-connection", "web1")
        self.make_slow()
        self.first = self.queue()

    def runner(self):
        """The process that does the run."""
        return next(pid for pid, argv in self.pobsync.processes().items() if argv[1:2] == [b"run-job"])

    def rows(self):
        return self.query("SELECT id, state, cause, trigger_name, retry_of, attempt FROM run ORDER BY id")

    def goes_on(self, again, state, cause, attempt):
        """The run has ended so, and another one repeats it and is good."""
        self.assertEqual(self.rows()[0][1:3], (state, cause))
        self.assertEqual(self.rows()[1], (again, "queued", None, "retry", self.first, attempt))
        self.assertEqual(self.snapshots(), [])
        self.make_fast()
        self.plant("UPDATE run SET due_at = 0 WHERE id = ?", again)
        self.work_off()
        self.assertEqual(self.state(again), "success")
        self.assertEqual(len(self.snapshots()), 1)
        self.assert_same_tree(self.source, self.data())
        self.assert_clean()

    def test_a_worker_that_is_asked_to_end(self):
        worker = self.pobsync.spawn("worker")
        self.wait_for_data(worker)
        began = time.monotonic()
        worker.kill(signal.SIGTERM)
        self.assertEqual(worker.wait(20).rc, 0)
        took = time.monotonic() - began
        self.assertLess(took, 12)
        print(f"    ended after {took:.1f} s")
        self.assertEqual(self.pobsync.processes(), {})
        self.goes_on(2, "cancelled", None, 1)

    def test_a_worker_that_is_killed(self):
        worker = self.pobsync.spawn("worker")
        self.wait_for_data(worker)
        worker.kill()
        worker.wait()
        self.pobsync.settle()
        self.goes_on(2, "failed", "killed", 2)

    def test_a_runner_that_is_killed(self):
        worker = self.pobsync.spawn("worker")
        self.wait_for_data(worker)
        os.kill(self.runner(), signal.SIGKILL)
        self.wait_for_state(self.first, "failed")
        worker.kill(signal.SIGTERM)
        worker.wait(20)
        self.assertEqual(self.pobsync.processes(), {})
        self.goes_on(2, "failed", "killed", 2)

    def test_both_at_once(self):
        worker = self.pobsync.spawn("worker")
        self.wait_for_data(worker)
        worker.kill(signal.SIGSTOP)
        os.kill(self.runner(), signal.SIGKILL)
        worker.kill()
        worker.wait()
        self.pobsync.settle()
        self.assertEqual(self.state(self.first), "running")
        self.pobsync.ok("recover", "--dry-run")
        self.assertEqual(self.state(self.first), "running")
        done = self.pobsync.json("recover")
        self.assertTrue(any("had died" in line for item in done["items"] for line in item["done"]), done)
        self.assertEqual(self.pobsync.json("recover")["items"], [], "a second time finds something")
        self.goes_on(2, "failed", "killed", 2)

    def test_a_run_that_has_gone_to_another_worker_publishes_nothing(self):
        worker = self.pobsync.spawn("worker")
        self.wait_for_data(worker)
        self.plant("UPDATE run SET token = token + 1, worker = 'another' WHERE id = ?", self.first)
        wait_for(lambda: len(self.pobsync.processes()) <= 1, 30, lambda: self.pobsync.processes())
        worker.kill(signal.SIGTERM)
        worker.wait(20)
        self.assertEqual(self.snapshots(), [])
        self.assertEqual(self.state(self.first), "running", "a stale commit was accepted")

    def test_a_worker_that_sleeps_keeps_its_run(self):
        """The lock of its runner is held, so nobody takes it; when it wakes up, it goes on."""
        worker = self.pobsync.spawn("worker")
        self.wait_for_data(worker)
        worker.kill(signal.SIGSTOP)
        self.assertEqual(self.pobsync.json("recover")["items"], [
            {"host": "web1", "state": "busy", "message": unittest.mock.ANY, "done": []}])
        self.make_fast()
        worker.kill(signal.SIGCONT)
        self.wait_for_state(self.first, "success", 60)
        worker.kill(signal.SIGTERM)
        worker.wait(20)
        self.assert_clean()


class Failures(QueueCase):
    def test_a_host_that_is_away_is_tried_again(self):
        self.pobsync.ok("test-connection", "web1")
        self.sshd.stop()
        run = self.queue()
        self.work_off()
        self.assertEqual(self.run_row(run)["cause"], "host_unreachable")
        again = self.query("SELECT id, due_at - requested_at, attempt FROM run WHERE retry_of = ?", run)
        self.assertEqual([(row[1], row[2]) for row in again], [(60, 2)])
        waits = self.pobsync.json("queue")["items"][0]["waits"]
        self.assertRegex(waits, "^will be tried again (in|just now)")
        for attempt in (2, 3):
            self.plant("UPDATE run SET due_at = 0 WHERE state = 'queued'")
            self.work_off()
        rows = self.query("SELECT state, attempt FROM run ORDER BY id")
        self.assertEqual(rows, [("failed", 1), ("failed", 2), ("failed", 3)], "retries is 2")

    def test_a_paused_host_is_left_alone(self):
        self.pobsync.ok("test-connection", "web1")
        run = self.queue()
        self.plant("UPDATE run SET trigger_name = 'schedule' WHERE id = ?", run)
        self.pobsync.ok("configure-host", "web1", "--no-enabled")
        self.work_off()
        self.assertEqual(self.state(run), "cancelled")
        self.assertEqual(self.query("SELECT count(*) FROM run"), [(1,)])


if __name__ == "__main__":
    unittest.main()
