"""Describe the review for its pages and its PDF: version, licence, citation and more."""

from __future__ import annotations

from pathlib import Path

from nenreview.evidence.record.edition import data_checksum, documents, newest_year, read_project
from nenreview.releases.citation import read_citation
from nenreview.wording import disclaimer_of


def front_matter(folder: Path) -> dict:
    """Return version, description, licence, citation and more, for the pages and the PDF.

    The keys are attributes of `qmdbook.edition.Edition`.

    Parameters
    ----------
    folder : Path
        Root folder of the review.
    """
    project = read_project(folder / "pyproject.toml")
    return {
        "version": project["version"],
        "description": project.get("description", ""),
        "keywords": project.get("keywords", ()),
        "licence": project.get("license", ""),
        "kind": "review",
        "citation": read_citation(folder).text(),
        "notice": disclaimer_of(documents(folder / "data"), newest_year(folder / "data")),
        "checksum": data_checksum(folder / "data"),
    }
