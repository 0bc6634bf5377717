"""The audit on trials that are made up: what it says of clean pages, and of planted errors."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from conftest import computed_once
from helpers_data import DATA
from hypothesis import given, settings
from hypothesis import strategies as st

from nenreview.auditing import ledger
from nenreview.auditing.finding import DISAGREEING, MATCH, NOT_CHECKABLE
from nenreview.auditing.ledger import audit, rule_findings
from nenreview.auditing.validation.kinds import KINDS
from nenreview.auditing.validation.made_up_trial import (
    ALL,
    DISCUSSION,
    FIRST,
    INTERIM,
    NEC,
    NET,
    SECOND,
)
from nenreview.auditing.validation.misprints import Impossible
from nenreview.auditing.validation.patients import draw, median, median_limits
from nenreview.auditing.validation.study import alarms, false_alarms, measure, outcomes
from nenreview.auditing.validation.synthetic import (
    EFFICACY,
    EVENTS,
    Cell,
    Number,
    dataset,
    error_free_pages,
)
from nenreview.evidence.record.dataset import load, read
from nenreview.evidence.record.schema import column_names
from nenreview.scaffold.rows import record_row

pytestmark = pytest.mark.slow

SEED, REPEATS = 20260, 20
BY_NAME = {kind.name: kind for kind in KINDS}


def pages_of(seed, **sizes):
    return error_free_pages(np.random.default_rng(seed), **sizes)


# Clean pages.


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), smallest=st.sampled_from([8, 24, 60, 150, 300]))
def test_nothing_is_held_against_clean_pages(seed, smallest):
    pages = pages_of(seed, smallest=smallest, largest=smallest + 40)
    assert alarms(pages) == []


def test_false_alarms_are_counted_over_all_checks_that_were_made():
    rate = false_alarms(3, SEED)
    pages = [error_free_pages(np.random.default_rng([SEED, i])) for i in range(3)]
    checks = [f for p in pages for f in rule_findings(dataset(p)) if f.verdict != NOT_CHECKABLE]
    assert (rate.events, rate.n) == (0, len(checks))
    assert rate.n > 500


def test_a_false_alarm_is_counted(monkeypatch):
    def alarmist(record):
        yield replace(next(ledger.arithmetic(record)), verdict="conflict")

    monkeypatch.setattr(ledger, "RULES", (*ledger.RULES, alarmist))
    assert false_alarms(3, SEED).events == 3


def test_every_rule_finds_something_to_check_on_clean_pages():
    checks = {f.check for i in range(3) for f in rule_findings(dataset(pages_of(i)))}
    wanted = {rule for kind in KINDS for rule in kind.rules} - {"spelling", "characters"}
    assert wanted <= checks


@pytest.mark.parametrize("seed", [1, 2])
def test_clean_pages_pass_the_checks_of_the_data(seed, tmp_path):
    assert problems(pages_of(seed), tmp_path) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_planted_error_passes_the_checks_of_the_data(kind, tmp_path):
    # What the check of the data refuses would never come before the audit.
    planted = planted_in(kind, 5)
    found = problems(planted, tmp_path)
    # A misprint may leave the other copies of its number in the same cell out of order.
    assert [p for p in found if "is not in the cell" not in str(p)] == []


def judged_as_the_review(data):
    """Return made-up data with the review's own judgements, which no check lets be missing."""
    real = load(DATA)
    appraisal = real.appraisal.assign(
        source=real.appraisal["source"].map(
            {"jia2022": FIRST, "review2023": SECOND, "lu2020": INTERIM}
        )
    )
    trial = data.trials["trial"].iloc[0]
    records = [record_row(trial, one) | {"title": "made up"} for one in data.sources["source"]]
    return replace(
        data,
        records=pd.DataFrame(records),
        appraisal=appraisal.dropna(subset="source"),
        certainty=real.certainty,
        reporting=real.reporting,
    )


def problems(pages, folder):
    """Return what the check of the data says of pages written as its files."""
    data = judged_as_the_review(dataset(pages))
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        name = resource["name"]
        if name == "claims":
            resource["path"] = ["claims.yml"]
            (folder / "claims.yml").write_text("[]\n")  # nothing is claimed
            continue
        # Of a table that is empty here, the head that the data package wants.
        frame = getattr(data, name).reindex(columns=column_names(resource))
        if name == "results":
            frame["value"] = ["" if np.isnan(v) else f"{v:g}" for v in frame["value"]]
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    return read(folder)[1]


def planted_in(kind, seed):
    for i in range(20):
        try:
            return kind.plant(np.random.default_rng(seed), pages_of(seed + i))
        except Impossible:
            continue
    raise AssertionError(f"no place for {kind.name}")


