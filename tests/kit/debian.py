"""A small Debian in a directory, made of the packages that this machine's own apt knows; once made it is kept as an archive
in build-debian/ of the source tree, so that a test installs without a network."""

import hashlib
import os
import shutil
import subprocess

from kit.workdir import WorkDir

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
KEPT = os.path.join(TOP, "build-debian")
CODENAME = "bookworm"


def reason_to_skip():
    """Why there can be none here, or ""."""
    if os.geteuid() != 0:
        return "needs root, to unpack a Debian and to change into it"
    if shutil.which("mmdebstrap") is None:
        return "mmdebstrap is not installed"
    if not sources():
        return f"apt of this machine knows no Debian {CODENAME}"
    return ""


def sources():
    """What apt gets Debian from, as lines of a list of sources."""
    if shutil.which("apt-get") is None:
        return []
    done = subprocess.run(["apt-get", "indextargets", "Created-By: Packages", "Origin: Debian", "--format",
                           "deb $(SITE) $(RELEASE) $(COMPONENT)"], capture_output=True, text=True, check=False)
    return sorted({line for line in done.stdout.splitlines() if line.split()[2].startswith(CODENAME)})


def archive(packages, variant="minbase"):
    """Path of a tar of Debian with these packages and what they need."""
    name = hashlib.sha256("\n".join([variant, *sorted(packages)]).encode()).hexdigest()[:16]
    path = os.path.join(KEPT, f"{variant}-{name}.tar")
    if os.path.exists(path):
        return path
    os.makedirs(KEPT, exist_ok=True)
    argv = ["mmdebstrap", "--quiet", "--format=tar", f"--variant={variant}", f"--include={','.join(packages)}",
            "--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
            "--dpkgopt=path-include=/usr/share/doc/*/copyright",
            "--aptopt=Acquire::Check-Valid-Until \"false\"", "--aptopt=Acquire::Languages \"none\"",
            CODENAME, path + ".part", "-"]
    done = subprocess.run(argv, input="\n".join(sources()) + "\n", capture_output=True, text=True, timeout=580, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"mmdebstrap: {done.stderr}")
    # If we die here: an archive beside its name, made again the next time.
    os.rename(path + ".part", path)
    return path


class Debian(WorkDir):
    """Such a Debian, unpacked. Nothing in it is started by being installed."""

    def __init__(self, packages):
        super().__init__("kit.debian.", "/var/tmp")
        try:
            subprocess.run(["tar", "-xpf", archive(packages), "-C", self.path, "--numeric-owner", "--exclude=./dev/*"], check=True)
            self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        except BaseException:
            self.remove()
            raise

    def argv(self, *command):
        """`command` inside, with /proc and /dev, which are gone again with it."""
        script = ('mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"')
        return ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", script, self.path, *map(str, command)]

    @staticmethod
    def environment():
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive"}

    def spawn(self, *command):
        return subprocess.Popen(self.argv(*command), env=self.environment(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def run(self, *command, expect=0, input="", timeout=120):
        """Runs it to its end; what it said on standard output."""
        done = subprocess.run(self.argv(*command), env=self.environment(), input=input, capture_output=True, text=True,
                              timeout=timeout, check=False)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        self.last_error = done.stderr
        return done.stdout
