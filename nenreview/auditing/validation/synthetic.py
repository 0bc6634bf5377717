"""Make the error-free tables of a made-up trial.

A page is a tuple of cells, each with its numbers; a sentence of prose is a cell without a column.
All numbers are computed from known patients, and rounded with halves up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

import numpy as np
import pandas as pd

from nenreview.auditing.validation.made_up_trial import (
    ABSTRACT,
    ALL,
    DISCUSSION,
    EARLY,
    FIRST,
    INTERIM,
    NEC,
    NET,
    SECOND,
    TRIAL,
    frames,
)
from nenreview.auditing.validation.patients import (
    FOLLOW_UP,
    RESPONSES,
    SITES,
    Patients,
    draw,
    median,
    median_limits,
)
from nenreview.evidence.record.dataset import Dataset
from nenreview.stats.durations import months
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison

COLUMNS = {"NENs": ALL, "NETs": NET, "NECs": NEC}
BASELINE, EFFICACY, EVENTS, TRIALS = "Table 1", "Table 2", "Table 3", "Table 6"

_TREATMENTS = (
    *("Etoposide + cisplatin", "Carboplatin + paclitaxel", "Temozolomide ± capecitabine"),
    *("Everolimus", "Sunitinib", "Irinotecan", "Docetaxel", "Oxaliplatin", "Topotecan"),
)
_AGENTS = ("nivolumab", "pembrolizumab", "avelumab", "sintilimab", "spartalizumab", "toripalimab")
# Some are words that look like names and are none.
_ADVERSE = (
    *("Fatigue", "Thyroid dysfunction", "Pancreatitis", "Esophagitis", "Bronchitis"),
    *("Rash (≥10% of the skin)", "Colitis or diarrhea", "Hypoalbuminemia – any cause"),
)
_CELLS = ("source", "table", "row_group", "row", "column", "printed")
_RESULTS = (
    *("id", "source", "trial", "table", "row_group", "row", "column", "population", "outcome"),
    *("category", "grade", "statistic", "relation", "status", "value", "unit", "printed", "note"),
)


@dataclass(frozen=True)
class Number:
    """A number on a made-up page; the fields are columns of ``results.csv``."""

    population: str
    outcome: str
    statistic: str
    printed: str
    unit: str
    category: str = ""
    grade: str = ""
    relation: str = ""
    status: str = "reported"


@dataclass(frozen=True)
class Cell:
    """A table cell or a sentence of a made-up page.

    `text` has ``{}`` in place of each number of `numbers`.
    """

    source: str
    table: str
    text: str
    row: str = ""
    column: str = ""
    row_group: str = ""
    numbers: tuple[Number, ...] = ()

    @property
    def printed(self) -> str:
        """The text with its numbers filled in."""
        return self.text.format(*(number.printed for number in self.numbers))

    @property
    def is_prose(self) -> bool:
        """Whether the cell is a sentence, not a cell of a table."""
        return not self.row and not self.column


def error_free_pages(
    rng: np.random.Generator, *, smallest: int = 24, largest: int = 60
) -> tuple[Cell, ...]:
    """Make up a trial at random, and return the pages that report it without any error.

    The pages are those of the trial's paper, of a review, and of an interim report.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    smallest, largest : int
        Limits of the number of patients.
    """
    treatments = [str(name) for name in rng.choice(_TREATMENTS, size=3, replace=False)]
    adverse = [str(name) for name in rng.choice(_ADVERSE, size=4, replace=False)]
    patients = draw(rng, int(rng.integers(smallest, largest + 1)), treatments=3, events=4)
    agent = str(rng.choice(_AGENTS))
    cells = [
        *_baseline(patients, treatments),
        *_efficacy(patients),
        *_adverse_events(patients, adverse),
        *_prose(patients, int(rng.integers(2, 4))),
        *_review(patients, agent, int(rng.integers(0, 2))),
        *_interim(patients),
    ]
    # What a paper prints differs: of what nothing else needs, one in six is left out.
    return tuple(cell for needed, cell in cells if needed or rng.random() > 1 / 6)


def dataset(cells: tuple[Cell, ...]) -> Dataset:
    """Return made-up pages as a dataset, as if they had been transcribed."""
    rows: list[tuple] = []
    lines: list[tuple] = []
    for cell in cells:
        place = (cell.table, cell.row_group, cell.row, cell.column)
        if not cell.is_prose:
            lines.append((cell.source, *place, cell.printed))
        for n in cell.numbers:
            value = float(n.printed) if n.status == "reported" else float("nan")
            about = (n.population, n.outcome, n.category, n.grade, n.statistic, n.relation)
            ident = f"{cell.source}-{len(rows):03d}"
            said = (n.status, value, n.unit, n.printed, "")
            rows.append((ident, cell.source, TRIAL, *place, *about, *said))
    results = _as_objects(rows, _RESULTS)
    results["value"] = results["value"].astype(float)
    return Dataset(cells=_as_objects(lines, _CELLS), results=results, **frames())


def _as_objects(rows: list[tuple], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return rows as a table of objects: text of its own type takes long to make and to read."""
    cells = np.array(rows, dtype=object).reshape(-1, len(columns))  # of no row, too
    return pd.DataFrame(cells, columns=columns, dtype=object)


