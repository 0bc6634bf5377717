"""What a page may hold, as Pandoc reads the text: no scripts, no handlers, nothing that hangs."""

import time

import pytest
from helpers_book import edit, replace, write

from qmdbook.errors import InputError
from qmdbook.publish.check import check_book
from qmdbook.source.html import PageJudge

CONFIG, FIRST = "_quarto.yml", "chapters/first.qmd"
ADDRESS = "is not supported; expected https://, http://, mailto: or a path"
REMOVE = "is not supported; remove it"
MARKDOWN = "is not supported; use Markdown, or put it in backticks"
HANDLER = f"the attribute onclick {REMOVE}"
SCRIPT = f"the HTML element <script> {MARKDOWN}"
TEN = f"{FIRST}, line 10: "
# Each is put before the chapter's sentence in line 10, and ends in this line.
ACTIVE = {
    "link": ("[x](javascript:f())", f"{TEN}the address 'javascript:f()' {ADDRESS}"),
    "link in capitals": ("[x](JaVaScript:f())", f"{TEN}the address 'JaVaScript:f()' {ADDRESS}"),
    "link with an entity": ("[x](java&#115;cript:f())", f"{FIRST}: the address 'javascript:f()' {ADDRESS}"),
    "link with a tab": ("[x](java&Tab;script:f())", f"{FIRST}: the address 'java%20script:f()' {ADDRESS}"),
    "link to data": ("[x](data:text/html,<b>)", f"{TEN}the address 'data:text/html,%3Cb%3E' {ADDRESS}"),
    "link to a file": ("[x](file:///etc/hosts)", f"{TEN}the address 'file:///etc/hosts' {ADDRESS}"),
    "link to another host": ("[x](//example.org)", f"{TEN}the address '//example.org' {ADDRESS}"),
    "link by reference": ("[x][r]\n\n[r]: javascript:f()", f"{FIRST}, line 12: the address 'javascript:f()' {ADDRESS}"),
    "link between angle brackets": ("<javascript:f()>", f"{TEN}the address 'javascript:f()' {ADDRESS}"),
    "link over two lines": ("[x\ny](javascript:f())", f"{FIRST}, line 11: the address 'javascript:f()' {ADDRESS}"),
    "handler of code": ('`code`{onclick="f()"}', TEN + HANDLER),
    "handler of a block of code": ('```{.r onclick="f()"}\ncode\n```', TEN + HANDLER),
    "handler of a link over two lines": ('[x](https://a.org\n"t"){onclick="f()"}', f"{FIRST}, line 11: {HANDLER}"),
    "handler of a reference": ('[x][r]\n\n[r]: https://a.org {onclick="f()"}', f"{FIRST}, line 12: {HANDLER}"),
    "handler of an address": ('<https://a.org>{onclick="f()"}', TEN + HANDLER),
    "handler of a span over two lines": ('[x]{.a\nonclick="f()"}', f"{FIRST}, line 11: {HANDLER}"),
    "handler of a heading": ("Title {#sec-title onclick=f()}\n-----", TEN + HANDLER),
    "handler of a div in HTML": ('<div\nonclick="f()">x</div>', f"{FIRST}, line 11: {HANDLER}"),
    "style of code": ('`code`{style="position: fixed"}', f"{TEN}the attribute style {REMOVE}"),
    "script over two lines": ("<script\n>f()</script>", TEN + SCRIPT),
    "script in a quote": ("> <script\n> >f()</script>", TEN + SCRIPT),
    "script as raw text": ("`<script>f()</script>`{=html}", TEN + SCRIPT),
    "script as code, to Pandoc": ("`<script>f()</script>`{=\nhtml}", None),
    "picture with a handler": ("<svg onload=f()></svg>", f"{TEN}the HTML element <svg> {MARKDOWN}"),
    "script for the head of Quarto's page": ("---\nheader-includes: '<script>f()</script>'\n---", f"{FIRST}, line 11: a YAML block in the text is not supported; put its options into _quarto.yml"),
    "script in a list": ("- a\n\n  ```{=html}\n  <script>f()</script>\n  ```", f"{FIRST}, line 13: {SCRIPT}"),
    "script in the title of a callout": ('::: {.callout-note title="<script>f()</script>"}\nx\n:::', f"{TEN}the title of the callout is <script>f()</script>; expected words"),
    "handler in the title of a callout": ('::: {.callout-note title="x <b onclick=f()>y</b>"}\nx\n:::', f"{TEN}the HTML attribute onclick of <b> {MARKDOWN}"),
    "script that looks like a comment": ("```{=html}\n<!--> <script>f()</script> -->\n```", f"{FIRST}, line 11: the HTML '<!--> <script>f()</s' {MARKDOWN}"),
    "script after an odd comment": ("```{=html}\n<!-- --!> <script>f()</script> -->\n```", f"{FIRST}, line 11: the HTML '<!-- --!> <script>f(' {MARKDOWN}"),
    "script that looks like mathematics": ("$5 <script>f()</script> and 6$ x", None),
    "end of what the page opened": ("</main>", f"{TEN}the HTML element <main> {MARKDOWN}"),
    "end of nothing": ("x</b>y", f"{TEN}the HTML tag </b> closes nothing; remove it"),
    "attribute without a space": ('```{=html}\n<b/onclick="f()">x</b>\n```', f"{FIRST}, line 11: the HTML '<b/onclick=\"f()\">x</' {MARKDOWN}"),
    "Typst with a space": ("`#read`{ =typst}", f"{TEN}raw output in typst {MARKDOWN}"),
}  # fmt: skip


