"""The runner of the tests counts what fails, what is skipped and, above all, what dies without a word."""
import importlib.util
import os
import pathlib
import tempfile
import unittest

PATH = pathlib.Path(__file__).resolve().parents[1] / 'run.py'
spec = importlib.util.spec_from_file_location('run', PATH)
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


class Python(unittest.TestCase):
    def outcome(self, body, limit=60):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, 'test_planted.py')
            path.write_text('import os, signal, subprocess, unittest\nclass T(unittest.TestCase):\n' + body)
            return run.run_module(run.Module('planted', [str(path)], 'python', limit=limit), dict(os.environ))

    def assert_counts(self, outcome, passed, failed, skipped=0):
        self.assertEqual((outcome.passed, outcome.failed, len(outcome.skips)), (passed, failed, skipped), outcome.output)

    def test_counts(self):
        self.assert_counts(self.outcome('    def test_a(self): pass\n    def test_b(self): self.fail()\n'
                                        '    def test_c(self): self.skipTest("why")\n'), 1, 1, 1)

    def test_subtests_are_one_test(self):
        self.assert_counts(self.outcome('    def test_a(self):\n        for i in range(4):\n'
                                        '            with self.subTest(i=i): self.assertGreater(i, 1)\n'), 0, 1)

    def test_set_up_and_tear_down(self):
        self.assert_counts(self.outcome('    def setUpClass(): raise OSError\n    def test_a(self): pass\n'), 0, 1)
        self.assert_counts(self.outcome('    def tearDown(self): raise OSError\n    def test_a(self): pass\n'), 0, 1)

    def test_skip_keeps_its_reason(self):
        outcome = self.outcome('    def setUpClass(): raise unittest.SkipTest("no root")\n    def test_a(self): pass\n')
        self.assert_counts(outcome, 0, 0, 1)
        self.assertIn('no root', outcome.skips[0])

    def test_silent_death(self):
        outcome = self.outcome('    def test_a(self): pass\n    def test_b(self): os._exit(0)\n    def test_c(self): pass\n')
        self.assert_counts(outcome, 1, 1)
        self.assertIn('test_b', outcome.complaint)

    def test_signal(self):
        outcome = self.outcome('    def test_a(self): os.kill(os.getpid(), signal.SIGSEGV)\n')
        self.assert_counts(outcome, 0, 1)
        self.assertIn('SIGSEGV', outcome.complaint)

    def test_time_limit(self):
        outcome = self.outcome('    def test_a(self): subprocess.run(["sleep", "600"])\n', limit=1)
        self.assert_counts(outcome, 0, 1)
        self.assertLess(outcome.seconds, 60)

    def test_some_modules_run_on_a_server_as_well(self):
        names = ['unit/base/buf', 'unit/store/host', 'unit/db/mariadb', 'flow/backup']
        found = list(run.with_server(run.Module(name, ['true'], 'unit') for name in names))
        self.assertEqual([module.name for module in found],
                         ['unit/base/buf', 'unit/store/host', 'unit/store/host@mariadb', 'unit/db/mariadb@mariadb', 'flow/backup'])
        self.assertEqual([module.on_server for module in found], [False, False, True, True, False])
        outcome = run.run_module(found[2], {'POBSYNC_NO_SERVER': 'no server here'})
        self.assertEqual((outcome.failed, outcome.skips), (0, ['no server here']))
        self.assertNotIn('POBSYNC_TEST_DATABASE', run.environment_of(found[1], {'POBSYNC_TEST_DATABASE': 'a'}))
        self.assertIn('POBSYNC_TEST_DATABASE', run.environment_of(found[2], {'POBSYNC_TEST_DATABASE': 'a'}))

    def test_module_without_tests(self):
        self.assert_counts(self.outcome('    pass\n'), 0, 1)

    def test_module_that_does_not_load(self):
        self.assert_counts(self.outcome('    import no_such_module\n'), 0, 1)


class Cmocka(unittest.TestCase):
    def outcome(self, output, status):
        outcome = run.Outcome()
        run.read_cmocka(output, status, outcome)
        return outcome.passed, outcome.failed, len(outcome.skips)

    START = '[==========] Running 3 test(s).\n'

    def test_counts(self):
        self.assertEqual(self.outcome(self.START + '[  PASSED  ] 3 test(s).\n', 0), (3, 0, 0))
        self.assertEqual(self.outcome(self.START + '[  PASSED  ] 1 test(s).\n[  SKIPPED ] 1 test(s), listed below:\n'
                                      '[  SKIPPED ] one\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] two\n', 1), (1, 1, 1))

    def test_two_groups(self):
        self.assertEqual(self.outcome((self.START + '[  PASSED  ] 3 test(s).\n') * 2, 0), (6, 0, 0))

    def test_silent_death(self):
        self.assertEqual(self.outcome('', 0), (0, 1, 0))
        self.assertEqual(self.outcome(self.START + '[ RUN      ] one\n', -11), (0, 3, 0))

    def test_leak_found_at_exit(self):
        self.assertEqual(self.outcome(self.START + '[  PASSED  ] 3 test(s).\n', 1), (3, 1, 0))


class Summary(unittest.TestCase):
    def test_nothing_ran_is_a_failure(self):
        self.assertEqual(run.summary({}), 1)
        self.assertEqual(run.summary({'a': run.Outcome(passed=1)}), 0)
        self.assertEqual(run.summary({'a': run.Outcome(passed=1), 'b': run.Outcome(failed=1)}), 1)
        self.assertEqual(run.summary({'a': run.Outcome(skips=['a: why'])}), 1)


if __name__ == '__main__':
    unittest.main()