def rounded(value: float, places: int) -> str:
    """Return a number as text with a given number of decimals; halves are rounded up."""
    unit = Decimal(1).scaleb(-places)
    return f"{Decimal(repr(float(value))).quantize(unit, rounding=ROUND_HALF_UP):f}"


def _who(patients: Patients, population: str) -> np.ndarray:
    return {ALL: patients.nec | True, NET: ~patients.nec, NEC: patients.nec}[population]


def _size(population: str, n: int) -> Number:
    return Number(population, "patients", "n", str(n), "patients")


def _share(population: str, outcome: str, rate: Rate, places: int = 1, **named: str) -> Number:
    return Number(population, outcome, "percent", rate.percent(places), "%", **named)


def _count(population: str, outcome: str, rate: Rate, **named: str) -> Number:
    return Number(population, outcome, "events", str(rate.events), "patients", **named)


def _among(chosen: np.ndarray, who: np.ndarray) -> Rate:
    return Rate(int((chosen & who).sum()), int(who.sum()))


def _time(
    population: str, outcome: str, statistic: str, value: float, unit: str = "months"
) -> Number:
    if np.isinf(value):
        return Number(population, outcome, statistic, "NR", unit, status="not_reached")
    in_unit = value if unit == "years" else value / months(1, unit)
    return Number(population, outcome, statistic, rounded(in_unit, 1), unit)


def _baseline(patients: Patients, treatments: list[str]) -> Iterator[tuple[bool, Cell]]:
    """Yield the table of characteristics, counts and percentages, in the whole and its parts."""
    for column, population in COLUMNS.items():
        size = _size(population, int(_who(patients, population).sum()))
        yield True, Cell(FIRST, BASELINE, f"{column} (n = {{}}) n (%)", "", column, "", (size,))
    lists = {
        "sex": {"Male": patients.male, "Female": ~patients.male},
        "ECOG PS": {"0": patients.ecog == 0, "1": patients.ecog == 1},
        "primary site": {name: patients.site == i for i, name in enumerate(SITES)},
        "prior treatment": dict(zip(treatments, patients.treated, strict=True)),
    }
    for outcome, categories in lists.items():
        for name, chosen in categories.items():
            yield True, Cell(FIRST, BASELINE, name, name, "", outcome)
            for column, population in COLUMNS.items():
                rate = _among(chosen, _who(patients, population))
                kinds = (_count, _share)
                numbers = tuple(kind(population, outcome, rate, category=name) for kind in kinds)
                yield True, Cell(FIRST, BASELINE, "{} ({})", name, column, outcome, numbers)
    for column, population in COLUMNS.items():
        ages = patients.age[_who(patients, population)]
        values = {"median": (np.median(ages), 0), "min": (ages.min(), 1), "max": (ages.max(), 1)}
        numbers = tuple(
            Number(population, "age", name, rounded(value, places), "years")
            for name, (value, places) in values.items()
        )
        yield False, Cell(FIRST, BASELINE, "{} ({}–{})", "Age", column, "", numbers)


