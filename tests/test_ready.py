"""A process that stays after a render: asked again it is faster, gives the same, and is never stale."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from helpers_book import copy_small_book, edit, nenreview, snapshot, started, wait_for
from helpers_data import ROOT

from nenreview.errors import ReviewError
from nenreview.render import inputs, ready
from nenreview.render.output import alone

SECONDS = 60  # that a test waits for what takes one
STAY = ("--stay", str(SECONDS))
CHAPTER = "chapters/first.qmd"
CELL = """
```{python}
#| include: false
import os
from pathlib import Path
from helper import VALUE
def found():
    return Path("../note.txt").read_text().strip()
```

Now `{python} VALUE` and `{python} found()` and `{python} os.environ.get("WORD", "none")`.
"""


@pytest.fixture
def book(tmp_path):
    """The small book with a chapter that takes values from a module, a file and the environment."""
    root = copy_small_book(tmp_path)
    (root / "helper.py").write_text('VALUE = "alpha"\n', encoding="utf-8")
    (root / "note.txt").write_text("one\n", encoding="utf-8")
    with (root / CHAPTER).open("a", encoding="utf-8") as file:
        file.write(CELL)
    yield root
    (root / ".cache" / "ready").unlink(missing_ok=True)


def asked(root: Path, *options: str, env: dict[str, str] | None = None, folder=".", **others):
    """Start a render that leaves a process to stay."""
    paths = os.pathsep.join([str(root), str(ROOT)])
    env = {"PYTHONPATH": paths, "SOURCE_DATE_EPOCH": "1700000000", **(env or {})}
    command = ("render", "--to", "html", *STAY, *options)
    return started(*command, cwd=root / folder, env=env, **others)


def ended(run: subprocess.Popen) -> tuple[int, str, str]:
    """Wait for a render; return its status, and what it said on either stream."""
    output, errors = run.communicate(timeout=SECONDS)
    return run.returncode, output, errors


def rendered(root: Path, *options: str, **others) -> int:
    """Render; return the number of the process that did it."""
    status, _, errors = ended(asked(root, *options, **others))
    assert status == 0, errors
    return holder(root)


def holder(root: Path) -> int:
    """Return the number of the process that rendered last."""
    return int((root / ".cache" / "render.lock").read_text())


def page(root: Path) -> str:
    return (root / "_book" / "chapters" / "first.html").read_text(encoding="utf-8")


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_same_process_renders_again_what_has_changed_in_a_chapter(book):
    first = rendered(book)
    assert "Now alpha and one and none." in page(book)
    edit(book, CHAPTER, "Now `", "Then `")
    assert rendered(book) == first
    assert "Then alpha and one and none." in page(book)
    edit(book, CHAPTER, "{python} VALUE`", "{python} VALUE.upper()`")
    assert rendered(book) == first
    assert "Then ALPHA and one" in page(book)
    assert rendered(book, "first") == first  # by its name, and where nothing has changed


def test_it_gives_the_same_as_one_that_does_not_stay(book):
    for old, new in (("Now", "Then"), ("Then", "Later")):
        rendered(book, "--to", "html,pdf")
        edit(book, CHAPTER, f"\n{old} `", f"\n{new} `")
    pid = rendered(book, "--to", "html,pdf")
    warm = snapshot(book / "_book")
    (book / ".cache" / "book.json").unlink()
    assert rendered(book, "--to", "html,pdf", "--stay", "0") != pid
    assert b"Later alpha" in warm["chapters/first.html"]
    assert snapshot(book / "_book") == warm


def change_module(root):
    edit(root, "helper.py", "alpha", "beta")


def change_file(root):
    edit(root, "note.txt", "one", "two")


def change_and_change_back(root):
    edit(root, "helper.py", "alpha", "beta")
    edit(root, "helper.py", "beta", "alpha")


def install_package(root):
    (root / "thing-1.0.dist-info").mkdir()


def commit(root):
    who = ("-c", "user.name=one", "-c", "user.email=one@localhost")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "first")):
        subprocess.run(["git", *command], cwd=root, check=True)


CHANGES = {
    "a module": (change_module, "Now beta and one and none."),
    "a file": (change_file, "Now alpha and two and none."),
    "a module, and back": (change_and_change_back, "Now alpha and one and none."),
    "an installed package": (install_package, "Now alpha and one and none."),
    "what is committed": (commit, "Now alpha and one and none."),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_another_process_renders_after_anything_else_has_changed(book, change, expected):
    first = rendered(book)
    change(book)
    second = rendered(book)
    assert second != first
    assert expected in page(book)
    assert wait_for(lambda: is_gone(first), SECONDS)
    assert rendered(book) == second


@pytest.mark.parametrize(
    ("others", "expected"),
    [({"env": {"WORD": "said"}}, "one and said."), ({"umask": 0o077}, "one and none.")],
    ids=["environment", "umask"],
)
def test_another_process_renders_for_another_environment(book, others, expected):
    first = rendered(book)
    assert "one and none." in page(book)
    edit(book, CHAPTER, "Now `", "Then `")
    edit(book, CHAPTER, '"none")`', '"none") `')
    assert rendered(book, **others) != first
    assert expected in page(book)


def read_at_import(root: Path, file: str) -> Path:
    """Have the module take its value from a file as it is imported; return the file."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("alpha\n", encoding="utf-8")
    (root / "helper.py").write_text(
        f"from pathlib import Path\nVALUE = Path({str(path)!r}).read_text().strip()\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("file", ["shared.qmd", ".settings", "../elsewhere/settings"])
def test_another_process_renders_after_a_change_of_what_was_read_before_the_fork(book, file):
    path = read_at_import(book, file)
    first = rendered(book)
    assert "Now alpha and" in page(book)
    path.write_text("beta\n", encoding="utf-8")
    edit(book, CHAPTER, "Now `", "Then `")
    edit(book, CHAPTER, "def found", "def  found")
    assert rendered(book) != first
    assert "Then beta and" in page(book)


@pytest.mark.parametrize("linked", [True, False], ids=["linked into the project", "on the path"])
def test_another_process_renders_after_a_change_of_a_module_elsewhere(book, linked):
    folder = book.parent / "elsewhere"
    folder.mkdir()
    (book / "helper.py").rename(folder / "helper.py")
    if linked:
        (book / "lib").symlink_to(folder)
    place = book / "lib" if linked else folder
    env = {"PYTHONPATH": os.pathsep.join([str(place), str(ROOT)])}
    first = rendered(book, env=env)
    edit(folder, "helper.py", "alpha", "beta")
    edit(book, CHAPTER, "def found", "def  found")
    assert rendered(book, env=env) != first
    assert "Now beta and" in page(book)


def test_what_changes_while_another_render_is_under_way_is_seen(book):
    rendered(book)
    edit(book, CHAPTER, "def found", "def  found")
    with alone(book / "_book"):  # holds the lock
        run = asked(book)
        assert "another render of this review is under way" in run.stderr.readline()
        edit(book, "helper.py", "alpha", "beta")
    assert ended(run)[0] == 0
    assert "Now beta and" in page(book)


def test_a_module_of_the_folder_that_a_path_leads_to_from_here_is_taken(book):
    pids = []
    for name in ("one", "two"):
        folder = book / name / "modules"
        folder.mkdir(parents=True)
        (folder / "helper.py").write_text(f"VALUE = {name!r}\n", encoding="utf-8")
    (book / "helper.py").unlink()
    for name in ("one", "two"):
        env = {"PYTHONPATH": os.pathsep.join(["modules", str(ROOT)])}
        status, _, errors = ended(asked(book, "first", env=env, folder=name))
        assert status == 0, errors
        assert f"Now {name} and" in page(book)
        pids.append(holder(book))
    assert pids[0] != pids[1]


def test_a_book_that_has_moved_is_rendered_where_it_is(book):
    first = rendered(book)
    there = book.with_name("moved")
    book.rename(there)
    shutil.copytree(there, book, ignore=shutil.ignore_patterns(".cache"))
    edit(there, CHAPTER, "Now `", "Then `")
    assert rendered(there) != first
    assert "Then alpha" in page(there) and "Now alpha" in page(book)


def test_with_an_option_of_python_a_render_is_done_without_another_process(book):
    rendered(book)
    edit(book, CHAPTER, "{python} VALUE`", "{python} __debug__`")
    paths = os.pathsep.join([str(book), str(ROOT)])
    command = [sys.executable, "-O", "-m", "nenreview", "render", "--to", "html", *STAY]
    subprocess.run(command, cwd=book, env={**os.environ, "PYTHONPATH": paths}, check=True)
    assert "Now False and" in page(book)


WRITTEN = {
    "open": "if not path.exists(): path.write_text('default')",
    "os.open": "os.close(os.open(path, os.O_RDWR | os.O_CREAT)); path.write_text('default')",
    "os.replace": "new.write_text('default'); os.replace(new, path)",
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_what_a_process_writes_as_it_imports_makes_it_old_when_another_changes_it(book, write):
    path = book.parent / "settings"
    (book / "helper.py").write_text(
        f"import os\nfrom pathlib import Path\npath = Path({str(path)!r})\n"
        f"new = path.with_name('new')\n{write}\nVALUE = path.read_text()\n",
        encoding="utf-8",
    )
    first = rendered(book)
    edit(book, CHAPTER, "def found", "def  found")
    assert rendered(book) == first
    assert "Now default and" in page(book)
    path.write_text("other", encoding="utf-8")
    edit(book, CHAPTER, "def  found", "def found")
    assert rendered(book) != first
    assert f"Now {'other' if write == WRITTEN['open'] else 'default'} and" in page(book)


def test_what_matplotlib_writes_as_it_is_imported_does_not_make_a_process_old(book):
    edit(book, CHAPTER, "import os\n", "import os\nimport matplotlib.pyplot\n")
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "XDG_CONFIG_HOME": "/dev/null"}
    first = rendered(book, env=nowhere)
    edit(book, CHAPTER, "def found", "def  found")
    assert rendered(book, env=nowhere) == first


def writes_into_the_project(root: Path) -> None:
    edit(root, CHAPTER, "def found", "Path('../written.csv').write_text('1')\ndef found")


def has_no_room_for_a_socket(root: Path) -> None:
    (root / ".cache" / "ready").mkdir(parents=True)


@pytest.mark.parametrize("reason", [writes_into_the_project, has_no_room_for_a_socket])
def test_where_none_can_be_of_use_none_stays_and_nothing_is_promised(book, reason):
    reason(book)
    status, _, errors = ended(asked(book))
    assert status == 0 and "begins warm" not in errors
    assert wait_for(lambda: is_gone(holder(book)), SECONDS)
    assert not list(book.glob(".cache/ready-*"))
    shutil.rmtree(book / ".cache")


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "secret.txt").touch()

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(inputs, "checksum", refuse)
    with pytest.raises(ReviewError, match=r"secret\.txt: cannot be read: Permission denied"):
        inputs.checksums(tmp_path)


