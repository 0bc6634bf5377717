"""Write the downloads: data of figures and tables, chapters as notebook and Markdown, the dataset.

If a cell outputs a table without CSV data, ``book.lua`` writes its CSV file with the page.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from qmdbook.config import BookConfig
from qmdbook.display import without_html_blocks, without_marks
from qmdbook.edition import read_edition
from qmdbook.write.discovery import read_data_package
from qmdbook.write.markdown import DOWNLOADS, FIGURE_FOLDER, ChapterText
from qmdbook.write.notebook import as_executed_notebook
from qmdbook.write.outputs import with_plain_html

_CODE = re.compile(r"^(`{3,}) \{\.python \.cell-code\}\n.*?^\1\n+", re.M | re.S)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: no date of the render


def archive_path(config: BookConfig) -> str | None:
    """Return the path of the zip archive of the data in the book; None without a data package."""
    package = read_data_package(config)
    return f"{DOWNLOADS}/{package['name']}-{package['version']}-data.zip" if package else None


def write_downloads(book: Path, texts: Iterable[ChapterText], config: BookConfig) -> None:
    """Write the downloads of executed chapters and the data archive into the rendered book."""
    edition = read_edition(config)
    folder = book / DOWNLOADS
    folder.mkdir(exist_ok=True)
    for text in texts:
        for path, content in text.files.items():
            (book / path).parent.mkdir(parents=True, exist_ok=True)
            (book / path).write_bytes(content)
        stem = Path(text.file).stem
        assert text.executed is not None  # no page is written of a chapter that was not executed
        notebook = as_executed_notebook(text.chapter, text.executed, edition)
        (folder / f"{stem}.ipynb").write_text(notebook, encoding="utf-8")
        (folder / f"{stem}.md").write_text(without_code(text.markdown), encoding="utf-8")
    if archive := archive_path(config):
        write_dataset(book / archive, config)


def without_code(markdown: str) -> str:
    """Return a chapter's Markdown without code and without the markup that only web pages need.

    Paths of figures become relative to the folder `DOWNLOADS`.
    """
    text = without_marks(with_plain_html(without_html_blocks(_CODE.sub("", markdown))))
    return text.replace(f"]({FIGURE_FOLDER}/", f"](../{FIGURE_FOLDER}/")


def write_dataset(path: Path, config: BookConfig) -> None:
    """Write a zip archive with all files in the data folder, and with their licence."""
    package = read_data_package(config)
    assert package is not None  # the caller has its path
    folder = (config.root / config.data_package).parent
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    licences = (f"{one['title']} ({one['name']})\n{one['path']}\n" for one in package["licenses"])
    files["LICENCE.txt"] = "".join(licences).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{package['name']}/{name}", date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
