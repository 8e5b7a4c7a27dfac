"""Files of snapshots in the web, through the reader: what is shown and sent is what lies there, and nothing else can be
asked for."""

import base64
import http.client
import os
import re
import shutil
import socket
import struct
import subprocess
import time
import unittest
import urllib.parse

from kit import oracle
from kit.case import EVERYTHING
from kit.deadline import wait_for
from kit.faults import FakeRsync
from kit.screen import Screen, reason_to_skip
from kit.sshd import Sshd
from kit.swapper import Swapper
from kit.tree import ODD_NAMES, fidelity_tree
from kit.web import PASSWORD
from kit.web_case import WebCase
from kit.workdir import WorkDir

SERIAL = True
RACE_SECONDS = 3


class BrowseCase(WebCase):
    """Host web1, two snapshots, and the reader beside the web."""

    hostile = False

    def prepare(self):
        super().prepare()
        self.sshd = self.enterContext(Sshd())
        self.work = self.enterContext(WorkDir())
        self.source = self.work / "source"
        if self.hostile:
            fidelity_tree(self.source)
        else:
            os.makedirs(self.source + "/etc/deep")
            self.write("etc/hosts", "one\n")
            self.write("etc/deep/below", "below\n")
            self.write("etc/<b>bold", "<script>alert(1)</script>\n")
        self.fake = FakeRsync(self.work.path)
        self.pobsync.add_host("web1", self.sshd, self.source, *EVERYTHING,
                              *([] if self.hostile else ["--rsync-binary", self.fake.path]))
        self.pobsync.ok("host-key", "web1", "--accept", self.sshd.fingerprint())
        self.first = self.backup("2026-11-01T12:00:00Z")
        if not self.hostile:
            self.write("etc/hosts", "two\n")
            self.write("etc/new", "new\n")
            shutil.rmtree(self.source + "/etc/deep")
        self.second = self.backup("2026-11-02T12:00:00Z")
        self.reader = self.pobsync.spawn("reader")
        wait_for(lambda: os.path.exists(self.socket), 30, "the reader does not listen")

    @property
    def socket(self):
        return os.path.join(self.pobsync.home, "reader.sock")

    def write(self, name, text):
        with open(os.path.join(self.source, name), "w", encoding="utf-8") as file:
            file.write(text)

    def backup(self, when):
        return self.pobsync.json("backup", "web1", timeout=120, env={"POBSYNC_FAKE_NOW": when})["snapshot"]

    def data(self, snapshot):
        return os.path.join(self.pobsync.root, "web1", "scheduled", snapshot, "data")

    def audited(self, action):
        return [item["object"] for item in self.audit() if item["action"] == action]


