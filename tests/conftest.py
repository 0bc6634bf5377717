"""What every test runs with, and what the tests in a browser measured, at the end of a run."""

import os
import pickle
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers_book import EPOCH, HERE, copy_review, copy_small_book, nenreview, render
from helpers_data import DATA, of_counted_documents
from helpers_release import committed_book

from qmdbook.execute.chapters import cores
from qmdbook.publish.output import locked

VISIT = "browser visit"  # the property under which a test records a visit


def pytest_xdist_auto_num_workers():
    """Return how many tests run at a time: they often wait for a process of theirs."""
    return min(cores() + cores() // 2, 8)  # each takes half a gigabyte


@pytest.fixture(scope="session", autouse=True)
def _environment():
    """Set up what the processes that tests start run with.

    Their temporary files go with the session, also those of a process that a test kills. They
    keep the bytecode of modules as any user's do: without it, each takes a second longer. They
    can be interrupted, also where the tests run in the background of a shell, which ignores that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="nen-", ignore_cleanup_errors=True) as folder:
        os.environ["TMPDIR"] = folder
        yield


@pytest.fixture(autouse=True)
def _own_modules(tmp_path_factory):
    """Forget what a test imports from a book of its own: the next book has other such modules."""
    path = sys.path.copy()
    yield
    sys.path[:] = path
    books = str(tmp_path_factory.getbasetemp().parent)
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(books):
            del sys.modules[name]


def once(tmp_path_factory, name: str, make: Callable[[Path], Path]) -> Path:
    """Return what is made once for all workers of a session; nobody writes into it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    place, done = base / name, base / f"{name} is made"
    with locked(base / f"the lock of {name}"):
        if not done.exists():
            shutil.rmtree(place, ignore_errors=True)  # what another worker failed to make
            done.write_text(str(make(place)), encoding="utf-8")
    return Path(done.read_text(encoding="utf-8"))


def computed_once(tmp_path_factory, name: str, compute: Callable[[], Any]) -> Any:
    """Return what a function computes, which one of the workers of a session calls."""

    def make(place: Path) -> Path:
        place.write_bytes(pickle.dumps(compute()))
        return place

    return pickle.loads(once(tmp_path_factory, name, make).read_bytes())


@pytest.fixture(scope="session")
def review(tmp_path_factory) -> Path:
    """The review, rendered."""

    def make(place: Path) -> Path:
        return render(copy_review(place), command=nenreview, env=HERE, umask=0o077)

    return once(tmp_path_factory, "review", make)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Path:
    """The small book, rendered on the day of `EPOCH`."""

    def make(place: Path) -> Path:
        return render(copy_small_book(place), env={"SOURCE_DATE_EPOCH": EPOCH})

    return once(tmp_path_factory, "rendered", make)


@pytest.fixture(scope="session")
def committed(tmp_path_factory) -> Path:
    """A small book with data, stamped and committed, nothing released; to be copied."""
    return committed_book(tmp_path_factory.mktemp("committed"))


@pytest.fixture
def committed_copy(committed, tmp_path) -> Path:
    """A copy of the committed book, to change."""
    return Path(shutil.copytree(committed, tmp_path / "small book"))


@pytest.fixture
def rendered_copy(rendered, tmp_path, monkeypatch) -> Path:
    """A copy of the rendered small book, to change and to render on the same day."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    return Path(shutil.copytree(rendered, tmp_path / "small book"))


@pytest.fixture(scope="session")
def data():
    """The data of the review."""
    from nenreview.evidence.record.dataset import (
        load,  # here: the engine's tests do without the review
    )

    return load(DATA)


@pytest.fixture(scope="session")
def counted():
    """The data of the documents on whose pages numbers of the tests were counted."""
    from nenreview.evidence.record.dataset import load  # here, as in `data`

    return of_counted_documents(load(DATA))


@pytest.fixture
def on_counted_documents(counted, monkeypatch):
    """Let tables and figures, which load the data themselves, have only the counted documents."""
    from nenreview.evidence.record import dataset  # here, as in `data`

    monkeypatch.setattr(dataset, "_load", lambda folder: counted)


@pytest.fixture(scope="session")
def rebuilt(data):
    """Every table of Jia 2022, rebuilt."""
    from nenreview.auditing.rebuild import rebuild_source

    return rebuild_source(data, "jia2022")


@pytest.fixture
def book(tmp_path) -> Path:
    """A copy of the small book, to change."""
    return copy_small_book(tmp_path)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium; it ends with the module, since its event loop would disturb others."""
    from helpers_browser import launched  # here: other tests do without

    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser):
    """A page for one visit after the other."""
    from helpers_browser import opened

    with opened(browser) as page:
        yield page


def pytest_terminal_summary(terminalreporter):
    """Say for each engine how much was visited and what was found."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    visits = [v for r in reports for name, v in getattr(r, "user_properties", ()) if name == VISIT]
    if not visits:
        return
    terminalreporter.section("pages in the browser")
    for engine in sorted({v["engine"] for v in visits}):
        mine = [v for v in visits if v["engine"] == engine]
        pages, widths, schemes = (
            sorted({v[key] for v in mine}) for key in ("page", "width", "scheme")
        )
        found = Counter(rule for v in mine for rule in v["violations"])
        frame = Counter(rule for v in mine for rule in v["frame"])
        heavy = max(mine, key=lambda v: v["weight"])
        first = min(mine, key=lambda v: v["place"])
        for line in (
            f"{engine}: {len(mine)} visits: {len(pages)} pages at {_list(widths)} px, {_list(schemes)}",
            f"  {sum(v['requests'] for v in mine)} requests, {sum(found.values())} violations of WCAG 2.2 AA"
            + (f", and {sum(frame.values())} in the engine's own frame" if frame else ""),
            *(f"    {rule}: {count}" for rule, count in (found + frame).most_common()),
            f"  with all that they load: {first['page']} {first['weight'] / 1000:.0f} kB,"
            f" the heaviest {heavy['page']} {heavy['weight'] / 1000:.0f} kB",
        ):
            terminalreporter.write_line(line)


def _list(values: list) -> str:
    return " and ".join(str(value) for value in values)
