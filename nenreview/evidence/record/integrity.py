"""Check what must hold between rows and between files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

import pandas as pd

from nenreview.evidence.record.checklists import checklist_problems
from nenreview.evidence.record.lists import LIST_SEPARATOR
from nenreview.evidence.record.population import ROOT_POPULATION, ancestors, is_within, levels
from nenreview.evidence.record.schema import NUMBER
from nenreview.evidence.record.search_log import search_problems
from qmdbook.errors import Problem

TO_BE_FILLED = "to be filled"  # in a document that is not yet transcribed
NOT_YET = "not yet"  # of a document: not transcribed
# Columns that name a population, and kinds of outcome that a regimen is credited with.
_POPULATIONS = (
    *(("results", "population"), ("arms", "population"), ("pooling", "population")),
    *(("derived", "population"), ("derived", "whole"), ("derived", "part")),
    *(("overlaps", "population"), ("overlaps", "other_population")),
)
_OF_AN_ARM = ("share", "time")
CELL_KEY = ["source", "table", "row_group", "row", "column"]


def integrity_problems(
    package: dict[str, dict], frames: dict[str, pd.DataFrame], files: dict[str, str]
) -> list[Problem]:
    """Check the tables against one another.

    Parameters
    ----------
    package : dict
        Resources of the data package, by name.
    frames : dict of DataFrame
        The text of each table, by name, indexed by line; all have passed `text_problems`.
    files : dict of str
        Name of each file in messages.
    """
    problems = [
        *_foreign_keys(package, frames, files),
        *_lists(frames, files),
        *_unfilled(frames, files),
        *_status(frames["results"], files["results"]),
        *_places(frames, files),
        *_levels(frames, files),
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
    """Yield keys that the table they point into does not have."""
    for name, resource in package.items():
        for key in resource["schema"].get("foreignKeys", []):
            column, target = key["fields"], key["reference"]["resource"]
            known = set(frames[target][key["reference"]["fields"]])
            for row, value in frames[name][column].items():
                if value and value not in known:
                    yield Problem(
                        files[name],
                        f"{value!r} is not in {files[target]}; expected a key of it",
                        row,
                        column,
                    )


def _lists(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield sources of a trial's facts that `sources` does not have."""
    known = set(frames["sources"]["source"])
    for row, cell in frames["trials"]["facts_from"].items():
        for value in cell.split(LIST_SEPARATOR):
            if value not in known:
                message = f"{value!r} is not in {files['sources']}; expected a key of it"
                yield Problem(files["trials"], message, row, "facts_from")


