"""Test claims about the content of tables: rows, words, adverse events."""

from __future__ import annotations

import re
from typing import Literal

import pandas as pd

from nenreview.auditing.adverse_events import GRADES
from nenreview.auditing.claims.answer import Answer, conflicts, fails, holds, remarks
from nenreview.auditing.expressions import entry
from nenreview.auditing.rules.spelling import repair
from nenreview.evidence.record.dataset import Dataset, trials
from nenreview.evidence.record.population import ROOT_POPULATION
from nenreview.evidence.record.rows import Claim, Number
from nenreview.evidence.sources import names_in_sentences, sources_of
from nenreview.stats.rate import Rate
from nenreview.wording import alternatives, fraction, interval
from nenreview.wording import words as in_words
from qmdbook.errors import unknown_name


def words_in_rows(
    claim: Claim,
    data: Dataset,
    table: str,
    column: str,
    words: list[str],
    rows: Literal["every", "some", "none"],
) -> Answer:
    """Test whether every row, some row or no row of a table has certain words in a column.

    With ``rows="every"``, each row must have all words; otherwise, one word is enough. If some rows
    should have a word and none does, the verdict is `NOTE`.
    """
    cells = _column(claim, data, table, column)
    if rows == "every":
        lacking = {word: [r for r, text in cells.items() if not _has(text, word)] for word in words}
        shown = "; ".join(
            f"{word}: {len(cells) - len(without)} of {len(cells)}"
            for word, without in lacking.items()
        )
        wrong = [f"“{word}” is missing in {_rows(r)}" for word, r in lacking.items() if r]
        if wrong:
            return fails(shown, f"In {table}, column {column}, {'; '.join(wrong)}.")
        return holds(shown)
    having = [row for row, text in cells.items() if any(_has(text, word) for word in words)]
    rate = Rate(len(having), len(cells))
    shown = f"{_some(rate)} rows with {alternatives(words)}"
    if bool(having) == (rows == "some"):
        return holds(shown)
    if having:
        return fails(shown, f"These are {_rows(sorted(having, key=int))}.")
    limits = interval(rate.clopper_pearson())
    return remarks(
        shown, f"No row of {table} names any of these in column {column} (95% CI {limits}%)."
    )


def _some(rate: Rate) -> str:
    """Return ``3 of 4``, or ``none of 4``."""
    return fraction(rate) if rate.events else f"none of {rate.n}"


def _rows(labels: list[str]) -> str:
    return f"{'rows' if len(labels) > 1 else 'row'} {alternatives(labels, 'and')}"


def cell_without_words(
    claim: Claim, data: Dataset, table: str, row: str, column: str, words: list[str]
) -> Answer:
    """Test whether a cell of a table has none of the words that would contradict the claim."""
    text = entry(_column(claim, data, table, column), row)
    contrary = [word for word in words if _has(text, word)]
    if not contrary:
        return holds(f"none of {', '.join(words)} in {column}")
    return conflicts(
        f"{column}: {', '.join(contrary)}",
        f"The same row of {table} says “{contrary[0]}”.",
    )


def cell_names(claim: Claim, data: Dataset, words: list[str], place: str) -> Answer:
    """Test whether the cell of the claim has the words that another place uses on the same trial.

    The answer uses `place`, which names that other place.
    """
    cell = entry(_column(claim, data, claim.table, claim.column), claim.row)
    lacking = [word for word in words if not _has(cell, word)]
    shown = f"{cell}; {', '.join(words)} in {place}"
    explanation = f"“{cell}” does not cover “{lacking[0]}”." if lacking else ""
    return conflicts(shown, explanation) if lacking else holds(shown)


def fact_of_trial(claim: Claim, data: Dataset, fact: str, other: str) -> Answer:
    """Test whether the cell of the claim equals a column of ``trials.csv`` for its trial.

    Parameters
    ----------
    claim : Claim
        The claim, with the place of the cell.
    data : Dataset
        The dataset.
    fact : str
        The column of ``trials.csv``.
    other : str
        The document from which ``trials.csv`` takes the fact.
    """
    cell = entry(_column(claim, data, claim.table, claim.column), claim.row)
    facts = entry(trials(data), claim.trial)
    if other not in facts.facts_from:
        kind = f"a document of {claim.trial}"
        raise LookupError(unknown_name(other, sources_of(facts), kind))
    known = entry(facts._asdict(), fact)
    shown = f"{cell} here, {known} in {names_in_sentences(data)[other]}"
    if cell == known:
        return holds(shown)
    return conflicts(shown, f"The two documents report the {fact} differently.")


