"""What is due goes into the queue, once; and `up` keeps scheduler and worker going, whatever becomes of them."""

import os
import re
import signal
import socket
import time
import unittest
import urllib.request

from kit.case import HostCase
from kit.deadline import wait_for
from kit.sshd import free_port

TIME_LIMIT = 900
MONDAY = "2026-11-23T{}Z"  # at a time of that day


class SchedulerCase(HostCase):
    sanitised = False  # many short processes

    def setUp(self):
        super().setUp()
        self.write("a")
        self.add_host()

    def at(self, when, *args, **keywords):
        """A command at a time that we choose."""
        return self.pobsync.ok(*args, env={"POBSYNC_FAKE_NOW": when}, **keywords)

    def scheduled(self, cron, *options, host="web1", since="00:00:00"):
        self.at(MONDAY.format(since), "schedule", host, "--cron", cron, *options)

    def slots(self):
        return self.query("SELECT host_name, state, slot_at - due_at, trigger_name, request FROM run "
                          "WHERE job = 'backup' ORDER BY id")


class Passes(SchedulerCase):
    def test_a_slot_is_enqueued_once_and_not_before(self):
        self.scheduled("15 2 * * *", "--prune")
        self.at(MONDAY.format("02:14:59"), "scheduler")
        self.assertEqual(self.slots(), [])
        for _ in range(3):
            self.at(MONDAY.format("02:15:00"), "scheduler")
        self.assertEqual(self.slots(), [("web1", "queued", 0, "schedule", '{"prune":true}')])
        until = self.query("SELECT retry_until - slot_at FROM run WHERE job = 'backup'")
        self.assertEqual(until, [(3600,)])

    def test_many_schedulers_at_once(self):
        hosts = [f"h{number}" for number in range(12)]
        for host in hosts:
            self.add_host(name=host)
            self.scheduled("15 2 * * *", host=host)
        env = {"POBSYNC_FAKE_NOW": MONDAY.format("02:15:30")}
        running = [self.pobsync.spawn("scheduler", env=env) for _ in range(6)]
        for each in running:
            self.assertEqual(each.wait(60).rc, 0)
        self.assertEqual(sorted(row[0] for row in self.slots()), sorted(hosts))
        self.assertEqual(self.query("SELECT count(*) FROM run WHERE job = 'maintenance'"), [(1,)])

    def test_what_was_missed_is_made_up_for_once(self):
        self.scheduled("15 2 * * *")
        result = self.at("2026-11-26T12:00:00Z", "scheduler")
        self.assertIn("3 runs were missed; one is made up for", result.err)
        due = self.query("SELECT due_at FROM run WHERE job = 'backup'")
        self.assertEqual(due, [(1795659300,)], "2026-11-26 02:15 UTC")
        self.at("2026-11-26T12:01:00Z", "scheduler")
        self.assertEqual(len(self.slots()), 1)

    def test_a_host_whose_run_still_waits_gets_no_second_one(self):
        self.scheduled("0 * * * *")
        for hour in range(1, 5):
            self.at(MONDAY.format(f"{hour:02}:00:00"), "scheduler")
        self.assertEqual(len(self.slots()), 1)
        self.plant("UPDATE run SET state = 'cancelled', ended_at = 1 WHERE job = 'backup'")
        self.at(MONDAY.format("05:00:00"), "scheduler")
        self.assertEqual(len(self.slots()), 2)

    def test_paused_hosts_and_disabled_schedules_are_left_alone(self):
        self.add_host(name="other")
        self.scheduled("0 * * * *")
        self.scheduled("0 * * * *", host="other")
        self.at(MONDAY.format("00:01:00"), "configure-host", "web1", "--no-enabled")
        self.at(MONDAY.format("00:01:00"), "schedule", "other", "--disable")
        self.at(MONDAY.format("03:00:00"), "scheduler")
        self.assertEqual(self.slots(), [])

    def test_a_schedule_that_cannot_be_read_holds_up_no_other(self):
        self.add_host(name="other")
        self.scheduled("0 * * * *")
        self.scheduled("0 * * * *", host="other")
        self.plant("UPDATE schedule SET cron = 'at noon' WHERE host_id = (SELECT id FROM host WHERE name = 'other')")
        result = self.at(MONDAY.format("03:00:00"), "scheduler")
        self.assertEqual([row[0] for row in self.slots()], ["web1"])
        self.assertIn("the schedule of other", result.err)

    def test_a_clock_that_goes_back_is_told_and_repeats_no_slot(self):
        self.scheduled("0 * * * *")
        self.at(MONDAY.format("06:00:00"), "scheduler")
        self.plant("UPDATE run SET state = 'cancelled', ended_at = 1 WHERE job = 'backup'")
        result = self.at(MONDAY.format("03:00:00"), "scheduler")
        self.assertIn("the clock went back by ", result.err)
        trouble = self.pobsync.json("queue", env={"POBSYNC_FAKE_NOW": MONDAY.format("03:01:00")})["scheduler"]["trouble"]
        self.assertIn("the clock went back by ", trouble)
        self.plant("UPDATE run SET state = 'cancelled', ended_at = 1 WHERE job = 'backup'")
        self.at(MONDAY.format("06:00:00"), "scheduler")
        slots = [row[0] for row in self.query("SELECT slot_at FROM run WHERE job = 'backup'")]
        self.assertEqual(len(slots), len(set(slots)))

    def test_a_clock_that_leaps_is_told(self):
        self.at(MONDAY.format("06:00:00"), "scheduler")
        self.assertIn("the clock leapt forward by ", self.at("2026-12-23T06:00:00Z", "scheduler").err)

    def test_the_interval_is_checked(self):
        self.assertEqual(self.pobsync.run("scheduler", "--loop", "--interval", "0").rc, 2)

    def test_the_work_of_the_night_is_enqueued_once_a_night(self):
        def nights():
            return self.query("SELECT count(*) FROM run WHERE job = 'maintenance'")[0][0]

        self.at(MONDAY.format("03:00:00"), "scheduler")
        first = nights()
        self.at(MONDAY.format("03:29:00"), "scheduler")
        self.assertEqual(nights(), first)
        for minute in ("30", "31", "59"):
            self.at(MONDAY.format(f"03:{minute}:00"), "scheduler")
            self.assertEqual(nights(), first + 1)


