"""What changed between two versions, and by how much its number must rise."""

import json
import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from helpers_data import DATA

from nenreview.evidence.record.dataset import load
from nenreview.releases.changelog import Entry, read_changelog
from nenreview.releases.changes import ChangedResult, ChangedValue, Changes, compare, compare_tables
from nenreview.releases.changes_page import chapter
from nenreview.releases.estimate import ODDS_RATIO, PERCENT, POINTS, Estimate
from nenreview.releases.estimates import estimates
from nenreview.releases.state import State, Verdict, read_state
from nenreview.releases.versions import parse_version, rises_enough, version_step
from nenreview.stats.rate import Rate
from nenreview.synthesis.headline import headline
from qmdbook.errors import InputError
from qmdbook.source.chapter import read_chapters

KEYED = "jia2022-108"  # a row of results.csv
RATE = Estimate("a rate", 25.0, 0.6, 80.6, PERCENT, "1 of 4")
FOUND = Verdict("x-1-size", "jia2022, Table 1", "5 (20)", "5 (21)", "inconsistent")
FINE = replace(FOUND, id="x-2-size", recomputed="5 (20)", verdict="match")
OLD = State("1.0.0", "2026-03-01", "c" * 40, "a", (RATE,), (FOUND, FINE))


# Numbers of versions ------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1.2", "1.2.3.4", "v1.2.3", "1.02.3", "1.2.3-rc1", "1.2.x", ""])
def test_a_version_is_three_numbers(text):
    with pytest.raises(InputError, match="expected three numbers"):
        parse_version(text)


def test_versions_are_ordered_as_numbers():
    assert sorted(["1.10.0", "1.9.0", "1.9.12", "0.20.0"], key=parse_version) == [
        "0.20.0",
        "1.9.0",
        "1.9.12",
        "1.10.0",
    ]


@pytest.mark.parametrize(
    ("old", "new", "by"),
    [
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3", "1.3.0", "minor"),
        ("1.2.3", "2.0.0", "major"),
        ("1.9.9", "1.10.0", "minor"),
    ],
)
def test_a_step_is_named_by_the_first_number_that_rises(old, new, by):
    assert version_step(old, new) == by
    for same_or_earlier in (old, "0.0.1"):
        with pytest.raises(InputError, match="is not later than"):
            version_step(old, same_or_earlier)


@pytest.mark.parametrize(
    ("old", "new", "needed", "enough"),
    [
        ("1.2.3", "1.2.4", "patch", True),
        ("1.2.3", "1.2.4", "minor", False),
        ("1.2.3", "1.3.0", "minor", True),
        ("1.2.3", "1.3.0", "major", False),
        ("1.2.3", "2.0.0", "patch", True),
        ("0.2.3", "0.3.0", "major", True),
        ("0.2.3", "0.2.4", "major", False),
    ],
)
def test_a_number_rises_enough(old, new, needed, enough):
    assert rises_enough(old, new, needed) is enough


# Changelog ----------------------------------------------------------------------------------


def test_the_changelog_is_read_by_version_and_heading(tmp_path):
    (tmp_path / "CHANGELOG.md").write_text(
        "# C\n\n## 2.0.0\n\nWords.\n\n### Data\n\n- a\n- b\n\n### Method\n\n- c\n\n## 1.0.0\n\n- d\n"
    )
    assert read_changelog(tmp_path) == [
        Entry("2.0.0", "Words.", {"Data": "- a\n- b", "Method": "- c"}),
        Entry("1.0.0", "- d", {}),
    ]


def test_the_reviews_own_changelog_can_be_read():
    assert all(
        parse_version(entry.version) and (entry.text or entry.sections)
        for entry in read_changelog()
    )


# Tables -------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path):
    return shutil.copytree(DATA, tmp_path / "data")


def test_the_same_tables_have_no_changes(data):
    assert compare_tables(DATA, data) == ()