class Pages(BrowseCase):
    def test_a_directory(self):
        page = self.admin.get(f"/hosts/web1/browse/{self.second}/etc")
        self.assertEqual(page.status, 200, page)
        for text in ("hosts", "new", "&lt;b&gt;bold"):
            self.assertIn(text, page.text)
        self.assertNotIn("<b>bold", page.text)
        self.assertIn(f'href="/hosts/web1/browse/{self.first}/etc"', page.text)  # the switcher keeps the path
        answer = self.admin.get(f"/api/v1/hosts/web1/browse/{self.second}/etc").json
        self.assertEqual([item["name"] for item in answer["items"]], ["<b>bold", "hosts", "new"])
        command = self.pobsync.json("ls", f"web1@{self.second}:/etc")
        self.assertEqual(answer["items"], command["items"])
        self.assertEqual(self.admin.get("/hosts/web1/browse").status, 200)
        self.assertEqual(self.admin.get("/hosts/web1/browse/latest").status, 200)
        self.assertIn("hosts", self.admin.get(f"/hosts/web1/browse/{self.second}/etc?q=HOST&sort=size&reverse=yes").text)

    def test_what_is_not_there_was_last_seen(self):
        page = self.admin.get(f"/hosts/web1/browse/{self.second}/etc/deep")
        self.assertEqual(page.status, 404)
        self.assertIn("Last seen in", page.text)
        self.assertIn(f"/hosts/web1/browse/{self.first}/etc/deep", page.text)
        page = self.admin.get(f"/hosts/web1/browse/{self.second}/etc/never")
        self.assertEqual(page.status, 404)
        self.assertEqual(self.admin.get(f"/api/v1/hosts/web1/browse/{self.second}/etc/deep").status, 404)
        self.assertEqual(self.admin.get("/hosts/web1/browse/20200101-000000Z__00000000/").status, 404)

    def test_versions_and_differences(self):
        page = self.admin.get("/hosts/web1/versions/etc/hosts")
        self.assertEqual(page.status, 200, page)
        self.assertIn(self.first, page.text)
        self.assertIn(self.second, page.text)
        answer = self.admin.get("/api/v1/hosts/web1/versions/etc/hosts").json
        self.assertEqual(answer["items"], self.pobsync.json("versions", "web1:/etc/hosts")["items"])
        page = self.admin.get(f"/hosts/web1/diff/{self.first}..{self.second}")
        self.assertEqual(page.status, 200, page)
        self.assertIn("/etc/new", page.text)
        answer = self.admin.get(f"/api/v1/hosts/web1/diff/{self.first}..{self.second}/etc").json
        self.assertEqual(answer["items"], self.pobsync.json("diff", f"web1@{self.first}..{self.second}:/etc")["items"])
        page = self.admin.get(f"/hosts/web1/browse/{self.second}").text
        self.assertEqual(re.search(r'name="after" value="([^"]*)"', page)[1], self.second)
        self.assertEqual(re.findall(r"<option>([^<]*)</option>", page), [self.first])
        form = self.admin.get(f"/hosts/web1/diff?before={self.first}&after={self.second}")
        self.assertEqual((form.status, form.headers["Location"]), (303, f"/hosts/web1/diff/{self.first}..{self.second}"))

    def test_the_names_of_a_directory_over_time(self):
        self.assertIn('href="/hosts/web1/names/etc"', self.admin.get(f"/hosts/web1/browse/{self.second}/etc").text)
        page = self.admin.get("/hosts/web1/names/etc")
        self.assertEqual(page.status, 200, page)
        for link in ("versions/etc/hosts", "names/etc/deep", f"browse/{self.first}/etc"):
            self.assertIn(f'href="/hosts/web1/{link}"', page.text)
        self.assertIn("&lt;b&gt;bold", page.text)
        answer = self.admin.get("/api/v1/hosts/web1/names/etc").json
        cells = {item["name"]: item["cells"] for item in answer["items"]}
        self.assertEqual(cells, {"hosts": [2, 1], "new": [1, None], "deep": [None, 1], "<b>bold": [1, 1]})
        after = base64.b64encode(b"hosts").decode()
        rest = self.admin.get("/api/v1/hosts/web1/names/etc?from=1&after_b64=" + urllib.parse.quote(after)).json
        self.assertEqual([(item["name"], item["cells"]) for item in rest["items"]], [("new", [None])])
        self.assertEqual(self.admin.get("/hosts/web1/names/etc/hosts").status, 404)
        for bad in ("from=-1", "from=x", "after_b64=%00", "after_b64=_"):
            self.assertIn(self.admin.get(f"/hosts/web1/names/etc?{bad}").status, (400, 422), bad)
        self.assertEqual(self.log_in("viewer").get("/hosts/web1/names/etc").status, 403)

    def test_the_lines_of_two_versions(self):
        pair = f"{self.first}..{self.second}"
        link = f'href="/hosts/web1/lines/{pair}/etc/hosts"'
        self.assertIn(link, self.admin.get(f"/hosts/web1/diff/{pair}").text)
        self.assertIn(link, self.admin.get("/hosts/web1/versions/etc/hosts").text)
        page = self.admin.get(f"/hosts/web1/lines/{pair}/etc/hosts")
        self.assertEqual(page.status, 200, page)
        self.assertIn('<span class="removed">- one</span><span class="added">+ two</span>', page.text)
        answer = self.admin.get(f"/api/v1/hosts/web1/lines/{pair}/etc/hosts").json
        command = self.pobsync.json("diff", f"web1@{pair}:/etc/hosts", "--lines")
        self.assertEqual({**answer, "links": None}, {**command, "links": None})
        self.assertEqual(len([item for item in self.audited("file.read") if item.endswith(":/etc/hosts")]), 6)
        self.write("etc/hosts", "<script>alert(1)</script>\n\x1b[31m\n")
        third = self.backup("2026-11-03T12:00:00Z")
        page = self.admin.get(f"/hosts/web1/lines/{self.second}..{third}/etc/hosts")
        self.assertIn("&lt;script>alert(1)&lt;/script>", page.text.replace("&gt;", ">"))
        self.assertNotIn("\x1b", page.text)
        self.assertEqual(self.admin.get(f"/hosts/web1/lines/{pair}/etc/new").status, 404)
        self.assertEqual(self.admin.get(f"/hosts/web1/lines/{self.first}/etc/hosts").status, 404)
        self.assertEqual(self.log_in("viewer").get(f"/hosts/web1/lines/{pair}/etc/hosts").status, 403)

    def test_a_search(self):
        form = self.admin.get("/hosts/web1/search")
        self.assertEqual(form.status, 200, form)
        self.assertNotIn("were looked at", form.text)
        page = self.admin.get("/hosts/web1/search?q=hosts")
        self.assertEqual(page.status, 200, page)
        for snapshot in (self.first, self.second):  # two versions
            self.assertIn(f'href="/hosts/web1/content/{snapshot}/etc/hosts"', page.text)
        self.assertIn(f'href="/hosts/web1/browse/{self.second}/etc"', page.text)
        self.assertIn("in 2 snapshots were looked at", page.text)
        answer = self.admin.get("/api/v1/hosts/web1/search?q=*").json
        command = self.pobsync.json("find", "web1", "--name", "*")
        self.assertEqual({**answer, "links": None}, {**command, "links": None})
        self.assertGreater(len(answer["items"]), 4)
        found = self.admin.get(f"/api/v1/hosts/web1/search?q=*&snapshot={self.first}&size=%2B1&since=1d").json
        self.assertEqual({item["path"] for item in found["items"]}, {"/etc/hosts", "/etc/deep/below", "/etc/<b>bold"})
        self.assertEqual(self.admin.get("/api/v1/hosts/web1/search?q=*&until=2001-01-01").json["items"], [])
        self.assertIn("Nothing of this name", self.admin.get("/hosts/web1/search?q=never").text)
        bold = self.admin.get("/hosts/web1/search?q=*bold*").text
        self.assertIn("&lt;b&gt;bold", bold)
        self.assertNotIn("<b>bold", bold)

    def test_a_search_everywhere(self):
        form = self.admin.get("/search")
        self.assertEqual(form.status, 200, form)
        self.assertNotIn("were looked at", form.text)
        self.pobsync.ok("configure-host", "empty", "--address", "127.0.0.1")
        page = self.admin.get("/search?q=hosts")
        self.assertIn(f'href="/hosts/web1/content/{self.second}/etc/hosts"', page.text)
        self.assertNotIn(self.first, page.text, "the newest snapshot only")
        self.assertIn("Not searched to its end: empty:", page.text)
        answer = self.admin.get("/api/v1/search?q=*").json
        command = self.pobsync.run("find", "--name", "*", "--json")
        self.assertEqual((command.rc, {**answer, "links": None}), (3, {**command.json, "links": None}))
        self.assertEqual({item["host"] for item in answer["items"]}, {"web1"})
        self.assertEqual((answer["searched"], answer["unsearched"]), (1, []))
        lines = self.pobsync.run("find", "--name", "new").stdout.decode().splitlines()
        self.assertEqual([line.split()[-1] for line in lines], [f"web1@{self.second}:/etc/new"])
        self.assertEqual(self.pobsync.run("find", "--name", "x", "--snapshot", "latest").rc, 2)
        to = self.admin.get("/search?q=a+b%26c&host=web1&size=%2B1")
        self.assertEqual((to.status, to.headers["Location"]), (303, "/hosts/web1/search?q=a%20b%26c&size=%2B1"))
        self.assertEqual(self.admin.get("/search?q=x&host=..%2Fetc").status, 422)
        self.assertEqual(self.log_in("viewer").get("/search?q=x").status, 403)

    def test_a_search_for_nonsense(self):
        for query in ("?q=a/b", "?q=x&since=soon", "?q=x&until=soon", "?q=x&size=much", "?q=" + "x" * 256):
            answer = self.admin.get("/api/v1/hosts/web1/search" + query)
            self.assertEqual(answer.status, 422, f"{query}: {answer}")
        for query in ("", "?q="):
            self.assertEqual(self.admin.get("/api/v1/hosts/web1/search" + query).json["searched"], 0)
        self.assertEqual(self.admin.get("/api/v1/hosts/web1/search?q=x&snapshot=20200101-000000Z__00000000").status, 404)

    def test_a_search_of_more_than_is_shown(self):
        os.mkdir(self.source + "/crowd")
        for number in range(505):
            self.write(f"crowd/n{number}", "")
        self.backup("2026-11-03T12:00:00Z")
        self.backup("2026-11-04T12:00:00Z")
        answer = self.admin.get("/api/v1/hosts/web1/search?q=n[0-9]*").json
        self.assertEqual((len(answer["items"]), answer["more"]), (500, 5))
        self.assertEqual({len(item["snapshots"]) for item in answer["items"]}, {2})
        self.assertIn("5 more are not shown", self.admin.get("/hosts/web1/search?q=n[0-9]*").text)

    def test_text_is_escaped(self):
        page = self.admin.get(f"/hosts/web1/text/{self.second}/etc/%3Cb%3Ebold%3C%2Fb%3E")
        self.assertEqual(page.status, 400)  # a slash in a name there is none
        self.write("script", "<script>alert(1)</script>\n\x1b[31m\n")
        third = self.backup("2026-11-03T12:00:00Z")
        page = self.admin.get(f"/hosts/web1/text/{third}/script")
        self.assertEqual(page.status, 200, page)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", page.text)
        self.assertNotIn("<script>alert", page.text)
        self.assertNotIn("\x1b", page.text)

    def test_a_file_with_ranges(self):
        path = f"/hosts/web1/content/{self.second}/etc/hosts"
        answer = self.admin.get(path)
        self.assertEqual((answer.status, answer.body), (200, b"two\n"))
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", " ".join(answer.headers.get_all("Content-Security-Policy")))
        for asked, status, body in (("bytes=1-2", 206, b"wo"), ("bytes=2-", 206, b"o\n"), ("bytes=-1", 206, b"\n"),
                                    ("bytes=0-99", 206, b"two\n"), ("bytes=9-", 416, None), ("lines=1", 200, b"two\n"),
                                    ("bytes=2-1", 200, b"two\n"), ("bytes=0-0,2-2", 200, b"two\n")):
            answer = self.admin.get(path, headers={"Range": asked})
            self.assertEqual(answer.status, status, asked)
            if body is not None:
                self.assertEqual(answer.body, body, asked)
        self.assertIn(f"web1@{self.second}:/etc/hosts", self.audited("file.read"))

    def test_a_folder_as_an_archive(self):
        links = self.admin.get(f"/hosts/web1/browse/{self.second}/etc").page.links
        for form, list_it in (("tar.zst", ["tar", "--zstd", "-tf"]), ("tar", ["tar", "-tf"]), ("zip", None)):
            link = f"/hosts/web1/archive/{self.second}/etc?format={form}"
            self.assertIn(link, links)
            answer = self.admin.get(link)
            self.assertEqual(answer.status, 200, form)
            archive = self.work / f"archive.{form}"
            with open(archive, "wb") as file:
                file.write(answer.body)
            if list_it:
                names = subprocess.run([*list_it, archive], check=True, capture_output=True, text=True).stdout.split()
                self.assertIn("./hosts", names)
            else:
                subprocess.run(["python3", "-m", "zipfile", "-t", archive], check=True, capture_output=True)
        self.assertEqual(len(self.audited("file.download")), 3)
        self.assertIn("admin", {item["actor"] for item in self.audit() if item["action"] == "file.download"})

    def test_a_basket(self):
        form = next(form["fields"] for form in self.admin.get(f"/hosts/web1/browse/{self.second}/etc").page.forms
                    if form["action"] == "/hosts/web1/basket")
        items = [base64.b64encode(path.encode()).decode() for path in ("etc/hosts", "etc", "etc/<b>bold", "etc/deep")]
        csrf = form["csrf_token"]
        answer = self.admin.post("/hosts/web1/basket", [("csrf_token", csrf), *[("item", item) for item in items]])
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/hosts/web1/basket"), answer)
        self.admin.post("/hosts/web1/basket", {"csrf_token": csrf, "item": items[0]})
        page = self.admin.get("/hosts/web1/basket")
        self.assertIn("/etc/&lt;b&gt;bold", page.text)
        paths = lambda: [item["path"] for item in self.admin.get("/api/v1/hosts/web1/basket").json["items"]]  # noqa: E731
        self.assertEqual(paths(), ["/etc/hosts", "/etc", "/etc/<b>bold", "/etc/deep"])
        self.admin.post("/hosts/web1/basket/remove", {"csrf_token": csrf, "item": items[1]})
        archive = self.work / "basket.tar"
        for snapshot, expected in ((self.first, {"./etc/hosts", "./etc/<b>bold", "./etc/deep/", "./etc/deep/below"}),
                                   (self.second, {"./etc/hosts", "./etc/<b>bold", "./pobsync-left-out.txt"})):
            answer = self.admin.get(f"/hosts/web1/basket/archive?snapshot={snapshot}&format=tar")
            self.assertEqual(answer.status, 200, answer)
            with open(archive, "wb") as file:
                file.write(answer.body)
            names = subprocess.run(["tar", "-tf", archive], check=True, capture_output=True, text=True).stdout.split("\n")
            self.assertEqual(set(names) - {""}, expected)
        self.assertIn(f"web1@{self.first}:/etc/deep", self.audited("file.download"))
        self.assertEqual(self.log_in("restorer").get("/api/v1/hosts/web1/basket").json["items"], [], "each has an own one")
        self.assertEqual(self.log_in("viewer").get("/hosts/web1/basket").status, 403)
        bad = base64.b64encode(b"../etc").decode()
        for item in (bad, "not base64", base64.b64encode(b"a\0b").decode()):
            self.assertIn(self.admin.post("/hosts/web1/basket", {"csrf_token": csrf, "item": item}).status, (400, 422))
        many = [("item", base64.b64encode(f"f{number}".encode()).decode()) for number in range(498)]
        for part, status in ((many[:249], 303), (many[249:], 409)):
            self.assertEqual(self.admin.post("/hosts/web1/basket", [("csrf_token", csrf), *part]).status, status)
        self.assertEqual(len(paths()), 3 + 249, "all or none")
        self.admin.post("/hosts/web1/basket/remove", {"csrf_token": csrf})
        self.assertEqual(paths(), [])
        self.assertEqual(self.admin.get("/hosts/web1/basket/archive").status, 404)

    def test_who_may(self):
        paths = [f"/hosts/web1/{page}/{self.second}/etc" for page in ("browse", "archive")]
        paths += [f"/hosts/web1/content/{self.second}/etc/hosts", f"/hosts/web1/text/{self.second}/etc/hosts",
                  "/hosts/web1/versions/etc/hosts", f"/hosts/web1/diff/{self.first}..{self.second}"]
        viewer, restorer = self.log_in("viewer"), self.log_in("restorer")
        for path in paths:
            self.assertEqual(viewer.get(path).status, 403, path)
            self.assertEqual(restorer.get(path).status, 200, path)
        self.assertNotIn("/browse", viewer.get("/hosts/web1").text)

    def test_without_a_reader_it_says_so(self):
        self.reader.kill()
        self.reader.wait()
        os.unlink(self.socket)
        page = self.admin.get("/hosts/web1/browse")
        self.assertEqual(page.status, 503)
        self.assertIn("reader", page.text)


