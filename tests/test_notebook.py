"""A chapter as a notebook: it runs in a plain Jupyter kernel and is never overwritten unasked."""

import os
import subprocess
import sys

import nbformat
import pytest
from helpers_book import copy_small_book, nenreview
from helpers_data import ROOT


@pytest.fixture
def book(tmp_path):
    return copy_small_book(tmp_path)


def test_the_notebook_runs_from_top_to_bottom_in_jupyter(book):
    run = nenreview("notebook", "first", cwd=book)
    assert run.stdout == "chapters/first.ipynb\n", run.stderr
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        "--inplace",
        "--KernelManager.transport=ipc",  # no port that another test's kernel may take first
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [*command, "first.ipynb"],
        cwd=book / "chapters",
        env=environment,
        check=True,
        capture_output=True,
    )
    notebook = nbformat.read(book / "chapters" / "first.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert ["text/markdown" in output["data"] for output in outputs] == [True]


def test_two_runs_write_the_same_notebook(book):
    nenreview("notebook", "second", cwd=book)
    first = (book / "chapters" / "second.ipynb").read_bytes()
    assert nenreview("notebook", "second", "--force", cwd=book).returncode == 0
    assert (book / "chapters" / "second.ipynb").read_bytes() == first


def test_a_notebook_that_is_there_is_kept(book):
    path = book / "chapters" / "first.ipynb"
    path.write_text("mine")
    run = nenreview("notebook", "first", cwd=book)
    assert run.returncode == 1 and "chapters/first.ipynb: is there already" in run.stderr
    assert path.read_text() == "mine"


def test_an_unknown_chapter_is_refused(book):
    run = nenreview("notebook", "third", cwd=book)
    assert run.returncode == 1 and "'third' is no chapter" in run.stderr
