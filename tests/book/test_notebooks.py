"""The chapters of the review as notebooks: they run in Jupyter, and come back without loss."""

import tempfile

import nbformat
import pytest
from helpers_data import ROOT
from nbclient import NotebookClient
from traitlets.config import Config

from qmdbook.config import read_config
from qmdbook.edition import read_edition
from qmdbook.execute.kernel import run_in_kernel
from qmdbook.source.chapter import read_chapters
from qmdbook.write.notebook import as_notebook, source_of

pytestmark = pytest.mark.slow

FILES = read_config(ROOT).files
# Small ones, with a figure, with tables, with text.
EXECUTED = ["chapters/spartalizumab.qmd", "chapters/glossary.qmd", "chapters/methods.qmd"]


def parsed(chapter):
    edition = read_edition(read_config(ROOT))
    return nbformat.reads(as_notebook(chapter, edition), as_version=4)


def outputs(notebook):
    """Return what each code cell of a notebook gives, without the counts of its cells."""
    return [
        [output.get("data") or output.get("text") for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("file", EXECUTED)
def test_a_written_notebook_gives_in_jupyter_what_the_chapter_gives(file, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (chapter,) = read_chapters(ROOT, [file])
    notebook = parsed(chapter)
    # The kernel that Jupyter starts by the name in the notebook, in the chapter's folder.
    kernel = notebook.metadata["kernelspec"]["name"]
    folder = {"metadata": {"path": str((ROOT / file).parent)}}
    with tempfile.TemporaryDirectory() as sockets:
        connection = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"}
        config = Config(KernelManager=connection)
        NotebookClient(notebook, kernel_name=kernel, resources=folder, config=config).execute()
    assert outputs(notebook) == outputs(nbformat.from_dict(run_in_kernel(chapter, ROOT).notebook))
    assert any(outputs(notebook))


@pytest.mark.parametrize("file", FILES)
def test_every_chapter_comes_back_byte_by_byte(file):
    (chapter,) = read_chapters(ROOT, [file])
    notebook = parsed(chapter)
    nbformat.validate(notebook)
    assert source_of(notebook, "x").encode() == (ROOT / file).read_bytes()