def faults(root):
    with pytest.raises(InputError) as caught:
        check_book(root)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("text", "line"), ACTIVE.values(), ids=ACTIVE)
def test_what_is_active_is_refused_where_pandoc_sees_it(book, text, line):
    edit(book, FIRST, "Two and *three*:", f"{text}\n\nTwo and *three*:")
    if line:
        assert faults(book)[0] == line
    else:  # it is code or mathematics, and shown
        check_book(book)


def test_an_address_in_the_bibliography_is_judged_too(book):
    edit(book, "references.bib", "year = ", "url = {javascript:f()}, year = ")
    (fault,) = faults(book)
    assert "has the address 'javascript:f()'; expected https://" in fault


PASSIVE = [
    "[x](https://a.org), [y](mailto:a@b.org), <https://a.org>, [z](#sec-inner), [w](second.qmd)",
    "a <b>b</b><br><sup>c</sup> <!-- a note --> `code`{.r}",
    "<details>\n<summary>More</summary>\n\nText\n\n</details>",
    '```{=html}\n<p class="a" data-x=\'1\' aria-label=b>x <a href="https://a.org?a=1&amp;b=2#c:d">y</a></p>\n```',
    "[x](a:b) is no link where it stands in `code [x](javascript:f())`".replace("[x](a:b)", "x"),
]


@pytest.mark.parametrize("text", PASSIVE)
def test_what_is_passive_is_allowed(book, text):
    edit(book, FIRST, "Two and *three*:", f"{text}\n\nTwo and *three*:")
    check_book(book)


@pytest.mark.parametrize(
    "text", ["<b", "<", "<b x='>", "<!-- a -- b -->", "<!--->", "<?php ?>", "<![CDATA[x]]>"]
)
def test_html_that_can_be_read_in_two_ways_is_refused(text):
    assert PageJudge().raw("html", text)


SECONDS = 20  # with room for a busy machine; each took minutes or a traceback
QUOTES, BRACKETS = (
    "quotes within each other; expected 20 or fewer",
    "brackets within each other; expected 6 or fewer",
)
YAML = "not valid YAML; check the indentation and the colons near this line (found more than 20 levels; expected fewer)"
FLOW = "[" * 20_000 + "]" * 20_000
DEEP = {
    "quotes": (replace(FIRST, "Two and", ">" * 30_000 + " Two and"), f"{TEN}the line has "),
    "some quotes": (replace(FIRST, "Two and", ">" * 200 + " Two and"), f"{TEN}200 {QUOTES}"),
    "brackets": (replace(FIRST, "Two and", "[" * 5000 + "]" * 5000 + " Two and"), f"{TEN}5000 {BRACKETS}"),
    "some brackets": (replace(FIRST, "Two and", "[" * 30 + "]" * 30 + " Two and"), f"{TEN}30 {BRACKETS}"),
    "open brackets": (replace(FIRST, "Two and", "[" * 30 + " Two and"), f"{TEN}30 {BRACKETS}"),
    "brackets over lines": (replace(FIRST, "Two and", "a [b\n" * 30 + "Two and"), f"{FIRST}, line 16: 7 {BRACKETS}"),
    "notes": (replace(FIRST, "Two and", "^[" * 1500 + "]" * 1500 + " Two and"), f"{TEN}1500 {BRACKETS}"),
    "lists": (replace(FIRST, "Two and", "".join(" " * 2 * i + "- x\n" for i in range(300)) + "\nTwo and"), f"{FIRST}, line 61: the line is indented by 102; expected 100 or fewer"),
    "blocks": (replace(FIRST, "Two and", "::: {.a}\n" * 21 + "\nx\n\n" + ":::\n" * 21 + "\nTwo and"), f"{FIRST}, line 30: 21 blocks within each other; expected 20 or fewer"),
    "caption": (replace(FIRST, "*stressed*", "[" * 30), f"{FIRST}, line 22: the cell option tbl-cap: 30 {BRACKETS}"),
    "configuration": (replace(CONFIG, "qmdbook:", f"qmdbook:\n  head-sections: {FLOW}"), f"{CONFIG}, line 29: {YAML}"),
    "configuration that holds itself": (replace(CONFIG, "qmdbook:", "x: &x [*x]\nqmdbook:"),
                                        f"{CONFIG}, line 28: not valid YAML; check the indentation and the colons near this line (found the anchor 'x'; expected the value where it is used)"),
    "variables": (write("_variables.yml", f"a: {FLOW}\n"), f"_variables.yml, line 1: {YAML}"),
    "variables that hold themselves": (write("_variables.yml", "a: &a\n  b: *a\n"), "_variables.yml, line 1: not valid YAML; "),
    "cell options": (replace(FIRST, "[70, 30]", FLOW), f"{FIRST}, line 23: cell options: {YAML}"),
    "head": (replace(FIRST, "# First {#sec-first}", f"---\ntitle: {FLOW}\n---"), f"{FIRST}, line 2: YAML head: {YAML}"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "line"), DEEP.values(), ids=DEEP)
def test_deep_nesting_has_an_answer_in_seconds(book, change, line):
    change(book)
    began = time.monotonic()
    assert faults(book)[0].startswith(line)
    assert time.monotonic() - began < SECONDS


def test_what_people_nest_is_allowed(book):
    text = (
        "> > a quote [with [a [few]] brackets] and an interval [0, 5)\n\n| a |\n|---|\n"
        + "| [0, 5) |\n" * 9
    )
    edit(book, FIRST, "Two and *three*:", f"{text}\nTwo and *three*:")
    check_book(book)