def test_what_is_wrong_is_told_and_the_process_stays(book):
    first = rendered(book)
    before = snapshot(book / "_book")
    edit(book, CHAPTER, "{python} VALUE", "{python} VALUES")
    status, _, errors = ended(asked(book))
    assert status == 1 and holder(book) == first
    assert "nenreview: chapters/first.qmd, line" in errors and "NameError" in errors
    assert snapshot(book / "_book") == before
    status, _, errors = ended(asked(book, "--to", "docx"))
    assert status == 1 and "--to: 'docx'; expected html, pdf or both" in errors


def test_one_that_make_has_started_is_found_without_it(book):
    first = rendered(book, env={"MAKEFLAGS": "w", "MAKELEVEL": "1", "ONE": "1", "OTHER": "2"})
    assert rendered(book, env={"OTHER": "2", "ONE": "1"}) == first  # in another order


def test_of_messages_that_come_at_once_each_is_received_by_itself():
    one, other = socket.socketpair()
    with one, other:
        for number in range(3):
            ready.send(one, {"number": number, "long": "x" * 100_000 * (number == 1)})
            if number == 1:
                assert ready.receive(other)[0]["number"] == 0
        one.shutdown(socket.SHUT_WR)
        assert [ready.receive(other)[0]["number"] for _ in range(2)] == [1, 2]
        assert ready.receive(other) == (None, [])


