"""The analyst's functions: what they return, and what they say of wrong input."""

import re
import subprocess
import sys
from dataclasses import asdict
from inspect import signature

import numpy as np
import pandas as pd
import pytest
from helpers_data import ROOT

import nenreview as nr
from nenreview import api
from nenreview.evidence.record.dataset import load
from nenreview.synthesis.duration_of_response import durations
from nenreview.synthesis.headline import headline, net
from nenreview.synthesis.times import times
from nenreview.tables.reference import reference


def test_the_package_offers_the_functions_of_the_module_and_no_others():
    own = {
        name for name, one in vars(api).items() if getattr(one, "__module__", "") == api.__name__
    }
    assert {name for name in own if not name.startswith("_")} <= set(nr.__all__)
    assert dir(nr) == nr.__all__ == sorted(nr.__all__)
    for name in nr.__all__:
        assert getattr(nr, name) is getattr(api, name)
    with pytest.raises(AttributeError, match="no attribute 'pol'"):
        nr.pol  # noqa: B018


def test_the_tables_are_those_of_the_data_and_copies():
    data = load()
    for name in ("results", "cells", "trials"):
        own = getattr(data, name)
        frame = getattr(nr, name)()
        pd.testing.assert_frame_equal(frame[list(own)], own)
        frame.iloc[0] = frame.iloc[1]
        pd.testing.assert_frame_equal(getattr(nr, name)()[list(own)], own)


def test_responses_are_numbers_one_row_a_rate():
    frame = nr.responses()
    known = frame.dropna(subset=["events"])
    assert np.allclose(known["percent"], (100 * known["events"] / known["n"]).astype(float))
    assert known["percent"].between(known["ci_low"], known["ci_high"]).all()
    assert not frame.duplicated(
        ["trial", "source", "population", "measure", "assessed_at", "printed"]
    ).any()
    assert set(frame["trial"]) <= set(nr.trials()["trial"])


def test_trials_say_the_treatments_of_all_arms():
    classes = nr.trials().set_index("trial")["regimen_class"]
    assert classes["NCT02937116"] == "monotherapy"
    assert classes["NCT03136055"] == "monotherapy; with chemotherapy"


def test_preferred_medians_of_survival_are_those_of_the_tables():
    own = nr.medians().query("preferred and outcome != 'DOR'").dropna(subset=["months"])
    shown = [one for one in times(load()) if one.median is not None]
    assert {(r.trial, r.source, r.population, r.outcome, r.months) for r in own.itertuples()} == {
        (one.trial, one.source, one.population, one.outcome, one.median) for one in shown
    }
    assert not own.duplicated(["trial", "population", "outcome"]).any()


def test_preferred_medians_of_the_duration_of_response_are_those_of_the_tables():
    own = nr.medians().query("preferred and outcome == 'DOR'").dropna(subset=["months"])
    shown = [one for one in durations(load()) if one.median is not None]
    assert {(r.trial, r.source, r.months) for r in own.itertuples()} == {
        (one.trial, one.source, one.median) for one in shown
    }


def test_medians_are_months_with_the_limits_of_the_same_place():
    medians = nr.medians().set_index(["source", "population", "outcome"]).sort_index()
    days = medians.loc[[("review2023", "all > pembrolizumab alone", "PFS")]]
    assert days[["printed", "unit"]].to_numpy().tolist() == [["58", "days"]]
    assert days["months"].item() == pytest.approx(58 / 30.4375)
    nec = medians.loc[[("jia2022", "all > NEC", "PFS")]]
    assert nec[["months", "ci_low", "ci_high", "n"]].to_numpy().tolist() == [[2.1, 2.0, 4.3, 18]]
    net = medians.loc[[("jia2022", "all > NET", "OS")]]
    assert net["status"].tolist() == ["not_reached"] and net["months"].isna().all()
    # The paper contradicts itself, and gives the limits of another place without a unit.
    assert set(medians.loc[[("jia2022", "all", "DOR")]]["status"]) == {"reported", "not_reached"}
    bound = medians.loc[[("jia2022", "all > NEC", "DOR")]]
    assert bound[["relation", "months"]].to_numpy().tolist() == [[">", 12.0]]
    assert bound["ci_low"].isna().all()
    assert set(medians["status"]) == {"reported", "not_reached", "not_applicable"}


@pytest.mark.parametrize(
    "asked, said",
    [
        (lambda: nr.trial("sintilimab").response("GEP"), "the response of 'NEC', 'all', 'NET', "),
        (lambda: nr.trial("KEYNOTE-158").median("PFS"), "this median of 'NET'$"),
        (lambda: nr.trial("KEYNOTE-158").months("PFS"), "this median of 'NET'$"),
        (lambda: nr.trial("sintilimab").limits("PFS", "x"), "this ci_low of 'all', 'NET', 'NEC'$"),
        (lambda: nr.trial("sintilimab").median("PSF"), "of no population of this trial"),
    ],
)
def test_an_unknown_population_is_answered_with_those_that_are_reported(asked, said):
    with pytest.raises(LookupError, match=said):
        asked()


