"""A file system that never answers, as one of a dead NFS server does: a server of FUSE that hears each request and says
nothing. Who asks waits in the kernel, and not even SIGKILL ends that. Needs root and /dev/fuse."""

import ctypes
import os
import struct
import threading
import unittest

from kit.mounts import cannot_mount

INIT = 26
MNT_FORCE, MNT_DETACH = 1, 2
_HEADER = struct.Struct("=IIQQIIII")  # length, operation, unique, node, uid, gid, pid, padding
_INIT_REPLY = struct.Struct("=IiQIIIIHHIIHHI7I")
_libc = ctypes.CDLL(None, use_errno=True)


def cannot_be_stuck():
    """Why there can be no such file system here, or None."""
    if cannot_mount():
        return cannot_mount()
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"no FUSE here: {error}"
    return None


requires_stuck = unittest.skipIf(cannot_be_stuck(), cannot_be_stuck())


def _must(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Stuck:
    """Covers the directory `path` until release(). `pids` are the processes that have asked, in their order."""

    def __init__(self, path):
        self.path = os.fsencode(path)
        self.pids = []
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fd},rootmode=40700,user_id=0,group_id=0,allow_other"
        try:
            _must(_libc.mount(b"kit", self.path, b"fuse", 0, options.encode()))
        except BaseException:
            os.close(self.fd)
            raise
        self.mounted = True
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        while True:
            try:
                request = os.read(self.fd, 1 << 20)
            except OSError:
                return  # ENODEV: unmounted
            _, operation, unique, _, _, _, pid, _ = _HEADER.unpack_from(request)
            if operation == INIT:
                os.write(self.fd, _INIT_REPLY.pack(_INIT_REPLY.size, 0, unique, 7, 31, 0, 0, 1, 1, 4096, 1, 0, 0, 0,
                                                   *[0] * 7))
            elif pid != 0:  # 0: the kernel's own, that one is to be interrupted
                self.pids.append(pid)

    def release(self):
        """Unmounts it by force, as an administrator would: whoever waits gets an error."""
        if self.mounted:
            _must(_libc.umount2(self.path, MNT_FORCE | MNT_DETACH))
            self.mounted = False
            self.listener.join(20)
            os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()
