"""Show the documentation of a function, from its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import griffe

from qmdbook.display import Shown

_WIDEST = 80  # letters of a call on one line
# The sections of a docstring that are shown as a list, and the first word of each item.
_ITEMS = {"parameters": "", "returns": "returns ", "raises": "raises "}


def reference(function: Callable[..., Any]) -> Shown:
    """Return the call, the description, the parameters, the result and the errors of a function.

    The docstring is in the style of numpydoc. Its examples are left out.

    Raises
    ------
    LookupError
        If the function has no docstring.
    """
    text = inspect.getdoc(function)
    if not text:
        raise LookupError(f"{function.__name__} has no docstring; expected one")
    parts = griffe.Docstring(text, parser="numpy").parse(warnings=False)
    texts = [part.value for part in parts if part.kind is griffe.DocstringSectionKind.text]
    items = [item for part in parts if part.kind.value in _ITEMS for item in _items(part)]
    return Shown("\n\n".join((_call(function), *texts, "\n".join(items))))


def _call(function: Callable[..., Any]) -> str:
    parameters = inspect.signature(function).parameters.values()
    bare = [one.replace(annotation=one.empty) for one in parameters]
    call = f"nr.{function.__name__}{inspect.Signature(bare)}"
    if len(call) > _WIDEST:
        lines = "".join(f"    {line},\n" for line in _lines(bare))
        call = f"nr.{function.__name__}(\n{lines})"
    return f"```python\n{call}\n```"


def _lines(parameters: list[inspect.Parameter]) -> Iterator[str]:
    """Yield each parameter, and before the first that is only taken by its name a star."""
    named = False
    for one in parameters:
        if one.kind is one.KEYWORD_ONLY and not named:
            named = True
            yield "*"
        yield str(one)


def _items(part: Any) -> Iterator[str]:
    """Yield a list item for each parameter, result or error of a section."""
    for one in part.value:
        name, kind = getattr(one, "name", ""), one.annotation or ""
        named = f"`{name}` ({kind})" if name and kind else f"`{name or kind}`"
        yield f"- {_ITEMS[part.kind.value]}{named}: {' '.join(one.description.split())}"
