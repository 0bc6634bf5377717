"""Test the claims that documents make in words against the numbers that they report.

A claim is an entry of ``data/claims/``. It names its test, a function of `TESTS`, and the arguments
of the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from nenreview.auditing.claims import cells, designs, numbers, rates, times
from nenreview.auditing.claims.answer import Answer
from nenreview.auditing.claims.arguments import parameters, read_arguments
from nenreview.auditing.finding import MATCH, NO_SEVERITY, NOT_CHECKABLE, Finding, place
from nenreview.auditing.index import NumberIndex
from nenreview.evidence.record.dataset import DATASETS, Dataset, numbers_by_key
from nenreview.evidence.record.rows import Claim, rows_of
from qmdbook.errors import InputError, Problem, unknown_name

Test = Callable[..., Answer]
# The tests; the data name each test by the name of its function, with spaces.
_TESTS: tuple[Test, ...] = (
    *(rates.higher_rate, rates.larger_share, rates.similar_rates, rates.extreme_rate),
    *(rates.same_percentage, rates.percentage_of_group, rates.no_events, rates.same_count),
    *(rates.exchanged_columns, rates.fisher_p_value, rates.nested_reports),
    *(rates.rate_without_part, rates.rate_with_more_events, rates.label_covers),
    *(rates.completeness, rates.interval_reported, rates.comparable_to_range),
    *(rates.target_reported,),
    *(numbers.adds_up, numbers.rate_in_range, numbers.range_covers, numbers.range_below),
    *(numbers.same_numbers, numbers.same_time, numbers.repeated_number),
    *(numbers.all_reported, numbers.missing_everywhere, numbers.units_reported),
    *(numbers.confidence_level_reported, numbers.whole_trials, numbers.number_of_references),
    *(times.median_at_first_scan, times.median_of_counts, times.median_set_by_few),
    *(times.median_set_by_group, times.outlying_median, times.half_ended),
    *(times.lasting_responses, times.landmark_reported, times.whole_cycles),
    *(cells.words_in_rows, cells.cell_without_words, cells.cell_names, cells.fact_of_trial),
    *(cells.readable_characters, cells.outcomes_reported, cells.outcome_in_table),
    *(cells.trial_in_table, cells.same_categories, cells.most_frequent, cells.worst_grade),
    *(cells.grade_at_most, cells.same_grades),
    *(designs.stopping_rule, designs.dose_levels_filled, designs.adjusted_p_values),
    *(designs.share_of_tested,),
)
TESTS = {test.__name__.replace("_", " "): test for test in _TESTS}


def claims(index: NumberIndex) -> Iterator[Finding]:
    """Yield a finding for each claim of the documents, with the answer of its test.

    Raises
    ------
    InputError
        If a test is unknown or cannot use its arguments; the error lists all such claims.
    """
    answers, problems = _answers(index.data)
    if problems:
        raise InputError(*problems)
    for claim, answer in answers:
        yield _finding(claim, answer)


def claim_problems(data: Dataset) -> list[Problem]:
    """Return a problem for each claim whose test is unknown or cannot use its arguments."""
    return _answers(data)[1]


@lru_cache(DATASETS)
def _answers(data: Dataset) -> tuple[list[tuple[Claim, Answer]], list[Problem]]:
    """Return the answer of every claim's test, and a problem for each test that cannot answer."""
    answers, problems = [], []
    for claim in rows_of(data.claims, Claim):
        if claim.test in TESTS:
            answer, faults = _tested(TESTS[claim.test], claim, data)
        else:
            message = unknown_name(claim.test, sorted(TESTS), "a test of claims")
            answer, faults = None, [("test", message)]
        if answer:
            answers.append((claim, answer))
        for key, message in faults:
            line = claim.lines.get(key) or claim.lines.get("arguments", claim.lines["test"])
            problems.append(Problem(claim.file, message, line, key))
    return answers, problems


def _tested(test: Test, claim: Claim, data: Dataset) -> tuple[Answer | None, list[tuple[str, str]]]:
    """Return the answer of a test, or each key that it cannot use with the message."""
    kinds = dict(parameters(test))
    provided = {Claim: claim, Dataset: data}
    own = {name: provided[kinds.pop(name)] for name in list(kinds) if kinds[name] in provided}
    arguments, faults = read_arguments(kinds, claim.arguments, numbers_by_key(data))
    if not faults:
        try:
            return test(**own, **arguments), []
        except (LookupError, ValueError, ArithmeticError) as error:
            return None, [("arguments", f"the test {claim.test!r} cannot be made: {error}")]
    return None, [(f"arguments.{name}", message) for name, message in faults]


def _finding(claim: Claim, answer: Answer) -> Finding:
    holds = answer.verdict in (MATCH, NOT_CHECKABLE)
    return Finding(
        id=claim.claim,
        check=f"claim: {claim.test}",
        number=claim.claim,
        **place(claim),
        printed=claim.printed,
        recomputed=answer.recomputed,
        verdict=answer.verdict,
        severity=NO_SEVERITY if holds else claim.severity,
        explanation=answer.explanation,
    )