def test_it_is_found_from_any_folder_of_the_book_and_says_that_it_stays(book):
    _, _, errors = ended(asked(book))
    assert "A render within the next 60 s begins warm" in errors
    first = holder(book)
    status, output, errors = ended(asked(book, folder="chapters"))
    assert status == 0 and output.startswith("Nothing has changed") and not errors
    assert holder(book) == first


def ended_in_time(_, pid):
    assert psutil.Process(pid).is_running()


def cache_deleted(root, _):
    subprocess.run(["rm", "-r", str(root / ".cache")], check=True)


def told_to(root, _):
    assert nenreview("render", "--stay", "0", "--to", "html", cwd=root).returncode == 0


@pytest.mark.parametrize(
    ("stay", "end"),
    [("2", ended_in_time), ("60", cache_deleted), ("60", told_to)],
    ids=["time", "cache", "told to"],
)
def test_it_ends_with_all_that_it_started(book, stay, end):
    pid = rendered(book, "--stay", stay)
    below = psutil.Process(pid).children(recursive=True)
    assert below
    end(book, pid)
    assert wait_for(lambda: is_gone(pid), SECONDS)
    _, left = psutil.wait_procs(below, timeout=SECONDS)
    assert not left
    assert not (book / ".cache" / "ready").exists()


