"""Each rule of tools/house_rules.py finds the fault that it is for, and lets pass what only looks like it."""
import importlib.util
import pathlib
import unittest

PATH = pathlib.Path(__file__).resolve().parents[2] / 'tools' / 'house_rules.py'
spec = importlib.util.spec_from_file_location('house_rules', PATH)
house_rules = importlib.util.module_from_spec(spec)
spec.loader.exec_module(house_rules)

FLOORS = 'base:\nsys: base\nstore: base db\ndb: base sys\nengine: base sys\n'


def lines(count):
    return '    work();\n' * count


class Rules(unittest.TestCase):
    def found(self, rule, path, text, **others):
        """The lines in which the rule finds something, of a tree with this one file."""
        tree = {'tools/floors.txt': FLOORS, path: text} | others
        return [line for where, line, _ in rule(tree) if where == path]

    def test_floors(self):
        rule = house_rules.floors
        self.assertEqual(self.found(rule, 'src/engine/a.c', '/* x */\n#include "store/host.h"\n'), [2])
        self.assertEqual(self.found(rule, 'tests/unit/base/test_a.c', '#include "sys/fs.h"\n'), [1])
        self.assertEqual(self.found(rule, 'src/engine/a.c', '#include "a.h"\n#include "../sys/fs.h"\n'), [1, 2])
        self.assertEqual(self.found(rule, 'src/attic/a.c', ''), [1])
        self.assertEqual(self.found(rule, 'src/store/a.c', '#include <sqlite3.h>\n'), [1])
        self.assertEqual(self.found(rule, 'src/db/a.c', '#include <sqlite3.h>\n#include "sys/fs.h"\n'), [])
        self.assertEqual(self.found(rule, 'src/engine/a.c', '#include "engine/a.h"\n#include "base/err.h"\n'), [])
        self.assertEqual(self.found(rule, 'src/engine/a.c', '// #include "store/host.h"\n'), [])
        shared = {'tests/unit/base/shared.h': ''}
        self.assertEqual(self.found(rule, 'tests/unit/base/test_a.c', '#include "shared.h"\n', **shared), [])
        self.assertEqual(self.found(rule, 'tests/unit/sys/test_a.c', '#include "shared.h"\n', **shared), [1])
        self.assertEqual(self.found(rule, 'src/main.c', '#include "store/host.h"\n#include "engine/a.h"\n'), [])

    def test_file_length(self):
        self.assertEqual(self.found(house_rules.file_length, 'src/base/a.c', lines(701)), [701])
        self.assertEqual(self.found(house_rules.file_length, 'src/base/a.c', lines(700)), [])

    def test_function_length(self):
        rule = house_rules.function_length
        start = 'int before(void);\n\nstatic int long_one(int a,\n                    int b)\n{\n'
        self.assertEqual(self.found(rule, 'src/base/a.c', start + lines(77) + '}\n'), [3])
        self.assertEqual(self.found(rule, 'src/base/a.c', start + lines(76) + '}\n'), [])
        two = 'int a(void)\n{\n' + lines(60) + '}\n\n'
        self.assertEqual(self.found(rule, 'src/base/a.c', two + two), [])
        self.assertEqual(self.found(rule, 'src/base/a.c', 'int table[] = {\n' + lines(200) + '};\n'), [])
        self.assertEqual(self.found(rule, 'tools/a.py', 'def long_one():\n' + '    pass\n' * 80), [1])

    def test_sql(self):
        rule = house_rules.sql
        self.assertEqual(self.found(rule, 'src/engine/a.c', 'run("SELECT id"\n    " FROM host");\n'), [1])
        self.assertEqual(self.found(rule, 'src/cli/a.c', '\nrun("DELETE "\n"FROM host");\n'), [2])
        self.assertEqual(self.found(rule, 'src/store/a.c', 'run("SELECT id FROM host");\n'), [])
        self.assertEqual(self.found(rule, 'src/cli/a.c', '/* "SELECT" */ say("select a host", SELECT);\n'), [])

    def test_banned(self):
        rule = house_rules.banned
        for name in ' '.join(house_rules.BANNED).split():
            self.assertEqual(self.found(rule, 'src/base/a.c', f'\n    {name} (a, b);\n'), [2], name)
        self.assertEqual(self.found(rule, 'src/base/a.c', '/* system() */ say("system()"); my_system(); snprintf();\n'), [])

    def test_crash_comment(self):
        rule = house_rules.crash_comment
        for call in ('rename(a, b)', 'unlinkat(fd, a, 0)', 'fs_rename_new(a)', 'fs_remove(a)', 'rmtree_at(a)', 'rmdir(a)'):
            self.assertEqual(self.found(rule, 'src/engine/a.c', f'/* moves it */\n    return {call};\n'), [2], call)
        self.assertEqual(self.found(rule, 'src/engine/a.c', '/* If we die here: */' + '\n' * 7 + '    unlink(a);\n'), [8])
        self.assertEqual(self.found(rule, 'src/engine/a.c', 'say("If we die here");\n    unlink(a);\n'), [2])
        self.assertEqual(self.found(rule, 'src/engine/a.c', '/* If we die here: */' + '\n' * 6 + '    unlink(a);\n'), [])
        self.assertEqual(self.found(rule, 'src/sys/a.c', '    unlink(a);\n'), [])
        self.assertEqual(self.found(rule, 'src/engine/a.c', 'int rmtree_all(int fd)\n'), [])

    def test_forbidden(self):
        rule = house_rules.forbidden
        for word in ('see /wor' 'k/x', 'a sub' 'agent', 'Iss' 'ue 12', 'deb.debian' '.org'):
            self.assertEqual(self.found(rule, 'README.md', f'one\n{word} here\n'), [2], word)
        self.assertEqual(self.found(rule, 'README.md', 'it lies in src/work/x, the ssh-agent, no issue'), [])

    def test_file_names(self):
        rule = house_rules.file_names
        for path in ('src/base/util.c', 'src/base/str_util.c', 'tests/common/a.py', 'src/base/tmp.h'):
            self.assertEqual(self.found(rule, path, ''), [1], path)
        self.assertEqual(self.found(rule, 'src/base/template.c', ''), [])

    def test_first_comment(self):
        rule = house_rules.first_comment
        self.assertEqual(self.found(rule, 'src/base/a.c', '#include <stdio.h>\n'), [1])
        self.assertEqual(self.found(rule, 'tools/a.py', 'import os\n'), [1])
        self.assertEqual(self.found(rule, 'src/base/a.c', '/* A. */\n'), [])
        self.assertEqual(self.found(rule, 'tools/a.py', '#!/usr/bin/env python3\n"""A."""\n'), [])

    def test_listed(self):
        build = {'src/base/meson.build': "files('buf.c')", 'tests/unit/base/meson.build': "['buf']",
                 'tests/fuzz/meson.build': "{'meta': 'base'}", 'sql/meson.build': "files('sqlite/0001_a.sql')"}
        for there, forgotten in (('src/base/buf.c', 'src/base/f.c'), ('tests/unit/base/test_buf.c', 'tests/unit/base/test_uf.c'),
                                 ('tests/fuzz/fuzz_meta.c', 'tests/fuzz/fuzz_met.c'),
                                 ('sql/sqlite/0001_a.sql', 'sql/sqlite/0002_a.sql')):
            self.assertEqual(self.found(house_rules.listed, forgotten, '', **build), [1], forgotten)
            self.assertEqual(self.found(house_rules.listed, there, '', **build), [], there)

    def test_python_syntax(self):
        self.assertEqual(self.found(house_rules.python_syntax, 'tools/a.py', '\nif x\n'), [2])
        self.assertEqual(self.found(house_rules.python_syntax, 'tools/a.py', 'x = 1\n'), [])

    def test_every_rule_has_a_control(self):
        for rule, _ in house_rules.RULES:
            self.assertTrue(hasattr(self, 'test_' + rule.__name__), f'{rule.__name__} has no test here')


if __name__ == '__main__':
    unittest.main()