@given(seed=st.integers(0, 2**32))
def test_the_median_of_all_patients_lies_between_those_of_their_parts(seed):
    patients = draw(np.random.default_rng(seed), 40, treatments=1, events=1)
    for times in (patients.pfs, patients.os):
        whole, *parts = (
            median(times[who]) for who in (patients.nec | True, patients.nec, ~patients.nec)
        )
        assert min(parts) <= whole <= max(parts)
        low, high = median_limits(times)
        assert low <= whole <= high


def test_limits_of_a_median_are_those_of_the_sign_test():
    # Conover 1999, table A3: of 10 values the 2nd and the 9th, 97.9%; of 20 the 6th and 15th, 95.9%.
    assert median_limits(np.arange(1, 11) / 10) == (0.2, 0.9)
    assert median_limits(np.arange(1, 21) / 10) == (0.6, 1.5)


# Planted errors.

# One in ten of the others may be missed by bad luck of 20; where a floor is lower, some such
# errors leave everything consistent (`Kind.missed` says which).
FLOORS = {
    # Any number at all, estimates from curves and medians among them: they bound one another.
    "a digit changed": 0.7,
    "neighbouring digits exchanged": 0.7,
    # An exact half, cut off, prints as one rounded to even.
    "a percentage cut off, not rounded": 0.85,
    # Of many tables some has the wrong p value, by one of five tests.
    "a p value": 0.75,
    # Some landmarks are printed without a median of the same patients.
    "a survival rate at a set time on the wrong side of 50%": 0.75,
    # 12.7 beside 12.8 months may be 12.75, cut off in one place.
    "a number that differs between text and table": 0.85,
    "a duration of response that differs between two places": 0.85,
    "the share of patients with a marker, or their response rate": 0.85,
    # A part may have the median of all, and one in six reports leaves out that of the part.
    "a median of all patients that a review gives for one group": 0.75,
}
CERTAIN = (
    *("a percentage of another denominator", "the count of a category", "limits exchanged"),
    *("a median outside its limits", "a broken character"),
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> pd.DataFrame:
    """The study, made once for all workers."""
    study = partial(measure, REPEATS, SEED)
    return computed_once(tmp_path_factory, "planted errors", study).set_index("kind")


@pytest.mark.parametrize("kind", BY_NAME)
def test_a_planted_error_is_caught_as_often_as_can_be(measured, kind):
    floor = 1.0 if kind in CERTAIN else FLOORS.get(kind, 0.9)
    row = measured.loc[kind]
    assert row["planted"] == REPEATS
    assert row["sensitivity"].n == REPEATS
    assert row["caught"] == row["sensitivity"].events
    assert row["sensitivity"].proportion >= floor
    assert floor == 1 or row["missed"] or row["caught"] == REPEATS


def test_what_is_missed_is_explained(measured):
    incomplete = measured[measured["caught"] < measured["planted"]]
    assert all(incomplete["missed"])
    assert set(FLOORS) | set(CERTAIN) <= set(measured.index)


def test_the_same_seed_gives_the_same_table_and_another_one_another():
    def planted(seed):
        return [o.after for kind in KINDS for o in outcomes(kind, 1, seed)]

    kinds = KINDS[:4]
    assert planted(1) == planted(1)
    assert planted(1) != planted(2)
    assert measure(2, 1, kinds).equals(measure(2, 1, kinds))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_planted_error_changes_what_is_printed(kind):
    for outcome in outcomes(kind, 3, SEED):
        assert [c.printed for c in outcome.before] != [c.printed for c in outcome.after]
        if "column" not in kind.name:
            assert len(outcome.before) == 1


def test_an_error_is_caught_by_a_rule_that_is_there_for_it():
    for kind in KINDS:
        caught = [o for o in outcomes(kind, 4, SEED) if o.caught]
        checks = {f.check for o in caught for f in o.findings}
        assert caught
        assert not kind.rules or checks & set(kind.rules), kind.name


# For each rule, a kind that nothing else finds as often.
IDLE = {
    "arithmetic": "a percentage cut off, not rounded",
    "sums": "the grade of an adverse event",
    "agreement": "a number that differs between text and table",
    "primary_reports": "an interim result that a review gives as final",
    "times": "limits exchanged",
    "p_values": "a p value",
    "marker_counts": "the share of patients with a marker, or their response rate",
    "rate_intervals": "a limit of the interval of a rate",
}


@pytest.mark.parametrize("rule", IDLE)
def test_a_rule_that_does_nothing_is_noticed(monkeypatch, measured, rule):
    idle = [r if r.__name__ != rule else (lambda record: iter(())) for r in ledger.RULES]
    assert idle != list(ledger.RULES)
    monkeypatch.setattr(ledger, "RULES", tuple(idle))
    kind = BY_NAME[IDLE[rule]]
    (row,) = measure(REPEATS, SEED, (kind,)).itertuples()
    assert row.caught < measured.loc[kind.name, "caught"]


def test_a_rule_of_spelling_that_does_nothing_is_noticed(monkeypatch):
    monkeypatch.setattr(ledger, "spelling", lambda data: iter(()))
    kinds = tuple(BY_NAME[name] for name in ("the name of a drug", "a broken character"))
    assert list(measure(3, SEED, kinds)["caught"]) == [0, 0]


def test_a_kind_without_a_place_is_refused():
    def nowhere(rng, pages):
        raise Impossible

    with pytest.raises(RuntimeError, match="0 places for 'nothing'"):
        list(outcomes(replace(KINDS[0], name="nothing", plant=nowhere), 1, SEED))


# Clean prints that rules took for errors, and errors that they passed over.


def cell(*numbers, row="x", column="value", table=EFFICACY, source=FIRST, text=""):
    prose = {"row": "", "column": ""} if table == DISCUSSION else {"row": row, "column": column}
    return Cell(source, table, text or " ".join(["{}"] * len(numbers)), numbers=numbers, **prose)


def number(population, outcome, statistic, printed, unit="", **named):
    return Number(population, outcome, statistic, printed, unit, **named)


def sizes(everyone, net, nec):
    groups = {ALL: everyone, NET: net, NEC: nec}
    return [
        cell(number(p, "patients", "n", str(n), "patients"), row=p)
        for p, n in groups.items()
        if n is not None
    ]


def not_reached(population, outcome):
    return number(population, outcome, "median", "NR", "months", status="not_reached")


def verdicts(check, *cells):
    return [f.verdict for f in rule_findings(dataset(cells)) if f.check == check]


def medians(**printed):
    groups = {"all": ALL, "net": NET, "nec": NEC}
    return [
        cell(
            not_reached(groups[name], "OS")
            if value == "NR"
            else number(groups[name], "OS", "median", value, "months"),
            column=name,
        )
        for name, value in printed.items()
    ]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ({"all": "9.0", "nec": "10.8"}, []),  # NET may be anything: it is not printed
        ({"all": "9.0", "nec": "10.8", "net": "NR"}, ["inconsistent"]),
        ({"all": "12.7", "nec": "10.8", "net": "NR"}, [MATCH]),
        ({"all": "12.7", "nec": "10.8", "net": "11.0"}, ["inconsistent"]),
    ],
)
def test_a_part_that_is_not_printed_is_not_taken_for_one_not_reached(printed, expected):
    assert verdicts("parts", *sizes(24, 6, 18), *medians(**printed)) == expected


