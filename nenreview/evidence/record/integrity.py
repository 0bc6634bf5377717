"""Check that rows and tables of the data do not contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from nenreview.evidence.record.checklists import checklist_problems
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.population import ROOT_POPULATION, ancestors, is_within, levels
from nenreview.evidence.record.schema import NUMBER
from nenreview.evidence.record.search_log import search_problems
from nenreview.stats.durations import UNITS
from nenreview.stats.numerals import (
    find_number,
    plain_count,
    plain_decimal,
    plain_signs,
    spelt_count,
)
from qmdbook.errors import Problem, unknown_name

TO_BE_FILLED = "to be filled"  # value of a cell until its document is transcribed
NOT_YET = "not yet"  # value of sources.transcribed: the document is not transcribed yet
# Columns that name a population, each with the column of its trial.
_POPULATIONS = (
    *(("results", "population", "trial"), ("arms", "population", "trial")),
    *(("pooling", "population", "trial"), ("derived", "population", "trial")),
    *(("derived", "whole", "trial"), ("derived", "part", "trial")),
    *(("overlaps", "population", "trial"), ("overlaps", "other_population", "other_trial")),
)
MOST_LEVELS = 10  # of a population; a longer path would say one thing in several ways
# Kinds of outcome that belong to one arm.
_OF_AN_ARM = ("share", "time")
_COUNTS = ("n", "events")  # statistics that count
_IN_TIME = ("PFS", "OS", "DOR")  # outcomes whose medians are compared in months
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}([ ,'][0-9]{3})+")
CELL_KEY = ["source", "table", "row_group", "row", "column"]


def integrity_problems(
    package: dict[str, dict], frames: dict[str, pd.DataFrame], files: dict[str, str]
) -> list[Problem]:
    """Return every contradiction within and between the tables, by file and line.

    An unknown key would break other rules as well. They are checked only if every key is known, so
    that each error gives one message.

    Parameters
    ----------
    package : dict
        The description of each table in ``datapackage.json``, by name.
    frames : dict of DataFrame
        The tables of the data, by name, with all values as text, indexed by line; all have
        passed `text_problems`.
    files : dict of str
        The file of each table as messages name it, such as ``data/cells.csv``.
    """
    problems = [
        *_foreign_keys(package, frames, files),
        *_lists(frames, files),
        *_levels(frames, files),
    ] or [
        *_unfilled(frames, files),
        *_ids(frames, files),
        *_status(frames["results"], files["results"]),
        *_units(frames["results"], files["results"]),
        *_places(frames, files),
        *_arms(frames, files),
        *_populations(frames, files),
        *_events(frames["results"], files["results"]),
        *_derived(frames, files),
        *_reports(frames, files),
        *_overlaps(frames, files),
        *_comparisons(frames, files),
        *_pooling(frames, files),
        *checklist_problems(frames, files),
        *search_problems(frames, files),
    ]
    order = list(files.values())
    return sorted(problems, key=lambda p: (order.index(p.file), p.row or 0, p.column or ""))


def _foreign_keys(
    package: dict, frames: dict[str, pd.DataFrame], files: dict[str, str]
) -> Iterator[Problem]:
    """Yield a problem for each key that the table it refers to does not have, at its first row."""
    for name, resource in package.items():
        for key in resource["schema"].get("foreignKeys", []):
            column, target = key["fields"], key["reference"]["resource"]
            field = key["reference"]["fields"]
            known = set(frames[target][field])
            values = frames[name][column]
            for value, rows in values[~values.isin({*known, ""})].groupby(values, sort=False):
                message = _unknown_key(value, known, files[target], field)
                if more := len(rows) - 1:
                    message += f" ({more} more line{'s' * (more != 1)} with it)"
                yield Problem(files[name], message, rows.index[0], column)


def _unknown_key(value: str, known: set[str], file: str, column: str) -> str:
    """Return the message that refuses a key which a file does not have."""
    return unknown_name(value, sorted(known), f"in {file}", f"a value of its column {column}")


def _lists(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each document in ``facts_from`` that `sources` does not have."""
    known = set(frames["sources"]["source"])
    for row, cell in frames["trials"]["facts_from"].items():
        for value in cell.split(LIST_SEPARATOR):
            if value not in known:
                message = _unknown_key(value, known, files["sources"], "source")
                if any(sign in value for sign in ",;|"):
                    message += f"; separate several by {LIST_SEPARATOR!r}"
                yield Problem(files["trials"], message, row, "facts_from")


