"""Makes source trees: one with everything that a file system can hold, and large ones of small files."""

import errno
import math
import os
import random
import stat
import struct

DEEP_PATH = 4025  # length of the deep path of fidelity_tree()

ODD_NAMES = [
    b"n" * 255,
    b"\xc3\xa4" * 127 + b"x",                  # 255 bytes, but 128 characters
    b"new\nline", b"\n", b"carriage\rreturn", b"tab\there",
    b"it's", b'say "no"', b"`touch canary`", b"$(touch canary)", b"; touch canary;",
    b"<img src=x onerror=alert(1)>", b"&amp;", b"back\\slash", b"back\\", b"\\#012", b"esc\x1b[31mred",
    b"bell\x07",
    b"invalid \xff\xfe", b"\xc3", b"overlong \xc0\xaf", b"surrogate \xed\xa0\x80",
    b"-rf", b"--delete", b"-", b"--",
    b" leading", b"trailing ", b" ", b"  ", b".hidden", b"...", b".. ", b"dot.",
    b"star*", b"quest?ion", b"[bracket]", b"*", b"?", b"[!a]", b"{a,b}", b"~root", b"#hash", b"%n%s",
    b"a -> b", b"a:b", b"host::module", b"+ rule", b"- rule", b"! clear", b"con", b"UPPER", b"upper",
    "rtl \u202egnp.exe".encode(), "caf\u00e9".encode(), "cafe\u0301".encode(), "\U0001f4be".encode(),
    b"\x01", b"\x7f", b"\xa0", b"'; DROP TABLE snapshot; --",
]

OUR_NAMES = [b".incomplete", b".trash", b".pobsync", b".lock", b"meta.json", b"rsync.log.gz", b"data",
             b"scheduled", b"manual", b".pobsync-root", b"20260102-030405Z__0badcafe"]


def acl(*entries):
    """The bytes of a system.posix_acl_* attribute, see linux/posix_acl_xattr.h. Entries are (tag,
    permissions, id) with tag one of user, USER, group, GROUP, mask, other; lower case is the owner's entry,
    upper case a named one."""
    tags = {"user": 0x01, "USER": 0x02, "group": 0x04, "GROUP": 0x08, "mask": 0x10, "other": 0x20}
    packed = struct.pack("<I", 2)
    for tag, permissions, *identity in entries:
        packed += struct.pack("<HHI", tags[tag], permissions, identity[0] if identity else 0xFFFFFFFF)
    return packed


ACCESS_ACL = acl(("user", 6), ("USER", 4, 12345), ("group", 4), ("GROUP", 6, 54321), ("mask", 6),
                 ("other", 0))
DEFAULT_ACL = acl(("user", 7), ("USER", 5, 12345), ("group", 5), ("mask", 5), ("other", 0))
NET_BIND_CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)  # VFS_CAP_REVISION_2, effective


class Builder:
    """Makes files below one directory by (directory fd, name). What the user or the file system cannot do is
    noted in `skipped` as (what, reason). Modes of directories and modification times are set last, by
    finish()."""

    def __init__(self, path):
        os.makedirs(path, exist_ok=True)
        self.path = os.fsencode(path)
        self.root = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.is_root = os.geteuid() == 0
        self.skipped = []
        self.modes = {}  # relative path of a directory -> its final mode
        self.times = {}  # relative path -> its modification time, ns
        self.clock = 1_600_000_000

    def attempt(self, what, function, *arguments, **keywords):
        """Calls the function; where this user or file system cannot, notes that and returns False."""
        try:
            function(*arguments, **keywords)
        except OSError as failure:
            if failure.errno not in (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EINVAL, errno.EOVERFLOW):
                raise
            self.skipped.append((what, failure.strerror))
            return False
        return True

    def as_root(self, what, function, *arguments, **keywords):
        """Calls the function as root only; else notes that it is skipped."""
        if not self.is_root:
            self.skipped.append((what, "needs root"))
            return False
        return self.attempt(what, function, *arguments, **keywords)

    def address(self, relative):
        """A short path to a file below the root that needs no name resolution of ours, for calls without
        dir_fd."""
        return b"/proc/self/fd/%d/" % self.root + relative

    def age(self, relative, ns=None):
        """Remembers the modification time to set at the end; each file gets its own with odd nanoseconds."""
        self.clock += 86_413
        self.times[relative] = self.clock * 10**9 + 123_456_789 if ns is None else ns

    def directory(self, relative, mode=0o755, ns=None):
        os.mkdir(relative, 0o700, dir_fd=self.root)
        self.modes[relative] = mode
        self.age(relative, ns)
        return relative

    def file(self, relative, content=b"", mode=0o644, ns=None):
        fd = os.open(relative, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self.root)
        try:
            os.write(fd, content)
            os.fchmod(fd, mode)
        finally:
            os.close(fd)
        self.age(relative, ns)
        return relative

    def symlink(self, relative, target):
        os.symlink(target, relative, dir_fd=self.root)
        self.age(relative)

    def node(self, relative, mode, device=0):
        os.mknod(relative, mode, device, dir_fd=self.root)
        os.chmod(self.address(relative), stat.S_IMODE(mode))
        self.age(relative)

    def attribute(self, relative, name, value):
        os.setxattr(self.address(relative), name, value, follow_symlinks=False)

    def finish(self, root_mode=0o755):
        """Sets what making the contents would have disturbed. Returns what was skipped."""
        for relative, mode in self.modes.items():
            os.chmod(relative, mode, dir_fd=self.root)
        for relative, ns in self.times.items():
            os.utime(relative, ns=(ns, ns), dir_fd=self.root, follow_symlinks=False)
            if os.stat(relative, dir_fd=self.root, follow_symlinks=False).st_mtime_ns != ns:
                self.skipped.append((f"time {ns} ns", "this file system stores another one"))
        os.fchmod(self.root, root_mode)
        os.utime(self.root, ns=(1_500_000_000_987_654_321, 1_500_000_000_987_654_321))
        os.close(self.root)
        return self.skipped


