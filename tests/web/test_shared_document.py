"""The status is made once for all who ask together, and yet never older than the question."""

import gzip
import re
import threading
import unittest

from kit.web_case import WebCase


class SharedStatus(WebCase):
    def prepare(self):
        super().prepare()
        self.pobsync.ok("configure-global", "--backup-root", self.pobsync.root)

    def ask_until(self, stop, path, failures):
        browser = self.log_in("viewer")
        while not stop.is_set():
            answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
            if answer.status != 200:
                failures.append(f"{path}: {answer}")

    def test_what_was_done_before_the_question_is_in_the_answer(self):
        stop, failures = threading.Event(), []
        crowd = [threading.Thread(target=self.ask_until, args=(stop, path, failures))
                 for path in ("/api/v1/status", "/", "/api/status", "/metrics") * 3]
        for thread in crowd:
            thread.start()
        try:
            for number in range(15):
                name = f"web{number}"
                self.pobsync.ok("configure-host", name, "--address", "127.0.0.1")
                hosts = [host["host"] for host in self.admin.get("/api/v1/status").json["hosts"]]
                self.assertIn(name, hosts)
                self.assertEqual(len(hosts), number + 1)
                self.assertIn(f'href="/hosts/{name}"', self.admin.get("/").text)
        finally:
            stop.set()
            for thread in crowd:
                thread.join(60)
        self.assertEqual(failures, [])

    def test_packed_and_plain_say_the_same(self):
        self.pobsync.ok("configure-host", "web1", "--address", "127.0.0.1")
        plain = self.admin.get("/api/status")
        packed = self.admin.get("/api/status", headers={"Accept-Encoding": "gzip"})
        self.assertNotIn("Content-Encoding", plain.headers)
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        # The clock goes on between the two, and so does whatever else writes to the disk.
        said = [re.sub(r'"(as_of|bytes_free|inodes_free)":("[^"]*"|\d+)', r'"\1":0', text)
                for text in (gzip.decompress(packed.body).decode(), plain.text)]
        self.assertEqual(*said)


if __name__ == "__main__":
    unittest.main()
