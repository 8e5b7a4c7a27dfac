"""A container engine for tests, where none runs and no registry can be reached: dockerd in a network of its own, which has
loopback and its own bridges and, while an image is built, a way to the packages of Debian. The base image is made by
kit/debian.py. What it makes is kept in /var/tmp/pobsync-containers, for the next time."""

import contextlib
import ctypes
import fcntl
import glob
import json
import os
import shutil
import subprocess
import threading

from kit import debian
from kit.deadline import wait_for

PLACE = "/var/tmp/pobsync-containers"
PLUGINS = {"docker-compose": "docker-compose", "docker-buildx": "docker-buildx"}  # package: file
PLUGINS_FROM = "trixie"  # bookworm has neither
BASE = "docker.io/library/debian:bookworm-slim"
CLONE_NEWNET = 0x40000000


def reason_to_skip():
    """Why no engine can be run here, or ""."""
    for program in ("dockerd", "docker", "docker-init", "slirp4netns", "ip", "iptables"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    why = debian.reason_to_skip()
    if why:
        return why
    if subprocess.run(["unshare", "-n", "ip", "link", "add", "kit0", "type", "bridge"], capture_output=True, check=False).returncode:
        return "this machine lets nobody make a network of its own with a bridge"
    return ""


class Engine:
    """The engine, as a context: one at a time on a machine."""

    def __enter__(self):
        os.makedirs(PLACE, mode=0o755, exist_ok=True)
        self.lock = open(os.path.join(PLACE, "lock"), "w", encoding="ascii")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.environment = os.environ | {"DOCKER_CONFIG": os.path.join(PLACE, "cfg"), "DOCKER_HOST": f"unix://{PLACE}/docker.sock",
                                         "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        self.get_plugins()
        self.start()
        try:
            self.get_base()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # What later builds have replaced.
        self.docker("image", "prune", "--force", expect=None)
        self.docker("builder", "prune", "--force", "--keep-storage", "2GB", expect=None)
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        subprocess.run(["umount", os.path.join(PLACE, "exec/netns/default")], capture_output=True, check=False)
        self.lock.close()

    def get_plugins(self):
        """Compose and buildx, from a newer Debian: unpacked, not installed."""
        target = os.path.join(PLACE, "cfg", "cli-plugins")
        if all(os.path.exists(os.path.join(target, name)) for name in PLUGINS.values()):
            return
        work = os.path.join(PLACE, "plugins")
        shutil.rmtree(work, ignore_errors=True)
        for folder in ("lists/partial", "parts", "root"):
            os.makedirs(os.path.join(work, folder))
        with open(os.path.join(work, "parts", "newer.list"), "w", encoding="utf-8") as file:
            for line in debian.sources():
                if line.split()[2] == debian.CODENAME:
                    print(line.replace(debian.CODENAME, PLUGINS_FROM), file=file)
        options = ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={work}/parts",
                   "-o", f"Dir::State::lists={work}/lists", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
                   "-o", "APT::Sandbox::User=root"]
        subprocess.run(["apt-get", *options, "update", "-qq"], check=True, timeout=120, capture_output=True)
        subprocess.run(["apt-get", *options, "download", "-qq", *PLUGINS], check=True, timeout=300, cwd=work, capture_output=True)
        for package in glob.glob(os.path.join(work, "*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, os.path.join(work, "root")], check=True)
        os.makedirs(target, exist_ok=True)
        for name in PLUGINS.values():
            shutil.copy(os.path.join(work, "root/usr/libexec/docker/cli-plugins", name), target)
        shutil.rmtree(work)

    def start(self):
        script = ('ip link set lo up && exec dockerd --data-root "$0/data" --exec-root "$0/exec" -p "$0/docker.pid" '
                  '-H "unix://$0/docker.sock"')
        with open(os.path.join(PLACE, "dockerd.log"), "wb") as log:
            self.process = subprocess.Popen(["unshare", "-n", "sh", "-c", script, PLACE], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def ready():
            if self.process.poll() is not None:
                with open(os.path.join(PLACE, "dockerd.log"), encoding="utf-8", errors="replace") as log:
                    raise RuntimeError(f"dockerd has ended: {log.read()[-3000:]}")
            return self.docker("info", expect=None).returncode == 0

        wait_for(ready, 60, "dockerd does not answer")

    def get_base(self):
        if self.docker("image", "inspect", BASE, expect=None).returncode != 0:
            self.docker("import", "-c", 'CMD ["bash"]', debian.archive(["ca-certificates"]), BASE, timeout=120)

    def docker(self, *words, expect=0, timeout=60, env=None, cwd=None):
        """Runs the client to its end."""
        done = subprocess.run(["docker", *map(str, words)], env=self.environment | (env or {}), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, check=False, cwd=cwd)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"docker {words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    @contextlib.contextmanager
    def way_out(self):
        """For builds only."""
        link = subprocess.Popen(["slirp4netns", "--configure", "--mtu=1400", "--disable-host-loopback", str(self.process.pid), "tap0"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: self.inside(lambda: subprocess.run(["ip", "link", "show", "tap0"], capture_output=True,
                                                                check=False).returncode == 0), 20, "slirp4netns does not come up")
            yield
        finally:
            link.terminate()
            link.wait()

    def inside(self, action):
        """What `action` gives when it is called in the network of the engine, by a thread of its own: its sockets and the
        processes that it starts are there."""
        libc = ctypes.CDLL(None, use_errno=True)
        told = {}

        def enter():
            try:
                with open(f"/proc/{self.process.pid}/ns/net", "rb") as place:
                    if libc.setns(place.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                told["result"] = action()
            except BaseException as error:  # for the thread that waits
                told["error"] = error

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if "error" in told:
            raise told["error"]
        return told["result"]


class Project:
    """The compose file of a directory, under a name of its own."""

    def __init__(self, engine, directory, name, env):
        self.engine, self.directory, self.name, self.env = engine, directory, name, env

    def compose(self, *words, expect=0, timeout=120):
        return self.engine.docker("compose", "--project-name", self.name, *words, expect=expect, timeout=timeout, env=self.env,
                                  cwd=self.directory)

    def states(self):
        """{service: "healthy" …} of what runs."""
        lines = self.compose("ps", "--format", "json").stdout.splitlines()
        return {item["Service"]: item["Health"] or item["State"] for item in map(json.loads, lines)}

    def wait_until_healthy(self, *services, timeout=90):
        wait_for(lambda: all(self.states().get(service) == "healthy" for service in services), timeout,
                 lambda: f"{self.states()}\n{self.logs()}")

    def logs(self):
        done = self.compose("logs", "--no-color", expect=None)
        return done.stdout + done.stderr

    def exec(self, service, *words, expect=0):
        return self.compose("exec", "-T", service, *words, expect=expect).stdout

    def down(self):
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5", expect=None)
