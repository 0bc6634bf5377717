"""A chapter as a notebook: run as Jupyter runs it, and held against the chapter."""

import os
import tempfile
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from qmdbook.config import read_config
from qmdbook.edition import read_edition
from qmdbook.publish.chapter_notebook import source_of
from qmdbook.source.chapter import read_chapters
from qmdbook.write.notebook import as_notebook


def parsed(root: Path, file: str, text: str | None = None) -> nbformat.NotebookNode:
    """Return the notebook of a chapter, to edit; `text` is taken in place of what its file holds."""
    (chapter,) = read_chapters(root, [file], {} if text is None else {file: text})
    return nbformat.reads(as_notebook(chapter, read_edition(read_config(root))), as_version=4)


def outputs(notebook: nbformat.NotebookNode) -> list:
    """Return what each code cell of a notebook gives, without the counts of its cells."""
    return [
        [output.get("data") or output.get("text") for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def require_same_in_jupyter(root: Path, file: str, book: Path) -> None:
    """Run the notebook of a chapter in Jupyter's kernel; it gives what the rendered book offers."""
    notebook = parsed(root, file)
    # The kernel that Jupyter starts by the name in the notebook, in the chapter's folder.
    kernel = notebook.metadata["kernelspec"]["name"]
    folder = {"metadata": {"path": str((root / file).parent)}}
    with tempfile.TemporaryDirectory() as sockets, mock.patch.dict(os.environ):
        # Without a folder to write to, IPython and matplotlib say so in what a cell gives.
        if not os.access(Path.home(), os.W_OK):
            os.environ["HOME"] = sockets
        connection = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"}
        config = Config(KernelManager=connection)
        NotebookClient(notebook, kernel_name=kernel, resources=folder, config=config).execute()
    offered = nbformat.read(book / "downloads" / f"{Path(file).stem}.ipynb", as_version=4)
    assert outputs(notebook) == outputs(offered)
    assert any(outputs(notebook))


def require_loss_free(root: Path, file: str) -> None:
    """Turn a chapter into a notebook and back; no byte may differ."""
    notebook = parsed(root, file)
    nbformat.validate(notebook)
    assert source_of(notebook, "x").encode() == (root / file).read_bytes()