def fidelity_tree(path):
    """Makes the tree that a snapshot must equal to the last bit. Returns what had to be left out: [(what,
    reason)]."""
    build = Builder(path)
    _plain(build)
    _links(build)
    _special(build)
    _names(build)
    _modes(build)
    _owners(build)
    _attributes(build)
    _times(build)
    _sparse(build)
    _deep(build)
    return build.finish()


def _plain(build):
    build.directory(b"plain")
    build.file(b"plain/empty")
    build.file(b"plain/one", b"1")
    build.file(b"plain/text", b"a line\n" * 1000)
    build.file(b"plain/block", bytes(range(256)) * 16)
    build.file(b"plain/large", random.Random(7).randbytes(3_000_001))
    build.directory(b"plain/empty directory")
    build.directory(b"plain/nested")
    build.directory(b"plain/nested/empty")
    build.directory(b"crowd")
    for number in range(300):
        build.file(b"crowd/%03d" % number, b"%d\n" % number)


def _links(build):
    build.directory(b"links")
    build.directory(b"links/other")
    build.file(b"links/a", b"three names\n")
    for name in (b"links/b", b"links/other/c"):
        os.link(b"links/a", name, src_dir_fd=build.root, dst_dir_fd=build.root)
    build.file(b"links/empty a")
    os.link(b"links/empty a", b"links/empty b", src_dir_fd=build.root, dst_dir_fd=build.root)
    build.file(b"links/twin of a", b"three names\n")  # same content, not the same file
    build.symlink(b"links/to file", b"a")
    build.symlink(b"links/to directory", b"other")
    build.symlink(b"links/dangling", b"no such file")
    build.symlink(b"links/absolute", b"/etc/passwd")
    build.symlink(b"links/up", b"../../../../../../etc")
    build.symlink(b"links/loop", b"loop")
    build.symlink(b"links/odd", b"a\nb -> \xff <x>")
    build.symlink(b"links/long", b"l" * 1023)  # the longest that xfs stores
    build.symlink(b"links/hard 1", b"other/c")
    os.link(b"links/hard 1", b"links/hard 2", src_dir_fd=build.root, dst_dir_fd=build.root,
            follow_symlinks=False)


def _special(build):
    build.directory(b"special")
    build.node(b"special/fifo", stat.S_IFIFO | 0o640)
    build.node(b"special/socket", stat.S_IFSOCK | 0o755)
    os.link(b"special/fifo", b"special/fifo again", src_dir_fd=build.root, dst_dir_fd=build.root)
    build.as_root("character device", build.node, b"special/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    build.as_root("large device numbers", build.node, b"special/large", stat.S_IFCHR | 0o600,
                  os.makedev(511, 250_001))  # the largest major number of xfs, and 18 bits of minor
    if build.as_root("block device", build.node, b"special/disk", stat.S_IFBLK | 0o660, os.makedev(7, 255)):
        os.link(b"special/disk", b"special/disk again", src_dir_fd=build.root, dst_dir_fd=build.root)


def _names(build):
    build.directory(b"names")
    build.directory(b"names/directories")
    for name in ODD_NAMES + OUR_NAMES:
        build.file(b"names/" + name, b"named " + name)
        build.directory(b"names/directories/" + name)
        build.file(b"names/directories/" + name + b"/" + name, name)
    build.directory(b"names/symlinks")
    for name in ODD_NAMES:
        build.symlink(b"names/symlinks/" + name, name)
    for name in OUR_NAMES:  # and right at the top, where they would meet ours
        build.directory(name)
        build.file(name + b"/inside", name)