def _efficacy(patients: Patients) -> Iterator[tuple[bool, Cell]]:
    """Yield the table of responses and times."""
    for column, population in COLUMNS.items():
        who = _who(patients, population)
        size = _size(population, int(who.sum()))
        yield False, Cell(FIRST, EFFICACY, "{}", "Patients enrolled", column, "", (size,))
        for i, name in enumerate(RESPONSES):
            rate = _among(patients.response == i, who)
            kinds = (_count, _share)
            numbers = tuple(k(population, "best response", rate, category=name) for k in kinds)
            yield True, Cell(FIRST, EFFICACY, "{} ({}%)", name, column, "Response", numbers)
        text = "{} ({}%; {}% CI {}–{})"
        numbers = tuple(_with_interval(population, _among(patients.responder, who)))
        yield False, Cell(FIRST, EFFICACY, text, "ORR", column, "", numbers)
        for outcome, times in (("PFS", patients.pfs), ("OS", patients.os)):
            numbers = tuple(_with_limits(population, outcome, times[who]))
            yield False, Cell(FIRST, EFFICACY, "{} ({}–{})", outcome, column, "", numbers)
            for at in (6, 12):
                when, row = f"{at} months", f"{outcome} rate, {at} months"
                landmark = Number(
                    population, f"{outcome} rate", "threshold", str(at), "months", category=when
                )
                rate = _among(times > at, who)
                numbers = (landmark, _share(population, f"{outcome} rate", rate, category=when))
                yield False, Cell(FIRST, EFFICACY, "at {} months {}%", row, column, "", numbers)
        duration = _duration(patients, population)
        yield False, Cell(FIRST, EFFICACY, "{}", "DOR", column, "", (duration,))


def _duration(patients: Patients, population: str, unit: str = "months") -> Number:
    times = patients.dor[_who(patients, population) & patients.responder]
    value = median(times) if len(times) else float("inf")
    return _time(population, "DOR", "median", value, unit)


def _with_interval(population: str, rate: Rate) -> Iterator[Number]:
    yield _count(population, "ORR", rate)
    yield _share(population, "ORR", rate)
    yield Number(population, "ORR", "ci_level", "95", "%")
    interval = rate.clopper_pearson()
    for statistic, limit in (("ci_low", interval.low), ("ci_high", interval.high)):
        yield Number(population, "ORR", statistic, rounded(100 * limit, 1), "%")


def _with_limits(population: str, outcome: str, times: np.ndarray) -> Iterator[Number]:
    low, high = median_limits(times)
    named = {"median": median(times), "ci_low": low, "ci_high": high}
    for statistic, value in named.items():
        yield _time(population, outcome, statistic, value)


def _adverse_events(patients: Patients, names: list[str]) -> Iterator[tuple[bool, Cell]]:
    """Yield the table of adverse events, whole percentages alone."""
    columns: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
        "NC/NA": ("none", lambda grade: grade == 0)
    }
    for wanted in range(1, 6):
        columns[str(wanted)] = (str(wanted), partial(np.equal, wanted))
    columns["All grades"] = ("any", lambda grade: grade > 0)
    for name, grades in zip(names, patients.grades, strict=True):
        yield True, Cell(FIRST, EVENTS, name, name, "")
        for column, (grade, holds) in columns.items():
            rate = _among(holds(grades), _who(patients, ALL))
            number = _share(ALL, "TRAE", rate, 0, category=name, grade=grade)
            yield True, Cell(FIRST, EVENTS, "{}", name, column, "", (number,))


def _sentence(section: str, text: str, *numbers: Number, needed: bool = False) -> tuple[bool, Cell]:
    return needed, Cell(FIRST, section, text, numbers=numbers)


def _prose(patients: Patients, places: int) -> Iterator[tuple[bool, Cell]]:
    """Yield the abstract, which repeats the tables, and the discussion, on the markers."""
    everyone = _who(patients, ALL)
    yield _sentence(ABSTRACT, "{} patients were treated.", _size(ALL, len(everyone)))
    yield _sentence(ABSTRACT, "{} had NEC.", _size(NEC, int(patients.nec.sum())))
    for population in (ALL, NEC):
        rate = _among(patients.responder, _who(patients, population))
        yield _sentence(ABSTRACT, "The ORR was {}%.", _share(population, "ORR", rate))
    for population in (NET, NEC):
        times = patients.pfs[_who(patients, population)]
        number = _time(population, "PFS", "median", median(times))
        yield _sentence(ABSTRACT, "The median PFS was {} months.", number)
    survival = tuple(_with_limits(ALL, "OS", patients.os))
    yield _sentence(ABSTRACT, "The median OS was {} months ({}–{}).", *survival)
    yield _sentence(ABSTRACT, "The median DOR was {} months.", _duration(patients, ALL))
    yield _sentence(DISCUSSION, "Response lasted {} weeks.", _duration(patients, NEC, "weeks"))
    affected = _among(np.any(patients.grades > 0, axis=0), everyone)
    counted = tuple(kind(ALL, "TRAE", affected, grade="any") for kind in (_count, _share))
    yield _sentence(ABSTRACT, "{} patients ({}%) had adverse events.", *counted)
    yield from _two_groups(patients, places)
    yield from _tested(patients)


