"""
The oracle: says whether two trees are the same. It shares no code with pobsync.

Everything is reached by directory descriptors and pieces of paths shorter than PATH_MAX, so no tree is too
deep. Links are never followed, fifos, sockets and devices never opened. Names are bytes throughout; b"." is
the tree itself.
"""

import dataclasses
import gzip
import hashlib
import json
import os
import re
import stat
import zlib

PIECE = 3000  # bytes of a path handed to the kernel at once; with one more name it stays below PATH_MAX

TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFCHR: "character device", stat.S_IFBLK: "block device", stat.S_IFSOCK: "socket"}

# Where xfs keeps what every file system shows as system.posix_acl_*; root sees it a second time there.
XFS_ACLS = {"trusted.SGI_ACL_FILE", "trusted.SGI_ACL_DEFAULT"}

SNAPSHOT_NAME = re.compile(r"[0-9]{8}-[0-9]{6}Z__[0-9A-Fa-f]{8}\Z")


@dataclasses.dataclass(slots=True)
class Record:
    """All that must be equal of one name. `size` is None for a directory, `sha256` and `target` where they
    make no sense; `links` are all names inside the tree of the same inode when there is more than one."""

    type: str
    mode: int
    uid: int
    gid: int
    size: int | None
    mtime_ns: int
    sha256: str | None
    target: bytes | None
    rdev: tuple | None
    xattrs: dict
    links: tuple = ()


FIELDS = tuple(field.name for field in dataclasses.fields(Record))


def open_below(root, relative):
    """A descriptor of the directory `relative` below the directory fd `root`, however long the path is."""
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=root)
    try:
        parts, piece = relative.split(b"/"), b""
        for part in parts + [None]:
            if part is not None and len(piece) + len(part) < PIECE:
                piece = piece + b"/" + part if piece else part
                continue
            below = os.open(piece, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here, piece = below, part
        return here
    except BaseException:
        os.close(here)
        raise


def walk(path):
    """Yields (directory fd, name in it, relative path, lstat) of all in the tree, the tree itself first."""
    root = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield root, b".", b".", os.stat(root)
        todo = [b"."]
        while todo:
            folder = todo.pop()
            try:
                at = open_below(root, folder)
            except PermissionError:
                continue  # its record says that its contents are unknown; the same in both trees
            try:
                for text in sorted(os.listdir(at)):
                    name = os.fsencode(text)
                    relative = name if folder == b"." else folder + b"/" + name
                    found = os.stat(name, dir_fd=at, follow_symlinks=False)
                    yield at, name, relative, found
                    if stat.S_ISDIR(found.st_mode):
                        todo.append(relative)
            finally:
                os.close(at)
    finally:
        os.close(root)


def tree_digest(path):
    """{relative path: Record} of a whole tree."""
    records, inodes = {}, {}
    for at, name, relative, found in walk(path):
        kind = stat.S_IFMT(found.st_mode)
        device = stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode)
        records[relative] = Record(
            type=TYPES[kind], mode=stat.S_IMODE(found.st_mode), uid=found.st_uid, gid=found.st_gid,
            size=None if kind == stat.S_IFDIR else found.st_size, mtime_ns=found.st_mtime_ns,
            sha256=_sha256(at, name, found) if kind == stat.S_IFREG else None,
            target=os.readlink(name, dir_fd=at) if kind == stat.S_IFLNK else None,
            rdev=(os.major(found.st_rdev), os.minor(found.st_rdev)) if device else None,
            xattrs=_xattrs(at, name))
        if kind != stat.S_IFDIR and found.st_nlink > 1:
            inodes.setdefault((found.st_dev, found.st_ino), []).append(relative)
    for names in inodes.values():
        if len(names) > 1:
            for name in names:
                records[name].links = tuple(sorted(names))
    return records


