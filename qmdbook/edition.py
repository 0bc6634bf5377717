"""Read the edition of a book: its date and its front matter, such as version and licence."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from qmdbook.config import BookConfig
from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.files import CONFIG_NAME
from qmdbook.git import last_commit

EPOCH = "SOURCE_DATE_EPOCH"
_NAME = re.compile(r"[A-Za-z_]\w*")
ENGINE = "QMDBOOK_ENGINE"  # environment variable that names the engine to a chapter's cells


@dataclass(frozen=True)
class Edition:
    """Date and front matter of a book. Every attribute except the date may be empty.

    Attributes
    ----------
    made : datetime
        Date and time of the book's content, in UTC (see the function `made`).
    version, description, licence : str
        For example ``1.2.0``; one sentence; one line.
    keywords : tuple of str
        Words by which search finds the book.
    kind : str
        Kind of document, for example ``report``.
    citation, notice : str
        How to cite the book, and a note to its readers; both are on the cover of the PDF.
    checksum : str
        SHA-256 of the data behind the book.
    """

    made: datetime
    version: str = ""
    description: str = ""
    licence: str = ""
    keywords: tuple[str, ...] = ()
    kind: str = "book"
    citation: str = ""
    notice: str = ""
    checksum: str = ""

    @property
    def date(self) -> str:
        """Date in figures, for example ``2026-11-03``."""
        return self.made.date().isoformat()

    @property
    def date_in_words(self) -> str:
        """Date in words, for example ``3 November 2026``."""
        return date_in_words(self.made)

    def in_words(self) -> str:
        """Return version, date and checksum of the data in one line of Markdown."""
        version = f"Version {self.version}, " if self.version else ""
        data = f" SHA-256 of the data: `{self.checksum}`." if self.checksum else ""
        return f"{version}{self.date_in_words}.{data}"


@cache
def read_edition(config: BookConfig) -> Edition:
    """Return the date and the front matter of a book.

    The front matter comes from the function named in ``qmdbook.front-matter``. It is called with
    the root of the book, and returns a mapping from attributes of `Edition` (without `made`) to
    values.

    Raises
    ------
    InputError
        If the function does not exist, raises an exception, or returns anything else.
    """
    said = _front_matter(config) if config.front_matter else {}
    known = {field.name for field in fields(Edition)} - {"made"}
    for key in said:
        if key not in known:
            message = unknown_name(key, sorted(known), "a key of front matter")
            raise InputError(Problem(config.front_matter, message))
    said = {key: value for key, value in said.items() if value is not None}
    said["keywords"] = tuple(said.get("keywords", ()))
    given = datetime.fromisoformat(config.date).replace(tzinfo=UTC) if config.date else None
    return Edition(given or made(config.root), **said)


def require_functions(config: BookConfig) -> None:
    """Look for the functions that ``_quarto.yml`` names, without importing their modules.

    To import the modules of a chapter can take longer than all other checks.

    Raises
    ------
    InputError
        If a module does not exist, or nothing in it has the name of the function.
    """
    named = {"front-matter": config.front_matter, "before-forks": config.before_forks}
    for option, function in named.items():
        if not function:
            continue
        module, _, name = function.rpartition(".")
        _find_own_modules(config)
        try:
            found = importlib.util.find_spec(module)
        except ImportError:
            found = None
        if found is None:
            raise _no_function(option, f"No module named {module!r}")
        if found.origin and found.origin.endswith(".py"):
            source = Path(found.origin).read_text(encoding="utf-8")
            if name not in _NAME.findall(source):
                raise _no_function(option, f"module {module!r} has no attribute {name!r}")


def _find_own_modules(config: BookConfig) -> None:
    """Let the book's own modules be imported, as its chapters have them."""
    if str(config.root) not in sys.path:
        sys.path.insert(0, str(config.root))


def _no_function(option: str, reason: object) -> InputError:
    message = f"qmdbook.{option}: {reason}; expected the name of a function, module.function"
    return InputError(Problem(CONFIG_NAME, message))


def _front_matter(config: BookConfig) -> dict:
    module, _, name = config.front_matter.rpartition(".")
    _find_own_modules(config)
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise _no_function("front-matter", error) from None
    try:
        return dict(function(config.root))
    except InputError:
        raise
    except Exception as error:
        message = (
            f"the function raised {type(error).__name__}: {error}; expected it to return a mapping"
        )
        raise InputError(Problem(config.front_matter, message)) from error


def date_in_words(day: date) -> str:
    """Return a date in words, for example ``3 November 2026``."""
    return f"{day.day} {day:%B} {day.year}"


@cache
def made(root: Path) -> datetime:
    """Return the date and time of a folder's content, in UTC.

    The first of these that exists:

    - the environment variable ``SOURCE_DATE_EPOCH`` (seconds since 1970);
    - the date of the last commit, so that every machine gives the same date;
    - the current time.

    Raises
    ------
    InputError
        If ``SOURCE_DATE_EPOCH`` is not a number of seconds.
    """
    epoch = os.environ.get(EPOCH)
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), UTC)
        except (ValueError, OverflowError, OSError):
            message = f"{epoch!r} is not a time; expected seconds since 1970, such as 1793664000"
            raise InputError(Problem(EPOCH, message)) from None
    committed = last_commit(root, "%ct")
    if committed:
        return datetime.fromtimestamp(int(committed), UTC)
    return datetime.now(UTC).replace(microsecond=0)
