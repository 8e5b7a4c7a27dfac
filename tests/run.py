#!/usr/bin/env python3
"""Runs all tests, each module in its own process, and ends with the line "N passed, N failed[, N skipped]".

A module is a cmocka program or a fuzz replay that meson built (unit/base/buf, fuzz/meta), or a Python file
(tests/flow/test_backup.py is flow/backup). A Python module may say, at the start of a line:
    SERIAL = True        it runs alone, after the others
    TIME_LIMIT = 1200    seconds until it is killed, where 600 are too few
Tests find the programs in $POBSYNC (plain) and $POBSYNC_ASAN, and the test kit by `import kit`. The modules of
ON_SERVER run once more as NAME@mariadb, on databases of a MariaDB server that $POBSYNC_TEST_DATABASE tells them; that
server is started for them when one of them runs. With --database mariadb all modules that can do so run there, and only so.
"""
import argparse
import contextlib
import concurrent.futures
import dataclasses
import importlib
import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent
SOURCE = TESTS.parent
FOLDERS = ['flow', 'fault', 'web', 'lint']
ON_SERVER = re.compile(r'unit/store/|unit/db/(mariadb|transfer)$|flow/(adopt|alert|queue|rebuild|retention|status)$')
MAY_RUN_ON_SERVER = re.compile(r'flow/|web/')
ON_SERVER_ONLY = {'unit/db/mariadb'}


@dataclasses.dataclass
class Module:
    name: str
    command: list[str]
    kind: str  # "unit", "fuzz" or "python"
    serial: bool = False
    limit: int = 600
    on_server: bool = False


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: int = 0
    skips: list[str] = dataclasses.field(default_factory=list)
    complaint: str = ''  # what is wrong beyond what the module printed
    output: str = ''
    seconds: float = 0.0


# --- which modules there are -----------------------------------------------------------------------------------

def built_modules(build):
    """The programs of meson's list of tests; `suite` there is "pobsync:unit" or "pobsync:fuzz"."""
    listing = build / 'meson-info' / 'intro-tests.json'
    for test in json.loads(listing.read_text()):
        kind = test['suite'][0].split(':')[-1]
        yield Module(f'{kind}/{test["name"]}', test['cmd'], kind)


def python_modules(folders):
    for folder in folders:
        for path in sorted((TESTS / folder).glob('test_*.py')):
            source = path.read_text()
            limit = re.search(r'^TIME_LIMIT = (\d+)', source, re.M)
            yield Module(f'{folder}/{path.stem.removeprefix("test_")}', [str(path)], 'python',
                         serial=re.search(r'^SERIAL = True', source, re.M) is not None,
                         limit=int(limit[1]) if limit else 600)


def with_server(modules, more=None):
    """The modules, and those that run on a database server as well, or on nothing else. `more` matches further ones."""
    for module in modules:
        if module.name not in ON_SERVER_ONLY:
            yield module
        if ON_SERVER.match(module.name) or more is not None and more.match(module.name):
            yield dataclasses.replace(module, name=f'{module.name}@mariadb', on_server=True)


# --- the child: one Python module ------------------------------------------------------------------------------