class Race(BrowseCase):
    """G9: a snapshot never changes; but were its directories and files to be swapped for links while they are read, nothing outside
    would be shown or sent."""

    sanitised = False

    def test_what_becomes_a_link_leads_nowhere(self):
        victim, data = self.work.make("victim"), self.data(self.second)
        for name in ("hosts", "new", "secret name"):
            with open(os.path.join(victim, name), "w", encoding="utf-8") as file:
                file.write("secret\n")
        baits = os.path.join(os.path.dirname(data), "bait")
        os.mkdir(baits)
        os.symlink(victim, os.path.join(baits, "directory"))
        os.symlink(os.path.join(victim, "new"), os.path.join(baits, "file"))
        with Swapper(data + "/etc/new", baits + "/file"):
            self.race(["browse/{}/etc", "content/{}/etc/new", "text/{}/etc/new", "archive/{}/etc?format=tar"])
        with Swapper(data + "/etc", baits + "/directory"):
            self.race(["browse/{}/etc", "content/{}/etc/hosts", "text/{}/etc/hosts", "archive/{}/?format=tar", "versions/etc/hosts",
                       "search?q=*", f"diff/{self.first}..{{}}"])

    def race(self, pages):
        answered = set()
        until = time.monotonic() + RACE_SECONDS
        end = until + 60
        while time.monotonic() < until or len(answered) < len(pages):
            self.assertLess(time.monotonic(), end, f"never answered: {set(pages) - answered}")
            for page in pages:
                try:
                    answer = self.admin.get("/hosts/web1/" + page.format(self.second))
                except (OSError, http.client.HTTPException):
                    continue  # an archive that was not finished breaks off
                self.assertNotIn(b"secret", answer.body, page)
                if answer.status == 200:
                    answered.add(page)


