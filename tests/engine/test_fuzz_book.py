"""A fuzzer of books: what is made up is refused in one line, or is the same in pages and PDF.

More examples than in a usual run, from a seed:

    pytest tests/engine/test_fuzz_book.py --hypothesis-profile long --hypothesis-seed 1
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from helpers_book import TINY, cell_of_html, qmdbook, snapshot, tiny_book
from helpers_page import read_page, text_within
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from qmdbook.errors import InputError
from qmdbook.publish.check import check_book

pytestmark = pytest.mark.slow

# Words that stand nowhere else, so that they can be found in pages and PDF.
WORD = re.compile(r"Z[a-e]{4}Q")
WORDS = st.text("abcde", min_size=4, max_size=4).map("Z{}Q".format)
# Pieces of a chapter, with words in place of @@. Some belong to the subset, others do not.
PIECES = [
    "@@ *@@* **@@**, @@",
    "`@@` and ``@@ ` @@``",
    "[@@](https://example.org) and [@@](index.qmd)",
    "[@@](javascript:alert(1))",
    "[@@](JAVA&#115;cript:alert(1)) <https://example.org>",
    "[@@](data:text/html,x) [@@](//example.org) [@@](C:/x)",
    '<span class="note">@@</span>',
    '<b onclick="x">@@</b>',
    "<b\nonclick=x>@@</b>",
    "<script>@@</script>",
    "<script\n>@@</script>",
    "<!-- @@ -->",
    "<!-- @@",
    "`code @@`{onclick=x} [@@](index.qmd){onclick=x}",
    "> @@",
    "> > @@\n> @@",
    "- @@\n- @@",
    "1. @@\n2. @@",
    "- @@\n\n    @@",
    "| @@ | @@ |\n|----|---:|\n| @@ | 1 |",
    "| @@ | @@ |\n|----|\n| 1 |",
    "+---+\n| @@ |\n+---+",
    "```\n@@\n```",
    "````\n@@\n```",
    "`<b>`{=html}@@",
    '```{python}\nprint("@@")\n```',
    '```{python}\nfrom IPython.display import Markdown\nMarkdown("*@@*")\n```',
    '```{python}\nfrom IPython.display import HTML\nHTML("<p onclick=x>@@</p>")\n```',
    '```{python}\n#| label: tbl-a\n#| tbl-cap: "@@"\n'
    'from IPython.display import Markdown\nMarkdown("| @@ |\\n|---|\\n| 1 |")\n```',
    '```{python}\n#| echo: false\n#| output: [x\nprint("@@")\n```',
    "```{python}\n1 +\n```",
    '```{python}\n"@@',
    '`{python} "@@"`',
    '`{python} "*@@* <b>@@</b> $@@"`',
    "`{python} 1 / 0` @@",
    "::: {.callout-note}\n@@\n:::",
    '::: {.callout-tip title="@@" collapse="true"}\n@@\n:::',
    "::: {.panel-tabset}\n## @@\n\n@@\n\n## @@\n\n@@\n:::",
    "::: {.aside}\n@@\n:::",
    "::: note\n@@",
    ":::",
    "## @@ {#sec-b}",
    "## @@",
    "### @@",
    "# @@",
    "@@\n===",
    "@@\n---",
    "[@a] @@ @a",
    "@sec-one @@",
    "@sec-none @@ @nobody",
    "@tbl-a @@",
    "$x^2$ and $5 @@",
    "$$\nx = 1\n$$ {#eq-a}\n\n@@",
    "@@[^1]\n\n[^1]: @@",
    "@@^[@@]",
    "{{< include none.md >}} @@",
    "{{< var none >}} @@",
    "![@@](none.png)",
    '[@@]{.smallcaps} [@@]{style="x"}',
    "***\n\n@@",
    "---\ntitle: @@\n---",
    "\\@@ \\* &amp; &lt;@@&gt; #@@ ~@@~ ^@@^",
    "@@  \n@@\\\n@@",
    "\t@@",
    "@@ – “@@” … ½ é 中 @@",
    "@@\u200b@@ \u202e@@",
    "Term @@\n:   @@",
    "#@@ \n$@@",
    "@@ " + ">" * 300 + " @@",
    "[" * 300 + "@@",
]  # fmt: skip
CELLS = st.sampled_from(["@@", "@@", "", "1.5", "@@ @@", "<b>@@</b><br>@@", "<i>@@</i>, @@"])
SPANS = st.sampled_from([0] * 12 + [1, 2, 8, 59])  # rows or columns that a cell reaches over
HOW_OFTEN = st.sampled_from([1] * 200 + [0, 2])
MARKS = "`*_[](){}<>#|$~^:\"'\\!&@-=+.0 \n\tZé"


@st.composite
def chapters(draw) -> str:
    """A chapter made of pieces with words of its own, and sometimes of marks alone."""
    pieces = st.one_of(st.sampled_from(PIECES), st.text(MARKS, max_size=12))
    text = "\n\n".join(draw(st.lists(pieces, min_size=1, max_size=4)))
    filled = re.sub("@@", lambda _: draw(WORDS), text)
    return f"# One {{#sec-one}}\n\n{filled}\n"


def refused(root: Path) -> list[str] | None:
    """Return the problems of a book, each in one line with its place; None if it is sound."""
    try:
        check_book(root)
        return None
    except InputError as error:
        lines = [str(problem) for problem in error.problems]
        assert lines and all("\n" not in line and len(line) < 1000 for line in lines), lines
        assert all(problem.file and problem.message for problem in error.problems)
        return lines


def require_one_line_or_the_same_text(root: Path) -> None:
    """Check and render a book; a refusal has a place, and what is rendered is the same in both."""
    before = snapshot(root)
    problems = refused(root)
    assert snapshot(root) == before
    if problems:
        return
    run = qmdbook("render", cwd=root)
    if run.returncode:  # what only its execution can tell
        told = run.stderr.splitlines()
        assert "Traceback" not in run.stderr and "lua" not in run.stderr.lower(), run.stderr
        assert re.match(r"qmdbook render: (index|references)\.\w+", told[-1]), run.stderr
        return
    main = read_page(root / "_book" / "index.html").main
    active = main.select("script, iframe, [onclick], [style], [href^='javascript' i]")
    assert not active, active
    pdf = "".join(map(text_within, PdfReader(root / "_book" / "tiny.pdf").pages))
    in_page, in_pdf = (set(WORD.findall(re.sub(r"[\s-]", "", t))) for t in (main.get_text(), pdf))
    assert in_page == in_pdf, in_page ^ in_pdf


@contextmanager
def book(chapter: str, configuration: str | None = None) -> Iterator[Path]:
    """Write a tiny book into a new folder, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        root = Path(folder)
        tiny_book(root)
        (root / "index.qmd").write_text(chapter, encoding="utf-8")
        if configuration is not None:
            (root / "_quarto.yml").write_text(configuration, encoding="utf-8")
        yield root


