"""Read ``_quarto.yml``: the book's options and its chapters.

The format of the file is Quarto's. The engine reads the keys that it supports and ignores the keys
that concern only Quarto. It rejects every other key, because an option must not be silently without
effect. Options that Quarto does not have are below the key ``qmdbook``, which Quarto ignores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import yaml

from qmdbook.datapackage import read_package
from qmdbook.errors import KIND, MANY, InputError, Problem, nearest, not_yaml, unknown_name
from qmdbook.files import CONFIG_NAME, LONGEST, MISSING, name_fault, path_fault, shown
from qmdbook.fonts import font_files
from qmdbook.textfile import read_text
from qmdbook.yamltext import compose, value_of

BOOK = "_book"  # folder of the rendered book, below the root
# Keys that the engine supports, and the type of each.
HONOURED: dict[str, type] = {
    "project.type": str,
    "project.output-dir": str,
    "book.title": str,
    "book.subtitle": str,
    "book.author": str,
    "book.site-url": str,
    "book.output-file": str,
    "book.repo-url": str,
    "book.date": str,
    "book.downloads": list,
    "book.chapters": list,
    "bibliography": str,
    "csl": str,
    "execute.echo": bool,
    "format.html.code-fold": bool,
    "format.html.lightbox": bool,
    "lang": str,
    "qmdbook.glossary": str,
    "qmdbook.head-sections": list,
    "qmdbook.filtered-tables": list,
    "qmdbook.search-synonyms": list,
    "qmdbook.data-package": str,
    "qmdbook.font": str,
    "qmdbook.front-matter": str,
    "qmdbook.before-forks": str,
    "qmdbook.run-always": list,
    "qmdbook.versions": str,
}
# Keys that concern only Quarto: its list of files, its themes, its PDF. The engine's own templates
# do the same in their way.
IGNORED = {
    "project.render",
    "project.pre-render",
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
    "format.pdf.include-in-header.text",
    "format.pdf.toc",
}
MAY_BE_EMPTY = {"book.site-url"}  # where the book is not published yet
REQUIRED = ("project.type", "book.title", "book.output-file", "book.chapters", "bibliography")
FIRST_PAGE = "index.qmd"
_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("str", "bool", "seq"))
_FUNCTION = (r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", "a function, for example module.function")
# The pattern that a value must match, and how a message describes it.
_FORMS = {
    "project.type": ("book", "book, the only supported type"),
    "project.output-dir": (BOOK, BOOK),
    "book.date": (
        r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
        "a date as 2026-11-29, or nothing: the book has the date of its last commit",
    ),
    "book.repo-url": (r"https?://[^\s\"<>]+", "an address that begins with https://"),
    "lang": (
        r"en(-[A-Z]{2})?",
        "en or a variety such as en-GB: the engine's own words are English",
    ),
    "qmdbook.front-matter": _FUNCTION,
    "qmdbook.before-forks": _FUNCTION,
    "qmdbook.versions": (
        r"(\.\./)*[\w.-]+(/[\w.-]+)*",
        "an address relative to the first page, for example ../versions.json",
    ),
}
_BELOW_ROOT = "a path below the folder of _quarto.yml"
_FILES = ("bibliography", "csl", "qmdbook.glossary", "qmdbook.data-package")


@dataclass(frozen=True)
class ChapterEntry:
    """A chapter that ``_quarto.yml`` lists.

    `file` is its path relative to the root; `part` is the part of the book, or None outside any
    part.
    """

    file: str
    part: str | None

    @property
    def page(self) -> str:
        """Path of the chapter's page in the rendered book, such as ``chapters/methods.html``."""
        return str(PurePosixPath(self.file).with_suffix(".html"))


