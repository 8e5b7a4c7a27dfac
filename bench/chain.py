"""Snapshots of hosts as hard-linked copies, put on the disk and into the database without a backup."""

import os
import sqlite3
import subprocess
import time

DAY = 86400
BEGIN = 1764000000


def name_of(day):
    return time.strftime("%Y%m%d-%H%M%SZ__00000000", time.gmtime(BEGIN + day * DAY))


class Chain:
    """The scheduled snapshots of one host, which is in the database already: one a day."""

    def __init__(self, pobsync, host):
        self.pobsync, self.host = pobsync, host
        self.scheduled = os.path.join(pobsync.root, host, "scheduled")

    def data(self, day):
        return os.path.join(self.scheduled, name_of(day), "data")

    def place(self, day, source):
        """Snapshot `day`, all its files linked to those of `source`; also once more after it was deleted. Returns its tree."""
        data = self.data(day)
        os.makedirs(os.path.dirname(data))
        subprocess.run(["cp", "-al", source, data], check=True)
        link = sqlite3.connect(self.pobsync.database)
        with link:
            link.execute("DELETE FROM snapshot WHERE name = ? AND host_id = (SELECT id FROM host WHERE name = ?)",
                         [name_of(day), self.host])
            link.execute("INSERT INTO snapshot (host_id, kind, name, status, started_at, ended_at, confirmed) VALUES "
                         "((SELECT id FROM host WHERE name = ?), 'scheduled', ?, 'success', ?, ?, 1)",
                         [self.host, name_of(day), BEGIN + day * DAY, BEGIN + day * DAY])
        link.close()
        return data
