"""A result that is remembered says each time what it was read from."""

import ast
import os
import sys
from threading import Event, Thread

import pytest
from helpers_data import ROOT

from nenreview import events


@pytest.fixture(scope="module")
def heard():
    """What is said to who listens; a hook cannot be taken away again, so there is one."""
    said = []
    sys.addaudithook(lambda event, found: event == events.READ and said.append(found[0]))
    return said


@pytest.fixture
def said(heard):
    """Return a function that gives what was said since it was last called."""

    def since() -> list[str]:
        new = sorted(heard)
        heard.clear()
        return new

    events.forget()
    since()
    return since


@events.kept()
def inner(name: str) -> str:
    events.used(f"/{name}")
    return name.upper()


@events.kept()
def outer(name: str) -> str:
    events.used("/outer")
    return inner(name) + "!"


@events.kept()
def forgiving() -> str:
    try:
        return failing()
    except LookupError:
        return "none"


@events.kept()
def failing() -> str:
    events.used("/failing")
    raise LookupError("nothing")


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    for function in (inner, outer, forgiving, failing):
        function.cache_clear()


def test_a_file_is_told_once_until_all_is_forgotten(said):
    events.used("/a", "/b")
    events.used("/b", "/c")
    assert said() == ["/a", "/b", "/c"]
    events.forget()
    events.used("/b")
    assert said() == ["/b"]


def test_what_is_remembered_is_told_again_with_all_that_it_came_from(said):
    assert outer("a") == "A!"
    assert said() == ["/a", "/outer"]
    events.forget()
    assert outer("a") == "A!"
    assert said() == ["/a", "/outer"]


def test_a_result_made_from_one_that_is_remembered_came_from_the_same(said):
    inner("a")
    events.forget()
    said()
    outer("a")
    assert said() == ["/a", "/outer"]
    events.forget()
    outer("a")
    assert said() == ["/a", "/outer"]


def test_what_a_failure_was_read_from_counts_for_who_goes_on(said):
    for _ in range(2):
        assert forgiving() == "none"
        assert said() == ["/failing"]
        events.forget()


def test_what_another_thread_uses_meanwhile_is_its_own(said):
    begun, done = Event(), Event()

    @events.kept()
    def slow() -> None:
        events.used("/slow")
        begun.set()
        done.wait()

    thread = Thread(target=slow)
    thread.start()
    begun.wait()
    inner("a")
    done.set()
    thread.join()
    events.forget()
    said()
    slow()
    assert said() == ["/slow"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_fork_is_told_what_was_remembered_before_it(said, tmp_path):
    outer("a")
    events.forget()
    said()
    if (child := os.fork()) == 0:
        try:
            outer("a")
            (tmp_path / "said").write_text(" ".join(said()))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "said").read_text() == "/a /outer"


def test_whatever_of_the_dataset_is_remembered_is_told():
    """`functools` would remember without telling, and a generator uses files later."""
    silent = {"cache", "lru_cache", "cached_property"}
    found = []
    for path in (ROOT / "nenreview").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            kinds = {ast.unparse(a.annotation) for a in node.args.args if a.annotation}
            names = {ast.unparse(d).partition("(")[0] for d in node.decorator_list}
            yields = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
            if (names & silent and kinds & {"Dataset", "Record"}) or ("kept" in names and yields):
                found.append(f"{path.name}: {node.name}")
    assert found == []
