"""What names a file of a book: a regular file below its folder, or one line, and nothing written."""

import json
from pathlib import Path

import pytest
from helpers_book import edit, put_pipe, replace

from qmdbook.errors import InputError
from qmdbook.files import LONGEST, path_fault
from qmdbook.publish.check import check_book
from qmdbook.publish.render import render

CONFIG, FIRST, SECOND = "_quarto.yml", "chapters/first.qmd", "chapters/second.qmd"
BELOW = "expected a path below the folder of _quarto.yml"
OF_BOOK = "expected a path from the chapter's folder to a file of the book"
NAME = "expected a name without folder and ending, of letters, digits and . _ -, at most 200 bytes long"
OUTSIDE = "elsewhere"  # a folder beside that of the book


def config(old, new):
    return replace(CONFIG, old, new)


def text(line):
    """Put a line before the first chapter's sentence in line 10."""
    return replace(FIRST, "Two and *three*:", f"{line}\n\nTwo and *three*:")


def link(file):
    """Move a file or folder out of the book, and leave a link to it."""

    def apply(root):
        moved = root.parent / OUTSIDE / Path(file).name
        if (root / file).exists():
            (root / file).rename(moved)
        else:
            moved.write_bytes(b"secret")
        (root / file).symlink_to(moved)

    return apply


def chapter(name):
    """Add a chapter of this name, in a folder that has it."""

    def apply(root):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("# More {#sec-more}\n", encoding="utf-8")
        edit(root, CONFIG, SECOND, f"{SECOND}\n        - '{name}'")

    return apply


