#!/usr/bin/env python3
"""./dev lint: clang-format, clang-tidy, cppcheck, mandoc and the rules of the house (house_rules.py).

Ends with "lint ok" or the number of findings. Needs build/, for the compile commands and the manual page.
"""
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

import house_rules

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / 'build'


def run(*command):
    """(exit status, all output) of a tool."""
    result = subprocess.run(command, cwd=SOURCE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors='backslashreplace', check=False)
    return result.returncode, result.stdout


def show(title, reason, findings):
    """Prints the findings of one check and returns their number."""
    if findings:
        print(f'{title}: {reason}')
        for finding in findings:
            print('    ' + finding.replace('\n', '\n    '))
    return len(findings)


def format_findings(tree):
    paths = [path for path, _ in house_rules.c_files(tree)]
    findings = []
    if paths:
        _, output = run('clang-format', '--dry-run', '--ferror-limit=1', *paths)
        findings = [line for line in output.splitlines() if 'clang-format-violations' in line]
    return show('format', 'one look for all; clang-format -i FILE makes it so.', findings)


def tidy_findings(tree):
    """clang-tidy of each compiled file; a file that was clean is looked at again when it or any header changes."""
    clean = BUILD / 'tidy'
    clean.mkdir(exist_ok=True)
    headers = ''.join(text for path, text in sorted(tree.items()) if path.endswith('.h')) + tree['.clang-tidy']

    def check(command):
        path = str((pathlib.Path(command['directory']) / command['file']).resolve().relative_to(SOURCE))
        if path not in tree:
            return None  # written by the build itself
        key = clean / hashlib.sha256('\0'.join([path, tree[path], headers, command['command']]).encode()).hexdigest()
        if key.exists():
            return None
        status, output = run('clang-tidy', '--quiet', '-p', BUILD, path)
        if status == 0:
            key.touch()
            return None
        return re.sub(r'\d+ warnings? generated.*\n|\S*\.\./(?=src/)', '', output).strip()

    commands = [command for command in json.loads((BUILD / 'compile_commands.json').read_text())
                if command['file'].endswith('.c') and 'meson-private' not in command['file']]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return show('clang-tidy', 'a common mistake.', [text for text in pool.map(check, commands) if text])


def cppcheck_findings():
    # It does not know __attribute__((cleanup)), by which descriptors are closed here: hence no resourceLeak.
    # And what it proposes instead of readdir() and its like is deprecated: hence no …Called.
    cache = BUILD / 'cppcheck'
    cache.mkdir(exist_ok=True)
    _, output = run('cppcheck', '--quiet', '-j2', f'--cppcheck-build-dir={cache}', '--std=c11', '--library=posix',
                    '--enable=warning,performance,portability', '--inline-suppr', '--suppress=resourceLeak',
                    '--template={file}:{line}: {message} [{id}]', '--template-location=', '-Isrc', '-DPOBSYNC_VERSION=""', 'src')
    findings = [line for line in output.splitlines() if not line.endswith('Called]')]
    return show('cppcheck', 'a common mistake.', findings)


def manual_findings():
    page = BUILD / 'pobsync.1'
    if not page.exists():
        return 0
    _, output = run('mandoc', '-Tlint', '-Werror', page)
    return show('manual', 'mandoc cannot make sense of the page.', output.splitlines())


def shell_findings(tree):
    findings = []
    for path, text in sorted(tree.items()):
        if text.startswith(('#!/bin/sh', '#!/bin/bash')):
            status, output = run(text[2:text.index('\n')], '-n', path)
            if status != 0:
                findings.append(output)
    return show('shell', 'a script that does not parse.', findings)


def main():
    tree = house_rules.read_tree(SOURCE)
    count = 0
    for rule, reason in house_rules.RULES:
        findings = [f'{path}:{line}: {what}' for path, line, what in rule(tree)]
        count += show(rule.__name__.replace('_', ' '), reason, findings)
    count += shell_findings(tree)
    count += manual_findings()
    count += format_findings(tree)
    count += cppcheck_findings()
    count += tidy_findings(tree)
    print('lint ok' if count == 0 else f'{count} findings')
    return 1 if count else 0


if __name__ == '__main__':
    sys.exit(main())
