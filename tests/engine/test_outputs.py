"""What the cells of an analyst output stands on the page and in the PDF."""

from pathlib import Path

import nbformat
import pytest
from helpers_book import EPOCH, cell_of_html, qmdbook, render, snapshot, tiny_book
from helpers_page import read_page, text_of
from pypdf import PdfReader

from qmdbook.errors import InputError
from qmdbook.publish.check import check_book
from qmdbook.write.outputs import OutputError, fenced, form_of

DATED = {"SOURCE_DATE_EPOCH": EPOCH}
CHAPTER = """# Outputs {#sec-outputs}

```{python}
import sys, warnings
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML, Latex, Markdown, display
frame = pd.DataFrame({"trial": ["A & B", "*C*"], "patients": [1, 300], "rate": [0.5, None]})
frame
```

```{python}
print("printed ``` here\\n```")
frame["patients"]
```

```{python}
#| label: tbl-frame
#| tbl-cap: "A frame with a caption."
warnings.warn("mind the gap")
frame.set_index("trial")
```

```{python}
#| label: tbl-long
#| tbl-cap: "A frame of which pandas shows a part."
pd.DataFrame({"number": range(70)})
```

```{python}
plt.plot([1, 2])
plt.show()
```

```{python}
#| label: fig-plot
#| fig-cap: "A plot with a caption."
#| fig-alt: "A \\"falling\\" line."
plt.figure(figsize=(3, 2))
plt.plot([2, 1])
```

```{python}
figure, axes = plt.subplots(figsize=(3, 2))
plt.close(figure)
figure
```

```{python}
display(frame.head(1))
display(Markdown("*emphasis*"), HTML("<h2>No section</h2><p>A <b>bold</b> <span style='color:red'>word</span></p>"))
print("one", file=sys.stderr)
print("two")
[1, 2]
```

```{python}
frame.style.format(precision=2).highlight_max(subset=["patients"])
```

```{python}
frame.groupby("trial").agg({"patients": ["min", "max"]})
```

```{python}
Latex(r"$\\alpha + 1$")
```

```{python}
print("\\x1b[31mred\\x1b[0m")
```

See @tbl-frame and @fig-plot.
"""


