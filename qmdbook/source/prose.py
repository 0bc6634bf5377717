"""Check the text of chapters for syntax that the engine does not read as Quarto does.

docs/engine.md lists what is supported, and why the rest is not.
"""

from __future__ import annotations

import re

_DIV = re.compile(r":{3,} *(\{[^{}]*\}|[\w-]+)? *:*")
_HEADING_ATTRIBUTES = re.compile(r"\{(#sec-[\w-]+|\.unnumbered|#sec-[\w-]+ \.unnumbered)\}")
_AT_END = re.compile(r"(?<=\s)\{[^{}]*\}$")
# The attributes of an image, a link or a span. In brackets there can be one pair of brackets more.
_ATTRIBUTES = re.compile(
    r"(?P<image>!?)\[(?:[^\[\]]|\[[^\[\]]*\])*\](?P<target>\([^()]*\))?(?P<attributes>\{[^{}]*\})"
)
# One of them: #id, .class or key=value.
_ONE = re.compile(
    r"""([\w-]+)=("[^"]*"|'[^']*'|[^\s"'{}]+)|\#([^\s"'{}#=]+)|\.([^\s"'{}.=]+)|([^\s{}]+)"""
)
_CALLOUT = re.compile(r"callout-(?:note|tip|important|warning|caution)")
_FLOAT = re.compile(r"(?:tbl|fig)-[\w-]+")
_PERCENT = re.compile(r"(?:100|[1-9]?\d)%")
_YES_NO = re.compile("true|false")
_ANY = re.compile(".*")
# Keys of attributes, and the values that each may have.
_KEYS = {
    "callout": {"title": _ANY, "collapse": _YES_NO, "icon": _YES_NO, "appearance": _ANY},
    "float": {"tbl-colwidths": _ANY},
    "image": {"fig-alt": _ANY, "width": _PERCENT, "fig-align": re.compile("center|default")},
    "block": {"lang": _ANY},
    "span": {"lang": _ANY},
    "link": {},
}
_SAID = {_PERCENT: " (in %)", _YES_NO: " (true or false)"}
# Classes by which Quarto moves, hides or counts something; it takes some others as plain names.
_MACHINERY = re.compile(
    r"(?:callout|panel|column|aside|margin|content|layout|quarto|cell|page|unnumbered|unlisted"
    r"|hidden|incremental|fragment|landscape)(?:-|$)|theorem|proof"
)
# Beginnings of labels that Quarto numbers.
_COUNTED = re.compile(
    r"(?:sec|tbl|fig|eq|lst|thm|lem|cor|prp|cnj|def|exm|exr|sol|rem|alg|nte|tip|wrn|imp|cau|dia|vid)-"
)
_SYNTAX = (
    (re.compile(r"\{=(?!html\})\w+\}"), "raw output is supported for HTML alone; use Markdown"),
    (re.compile(r"^\s*\\(begin|end)\{"), "raw LaTeX is not supported; use Markdown"),
    (
        re.compile(r"^(: |Table: )"),
        "a table caption by hand is not supported; use the cell option tbl-cap",
    ),
    (
        re.compile(r"^(\+[-=]|\s*-{3,} +-{3,})"),
        "a grid or multiline table is not supported; use a pipe table",
    ),
    (
        re.compile(r"^\s*\{\.|^\s*\\newpage"),
        "an attribute or command on its own line is not supported; remove it",
    ),
)
# More than these, and Pandoc or a pattern of this module takes minutes: its time doubles with each
# bracket that is open.
MOST_BRACKETS, MOST_QUOTES, MOST_BLOCKS, DEEPEST_INDENT, LONGEST_LINE = 6, 20, 20, 100, 20_000
_BRACKETS = re.compile(r"\\.|[\[\]]")
_NEW_BLOCK = re.compile(r"\s*([|>]|[-*+] |\(?\w{1,4}[.)] |$)")
_OTHER_CODE = re.compile(r"`\{(?!python\}[ \t])\w*\}[^`]*`")