class Up(SchedulerCase):
    def parts(self):
        """{name: pid} of what `up` has started."""
        return {argv[1].decode(): pid for pid, argv in self.pobsync.processes().items()
                if argv[1:2] in ([b"scheduler"], [b"worker"])}

    def start(self, *options, **keywords):
        up = self.pobsync.spawn("up", *(options or ["--no-web"]), **keywords)
        wait_for(lambda: len(self.parts()) == 2, 20, lambda: f"both parts run; {up.output('stderr')}")
        return up

    def end(self, up, number=signal.SIGTERM):
        began = time.monotonic()
        up.kill(number)
        self.assertEqual(up.wait(20).rc, 0)
        took = time.monotonic() - began
        self.assertLess(took, 12)
        self.assertEqual(self.pobsync.processes(), {})
        self.assertEqual(self.query("SELECT count(*) FROM run WHERE state = 'running'"), [(0,)])
        return took

    def test_a_due_host_is_backed_up_by_itself(self):
        self.pobsync.ok("test-connection", "web1")
        self.pobsync.ok("schedule", "web1", "--cron", "* * * * *", "--prune")
        up = self.start()
        wait_for(lambda: self.snapshots(), 100, lambda: f"a snapshot; {up.output('stderr').decode()}")
        wait_for(lambda: self.query("SELECT state FROM run WHERE job = 'backup'")[0] == ("success",), 20, "the row")
        self.assert_same_tree(self.source, self.data())
        self.end(up)

    def test_a_run_that_goes_on_ends_with_it_and_goes_on_with_the_next(self):
        self.pobsync.ok("test-connection", "web1")
        for number in range(4):
            self.write(f"big{number}", os.urandom(3_000_000))
        self.force_script("exec rsync --bwlimit=1000 ${SSH_ORIGINAL_COMMAND#rsync}")
        self.pobsync.ok("backup", "web1", "--queue")
        up = self.start()
        place = os.path.join(self.pobsync.host_dir("web1"), ".incomplete")
        wait_for(lambda: os.path.isdir(place) and os.listdir(place), 30, "the run has begun")
        print(f"    ended after {self.end(up):.1f} s")
        self.assertEqual(self.query("SELECT state FROM run ORDER BY id LIMIT 1"), [("cancelled",)])
        self.sshd.authorize(self.pobsync.key_line("web1"))
        up = self.start()
        wait_for(lambda: self.snapshots(), 60, lambda: f"a snapshot; {up.output('stderr').decode()}")
        self.end(up, signal.SIGINT)

    def test_the_web_pages_come_with_it(self):
        port = free_port()
        up = self.start("--listen", f"127.0.0.1:{port}")

        def answers():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                    return answer.status == 200
            except OSError:
                return False

        wait_for(answers, 30, lambda: f"the web answers; {up.output('stderr').decode()}")
        self.end(up)

    def test_what_dies_is_started_again(self):
        up = self.start()
        before = self.parts()
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(self.parts()) == 2 and not set(self.parts().values()) & set(before.values()), 30,
                 lambda: self.parts())
        self.assertIn(b"was killed by signal 9 and is started again", up.output("stderr"))
        self.end(up)

    def test_its_own_death_ends_the_parts(self):
        up = self.start()
        up.kill()
        up.wait()
        self.pobsync.settle()

    def test_the_service_manager_is_told(self):
        place = self.work / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(place)
            manager.settimeout(20)
            up = self.start(env={"NOTIFY_SOCKET": place, "WATCHDOG_USEC": "400000"})
            said = [manager.recv(1000) for _ in range(4)]
            self.assertEqual(said[0], b"READY=1")
            self.assertEqual(set(said[1:]), {b"WATCHDOG=1"})
            self.end(up)
            manager.setblocking(False)
            rest = []
            try:
                while True:
                    rest.append(manager.recv(1000))
            except BlockingIOError:
                pass
            self.assertEqual(rest[-1], b"STOPPING=1")

    def test_a_database_that_cannot_be_opened_is_said_once(self):
        result = self.pobsync.run("up", env={"POBSYNC_DATABASE": "sqlite:///nowhere/at/all.db"}, timeout=20)
        self.assertEqual(result.rc, 1, result)
        self.assertEqual(len(re.findall("cannot make", result.err)), 1, result)


if __name__ == "__main__":
    unittest.main()