@settings(max_examples=settings.default.max_examples // 4)
@given(chapters())
def test_a_chapter_is_refused_in_one_line_or_is_the_same_in_both_formats(chapter):
    with book(chapter) as root:
        require_one_line_or_the_same_text(root)


@st.composite
def tables(draw) -> str:
    """A chapter with a cell that outputs a table, whose cells may reach over others.

    In some of the tables a cell is left out or stands twice.
    """
    columns = draw(st.integers(1, 6))

    def section(count: int, tag: str) -> str:
        taken, rows = set(), []
        for i in range(count):
            cells = []
            for j in range(columns):
                if (i, j) not in taken:
                    free = next((k for k in range(j, columns) if (i, k) in taken), columns) - j
                    wide, tall = draw(SPANS) % free + 1, draw(SPANS) % (count - i) + 1
                    taken |= {(i + m, j + k) for m in range(tall) for k in range(wide)}
                    text = re.sub("@@", lambda _: draw(WORDS), draw(CELLS))
                    span = f'<{tag} rowspan="{tall}" colspan="{wide}">'
                    cells += [f"{span}{text}</{tag}>"] * draw(HOW_OFTEN)
            rows.append(f"<tr>{''.join(cells)}</tr>")
        return "".join(rows)

    head = section(draw(st.integers(0, 3)), "th")
    body = section(draw(st.sampled_from([0, 1, 3, 9, 60])), "td")
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    return "# One {#sec-one}\n\n" + cell_of_html(table, "echo: false")


@settings(max_examples=settings.default.max_examples // 4)
@given(tables())
def test_a_table_is_refused_in_one_line_or_is_the_same_in_both_formats(chapter):
    with book(chapter) as root:
        require_one_line_or_the_same_text(root)


ODD = st.sampled_from(
    [None, True, 0, -1, 1e308, "", " ", "x", "..", "../x", "/etc/passwd", "a\nb", "a" * 5000, "é",
     "2020-02-30", "javascript:alert(1)", "{}", [], {}, [[]], ["x"], {"x": "x"}, [None], "index.qmd",
     ["index.qmd", "index.qmd"], "index.qmd#x", "references.bib", "en", "html"]
)  # fmt: skip
KEYS = [
    "project", "project.type", "project.output-dir", "book", "book.title", "book.subtitle",
    "book.author", "book.date", "book.output-file", "book.chapters", "book.downloads",
    "book.repo-url", "book.site-url", "bibliography", "csl", "lang", "format", "format.html",
    "format.html.lightbox", "format.pdf", "execute", "execute.echo", "qmdbook", "qmdbook.glossary",
    "qmdbook.font", "qmdbook.front-matter", "qmdbook.data-package", "qmdbook.head-sections",
    "qmdbook.before-forks", "qmdbook.run-always", "book.none", "none",
]  # fmt: skip


@settings(max_examples=settings.default.max_examples // 2)
@given(st.dictionaries(st.sampled_from(KEYS), ODD, min_size=1, max_size=2))
def test_a_configuration_is_refused_in_one_line_or_renders(changes):
    configuration = yaml.safe_load(TINY)
    for key, value in changes.items():
        *parents, last = key.split(".")
        place = configuration
        for parent in parents:
            place[parent] = place.get(parent) if isinstance(place.get(parent), dict) else {}
            place = place[parent]
        place[last] = value
    with book("# One {#sec-one}\n\nZabcd\n", yaml.safe_dump(configuration)) as root:
        refused(root)
