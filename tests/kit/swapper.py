"""A thread that swaps what lies under two names as fast as it can, for races between looking and using."""

import ctypes
import os
import threading

from kit.deadline import wait_for

AT_FDCWD = -100
EXCHANGE = 2  # RENAME_EXCHANGE
ENOUGH = 100


class Swapper:
    """Within `with`, `path` and `bait` change places again and again: at any moment each name has one of the two. One of them may be
    missing for a time. At the end there were ENOUGH swaps, or the race was none and the test fails."""

    def __init__(self, path, bait):
        self._paths = os.fsencode(path), os.fsencode(bait)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._swap, daemon=True)
        self.swaps = 0

    def _swap(self):
        path, bait = self._paths
        while not self._over.is_set():
            if self._libc.renameat2(AT_FDCWD, path, AT_FDCWD, bait, EXCHANGE) == 0:
                self.swaps += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                wait_for(lambda: self.swaps > ENOUGH, 30, "nothing was swapped: there was no race")
        finally:
            self._over.set()
            self._thread.join(10)
