"""Claims about what tables say: their rows, their words, their adverse events."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from nenreview.audit.claims.answer import Answer, conflicts, fails, holds, remarks
from nenreview.audit.claims.quantities import Quantities, listed
from nenreview.audit.rules.spelling import repair
from nenreview.evidence.rows import Claim
from nenreview.stats.rate import Rate
from nenreview.wording import interval, of

_GRADES = ("1", "2", "3", "4", "5")


def every_row(claim: Claim, read: Quantities, *, table: str, column: str, words: str) -> Answer:
    """Test that every row of a table has each of some words in a column."""
    cells = _column(claim, read, table, column)
    lacking = {
        word: [row for row, text in cells.items() if not _has(text, word)] for word in listed(words)
    }
    shown = "; ".join(
        f"{w}: {len(cells) - len(rows)} of {len(cells)}" for w, rows in lacking.items()
    )
    wrong = [f"{w} not in row {' and '.join(rows)}" for w, rows in lacking.items() if rows]
    if wrong:
        return fails(shown, f"in {table}, {column}: {'; '.join(wrong)}")
    return holds(shown)


def some_row(claim: Claim, read: Quantities, *, table: str, column: str, words: str) -> Answer:
    """Say where no row of a table has any of some words in a column."""
    cells = _column(claim, read, table, column)
    found = [row for row, text in cells.items() if any(_has(text, w) for w in listed(words))]
    rate = Rate(len(found), len(cells))
    shown = f"{of(rate)} rows with {' or '.join(listed(words))}"
    if found:
        return holds(shown)
    limits = interval(rate.clopper_pearson())
    return remarks(shown, f"{of(rate)} in {table}, {column}; 95% interval {limits}%")


def no_row(claim: Claim, read: Quantities, *, table: str, column: str, words: str) -> Answer:
    """Test that no row of a table has any of some words in a column."""
    cells = _column(claim, read, table, column)
    found = [row for row, text in cells.items() if any(_has(text, w) for w in listed(words))]
    shown = f"{len(found)} of {len(cells)} rows with {' or '.join(listed(words))}"
    if not found:
        return holds(shown)
    return fails(shown, f"rows {', '.join(sorted(found, key=int))}")


def not_denied(
    claim: Claim, read: Quantities, *, table: str, row: str, column: str, words: str
) -> Answer:
    """Test that a cell has none of some words against the claim."""
    text = _column(claim, read, table, column)[row]
    found = [w for w in listed(words) if _has(text, w)]
    if not found:
        return holds(f"none of {words} in {column}")
    return conflicts(f"{column}: {', '.join(found)}", f"{found[0]} in {table}, {column}")


def names(claim: Claim, read: Quantities, *, words: str, place: str) -> Answer:
    """Test that a cell names what another place names of the same trial."""
    cell = _column(claim, read, claim.table, claim.column)[claim.row]
    lacking = [w for w in listed(words) if not _has(cell, w)]
    shown = f"{cell}; {words} in {place}"
    return conflicts(shown, f"{cell} does not cover {lacking[0]}") if lacking else holds(shown)


def as_registered(claim: Claim, read: Quantities, *, fact: str, other: str) -> Answer:
    """Test a cell against what ``trials.csv`` has from another source."""
    cell = _column(claim, read, claim.table, claim.column)[claim.row]
    trial = read.data.trials.set_index("trial").loc[claim.trial]
    shown = f"{cell} here, {trial[fact]} in {other}"
    if other not in trial["facts_from"]:
        raise LookupError(f"{other!r} is no source of {claim.trial}; {trial['facts_from']} are")
    return holds(shown) if cell == trial[fact] else conflicts(shown, f"two prints of the {fact}")


def characters(claim: Claim, read: Quantities) -> Answer:
    """Test that the held text has no character that a change of encoding has broken."""
    broken = re.findall(r"[^\x00-\x7f]{2,}", claim.printed)
    repaired = repair(claim.printed)
    if repaired == claim.printed:
        return holds(claim.printed)
    rows = read.data.select(source=claim.source)
    places = sum(any(text in note for text in broken) for note in rows["note"])
    explanation = (
        f"{broken[0]} is {repair(broken[0])} read in the wrong encoding, in {places} places"
    )
    return remarks(repaired, explanation)


def with_results(claim: Claim, read: Quantities, *, outcomes: str) -> Answer:
    """Test that each outcome that the methods name has a result in the source."""
    rows = read.data.select(source=claim.source, trial=claim.trial)
    rows = rows[
        rows["status"].isin(["reported", "not_reached"]) & (rows["statistic"] != "threshold")
    ]
    lacking = [outcome for outcome in listed(outcomes) if outcome not in set(rows["outcome"])]
    n = len(listed(outcomes))
    shown = f"{n - len(lacking)} of {n} with a result"
    if not lacking:
        return holds(shown)
    return remarks(shown, f"named, and no result is printed: {', '.join(lacking)}")


def table_holds(claim: Claim, read: Quantities, *, cited: str, outcome: str, words: str) -> Answer:
    """Test that a cited table has an outcome of the populations that it is cited for."""
    rows = read.data.select(source=claim.source, table=cited, outcome=outcome)
    found = [p for p in rows["population"] if any(_has(p, word) for word in listed(words))]
    shown = f"{len(found)} numbers of {outcome} by {' or '.join(listed(words))} in {cited}"
    if found:
        return holds(shown)
    return fails(shown, f"{cited} prints {outcome} of whole columns alone, {len(rows)} numbers")


def in_table(claim: Claim, read: Quantities, *, trial: str) -> Answer:
    """Say whether a trial of the other sources is in a table."""
    rows = read.data.select(source=claim.source, table=claim.table)
    known = read.data.trials.set_index("trial").loc[trial]
    among = trial in set(rows["trial"])
    shown = f"{rows['trial'].nunique()} trials, {trial} {'' if among else 'not '}among them"
    if among:
        return holds(shown)
    years = read.data.sources.set_index("source")["year"]
    return remarks(
        shown,
        f"{known['name']} ({known['enrolled']} patients, published "
        f"{years[known['facts_from']]}) is not in the table of {years[claim.source]}",
    )


def lists_agree(claim: Claim, read: Quantities, *, outcome: str, first: str, second: str) -> Answer:
    """Test that two places count the same categories; one ending in * is spelt out in its note."""
    counts = []
    for tables in (first, second):
        rows = read.data.select(source=claim.source, trial=claim.trial, outcome=outcome)
        rows = rows[rows["table"].isin(listed(tables)) & (rows["population"] == "all")]
        rows = rows[(rows["statistic"] == "events") & ~rows["category"].str.endswith("*")]
        counts.append(rows.drop_duplicates("category").set_index("category")["value"])
    both = pd.concat(counts, axis=1, keys=["first", "second"]).fillna(0).astype(int)
    differ = both[both["first"] != both["second"]]
    sums = " and ".join(str(int(n)) for n in both.sum())
    if differ.empty:
        return holds(f"{len(both)} categories, {sums} patients")
    shown = "; ".join(f"{name} {row.first} and {row.second}" for name, row in _named(differ))
    return conflicts(
        shown, f"{listed(first)[0]} against {listed(second)[0]}, in sum {sums}: {shown}"
    )


def _named(frame: pd.DataFrame) -> Iterator[tuple]:
    return zip(frame.index, frame.itertuples(index=False), strict=True)


def most_frequent(
    claim: Claim, read: Quantities, *, named: str, outcome: str, table: str, statistic: str
) -> Answer:
    """Test that the named categories of a table are its most frequent, ties included."""
    rows = read.data.select(
        source=claim.source, trial=claim.trial, table=table, outcome=outcome, statistic=statistic
    )
    rows = rows[rows["population"].eq("all") & rows["grade"].isin(["", "any"])]
    values = rows.set_index("category")["value"]
    wanted = listed(named)
    least = values[wanted].min()
    above = values[(values >= least) & ~values.index.isin(wanted)]
    unit = "%" if statistic == "percent" else ""
    shown = "; ".join(f"{name} {values[name]:g}{unit}" for name in [*wanted, *above.index])
    if above.empty:
        return holds(shown)
    left_out = ", ".join(f"{name} ({value:g}{unit})" for name, value in above.items())
    return fails(shown, f"leaves out {left_out}, no rarer than the {least:g}{unit} of a named one")


def worst_grade(claim: Claim, read: Quantities, *, event: str, table: str) -> Answer:
    """Test that an adverse event named by its grade is the only one of that grade or worse."""
    named = read.number(event)
    rows = _by_grade(claim, read, table)
    severe = rows[(rows["grade"].astype(int) >= int(named.grade))]
    others = severe[severe["category"] != named.category]
    shown = "; ".join(f"{r.category} grade {r.grade}, {r.printed}%" for r in severe.itertuples())
    if others.empty:
        return holds(shown)
    worst = ", ".join(f"{r.category} (grade {r.grade})" for r in others.itertuples())
    return fails(shown, f"besides {named.category} (grade {named.grade}) the table has {worst}")


def grade_at_most(claim: Claim, read: Quantities, *, named: str, grade: str, table: str) -> Answer:
    """Test that adverse events have no grade above a limit."""
    rows = _by_grade(claim, read, table)
    rows = rows[rows["category"].isin(listed(named))]
    shown = "; ".join(f"{r.category} grade {r.grade}, {r.printed}%" for r in rows.itertuples())
    above = rows[rows["grade"].astype(int) > int(grade)]
    if above.empty:
        return holds(shown)
    return fails(shown, f"{above['category'].iloc[0]} has grade {above['grade'].iloc[0]}")


def graded_alike(claim: Claim, read: Quantities, *, events: str, table: str) -> Answer:
    """Test that events have the one grade in a table that another place prints."""
    rows = _by_grade(claim, read, table)
    wrong, shown = [], []
    for event in read.numbers(events):
        grades = list(rows.loc[rows["category"] == event.category, "grade"])
        shown.append(f"{event.category} grade {event.printed}, in the table {', '.join(grades)}")
        if grades != [event.printed]:
            wrong.append(shown[-1])
    return conflicts("; ".join(shown), wrong[0]) if wrong else holds("; ".join(shown))


def _by_grade(claim: Claim, read: Quantities, table: str) -> pd.DataFrame:
    """Return the numbers above nought of a table of adverse events by grade."""
    rows = read.data.select(source=claim.source, trial=claim.trial, table=table)
    rows = rows[rows["grade"].isin(_GRADES) & (rows["value"] > 0)]
    if rows.empty:
        raise LookupError(f"no adverse event by grade in {table!r} of {claim.source}")
    return rows


def _column(claim: Claim, read: Quantities, table: str, column: str) -> dict[str, str]:
    """Return the cells of a column of a table of the claim's source, by the label of their row."""
    cells = read.data.cells
    cells = cells[(cells["source"] == claim.source) & (cells["table"] == table)]
    cells = cells[(cells["column"] == column) & (cells["row"] != "")]
    if cells.empty:
        raise LookupError(f"no column {column!r} in {table!r} of {claim.source}")
    return dict(zip(cells["row"], cells["printed"], strict=True))


def _has(text: str, word: str) -> bool:
    return bool(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE))


TESTS = (
    *(every_row, some_row, no_row, not_denied, names, as_registered, characters, with_results),
    *(table_holds, in_table, lists_agree, most_frequent, worst_grade, grade_at_most),
    *(graded_alike,),
)