def test_one_that_was_killed_is_replaced(book):
    first = rendered(book)
    psutil.Process(first).kill()
    assert wait_for(lambda: is_gone(first), SECONDS) and (book / ".cache" / "ready").exists()
    second = rendered(book)
    assert second != first
    assert rendered(book) == second


def slow(root: Path) -> Path:
    """Have the chapter wait; return the file that says that it does, and ends it when deleted."""
    mark = root / "chapters" / "begun"
    wait = (
        "mark = Path('begun'); mark.touch()\nwhile mark.exists(): __import__('time').sleep(0.01)\n"
    )
    edit(root, CHAPTER, "from helper import VALUE\n", f"from helper import VALUE\n{wait}")
    return mark


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_asks_and_is_ended_ends_the_render(book, sign):
    pid = rendered(book)
    before = snapshot(book / "_book")
    mark = slow(book)
    run = asked(book)
    assert wait_for(mark.exists, SECONDS)
    below = psutil.Process(pid).children(recursive=True)
    os.kill(run.pid, sign)
    _, errors = run.communicate(timeout=SECONDS)
    if sign == signal.SIGINT:
        assert run.returncode == 130 and "interrupted; what stood before still stands" in errors
    assert wait_for(lambda: is_gone(pid), SECONDS)
    _, left = psutil.wait_procs(below, timeout=SECONDS)
    assert not left
    assert snapshot(book / "_book") == before
    assert not list(book.glob("._book*"))


def test_a_cell_that_cannot_be_interrupted_is_killed(book):
    pid = rendered(book)
    mark = slow(book)
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nmark = Path"
    edit(book, CHAPTER, "mark = Path", stubborn)
    run = asked(book)
    assert wait_for(mark.exists, SECONDS)
    below = psutil.Process(pid).children(recursive=True)
    os.kill(run.pid, signal.SIGINT)
    assert ended(run)[0] == 130
    assert wait_for(lambda: is_gone(pid), SECONDS)
    _, left = psutil.wait_procs(below, timeout=SECONDS)
    assert not left


def test_a_second_render_says_that_it_waits_and_comes_after(book):
    pid = rendered(book)
    mark = slow(book)
    first = asked(book)
    assert wait_for(mark.exists, SECONDS)
    second = asked(book)
    waiting = second.stderr.readline()
    assert "another render of this review is under way; waiting" in waiting
    mark.unlink()
    assert [run.wait(SECONDS) for run in (first, second)] == [0, 0]
    assert second.stdout.read().startswith("Nothing has changed")
    for run in (first, second):
        run.communicate()
    assert holder(book) == pid


def test_a_process_that_dies_as_it_renders_is_told(book):
    rendered(book)
    mark = slow(book)
    run = asked(book)
    assert wait_for(mark.exists, SECONDS)
    psutil.Process(holder(book)).kill()
    _, errors = run.communicate(timeout=SECONDS)
    assert run.returncode == 1 and "the process that renders has ended" in errors


def test_how_long_it_stays_is_a_number(book):
    run = nenreview("render", "--stay", "long", cwd=book)
    assert (
        run.returncode == 2
        and "'long'; expected seconds from 0 to 86400, here or in NENREVIEW_STAY" in run.stderr
    )


@pytest.mark.parametrize(
    ("env", "stays"),
    [
        ({"NENREVIEW_STAY": "", "CI": "true"}, False),
        ({"NENREVIEW_STAY": "", "CI": ""}, True),
        ({"NENREVIEW_STAY": "60", "CI": "true"}, True),
        ({"NENREVIEW_STAY": "0", "CI": ""}, False),
    ],
)
def test_what_is_not_said_the_environment_says(book, env, stays):
    edit(book, CHAPTER, CELL, "")  # needs a module beside it
    assert nenreview("render", "--to", "html", cwd=book, env=env).returncode == 0
    assert (book / ".cache" / "ready").exists() is stays
