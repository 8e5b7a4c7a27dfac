"""Waiting for a condition with a deadline, so that no test sleeps for a fixed time."""

import time


class Late(AssertionError):
    """The condition did not come true in time."""


def wait_for(condition, timeout, what):
    """Calls `condition` until it returns something true, and returns that; raises Late after the time."""
    end = time.monotonic() + timeout
    pause = 0.002
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Late(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
