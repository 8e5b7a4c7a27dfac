"""Looking at /proc: which processes belong to a test and which were left behind."""

import os


def alive():
    """Ids of all processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def state(pid):
    """(parent id, state letter) or None when there is no such process."""
    stat = _read(pid, "stat")
    if not stat:
        return None
    fields = stat[stat.rindex(b")") + 2:].split()
    return int(fields[1]), fields[0].decode()


def is_alive(pid):
    """True while the process exists and is not a zombie."""
    found = state(pid)
    return found is not None and found[1] not in "ZX"


def cmdline(pid):
    """The argument vector as a list of bytes."""
    return _read(pid, "cmdline").split(b"\0")[:-1]


def descendants(pid):
    """Ids of children, grandchildren … that are alive."""
    children = {}
    for each in alive():
        found = state(each)
        if found and found[1] not in "ZX":
            children.setdefault(found[0], []).append(each)
    found, todo = [], [pid]
    while todo:
        more = children.get(todo.pop(), [])
        found += more
        todo += more
    return found


def processes_of(*places):
    """Processes that are alive and name one of these directories in their arguments, environment or working
    directory, as {pid: argument vector}. The calling process and its ancestors do not count."""
    mine, pid = {os.getpid()}, os.getpid()
    while pid > 1 and (found := state(pid)):
        pid = found[0]
        mine.add(pid)
    needles = [os.fsencode(place) for place in places]
    left = {}
    for pid in alive():
        if pid in mine or not is_alive(pid):
            continue
        try:
            directory = os.fsencode(os.readlink(f"/proc/{pid}/cwd"))
        except OSError:
            directory = b""
        text = b"\0".join((_read(pid, "cmdline"), _read(pid, "environ"), directory))
        if any(needle in text for needle in needles):
            left[pid] = cmdline(pid)
    return left