@dataclass(frozen=True)
class BookConfig:
    """The options of a book, as read from ``_quarto.yml``.

    Each attribute is named after the last part of its key: ``book.site-url`` is `site_url`.
    docs/engine.md explains each option. All paths are relative to `root`, the folder of
    ``_quarto.yml``. `site_url` ends with a slash unless it is empty.
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
    search_synonyms: tuple[str, ...] = ()
    data_package: str = ""
    font: str = ""
    front_matter: str = ""
    before_forks: str = ""
    run_always: tuple[str, ...] = ()
    versions: str = ""
    repo_url: str = ""
    date: str = ""
    downloads: tuple[str, ...] = ()
    lightbox: bool = False
    lang: str = "en"

    @property
    def book(self) -> Path:
        """Folder of the rendered book."""
        return self.root / BOOK

    @property
    def files(self) -> list[str]:
        """Files of the chapters, in the order of the book."""
        return [entry.file for entry in self.chapters]

    def shown(self, path: Path) -> str:
        """Return a path as text for a message: relative to the root if it is inside the root."""
        return shown(path, self.root)


def read_config(root: Path, *, chapters_exist: bool = True) -> BookConfig:
    """Read and check ``_quarto.yml`` in `root`.

    If `chapters_exist` is false, the chapter files may be missing.

    Raises
    ------
    InputError
        With every problem, for example invalid YAML, an unknown option, a value of the wrong type,
        a chapter that is missing or listed twice.
    """
    path = root / CONFIG_NAME
    try:
        tree = compose(read_text(path, CONFIG_NAME))
    except yaml.YAMLError as error:
        raise InputError(not_yaml(CONFIG_NAME, error)) from None
    if not isinstance(tree, yaml.MappingNode):
        raise InputError(Problem(CONFIG_NAME, "the file has no options; expected `name: value`"))
    options = _Options()
    options.read(tree)
    values = options.values
    for key in REQUIRED:
        if key not in options.nodes and key not in options.misspelt:
            options.problem(f"the option {key} is missing; expected {KIND[HONOURED[key]]}")
    for key, (form, expected) in _FORMS.items():
        if key in values and not re.fullmatch(form, values[key]):
            options.problem(f"{key} is {values[key]!r}; expected {expected}", options.nodes[key])
    name = values.get("book.output-file", "book")
    if name_fault(name) or name.endswith((".pdf", ".html")):
        message = f"book.output-file is {name!r}; expected a name without folder and ending"
        message += f", of letters, digits and . _ -, at most {LONGEST} bytes long"
        options.problem(message, options.nodes["book.output-file"])
    for key in _FILES:
        if key in values and (fault := path_fault(root, values[key])):
            message = f"{key}: the file {values[key]!r} {fault}; expected {_BELOW_ROOT}"
            options.problem(message, options.nodes[key])
    package = values.get("qmdbook.data-package", "data/datapackage.json")
    if PurePosixPath(package).parent == PurePosixPath():
        message = "qmdbook.data-package is not in a folder of its own; expected, for example, "
        message += "data/datapackage.json, since all files beside it are published"
        options.problem(message, options.nodes["qmdbook.data-package"])
    if "qmdbook.font" in values and not font_files(values["qmdbook.font"]):
        message = (
            f"qmdbook.font: no installed package has the typeface {values['qmdbook.font']!r}; "
            "expected one of a font package, for example font-source-sans-pro"
        )
        options.problem(message, options.nodes["qmdbook.font"])
    chapters = _chapters(options, root, exist=chapters_exist)
    for file in values.get("qmdbook.run-always", ()):
        known = [entry.file for entry in chapters]
        if file not in known:
            chapters_of_book = [PurePosixPath(one) for one in known]
            meant = _likely_file(PurePosixPath(file), chapters_of_book, "a file of book.chapters")
            message = f"qmdbook.run-always: {file!r} is not a chapter of the book; {meant}"
            options.problem(message, options.nodes["qmdbook.run-always"])
    for name in values.get("book.downloads", ()):
        if name != "pdf":
            message = f"book.downloads: {name!r} is not made; expected pdf, which every page offers"
            options.problem(message, options.nodes["book.downloads"])
    site_url = _site_url(options)
    problems = sorted(options.problems, key=lambda p: p.row or 0)
    if not problems and "qmdbook.data-package" in values:
        try:
            read_package(root / package, package)
        except InputError as error:
            problems += error.problems
    problems += [
        Problem(
            file.relative_to(root).as_posix(),
            "Quarto would merge this file with _quarto.yml, and the engine does not; "
            "move its options to _quarto.yml, and remove the file",
        )
        for file in _merged_by_quarto(root, [entry.file for entry in chapters])
    ]
    if problems:
        raise InputError(*problems)
    fields: dict[str, Any] = {
        key.rpartition(".")[2].replace("-", "_"): tuple(value) if HONOURED[key] is list else value
        for key, value in values.items()
        if not key.startswith("project.")
    }
    return BookConfig(root, **fields | {"chapters": tuple(chapters), "site_url": site_url})


def named_chapters(config: BookConfig, names: list[str]) -> list[str]:
    """Return the files of the named chapters; a name is a file or its stem, such as ``methods``.

    Raises
    ------
    InputError
        If a name is not a chapter of the book.
    """
    by_name = {
        name: entry.file
        for entry in config.chapters
        for name in (entry.file, PurePosixPath(entry.file).stem)
    }
    for name in names:
        if name not in by_name:
            stems = [PurePosixPath(entry.file).stem for entry in config.chapters]
            known = [entry.file for entry in config.chapters] if "/" in name else stems
            expected = "a file that _quarto.yml lists under chapters" if len(known) > MANY else ""
            message = unknown_name(name, known, "a chapter of the book", expected)
            raise InputError(Problem("CHAPTER", message))
    return list(dict.fromkeys(by_name[name] for name in names))


def _merged_by_quarto(root: Path, chapters: list[str]) -> list[Path]:
    """Return the files of options beside ``_quarto.yml``: profiles, and those of one folder."""
    folders = {folder for file in chapters for folder in PurePosixPath(file).parents}
    files = [*root.glob("_quarto-*.y*ml"), *root.glob("_quarto.yml.local")]
    for folder in folders:
        files += (root / folder).glob("_metadata.y*ml")
    return sorted(files)


class _Options:
    """The options of ``_quarto.yml``, and the problems with them.

    Attributes
    ----------
    values : dict
        The supported options by dotted key, each of its type in `HONOURED`.
    nodes : dict of str to yaml.Node
        The node of each supported option, for its line.
    misspelt : set of str
        The options that were probably meant by unknown keys. That one of them is missing would be
        the same problem.
    problems : list of Problem
        The problems so far.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.nodes: dict[str, yaml.Node] = {}
        self.misspelt: set[str] = set()
        self.problems: list[Problem] = []

    def problem(self, message: str, node: yaml.Node | None = None) -> None:
        """Add a problem on the line where a node begins."""
        row = node.start_mark.line + 1 if node else None
        self.problems.append(Problem(CONFIG_NAME, message, row))

    def read(self, tree: yaml.MappingNode, prefix: str = "") -> None:
        """Read the options below a key; note unknown, mistyped and repeated ones."""
        seen = set()
        for key_node, node in tree.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem("the key is not a text; expected a text", key_node)
                continue
            key = f"{prefix}{key_node.value}"
            if key in seen:
                self.problem(f"the option {key} is given twice; expected it once", key_node)
            seen.add(key)
            if key in HONOURED:
                self._read_value(key, key_node, node)
            elif isinstance(node, yaml.MappingNode) and _is_prefix(key):
                self.read(node, f"{key}.")
            elif key not in IGNORED:
                near = nearest(key, sorted({*HONOURED, *IGNORED}))
                if near:
                    self.misspelt.add(near)
                    meant = f"did you mean {near!r}?"
                else:
                    meant = "expected an option listed in docs/engine.md"
                self.problem(f"{key!r} is not an option; {meant}", key_node)

    def _read_value(self, key: str, key_node: yaml.Node, node: yaml.Node) -> None:
        self.nodes[key] = node
        try:
            value = value_of(node)
        except yaml.YAMLError:  # an unknown tag, an impossible date
            value = node.value
        if key == "book.date" and isinstance(node, yaml.ScalarNode):
            value, node.tag = node.value, _TAGS[0]  # YAML has a type of its own for it
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


