#!/usr/bin/env python3
"""Writes down what the database is after each migration, in tests/flow/schema/, so that a test can make databases as older
versions left them. Steps that are there already are never written again: a released migration does not change."""
import pathlib
import re
import sqlite3

TOP = pathlib.Path(__file__).resolve().parents[1]
STEPS = TOP / 'sql/sqlite'
KEPT = TOP / 'tests/flow/schema'


def plain(sql):
    """Without comments, and with one blank where there are several."""
    return re.sub(r'\s+', ' ', re.sub(r'--[^\n]*', '', sql)).strip()


def objects(database):
    """{name: statement} of tables and indexes."""
    rows = database.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
                            "AND name <> 'schema_version'")
    return {name: plain(sql) for name, sql in rows}


def steps():
    """(number, name, objects) after each migration."""
    database = sqlite3.connect(':memory:')
    for path in sorted(STEPS.glob('*.sql')):
        database.executescript(path.read_text())
        yield int(path.name[:4]), path.name, objects(database)


def kept(number):
    """The objects as they are written down for that step; None where they are not."""
    found = {}
    for step in range(1, number + 1):
        path = KEPT / f'{step:04}.sql'
        if not path.exists():
            return None
        for line in filter(None, path.read_text().splitlines()):
            word, _, rest = line.partition(' ')
            if word == 'DROP':
                del found[rest.rstrip(';')]
            else:
                name = re.match(r'CREATE (?:UNIQUE )?(?:TABLE|INDEX) "?(\w+)', line)[1]
                found[name] = line.rstrip(';')
    return found


def main():
    KEPT.mkdir(exist_ok=True)
    before = {}
    for number, name, now in steps():
        path = KEPT / f'{number:04}.sql'
        if not path.exists():
            lines = [f'DROP {gone};' for gone in sorted(before.keys() - now.keys())]
            lines += [f'{sql};' for object_name, sql in now.items() if before.get(object_name) != sql]
            path.write_text('\n'.join(lines) + '\n')
            print(f'{path.relative_to(TOP)}: {name}')
        before = now


if __name__ == '__main__':
    main()