def _modes(build):
    build.directory(b"modes")
    for mode in (0o755, 0o711, 0o1777, 0o2775, 0o4700, 0o500):
        build.directory(b"modes/directory %04o" % mode, mode)
        build.file(b"modes/directory %04o/inside" % mode, b"x")
    for mode in (0o644, 0o600, 0o444, 0o400, 0o755, 0o4755, 0o2755, 0o6711, 0o1644, 0o4644, 0o777):
        build.file(b"modes/file %04o" % mode, b"%o" % mode, mode)
    build.as_root("unreadable file", build.file, b"modes/file 0000", b"secret", 0)
    if build.as_root("unreadable directory", build.directory, b"modes/directory 0000", 0):
        build.file(b"modes/directory 0000/inside", b"secret")


def _owners(build):
    build.directory(b"owners")
    for uid, gid in ((1, 1), (65534, 65534), (4_000_000, 4_000_001), (2**32 - 2, 2**32 - 2)):
        if not build.is_root:
            build.skipped.append((f"owner {uid}:{gid}", "needs root"))
            continue
        for name, mode in ((b"file", 0o640), (b"setuid", 0o6755)):
            relative = build.file(b"owners/%d %s" % (uid, name), b"owned")
            os.chown(relative, uid, gid, dir_fd=build.root)
            os.chmod(relative, mode, dir_fd=build.root)
        os.chown(build.directory(b"owners/%d directory" % uid), uid, gid, dir_fd=build.root)
        build.symlink(b"owners/%d symlink" % uid, b"nowhere")
        os.chown(b"owners/%d symlink" % uid, uid, gid, dir_fd=build.root, follow_symlinks=False)


def _attributes(build):
    build.directory(b"attributes")
    for name in ("acl", "user", "trusted", "capability", "large", "everything"):
        build.file(b"attributes/" + name.encode(), b"with attributes", 0o640)
    for name in ("default acl", "user", "inherits"):
        build.directory(b"attributes/directory " + name.encode())
    build.symlink(b"attributes/symlink", b"acl")
    build.node(b"attributes/fifo", stat.S_IFIFO | 0o644)

    def put(relative, name, value, root=False):
        attempt = build.as_root if root else build.attempt
        attempt(f"{name} on {relative.decode()}", build.attribute, b"attributes/" + relative, name, value)

    put(b"acl", "system.posix_acl_access", ACCESS_ACL)
    put(b"directory default acl", "system.posix_acl_access", ACCESS_ACL)
    put(b"directory default acl", "system.posix_acl_default", DEFAULT_ACL)
    put(b"fifo", "system.posix_acl_access", ACCESS_ACL)
    put(b"user", "user.comment", b"a\0b\xff\n")
    put(b"user", "user.empty", b"")
    put(b"user", "user." + "n" * 250, b"longest name")
    put(b"directory user", "user.comment", b"on a directory")
    put(b"large", "user.large", b"\xa5" * 3000)
    put(b"trusted", "trusted.kit", b"only root sees me", root=True)
    put(b"symlink", "trusted.kit", b"on a symbolic link", root=True)
    put(b"fifo", "trusted.kit", b"on a fifo", root=True)
    put(b"capability", "security.capability", NET_BIND_CAPABILITY, root=True)
    put(b"everything", "user.comment", b"c")
    put(b"everything", "system.posix_acl_access", ACCESS_ACL)
    put(b"everything", "trusted.kit", b"t", root=True)
    put(b"everything", "security.capability", NET_BIND_CAPABILITY, root=True)
    # Files made inside a directory with a default ACL inherit it: one that did, and one that had it taken
    # away.
    put(b"directory inherits", "system.posix_acl_default", DEFAULT_ACL)
    build.file(b"attributes/directory inherits/inherited", b"x", 0o640)
    bare = build.file(b"attributes/directory inherits/bare", b"x")
    build.attempt("removal of an ACL", os.removexattr, build.address(bare), "system.posix_acl_access")
    os.chmod(bare, 0o600, dir_fd=build.root)


def _times(build):
    build.directory(b"times")
    second = 10**9
    times = {
        b"nanosecond": 1_700_000_000 * second + 1, b"almost": 1_700_000_000 * second + 999_999_999,
        b"epoch": 0, b"before": -second, b"before by half": -second // 2,
        b"1901": -2**31 * second, b"1901 and a bit": -2**31 * second + 86_400 * second + 5,
        b"2038": 2**31 * second + 7, b"2106": 2**32 * second + 7, b"2242": 2**33 * second + 7,
    }
    for name, ns in times.items():
        build.file(b"times/" + name, name, ns=ns)
    for name, ns in ((b"directory 1901", -2**31 * second), (b"directory 2242", 2**33 * second + 3)):
        build.directory(b"times/" + name, ns=ns)