def _likely_file(file: PurePosixPath, others: list[PurePosixPath], expected: str) -> str:
    """Return the file that was probably meant, or else what is expected."""
    by_stem = {one.stem: one for one in others}
    near = nearest(file.stem, by_stem)
    return f"did you mean {str(by_stem[near])!r}?" if near else f"expected {expected}"


def _site_url(options: _Options) -> str:
    """Return the address of the published book, ending with a slash; empty if it has none."""
    address = options.values.get("book.site-url", "")
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # an address or a port that cannot be parsed
        sound = False
    if not sound or parts.query or parts.fragment or re.search(r"[\s\"<>\\]", address):
        message = (
            f"book.site-url is {address!r}; expected the address of the published book, "
            "for example https://example.org/review"
        )
        options.problem(message, options.nodes["book.site-url"])
    return address.rstrip("/") + "/"


def _chapters(options: _Options, root: Path, *, exist: bool) -> list[ChapterEntry]:
    """Return the chapters in order; note those that cannot be used or are not below `root`.

    `exist` says whether their files must exist.
    """
    chapters: list[ChapterEntry] = []
    stems: dict[str, str] = {}  # file of each name without ending; some systems know no capitals

    def add(node: yaml.Node, part: str | None) -> None:
        if not isinstance(node, yaml.ScalarNode):
            return options.problem(
                "the entry is not a file name; expected the file of a chapter", node
            )
        file, path = node.value, PurePosixPath(node.value)
        fault = path_fault(root, file, exists=exist)
        if odd := re.search(r"[^\w./ -]", file):
            message = f"chapter {file!r} has the sign {odd[0]!r} in its name"
            options.problem(f"{message}; expected letters, digits, spaces and . _ -", node)
        elif not file.endswith(".qmd"):
            options.problem(f"chapter {file!r} is not a .qmd file; expected one", node)
        elif fault and fault != MISSING:
            options.problem(f"chapter {file!r} {fault}; expected {_BELOW_ROOT}", node)
        elif wrong := next((part for part in path.parts if not re.match(r"[^\W_]", part)), ""):
            message = f"chapter {file!r}: Quarto takes no {wrong!r} for a chapter"
            options.problem(f"{message}; expected a name that begins with a letter or digit", node)
        elif file != str(path):
            options.problem(f"chapter {file!r} is not a plain path; expected {str(path)!r}", node)
        elif fault:
            others = [path.with_name(one.name) for one in (root / path.parent).glob("*.qmd")]
            meant = _likely_file(path, [one for one in others if one != path], _BELOW_ROOT)
            what = f"chapter {file!r} does not exist; {meant}"
            end = " If not, " if meant.endswith("?") else "; "
            options.problem(f"{what}{end}restore it or remove this line", node)
        elif any(chapter.file == file for chapter in chapters):
            options.problem(f"chapter {file!r} is listed twice; expected it once", node)
        elif same := stems.get(path.stem.casefold()):
            message = f"chapter {file!r} has the name of {same!r}; expected another name"
            options.problem(f"{message}, since downloads are named after chapters", node)
        else:
            stems[path.stem.casefold()] = file
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
            options.problem("the entry is not a part; expected `part: name` and `chapters:`", entry)
    if chapters and chapters[0].file != FIRST_PAGE:
        options.problem(f"the first chapter is {chapters[0].file!r}; expected {FIRST_PAGE}", listed)
    return chapters