def package(name):
    """Add a package of data of this name."""
    licence = {"name": "CC0", "title": "CC0", "path": "https://example.org"}
    table = {"path": "a.csv", "title": "A", "description": "As.", "mediatype": "text/csv"}
    described = {
        "name": name,
        "title": "A",
        "description": "As.",
        "version": "1",
        "licenses": [licence],
        "resources": [table],
    }

    def apply(root):
        (root / "data").mkdir()
        (root / "data" / "a.csv").write_text("a\n1\n", encoding="utf-8")
        (root / "data" / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")

    return apply


def both(*changes):
    return lambda root: [change(root) for change in changes]


FAULTS = {
    "output: the folder above": (config("output-file: small", "output-file: .."), f"{CONFIG}, line 8: book.output-file is '..'; {NAME}"),
    "output: this folder": (config("output-file: small", "output-file: ."), f"{CONFIG}, line 8: book.output-file is '.'; {NAME}"),
    "output: an option": (config("output-file: small", "output-file: -rf"), f"{CONFIG}, line 8: book.output-file is '-rf'; {NAME}"),
    "output: longer than a name may be": (config("output-file: small", f"output-file: {'a' * 300}"), f"{CONFIG}, line 8: book.output-file is '{'a' * 300}'; {NAME}"),
    "versions: a script": (config("qmdbook:", "qmdbook:\n  versions: 'javascript:f()'"),
                           f"{CONFIG}, line 29: qmdbook.versions is 'javascript:f()'; expected an address relative to the first page, for example ../versions.json"),
    "bibliography: outside": (config("references.bib", f"../{OUTSIDE}/secret"), f"{CONFIG}, line 17: bibliography: the file '../{OUTSIDE}/secret' is outside the folder; {BELOW}"),
    "bibliography: absolute": (config("references.bib", "/etc/hosts"), f"{CONFIG}, line 17: bibliography: the file '/etc/hosts' is outside the folder; {BELOW}"),
    "bibliography: a link": (link("references.bib"), f"{CONFIG}, line 17: bibliography: the file 'references.bib' is a link to a file outside the folder; {BELOW}"),
    "bibliography: a pipe": (put_pipe("references.bib"), f"{CONFIG}, line 17: bibliography: the file 'references.bib' is not a regular file; {BELOW}"),
    "style: absolute": (config("bibliography:", "csl: /etc/hosts\nbibliography:"), f"{CONFIG}, line 17: csl: the file '/etc/hosts' is outside the folder; {BELOW}"),
    "glossary: outside": (config("qmdbook:", f"qmdbook:\n  glossary: ../{OUTSIDE}/secret"),
                          f"{CONFIG}, line 29: qmdbook.glossary: the file '../{OUTSIDE}/secret' is outside the folder; {BELOW}"),
    "data: a name that climbs": (both(config("qmdbook:", "qmdbook:\n  data-package: data/datapackage.json"), package("../../../evil")),
                                 'data/datapackage.json, line 1, key name: the value is "../../../evil"; expected a name of letters, digits and . _ -, at most 50 of them'),
    "data: a name that is absolute": (both(config("qmdbook:", "qmdbook:\n  data-package: data/datapackage.json"), package("/tmp/evil")),
                                      'data/datapackage.json, line 1, key name: the value is "/tmp/evil"; expected a name of letters, digits and . _ -, at most 50 of them'),
    "data: beside everything": (both(config("qmdbook:", "qmdbook:\n  data-package: datapackage.json"), lambda root: (root / "datapackage.json").write_text("{}")),
                                f"{CONFIG}, line 29: qmdbook.data-package is not in a folder of its own; expected, for example, data/datapackage.json, since all files beside it are published"),
    "chapter: hidden": (chapter("chapters/.a.qmd"), f"{CONFIG}, line 15: chapter 'chapters/.a.qmd': Quarto takes no '.a.qmd' for a chapter; expected a name that begins with a letter or digit"),
    "chapter: in the folder of the pages": (chapter("_book/a.qmd"), f"{CONFIG}, line 15: chapter '_book/a.qmd': Quarto takes no '_book' for a chapter; expected a name that begins with a letter or digit"),
    "chapter: an option": (chapter("chapters/-a.qmd"), f"{CONFIG}, line 15: chapter 'chapters/-a.qmd': Quarto takes no '-a.qmd' for a chapter; expected a name that begins with a letter or digit"),
    "chapter: long": (chapter(f"chapters/{'a' * LONGEST}.qmd"), f"{CONFIG}, line 15: chapter 'chapters/{'a' * LONGEST}.qmd' is longer than 200 bytes; {BELOW}"),
    "chapter: a line break": (config(SECOND, f'{SECOND}\n        - "chapters/a\\nb.qmd"'),
                              f"{CONFIG}, line 15: chapter 'chapters/a\\nb.qmd' has the sign '\\n' in its name; expected letters, digits, spaces and . _ -"),
    "chapter: the name of another": (chapter("more/first.qmd"), f"{CONFIG}, line 15: chapter 'more/first.qmd' has the name of 'chapters/first.qmd'; expected another name, since downloads are named after chapters"),
    "chapter: the same in capitals": (chapter("chapters/SECOND.qmd"), f"{CONFIG}, line 15: chapter 'chapters/SECOND.qmd' has the name of 'chapters/second.qmd'; expected another name, since downloads are named after chapters"),
    "chapter: another way to write it": (config(SECOND, f"{SECOND}\n        - ./{SECOND}"), f"{CONFIG}, line 15: chapter './{SECOND}' is not a plain path; expected '{SECOND}'"),
    "chapter: a link": (link(SECOND), f"{CONFIG}, line 14: chapter '{SECOND}' is a link to a file outside the folder; {BELOW}"),
    "chapter: a pipe": (put_pipe(SECOND), f"{CONFIG}, line 14: chapter '{SECOND}' is not a regular file; {BELOW}"),
    "chapters: a link": (link("chapters"), f"{CONFIG}, line 13: chapter '{FIRST}' is a link to a file outside the folder; {BELOW}"),
    "include: outside": (text(f"{{{{< include ../../{OUTSIDE}/secret >}}}}"), f"{FIRST}, line 10: the included file '../../{OUTSIDE}/secret' is outside the folder; {OF_BOOK}"),
    "include: absolute": (text("{{< include //etc/hosts >}}"), f"{FIRST}, line 10: the included file '//etc/hosts' is outside the folder; {OF_BOOK}"),
    "include: a link": (both(link("chapters/_a.md"), text("{{< include _a.md >}}")), f"{FIRST}, line 10: the included file '_a.md' is a link to a file outside the folder; {OF_BOOK}"),
    "include: a pipe": (both(put_pipe("chapters/_a.md"), text("{{< include _a.md >}}")), f"{FIRST}, line 10: the included file '_a.md' is not a regular file; {OF_BOOK}"),
    "variables: a pipe": (put_pipe("_variables.yml"), "_variables.yml: the file is a pipe or a device; expected a regular file"),
    "image: a link": (both(link("chapters/a.png"), text("![a](a.png)")), f"{FIRST}, line 10: the image a.png does not exist; {OF_BOOK}"),
    "image: a pipe": (both(put_pipe("chapters/a.png"), text("![a](a.png)")), f"{FIRST}, line 10: the image a.png does not exist; {OF_BOOK}"),
    "label: outside": (replace(FIRST, "label: tbl-first", "label: tbl-../../evil"), f"{FIRST}, line 20: the label 'tbl-../../evil' cannot name a file; expected letters, digits, _ and -, at most 200 bytes"),
}  # fmt: skip


def listing(root):
    """Return what is beside the book and in it, but for the lock of a render."""
    found = {path.relative_to(root.parent).as_posix() for path in root.parent.rglob("*")}
    return {path for path in found if "/.cache" not in path}


@pytest.mark.parametrize(("change", "line"), FAULTS.values(), ids=FAULTS)
def test_what_names_no_file_of_the_book_is_refused_and_nothing_is_written(book, change, line):
    (book.parent / OUTSIDE).mkdir()
    (book.parent / OUTSIDE / "secret").write_text("secret", encoding="utf-8")
    change(book)
    before = listing(book)
    with pytest.raises(InputError) as caught:
        check_book(book)
    assert str(caught.value.problems[0]) == line and "secret:" not in str(caught.value)
    if ": the image" not in line:
        with pytest.raises(InputError) as caught:  # of what Pandoc reads, after it has executed
            render(book, formats="html")
        # render looks for links to other folders before it reads anything.
        linked = (book / "chapters").is_symlink()
        expected = "chapters: the link leads to " if linked else line
        assert str(caught.value.problems[0]).startswith(expected)
    assert listing(book) == before


@pytest.mark.parametrize("path", ["", "a\0b", "a\nb", "a\\b", "..", "a/../../b", "/a", "\ud800"])
def test_what_is_no_path_below_a_folder_is_refused_without_looking(tmp_path, path):
    assert path_fault(tmp_path, path, exists=False)


def test_a_link_within_the_folder_is_followed(tmp_path):
    (tmp_path / "a.csv").write_text("a", encoding="utf-8")
    (tmp_path / "b.csv").symlink_to("a.csv")
    assert path_fault(tmp_path, "b.csv") == ""
