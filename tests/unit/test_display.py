"""What a cell displays: Markdown for the engines, and HTML that Jupyter can show."""

import pytest
from bs4 import BeautifulSoup
from IPython.core.formatters import DisplayFormatter

from nenreview.chapter import notes, rebuilt_table
from qmdbook.display import Shown, to_html

TABLE = """| Name | Count |
|:---|---:|
| **a** | [5~3]{from="x-1"}^‡^ |
| <span id="c-x"></span>b | [**7**]{from="x-2"}^[a](audit.qmd#f-x)^ |

```{=html}
<details class="provenance"><summary>More</summary><p>Here.</p></details>
```
"""


def forms(shown) -> dict:
    return DisplayFormatter().format(shown)[0]


def test_jupyter_is_shown_cells_marks_and_the_list_below():
    page = BeautifulSoup(to_html(TABLE), "html.parser")
    assert [cell.text for cell in page.select("td")] == ["a", "5~3‡", "b", "7a"]
    assert [mark.text for mark in page.select("td sup")] == ["‡", "a"]
    assert page.select_one("td sup a")["href"] == "audit.qmd#f-x"
    assert page.select_one("details summary").text == "More"


def test_nothing_of_pandoc_is_left_in_what_jupyter_is_shown():
    for shown in (rebuilt_table("jia2022", "Table 2"), notes("jia2022", "Table 2")):
        text = BeautifulSoup(forms(shown)["text/html"], "html.parser").get_text()
        assert not any(mark in text for mark in ("{", "}", "^", "**", "```", "from="))


def test_the_engines_are_given_the_markdown_as_it_is():
    assert forms(Shown(TABLE))["text/markdown"] == TABLE


def test_quarto_is_given_no_html(monkeypatch):
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", "chapters")
    assert "text/html" not in forms(Shown(TABLE))


@pytest.mark.parametrize("text", ["5 \\* 6\\_7", "a \\~ b", "x\\'s"])
def test_what_is_escaped_is_shown_as_it_is(text):
    assert BeautifulSoup(to_html(text), "html.parser").text.strip() == text.replace("\\", "")