class Nesting:
    """A watch on how deep the text of a chapter is nested, line by line."""

    def __init__(self) -> None:
        self._brackets = 0  # open in the paragraph
        self._told = False  # of a line that the next one is like

    def problem(self, prose: str) -> str:
        """Return why the next line, without its code and mathematics, is too deep; else "".

        Of lines in a row that are too deep, the first has the message.
        """
        deep = self._problem(prose)
        first, self._told = deep and not self._told, bool(deep)
        return deep if first else ""

    def _problem(self, prose: str) -> str:
        if len(prose) > LONGEST_LINE:
            return f"the line has {len(prose)} signs; expected {LONGEST_LINE} or fewer"
        start = prose[: len(prose) - len(prose.lstrip(" \t>"))]
        if (quotes := start.count(">")) > MOST_QUOTES:
            return f"{quotes} quotes within each other; expected {MOST_QUOTES} or fewer"
        if len(start.expandtabs(4)) > DEEPEST_INDENT:
            return f"the line is indented by {len(start)}; expected {DEEPEST_INDENT} or fewer"
        if _NEW_BLOCK.match(prose):
            self._brackets = 0
        most = self._brackets
        for sign in _BRACKETS.findall(prose):
            self._brackets = max(self._brackets + {"[": 1, "]": -1}.get(sign, 0), 0)
            most = max(most, self._brackets)
        if most > MOST_BRACKETS:
            return f"{most} brackets within each other; expected {MOST_BRACKETS} or fewer"
        return ""


def problems_of_line(line: str, prose: str) -> list[str]:
    """Return what is wrong with a line outside code and mathematics.

    `prose` is the line without its inline code.
    """
    found = []
    stripped = prose.strip()
    if stripped.startswith(":::"):
        found += _of_div(stripped)
    elif line.startswith("#") and (attributes := _AT_END.search(stripped)):
        if not _HEADING_ATTRIBUTES.fullmatch(attributes[0]):
            expected = "expected {#sec-slug} or {.unnumbered}"
            found.append(f"the attributes {attributes[0]} are not supported; {expected}")
    else:
        found += [one for match in _ATTRIBUTES.finditer(prose) for one in _of_inline(match)]
    found += [message for pattern, message in _SYNTAX if pattern.search(prose)]
    if _OTHER_CODE.search(line):
        found.append("the inline code is not supported; expected `{python} expression`")
    return found


def _of_div(line: str) -> list[str]:
    """Return what is wrong with the line that opens a block."""
    if not line.strip(":"):
        return []
    match = _DIV.fullmatch(line)
    if not match or not match[1]:
        return [f"a block {line!r} is not supported; expected ::: and attributes, as {{.name}}"]
    attributes = match[1] if match[1].startswith("{") else f"{{.{match[1]}}}"
    ids, classes, _ = _parsed(attributes)
    if any(_CALLOUT.fullmatch(name) for name in classes):
        kind, ids_allowed, known = "callout", None, _CALLOUT
    elif any(_FLOAT.fullmatch(name) for name in ids):
        kind, ids_allowed, known = "float", _FLOAT, None
    else:
        kind, ids_allowed, known = "block", None, re.compile("panel-tabset")
    return _refused(attributes, kind, ids_allowed, known, f"a block {line!r}")


def _of_inline(match: re.Match) -> list[str]:
    """Return what is wrong with the attributes of an image, a link or a span."""
    attributes = match["attributes"]
    if match["image"]:
        return _refused(attributes, "image", re.compile(r"fig-[\w-]+"), None, "an image")
    kind = "link" if match["target"] else "span"
    return _refused(attributes, kind, None, None, f"a {kind}")


def _refused(
    attributes: str, kind: str, label: re.Pattern | None, known: re.Pattern | None, what: str
) -> list[str]:
    """Return what is wrong with attributes.

    `label` matches an id that is counted, `known` a class with a meaning; None if there is none.
    """
    keys = _KEYS[kind]
    names = "".join(f", {key}{_SAID.get(form, '')}" for key, form in keys.items())
    expected = f"expected #id, .class{names}"
    ids, classes, pairs = _parsed(attributes)
    counted = [i for i in ids if _COUNTED.match(i) and not (label and label.fullmatch(i))]
    refused = [f".{c}" for c in classes if _MACHINERY.match(c) and not (known and known.match(c))]
    for key, value in pairs:
        if key not in keys:
            refused.append(f"{key}={value}" if value else key)
        elif not keys[key].fullmatch(value):
            refused.append(f"{key}={value}")
    return [
        *(
            f"{what} is not supported; Quarto numbers what has a label such as #{one}, so use "
            "another label"
            for one in counted
        ),
        *(f"{what} with {one} is not supported; {expected}" for one in refused),
    ]


def _parsed(attributes: str) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Return ids, classes and pairs of key and value; other text is a key without a value."""
    ids: list[str] = []
    classes: list[str] = []
    pairs: list[tuple[str, str]] = []
    for key, value, name, group, other in _ONE.findall(attributes):
        if key:
            pairs.append((key, value.strip("\"'")))
        elif name or group:
            (ids if name else classes).append(name or group)
        else:
            pairs.append((other, ""))
    return ids, classes, pairs
