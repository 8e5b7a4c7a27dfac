"""Chromium without a screen, by chromedriver's WebDriver interface (W3C WebDriver; no library needed for so little)."""

import base64
import http.client
import json
import os
import re
import shutil
import subprocess

from kit.deadline import wait_for
from kit.workdir import WorkDir


def reason_to_skip():
    """Why there is no browser here, or None."""
    missing = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"{' and '.join(missing)} not installed" if missing else None


class Screen:
    """One browser with a profile of its own."""

    def __init__(self):
        self.dir = WorkDir("screen.")
        self.driver = subprocess.Popen([shutil.which("chromedriver"), "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                       env=os.environ | {"HOME": self.dir.make("home")})
        self.session = None
        line = ""
        while "started successfully" not in line:
            line = self.driver.stdout.readline()
            if not line:
                raise AssertionError("chromedriver did not start")
        self.port = int(re.search(r"port (\d+)", line)[1])
        options = {"binary": shutil.which("chromium"),
                   "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                            "--disable-background-networking", "--disable-component-update", "--disable-sync",
                            f"--user-data-dir={self.dir.make('profile')}"]}
        # "implicit": whoever asks for an element waits for it, as a page that is on its way has none yet.
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": 30_000}}}})
        self.session = made["sessionId"]

    def call(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        if self.session:
            path = f"/session/{self.session}{path}"
        link.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        value = json.loads(link.getresponse().read())["value"]
        link.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{method} {path}: {value['error']}: {value['message'][:500]}")
        return value

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height=900):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=False)

    def colours(self, scheme):
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """The same for a script that calls its last argument with its result."""
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def messages(self):
        """What the console said since the last call, warnings left out."""
        return [line["message"] for line in self.call("POST", "/se/log", {"type": "browser"})
                if line["level"] == "SEVERE"]

    def act(self, selector, action, body):
        """An action on the element; looked for again when its page went away between the look and the action."""
        def done():
            element = self.call("POST", "/element", {"using": "css selector", "value": selector})
            try:
                self.call("POST", f"/element/{list(element.values())[0]}/{action}", body)
            except AssertionError as error:
                if "stale element reference" in str(error):
                    return False
                raise
            return True
        wait_for(done, 30, lambda: f"{selector} at {self.url()}")

    def type(self, selector, text):
        self.act(selector, "value", {"text": text})

    def click(self, selector):
        self.act(selector, "click", {})

    def press(self, selector):
        """Enter on an element, which needs no script of the driver."""
        self.type(selector, "\ue007")

    def url(self):
        return self.call("GET", "/url")

    def wait_for_url(self, part):
        wait_for(lambda: part in self.url(), 30, self.url)

    def save(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def close(self):
        if self.session:
            self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait(30)
        self.driver.stdout.close()
        self.dir.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
