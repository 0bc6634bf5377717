"""Front matter of the review for the pages and the PDF of the engine."""

from __future__ import annotations

from pathlib import Path

from nenreview.evidence.record.edition import data_checksum, documents, newest_year, read_project
from nenreview.wording import disclaimer_of


def front_matter(folder: Path) -> dict:
    """Return the front matter of the review: version, description, licence, notice, checksum.

    Parameters
    ----------
    folder : Path
        Root of the review.
    """
    project = read_project(folder / "pyproject.toml")
    return {
        "version": project["version"],
        "description": project.get("description", ""),
        "keywords": project.get("keywords", ()),
        "licence": project.get("license", ""),
        "kind": "review",
        "notice": disclaimer_of(documents(folder / "data"), newest_year(folder / "data")),
        "checksum": data_checksum(folder / "data"),
    }
