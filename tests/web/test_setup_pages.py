"""From an empty server to the first backup by pages alone, against a real ssh server: the backup root as a run, the steps
of a host, a changed host key."""

import os
import subprocess
import unittest

from kit.case import EVERYTHING
from kit.sshd import Sshd
from kit.web_case import WebCase
from kit.workdir import WorkDir


class Setup(WebCase):
    def setUp(self):
        super().setUp()
        self.sshd = self.enterContext(Sshd())
        self.work_dir = self.enterContext(WorkDir())
        self.source = self.work_dir.make("source")
        with open(os.path.join(self.source, "hello"), "w", encoding="ascii") as file:
            file.write("hello\n")

    def work(self):
        self.pobsync.ok("worker", "--once")

    def api(self, path):
        return self.admin.get("/api/v1" + path).json

    def go(self, path, fields=(), to=None):
        """Sends a form, and lets the worker do what it asked for."""
        answer = self.admin.send(path, fields)
        self.assertEqual(answer.status, 303, answer)
        if to:
            self.assertEqual(answer.headers["Location"], to)
        self.work()
        return self.admin.get(answer.headers["Location"].split("?")[0]).text

    def steps(self, host="web1"):
        document = self.api(f"/hosts/{host}/setup")
        return [step["step"] for step in document["steps"] if step["done"]], document["next"]

    def add_host(self):
        self.pobsync.mark_root()
        self.pobsync.ok("configure-global", *EVERYTHING)
        return self.go("/hosts/new", {"name": "web1", "address": self.sshd.address, "ssh_port": str(self.sshd.port),
                                      "ssh_user": self.sshd.user}, to="/hosts/web1/setup/key?notice=created")

    def test_root(self):
        page = self.admin.get("/setup/root").text
        self.assertIn("Root unset", page)
        self.assertIn("Set the backup root", self.admin.get("/").text)
        page = self.go("/setup/root", {"path": self.pobsync.root}, to="/setup/root")
        self.assertIn("is marked and is the backup root", page)
        self.assertTrue(os.path.exists(os.path.join(self.pobsync.root, ".pobsync-root")))
        self.assertEqual(self.api("/setup/root")["root"]["state"], "ok")
        self.assertIn(("global.configure", "admin"), [(item["action"], item["actor"]) for item in self.audit()])
        self.assertEqual(self.admin.send("/setup/root", {"path": "relative"}).status, 422)
        self.assertEqual(self.admin.send("/setup/root", {"path": ""}).status, 422)
        self.assertEqual(self.log_in("operator").get("/setup/root").status, 403)

    def test_root_of_somebody_else_is_taken_over_only_when_told(self):
        os.makedirs(os.path.join(self.pobsync.root, "web1", "scheduled", "20260101-021500Z__00000001", "data"))
        page = self.go("/setup/root", {"path": self.pobsync.root})
        self.assertIn("Failed", page)
        self.assertNotEqual(self.api("/setup/root")["root"]["state"], "ok")
        page = self.go("/setup/root", {"path": self.pobsync.root, "adopt": "yes"})
        self.assertEqual(self.api("/setup/root")["root"]["state"], "ok", page)

    def test_from_nothing_to_a_backup(self):
        page = self.add_host()
        self.assertIn("restrict,command=&quot;rrsync -ro /&quot; ssh-ed25519 ", page)
        self.assertEqual(self.steps(), (["key"], "connect"))
        self.assertIn("sudoers", self.admin.get("/hosts/web1/setup/key?line=sudo").text)
        self.assertEqual(self.admin.get("/hosts/web1/setup/key?line=root").status, 422)
        page = self.go("/hosts/web1/setup/connect", to="/hosts/web1/setup/connect")
        self.assertIn("Permission denied", page)
        self.assertEqual(self.steps(), (["key"], "connect"))
        self.sshd.authorize_also(self.api("/hosts/web1/setup/key?line=plain")["key"]["authorized_keys"])
        page = self.go("/hosts/web1/setup/paths", {"source_root": self.source, "includes": "", "excludes": "",
                                                   "one_file_system": ""}, to="/hosts/web1/setup/schedule")
        self.assertIn("Every night", page)
        page = self.go("/hosts/web1/setup/connect")
        self.assertIn("can be backed up", page)
        self.assertEqual(self.steps(), (["key", "connect", "paths"], "schedule"))
        preview = self.admin.get("/hosts/web1/setup/schedule?cron=15+2+*+*+*&prune=yes").text
        self.assertIn("Not saved yet", preview)
        self.go("/hosts/web1/setup/schedule", {"cron": "15 2 * * *", "prune": "yes"},
                to="/hosts/web1/setup/first?notice=saved")
        page = self.go("/hosts/web1/setup/first", to="/hosts/web1/setup/first")
        self.assertIn("web1 is backed up", page)
        self.assertEqual(self.steps()[1], None)
        self.assertIn("Everything is done", self.admin.get("/hosts/web1/setup").text)
        run = self.api("/hosts/web1/setup/first")["run"]
        self.assertEqual((run["state"], run["trigger"], run["stats"]["files"]), ("success", "web", 1))

    def test_a_changed_host_key(self):
        self.add_host()
        self.sshd.authorize_also(self.api("/hosts/web1/setup/key?line=plain")["key"]["authorized_keys"])
        self.go("/hosts/web1/setup/paths", {"source_root": self.source})
        self.assertIn("pinned at this first contact", self.go("/hosts/web1/setup/connect"))
        self.sshd.change_host_key()
        page = self.go("/hosts/web1/setup/connect")
        self.assertIn("shows another host key", page)
        shown = self.api("/hosts/web1/setup/connect")["run"]["result"]["shown"]
        other = "SHA256:" + "A" * 43
        self.assertEqual(self.log_in("operator").send("/hosts/web1/host-key", {"fingerprint": shown}).status, 403)
        self.assertEqual(self.admin.send("/hosts/web1/host-key", {"fingerprint": "SHA256:x"}).status, 422)
        page = self.go("/hosts/web1/host-key", {"fingerprint": other})
        self.assertIn("not " + other, page, "a wrong one is refused with both")
        self.assertEqual(self.api("/hosts/web1/setup/connect")["accepted"]["state"], "failed")
        page = self.go("/hosts/web1/host-key", {"fingerprint": shown})
        self.assertIn("is the pinned host key now", page)
        self.assertIn("can be backed up", self.go("/hosts/web1/setup/connect"))
        path = self.work_dir / "key"
        with open(path, "w", encoding="ascii") as file:
            file.write(self.sshd.host_key() + "\n")
        printed = subprocess.run(["ssh-keygen", "-lf", path], check=True, capture_output=True, text=True).stdout
        self.assertIn(shown, printed)

    def test_what_lies_there_already_is_told(self):
        self.pobsync.mark_root()
        os.makedirs(os.path.join(self.pobsync.host_dir("web1"), "scheduled", "20260101-021500Z__00000001", "data"))
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1")
        page = self.admin.get("/hosts/web1/setup").text
        self.assertIn("snapshots of web1 that are not recorded (1)", page)
        self.assertIn("/hosts/web1/discovery", page)

    def test_presets_are_shown_before_they_are_saved(self):
        self.pobsync.mark_root()
        self.pobsync.ok("configure-host", "web1", "--address", "192.0.2.1", "--includes", "/srv")
        self.assertIn("/srv</textarea>", self.admin.get("/hosts/web1/setup/paths").text)
        self.assertIn("/var/lib", self.admin.get("/hosts/web1/setup/paths?preset=data").text)
        self.assertEqual(self.admin.send("/hosts/web1/setup/paths", {"source_root": "relative"}).status, 422)
        self.assertEqual(self.admin.send("/hosts/web1/setup/paths", {"ssh_port": "1"}).status, 400)
        self.admin.send("/hosts/web1/setup/paths", {"includes": ""})
        settings = {item["name"]: item for item in self.pobsync.json("show", "web1")["settings"]}
        self.assertNotEqual(settings["includes"]["origin"], "host", "left empty is inherited")
        self.assertEqual(self.admin.send("/hosts/nobody/setup/paths", {"includes": ""}).status, 404)


if __name__ == "__main__":
    unittest.main()
