"""Cite the review as text, BibTeX and RIS, from the data in ``CITATION.cff``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from IPython.display import Markdown

from nenreview.evidence.record.edition import made, version
from nenreview.evidence.record.paths import root as review_root
from qmdbook.display import Shown
from qmdbook.edition import date_in_words
from qmdbook.errors import KIND, InputError, Problem, not_yaml
from qmdbook.textfile import read_text
from qmdbook.yamltext import load

CFF_NAME = "CITATION.cff"
# Keys that are read, and their types.
_KEYS = {"title": str, "authors": list, "doi": str, "url": str}
_NAMES = ("name", "family-names", "given-names")  # of an author; one of the first two is needed
# Characters with a special meaning in BibTeX.
_SPECIAL = re.compile(r"([&%$#_{}])")


@dataclass(frozen=True)
class Author:
    """An author of the review: a person or a group.

    `name` is the family name of a person or the name of a group; `given` is empty for a group.
    """

    name: str
    given: str = ""

    @property
    def inverted(self) -> str:
        """Name as in a list of references, such as ``Doe, Jane``; the name of a group as it is."""
        return f"{self.name}, {self.given}" if self.given else self.name


@dataclass(frozen=True)
class Citation:
    """Bibliographic data of this version of the review.

    `doi` and `url` are empty if there is none.
    """

    authors: tuple[Author, ...]
    title: str
    version: str
    issued: date
    doi: str = ""
    url: str = ""

    @property
    def address(self) -> str:
        """Web address of the DOI, or else of the website; empty if there is neither."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url

    def text(self) -> str:
        """Return the citation as one line, as in a list of references."""
        authors = "; ".join(author.inverted for author in self.authors)
        line = f"{authors}. {self.title}. Version {self.version}. {date_in_words(self.issued)}."
        return f"{line} {self.address}" if self.address else line

    def bibtex(self) -> str:
        """Return the citation as a BibTeX entry of type ``@misc``, which every style supports."""
        # A group in braces of its own is not taken apart into given and family name.
        authors = " and ".join(
            _bibtex(author.inverted) if author.given else f"{{{_bibtex(author.name)}}}"
            for author in self.authors
        )
        fields = {
            "author": authors,
            # The second pair of braces keeps capitals.
            "title": f"{{{_bibtex(self.title)}}}",
            "year": str(self.issued.year),
            "month": str(self.issued.month),
            "note": f"Version {_bibtex(self.version)}",
            "doi": self.doi,
            "url": self.address,
        }
        words = re.findall(r"[a-z0-9]+", self.authors[0].name.lower())
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join([f"@misc{{{'-'.join(words)}-{self.issued.year},", *lines, "}"])

    def ris(self) -> str:
        """Return the citation as a data set in RIS, a file format of reference managers."""
        fields = [
            ("TY", "DATA"),
            *(("AU", author.inverted) for author in self.authors),
            ("TI", self.title),
            ("PY", str(self.issued.year)),
            ("DA", f"{self.issued:%Y/%m/%d}"),
            ("ET", self.version),
            ("DO", self.doi),
            ("UR", self.address),
            ("ER", ""),
        ]
        return "\n".join(f"{tag}  - {value}" for tag, value in fields if value or tag == "ER")


def read_citation(root: Path | None = None) -> Citation:
    """Read title, authors and address from ``CITATION.cff``; add the review's version and date.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a title or authors, or has a value of the wrong type.
    """
    cff = _read_cff((root or review_root()) / CFF_NAME)
    problems = [
        Problem(CFF_NAME, f"{key} is {cff[key]!r}; expected {KIND[kind]}")
        for key, kind in _KEYS.items()
        if cff.get(key) is not None and not isinstance(cff[key], kind)
    ]
    problems += [
        Problem(CFF_NAME, f"the key {key} is missing; expected {KIND[_KEYS[key]]}")
        for key in ("title", "authors")
        if not cff.get(key)
    ]
    authors = cff.get("authors")
    for entry in authors if isinstance(authors, list) else ():
        names = [entry.get(key) for key in _NAMES] if isinstance(entry, dict) else []
        if not any(names[:2]) or not all(isinstance(n, str) for n in names if n is not None):
            expected = "name, or family-names and given-names, as text"
            message = f"the author {entry!r} has no such name; expected {expected}"
            problems.append(Problem(CFF_NAME, message))
    if problems:
        raise InputError(*problems)
    return Citation(
        authors=tuple(map(_author, cff["authors"])),
        title=cff["title"],
        version=version(),
        issued=made().date(),
        doi=cff.get("doi", ""),
        url=cff.get("url", ""),
    )


def _read_cff(path: Path) -> dict:
    """Return the content of the file."""
    try:
        cff = load(read_text(path, path.name))
    except yaml.YAMLError as error:
        raise InputError(not_yaml(path.name, error)) from None
    if not isinstance(cff, dict):
        raise InputError(
            Problem(path.name, "the file has no keys; expected those of Citation File Format")
        )
    return cff


def how_to_cite() -> Markdown:
    """Return the citation as text, BibTeX and RIS, each in a block of its own, as Markdown."""
    citation = read_citation()
    blocks = (("text", citation.text()), ("bibtex", citation.bibtex()), ("text", citation.ris()))
    names = ("As text:", "As BibTeX:", "As RIS:")
    return Shown(
        "\n\n".join(
            f"{name}\n\n```{kind}\n{block}\n```"
            for name, (kind, block) in zip(names, blocks, strict=True)
        )
    )


def _author(entry: dict) -> Author:
    if "name" in entry:
        return Author(entry["name"])
    return Author(entry["family-names"], entry.get("given-names", ""))


def _bibtex(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