@pytest.mark.parametrize(
    "tumour, expected", [("NEC", lambda: headline(load())[0].t), ("NET", lambda: net(load()).t)]
)
def test_the_cohorts_pool_to_the_main_result(tumour, expected):
    pooled, main = nr.pool(nr.cohorts(tumour)), expected()
    assert (pooled.estimate, pooled.ci_low, pooled.ci_high) == (
        main.estimate,
        main.ci_low,
        main.ci_high,
    )


def test_the_audit_has_a_row_a_finding():
    from nenreview.auditing.ledger import audit

    findings = audit(load())
    frame = nr.audit()
    assert len(frame) == len(findings)
    (row,) = frame[frame["id"] == findings[7].id].to_dict("records")
    assert row | {"power": None} == asdict(findings[7]) | {"power": None}


@pytest.mark.parametrize("name", ["sintilimab", "NCT02937116", "SINTILIMAB"])
def test_a_trial_is_found_by_name_chapter_and_number(name):
    assert nr.trial(name).trial == "NCT02937116"


def test_a_trial_is_found_by_a_part_of_its_name():
    assert nr.trial("keynote-028").trial == "NCT02054806"


@pytest.mark.parametrize(
    "name, said",
    [
        ("sintlimab", "did you mean 'sintilimab'"),
        ("avelumab", r"fits \d+ trials: .*AVENEC"),
        ("", r"nr.trials\(\) lists all"),
        ("zzz", r"nr.trials\(\) lists all"),
    ],
)
def test_a_name_of_no_trial_or_several_is_refused(name, said):
    with pytest.raises(LookupError, match=said):
        nr.trial(name)


def test_a_document_that_is_not_there_is_named():
    with pytest.raises(LookupError, match="did you mean 'jia2022'"):
        nr.trial("sintilimab", "jia2O22")


def test_rates_of_ones_own_are_pooled_and_drawn():
    mine = pd.DataFrame({"name": ["a", "b", "c"], "events": [3, 0, 7], "n": [20, 15, 41]})
    pooled = nr.pool(mine, ci="profile")
    assert (pooled.events, pooled.n, pooled.k, pooled.ci) == (10, 76, 3, "profile")
    assert nr.pool_bayesian(mine, tau_scale=0.5).tau_scale == 0.5
    drawn = nr.forest(mine)
    assert list(drawn.data["name"][:3]) == ["a", "b", "c"]
    assert drawn.data["kind"].str.startswith("pool").sum() == 2
    assert not nr.forest(mine[:2]).data["kind"].str.startswith("pool").any()


def test_groups_are_compared():
    rates = nr.cohorts("NEC").query("region != 'not stated'")
    groups = nr.subgroup(rates, by="region").groups
    assert {one.label: one.events for one in groups} == rates.groupby("region")[
        "events"
    ].sum().to_dict()


@pytest.mark.parametrize(
    "wrong, error, said",
    [
        (
            {"event": [1, 2], "n": [3, 4]},
            ValueError,
            "n .all patients.; rename 'event' to 'events'",
        ),
        ({"events": [1, 2], "N": [3, 4]}, ValueError, "it has events, N; expected .*rename 'N' to"),
        ({"events": [1], "patients": [3]}, ValueError, "rename 'patients' to 'n'"),
        ({"events": [1], "z": [3]}, ValueError, "rename one to 'n'"),
        ({"events": [1, None], "n": [3, 4]}, ValueError, "index 1 has no events or no n"),
        ("NET", TypeError, r"'NET' is not a data frame; expected .*nr.cohorts\('NET'\)"),
        ([5, 6], TypeError, "a list is not a data frame; expected a data frame with the columns"),
    ],
)
@pytest.mark.parametrize("function", [nr.pool, nr.pool_bayesian, nr.forest])
def test_what_is_no_table_of_counts_is_refused_by_row_or_column(function, wrong, error, said):
    with pytest.raises(error, match=said):
        function(pd.DataFrame(wrong) if isinstance(wrong, dict) else wrong)
    with pytest.raises(TypeError, match="a dict is not a data frame"):
        function({"events": [1], "n": [3]})


