"""A real MariaDB server of our own: a new data directory, a socket, no network unless asked for, and nothing is synced."""

import os
import pathlib
import shutil
import signal
import subprocess

from kit.deadline import wait_for
from kit.workdir import WorkDir

SQL = pathlib.Path("/usr/share/mysql")
TABLES = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
# Durable against the death of the server, not against that of the machine.
OPTIONS = ("--no-defaults", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2",
           "--skip-innodb-doublewrite", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M",
           "--performance-schema=off", "--skip-name-resolve", "--default-time-zone=+05:00")


def missing():
    """Why no server can be started here, or None."""
    if shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin") is None:
        return "there is no mariadbd (package mariadb-server-core)"
    lacking = [name for name in TABLES if not (SQL / name).exists()]
    return f"{SQL / lacking[0]} is missing" if lacking else None


class MariaDb:
    """
    A server with the empty database `pobsync_test`, whose user root has no password.

    port  listens on 127.0.0.1 there as well, 0: on the socket only
    """

    def __init__(self, port=0, options=()):
        self.dir = WorkDir("kit.mariadb.")
        self.data, self.socket = self.dir.make("data"), self.dir / "socket"
        self.log = self.dir / "log"
        network = [f"--port={port}", "--bind-address=127.0.0.1"] if port else ["--skip-networking"]
        self.argv = [shutil.which("mariadbd") or "/usr/sbin/mariadbd", *OPTIONS, *network, *options,
                     f"--datadir={self.data}", f"--socket={self.socket}", f"--pid-file={self.dir / 'pid'}"]
        if os.geteuid() == 0:
            self.argv.append("--user=nobody")
            shutil.chown(self.dir.path, "nobody")
            shutil.chown(self.data, "nobody")
        self.process = None
        self._install()
        self.start()

    def _install(self):
        """What mariadb-install-db does, without what we need not."""
        sql = ["create database mysql;", "use mysql;", "set @auth_root_socket = null;"]
        sql += [(SQL / name).read_text() for name in TABLES]
        sql.append("create database pobsync_test;\n")
        done = subprocess.run([*self.argv, "--bootstrap"], input="\n".join(sql), text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"mariadbd --bootstrap: {done.stderr}")

    def start(self):
        """Returns when it answers. Its log begins anew."""
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        wait_for(self._is_ready, 60, lambda: f"no database server: {pathlib.Path(self.log).read_text(errors='replace')}")

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"mariadbd ended: {pathlib.Path(self.log).read_text(errors='replace')}")
        return b"ready for connections" in pathlib.Path(self.log).read_bytes()

    def stop(self, number=signal.SIGTERM):
        """Ends it, with SIGKILL in the middle of whatever it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)
        self.process = None

    def url(self, database="pobsync_test"):
        return f"mariadb://root@localhost/{database}?socket={self.socket}"

    def close(self):
        self.stop(signal.SIGKILL)
        self.dir.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
