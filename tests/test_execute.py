"""How a chapter's kernel is reached: sockets of its own, or ports where those cannot be."""

import tempfile
from pathlib import Path

import pytest

from nenreview.render import execute
from nenreview.render.source import read_chapters

CHAPTER = "# One\n\n```{python}\nget_ipython().kernel.parent.transport\n```\n"


@pytest.mark.parametrize(("name", "expected"), [("short", "ipc"), ("long" * 30, "tcp")])
def test_the_kernel_takes_a_port_only_where_a_socket_cannot_be(
    tmp_path, monkeypatch, name, expected
):
    # A port is chosen before it is bound, so two kernels that start together may clash.
    (tmp_path / "one.qmd").write_text(CHAPTER, encoding="utf-8")
    (chapter,) = read_chapters(tmp_path, ["one.qmd"])
    with tempfile.TemporaryDirectory() as folder:
        temporary = f"{folder}/{name}"
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        Path(temporary).mkdir()
        notebook = execute.execute(chapter, tmp_path)
    (output,) = notebook.cells[-1].outputs
    assert output["data"]["text/plain"] == f"'{expected}'"
