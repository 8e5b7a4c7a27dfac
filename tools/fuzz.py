#!/usr/bin/env python3
"""Runs each fuzz target of build-fuzz/ for some seconds: fuzz.py SECONDS [TARGET…]

Starts from the corpus in tests/fuzz/corpus/<target>/. What is found goes to build-fuzz/corpus/<target>/, and an input
that crashes the target to build-fuzz/crash/<target>-…: put it into the corpus, and it is replayed by every ./dev test.
"""
import concurrent.futures
import json
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / 'build-fuzz'


def run_target(name, program, corpus, seconds):
    found = BUILD / 'corpus' / name
    crashes = BUILD / 'crash'
    found.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    command = [program, f'-max_total_time={seconds}', '-timeout=10', '-rss_limit_mb=1024', '-max_len=65536',
               '-print_final_stats=1', f'-artifact_prefix={crashes}/{name}-']
    dictionary = SOURCE / 'tests' / 'fuzz' / f'{name}.dict'
    if dictionary.exists():
        command.append(f'-dict={dictionary}')
    return subprocess.run([*command, found, corpus], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, errors='backslashreplace', check=False)


def main(seconds, only):
    tests = json.loads((BUILD / 'meson-info' / 'intro-tests.json').read_text())
    targets = [test for test in tests if not only or test['name'] in only]
    if not targets:
        print('There is no such fuzz target.' if only else 'There is no fuzz target.')
        return 1
    crashed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {pool.submit(run_target, test['name'], *test['cmd'], seconds): test['name'] for test in targets}
        for job in concurrent.futures.as_completed(jobs):
            result = job.result()
            executions = [line.split()[-1] for line in result.stdout.splitlines() if 'number_of_executed_units' in line]
            print(f'{"CRASH" if result.returncode else "ok":6}{jobs[job]:24}{executions[0] if executions else "?":>12} inputs',
                  flush=True)
            if result.returncode:
                crashed += 1
                print('\n'.join('    ' + line for line in result.stdout.splitlines()[-60:]))
    print(f'{len(targets)} targets, {crashed} crashed')
    return 1 if crashed else 0


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
