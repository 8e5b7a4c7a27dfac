"""What a rebuild needs, on the backup root itself: each change of a host or of the global settings is in a file there
when its command ends, also before the host has a directory; a crash or a disk that was away is made good."""

import json
import os
import shutil
import unittest

from kit.case import HostCase
from kit.faults import Faults
from kit.workdir import WorkDir


class RootFilesCase(HostCase):
    def setUp(self):
        super().setUp()
        self.write("file")
        self.add_host("--keep-daily", "3")

    def path(self, *parts):
        return os.path.join(self.pobsync.root, *parts)

    def load(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as file:
            return json.load(file)

    def early(self, name="web1"):
        return self.load(".pobsync", "hosts", f"{name}.json")

    def host(self, name="web1"):
        return self.load(name, ".pobsync", "host.json")

    def globals(self):
        return self.load(".pobsync", "global.json")["settings"]

    def configure(self, value, env=None):
        return self.pobsync.run("configure-host", "web1", "--retries", value, env=env)


class RootFiles(RootFilesCase):
    def test_a_host_without_a_directory(self):
        self.assertEqual(self.early()["settings"]["keep_daily"], "3")
        self.pobsync.ok("schedule", "web1", "--cron", "15 2 * * *")
        self.assertEqual(self.early()["schedule"]["cron"], "15 2 * * *")
        self.assertFalse(os.path.exists(self.path("web1")))
        self.backup()
        self.assertEqual(self.host()["schedule"]["cron"], "15 2 * * *")
        self.assertFalse(os.path.exists(self.path(".pobsync", "hosts", "web1.json")))

    def test_each_change_of_a_host(self):
        self.pobsync.ok("host-key", "web1", "--accept", self.sshd.fingerprint())
        self.assertEqual(self.early()["host_keys"][0]["type"], "ssh-ed25519")
        self.backup()
        name = os.path.basename(self.snapshots()[0])
        self.assertEqual(self.host()["newest"], name)
        self.configure(3)
        self.assertEqual(self.host()["settings"]["retries"], "3")
        self.pobsync.ok("schedule", "web1", "--cron", "0 4 * * *", "--prune")
        self.assertEqual(self.host()["schedule"]["prune"], "yes")
        self.pobsync.ok("pin", "web1", "latest", "--reason", "year's end")
        self.assertEqual(self.host()["snapshots"], [
            {"name": name, "pinned": True, "pin_reason": "year's end", "held_reason": None}])
        self.pobsync.ok("unpin", "web1", name)
        self.assertEqual(self.host()["snapshots"], [])
        self.pobsync.ok("host-key", "web1", "--forget")
        self.assertEqual(self.host()["host_keys"], [])
        self.pobsync.ok("schedule", "web1", "--remove")
        self.assertIsNone(self.host()["schedule"])

    def test_the_global_settings(self):
        self.pobsync.ok("configure-global", "--keep-weekly", "7")
        self.assertEqual(self.globals()["keep_weekly"], "7")
        self.pobsync.ok("configure-global", "--unset", "keep-weekly")
        self.assertNotIn("keep_weekly", self.globals())

    def test_an_import(self):
        folder = self.pobsync.dir.make("configs/config/hosts")
        with open(os.path.join(folder, "db1.yaml"), "w", encoding="ascii") as file:
            file.write("address: 192.0.2.1\n")
        self.pobsync.ok("import-configs", "--prefix", self.pobsync.dir / "configs")
        self.assertEqual(self.early("db1")["settings"]["address"], "192.0.2.1")

    def test_a_host_that_was_removed(self):
        self.backup()
        self.pobsync.ok("configure-host", "db1", "--address", "192.0.2.1")
        for name in ("web1", "db1"):
            self.pobsync.ok("remove-host", name, "--yes")
        self.assertFalse(os.path.exists(self.path("web1", ".pobsync", "host.json")))
        self.assertEqual(os.listdir(self.path(".pobsync", "hosts")), [])
        self.assertEqual(len(self.snapshots()), 1)

    def test_a_disk_that_was_away(self):
        self.backup()
        os.rename(self.path(), self.pobsync.root + ".away")
        os.mkdir(self.path())
        self.configure(5)
        self.assertEqual(os.listdir(self.path()), [])
        os.rmdir(self.path())
        os.rename(self.pobsync.root + ".away", self.path())
        self.assertNotIn("retries", self.host()["settings"])
        self.pobsync.ok("configure-global", "--keep-weekly", "7")
        self.assertEqual(self.host()["settings"]["retries"], "5")

    def test_an_older_database_writes_nothing_over(self):
        self.backup()
        self.pobsync.needs_file()
        shutil.copy(self.pobsync.database, self.work / "copy")
        self.pobsync.ok("pin", "web1", "latest", "--reason", "year's end")
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.pobsync.database + suffix):
                os.unlink(self.pobsync.database + suffix)
        shutil.copy(self.work / "copy", self.pobsync.database)
        self.configure(7)
        self.backup()
        self.assertEqual(self.host()["snapshots"][0]["pin_reason"], "year's end")
        self.assertNotIn("retries", self.host()["settings"])
        self.pobsync.ok("discover-snapshots", "--confirm")
        self.assertEqual(self.host()["settings"]["retries"], "7")
        self.assertEqual(self.host()["snapshots"], [])


class Killed(RootFilesCase):
    sanitised = False

    def test_killed_at_each_call(self):
        """The file is the old one or the new one, and the next change of anything makes it the new one."""
        self.backup()
        seen = set()
        with WorkDir() as directory:
            for number in range(1, 300):
                faults = Faults(directory.path, number)
                value = str(number % 9)
                before = self.host()["settings"].get("retries")
                self.configure(value, faults.env)
                seen.add(self.host()["settings"].get("retries") == value)
                self.assertIn(self.host()["settings"].get("retries"), (before, value))
                self.pobsync.ok("configure-global", "--keep-weekly", str(number))
                recorded, = self.query("SELECT retries FROM host")[0]
                self.assertEqual(self.host()["settings"].get("retries"), None if recorded is None else str(recorded))
                self.assertEqual(self.globals()["keep_weekly"], str(number))
                fired = faults.fired
                if not fired:
                    break
        self.assertFalse(fired)
        self.assertEqual(seen, {True, False})


if __name__ == "__main__":
    unittest.main()
