"""Check the registry numbers of trials, such as NCT01234567."""

from __future__ import annotations

import re

from qmdbook.errors import InputError, Problem

# Pattern and example of each registry's numbers. The column trial of data/trials.csv has the same.
REGISTRIES = {
    "ClinicalTrials.gov": (r"NCT[0-9]{8}", "NCT01234567"),
    "ChiCTR": (r"ChiCTR[0-9]{10}", "ChiCTR2000012345"),
    "EudraCT or CTIS": (r"[0-9]{4}-[0-9]{6}-[0-9]{2}(-[0-9]{2})?", "2016-000123-45"),
    "jRCT": (r"jRCT[0-9s][0-9]{9}", "jRCT2080224590"),
    "UMIN": (r"UMIN[0-9]{9}", "UMIN000012345"),
}


def require_number(text: str) -> None:
    """Check that `text` has the form of a trial number of one of the `REGISTRIES`.

    Raises
    ------
    InputError
        If no registry has numbers of this form.
    """
    if not any(re.fullmatch(form, text) for form, _ in REGISTRIES.values()):
        known = ", ".join(f"{example} ({name})" for name, (_, example) in REGISTRIES.items())
        message = f"{text!r} is not a registry number; expected one like {known}"
        raise InputError(Problem("NUMBER", message))


def short_key(text: str) -> str:
    """Return a document key from a registry number: its letters and its last four digits.

    >>> short_key("NCT01234567")
    'nct4567'
    """
    letters = re.sub(r"[^a-z]", "", text.lower()) or "trial"
    digits = re.sub(r"[^0-9]", "", text)
    return letters + digits[-4:]
