#!/usr/bin/env python3
"""Prints the share of lines that the tests reached, for each floor: coverage.py BUILD_DIRECTORY."""
import collections
import json
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent


def main(build):
    report = subprocess.run(['gcovr', '--root', '.', '--filter', 'src/', build, '--json-summary'], cwd=SOURCE,
                            stdout=subprocess.PIPE, check=True)
    files = json.loads(report.stdout)['files']
    floors = collections.defaultdict(lambda: [0, 0])
    for file in files:
        parts = file['filename'].split('/')
        for name in (parts[1] if len(parts) > 2 else 'main.c', 'all'):
            floors[name][0] += file['line_covered']
            floors[name][1] += file['line_total']

    print(f'{"file":44}{"reached":>9}{"lines":>8}')
    for file in sorted(files, key=lambda file: file['filename']):
        print(f'{file["filename"]:44}{file["line_percent"] or 0:8.1f}%{file["line_total"]:8}')
    print()
    for name, (reached, total) in sorted(floors.items(), key=lambda item: (item[0] == 'all', item[0])):
        print(f'{name:44}{100 * reached / max(total, 1):8.1f}%{total:8}')


if __name__ == '__main__':
    main(sys.argv[1])