def _sparse(build):
    build.directory(b"sparse")
    files = {  # name -> (size, offsets of 4 KiB of data)
        b"all hole": (8 << 20, ()), b"hole at end": (4 << 20, (0,)),
        b"odd": ((3 << 20) + 77, ((1 << 20) + 13,)), b"islands": (16 << 20, (0, 5 << 20, (16 << 20) - 4096)),
    }
    for name, (size, islands) in files.items():
        build.file(b"sparse/" + name)
        fd = os.open(b"sparse/" + name, os.O_WRONLY, dir_fd=build.root)
        os.ftruncate(fd, size)
        for offset in islands:
            os.pwrite(fd, b"land" * 1024, offset)
        os.close(fd)


def _deep(build):
    """A path of DEEP_PATH bytes below the root: with the root's own path in front it is beyond PATH_MAX."""
    for relative in deep_path(build.root, b"deep", DEEP_PATH):
        build.age(relative)


def deep_path(root, top, length, content=b"deep"):
    """Makes directories of 200-byte names below the directory fd `root`, starting with `top`, so that the
    file at their end has a relative path of `length` bytes. Returns the relative paths of what was made."""
    os.mkdir(top, 0o755, dir_fd=root)
    path = top
    made = [path]
    while length - len(path) > 203:
        path += b"/" + (b"%04d" % len(path)).ljust(200, b"d")
        os.mkdir(path, 0o755, dir_fd=root)
        made.append(path)
    path += b"/" + b"f" * (length - len(path) - 1)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=root)
    os.write(fd, content)
    os.close(fd)
    return made + [path]


def small_files_tree(path, count, seed=1):
    """Makes `count` regular files in three levels of directories, sizes log-normal with median 4 KiB, and one
    hard link and one symlink for each fifty of them. The same seed makes the same tree. Returns the bytes
    written."""
    rng = random.Random(seed)
    noise = memoryview(rng.randbytes(4 << 20))
    total = made = 0
    wide = max(1, math.ceil((count / 40) ** 0.5))
    os.makedirs(path, exist_ok=True)
    for first in range(wide):
        for second in range(wide):
            if made == count:
                return total
            folder = os.path.join(path, f"dir{first:03d}", f"sub{second:03d}", "leaf")
            os.makedirs(folder, exist_ok=True)
            at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            for _ in range(min(count - made, math.ceil(count / wide**2))):
                size = min(int(rng.lognormvariate(math.log(4096), 1.4)), 2 << 20)
                start = rng.randrange(len(noise) - size)
                name = f"file{made:07d}"
                second_of_change = 1_600_000_000 + rng.randrange(10**8)
                total += _write(at, name, noise[start:start + size], (second_of_change, made))
                if made % 50 == 10:
                    os.link(name, name + ".hard", src_dir_fd=at, dst_dir_fd=at)
                elif made % 50 == 20:
                    os.symlink(name, name + ".soft", dir_fd=at)
                made += 1
            os.close(at)
    return total


def _write(at, name, content, time, mode=0o644):
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode, dir_fd=at)
    try:
        os.write(fd, content)
        ns = time[0] * 10**9 + time[1]
        os.utime(fd, ns=(ns, ns))
    finally:
        os.close(fd)
    return len(content)


class Churn:
    """What churn() did: lists of relative paths."""

    def __init__(self):
        self.changed, self.deleted, self.added = [], [], []


def churn(path, fraction, seed=1):
    """Changes `fraction` of the regular files that have one name (content, size and time), deletes half as
    many others and adds as many as were deleted. The same seed does the same."""
    rng = random.Random(seed)
    files = []
    for folder, folders, names in os.walk(os.fsencode(path)):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            found = os.lstat(full)
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                files.append(full)
    changes = max(1, round(len(files) * fraction))
    chosen = rng.sample(files, min(len(files), changes + max(1, changes // 2)))
    done = Churn()
    now = 1_750_000_000
    for number, full in enumerate(chosen):
        relative = os.path.relpath(full, os.fsencode(path))
        if number < changes:
            _write(None, full, rng.randbytes(rng.randrange(1, 8192)), (now, number), 0o644)
            done.changed.append(relative)
        else:
            os.unlink(full)
            done.deleted.append(relative)
            fresh = full + b".new%d" % seed
            _write(None, fresh, rng.randbytes(rng.randrange(1, 8192)), (now, number), 0o644)
            done.added.append(relative + b".new%d" % seed)
    return done
