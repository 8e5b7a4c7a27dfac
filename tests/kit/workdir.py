"""Temporary directories whose removal copes with any tree: modes 0000, paths beyond PATH_MAX, odd names."""

import os
import subprocess
import tempfile


class WorkDir:
    """A directory below `parent` or $TMPDIR, mode 0755 so that other users may reach a source tree in it."""

    def __init__(self, prefix="kit.", parent=None):
        self.path = tempfile.mkdtemp(prefix=prefix, dir=parent)
        os.chmod(self.path, 0o755)

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def make(self, name):
        """A new directory inside, by path."""
        path = self / name
        os.makedirs(path)
        return path

    def write(self, name, text, mode=0o644):
        """A file inside with this text, by path; bytes are taken as they are."""
        path = self / name
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def remove(self):
        remove_tree(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def remove_tree(path):
    """Deletes a tree of whatever shape. Never crosses into another file system: a forgotten mount is an
    error."""
    if not os.path.lexists(path):
        return
    if os.geteuid() != 0:
        subprocess.run(["chmod", "-R", "u+rwx", "--", path], check=False, stderr=subprocess.DEVNULL)
    done = subprocess.run(["rm", "-rf", "--one-file-system", "--", path], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"cannot remove the directory of a test: {done.stderr.strip()}")