def landmark(population, percent, at="6"):
    named = {"category": f"{at} months"}
    return cell(
        number(population, "PFS rate", "threshold", at, "months", **named),
        number(population, "PFS rate", "percent", percent, "%", **named),
        column=population,
    )


def progression(population, value):
    shown = number(population, "PFS", "median", value, "months")
    return cell(
        shown if value != "NR" else not_reached(population, "PFS"), row="PFS", column=population
    )


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # Of NET alone more than half are without progression; of NEC nothing is printed.
        ([landmark(NET, "70.0"), progression(ALL, "2.1")], []),
        (
            [landmark(NET, "70.0"), landmark(NEC, "60.0"), progression(ALL, "2.1")],
            ["inconsistent"] * 2,
        ),
        ([landmark(NET, "70.0"), landmark(NEC, "40.0"), progression(ALL, "2.1")], [MATCH] * 2),
        # A rate with a median of its own needs no other.
        ([landmark(ALL, "70.0"), landmark(NEC, "40.0"), progression(ALL, "2.1")], ["inconsistent"]),
        ([landmark(ALL, "40.0"), progression(ALL, "NR")], ["inconsistent"]),
        ([landmark(ALL, "60.0"), progression(ALL, "NR")], [MATCH]),
    ],
)
def test_a_landmark_is_judged_where_all_its_patients_are_known(cells, expected):
    assert verdicts("landmark", *sizes(24, 6, 18), *cells)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("middle", "low", "verdict"),
    [("22", "22.3", MATCH), ("21", "22.3", "inconsistent"), ("2.1", "2.2", "inconsistent")],
)
def test_limits_of_another_precision_are_compared_as_rounded(middle, low, verdict):
    ages = [("median", middle), ("min", low), ("max", "70.0")]
    numbers = [number(ALL, "age", statistic, printed, "years") for statistic, printed in ages]
    assert verdicts("range", *sizes(24, 6, 18), cell(*numbers)) == [verdict]


def response(population, k, n):
    return cell(
        number(population, "ORR", "events", str(k), "patients"),
        number(population, "ORR", "percent", f"{100 * k / n:.1f}", "%"),
        row="ORR",
        column=population,
    )


