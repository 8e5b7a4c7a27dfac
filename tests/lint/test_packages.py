"""What the Debian package needs is what tools/packages.txt says that the program needs."""
import pathlib
import re
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
ALWAYS_THERE = {'gcc', 'libc6-dev'}  # on every machine that builds packages
PACKAGES_ONLY = {'debhelper-compat', 'python3'}  # what a package takes beyond that


def group(name):
    lines = [line.split() for line in (TOP / 'tools/packages.txt').read_text().splitlines()]
    return {line[1] for line in lines if line and line[0] == name}


def field(name):
    value = re.search(rf'^{name}:((?:.*\n)(?: .*\n)*)', (TOP / 'debian/control').read_text(), re.M)[1]
    return {item.split()[0] for item in value.split(',')}


class Packages(unittest.TestCase):
    def test_built_with_the_same(self):
        self.assertEqual(field('Build-Depends') - PACKAGES_ONLY, group('build') - ALWAYS_THERE)

    def test_run_with_the_same(self):
        needed = {item for item in field('Depends') if not item.startswith('$')}
        self.assertEqual(needed, group('run'))

    def test_version_is_that_of_the_program(self):
        version = re.search(r"version: '([0-9.]+)'", (TOP / 'meson.build').read_text())[1]
        changelog = (TOP / 'debian/changelog').read_text()
        self.assertTrue(changelog.startswith(f'pobsync ({version})'), changelog.splitlines()[0])


if __name__ == '__main__':
    unittest.main()