def _unfilled(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each cell to be filled of a document that is marked as transcribed."""
    sources = frames["sources"]
    done = sources[sources["transcribed"] != NOT_YET]
    judged = frames["appraisal"]
    judged = judged[judged["source"].isin(done["source"])]
    recorded = frames["records"]
    recorded = recorded[recorded["source"].isin(done["source"])]
    for name, rows in (("sources", done), ("appraisal", judged), ("records", recorded)):
        for column in rows.columns:
            for row in rows.index[rows[column] == TO_BE_FILLED]:
                message = (
                    f"{TO_BE_FILLED!r} although the document is transcribed; expected its value"
                )
                yield Problem(files[name], message, row, column)


def _ids(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each id of a number that does not begin with the key of its document."""
    known = set(frames["sources"]["source"])
    for row in frames["results"].itertuples():
        if row.source in known and not row.id.startswith(f"{row.source}-"):
            message = f"{row.id!r} does not begin with {row.source!r}, the source of this row"
            expected = f"expected an id such as {row.source}-{row.id.rpartition('-')[2]}"
            yield Problem(files["results"], f"{message}; {expected}", row.Index, "id")


def _status(results: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Yield a problem for each status that contradicts its value, and each share above 100%."""
    for row in results.itertuples():
        if row.status == "reported" and not row.value:
            message = "the cell is empty although the status is reported; expected a number"
            yield Problem(file, message, row.Index, "value")
        if row.status != "reported" and row.value:
            message = f"{row.value!r} although the status is {row.status}; expected an empty cell"
            yield Problem(file, message, row.Index, "value")
        if row.status in ("reported", "not_reached", "not_applicable") and not row.printed:
            message = (
                f"the cell is empty although the status is {row.status}; expected the printed text"
            )
            yield Problem(file, message, row.Index, "printed")
        if row.statistic in _COUNTS and row.value and not float(row.value).is_integer():
            message = f"{row.value} is not a whole number; expected one for {row.statistic}"
            yield Problem(file, message, row.Index, "value")
        if row.statistic == "percent" and row.value and float(row.value) > 100:
            message = f"{row.value} percent is not possible; expected 100 or less"
            yield Problem(file, message, row.Index, "value")
        if row.status == "reported" and row.printed and (message := _unreadable(row)):
            yield Problem(file, message, row.Index, "printed")
            continue
        spelt = spelt_count(row.printed)
        digits = _digits(row.printed) if spelt is None else str(spelt)
        if row.value and digits and float(digits) != float(row.value):
            message = (
                f"{row.value!r} differs from the column printed; expected {digits}, as printed"
            )
            yield Problem(file, message, row.Index, "value")


def _units(results: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Yield a problem for each median of a time that is reported in no unit of time."""
    medians = results[results["outcome"].isin(_IN_TIME) & (results["statistic"] == "median")]
    for row in medians[~medians["unit"].isin(UNITS)].itertuples():
        found = repr(row.unit) if row.unit else "the cell is empty"
        message = f"{found} for the median of {row.outcome}; expected one of {', '.join(UNITS)}"
        yield Problem(file, message, row.Index, "unit")


def _unreadable(row: Any) -> str:
    """Return why the audit could not read the printed text of a number; empty if it can."""
    if _digits(row.printed):
        return ""
    if number := plain_decimal(row.printed):
        return f"{row.printed!r} is not in plain notation; write {number}, whatever the page writes"
    if row.statistic in ("percent", "p_value") or (
        row.statistic in ("ci_low", "ci_high") and row.unit == "%"
    ):
        return f"{row.printed!r} is not a number; expected only digits and a decimal point"
    return ""


def _digits(printed: str) -> str:
    """Return a printed number without the signs between thousands; empty if it is not plain."""
    if _THOUSANDS.fullmatch(plain_signs(printed)):
        return plain_count(printed) or ""
    return printed if NUMBER.fullmatch(printed) or NUMBER.fullmatch(f"0{printed}") else ""


def _places(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each number without a cell or section, or missing from its cell."""
    cells = {
        tuple(key): printed
        for *key, printed in frames["cells"][[*CELL_KEY, "printed"]].itertuples(
            index=False, name=None
        )
    }
    tables, sections = {key[:2] for key in cells}, prose_sections(frames["sources"])
    results, file = frames["results"], files["results"]
    read_up_to: dict[tuple, int] = {}  # results of one cell follow the order of its text
    for row in results.itertuples():
        key = tuple(getattr(row, name) for name in CELL_KEY)
        if key in cells:
            after = read_up_to.get(key, 0)
            found = find_number(row.printed, cells[key], after)
            read_up_to[key] = found.end() if found else after
            if not found:
                message = f"{row.printed!r} is not in the cell {cells[key]!r} of {files['cells']}"
                message += f" after {cells[key][:after]!r}" if after else ""
                message += "; expected a number of that cell, in its order"
                yield Problem(file, message, row.Index, "printed")
        elif key[:2] in tables:
            message = f"{files['cells']} has no cell with {in_cell(key[2:])} in {key[1]!r} of "
            message += f"{row.source}; expected the row_group, row and column of a cell"
            yield Problem(file, message, row.Index, "row, column")
        elif key[:2] not in sections:
            message = unknown_table(row.table, row.source, tables | sections, files)
            yield Problem(file, message, row.Index, "table")
        elif any(key[2:]):
            message = f"{in_cell(key[2:])} although {row.table!r} is a section of prose"
            message += "; expected empty cells"
            yield Problem(file, message, row.Index, "row_group, row, column")


def in_cell(place: Iterable[str]) -> str:
    """Return the place of a cell for a message, for example ``row 'ORR', column 'NEC'``.

    `place` has the row group, the row and the column; empty ones are left out.
    """
    names = zip(CELL_KEY[2:], place, strict=True)
    return ", ".join(f"{name} {value!r}" for name, value in names if value) or "without a place"


def unknown_table(table: str, source: str, known: set[tuple], files: dict[str, str]) -> str:
    """Return the error message for a table or section that a document does not have.

    `known` has a (document, table) for every table and section of all documents.
    """
    of_source = sorted(name for one, name in known if one == source)
    kind = f"a table or section of {source}"
    places = f"a table in {files['cells']} or an entry of prose_sections in {files['sources']}"
    return unknown_name(table, of_source, kind, places)


def prose_sections(sources: pd.DataFrame) -> set[tuple[str, str]]:
    """Return a (document, heading) for every section of prose in ``sources.csv``."""
    return {
        (source, section)
        for source, listed in sources[["source", "prose_sections"]].itertuples(index=False)
        for section in listed.split(LIST_SEPARATOR)
    }


def _levels(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each population in a wrong form, or with a wrong or repeated level."""
    known = set(frames["populations"]["level"])
    for name, column, of in _POPULATIONS:
        for row, population, trial in frames[name][[column, of]].itertuples(name=None):
            path = levels(population)
            whole = all(level.strip() == level != "" for level in path)
            if trial and not (whole and path[0] == ROOT_POPULATION):
                message = (
                    f"{population!r} is not a population; expected {ROOT_POPULATION!r} or a path "
                    f"that begins with it, like '{ROOT_POPULATION} > NEC > pancreatic'"
                )
                yield Problem(files[name], message, row, column)
                continue
            for level in path:
                if level not in known:
                    message = _unknown_key(level, known, files["populations"], "level")
                    yield Problem(files[name], message, row, column)
            if len(path) > MOST_LEVELS:
                message = f"the population has {len(path)} levels; expected {MOST_LEVELS} or fewer"
                yield Problem(files[name], message, row, column)
                continue
            if len(set(path)) < len(path):
                message = f"{population!r} repeats a level; expected each level once"
                yield Problem(files[name], message, row, column)


def _arms(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each trial without an arm, each arm within another arm of its trial, and
    each number that is not about one arm.
    """
    arms: dict[str, list[str]] = {}
    for arm in frames["arms"].itertuples():
        for other in arms.get(arm.trial, ()):
            if is_within(arm.population, other) or is_within(other, arm.population):
                message = f"{arm.population!r} shares patients with the arm {other!r}"
                message += "; expected arms without common patients"
                yield Problem(files["arms"], message, arm.Index, "population")
        arms.setdefault(arm.trial, []).append(arm.population)
    for row, trial in frames["trials"]["trial"].items():
        if trial not in arms:
            message = f"{trial!r} has no row in {files['arms']}; add a row for each of its arms"
            yield Problem(files["trials"], message, row, "trial")
    about_an_arm = {o.outcome for o in frames["outcomes"].itertuples() if o.kind in _OF_AN_ARM}
    for number in frames["results"].itertuples():
        asked = number.outcome in about_an_arm and is_within(number.population, ROOT_POPULATION)
        own = arms.get(number.trial, []) if asked else []
        if own and not any(is_within(number.population, arm) for arm in own):
            listed = ", ".join(map(repr, own))
            message = f"{number.population!r} is not within one arm; expected patients of {listed}"
            yield Problem(files["results"], message, number.Index, "population")


def _populations(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each population that is larger than the one above it, or the trial."""
    results, file = frames["results"], files["results"]
    sizes = _sizes(results)
    enrolled = {t.trial: float(t.enrolled) for t in frames["trials"].itertuples() if t.enrolled}
    for row in results.itertuples():
        if not row.trial or row.outcome != "patients" or row.statistic != "n" or not row.value:
            continue
        # A document may report two sizes of one population: a population is refused only if it is
        # larger than every size of a population above it.
        above = [
            (max(sizes[k]), f"{a!r} has")
            for a in ancestors(row.population)
            if (k := (row.source, row.trial, a)) in sizes
        ]
        if row.trial in enrolled:
            above.append((enrolled[row.trial], f"{files['trials']} gives as enrolled"))
        ceiling, whose = min(above, default=(float("inf"), ""))
        if float(row.value) > ceiling:
            message = f"{row.value} patients in {row.population!r} are more than {whose}"
            message += f"; expected {ceiling:g} or fewer"
            yield Problem(file, message, row.Index, "value")


def _events(results: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Yield a problem for each count above the size of its population, or without such a size."""
    sizes = _sizes(results)
    anywhere: dict[tuple, list[float]] = {}
    for (_, trial, population), values in sizes.items():
        anywhere.setdefault((trial, population), []).extend(values)
    for row in results[results["statistic"] == "events"].itertuples():
        known = sizes.get((row.source, row.trial, row.population)) or anywhere.get(
            (row.trial, row.population)
        )
        if known is None:
            message = (
                f"{row.population!r} has no size; add a row with outcome patients and statistic n"
            )
            yield Problem(file, message, row.Index, "population")
        elif row.value and float(row.value) > max(known):
            message = f"{row.value} events in {row.population!r} are more than its patients"
            message += f"; expected {max(known):g} or fewer"
            yield Problem(file, message, row.Index, "value")


def _derived(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each derived size that is reported, or lacks a reported size."""
    sizes = _sizes(frames["results"])
    for row in frames["derived"].itertuples():
        for column in ("whole", "part"):
            population = getattr(row, column)
            if (row.source, row.trial, population) not in sizes:
                message = f"{row.source} does not report the size of {population!r}; expected a "
                message += "population with a reported size"
                yield Problem(files["derived"], message, row.Index, column)
        if (row.source, row.trial, row.population) in sizes:
            message = f"{row.source} reports the size of {row.population!r}; expected a population "
            message += "without a reported size; remove this row"
            yield Problem(files["derived"], message, row.Index, "population")


def _reports(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each contradiction between `reports`, `trials` and `results`."""
    reports, file = frames["reports"], files["reports"]
    known = set(frames["sources"]["source"])
    listed: dict[str, set[str]] = {trial: set() for trial in frames["trials"]["trial"]}
    for row in reports.itertuples():
        listed.setdefault(row.trial, set()).add(row.source)
    for trial in frames["trials"].itertuples():
        facts = set(trial.facts_from.split(LIST_SEPARATOR))
        if (
            facts <= known and facts != listed[trial.trial]
        ):  # an unknown document is another problem
            expected = ", ".join(sorted(listed[trial.trial])) or "none"
            message = (
                f"{trial.facts_from!r} is not the list of reports in {file}; expected {expected}"
            )
            yield Problem(files["trials"], message, trial.Index, "facts_from")
    numbers = frames["results"]
    for number in numbers.drop_duplicates(["trial", "source"]).itertuples():
        if number.source in known and number.source not in listed.get(number.trial, known):
            message = f"{number.source!r} is not a report on {number.trial} in {file}; add it there"
            yield Problem(files["results"], message, number.Index, "source")
    for row in reports.itertuples():
        if row.superseded_by and (
            row.superseded_by == row.source or row.superseded_by not in listed[row.trial]
        ):
            others = sorted(listed[row.trial] - {row.source})
            kind = f"another report on {row.trial}"
            message = unknown_name(
                row.superseded_by, others, kind, ", ".join(others) or "an empty cell"
            )
            yield Problem(file, message, row.Index, "superseded_by")
        if (row.standing == "secondary") != (not row.stage):
            expected = "an empty cell" if row.standing == "secondary" else "the stage of the report"
            found = repr(row.stage) if row.stage else "the cell is empty"
            message = f"{found} although the standing is {row.standing}; expected {expected}"
            yield Problem(file, message, row.Index, "stage")


def _overlaps(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each overlap without numbers, with itself, or listed twice."""
    file = files["overlaps"]
    printed = set(
        frames["results"][["source", "trial", "population"]].itertuples(index=False, name=None)
    )
    printed |= {(source, trial, ROOT_POPULATION) for source, trial, _ in printed}
    first_row: dict[frozenset, int] = {}
    for row in frames["overlaps"].itertuples():
        first = (row.source, row.trial, row.population)
        other = (row.other_source, row.other_trial, row.other_population)
        for report, column in ((first, "population"), (other, "other_population")):
            if report not in printed:
                message = _without_number(*report, printed, files["results"])
                yield Problem(file, message, row.Index, column)
        pair = frozenset((first, other))
        if first == other:
            message = "the report is paired with itself; expected another report"
            yield Problem(file, message, row.Index, "other_population")
        elif pair in first_row:
            message = f"the pair is in line {first_row[pair]} already; expected it once"
            yield Problem(file, message, row.Index, "other_population")
        first_row.setdefault(pair, row.Index)


def _comparisons(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each comparison that does not pair a secondary document with a report."""
    file, reports = files["comparisons"], frames["reports"]
    secondary = reports.loc[reports["standing"] == "secondary", ["trial", "source"]]
    others = set(secondary.itertuples(index=False, name=None))
    numbers = frames["results"].set_index("id")[["trial", "source"]]
    place = dict(zip(numbers.index, numbers.itertuples(index=False, name=None), strict=True))
    for row in frames["comparisons"].itertuples():
        number, report = place.get(row.secondary), place.get(row.report)
        if number and number[0] and number not in others:
            message = (
                f"{row.secondary!r} is a number of {number[1]}, a report of {number[0]} itself; "
                "expected a number of a secondary document"
            )
            yield Problem(file, message, row.Index, "secondary")
        if number and report and number[1] == report[1]:
            message = f"{row.report!r} is a number of the same document; expected one of a report"
            yield Problem(file, message, row.Index, "report")
        if not row.report and row.verdict != "cannot be compared":
            message = f"{row.verdict!r} although the column report is empty; "
            message += "expected 'cannot be compared', or a number of a report"
            yield Problem(file, message, row.Index, "verdict")


def _pooling(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each pooled population without a number, or with a wrong leaves_open."""
    printed = set(
        frames["results"][["source", "trial", "population"]].itertuples(index=False, name=None)
    )
    for row in frames["pooling"].itertuples():
        if (row.source, row.trial, row.population) not in printed:
            message = _without_number(
                row.source, row.trial, row.population, printed, files["results"]
            )
            yield Problem(files["pooling"], message, row.Index, "population")
        if (row.role == "shown") != bool(row.leaves_open):
            expected = "what the number leaves open" if row.role == "shown" else "an empty cell"
            found = repr(row.leaves_open) if row.leaves_open else "the cell is empty"
            message = f"{found} although the role is {row.role}; expected {expected}"
            yield Problem(files["pooling"], message, row.Index, "leaves_open")


def _without_number(
    source: str, trial: str, population: str, printed: set[tuple], file: str
) -> str:
    """Return the message that refuses a population without a number in `results`."""
    known = sorted(p for s, t, p in printed if (s, t) == (source, trial))
    kind = f"a population of {trial} in {source}"
    return unknown_name(population, known, kind, f"one with a number in {file}")


def _sizes(results: pd.DataFrame) -> dict[tuple[str, str, str], list[float]]:
    """Return every reported size of each (source, trial, population)."""
    rows = results[(results["outcome"] == "patients") & (results["statistic"] == "n")]
    sizes: dict[tuple[str, str, str], list[float]] = {}
    for row in rows[rows["value"] != ""].itertuples():
        sizes.setdefault((row.source, row.trial, row.population), []).append(float(row.value))
    return sizes