@pytest.mark.parametrize(
    "call, said",
    [
        (
            lambda: nr.pool([5, 6], [18, 32]),
            r"pool\(\): too many positional .*; expected pool\(rates",
        ),
        (lambda: nr.pool(conf=0.9), r"pool\(\): .* 'conf'; expected .*method='glmm', .*level=0.95"),
        (lambda: nr.pool_bayesian(mu_scale=2), r"expected pool_bayesian\(.*mu_prior='logistic'"),
        (lambda: nr.subgroup(nr.cohorts()), r"'by'; expected subgroup\(rates, by, "),
        (lambda: nr.forest(titel="x"), r"expected forest\("),
    ],
)
def test_a_wrong_call_is_answered_with_the_right_one(call, said):
    with pytest.raises(TypeError, match=said) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_the_options_are_those_of_the_models():
    from nenreview.meta.bayes import pool_bayesian
    from nenreview.meta.pool import pool_proportions
    from nenreview.meta.subgroups import analyse_subgroups

    for own, model, differs in (
        (nr.pool, pool_proportions, {"ci"}),
        (nr.pool_bayesian, pool_bayesian, set()),
        (nr.subgroup, analyse_subgroups, set()),
    ):
        options, known = (
            {
                p.name: p.default
                for p in signature(f).parameters.values()
                if p.kind == p.KEYWORD_ONLY
            }
            for f in (own, model)
        )
        assert options.keys() == known.keys()
        assert {name for name in options if options[name] != known[name]} == differs


def test_a_threshold_may_be_one_number():
    pooled = nr.pool_bayesian(thresholds=0.1)
    assert pooled.pooled.above == {0.1: nr.pool_bayesian().pooled.above[0.1]}
    assert "probability that the rate is above 10%: 0." in repr(pooled)
    assert "above" not in repr(nr.pool_bayesian(thresholds=()))


def test_a_forest_plot_of_another_outcome_says_so(tmp_path):
    mine = pd.DataFrame({"name": ["a", "b", "c"], "events": [3, 0, 7], "n": [20, 15, 41]})
    drawn = nr.forest(mine, axis="Disease control rate, %", counts="Controlled")
    (axes,) = drawn.figure.axes
    assert axes.get_xlabel() == "Disease control rate, %"
    assert "Controlled" in {text.get_text() for text in axes.texts}
    (usual,) = nr.forest(mine).figure.axes
    assert usual.get_xlabel() == "Objective response rate, %"
    assert "Responders" in {text.get_text() for text in usual.texts}
    assert repr(drawn).startswith(f"ReviewFigure: {len(drawn.data)} rows in .data; save it with ")
    drawn.figure.savefig(tmp_path / "mine.png", dpi=300)


def test_a_forest_plot_needs_a_row():
    with pytest.raises(ValueError, match="the table has no rows; expected one for each trial"):
        nr.forest(nr.cohorts()[:0])


def test_an_unknown_group_is_no_group():
    rates = nr.cohorts()
    known = rates[rates["region"] != "not stated"]
    found = nr.subgroup(rates, by="region")
    number = len(rates) - len(known)
    assert f"\n  {number} cohorts left out: region not stated" in repr(found)
    assert found.lr_p == nr.subgroup(known, by="region").lr_p
    rates["region"] = rates["region"].replace("not stated", None)
    assert nr.subgroup(rates, by="region") == found
    with pytest.raises(ValueError, match=r"two groups or more \(4 cohorts left out: region not "):
        nr.subgroup(nr.cohorts("NET"), by="region")


def test_rows_that_count_patients_twice_are_refused():
    rates = nr.responses()
    net = rates[(rates["tumour"] == "NET") & rates["preferred"] & (rates["measure"] == "ORR")]
    with pytest.raises(ValueError, match="expected reports without overlap; drop one"):
        nr.pool(net.dropna(subset=["events"]))


def test_responses_say_treatment_and_tumour():
    alone = nr.responses().query("regimen_class == 'monotherapy'")
    assert {"NEC", "NET"} <= set(alone["tumour"])
    assert set(nr.cohorts("NET")["trial"]) <= set(alone["trial"])


def test_a_tumour_without_a_pool_is_refused():
    with pytest.raises(LookupError, match="expected one of NEC, NET"):
        nr.cohorts("LCNEC")


def test_what_a_notebook_shows_fits_a_few_lines():
    shown = [
        nr.pool(),
        nr.pool_bayesian(),
        nr.subgroup(nr.cohorts(), "region"),
        nr.trial("sintilimab"),
    ]
    assert all(len(line) < 90 for one in shown for line in repr(one).splitlines())
    assert all(len(repr(one).splitlines()) < 8 for one in shown)
    assert f"{100 * nr.pool().estimate:.1f}%" in repr(nr.pool())


def test_it_works_in_any_folder(tmp_path):
    code = "import nenreview as nr; print(repr(nr.pool()))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.stdout.strip(), run.stderr) == (repr(nr.pool()), "")


def test_a_long_call_of_the_reference_has_a_line_for_each_parameter():
    assert reference(nr.trial).data.startswith("```python\nnr.trial(name, source=None)\n```")
    long = reference(nr.pool).data.partition("```\n")[0].splitlines()[1:]
    assert long[:4] == ["nr.pool(", "    rates=None,", "    *,", "    method='glmm',"]
    assert long[-1] == ")" and all(len(line) < 80 for line in long)


def test_the_page_describes_every_function():
    page = (ROOT / "chapters" / "analysts.qmd").read_text(encoding="utf-8")
    described = set(re.findall(r"^reference\(nr\.(\w+)\)$", page, re.M))
    assert described == {name for name in nr.__all__ if name.islower()}
