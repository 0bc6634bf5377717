"""Read ``_quarto.yml``: the book's options and its chapters.

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
_FUNCTION = (r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", "a function, for example module.function")
# What the whole of a value must match, and how a message calls that.
_FORMS = {
    "project.type": ("book", "book"),
    "project.output-dir": (BOOK, BOOK),
    "book.output-file": (
        r"(?!.*\.(?:pdf|html)$)[\w.-]+",
        "a name without folder and ending",
    ),
    "qmdbook.front-matter": _FUNCTION,
    "qmdbook.before-forks": _FUNCTION,
}
_BELOW_ROOT = "a file below the root of the book"
_FILES = ("bibliography", "csl", "qmdbook.glossary", "qmdbook.data-package")


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
    """A book: its root, and the options of ``_quarto.yml``, each named as the end of its key.

    docs/engine.md says what each means. All paths are below the root. `site_url` has a slash at
    its end.
    """

    root: Path
    title: str
    output_file: str
    bibliography: str
    chapters: tuple[ChapterEntry, ...]
    subtitle: str = ""
    author: str = ""
    site_url: str = ""
    csl: str = ""
    echo: bool = True
    code_fold: bool = False
    glossary: str = ""
    head_sections: tuple[str, ...] = ()
    filtered_tables: tuple[str, ...] = ()
    data_package: str = ""
    front_matter: str = ""
    before_forks: str = ""
    run_always: tuple[str, ...] = ()
    versions: str = ""

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
    """Read ``_quarto.yml`` in `root`; `chapters_exist` says whether every chapter must be there.

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
    options = _Options()
    options.read(tree)
    values = options.values
    for key in REQUIRED:
        if key not in options.nodes:
            options.problem(f"{key} is missing; expected {KIND[HONOURED[key]]}")
    for key, (form, expected) in _FORMS.items():
        if key in values and not re.fullmatch(form, values[key]):
            options.problem(f"{key} is {values[key]!r}; expected {expected}", options.nodes[key])
    for key in _FILES:
        if key in values and not (root / values[key]).is_file():
            message = f"{key} {values[key]!r} does not exist; expected {_BELOW_ROOT}"
            options.problem(message, options.nodes[key])
    chapters = _chapters(options, root if chapters_exist else None)
    for file in values.get("qmdbook.run-always", ()):
        if file not in {entry.file for entry in chapters}:
            message = f"qmdbook.run-always names {file!r}; expected a chapter of the book"
            options.problem(message, options.nodes["qmdbook.run-always"])
    site_url = _site_url(options)
    if options.problems:
        raise InputError(*sorted(options.problems, key=lambda p: p.row or 0))
    fields: dict[str, Any] = {
        key.rpartition(".")[2].replace("-", "_"): tuple(value) if HONOURED[key] is list else value
        for key, value in values.items()
        if not key.startswith("project.")
    }
    return BookConfig(root, **fields | {"chapters": tuple(chapters), "site_url": site_url})


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


class _Options:
    """The options of ``_quarto.yml``, and what is wrong with them.

    Attributes
    ----------
    values : dict
        The honoured options by dotted key, each of the type that `HONOURED` says.
    nodes : dict of str to yaml.Node
        Where each honoured option stands.
    problems : list of Problem
        What is wrong so far.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.nodes: dict[str, yaml.Node] = {}
        self.problems: list[Problem] = []

    def problem(self, message: str, node: yaml.Node | None = None) -> None:
        """Note what is wrong, on the line where a node begins."""
        row = node.start_mark.line + 1 if node else None
        self.problems.append(Problem(CONFIG_NAME, message, row))

    def read(self, tree: yaml.MappingNode, prefix: str = "") -> None:
        """Read the options below a key; note which are unknown, mistyped or there twice."""
        seen = set()
        for key_node, node in tree.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem("a key that is no text; expected text", key_node)
                continue
            key = f"{prefix}{key_node.value}"
            if key in seen:
                self.problem(f"{key} is there twice; expected it once", key_node)
            seen.add(key)
            if key in HONOURED:
                self._read_value(key, key_node, node)
            elif isinstance(node, yaml.MappingNode) and _is_prefix(key):
                self.read(node, f"{key}.")
            elif key not in IGNORED:
                self.problem(f"unknown option {key}; {_likely(key)}", key_node)

    def _read_value(self, key: str, key_node: yaml.Node, node: yaml.Node) -> None:
        self.nodes[key] = node
        try:
            value = yaml.SafeLoader("").construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError):  # a tag of its own, a date that is none
            value = node.value
        expected = KIND[HONOURED[key]]
        if not isinstance(value, HONOURED[key]) or node.tag not in _TAGS:
            given = "empty" if value is None else repr(value)
            self.problem(f"{key} is {given}; expected {expected}", key_node)
        elif value in ("", []) and key not in MAY_BE_EMPTY:
            self.problem(f"{key} is empty; expected {expected}", key_node)
        else:
            self.values[key] = value


def _is_prefix(key: str) -> bool:
    return any(known.startswith(f"{key}.") for known in (*HONOURED, *IGNORED))


def _likely(key: str) -> str:
    """Return what was likely meant by an unknown key, else where all keys are listed."""
    near = get_close_matches(key, sorted({*HONOURED, *IGNORED}), n=1, cutoff=0.8)
    return f"expected {near[0]}" if near else "expected one of those in docs/engine.md"


def _site_url(options: _Options) -> str:
    """Return the address of the published book with a slash at its end, or nothing."""
    address = options.values.get("book.site-url", "")
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that hold no address, a port that is no number
        sound = False
    if not sound or parts.query or parts.fragment or re.search(r"[\s\"<>\\]", address):
        message = (
            f"book.site-url is {address!r}; expected the address of the published book, "
            "for example https://example.org/review"
        )
        options.problem(message, options.nodes["book.site-url"])
    return address.rstrip("/") + "/"


def _chapters(options: _Options, root: Path | None) -> list[ChapterEntry]:
    """Return the chapters in order; note which cannot be used, or are not below `root`."""
    chapters: list[ChapterEntry] = []

    def add(node: yaml.Node, part: str | None) -> None:
        if not isinstance(node, yaml.ScalarNode):
            return options.problem("expected the file of a chapter", node)
        file, path = node.value, PurePosixPath(node.value)
        if not file.endswith(".qmd"):
            options.problem(f"chapter {file!r}; expected a .qmd file", node)
        elif path.is_absolute() or ".." in path.parts:
            options.problem(f"chapter {file!r}; expected {_BELOW_ROOT}", node)
        elif root and not (root / file).is_file():
            options.problem(f"chapter {file!r} does not exist; expected {_BELOW_ROOT}", node)
        elif any(chapter.file == file for chapter in chapters):
            options.problem(f"chapter {file!r} is listed twice; expected it once", node)
        else:
            chapters.append(ChapterEntry(file, part))

    listed = options.nodes.get("book.chapters")
    for entry in listed.value if isinstance(listed, yaml.SequenceNode) else ():
        if not isinstance(entry, yaml.MappingNode):
            add(entry, None)
            continue
        nodes = {str(name.value): node for name, node in entry.value}
        part, inner = nodes.get("part"), nodes.get("chapters")
        if (
            len(nodes) == 2
            and isinstance(part, yaml.ScalarNode)
            and isinstance(inner, yaml.SequenceNode)
        ):
            for chapter in inner.value:
                add(chapter, part.value)
        else:
            options.problem("expected a part and its chapters", entry)
    if chapters and chapters[0].file != FIRST_PAGE:
        options.problem(f"the first chapter is {chapters[0].file!r}; expected {FIRST_PAGE}", listed)
    return chapters
