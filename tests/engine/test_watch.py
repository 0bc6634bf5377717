"""`watch`: what is saved is on the screen, what is wrong too, and nothing stays behind."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest
from helpers_book import copy_small_book, edit, qmdbook, wait_for
from helpers_data import ROOT
from playwright.sync_api import expect

from qmdbook.files import State

pytestmark = pytest.mark.slow

SECONDS = 60  # that a test waits for what takes one
ENDED = "render: its process ended unexpectedly; save a file to try again"


class Watching:
    """A book that is watched, and what its pages are told."""

    def __init__(self, root, process, address):
        self.root, self.process, self.address = root, process, address
        self.events = urllib.request.urlopen(f"{address}.live/events", timeout=SECONDS)

    def news(self) -> dict:
        """Wait for what is told next."""
        while True:
            line = self.events.readline().decode()
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))

    def page(self, name: str) -> str:
        with urllib.request.urlopen(self.address + name) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.read().decode()


@contextmanager
def watching(root):
    """Watch a book until the block ends; give it once it is served."""
    command = [sys.executable, "-u", "-m", "qmdbook", "watch", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(ROOT)])}
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"Serving the book at (\S+) ", line):
                break
        else:
            raise AssertionError("".join(said))
        watching = Watching(root, process, found[1])
        with watching.events:
            yield watching
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS)


@pytest.fixture
def watched(tmp_path):
    """The small book, with a module that its first chapter imports."""
    root = copy_small_book(tmp_path)
    (root / "helper.py").write_text('VALUE = "alpha"\n', encoding="utf-8")
    cell = (
        "```{python}\n#| include: false\nfrom helper import VALUE\n```\n\nNow `{python} VALUE`.\n"
    )
    with (root / "chapters" / "first.qmd").open("a", encoding="utf-8") as file:
        file.write("\n" + cell)
    with watching(root) as watched:
        yield watched


def renderer(watched) -> psutil.Process:
    """Return the process that renders: the only child with a group of its own."""
    children = psutil.Process(watched.process.pid).children()
    (child,) = (child for child in children if os.getpgid(child.pid) == child.pid)
    return child


def test_what_is_saved_is_on_its_page_and_what_goes_wrong_is_told(watched):
    assert watched.news() == {"version": 1, "problems": []}
    assert "Now alpha" in watched.page("chapters/first.html")
    assert "Now" not in (watched.root / "_book" / "index.html").read_text(encoding="utf-8")

    # Chapters that are saved are rendered by one process.
    first = renderer(watched)
    edit(watched.root, "chapters/first.qmd", "Now `", "Then `")
    assert watched.news() == {"version": 2, "problems": []}
    assert "Then alpha" in watched.page("chapters/first.html")
    assert renderer(watched) == first

    edit(watched.root, "chapters/first.qmd", "{python} VALUE", "{python} VALUES")
    told = watched.news()
    assert told["version"] == 2 and "first.qmd" in told["problems"][0]
    assert "VALUES" in told["problems"][0]
    assert "Then alpha" in watched.page("chapters/first.html")

    edit(watched.root, "chapters/first.qmd", "{python} VALUES", "{python} VALUE")
    assert watched.news() == {"version": 3, "problems": []}

    # The process that renders has imported the module as it was.
    edit(watched.root, "helper.py", "alpha", "beta")
    assert watched.news() == {"version": 4, "problems": []}
    assert "Then beta" in watched.page("chapters/first.html")
    second = renderer(watched)
    edit(watched.root, "helper.py", "beta", "alpha")
    assert watched.news() == {"version": 5, "problems": []}
    assert "Then alpha" in watched.page("chapters/first.html")
    assert len({first, second, renderer(watched)}) == 3

    renderer(watched).kill()
    edit(watched.root, "chapters/first.qmd", "Then `", "Later `")
    assert watched.news() == {"version": 5, "problems": [ENDED]}
    edit(watched.root, "chapters/first.qmd", "Later `", "Last `")
    assert watched.news() == {"version": 6, "problems": []}
    assert "Last alpha" in watched.page("chapters/first.html")


def test_an_open_page_loads_itself_again_and_shows_what_is_wrong(watched, browser):
    page = browser.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(watched.address + "chapters/first.html")
    edit(watched.root, "chapters/first.qmd", "Now `", "Then `")
    expect(page.locator("main")).to_contain_text("Then alpha", timeout=SECONDS * 1000)
    edit(watched.root, "chapters/first.qmd", "{python} VALUE", "{python} VALUES")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("VALUES", timeout=SECONDS * 1000)
    edit(watched.root, "chapters/first.qmd", "{python} VALUES", "{python} VALUE")
    expect(alert).to_have_count(0, timeout=SECONDS * 1000)
    assert not said
    page.close()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind(tmp_path, sign):
    with watching(copy_small_book(tmp_path)) as watched:
        below = psutil.Process(watched.process.pid).children(recursive=True)
        assert below
        watched.process.send_signal(sign)
        status = watched.process.wait(SECONDS)
        assert status == (0 if sign == signal.SIGINT else -sign)
        _, left = psutil.wait_procs(below, timeout=SECONDS)
        assert not left


def test_a_book_that_cannot_be_rendered_at_first_is_served_once_it_can(tmp_path):
    root = copy_small_book(tmp_path)
    edit(root, "chapters/first.qmd", "# First", "First")
    with watching(root) as watched:
        told = watched.news()
        assert told["version"] == 0 and "first.qmd" in told["problems"][0]
        assert 'data-version="0"' in watched.page("")
        edit(root, "chapters/first.qmd", "First", "# First")
        assert watched.news() == {"version": 1, "problems": []}
        assert "<main" in watched.page("")


def test_a_page_is_served_with_what_its_file_has_not_and_a_second_watch_is_refused(watched):
    assert ".live/" in watched.page("index.html")
    assert ".live/" in watched.page("")
    assert ".live/" not in (watched.root / "_book" / "index.html").read_text(encoding="utf-8")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        watched.page("chapters/none.html")
    port = watched.address.rstrip("/").rpartition(":")[2]
    run = qmdbook("watch", "--port", port, cwd=watched.root)
    assert run.returncode == 1
    assert f"--port: port {port} is not available: Address already in use" in run.stderr
    run = qmdbook("watch", "--to", "docx", cwd=watched.root)
    assert run.returncode == 1 and "--to: 'docx' is not a format; expected html, pdf" in run.stderr
    run = qmdbook("watch", "--port", "high", cwd=watched.root)
    assert run.returncode == 2 and "expected a whole number from 0 to 65535" in run.stderr


def test_nothing_is_served_to_another_name_or_from_outside_the_book(watched, tmp_path):
    watched.news()
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (watched.root / "_book" / "link.txt").symlink_to(secret)
    port = watched.address.rstrip("/").rpartition(":")[2]
    asked = [
        ("link.txt", {}, 404),
        ("index.html", {"Host": f"evil.example:{port}"}, 421),
        ("index.html", {"Host": f"localhost:{port}"}, None),
    ]
    for name, headers, refused in asked:
        for method in ("GET", "HEAD"):
            request = urllib.request.Request(watched.address + name, headers=headers, method=method)
            if refused is None:
                assert urllib.request.urlopen(request).status == 200
            else:
                with pytest.raises(urllib.error.HTTPError, match=str(refused)):
                    urllib.request.urlopen(request)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_cell_that_does_not_end_ends_with_it(watched, sign):
    watched.news()
    begun = watched.root / "chapters" / "begun"
    endless = "__import__('pathlib').Path('begun').touch(), __import__('time').sleep(300)"
    edit(watched.root, "chapters/first.qmd", "{python} VALUE", f"{{python}} {endless}")
    assert wait_for(begun.exists, SECONDS)
    below = psutil.Process(watched.process.pid).children(recursive=True)
    watched.process.send_signal(sign)
    watched.process.wait(SECONDS)
    _, left = psutil.wait_procs(below, timeout=SECONDS)
    assert not left


def test_a_state_differs_by_every_change_but_that_of_a_chapter(tmp_path):
    (tmp_path / "module.py").write_text("one", encoding="utf-8")
    (tmp_path / "chapter.qmd").write_text("one", encoding="utf-8")
    state = State.now(tmp_path)
    assert not state.differs(State.now(tmp_path), [])
    (tmp_path / "chapter.qmd").write_text("two", encoding="utf-8")
    assert not state.differs(State.now(tmp_path), ["chapter.qmd"])
    for text in ("two", "one"):  # changed, and changed back
        (tmp_path / "module.py").write_text(text, encoding="utf-8")
        assert state.differs(State.now(tmp_path), ["chapter.qmd"])
    state = State.now(tmp_path)
    (tmp_path / "new.csv").touch()
    assert state.differs(State.now(tmp_path), ["chapter.qmd"])
    state = State.now(tmp_path)
    assert state.differs(replace(state, packages=["pandas-9.dist-info"]), [])
    assert state.differs(replace(state, commit="another"), [])