def _two_groups(patients: Patients, places: int) -> Iterator[tuple[bool, Cell]]:
    """Yield the response of two groups, without their sizes, and Fisher's p value."""
    groups = (patients.high, ~patients.high)
    if not all(group.any() for group in groups):
        return
    rates = [_among(patients.responder, group) for group in groups]
    numbers = [
        _share(f"{ALL} > TMB {level}", "ORR", rate)
        for level, rate in zip(("high", "low"), rates, strict=True)
    ]
    p, unit = Comparison(*rates).fisher_p, 10.0**-places
    below = p < unit
    numbers.append(
        Number(
            ALL,
            "ORR",
            "p_value",
            rounded(unit if below else p, places),
            "",
            category="TMB high against low",
            relation="<" if below else "",
        )
    )
    text = "By TMB {}% against {}% responded, p = {}."
    yield _sentence(DISCUSSION, text, *numbers)


def _tested(patients: Patients) -> Iterator[tuple[bool, Cell]]:
    """Yield what is printed of the patients tested for a marker: the case of the joint rule."""
    outcome, tested = "PD-L1 expression", patients.tested
    if not (patients.nec & tested).any():
        return
    for population in (ALL, NET):
        who = _who(patients, population) & tested
        group = f"{population} > PD-L1 tested"
        yield _sentence(DISCUSSION, "{} were tested.", _size(group, int(who.sum())), needed=True)
        if who.any():
            count = _count(group, outcome, _among(patients.positive, who), category="positive")
            yield _sentence(DISCUSSION, "{} were positive.", count)
    group, who = f"{NEC} > PD-L1 tested", patients.nec & tested
    numbers = [_share(group, outcome, _among(patients.positive, who), category="positive")]
    for name, chosen in (("positive", patients.positive), ("negative", ~patients.positive)):
        if (who & chosen).any():
            rate = _among(patients.responder, who & chosen)
            numbers.append(_share(f"{group} > {name}", "ORR", rate))
    text = "{}% were positive; " + " and ".join(["{}%"] * (len(numbers) - 1)) + " responded."
    yield _sentence(DISCUSSION, text, *numbers)


def _review(patients: Patients, agent: str, places: int) -> Iterator[tuple[bool, Cell]]:
    """Yield the row of a review that prints the trial again, times in weeks."""
    n, nec = len(patients.nec), int(patients.nec.sum())
    rates = {p: _among(patients.responder, _who(patients, p)) for p in COLUMNS.values()}
    partial = _among(patients.response == RESPONSES.index("PR"), _who(patients, ALL))
    numbers = (
        _size(ALL, n),
        _size(NEC, nec),
        *(_share(population, "ORR", rate, places) for population, rate in rates.items()),
        _time(ALL, "PFS", "median", median(patients.pfs), "weeks"),
        _time(ALL, "OS", "median", median(patients.os), "months"),
        _count(ALL, "best response", partial, category="PR"),
    )
    text = "N {}, NEC {}; ORR {}%, NEC {}%, NET {}%; PFS {} weeks, OS {} months; PR in {} – all"
    text = text.replace("NEC {}%, NET {}%", "NET {}%, NEC {}%")
    yield True, Cell(SECOND, TRIALS, agent, "1", "Regimen")
    yield True, Cell(SECOND, TRIALS, text, "1", "Key outcomes", "", numbers)
    yield True, Cell(SECOND, TRIALS, f"after {FOLLOW_UP:.0f} months", "1", "Follow-up")


def _interim(patients: Patients) -> Iterator[tuple[bool, Cell]]:
    """Yield the interim report of the first half of the patients."""
    n = len(patients.nec)
    who = np.arange(n) < n // 2
    numbers = (
        _size(EARLY, int(who.sum())),
        _share(EARLY, "ORR", _among(patients.responder, who)),
        _time(EARLY, "PFS", "median", median(patients.pfs[who])),
        _time(EARLY, "OS", "median", median(patients.os[who])),
    )
    text = "Of {} patients {}% responded; the median PFS was {} and OS {} months."
    yield True, Cell(INTERIM, ABSTRACT, text, numbers=numbers)