def test_rows_are_added_changed_and_removed_by_their_key(data):
    results = pd.read_csv(data / "results.csv", dtype=str, keep_default_na=False).set_index("id")
    printed = results.at[KEYED, "printed"]
    results.at[KEYED, "printed"] = "99"
    gone = results.index[-1]
    extra = results.loc[[gone]].rename(index={gone: "jia2022-999"})
    pd.concat([results.drop(index=gone), extra]).to_csv(data / "results.csv", lineterminator="\n")
    (numbers,) = compare_tables(DATA, data)
    assert (numbers.name, numbers.key) == ("results", ("id",))
    assert [row["id"] for row in numbers.added] == ["jia2022-999"]
    assert [row["id"] for row in numbers.removed] == [gone]
    (changed,) = numbers.changed
    assert (changed.row["id"], changed.column) == (KEYED, "printed")
    assert (changed.before, changed.after) == (printed, "99")


def test_claims_are_added_changed_and_removed_by_their_key(data):
    file = data / "claims" / "lu2020.yml"
    text = file.read_text(encoding="utf-8")
    old, new = "ongoing: lu2020-013 of lu2020-014", "ongoing: lu2020-012 of lu2020-014"
    assert old in text
    file.write_text(text.replace(old, new).replace("claim-01", "claim-99"), encoding="utf-8")
    (claims,) = compare_tables(DATA, data)
    assert (claims.name, claims.key) == ("claims", ("claim",))
    assert [row["claim"] for row in claims.added] == ["lu2020-claim-99"]
    assert [row["claim"] for row in claims.removed] == ["lu2020-claim-01"]
    (changed,) = claims.changed
    assert (changed.row["claim"], changed.column) == ("lu2020-claim-03", "arguments")
    assert (changed.before, changed.after) == (f"{{{old}}}", f"{{{new}}}")


def test_a_new_table_and_a_new_column_are_additions(data, tmp_path):
    before = tmp_path / "before"
    before.mkdir()
    package = {"resources": [{"name": "t", "path": "t.csv", "schema": {"primaryKey": ["k"]}}]}
    (before / "datapackage.json").write_text(json.dumps(package))
    (before / "t.csv").write_text("k,a\n1,x\n")
    after = tmp_path / "after"
    package["resources"].append({"name": "u", "path": "u.csv", "schema": {"primaryKey": ["k"]}})
    after.mkdir()
    (after / "datapackage.json").write_text(json.dumps(package))
    (after / "t.csv").write_text("k,a,b\n1,x,y\n")
    (after / "u.csv").write_text("k\n7\n")
    first, second = compare_tables(before, after)
    assert first.changed == (ChangedValue({"k": "1", "a": "x", "b": "y"}, "b", "", "y"),)
    assert second.added == ({"k": "7"},)
    assert compare_tables(tmp_path / "none", before)[0].added == ({"k": "1", "a": "x"},)


# Estimates and verdicts ---------------------------------------------------------------------


def changes(tmp_path, **new) -> Changes:
    return compare(OLD, replace(OLD, **new), tmp_path, tmp_path)


def test_an_estimate_that_moved_is_told_from_and_to(tmp_path):
    moved = replace(RATE, estimate=50.0, low=6.8, high=93.2, counts="2 of 4")
    new = replace(RATE, name="another")
    found = changes(tmp_path, estimates=(moved, new))
    assert found.estimates == (
        ChangedResult("a rate", "", "25.0% (0.6 to 80.6), 1 of 4", "50.0% (6.8 to 93.2), 2 of 4"),
        ChangedResult("another", "", "", "25.0% (0.6 to 80.6), 1 of 4"),
    )
    assert changes(tmp_path).estimates == ()


