"""Compute the p value that belongs to a reported test statistic, such as ``t(28) = 2.20``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import special

from nenreview.stats.numerals import plain_decimal, plain_signs
from nenreview.stats.percentages import decimals

# Letters that papers use, and how many degrees of freedom the test has.
_KINDS = {"t": 1, "r": 1, "f": 2, "z": 0, "chi2": 1, "q": 1}
_CHI_SQUARE = re.compile(r"(chi|χ|x)[-_ ^]?(2|square[d]?)")
_Q = re.compile(r"q[-_ ]?(b|w|between|within|t|total)?")
_STATISTIC = re.compile(
    r"(?P<kind>[a-zχ][a-zχ0-9_^ -]*?)\s*(?:[(\[](?P<df>[^)\]]*)[)\]])?\s*=\s*(?P<value>.+)"
)
_NUMBER_OF_PATIENTS = re.compile(r",?\s*n\s*=.*")
EXPECTED = "t(28) = 2.20, F(2, 28) = 2.20, r(28) = 0.22, chi2(1) = 3.25, Q(2) = 2.20 or z = 2.20"
_SIDED = ("t", "r", "z")  # their two-sided p value is twice the one-sided one


@dataclass(frozen=True)
class Statistic:
    """A reported test statistic.

    Attributes
    ----------
    kind : str
        One of ``t``, ``r``, ``f``, ``z``, ``chi2`` and ``q`` (of a meta-analysis).
    df : tuple of float
        Its degrees of freedom.
    value : str
        The value as printed, in plain notation.
    """

    kind: str
    df: tuple[float, ...]
    value: str

    @property
    def p(self) -> float:
        """The two-sided p value of the value as printed."""
        return self._p(abs(float(self.value)))

    @property
    def p_range(self) -> tuple[float, float]:
        """The least and the greatest two-sided p value of the values that round to the printed."""
        half = 0.5 * 10.0 ** -decimals(self.value)
        size = abs(float(self.value))
        return self._p(size + half), self._p(max(size - half, 0))

    @property
    def has_sides(self) -> bool:
        """Whether a one-sided test has half the p value."""
        return self.kind in _SIDED

    def _p(self, value: float) -> float:
        if self.kind in ("chi2", "q"):
            return float(special.chdtrc(self.df[0], value))
        if self.kind == "f":
            return float(special.fdtrc(*self.df, value))
        if self.kind == "z":
            return float(2 * special.ndtr(-value))
        if self.kind == "r":
            if value >= 1:
                return 0.0
            value = value * sqrt(self.df[0] / (1 - value**2))
        return float(2 * special.stdtr(self.df[0], -value))


def read_statistic(text: str) -> Statistic:
    """Read a test statistic as papers print it.

    Raises
    ------
    ValueError
        If the text is not one of the known statistics with its degrees of freedom.
    """
    signs = plain_signs(text).strip().lower().replace("²", "2")
    found = _STATISTIC.fullmatch(signs)
    if not found:
        raise ValueError(f"is not a test statistic; expected one such as {EXPECTED}")
    kind = found["kind"].strip()
    kind = "chi2" if _CHI_SQUARE.fullmatch(kind) else "q" if _Q.fullmatch(kind) else kind
    if kind not in _KINDS:
        raise ValueError(f"is not a known test statistic; expected one such as {EXPECTED}")
    listed = _NUMBER_OF_PATIENTS.sub("", found["df"] or "").split(",")
    df = tuple(float(plain_decimal(one) or "nan") for one in listed if one.strip())
    if len(df) != _KINDS[kind] or not np.all(np.array(df) > 0):
        raise ValueError(f"has wrong degrees of freedom; expected {EXPECTED}")
    value = plain_decimal(found["value"].replace(" ", ""))
    if value is None:
        raise ValueError(f"has no value after the sign =; expected {EXPECTED}")
    if kind == "r" and abs(float(value)) > 1:
        raise ValueError("is no correlation; expected a value from -1 to 1")
    if kind not in _SIDED and value.startswith("-"):
        raise ValueError("is below 0, which this statistic cannot be")
    return Statistic(kind, df, value)