def comparison(p, relation=""):
    groups = [
        number(f"{ALL} > TMB {x}", "ORR", "percent", y, "%")
        for x, y in (("high", "80.0"), ("low", "10.0"))
    ]
    named = {"category": "TMB high against low", "relation": relation}
    return cell(*groups, number(ALL, "ORR", "p_value", p, **named), table=DISCUSSION)


@pytest.mark.parametrize(
    ("p", "relation", "verdict"),
    [
        # The lowest p is 0.000126, chi-square of 8 of 10 against 2 of 20; the highest 0.033,
        # the same with Yates' correction of 4 of 5 against 1 of 10.
        ("0.001", "<", MATCH),
        ("0.0001", "<", "inconsistent"),
        ("0.010", "", "inconsistent"),
        ("0.03", ">", MATCH),
        ("0.05", ">", "inconsistent"),
    ],
)
def test_a_bound_of_a_p_value_is_kept_by_some_table(p, relation, verdict):
    assert verdicts(
        "p value", *sizes(30, 12, 18), response(ALL, 10, 30), comparison(p, relation)
    ) == [verdict]


def test_a_size_printed_in_two_ways_does_not_stop_the_audit():
    tested = f"{NEC} > PD-L1 tested"
    cells = [
        *sizes(30, 12, 18),
        *(replace(c, row=f"{c.row} again") for c in sizes(31, 12, 17)),
        response(ALL, 10, 30),
        response(NEC, 9, 18),
        comparison("0.001", "<"),
        cell(
            number(tested, "PD-L1 expression", "percent", "50.0", "%", category="positive"),
            number(f"{tested} > positive", "ORR", "percent", "50.0", "%"),
            table=DISCUSSION,
        ),
    ]
    data = dataset(cells)
    found = {f.check: f.verdict for f in audit(data)}
    assert found["size"] in DISAGREEING
    assert {f.verdict for f in rule_findings(data) if f.check in ("p value", "joint")} == {
        NOT_CHECKABLE
    }


def test_more_responders_than_patients_do_not_stop_the_audit():
    cells = [*sizes(30, 12, 18), response(ALL, 31, 31), comparison("0.001", "<")]
    limits_of_it = [
        number(ALL, "ORR", s, v, "%") for s, v in (("ci_low", "80.0"), ("ci_high", "99.0"))
    ]
    found = audit(dataset([*cells, cell(*limits_of_it, row="ci")]))
    assert {f.verdict for f in found if f.check in ("p value", "rate interval")} == {NOT_CHECKABLE}


@pytest.mark.parametrize(
    ("complete", "elsewhere", "conflicts"),
    [
        (1, "5", False),  # 6 responses, 5 of them partial, in either source
        (1, "4", True),
        (0, "5", False),
        (0, "4", True),
    ],
)
def test_partial_responses_are_all_responses_where_no_source_has_complete_ones(
    complete, elsewhere, conflicts
):
    def best(category, count):
        return number(ALL, "best response", "events", count, "patients", category=category)

    cells = [
        *sizes(30, 12, 18),
        cell(best("CR", str(complete)), row="CR"),
        cell(best("PR", "5"), row="PR"),
        cell(number(ALL, "ORR", "events", str(5 + complete), "patients"), row="ORR"),
        cell(number(ALL, "patients", "n", "30", "patients"), source=SECOND, row="n"),
        cell(best("PR", elsewhere), source=SECOND),
    ]
    found = rule_findings(dataset(cells))
    assert any(f.check == "report" and f.disagrees for f in found) == conflicts


def test_a_grade_printed_as_none_may_hide_patients_of_a_large_trial():
    # Of 300: three times one patient, 0.3% each, are 3 of all grades, 1%.
    grades = {"1": "0", "2": "0", "3": "0", "4": "0", "5": "0", "any": "1"}

    def table(n):
        numbers = [
            number(ALL, "TRAE", "percent", v, "%", category="Rash", grade=g)
            for g, v in grades.items()
        ]
        return [*sizes(n, None, None), *(cell(m, table=EVENTS, column=m.grade) for m in numbers)]

    assert verdicts("grades", *table(300)) == [MATCH]
    assert verdicts("grades", *table(100)) == ["inconsistent"]


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        *(
            (word, False)
            for word in ("Pancreatitis", "Esophagitis", "oesophageal", "Avelumab", "≥10% – 20%")
        ),
        *((word, True) for word in ("Pancraetic", "avelmab", "nivolumb", "â‰¥10% – 20%")),
    ],
)
def test_words_that_look_like_names_are_not_misspelt(text, noted):
    notes = [f for f in rule_findings(dataset([cell(text=text)])) if f.verdict == "note"]
    assert bool(notes) == noted
