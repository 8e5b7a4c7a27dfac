"""File systems of a chosen kind and size, and what can be done to them. All need root."""

import fcntl
import functools
import os
import shutil
import struct
import subprocess
import unittest

from kit.deadline import wait_for
from kit.workdir import WorkDir

IMAGES = "/dev/shm"  # where the images of loop mounts lie
SHUTDOWN = 0x8004587D  # _IOR('X', 125, u32): EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN
NO_LOG_FLUSH = 2

requires_root = unittest.skipUnless(os.geteuid() == 0, "needs root")


def _quietly(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@functools.cache
def cannot_mount():
    """Why nothing can be mounted here, or None."""
    if os.geteuid() != 0:
        return "needs root to mount"
    with WorkDir("kit.probe.") as probe:
        tried = _quietly("mount", "-t", "tmpfs", "kit", probe.path)
        if tried.returncode != 0:
            return f"cannot mount here: {tried.stderr.strip()}"
        subprocess.run(["umount", probe.path], check=True)
    return None


@functools.cache
def cannot_loop(kind="ext4"):
    """Why no image of this kind can be mounted here, or None."""
    if cannot_mount():
        return cannot_mount()
    if not shutil.which(f"mkfs.{kind}", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        return f"mkfs.{kind} is not installed"
    if _quietly("losetup", "-f").returncode != 0:
        return "no loop device here"
    return None


requires_mount = unittest.skipIf(cannot_mount(), cannot_mount())


def requires_loop(kind="ext4"):
    """Decorator: skips the test with the reason when images of this kind cannot be mounted."""
    return unittest.skipIf(cannot_loop(kind), cannot_loop(kind))


class Mount:
    """Something mounted at `path`; unmounted at the end, when all else in the directory goes too."""

    def __init__(self, arguments, directory, path=None):
        self.dir = directory
        self.path = path or self.dir.make("mnt")
        self.arguments = arguments
        self.mounted = False
        try:
            self.mount()
        except BaseException:
            self.dir.remove()
            raise

    def mount(self):
        subprocess.run(["mount", *self.arguments, self.path], check=True)
        self.mounted = True

    def remount(self, *options):
        """Changes mount options, e.g. remount("ro"); an error when the kernel refuses (busy)."""
        subprocess.run(["mount", "-o", ",".join(("remount", *options)), self.path], check=True)

    def read_only(self, on=True):
        self.remount("ro" if on else "rw")

    def unmount(self, timeout=10):
        """Unmounts, waiting for the last user to go. What stays busy is detached, and that is an error."""
        if not self.mounted:
            return
        try:
            wait_for(lambda: _quietly("umount", self.path).returncode == 0, timeout, f"{self.path} is busy")
        except AssertionError:
            subprocess.run(["umount", "-l", self.path], check=True)
            raise
        finally:
            self.mounted = False

    def power_cut(self):
        """Stops the file system as it is, without writing its journal; only mount() after unmount() revives
        it. What was not synced is lost, as after a power cut."""
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(fd)

    def revive(self, timeout=20):
        """Mounts it anew after a power cut. Where somebody else still looked at it (sync, df), the kernel may hand out
        the dead one once more."""
        def is_alive():
            self.unmount()
            self.mount()
            try:
                probe = os.path.join(self.path, ".alive")
                with open(probe, "wb", buffering=0) as file:
                    os.fsync(file.fileno())
                os.unlink(probe)
                return True
            except OSError:
                return False

        wait_for(is_alive, timeout, f"{self.path} does not come back")

    def fill(self, leave=0):
        """Takes all free space but `leave` bytes. Returns the path of the file to delete to have it back."""
        path = os.path.join(self.path, ".filler")
        free = os.statvfs(self.path)
        size = free.f_bavail * free.f_frsize - leave
        with open(path, "wb", buffering=0) as file:
            zeros = bytes(1 << 20)
            try:
                while size > 0:
                    size -= file.write(zeros[:min(size, len(zeros))])
            except OSError:
                pass  # full a little sooner than was said: it is what was wanted
        return path

    def close(self):
        try:
            self.unmount()
        finally:
            self.dir.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class LoopMount(Mount):
    """An image on a loop device of its own, which stays attached until the end: one that `mount -o loop` gives back by
    itself may vanish under the next mount of the same image."""

    def __init__(self, image, directory):
        self.device = wait_for(lambda: self.attach(image), 20, "no loop device is free")
        super().__init__([self.device], directory)

    @staticmethod
    def attach(image):
        """The device, or "" while others take those that seem to be free."""
        return _quietly("losetup", "-f", "--show", image).stdout.strip()

    def close(self):
        super().close()
        subprocess.run(["losetup", "-d", self.device], check=True)


def tmpfs(size="64m", inodes=None):
    """A tmpfs of this size."""
    options = f"size={size},mode=0755" + (f",nr_inodes={inodes}" if inodes else "")
    return Mount(["-t", "tmpfs", "-o", options, "kit"], WorkDir("kit.tmpfs."))


def _image(megabytes):
    directory = WorkDir("kit.image.", IMAGES if os.access(IMAGES, os.W_OK) else None)
    path = directory.write("image", b"")
    os.truncate(path, megabytes << 20)
    return directory, path


def ext4(megabytes=64, inodes=None):
    """An ext4 of this size, with so many inodes in all (some are taken from the start)."""
    directory, image = _image(megabytes)
    count = ["-N", str(inodes)] if inodes else []
    subprocess.run(["mkfs.ext4", "-qF", "-b", "4096", "-m", "0", *count, image], check=True)
    return LoopMount(image, directory)


def xfs(megabytes=320):
    """An xfs; mkfs wants 300 MB at least."""
    directory, image = _image(megabytes)
    subprocess.run(["mkfs.xfs", "-q", image], check=True)
    return LoopMount(image, directory)


def bind(source, target=None):
    """`source` once more, at `target` or at a directory of its own."""
    return Mount(["--bind", source], WorkDir("kit.bind."), target)