def test_a_verdict_that_moved_is_told_and_a_new_match_is_not(tmp_path):
    news = (
        replace(FOUND, verdict="rounding"),
        replace(FINE, id="x-3-size"),
        replace(FOUND, id="x-4"),
    )
    found = changes(tmp_path, verdicts=news)
    assert [(m.name, m.before, m.after) for m in found.verdicts] == [
        ("x-1-size", "inconsistent: 5 (21)", "rounding: 5 (21)"),
        ("x-4", "", "inconsistent: 5 (21)"),
    ]  # x-2, a match that is gone, and x-3, a new one, say nothing


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        (Estimate("a", 12.5, 4.2, 22.9, PERCENT, "14 of 104"), "12.5% (4.2 to 22.9), 14 of 104"),
        (Estimate("a", None, 2.8, 41.3), "(2.8 to 41.3)"),
        (Estimate("a", 13.2, None, None), "13.2%"),
        (Estimate("a", -6.2, -41.7, 18.1, POINTS), "−6.2 points (−41.7 to 18.1)"),
        (Estimate("a", 2.254, 0.81, 6.2, ODDS_RATIO), "2.25 odds ratio (0.81 to 6.20)"),
        (Estimate("a", None, None, None), "none"),
    ],
)
def test_an_estimate_is_shown_with_what_it_has(estimate, shown):
    assert estimate.shown == shown


@pytest.mark.slow
def test_the_estimates_of_the_review_hold_its_headline_and_its_cohorts():
    found = {one.name: one for one in estimates(load())}
    whole, _ = headline(load())
    pool = found["Pool, All trials: profile interval"]
    assert pool.estimate == pytest.approx(100 * whole.profile.estimate, abs=0.05)
    assert pool.counts == f"{whole.t.events} of {whole.t.n}"
    sintilimab = found["nec-sintilimab: sintilimab, NEC"]
    exact = Rate(5, 18).clopper_pearson()  # 5 of 18 is printed
    assert (sintilimab.estimate, sintilimab.counts) == (27.8, "5 of 18")
    assert (sintilimab.low, sintilimab.high) == pytest.approx(
        (100 * exact.low, 100 * exact.high), abs=0.05
    )
    first = found["Pool of the first edition, All trials: profile interval"]
    assert (first.estimate, first.counts) == (12.5, "14 of 104")  # as 0.1.0 gives it
    assert found["Pool, NET, all cohorts: profile interval"].counts == "17 of 257"
    # A name with counts in it would be another name as soon as they move.
    assert not [name for name in found if " of 1" in name]


@pytest.mark.slow
def test_a_report_that_replaces_another_has_its_name_so_that_versions_compare_them():
    found = {one.name: one.counts for one in estimates(load())}
    # The name that 0.1.0 gave the interim report of AVENEC.
    assert found["g3-avelumab: avelumab (AVENEC), G3 NEN"] == "3 of 60"
    earlier = "First edition, g3-avelumab: avelumab (AVENEC), 2019 report, G3 NEN"
    assert found[earlier] == "2 of 29"
    assert found["nec-avelumab-high: avelumab (AVENEC), NEC"] == "3 of 38"
    # Pooled now, and only shown then.
    assert found["net-spartalizumab: spartalizumab, NET"] == "7 of 95"


# What a number has to do --------------------------------------------------------------------

MOVED = replace(RATE, estimate=30.0)


@pytest.mark.parametrize(
    ("new", "under", "needed", "unsaid"),
    [
        ({}, {}, "patch", []),
        ({}, {"Method": "-"}, "patch", []),
        ({"checksum": "b"}, {"Data": "-"}, "minor", []),
        ({"checksum": "b"}, {}, "minor", ["Data"]),
        ({"checksum": "b", "estimates": (MOVED,)}, {"Data": "-"}, "minor", []),
        ({"checksum": "b", "estimates": (MOVED,)}, {"Data": "-", "Method": "-"}, "major", []),
        ({"estimates": (MOVED,)}, {}, "minor", ["Method"]),
        ({"estimates": (MOVED,)}, {"Method": "-"}, "major", []),
        ({"estimates": (RATE, replace(RATE, name="b"))}, {}, "minor", []),
    ],
)
def test_the_step_follows_from_what_changed_and_what_is_said_of_it(
    tmp_path, new, under, needed, unsaid
):
    found, entry = changes(tmp_path, **new), Entry("1.1.0", "", under)
    assert found.required_step(entry) == needed
    assert found.missing_headings(entry) == unsaid


# The page -----------------------------------------------------------------------------------