def _sha256(at, name, expected):
    """The hash of a file's content; "unreadable" where this user may not read it."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    except PermissionError:
        return "unreadable"
    try:
        if os.fstat(fd).st_ino != expected.st_ino:
            raise AssertionError(f"{name!r} was replaced while it was looked at")
        digest = hashlib.sha256()
        while piece := os.read(fd, 1 << 20):
            digest.update(piece)
        return digest.hexdigest()
    finally:
        os.close(fd)


def _xattrs(at, name):
    """All extended attributes that this user sees, ACLs among them (system.posix_acl_*). By way of /proc,
    because there is no call that takes a directory fd and a name; that also keeps the path short."""
    path = b"/proc/self/fd/%d/" % at + name
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    return {each: os.getxattr(path, each, follow_symlinks=False) for each in names if each not in XFS_ACLS}


def show(name):
    """A name as one printable word."""
    if len(name) > 120:
        return f"{ascii(os.fsdecode(name[:80]))}… ({len(name)} bytes)"
    return ascii(os.fsdecode(name))


def compare(a, b, ignore=(), limit=50):
    """The differences between two trees (paths or digests) as sentences; none means that they are equal.
    `ignore` names fields of Record not to look at."""
    a = a if isinstance(a, dict) else tree_digest(a)
    b = b if isinstance(b, dict) else tree_digest(b)
    fields = [field for field in FIELDS if field not in ignore]
    differences = []
    for name in sorted(a.keys() | b.keys()):
        if name not in b:
            differences.append(f"{show(name)}: only in the first tree")
        elif name not in a:
            differences.append(f"{show(name)}: only in the second tree")
        else:
            for field in fields:
                one, two = getattr(a[name], field), getattr(b[name], field)
                if one != two:
                    differences.append(f"{show(name)}: {field}: {_value(field, one)} / {_value(field, two)}")
    if len(differences) > limit:
        return differences[:limit] + [f"… and {len(differences) - limit} more differences"]
    return differences


def _value(field, value):
    if field == "mode":
        return f"{value:04o}"
    text = ascii(value)
    return text if len(text) <= 300 else text[:300] + "…"


def digest_hash(tree):
    """One hash of a tree (path or digest) with all metadata: equal before and after, nothing was touched."""
    records = tree if isinstance(tree, dict) else tree_digest(tree)
    total = hashlib.sha256()
    for name in sorted(records):
        record = records[name]
        values = [getattr(record, field) for field in FIELDS if field != "xattrs"]
        total.update(repr((name, values, sorted(record.xattrs.items()))).encode())
    return total.hexdigest()


def inode_map(path):
    """{relative path: (device, inode)} of everything but directories."""
    return {relative: (found.st_dev, found.st_ino) for _, _, relative, found in walk(path)
            if not stat.S_ISDIR(found.st_mode)}


def shared_inodes(a, b):
    """(names that are one inode in both trees, names in both trees that are not), as sets; for everything but
    directories."""
    one, two = inode_map(a), inode_map(b)
    both = one.keys() & two.keys()
    shared = {name for name in both if one[name] == two[name]}
    return shared, both - shared


def allocated(path):
    """Bytes on disk of a tree, each inode once: shows whether holes were kept."""
    blocks = {(found.st_dev, found.st_ino): found.st_blocks for _, _, _, found in walk(path)}
    return sum(blocks.values()) * 512


def snapshots(root, host, kind="scheduled"):
    """Paths of the finished snapshots of a kind, oldest first."""
    folder = os.path.join(root, host, kind)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names]


def check_host_dir(root, host):
    """What is wrong with a host directory (NL-d), as sentences: foreign entries, final names that break the
    grammar, snapshots that are not whole. An absent host directory is in order."""
    path = os.path.join(root, host)
    if not os.path.lexists(path):
        return []
    wrong = []
    for name in sorted(os.listdir(path)):
        if name not in (".lock", ".pobsync", "scheduled", "manual", ".incomplete", ".trash"):
            wrong.append(f"{host}: foreign entry {name!r}")
    for kind in ("scheduled", "manual"):
        for snapshot in snapshots(root, host, kind):
            wrong += [f"{host}/{kind}: {sentence}" for sentence in _check_snapshot(snapshot)]
    return wrong


def _check_snapshot(path):
    name = os.path.basename(path)
    if not SNAPSHOT_NAME.match(name):
        yield f"{name!r} is no snapshot name"
    if os.path.islink(path) or not os.path.isdir(path):
        yield f"{name!r} is no directory"
        return
    entries = set(os.listdir(path))
    for missing in sorted({"data", "meta.json", "rsync.log.gz"} - entries):
        yield f"{name!r} has no {missing}"
    for foreign in sorted(entries - {"data", "meta.json", "rsync.log.gz"}):
        yield f"{name!r} has a foreign {foreign!r}"
    data = os.path.join(path, "data")
    if "data" in entries and (os.path.islink(data) or not os.path.isdir(data)):
        yield f"{name!r}: data is no directory"
    try:
        if "meta.json" in entries:
            with open(os.path.join(path, "meta.json"), "rb") as file:
                json.load(file)
    except ValueError as failure:
        yield f"{name!r}: meta.json does not parse: {failure}"
    try:
        if "rsync.log.gz" in entries:
            with gzip.open(os.path.join(path, "rsync.log.gz")) as file:
                while file.read(1 << 20):
                    pass
    except (OSError, EOFError, zlib.error) as failure:
        yield f"{name!r}: rsync.log.gz does not unpack: {failure}"