def readable_characters(claim: Claim, data: Dataset) -> Answer:
    """Test whether the text of the claim has no broken characters; if not, return a `NOTE`."""
    broken = re.findall(r"[^\x00-\x7f]{2,}", claim.printed)
    repaired = repair(claim.printed)
    if repaired == claim.printed:
        return holds(claim.printed)
    notes = data.select(source=claim.source)["note"]
    places = sum(any(text in note for text in broken) for note in notes)
    explanation = (
        f"“{broken[0]}” is “{repair(broken[0])}” read in the wrong encoding, in "
        f"{in_words(places)} places."
    )
    return remarks(repaired, explanation)


def outcomes_reported(claim: Claim, data: Dataset, outcomes: list[str]) -> Answer:
    """Test whether the document reports a result for every outcome that its methods name.

    If not, the verdict is `NOTE`.
    """
    rows = data.select(source=claim.source, trial=claim.trial)
    rows = rows[
        rows["status"].isin(["reported", "not_reached"]) & (rows["statistic"] != "threshold")
    ]
    lacking = [outcome for outcome in outcomes if outcome not in set(rows["outcome"])]
    shown = f"{len(outcomes) - len(lacking)} of {len(outcomes)} endpoints with a result"
    if not lacking:
        return holds(shown)
    named = alternatives(lacking, "and")
    return remarks(shown, f"The methods name {named}, for which the source reports no result.")


def outcome_in_table(
    claim: Claim, data: Dataset, cited: str, outcome: str, words: list[str]
) -> Answer:
    """Test whether a table that the claim cites reports an outcome for certain groups of patients.

    The groups are those with one of `words` in the path of their population.
    """
    rows = data.select(source=claim.source, table=cited, outcome=outcome)
    named = sum(any(_has(p, word) for word in words) for p in rows["population"])
    groups = f"{alternatives(words)} tumours in {cited}"
    if named:
        return holds(f"{named} numbers of {outcome} for {groups}")
    return fails(
        f"no {outcome} for {groups}",
        f"{cited} reports {outcome} only for whole columns ({len(rows)} numbers).",
    )


def trial_in_table(claim: Claim, data: Dataset, trial: str) -> Answer:
    """Test whether the table of the claim includes a given trial; if not, return a `NOTE`."""
    listed = data.select(source=claim.source, table=claim.table)["trial"]
    among = trial in set(listed)
    known, years = entry(trials(data), trial), data.sources.set_index("source")["year"]
    shown = f"{listed.nunique()} trials, {known.name} {'' if among else 'not '}among them"
    if among:
        return holds(shown)
    return remarks(
        shown,
        f"The missing trial has {known.enrolled} patients and was published in "
        f"{years[known.facts_from]}; the table is of {years[claim.source]}.",
    )


def same_categories(
    claim: Claim, data: Dataset, outcome: str, first: list[str], second: list[str]
) -> Answer:
    """Test whether two places give the same number of patients in each category of an outcome.

    Parameters
    ----------
    claim : Claim
        The claim, which names the document and the trial.
    data : Dataset
        The dataset.
    outcome : str
        The outcome; categories that end in ``*`` (explained in a footnote) are left out.
    first, second : list of str
        The tables or sections of each place.
    """
    counts = []
    for tables in (first, second):
        rows = data.select(
            source=claim.source,
            trial=claim.trial,
            outcome=outcome,
            statistic="events",
            population=ROOT_POPULATION,
        )
        rows = rows[rows["table"].isin(tables) & ~rows["category"].str.endswith("*")]
        counts.append(rows.drop_duplicates("category").set_index("category")["value"])
    both = pd.concat(counts, axis=1, keys=["first", "second"]).fillna(0).astype(int)
    differ = both[both["first"] != both["second"]]
    sums = " and ".join(str(n) for n in both.sum())
    if differ.empty:
        return holds(f"{len(both)} categories, {sums} patients")
    shown = "; ".join(f"{name} {one} and {other}" for name, one, other in differ.itertuples())
    return conflicts(shown, f"{first[0]} and {second[0]} add up to {sums} patients.")