def _unfilled(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield what is still to be filled of documents that are said to be transcribed."""
    sources = frames["sources"]
    done = sources[sources["transcribed"] != NOT_YET]
    judged = frames["appraisal"]
    judged = judged[judged["source"].isin(done["source"])]
    for name, rows in (("sources", done), ("appraisal", judged)):
        for column in rows.columns:
            for row in rows.index[rows[column] == TO_BE_FILLED]:
                message = f"{TO_BE_FILLED!r} of a document whose transcription is whole"
                yield Problem(files[name], f"{message}; expected its value", row, column)


def _status(results: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Yield rows whose status and value contradict each other, and shares above 100%."""
    for row in results.itertuples():
        if row.status == "reported" and not row.value:
            yield Problem(
                file, "empty although status is reported; expected a number", row.Index, "value"
            )
        if row.status != "reported" and row.value:
            message = f"{row.value!r} although status is {row.status}; expected an empty cell"
            yield Problem(file, message, row.Index, "value")
        if row.status in ("reported", "not_reached", "not_applicable") and not row.printed:
            message = f"empty although status is {row.status}; expected what is printed"
            yield Problem(file, message, row.Index, "printed")
        if row.statistic == "percent" and row.value and float(row.value) > 100:
            yield Problem(file, f"{row.value!r} percent; expected 100 or less", row.Index, "value")
        digits = row.printed.replace(",", "")
        if row.value and NUMBER.fullmatch(digits) and float(digits) != float(row.value):
            message = f"{row.value!r} where {row.printed!r} is printed; expected the printed number"
            yield Problem(file, message, row.Index, "value")


def _places(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield results that point at no cell and no section, or whose cell does not print them."""
    cells = {
        tuple(key): printed
        for *key, printed in frames["cells"][[*CELL_KEY, "printed"]].itertuples(
            index=False, name=None
        )
    }
    tables, sections = {key[:2] for key in cells}, prose_sections(frames["sources"])
    results, file = frames["results"], files["results"]
    read_up_to: dict[tuple, int] = {}  # the numbers of a cell come in the order of its text
    for row in results.itertuples():
        key = tuple(getattr(row, name) for name in CELL_KEY)
        if key in cells:
            after = read_up_to.get(key, 0)
            found = _whole(row.printed).search(cells[key], after)
            read_up_to[key] = found.end() if found else after
            if not found:
                message = f"{row.printed!r} is not in the cell {cells[key]!r} of {files['cells']}"
                message += f" after {cells[key][:after]!r}" if after else ""
                yield Problem(file, message, row.Index, "printed")
        elif key[:2] in tables:
            where = " / ".join(key[2:])
            message = (
                f"no cell {where!r} in {key[1]!r} of {files['cells']}; expected a printed cell"
            )
            yield Problem(file, message, row.Index, "row, column")
        elif key[:2] not in sections:
            message = (
                f"{row.table!r} is no table of {row.source} in {files['cells']} and no section "
                f"in prose_sections of {files['sources']}"
            )
            yield Problem(file, message, row.Index, "table")
        elif any(key[2:]):
            message = "not empty although the number is printed in prose; expected empty cells"
            yield Problem(file, message, row.Index, "row_group, row, column")


def prose_sections(sources: pd.DataFrame) -> set[tuple[str, str]]:
    """Return (source, heading) of every section of prose."""
    return {
        (source, section)
        for source, listed in sources[["source", "prose_sections"]].itertuples(index=False)
        for section in listed.split(LIST_SEPARATOR)
    }


def _whole(printed: str) -> re.Pattern:
    """Return what finds `printed` where it is no part of a longer number."""
    return re.compile(rf"(?<![0-9])(?<![0-9]\.){re.escape(printed)}(?!\.?[0-9])")


def _levels(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield populations with a level that `populations` does not have, or has twice."""
    known = set(frames["populations"]["level"])
    for name, column in _POPULATIONS:
        for row, population in frames[name][column].items():
            path = levels(population)
            for level in path:
                if level not in known and level == level.strip() != "":
                    near = get_close_matches(level, sorted(known), n=1)
                    meant = f"; did you mean {near[0]!r}?" if near else ""
                    message = f"{level!r} is no level in {files['populations']}{meant}"
                    yield Problem(files[name], message, row, column)
            if len(set(path)) < len(path):
                message = f"{population!r} has a level twice; expected each once"
                yield Problem(files[name], message, row, column)


def _arms(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield trials without an arm, arms within one another, and numbers about no one arm."""
    arms: dict[str, list[str]] = {}
    for arm in frames["arms"].itertuples():
        for other in arms.get(arm.trial, ()):
            if is_within(arm.population, other) or is_within(other, arm.population):
                message = f"{arm.population!r} beside {other!r}; expected arms apart"
                yield Problem(files["arms"], message, arm.Index, "population")
        arms.setdefault(arm.trial, []).append(arm.population)
    for row, trial in frames["trials"]["trial"].items():
        if trial not in arms:
            message = f"{trial!r} is not in {files['arms']}; expected a row for each of its arms"
            yield Problem(files["trials"], message, row, "trial")
    about_an_arm = {o.outcome for o in frames["outcomes"].itertuples() if o.kind in _OF_AN_ARM}
    for number in frames["results"].itertuples():
        asked = number.outcome in about_an_arm and is_within(number.population, ROOT_POPULATION)
        own = arms.get(number.trial, []) if asked else []
        if own and not any(is_within(number.population, arm) for arm in own):
            listed = ", ".join(map(repr, own))
            message = f"{number.population!r}; expected patients of one arm: within {listed}"
            yield Problem(files["results"], message, number.Index, "population")


def _populations(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield populations outside their trial's tree, and those larger than the one above."""
    results, file = frames["results"], files["results"]
    sizes = _sizes(results)
    enrolled = {t.trial: float(t.enrolled) for t in frames["trials"].itertuples() if t.enrolled}
    for row in results.itertuples():
        if not row.trial:
            continue
        path = levels(row.population)
        if path[0] != ROOT_POPULATION or not all(level.strip() == level != "" for level in path):
            message = f"{row.population!r}; expected a path from {ROOT_POPULATION!r} down"
            yield Problem(file, message, row.Index, "population")
            continue
        if row.outcome != "patients" or row.statistic != "n" or not row.value:
            continue
        # The source may print one size in two ways: a level is refused when it is larger
        # than every size that is printed for a level above it.
        above = [
            max(sizes[k])
            for a in ancestors(row.population)
            if (k := (row.source, row.trial, a)) in sizes
        ]
        ceiling = min([*above, enrolled.get(row.trial, float("inf"))])
        if float(row.value) > ceiling:
            message = f"{row.value!r} patients in {row.population!r}; expected {ceiling:g} or fewer"
            yield Problem(file, message, row.Index, "value")


def _events(results: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Yield counts above the size of their population, and counts without a size."""
    sizes = _sizes(results)
    anywhere: dict[tuple, list[float]] = {}
    for (_, trial, population), values in sizes.items():
        anywhere.setdefault((trial, population), []).extend(values)
    for row in results[results["statistic"] == "events"].itertuples():
        known = sizes.get((row.source, row.trial, row.population)) or anywhere.get(
            (row.trial, row.population)
        )
        if known is None:
            message = f"{row.population!r} has no size; expected a row patients, n"
            yield Problem(file, message, row.Index, "population")
        elif row.value and float(row.value) > max(known):
            most = f"{max(known):g} or fewer, its n"
            message = f"{row.value!r} events in {row.population!r}; expected {most}"
            yield Problem(file, message, row.Index, "value")


def _derived(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield sizes by subtraction that are printed, or that nothing printed gives."""
    sizes = _sizes(frames["results"])
    for row in frames["derived"].itertuples():
        for column in ("whole", "part"):
            population = getattr(row, column)
            if (row.source, row.trial, population) not in sizes:
                message = f"{row.source} prints no size of {population!r}; expected a printed one"
                yield Problem(files["derived"], message, row.Index, column)
        if (row.source, row.trial, row.population) in sizes:
            message = f"{row.source} prints the size of {row.population!r}; expected none printed"
            yield Problem(files["derived"], message, row.Index, "population")


def _reports(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield reports that the sources of a trial or the printed numbers lack, and the reverse."""
    reports, file = frames["reports"], files["reports"]
    known = set(frames["sources"]["source"])
    listed: dict[str, set[str]] = {trial: set() for trial in frames["trials"]["trial"]}
    for row in reports.itertuples():
        listed.setdefault(row.trial, set()).add(row.source)
    for trial in frames["trials"].itertuples():
        facts = set(trial.facts_from.split(LIST_SEPARATOR))
        if facts <= known and facts != listed[trial.trial]:  # an unknown one is a fault of its own
            expected = ", ".join(sorted(listed[trial.trial])) or "none"
            message = f"{trial.facts_from!r}; expected those that {file} has: {expected}"
            yield Problem(files["trials"], message, trial.Index, "facts_from")
    numbers = frames["results"]
    for number in numbers.drop_duplicates(["trial", "source"]).itertuples():
        if number.source in known and number.source not in listed.get(number.trial, known):
            message = f"{number.source!r} has a number on {number.trial}; expected a row in {file}"
            yield Problem(files["results"], message, number.Index, "source")
    for row in reports.itertuples():
        if row.superseded_by and (
            row.superseded_by == row.source or row.superseded_by not in listed[row.trial]
        ):
            message = f"{row.superseded_by!r}; expected another report on {row.trial}"
            yield Problem(file, message, row.Index, "superseded_by")
        if (row.standing == "secondary") != (not row.stage):
            expected = "an empty cell" if row.standing == "secondary" else "how far the trial was"
            message = f"{row.stage!r} of a report that is {row.standing}; expected {expected}"
            yield Problem(file, message, row.Index, "stage")


def _overlaps(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield pairs of reports that no document prints, that are one report, or stand twice."""
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
                message = f"{report[0]} has no number about {report[2]!r} of {report[1]}"
                yield Problem(file, f"{message}; expected a printed one", row.Index, column)
        pair = frozenset((first, other))
        if first == other:
            message = "the report itself; expected another one"
            yield Problem(file, message, row.Index, "other_population")
        elif pair in first_row:
            message = f"the pair stands in row {first_row[pair]}; expected it once"
            yield Problem(file, message, row.Index, "other_population")
        first_row.setdefault(pair, row.Index)


def _comparisons(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield comparisons of a trial's own report, with itself, or judged without a counterpart."""
    file, reports = files["comparisons"], frames["reports"]
    secondary = reports.loc[reports["standing"] == "secondary", ["trial", "source"]]
    others = set(secondary.itertuples(index=False, name=None))
    numbers = frames["results"].set_index("id")[["trial", "source"]]
    place = dict(zip(numbers.index, numbers.itertuples(index=False, name=None), strict=True))
    for row in frames["comparisons"].itertuples():
        number, report = place.get(row.secondary), place.get(row.report)
        if number and number[0] and number not in others:
            message = (
                f"{number[1]} is a report of {number[0]} itself; expected a secondary document"
            )
            yield Problem(file, message, row.Index, "secondary")
        if number and report and number[1] == report[1]:
            message = f"{row.report!r} is of the same document; expected one of a report"
            yield Problem(file, message, row.Index, "report")
        if not row.report and row.verdict != "cannot be compared":
            message = f"{row.verdict!r} without a number of a report; expected cannot be compared"
            yield Problem(file, message, row.Index, "verdict")


def _pooling(frames: dict[str, pd.DataFrame], files: dict[str, str]) -> Iterator[Problem]:
    """Yield choices about a population of which the source prints nothing, or half-made ones."""
    printed = set(
        frames["results"][["source", "trial", "population"]].itertuples(index=False, name=None)
    )
    for row in frames["pooling"].itertuples():
        if (row.source, row.trial, row.population) not in printed:
            message = f"{row.source} has no number about {row.population!r} of {row.trial}"
            problem = f"{message}; expected a printed one"
            yield Problem(files["pooling"], problem, row.Index, "population")
        if (row.role == "shown") != bool(row.leaves_open):
            expected = "what the number leaves open" if row.role == "shown" else "an empty cell"
            message = f"{row.leaves_open!r} in the role {row.role}; expected {expected}"
            yield Problem(files["pooling"], message, row.Index, "leaves_open")


def _sizes(results: pd.DataFrame) -> dict[tuple[str, str, str], list[float]]:
    """Return every printed size of each (source, trial, population)."""
    rows = results[(results["outcome"] == "patients") & (results["statistic"] == "n")]
    sizes: dict[tuple[str, str, str], list[float]] = {}
    for row in rows[rows["value"] != ""].itertuples():
        sizes.setdefault((row.source, row.trial, row.population), []).append(float(row.value))
    return sizes