def test_text_of_a_source_stays_text_on_the_page(tmp_path):
    where = "jia2022, <i>n</i> | {#x} ::: `y` $z$"
    new = (replace(FOUND, where=where, verdict="conflict"),)
    text = chapter(changes(tmp_path, verdicts=new), [])
    assert "&lt;i\\&gt;" not in text and "&lt;i&gt;n&lt;/i&gt; \\| \\{\\#x\\}" in text
    assert "inconsistent: 5 (21)" in text and "conflict: 5 (21)" in text


def test_two_versions_without_a_difference_say_so(tmp_path):
    text = chapter(replace(changes(tmp_path), new=replace(OLD, version="1.0.1")), [])
    assert "Both versions are made from the same data." in text
    assert text.count("| 0 |") == 9
    assert re.findall("^## .*", text, re.M) == [
        "## 0 of 1 estimates changed since 1.0.0 {#sec-changes-estimates}"
    ]


def test_the_count_is_of_the_estimates_that_both_versions_give(tmp_path):
    kept, gone, new = (replace(RATE, name=name) for name in ("kept", "gone", "new"))
    old = replace(OLD, estimates=(RATE, kept, gone))
    found = compare(old, replace(OLD, estimates=(MOVED, kept, new)), tmp_path, tmp_path)
    assert "changes 1 of the 2 estimates that version 1.0.0" in chapter(found, [])
    assert "## 1 of 2 estimates changed since 1.0.0 {#" in chapter(found, [])


def test_many_changes_of_one_row_make_a_chapter_that_the_engine_can_read(tmp_path):
    rows = [{"key": "k", **{f"column{n}": version for n in range(8)}} for version in "ab"]
    before, after = (
        package(tmp_path / name, {"t": [row]})
        for name, row in zip(("before", "after"), rows, strict=True)
    )
    text = chapter(compare(OLD, OLD, before, after), [])
    assert "[Row]{.groups}" in text  # the PDF names the row once
    (tmp_path / "changes.qmd").write_text(text, encoding="utf-8")
    assert read_chapters(tmp_path, ["changes.qmd"])


def package(folder, tables):
    """Write a data package whose tables are lists of rows, each known by its first column."""
    folder.mkdir()
    resources = [
        {"name": name, "path": f"{name}.csv", "schema": {"primaryKey": [next(iter(rows[0]))]}}
        for name, rows in tables.items()
    ]
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}))
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def number(key, source):
    where = {"population": "all", "outcome": "ORR", "category": "", "grade": ""}
    return {"id": key, "source": source, **where, "statistic": "events", "printed": f"of {key}"}


def test_a_new_document_is_counted_and_every_other_change_is_listed(tmp_path):
    old = {"source": "old", "name": "Old 2019", "title": "Before"}
    new = {"source": "new", "name": "New 2020", "title": "After"}
    before = package(
        tmp_path / "before",
        {"results": [number("o1", "old")], "sources": [old], "arms": [{"arm": "a", "trial": "t"}]},
    )
    after = package(
        tmp_path / "after",
        {
            "results": [number(key, key[0].replace("n", "new").replace("o", "old"))
                        for key in ("o1", "o2", "n1", "n2")],
            "sources": [old, new],
            "arms": [{"arm": "a", "trial": "t"}, {"arm": "b", "trial": "t"}],
            "notes": [{"note": "of a new table"}],
        },
    )  # fmt: skip
    state = replace(OLD, version="1.1.0", checksum="b")
    text = chapter(compare(OLD, state, before, after), [])
    assert "| New 2020 | After | 2 |" in text
    assert "of o2" in text and "of n1" not in text and "of n2" not in text
    assert "arm: b" in text  # a trial that was there before
    assert "| notes | 1 |" in text and "of a new table" not in text


# The file -----------------------------------------------------------------------------------


def test_a_state_is_read_as_it_was_written(tmp_path):
    (tmp_path / "state.json").write_text(OLD.as_json(), encoding="utf-8")
    assert read_state(tmp_path) == OLD


@pytest.mark.parametrize("content", ["[]", "{", '{"version": "1.0.0"}', '{"estimates": [{}]}'])
def test_a_state_of_another_form_is_refused(tmp_path, content):
    (tmp_path / "state.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"state\.json: .* expected what a release writes"):
        read_state(tmp_path)