def most_frequent(
    claim: Claim, data: Dataset, named: list[str], outcome: str, table: str, statistic: str
) -> Answer:
    """Test whether the named categories of a table are its most frequent, with no tie left out."""
    rows = data.select(
        source=claim.source,
        trial=claim.trial,
        table=table,
        outcome=outcome,
        statistic=statistic,
        population=ROOT_POPULATION,
    )
    rows = rows[rows["grade"].isin(["", "any"])]
    values = dict(zip(rows["category"], rows["value"], strict=True))
    least = min(entry(values, name) for name in named)
    above = [name for name, value in values.items() if value >= least and name not in named]
    unit = "%" if statistic == "percent" else ""
    shown = "; ".join(f"{name} {values[name]:g}{unit}" for name in [*named, *above])
    if not above:
        return holds(shown)
    left_out = alternatives([f"{name} ({values[name]:g}{unit})" for name in above], "and")
    return fails(
        shown,
        f"The claim leaves out {left_out}, at least as frequent as one that it names "
        f"({least:g}{unit}).",
    )


def worst_grade(claim: Claim, data: Dataset, event: Number, table: str) -> Answer:
    """Test whether a table has no other adverse event of the same or a higher grade."""
    rows = _by_grade(claim, data, table)
    severe = rows[rows["grade"].astype(int) >= int(event.grade)]
    others = severe[severe["category"] != event.category]
    if others.empty:
        return holds(_grades(severe))
    worst = [f"{r.category} (grade {r.grade})" for r in others.itertuples()]
    return fails(_grades(severe), f"The table also has {alternatives(worst, 'and')}.")


def grade_at_most(claim: Claim, data: Dataset, named: list[str], grade: int, table: str) -> Answer:
    """Test whether no named adverse event in a table has a grade above a limit."""
    rows = _by_grade(claim, data, table)
    rows = rows[rows["category"].isin(named)]
    above = rows[rows["grade"].astype(int) > grade]
    if above.empty:
        return holds(_grades(rows))
    worst = next(above.itertuples())
    return fails(_grades(rows), f"{worst.category} has grade {worst.grade}.")


def same_grades(claim: Claim, data: Dataset, events: list[Number], table: str) -> Answer:
    """Test whether a table gives adverse events the same grades as another place does."""
    rows = _by_grade(claim, data, table)
    wrong, shown = [], []
    for event in events:
        grades = list(rows.loc[rows["category"] == event.category, "grade"])
        shown.append(f"{event.category} grade {event.printed}, in the table {', '.join(grades)}")
        if grades != [event.printed]:
            wrong.append(shown[-1])
    return conflicts("; ".join(shown), f"{wrong[0]}.") if wrong else holds("; ".join(shown))


def _by_grade(claim: Claim, data: Dataset, table: str) -> pd.DataFrame:
    """Return the numbers above zero of a table of adverse events by grade."""
    rows = data.select(source=claim.source, trial=claim.trial, table=table)
    rows = rows[rows["grade"].isin(GRADES) & (rows["value"] > 0)]
    if rows.empty:
        raise LookupError(
            f"{table!r} of {claim.source} has no adverse event by grade; expected a table that has"
        )
    return rows


def _grades(rows: pd.DataFrame) -> str:
    return "; ".join(f"{r.category} grade {r.grade}, {r.printed}%" for r in rows.itertuples())


def _column(claim: Claim, data: Dataset, table: str, column: str) -> dict[str, str]:
    """Return the cells of a column of a table of the claim's source, by the label of their row."""
    cells = data.cells
    cells = cells[(cells["source"] == claim.source) & (cells["table"] == table)]
    cells = cells[(cells["column"] == column) & (cells["row"] != "")]
    if cells.empty:
        listed = data.cells[(data.cells["source"] == claim.source) & (data.cells["table"] == table)]
        kind = f"a column of {table!r} of {claim.source}"
        known = listed["column"].unique()
        expected = ", ".join(known) or "a table and a column of data/cells.csv"
        raise LookupError(unknown_name(column, known, kind, expected))
    return dict(zip(cells["row"], cells["printed"], strict=True))


def _has(text: str, word: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE))