class Traversal(BrowseCase):
    """G9"""

    hostile = True

    def test_nothing_leads_out(self):
        with open("/etc/passwd", "rb") as file:
            passwd = file.read()
        for page in ("content", "text", "browse", "archive"):
            base = f"/hosts/web1/{page}/{self.second}"
            for path in ("/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/links/absolute", "/links/up/passwd",
                         "/links/to%20directory/c", "/special/fifo", "/special/null", "//etc/passwd", "/links/loop",
                         "/..%2f..%2fmeta.json", "/%00", "/plain/one/../../links",
                         "?path_b64=" + urllib.parse.quote(base64.b64encode(b"../../meta.json").decode()),
                         "?path_b64=" + urllib.parse.quote(base64.b64encode(b"/etc/../../x").decode()), "?path_b64=!"):
                if page == "archive" and path.startswith(("/special", "/links/absolute", "/links/loop")):
                    continue  # packed as what it is
                if page == "browse" and path.startswith(("/special", "/links/absolute", "/links/loop")):
                    continue  # shown as what it is
                answer = self.admin.get(base + path)
                self.assertIn(answer.status, (400, 404, 422, 500), f"{page} {path}: {answer.status}")
                self.assertNotIn(passwd[:20], answer.body)
            for snapshot in ("..", "%2e%2e", "x%2f..%2f..", "..%2fmanual"):
                self.assertIn(self.admin.get(f"/hosts/web1/{page}/{snapshot}/etc").status, (400, 404), snapshot)

    def test_every_name_can_be_fetched(self):
        page = self.admin.get(f"/hosts/web1/browse/{self.second}/names?q=")
        for raw in ("<img src=x", "\x1b", "\u202e", "\x7f"):
            self.assertNotIn(raw, page.text)
        listed = self.admin.get(f"/api/v1/hosts/web1/browse/{self.second}/names").json["items"]
        hrefs = re.findall(r'href="(/hosts/web1/content/[^"]*)"', page.text)
        self.assertEqual(len(hrefs), sum(item["type"] == "file" for item in listed))
        bodies = set()
        for href in hrefs:
            answer = self.admin.get(href.replace("&amp;", "&"))
            self.assertEqual(answer.status, 200, href)
            bodies.add(answer.body)
        for name in ODD_NAMES:
            self.assertIn(b"named " + name, bodies)

    def test_an_archive_of_everything(self):
        answer = self.admin.get(f"/hosts/web1/archive/{self.second}?format=tar")
        self.assertEqual(answer.status, 200)
        archive, target = self.work / "all.tar", self.work.make("unpacked")
        with open(archive, "wb") as file:
            file.write(answer.body)
        subprocess.run(["tar", "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "-xpf", archive, "-C", target],
                       check=True, capture_output=True)
        self.assertEqual([line for line in oracle.compare(self.source, target) if "special/socket" not in line
                          and "before by half" not in line and "'trusted.kit'" not in line], [])  # takes CAP_SYS_ADMIN


class Reader(BrowseCase):
    """What may be asked of the reader itself."""

    def ask(self, message, raw=False):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(self.socket)
            link.sendall(message if raw else struct.pack(">I", len(message)) + message)
            got = b""
            while piece := link.recv(65536):
                got += piece
        return got[4:]

    def test_nonsense_is_refused(self):
        for message in (b"", b"{}", b"[]", b"null", b'{"do":"list"}', b"\xff" * 100, b'{"do":"remove"}', b"{" * 5000,
                        b'{"do":"read","actor":"x","origin":"web","host":"../x","path":"","limit":1,"offset":0,'
                        b'"order":"name","format":"tar"}'):
            self.assertIn(b'"error"', self.ask(message), message)
        self.assertIn(b'"error"', self.ask(struct.pack(">I", 1 << 30), raw=True))
        self.assertIsNone(self.reader.process.poll())
        self.assertEqual(self.admin.get("/hosts/web1/browse").status, 200)

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_others_may_not_ask(self):
        script = ("import socket, struct, sys\n"
                  "link = socket.socket(socket.AF_UNIX); link.settimeout(20); link.connect(sys.argv[1])\n"
                  "try:\n    link.sendall(struct.pack('>I', 2) + b'{}'); print(len(link.recv(100)))\n"
                  "except OSError: print(0)\n")
        os.chmod(self.pobsync.dir.path, 0o755)
        os.chmod(self.pobsync.home, 0o755)
        os.chmod(self.socket, 0o777)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", "python3", "-c", script,
                               self.socket], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stdout, "0\n", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root to have something to give up")
    def test_it_has_given_up_its_rights(self):
        with open(f"/proc/{self.reader.pid}/status", encoding="utf-8") as file:
            status = dict(line.split(":", 1) for line in file)
        self.assertEqual(int(status["CapEff"], 16) & ~(1 << 2), 0)
        self.assertEqual(status["NoNewPrivs"].strip(), "1")


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class OnScreen(BrowseCase):
    """In a real browser: pages of hostile names fit and are quiet; a file is three steps away, without script too."""

    sanitised = False
    hostile = True

    def test_pages_fit(self):
        screen = self.enterContext(Screen())
        base = f"http://127.0.0.1:{self.server.port}"
        self.open_logged_in(screen, base)
        pages = [f"/hosts/web1/browse/{self.second}", f"/hosts/web1/browse/{self.second}/names",
                 f"/hosts/web1/browse/{self.second}/links", f"/hosts/web1/browse/{self.second}/nothing/here",
                 f"/hosts/web1/diff/{self.first}..{self.second}", "/hosts/web1/versions/plain/text",
                 "/hosts/web1/basket", "/search", "/search?q=*", "/hosts/web1/search", "/hosts/web1/search?q=*", "/hosts/web1/search?q=never",
                 "/hosts/web1/names", "/hosts/web1/names/names", "/hosts/web1/names/plain",
                 f"/hosts/web1/lines/{self.first}..{self.second}/plain/text",
                 f"/hosts/web1/text/{self.second}/plain/text", f"/hosts/web1/text/{self.second}/plain/block"]
        for scheme in ("light", "dark"):
            screen.colours(scheme)
            for width in (1280, 390, 320):
                screen.size(width)
                for page in pages:
                    screen.open(base + page)
                    found = screen.run("const e = document.documentElement; return {over: e.scrollWidth - e.clientWidth,"
                                       " headings: document.querySelectorAll('h1').length}")
                    self.assertLessEqual(found["over"], 0, f"{page} at {width}")
                    self.assertEqual(found["headings"], 1, page)
                    self.assertEqual([line for line in screen.messages() if "404" not in line], [], page)
                    if os.environ.get("POBSYNC_SHOTS"):
                        name = "".join(c if c.isalnum() else "_" for c in page)[-60:] + f"-{width}-{scheme}.png"
                        screen.save(os.path.join(os.environ["POBSYNC_SHOTS"], name))

    def open_logged_in(self, screen, base):
        screen.open(base + "/")
        screen.type("#username", "admin")
        screen.type("#password", PASSWORD)
        screen.press("#password")
        screen.wait_for_url(base + "/")

    def test_a_file_in_three_presses(self):
        """From the dashboard to the disk, wherever the file lies: search for its name, or look for it from the last good
        snapshot."""
        screen = self.enterContext(Screen())
        base = f"http://127.0.0.1:{self.server.port}"
        saved = self.work.make("saved")
        with open(self.source + "/plain/text", "rb") as file:
            content = file.read()
        for script in (True, False):
            screen.devtools("Emulation.setScriptExecutionDisabled", value=False)
            screen.open(base + "/")
            if script:
                self.open_logged_in(screen, base)
            screen.devtools("Emulation.setScriptExecutionDisabled", value=not script)
            screen.devtools("Page.setDownloadBehavior", behavior="allow", downloadPath=saved)
            screen.open(base + "/")
            for presses in (('nav a[href="/search"]', ("#q", "text"), "main form button", "tbody th a[href$='/plain/text']"),
                            ("#hosts td[data-label='Last good'] a", "tbody th a[href$='/plain']",
                             "tbody th a[href$='/plain/text']")):
                begun = time.monotonic()
                counted = 0
                screen.open(base + "/")
                for press in presses:
                    if isinstance(press, tuple):
                        screen.type(*press)
                        continue
                    screen.press(press)
                    counted += 1
                wait_for(lambda: os.listdir(saved) == ["text"], 30, "the file was not saved")
                self.assertLess(time.monotonic() - begun, 10, presses)
                self.assertLessEqual(counted, 3)
                with open(os.path.join(saved, "text"), "rb") as file:
                    self.assertEqual(file.read(), content)
                os.unlink(os.path.join(saved, "text"))

    def test_browsing_needs_no_script(self):
        screen = self.enterContext(Screen())
        base = f"http://127.0.0.1:{self.server.port}"
        screen.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.open_logged_in(screen, base)
        screen.open(base + "/hosts/web1/browse")
        screen.type("#q", "plain")
        screen.press("form.filter button")
        screen.wait_for_url("q=plain")
        screen.press("tbody th a")
        screen.wait_for_url("/plain")
        screen.press("tbody tr:last-child td a")
        screen.wait_for_url("/versions/plain/text")


if __name__ == "__main__":
    unittest.main()