def book_of_outputs(root: Path) -> Path:
    tiny_book(root)
    (root / "index.qmd").write_text(CHAPTER, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> Path:
    """A book with a chapter of outputs, rendered."""
    return render(book_of_outputs(tmp_path_factory.mktemp("outputs")), env=DATED)


@pytest.fixture(scope="module")
def page(outputs):
    return read_page(outputs / "_book" / "index.html").main


@pytest.fixture(scope="module")
def pdf(outputs) -> str:
    pages = PdfReader(outputs / "_book" / "tiny.pdf").pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def rows(table) -> list[list[str]]:
    return [[text_of(cell) for cell in row.select("td, th")] for row in table.select("tr")]


pytestmark = pytest.mark.slow


def test_a_data_frame_is_a_table_with_its_numbers_to_the_right(page, pdf):
    table = page.select("table")[0]
    assert rows(table) == [
        ["", "trial", "patients", "rate"],
        ["0", "A & B", "1", "0.5"],
        ["1", "*C*", "300", "NaN"],
    ]
    last = table.select("tbody tr")[1].select("td, th")
    assert ["right" in one.get("class", ()) for one in last] == [True, False, True, True]
    assert "trial patients rate 0 A & B 1 0.5 1 *C* 300 NaN" in pdf


def test_a_labelled_frame_is_a_table_with_caption_and_what_the_cell_writes_stands_outside(page):
    table = page.select_one("#tbl-frame")
    assert text_of(table.figcaption) == "Table 1.1: A frame with a caption."
    assert rows(table)[2:] == [["A & B", "1", "0.5"], ["*C*", "300", "NaN"]]
    assert text_of(table.find_previous("pre")) == "UserWarning: mind the gap"


def test_a_labelled_frame_that_is_cut_says_its_size_below(page, pdf):
    table = page.select_one("#tbl-long")
    assert text_of(table.figcaption) == "Table 1.2: A frame of which pandas shows a part."
    assert text_of(table.find_next("p")) == "70 rows × 1 columns"
    assert "70 rows × 1 columns" in pdf


def test_a_fault_of_a_labelled_block_is_reported_at_its_cell(tmp_path):
    tiny_book(tmp_path)
    text = '# One {#sec-one}\n\nSee @tbl-text.\n\n```{python}\n#| label: tbl-text\n#| tbl-cap: "No table."\nfrom IPython.display import Markdown\nMarkdown("- a list")\n```\n'
    (tmp_path / "index.qmd").write_text(text, encoding="utf-8")
    run = qmdbook("render", "--to", "html", cwd=tmp_path)
    assert "index.qmd, line 5: the block is not one table" in run.stderr


def test_a_table_of_which_a_cell_would_be_lost_is_refused(tmp_path):
    tiny_book(tmp_path)
    table = (
        '<table><tr><td rowspan="2">a</td><td>b</td></tr><tr><td>c</td><td>lost</td></tr></table>'
    )
    text = "# One {#sec-one}\n\n" + cell_of_html(table)
    (tmp_path / "index.qmd").write_text(text, encoding="utf-8")
    told = qmdbook("render", cwd=tmp_path).stderr
    assert "index.qmd: the rows of the table “a b c lost” differ in their number of" in told


def test_pictures_stand_on_the_page_with_their_alternative_text(page, outputs, pdf):
    images = page.select("img")
    assert [image["alt"] for image in images] == [
        "Picture without a description",
        'A "falling" line.',
        "Picture without a description",
    ]
    files = [outputs / "_book" / image["src"] for image in images]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
    figure = page.select_one("#fig-plot")
    assert text_of(figure.figcaption) == "Figure 1.1: A plot with a caption."
    assert [a["href"] for a in figure.find_next(class_="downloads").select("a")] == [
        "figures/fig-plot.png"
    ]
    assert "Figure 1.1: A plot with a caption." in pdf
    held = [
        image.name
        for one in PdfReader(outputs / "_book" / "tiny.pdf").pages
        for image in one.images
    ]
    assert len(held) == 3


def test_printed_text_values_and_warnings_are_blocks_of_text(page, pdf):
    shown = [text_of(pre) for pre in page.select("pre")]
    assert "printed ``` here ```" in shown
    assert any(one.startswith("0 1 1 300 Name: patients") for one in shown)
    assert shown.index("two") + 1 == shown.index("one")  # standard error comes after
    assert {"[1, 2]", "red"} <= set(shown)
    assert "two" in pdf and "red" in pdf
    assert not any("matplotlib" in one and "<" in one for one in shown)


def test_html_becomes_text_without_its_dress(page):
    assert page.select_one("p b, p strong") is not None
    assert "A bold word" in text_of(page)
    assert not page.select("h2")
    assert not page.select("main [style], style")


def test_a_styled_table_and_one_with_cells_that_span_are_tables(page, pdf):
    styled, grouped = page.select("table")[-2:]
    assert rows(styled)[1] == ["0", "A & B", "1", "0.50"]
    assert rows(grouped)[0][1:] == ["patients"]
    assert rows(grouped)[-1] == ["A & B", "1", "1"]
    assert "min max" in pdf


def test_a_formula_is_one_on_the_page(page):
    assert page.select_one("math") is not None


def test_the_downloaded_text_has_the_tables_as_html(outputs):
    text = (outputs / "_book" / "downloads" / "index.md").read_text(encoding="utf-8")
    assert "cell-html" not in text and "<td>A &amp; B</td>" in text


def test_a_kernel_and_a_second_render_give_the_same(outputs, tmp_path):
    other = render(book_of_outputs(tmp_path), "--kernel", env=DATED)
    one, again = (snapshot(root / "_book") for root in (outputs, other))
    assert {name for name in one | again if one.get(name) != again.get(name)} == set()


FORMS = {
    "a frame": ({"text/plain": "x", "text/html": "<table></table>"}, "text/html"),
    "a chart that is also a picture": (
        {"text/html": "<script>1</script>", "image/png": "", "application/vnd.plotly.v1+json": {}},
        "image/png",
    ),
    "Markdown before all": ({"text/markdown": "x", "text/html": "x"}, "text/markdown"),
    "a formula before its picture": ({"text/latex": "$x$", "image/png": ""}, "text/latex"),
    "LaTeX that is no formula": ({"text/latex": r"\textbf{x}", "text/plain": "x"}, "text/plain"),
}


@pytest.mark.parametrize(("data", "form"), FORMS.values(), ids=FORMS)
def test_of_several_forms_one_is_taken_that_a_pdf_can_hold(data, form):
    assert form_of(data) == form


REFUSED = {
    "a widget": ({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "IntSlider()"}, "type application/vnd.jupyter.widget-view+json, which only a browser can show"),
    "a script": ({"application/javascript": "1", "text/plain": "x"}, "type application/javascript, which only a browser"),
    "a frame of another page": ({"text/html": "<p><IFRAME src='x'></iframe>", "text/plain": "x"}, "HTML with the element <iframe>, which a PDF cannot hold"),
    "a sound": ({"audio/wav": ""}, "type audio/wav, which the engine cannot show"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_only_a_browser_can_show_is_refused_by_name(data, reason):
    with pytest.raises(OutputError) as caught:
        form_of(data)
    assert reason in str(caught.value)


IN_CODE = {
    "import ipywidgets as w": (4, "ipywidgets"),
    "x = 1\nfrom ipywidgets.widgets import IntSlider": (5, "ipywidgets.widgets"),
    "from IPython.display import Markdown, IFrame": (4, "IPython.display.IFrame"),
    "%matplotlib widget\n1": (4, "%matplotlib widget"),
    "%%javascript\nalert(1)": (4, "%%javascript"),
}


@pytest.mark.parametrize("code", IN_CODE)
def test_check_refuses_what_a_cell_imports_only_for_a_browser(tmp_path, code):
    tiny_book(tmp_path, code)
    line, name = IN_CODE[code]
    with pytest.raises(InputError) as caught:
        check_book(tmp_path)
    assert [str(problem) for problem in caught.value.problems] == [
        f"index.qmd, line {line}: the cell uses {name}, which only a browser can show; expected a "
        "table, a picture (SVG or PNG) or text"
    ]


def test_check_allows_what_every_chapter_may_import(tmp_path):
    tiny_book(tmp_path, "from IPython.display import HTML, SVG, Image\n%matplotlib inline")
    assert check_book(tmp_path).chapters == 1


def test_a_fence_is_longer_than_those_in_its_text():
    assert fenced("a\n````\nb") == "`````\na\n````\nb\n`````"


def test_the_downloaded_notebook_is_one_that_jupyter_opens(outputs):
    path = outputs / "_book" / "downloads" / "index.ipynb"
    nbformat.validate(nbformat.read(path, as_version=4))
