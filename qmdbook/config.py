"""Read ``_quarto.yml``: the book's options, its chapters, and where its root is.

The file is Quarto's. The engine reads the keys that it honours, passes over those that concern
Quarto alone, and refuses every other one, so that no option is silently without effect. What
Quarto has no key for stands under ``qmdbook``, which Quarto passes over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import yaml

from qmdbook.errors import KIND, InputError, Problem, not_yaml
from qmdbook.files import CONFIG_NAME, shown
from qmdbook.textfile import read_text

BOOK = "_book"  # below the root: what a render leaves
# Keys that change what the engine makes, and the type each must have.
HONOURED: dict[str, type] = {
    "project.type": str,
    "project.output-dir": str,
    "book.title": str,
    "book.subtitle": str,
    "book.author": str,
    "book.site-url": str,
    "book.output-file": str,
    "book.chapters": list,
    "bibliography": str,
    "csl": str,
    "execute.echo": bool,
    "format.html.code-fold": bool,
    "qmdbook.glossary": str,
    "qmdbook.head-sections": list,
    "qmdbook.filtered-tables": list,
    "qmdbook.data-package": str,
    "qmdbook.front-matter": str,
    "qmdbook.before-forks": str,
    "qmdbook.run-always": list,
    "qmdbook.versions": str,
}
# Keys that concern Quarto alone: its list of files, its themes, its way to a PDF. What
# they ask for, the engine does in its own template.
IGNORED = {
    "project.render",
    "format.html.theme",
    "format.html.css",
    "format.html.include-after-body",
    "format.html.filters",
    "format.html.html-math-method",
    "format.html.toc",
    "format.pdf.pdf-engine",
    "format.pdf.documentclass",
    "format.pdf.papersize",
    "format.pdf.echo",
    "format.pdf.toc",
}
MAY_BE_EMPTY = {"book.site-url"}  # where the book is not published yet
REQUIRED = ("project.type", "book.title", "book.output-file", "book.chapters", "bibliography")
FIRST_PAGE = "index.qmd"
_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("str", "bool", "seq"))
_FILE_STEM = r"(?!.*\.(?:pdf|html)$)[\w.-]+"
_FUNCTION = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+"  # a function by its module and name


@dataclass(frozen=True)
class ChapterEntry:
    """One chapter of the book: its file, below the root, and the part that it is in."""

    file: str
    part: str | None

    @property
    def page(self) -> str:
        """Return the address of its page, below the book's folder; the same as Quarto's."""
        return str(PurePosixPath(self.file).with_suffix(".html"))


@dataclass(frozen=True)
class BookConfig:
    """A book: its root, and what ``_quarto.yml`` says of it. What is not said is empty.

    Attributes
    ----------
    root : Path
        The folder that holds ``_quarto.yml``; all other paths are below it.
    site_url : str
        Where the book is published, with a slash at its end.
    citation_style : str
        A style in CSL; without one, citations are in the style that Pandoc brings along.
    glossary : str
        Table of abbreviations (CSV): term, long form, explanation.
    head_sections : tuple of str
        Labels of the sections that the head of every page links to.
    filtered_tables : tuple of str
        How the labels of those tables begin that a page lets its reader filter and sort.
    data_package : str
        Description of a Frictionless data package, which the book offers with its tables.
    front_matter : str
        Function that says which state of the book this is; see `edition`.
    before_forks : str
        Function that is called once before chapters are executed, with the names their code uses.
    run_always : tuple of str
        Chapters that are executed in every render, because they show what changes with it.
    versions : str
        List of the released versions (JSON), as found from the first page of a released book.
    """

    root: Path
    title: str
    subtitle: str
    author: str
    site_url: str
    output_file: str
    bibliography: str
    citation_style: str
    echo: bool
    code_fold: bool
    chapters: tuple[ChapterEntry, ...]
    glossary: str
    head_sections: tuple[str, ...]
    filtered_tables: tuple[str, ...]
    data_package: str
    front_matter: str
    before_forks: str
    run_always: tuple[str, ...]
    versions: str

    @property
    def book(self) -> Path:
        """Return the folder that a render leaves."""
        return self.root / BOOK

    @property
    def files(self) -> list[str]:
        """Return the files of the chapters, in order."""
        return [entry.file for entry in self.chapters]

    def shown(self, path: Path) -> str:
        """Return a path as a message should name it: relative to the root where it is below it."""
        return shown(path, self.root)


def read_config(root: Path, *, chapters_exist: bool = True) -> BookConfig:
    """Read ``_quarto.yml`` in `root`.

    Parameters
    ----------
    root : Path
        Root of the book.
    chapters_exist : bool
        Whether the file of each chapter must be there.

    Raises
    ------
    InputError
        With every problem: YAML that cannot be parsed, an option neither honoured nor
        ignored, a value of the wrong type, a chapter that is missing or named twice.
    """
    path = root / CONFIG_NAME
    try:
        tree = yaml.compose(read_text(path, CONFIG_NAME), yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InputError(not_yaml(CONFIG_NAME, error)) from None
    if not isinstance(tree, yaml.MappingNode):
        raise InputError(Problem(CONFIG_NAME, "expected options, `name: value`"))
    problems: list[Problem] = []
    values = _values(tree, problems)
    for key in REQUIRED:
        if _node(tree, *key.split(".")) is None:
            problems.append(Problem(CONFIG_NAME, f"{key} is missing"))
    if values.get("project.type", "book") != "book":
        problems.append(
            Problem(CONFIG_NAME, f"project.type is {values['project.type']!r}; expected book")
        )
    if values.get("project.output-dir", "_book") != "_book":
        found = values["project.output-dir"]
        problems.append(Problem(CONFIG_NAME, f"project.output-dir is {found!r}; expected _book"))
    chapters = _chapters(
        _node(tree, "book", "chapters"), root if chapters_exist else None, problems
    )
    for key in ("bibliography", "csl", "qmdbook.glossary", "qmdbook.data-package"):
        if key in values and not (root / values[key]).is_file():
            problems.append(Problem(CONFIG_NAME, f"{key} {values[key]!r} does not exist"))
    if not re.fullmatch(_FILE_STEM, values.get("book.output-file", "book")):
        found = values["book.output-file"]
        message = f"book.output-file is {found!r}; expected a name without folder and ending"
        problems.append(Problem(CONFIG_NAME, message, _line(tree, "book.output-file")))
    for key in ("qmdbook.front-matter", "qmdbook.before-forks"):
        if not re.fullmatch(_FUNCTION, values.get(key, "module.function")):
            message = f"{key} is {values[key]!r}; expected a function, for example module.function"
            problems.append(Problem(CONFIG_NAME, message, _line(tree, key)))
    known = {entry.file for entry in chapters}
    for file in values.get("qmdbook.run-always", ()):
        if file not in known:
            message = f"qmdbook.run-always names {file!r}; expected a chapter of the book"
            problems.append(Problem(CONFIG_NAME, message, _line(tree, "qmdbook.run-always")))
    site_url = _site_url(_node(tree, "book", "site-url"), values, problems)
    if problems:
        raise InputError(*sorted(problems, key=lambda p: p.row or 0))
    return BookConfig(
        root=root,
        title=values["book.title"],
        subtitle=values.get("book.subtitle", ""),
        author=values.get("book.author", ""),
        site_url=site_url,
        output_file=values["book.output-file"],
        bibliography=values["bibliography"],
        citation_style=values.get("csl", ""),
        echo=values.get("execute.echo", True),
        code_fold=values.get("format.html.code-fold", False),
        chapters=tuple(chapters),
        glossary=values.get("qmdbook.glossary", ""),
        head_sections=tuple(values.get("qmdbook.head-sections", ())),
        filtered_tables=tuple(values.get("qmdbook.filtered-tables", ())),
        data_package=values.get("qmdbook.data-package", ""),
        front_matter=values.get("qmdbook.front-matter", ""),
        before_forks=values.get("qmdbook.before-forks", ""),
        run_always=tuple(values.get("qmdbook.run-always", ())),
        versions=values.get("qmdbook.versions", ""),
    )


def named_chapters(config: BookConfig, names: list[str]) -> list[str]:
    """Return the files of chapters named as a person would: by file, or by its stem.

    Raises
    ------
    InputError
        If a name is no chapter of the book.
    """
    by_name = {
        name: entry.file
        for entry in config.chapters
        for name in (entry.file, PurePosixPath(entry.file).stem)
    }
    for name in names:
        if name not in by_name:
            known = ", ".join(PurePosixPath(entry.file).stem for entry in config.chapters)
            message = f"{name!r} is no chapter; expected one of {known}"
            raise InputError(Problem("CHAPTER", message))
    return list(dict.fromkeys(by_name[name] for name in names))


def _values(tree: yaml.MappingNode, problems: list[Problem]) -> dict[str, Any]:
    """Return the honoured keys by dotted name; say which keys are unknown or mistyped."""
    loader = yaml.SafeLoader("")
    values: dict[str, Any] = {}  # each of the type that `HONOURED` says

    def visit(node: yaml.MappingNode, prefix: str) -> None:
        seen = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(Problem(CONFIG_NAME, "a key that is no text; expected one", line))
                continue
            key = f"{prefix}{key_node.value}"
            if key in seen:
                problems.append(Problem(CONFIG_NAME, f"{key} stands twice", line))
            seen.add(key)
            if key in HONOURED:
                try:
                    value = loader.construct_object(value_node, deep=True)
                except (yaml.YAMLError, ValueError):  # a tag of its own, a date that is none
                    value = value_node.value
                if not isinstance(value, HONOURED[key]) or value_node.tag not in _TAGS:
                    message = f"{key} is {_found(value)}; expected {KIND[HONOURED[key]]}"
                    problems.append(Problem(CONFIG_NAME, message, line))
                elif value in ("", []) and key not in MAY_BE_EMPTY:
                    message = f"{key} is empty; expected {KIND[HONOURED[key]]}"
                    problems.append(Problem(CONFIG_NAME, message, line))
                else:
                    values[key] = value
            elif key in IGNORED:
                continue
            elif isinstance(value_node, yaml.MappingNode) and _is_prefix(key):
                visit(value_node, f"{key}.")
            else:
                problems.append(Problem(CONFIG_NAME, f"unknown option {key}; {_known(key)}", line))

    visit(tree, "")
    return values


def _found(value: object) -> str:
    return "empty" if value is None else repr(value)


def _known(key: str) -> str:
    """Return what was likely meant by an unknown key, else where all keys are listed."""
    near = get_close_matches(key, sorted({*HONOURED, *IGNORED}), n=1, cutoff=0.8)
    return f"expected {near[0]}" if near else "expected one of those in docs/engine.md"


def _site_url(node: yaml.Node, values: dict[str, Any], problems: list[Problem]) -> str:
    """Return the address of the published book with a slash at its end, or nothing."""
    found = values.get("book.site-url", "")
    if not found:
        return ""
    try:
        parts = urlsplit(found)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that hold no address, a port that is no number
        sound = False
    if not sound or parts.query or parts.fragment or re.search(r"[\s\"<>\\]", found):
        message = (
            f"book.site-url is {found!r}; expected the address of the published book, "
            "for example https://example.org/review"
        )
        problems.append(Problem(CONFIG_NAME, message, node.start_mark.line + 1))
    return found.rstrip("/") + "/"


def _is_prefix(key: str) -> bool:
    return any(known.startswith(f"{key}.") for known in (*HONOURED, *IGNORED))


def _node(tree: yaml.Node, *keys: str) -> yaml.Node | None:
    """Return the node at a path of keys, or None."""
    for key in keys:
        if not isinstance(tree, yaml.MappingNode):
            return None
        tree = next((value for name, value in tree.value if name.value == key), None)
    return tree


def _line(tree: yaml.Node, key: str) -> int:
    """Return the line on which the value of a key begins."""
    node = _node(tree, *key.split("."))
    assert node is not None  # nothing is said of a value that is not there
    return node.start_mark.line + 1


def _chapters(
    node: yaml.Node | None, root: Path | None, problems: list[Problem]
) -> list[ChapterEntry]:
    """Return the chapters in order; say which cannot be used, or are not below `root`."""
    chapters: list[ChapterEntry] = []

    def add(entry: yaml.Node, part: str | None) -> None:
        line = entry.start_mark.line + 1
        if not isinstance(entry, yaml.ScalarNode):
            problems.append(Problem(CONFIG_NAME, "expected the file of a chapter", line))
        elif not entry.value.endswith(".qmd"):
            problems.append(
                Problem(CONFIG_NAME, f"chapter {entry.value!r}; expected a .qmd file", line)
            )
        elif PurePosixPath(entry.value).is_absolute() or ".." in PurePosixPath(entry.value).parts:
            message = f"chapter {entry.value!r}; expected a file below the root of the book"
            problems.append(Problem(CONFIG_NAME, message, line))
        elif root and not (root / entry.value).is_file():
            problems.append(Problem(CONFIG_NAME, f"chapter {entry.value!r} does not exist", line))
        elif any(chapter.file == entry.value for chapter in chapters):
            problems.append(Problem(CONFIG_NAME, f"chapter {entry.value!r} stands twice", line))
        else:
            chapters.append(ChapterEntry(entry.value, part))

    for entry in node.value if isinstance(node, yaml.SequenceNode) else ():
        if isinstance(entry, yaml.MappingNode):
            part, inner = _node(entry, "part"), _node(entry, "chapters")
            names = {str(name.value) for name, _ in entry.value}
            if not (
                names == {"part", "chapters"}
                and isinstance(part, yaml.ScalarNode)
                and isinstance(inner, yaml.SequenceNode)
            ):
                line = entry.start_mark.line + 1
                problems.append(Problem(CONFIG_NAME, "expected a part and its chapters", line))
                continue
            for chapter in inner.value:
                add(chapter, part.value)
        else:
            add(entry, None)
    if chapters and chapters[0].file != FIRST_PAGE:
        problems.append(
            Problem(
                CONFIG_NAME, f"the first chapter is {chapters[0].file!r}; expected {FIRST_PAGE}"
            )
        )
    return chapters