class Recorder(unittest.TextTestResult):
    """Writes a line for each test to a file as it ends, so that a process that is killed still says how far it came."""

    record = None  # the open file
    bad = False

    def write(self, **line):
        print(json.dumps(line), file=self.record, flush=True)

    def startTest(self, test):
        self.bad = False
        self.write(start=test.id())
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        if self.bad:
            self.write(failed=test.id())
        self.write(stop=test.id())

    def fail_now(self, test):
        # Outside of a test it is the set-up of a class or a module that failed; no stopTest() will follow.
        if isinstance(test, unittest.TestCase) or hasattr(test, 'test_case'):
            self.bad = True
        else:
            self.write(failed=test.id())

    def addSuccess(self, test):
        super().addSuccess(test)
        self.write(passed=test.id())

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.write(passed=test.id())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.write(skipped=test.id(), reason=reason)

    def addError(self, test, err):
        super().addError(test, err)
        self.fail_now(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail_now(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self.bad = self.bad or err is not None

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.fail_now(test)


def run_python_module(path, record):
    sys.path.insert(0, os.path.dirname(path))
    with open(record, 'a') as Recorder.record:
        spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        result = unittest.TextTestRunner(verbosity=2, resultclass=Recorder).run(suite)
        print(json.dumps({'end': True}), file=Recorder.record)
    return 0 if result.wasSuccessful() else 1


# --- reading what a module reported ----------------------------------------------------------------------------

def read_python(record, outcome):
    running, ended = None, False
    for line in map(json.loads, record.read_text().splitlines()):
        running = line.get('start', running)
        outcome.passed += 'passed' in line
        outcome.failed += 'failed' in line
        if 'skipped' in line:
            outcome.skips.append(f'{line["skipped"]}: {line["reason"]}')
        if 'stop' in line:
            running = None
        ended = 'end' in line
    if not ended:
        outcome.failed += 1
        outcome.complaint = f'the process ended in {running}' if running else 'the process ended before its tests were done'
    elif outcome.passed + outcome.failed + len(outcome.skips) == 0:
        outcome.failed = 1
        outcome.complaint = 'the module has no test'


def read_cmocka(output, status, outcome):
    def total(pattern):
        return sum(map(int, re.findall(pattern, output, re.M)))

    started = total(r'^\[==========\] Running (\d+) test')
    outcome.passed = total(r'^\[  PASSED  \] (\d+) test')
    outcome.failed = total(r'^\[  FAILED  \] (\d+) test')
    outcome.skips = sorted(set(re.findall(r'^\[  SKIPPED \] ([^\d\s]\S*)$', output, re.M)))
    silent = started - outcome.passed - outcome.failed - len(outcome.skips)
    if status != 0 and outcome.failed == 0 or silent != 0 or started == 0:
        outcome.failed += max(silent, 1)
        outcome.complaint = f'{max(silent, 0)} of {started} tests did not report'


# --- running ---------------------------------------------------------------------------------------------------

def environment_of(module, environment):
    """Only who is to use the server hears of it."""
    kept = dict(environment)
    if not module.on_server:
        kept.pop('POBSYNC_TEST_DATABASE', None)
    return kept


def run_module(module, environment):
    outcome = Outcome()
    if module.on_server and 'POBSYNC_TEST_DATABASE' not in environment:
        outcome.skips.append(environment['POBSYNC_NO_SERVER'])
        return outcome
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='pobsync-run-') as folder:
        record = pathlib.Path(folder, 'record')
        record.touch()
        command = module.command
        if module.kind == 'python':
            command = [sys.executable, __file__, '--module', *command, '--record', record]
        with open(pathlib.Path(folder, 'output'), 'w+b') as file:
            process = subprocess.Popen(command, cwd=SOURCE, env=environment_of(module, environment), stdin=subprocess.DEVNULL,
                                       stdout=file, stderr=file, start_new_session=True)
            try:
                status = process.wait(module.limit)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                end_group(process)
            file.seek(0)
            outcome.output = file.read().decode(errors='backslashreplace')
        if module.kind == 'python':
            read_python(record, outcome)
        elif module.kind == 'unit':
            read_cmocka(outcome.output, status, outcome)
        else:
            outcome.passed, outcome.failed = (1, 0) if status == 0 else (0, 1)
    if status is None:
        outcome.complaint = f'killed after {module.limit} s; {outcome.complaint}'
    elif status < 0:
        outcome.complaint = f'ended by {signal.Signals(-status).name}; {outcome.complaint}'
    if status != 0 and outcome.failed == 0:
        outcome.failed = 1
        outcome.complaint = outcome.complaint or f'exit status {status} although no test failed'
    outcome.seconds = time.monotonic() - begin
    return outcome


def end_group(process):
    """Ends what is left of the module's process group, itself included."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def report(module, outcome):
    word = 'FAIL' if outcome.failed else 'ok'
    counts = f'{outcome.passed:4} passed'
    counts += f', {outcome.failed} failed' if outcome.failed else ''
    counts += f', {len(outcome.skips)} skipped' if outcome.skips else ''
    print(f'{word:5}{module.name:32}{outcome.seconds:7.1f} s {counts}', flush=True)
    if outcome.failed:
        print('\n'.join('    ' + line for line in outcome.output.splitlines()))
        if outcome.complaint:
            print(f'    {module.name}: {outcome.complaint}')
        sys.stdout.flush()


@contextlib.contextmanager
def server_for(modules, environment):
    """The environment with the URL of a server, or with the reason why there is none."""
    if not any(module.on_server for module in modules):
        yield environment
        return
    sys.path.insert(0, str(TESTS))
    mariadb = importlib.import_module('kit.mariadb')
    reason = mariadb.missing()
    if reason is not None:
        yield environment | {'POBSYNC_NO_SERVER': reason}
        return
    with mariadb.MariaDb() as server:
        yield environment | {'POBSYNC_TEST_DATABASE': server.url()}


def run_all(modules, environment, jobs):
    outcomes = {}
    for width, batch in ((jobs, [m for m in modules if not m.serial]), (1, [m for m in modules if m.serial])):
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            running = {pool.submit(run_module, module, environment): module for module in batch}
            for future in concurrent.futures.as_completed(running):
                outcomes[running[future].name] = future.result()
                report(running[future], future.result())
    return outcomes


def summary(outcomes):
    skips = [f'{name}: {skip}' for name, outcome in sorted(outcomes.items()) for skip in outcome.skips]
    if skips:
        print('Skipped:')
        print('\n'.join(f'    {skip}' for skip in skips))
    broken = sorted(name for name, outcome in outcomes.items() if outcome.failed)
    if broken:
        print('Failed:', ' '.join(broken))
    passed = sum(outcome.passed for outcome in outcomes.values())
    failed = sum(outcome.failed for outcome in outcomes.values())
    print(f'{passed} passed, {failed} failed' + (f', {len(skips)} skipped' if skips else ''), flush=True)
    return 0 if passed and not failed else 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('filters', nargs='*', help='parts of module names; without any, all modules run')
    parser.add_argument('--build', default='build-asan', help='build directory of the unit tests and of $POBSYNC_ASAN')
    parser.add_argument('--plain', default='build', help='build directory of $POBSYNC')
    parser.add_argument('--jobs', type=int, default=2, help='modules that run at a time')
    parser.add_argument('--database', choices=['mariadb'],
                        help='run every module on databases of a server that can, and nothing else')
    parser.add_argument('--soak', action='store_true', help='run tests/soak, and nothing else')
    parser.add_argument('--stage', action='store_true', help='run tests/stage, and nothing else')
    parser.add_argument('--list', action='store_true', help='print the names of the modules')
    parser.add_argument('--module', help=argparse.SUPPRESS)
    parser.add_argument('--record', help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if options.module:
        return run_python_module(options.module, options.record)

    build, plain = SOURCE / options.build, SOURCE / options.plain
    alone = 'soak' if options.soak else 'stage' if options.stage else None
    modules = list(python_modules([alone])) if alone else [*built_modules(build), *python_modules(FOLDERS)]
    modules = list(with_server(modules, options.database and MAY_RUN_ON_SERVER))
    if options.database:
        modules = [module for module in modules if module.on_server]
    if options.filters:
        modules = [module for module in modules if any(part in module.name for part in options.filters)]
    if options.list:
        print('\n'.join(module.name for module in modules))
        return 0

    environment = os.environ | {
        'POBSYNC': str(plain / 'pobsync'),
        'POBSYNC_ASAN': str(build / 'pobsync'),
        'PYTHONPATH': str(TESTS),
        'PYTHONDONTWRITEBYTECODE': '1',
        'ASAN_OPTIONS': 'detect_leaks=1:detect_stack_use_after_return=1',
        'UBSAN_OPTIONS': 'print_stacktrace=1',
        'LC_ALL': 'C.UTF-8',
    }
    with server_for(modules, environment) as environment:
        return summary(run_all(modules, environment, options.jobs))


if __name__ == '__main__':
    sys.exit(main())
