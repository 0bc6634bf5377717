"""The synthesis: pools against metafor and lme4, contrasts against R, the rest by hand.

Reference values are made by ``reference/synthesis.R``, which has the counts typed from the pages.
"""

import multiprocessing
from dataclasses import replace
from itertools import pairwise
from math import prod

import pytest
from helpers_data import DATA, TOLERANCE, mixed_reference

from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import load
from nenreview.evidence.responses import response_among_assessed
from nenreview.evidence.traits import kind_of
from nenreview.stats.power import fisher_power
from nenreview.stats.rate import Rate
from nenreview.stats.twobytwo import Comparison
from nenreview.synthesis import (
    classes,
    combinations,
    contrasts,
    misprint_effects,
    multiverse,
    randomised,
    region,
)
from nenreview.synthesis.cohorts import FIRST, NET, NOW, cohort
from nenreview.synthesis.headline import (
    added_by_year,
    headline,
    in_both_pools,
    lcnec,
    left_out,
    moves,
    net,
    pool_without_trial,
    pooled,
    posterior,
    primary_cohorts,
    without_chinese,
)
from nenreview.synthesis.sensitivity import (
    net_by_site,
    net_sensitivities,
    sensitivities,
    with_undivided,
)

POOLS = {(row["set"], row["model"]): row for row in mixed_reference("synthesis_pools.csv")}
SPREAD = {row["set"]: row for row in mixed_reference("synthesis_spread.csv")}
STRATA = {row["set"]: row for row in mixed_reference("synthesis_strata.csv")}


@pytest.fixture(scope="module")
def data(counted):
    """The documents whose counts R has; `everything` has all."""
    return counted


@pytest.fixture(scope="module")
def everything():
    return load(DATA)


def sets(data) -> dict:
    """Return the cohorts of every pool by the name that `synthesis.R` gives it."""
    own, of_net = primary_cohorts(data), net(data).cohorts
    # In the order of the function; the sets that R has once stand for two of them.
    names = ("primary", "pembrolizumab_29", "assessed", "mixed_none", "mixed_responded")
    names += ("nivolumab_46", "nivolumab_42", "avenec_none", "nivolumab_rest", "avenec_all")
    names += ("fewest", "most", "net_001", "avenec_undivided", "pembro_nec", "undivided")
    net_names = ("net", "net_without_pd_l1", "net_without_chinese", "net_by_trial", "net_by_site")
    net_names += ("net_net_002", "net_avenec_none", "net_avenec_all")
    left_out_of_net = ("sintilimab", "toripalimab", "keynote_158")
    left_out_of_net += ("carcinoid", "pancreatic", "spartalizumab")
    first = primary_cohorts(data, FIRST)
    return {
        **{n: p.cohorts for n, p in zip(names, sensitivities(data), strict=True)},
        **{n: p.cohorts for n, p in zip(net_names, net_sensitivities(data), strict=True)},
        **{
            f"net_without_{name}": tuple(one for one in of_net if one is not of_net[i])
            for i, name in enumerate(left_out_of_net)
        },
        "without_chinese": without_chinese(own),
        "without_sintilimab": own[1:],
        "without_spartalizumab": (*own[:4], *own[5:]),
        # The first edition's.
        "first": first,
        "first_without_chinese": without_chinese(first),
        "avelumab_none_16": (*first, cohort(data, "nec-avelumab-low")),
        "avelumab_all_19": (*first, cohort(data, "nec-avelumab-high").otherwise()),
    }


def test_every_pool_is_compared_with_r(data):
    assert sets(data).keys() == {name for name, _ in POOLS}


@pytest.mark.parametrize("name", [name for name, model in POOLS if model == "glmm_t"])
def test_pools_are_those_of_metafor(data, name):
    expected, profile = POOLS[name, "glmm_t"], POOLS[name, "lme4_profile"]
    found = pooled(data, sets(data)[name])
    for quantity, ours in (
        ("estimate", found.t.estimate),
        ("low", found.t.ci_low),
        ("high", found.t.ci_high),
        ("pi_low", found.t.pi_low),
        ("pi_high", found.t.pi_high),
        ("higgins_low", found.higgins.pi_low),
        ("higgins_high", found.higgins.pi_high),
        ("tau2", found.t.tau2),
    ):
        if quantity.startswith(("pi", "higgins")) and not found.t.tau2:
            assert ours is None  # metafor repeats the interval of the mean
        else:
            assert ours == pytest.approx(expected[quantity], **TOLERANCE["lme4 pool"]), quantity
    # Limits solved to full precision from the deviance of lme4.
    limits = (found.profile.ci_low, found.profile.ci_high)
    assert limits == pytest.approx((profile["low"], profile["high"]), rel=1e-5)


@pytest.mark.parametrize("edition", [FIRST, NOW])
def test_each_edition_has_its_pool_of_nec(data, edition):
    names = {FIRST: ("first", "first_without_chinese"), NOW: ("primary", "without_chinese")}
    for name, found in zip(names[edition], headline(data, edition), strict=True):
        expected = POOLS[name, "glmm_t"]
        assert found.t.estimate == pytest.approx(expected["estimate"], **TOLERANCE["lme4 pool"])
        assert found.t.ci_high == pytest.approx(expected["high"], **TOLERANCE["lme4 pool"])


def test_leaving_a_cohort_of_net_out_gives_the_pool_of_the_rest(data):
    names = ("sintilimab", "toripalimab", "keynote_158", "carcinoid", "pancreatic", "spartalizumab")
    for name, step in zip(names, left_out(data, NET), strict=True):
        expected = POOLS[f"net_without_{name}", "lme4_profile"]
        assert step.pool.estimate == pytest.approx(expected["estimate"], rel=1e-5)
        limits = (step.pool.ci_low, step.pool.ci_high)
        assert limits == pytest.approx((expected["low"], expected["high"]), rel=1e-5)


@pytest.mark.parametrize("name", list(SPREAD))
def test_the_test_of_no_spread_is_that_of_lme4_with_half_of_chi_squared(data, name):
    found = pooled(data, sets(data)[name]).profile
    assert found.tau2_p == pytest.approx(SPREAD[name]["p"], abs=1e-4)


@pytest.mark.parametrize("name", [name for name, model in POOLS if model == "logit_adhoc"])
def test_the_multiverse_pools_logits_as_metafor_does(data, name):
    expected = POOLS[name, "logit_adhoc"]
    rates = [c.rate for c in sets(data)[name]]
    pooled = multiverse.MODELS[multiverse.LOGITS]
    estimate, _, high = pooled([r.events for r in rates], [r.n for r in rates])
    assert estimate == pytest.approx(expected["estimate"], rel=1e-5)  # metafor's REML steps
    assert high == pytest.approx(expected["high"], rel=1e-5)


def test_without_the_chinese_trials_the_trials_do_not_differ_and_the_rate_is_the_sum(data):
    _, without = headline(data)
    assert (without.profile.events, without.profile.n, without.profile.tau2) == (3, 61, 0)
    assert without.profile.estimate == pytest.approx(3 / 61)


def test_the_pools_of_all_data_hold_no_patient_twice(everything):
    # `pooled` ends with an error where two cohorts share a patient.
    found = [*headline(everything), net(everything), *sensitivities(everything)]
    for pool in (*found, *net_sensitivities(everything)):
        assert pool.profile.events == sum(one.rate.events for one in pool.cohorts)
        assert pool.profile.ci_low <= pool.profile.estimate <= pool.profile.ci_high


def test_two_trials_are_not_pooled(data):
    with pytest.raises(ValueError, match="2 cohorts; expected 3 or more"):
        pooled(data, primary_cohorts(data)[:2])


def test_a_nested_report_is_not_pooled(data):
    nested = replace(
        cohort(data, "nec-pembrolizumab"),
        report=Report("jia2022", "NCT02939651", "all > 2018 report"),
    )
    with pytest.raises(ValueError, match="expected reports without overlap"):
        pooled(data, (*primary_cohorts(data), nested))


def test_sensitivities_hold_every_fallback_cohort_and_bound(data):
    counted = [(p.profile.events, p.profile.n) for p in sensitivities(data)]
    # Primary; 1 of 29; 5 of 15 assessed; 5 and 4 of 17 without MiNEN; nivolumab 3 of 46, of 42;
    # AVENEC 0 of 38; nivolumab 7 of 46; AVENEC 3 of 38; both, least and most; NET-001 0 of 10;
    # undivided 3 of 60, 0 of 6, both.
    assert counted == [
        *((14, 111), (14, 121), (14, 108), (14, 110), (13, 110), (17, 157), (17, 153)),
        *((14, 149), (21, 157), (17, 149), (17, 195), (24, 195), (14, 121)),
        *((17, 171), (14, 117), (17, 177)),
    ]
    names = [p.without_counts for p in (*sensitivities(data), *net_sensitivities(data))]
    assert len(set(names)) == len(names)


def test_the_trial_that_does_not_divide_its_responders_is_pooled_with_none_and_with_all(data):
    held = {p.profile.n + p.profile.events: p for p in sensitivities(data) if p.profile.k == 7}
    for pool, events in zip(with_undivided(data), (14, 17), strict=True):
        assert (pool.profile.events, pool.profile.n) == (events, 149)
        assert pool.profile == held[149 + events].profile  # which metafor gives too


def test_a_mixed_tumour_leaves_the_trial_with_or_without_a_response(data):
    found = {p.without_counts: p.cohorts[0].rate for p in sensitivities(data)}
    without = "sintilimab without its mixed tumour (MiNEN)"
    assert found[f"{without}, if it did not respond"] == Rate(5, 17)
    assert found[f"{without}, if it responded"] == Rate(4, 17)


def test_the_assessed_are_those_with_a_category_of_response(data):
    # 5 PR, 10 PD and 3 not assessed of 18 NEC; 2 SD and 4 PD of 6 NET; others count none.
    assert response_among_assessed(data, cohort(data, "nec-sintilimab").report) == Rate(5, 15)
    assert response_among_assessed(data, cohort(data, "net-sintilimab").report) == Rate(0, 6)
    assert response_among_assessed(data, cohort(data, "nec-spartalizumab-own").report) is None


def test_the_pool_of_net_is_varied_by_marker_trial_line_and_bound(data):
    counted = [(p.profile.k, p.profile.events, p.profile.n) for p in net_sensitivities(data)]
    assert counted == [
        *((6, 17, 257), (4, 13, 216), (4, 15, 243), (5, 17, 257)),
        *((8, 17, 257), (7, 17, 274), (7, 17, 279), (7, 20, 279)),
    ]
    selected = {one.report.trial for one in net(data).cohorts if one.selected_by == "PD-L1"}
    assert selected == {"NCT02054806"}  # KEYNOTE-028, which took PD-L1-positive tumours alone


def test_the_sites_of_net_are_those_of_two_trials(data):
    found = {site: [one.rate for one in each] for site, each in net_by_site(data).items()}
    assert found == {
        "thoracic": [Rate(5, 30)],
        "gastrointestinal": [Rate(1, 32)],
        "pancreatic": [Rate(1, 33), Rate(1, 16)],
    }


def test_cohorts_left_out_and_added(data):
    assert [step.pool.n for step in left_out(data)] == [93, 79, 92, 97, 90, 104]
    steps = added_by_year(data)
    # Lu, Vijayvergia and Frumovitz 2020, Yao 2021, Jia 2022; that of part A shows no year.
    assert [(step.cohort.year, step.cohort.rate.n) for step in steps] == [
        *((2020, 32), (2020, 19), (2020, 7), (2021, 21), (2022, 18), (None, 14)),
    ]
    assert [step.pool and step.pool.k for step in steps] == [None, None, 3, 4, 5, 6]
    assert steps[-1].pool.estimate == pytest.approx(headline(data)[0].profile.estimate, rel=1e-9)


def test_the_steps_lead_from_the_pool_of_the_first_edition_to_that_of_today(data):
    found = moves(data)
    assert [(move.before and move.before.row, move.now.row) for move in found] == [
        ("nec-pembrolizumab-alone", "nec-pembrolizumab-part-a"),
        ("nec-spartalizumab", "nec-spartalizumab-own"),
        (None, "nec-small-cell"),
    ]
    # Both reports give the counts that the row of the review's table gave; one cohort joined.
    now, first = (POOLS[name, "lme4_profile"]["estimate"] for name in ("primary", "first"))
    assert [move.shift for move in found] == pytest.approx([0, 0, now - first], abs=1e-6)


def test_steps_replace_then_add_then_remove_a_cohort(data):
    table = data.pooling.set_index("row")
    table.loc["nec-net-001", "role"] = "primary"
    table.loc["nec-sintilimab", "edition"] = "first"
    other = replace(data, pooling=table.reset_index())
    found = moves(other)
    told = [(m.before and m.before.name, m.now and m.now.name) for m in found]
    assert (None, "avelumab (NET-001)") in told and told[-1] == ("sintilimab", None)
    first, now = (headline(other, edition)[0].profile.estimate for edition in (FIRST, NOW))
    assert sum(move.shift for move in found) == pytest.approx(now - first)
    assert found[-1].shift < 0 and found[-2].shift < 0


def test_a_question_of_a_combination_is_pooled_where_three_cohorts_ask_it(data):
    found = {(q.regimen_class, q.kind, q.line): q for q in combinations.questions(data)}
    net = found.pop(("two checkpoint inhibitors", "NET", "later"))
    # Of G1 or G2, and so NET: 7.4% of 27, 0% of 31 and 6.3% of 32.
    assert [one.rate for one in net.alike] == [Rate(2, 27), Rate(0, 31), Rate(2, 32)]
    (expected,) = mixed_reference("synthesis_combinations.csv")
    assert [net.pool.estimate, net.pool.ci_low, net.pool.ci_high] == pytest.approx(
        [expected[name] for name in ("estimate", "low", "high")], abs=1e-6
    )
    assert all(q.pool is None and len(q.alike) < 3 for q in found.values())


def test_three_cohorts_that_ask_one_question_are_pooled(data, monkeypatch):
    entry = classes.entries(data)[0]
    trials = ("NCT02937116", "NCT03167853", "NCT02628067")
    made_up = [
        replace(
            entry,
            regimen_class="with chemotherapy",
            report=Report("a source", trial, "all > NEC"),
            rate=Rate(i, 10),
        )
        for i, trial in enumerate(trials, start=1)
    ]
    monkeypatch.setattr(combinations, "entries", lambda data: made_up)
    combinations.questions.cache_clear()
    (found,) = combinations.questions(data)
    combinations.questions.cache_clear()
    assert found.pool.estimate == pytest.approx(6 / 30)  # without spread the sum over the sum
    assert len(combinations.independent(data, [*made_up, made_up[0]])) == 3


def test_a_rate_of_an_interim_report_says_how_many_are_not_yet_evaluable(data):
    marks = {one.report.source: one.mark for one in classes.entries(data)}
    assert marks["weber2023"] == "five not yet evaluable"  # 4 PR, 5 SD and 5 PD of 19
    assert marks["yao2021"] == ""


def test_a_combination_without_a_reported_response_is_named(data):
    found = combinations.without_response(data, "with chemotherapy")
    assert [group.report.trial for group in found] == ["NCT06049966"]


def test_the_posterior_is_asked_about_the_thresholds_of_the_chapter(data):
    found = posterior(data)
    above = list(found.pooled.above.values())
    assert list(found.pooled.above) == [0.10, 0.18, 0.30]
    assert above == sorted(above, reverse=True)
    # JAGS is no dependency; the engine is tested against exact integrals in test_meta_bayes.
    assert found.pooled.low < headline(data)[0].profile.estimate < found.pooled.high


@pytest.mark.slow
@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork"
)
def test_what_is_estimated_before_the_forks_is_what_a_chapter_would_estimate(
    everything, monkeypatch
):
    data = everything
    found = multiverse.multiverse(data)
    monkeypatch.setattr(multiverse, "_estimated", {})
    multiverse.multiverse.cache_clear()
    multiverse.estimate_all(data)
    monkeypatch.setattr(multiverse, "_estimates", lambda *_: pytest.fail("estimated again"))
    multiverse.multiverse.cache_clear()
    assert multiverse.multiverse(data) == found


def test_the_multiverse_is_every_combination_once_and_the_headline_is_in_it(data):
    found = multiverse.multiverse(data)
    choices = multiverse.options(data)
    assert [len(values) for values in choices.values()] == [6, 2, 2, 4, 3]
    assert len(found) == len({tuple(s.choices.values()) for s in found}) == 288
    (own,) = [s for s in found if s.headline]
    profile = headline(data)[0].profile
    assert (own.estimate, own.ci_low) == (profile.estimate, profile.ci_low)
    estimates = [s.estimate for s in found]
    assert all(a <= b + 1e-8 for a, b in pairwise(estimates))


def test_the_choices_of_the_multiverse_follow_the_rows_of_the_table(data):
    table = data.pooling.set_index("row")
    table.loc["nec-spartalizumab-own", "role"] = "sensitivity"
    table.loc["nec-pembrolizumab", "fallback"] = "none"
    found = multiverse.options(replace(data, pooling=table.reset_index()))
    assert list(found) == ["Model", "Trials", "nivolumab at 8 weeks", "spartalizumab", "avelumab"]
    assert found["spartalizumab"] == ("not in", "1 of 21")


def test_the_multiverse_holds_the_posterior_under_the_priors_of_the_headline(data):
    (own,) = [
        s
        for s in multiverse.multiverse(data)
        if all(
            option == "logistic, Bayesian" if axis == "Model" else option == values[0]
            for (axis, option), values in zip(
                s.choices.items(), multiverse.options(data).values(), strict=True
            )
        )
    ]
    told = posterior(data).pooled
    assert (own.estimate, own.ci_low, own.ci_high) == (told.median, told.low, told.high)


def test_a_summary_of_the_multiverse_keeps_to_what_is_fixed(data):
    whole = multiverse.summary(data)
    less = multiverse.summary(data, {multiverse.TRIALS: multiverse.WITHOUT_CHINESE})
    models, *axes = map(len, multiverse.options(data).values())
    left_out = len(multiverse.NOT_ADVISED)
    assert whole["count"] == (models - left_out) * prod(axes) == 2 * less["count"]
    with_all = multiverse.summary(data, {multiverse.TRIALS: multiverse.ALL_TRIALS})
    assert multiverse.summaries_by_trials(data) == (whole, with_all, less)
    assert less["greatest"] < headline(data)[0].profile.estimate < whole["greatest"]
    # The common rate without the Chinese trials and with 0 of 38 and 1 of 29: 3 of 109.
    one = multiverse.summary(
        data,
        {
            "Model": "one rate for all",
            multiverse.TRIALS: multiverse.WITHOUT_CHINESE,
            "pembrolizumab": "1 of 29",
            "avelumab": "0 of 38",
            "nivolumab at 8 weeks": "not in",
        },
    )
    assert one["median"] == pytest.approx(3 / 109)
    with pytest.raises(ValueError, match="no specification has"):
        multiverse.summary(data, {"Model": "Freeman-Tukey"})


def test_no_range_counts_a_model_that_the_methods_advise_against(data):
    estimates = {True: [], False: []}
    for s in multiverse.multiverse(data):
        estimates[s.choices["Model"] in multiverse.NOT_ADVISED].append(s.estimate)
    assert min(estimates[True]) < min(estimates[False])
    assert max(estimates[True]) > max(estimates[False])
    whole = multiverse.summary(data)
    assert (whole["least"], whole["greatest"]) == (min(estimates[False]), max(estimates[False]))
    own = [multiverse.summary(data, {"Model": model}) for model in multiverse.NOT_ADVISED]
    assert sum(one["count"] for one in own) == len(estimates[True])
    assert min(one["least"] for one in own) == min(estimates[True])


def check_strata(found, expected):
    odds, limits = found.mantel_haenszel_odds_ratio()
    exact = found.exact()
    assert odds == pytest.approx(expected["mh"], **TOLERANCE["odds ratio"])
    assert limits.low == pytest.approx(expected["mh_low"], **TOLERANCE["odds ratio"])
    assert limits.high == pytest.approx(expected["mh_high"], **TOLERANCE["odds ratio"])
    # uniroot() in mantelhaen.test() stops at the fourth digit or so.
    assert exact.odds_ratio == pytest.approx(expected["exact"], rel=1e-4)
    assert exact.interval.low == pytest.approx(expected["exact_low"], rel=1e-3)
    assert exact.interval.high == pytest.approx(expected["exact_high"], rel=1e-3)
    assert exact.p == pytest.approx(expected["exact_p"], **TOLERANCE["p value"])
    difference, _ = found.mantel_haenszel_risk_difference()
    assert difference == pytest.approx(expected["rd"], **TOLERANCE["proportion"])


def test_nec_against_net_within_trials_is_as_in_r(data):
    check_strata(contrasts.within_trials(contrasts.later_monotherapy(data)), STRATA["nec_net"])


def test_the_randomised_contrast_is_as_in_r(data):
    found = randomised.randomised_contrasts(data)["largest denominators that fit the percentages"]
    check_strata(found, STRATA["randomised"])


def test_every_trial_with_nec_and_net_is_compared(data):
    found = {c.trial: (c.pair.first, c.pair.second) for c in contrasts.nec_against_net(data)}
    assert found == {
        "NCT02937116": (Rate(5, 18), Rate(0, 6)),
        "NCT03167853": (Rate(6, 32), Rate(2, 8)),
        "NCT02955069": (Rate(1, 21), Rate(7, 95)),
        "NCT02923934": (Rate(2, 4), Rate(2, 6)),
        "NCT03728361": (Rate(3, 8), Rate(7, 20)),
    }


def test_summing_the_trials_would_double_the_odds_ratio(data):
    own = contrasts.later_monotherapy(data)
    naive = contrasts.summed(own)
    assert (naive.first, naive.second) == (Rate(12, 71), Rate(9, 109))
    within = contrasts.within_trials(own).exact().odds_ratio
    assert naive.odds_ratio > 1.9 * within


def test_the_misprinted_size_of_net_moves_the_comparison(data):
    found = contrasts.misprinted_net(data)
    assert found.trials[0] == Comparison(Rate(5, 18), Rate(0, 16))
    assert found.trials[1:] == tuple(c.pair for c in contrasts.later_monotherapy(data))[1:]


def test_each_site_is_compared_with_all_others_of_its_trial(data):
    found = contrasts.by_site(data)
    assert found["pancreatic"].trials == (
        Comparison(Rate(0, 3), Rate(5, 15)),
        Comparison(Rate(0, 5), Rate(6, 27)),
    )
    assert list(found) == ["gastro-oesophageal", "intestinal", "pancreatic", "other sites"]


def test_the_unknown_of_the_randomised_arms_are_those_beyond_the_denominator(data):
    found = randomised.randomised(data)
    assert {s: tuple(arm.randomised for arm in arms) for s, arms in found.items()} == {
        "GEP-NEC": (46, 46),
        "LCNEC": (48, 45),
    }
    assert [arm.unknown for arms in found.values() for arm in arms] == [3, 4, 4, 4]


def test_the_randomised_contrast_has_its_extremes(data):
    found = randomised.randomised_contrasts(data)
    best = found["all randomised; unknown counted as response only with two inhibitors"]
    worst = found["all randomised; unknown counted as response only with nivolumab"]
    assert best.trials == (
        Comparison(Rate(8, 46), Rate(3, 46)),
        Comparison(Rate(12, 48), Rate(3, 45)),
    )
    assert worst.trials == (
        Comparison(Rate(5, 46), Rate(7, 46)),
        Comparison(Rate(8, 48), Rate(7, 45)),
    )
    low, high = randomised.odds_ratios_that_fit(data)
    largest, _ = found["largest denominators that fit the percentages"].mantel_haenszel_odds_ratio()
    assert low <= largest <= high


def test_biomarkers_have_their_own_cuts_and_unadjusted_p_values(data):
    found = contrasts.biomarkers(data)
    assert [(b.marker, b.pair.first, b.pair.second, b.printed_p) for b in found] == [
        ("PD-L1", Rate(2, 3), Rate(2, 8), ""),
        ("PD-L1", Rate(5, 10), Rate(3, 28), "0.019"),
        ("TMB", Rate(3, 4), Rate(5, 31), "0.03"),
    ]
    assert len({b.cut for b in found}) == 3


def test_power_is_that_of_the_sizes_and_not_of_the_rates(data):
    low, high = contrasts.power(Comparison(Rate(2, 3), Rate(2, 8)))
    assert 0 < low < high < 1
    assert contrasts.power(Comparison(Rate(0, 3), Rate(8, 8))) == (low, high)
    # No rate can be told from 10% four times in five with one patient against one.
    assert contrasts.detectable_rate(Comparison(Rate(0, 1), Rate(0, 1))) is None
    rate = contrasts.detectable_rate(Comparison(Rate(0, 40), Rate(0, 40)))
    assert 0.3 < rate < 0.5


def test_every_comparison_of_the_chapter_has_its_power(data):
    assert len(dict(contrasts.all_comparisons(data))) == 5 + 3 + 2


def test_the_permutation_p_cannot_be_smaller_than_the_trials_allow(data):
    jia, own = region.region_tests(data)
    # Two of four: six assignments, mirrored in pairs. Two of six: fifteen.
    assert (jia.model.permutations, own.model.permutations) == (6, 15)
    assert (jia.smallest_p, own.smallest_p) == (pytest.approx(1 / 3), pytest.approx(1 / 15))
    assert (jia.one_sided_p, own.one_sided_p) == (pytest.approx(1 / 6), pytest.approx(1 / 15))
    for test in (jia, own):
        assert test.model.permutation_p >= test.smallest_p - 1e-12
    assert (jia.summed.first, jia.summed.second) == (Rate(11, 50), Rate(3, 50))


def test_standardising_to_the_western_sites(data):
    found = region.standardised(data)
    # By hand: (7 × 5/15 + 8 × 1/14 + 19 × 0/8 + 16 × 5/13) / 50.
    assert found.by_site == {
        "gastro-oesophageal": Rate(5, 15),
        "intestinal": Rate(1, 14),
        "pancreatic": Rate(0, 8),
        "other sites": Rate(5, 13),
    }
    assert found.mix == {
        "pancreatic": 19,
        "gastro-oesophageal": 7,
        "intestinal": 8,
        "other sites": 16,
    }
    assert found.expected == pytest.approx((7 / 3 + 8 / 14 + 80 / 13) / 50)
    assert found.interval.low < found.expected < found.interval.high


def test_a_weighted_interval_of_one_rate_is_wilsons(data):
    found = region.weighted_interval({"all": Rate(2, 9)}, {"all": 1.0})
    assert (found.low, found.high) == pytest.approx(
        (Rate(2, 9).wilson().low, Rate(2, 9).wilson().high)
    )


def test_the_map_counts_each_trial_in_the_kinds_that_it_reports(data):
    cells = {(c.regimen_class, c.kind, c.line): c for c in classes.evidence_map(data)}
    nec = cells["monotherapy", "NEC", "later"]
    assert (nec.trials, nec.patients, nec.may_overlap) == (
        7,
        18 + 32 + 19 + 14 + 21 + 46 + 7,
        False,
    )
    # Of the 46, four have no counted response.
    assert nec.response == Rate(14, 111) + Rate(3, 42)
    assert cells["with targeted therapy", "NEC", "later"].may_overlap
    # Those of the pool: the sites of spartalizumab are some of its NET and count once.
    of_net = cells["monotherapy", "NET", "later"]
    assert (of_net.trials, of_net.patients, of_net.may_overlap) == (5, 257, False)
    assert not any("case series" in one.name for one in classes.entries(data))


def test_a_population_that_nothing_tells_apart_is_refused(data):
    with pytest.raises(LookupError, match="neither says which tumours"):
        kind_of(data, "NCT00000000", "all > evaluable")
    with pytest.raises(LookupError, match="no level 'cohort 1'"):
        kind_of(data, "NCT02937116", "all > cohort 1")


def test_findings_of_the_audit_move_the_pools_by_less_than_half_a_point(data):
    found = misprint_effects.misprint_effects(data)
    shifts = {m.finding: m.shift for m in found if m.quantity == misprint_effects.POOL}
    likely = [m for m in found if m.quantity != misprint_effects.ODDS and not m.is_bound]
    assert all(abs(m.shift) < 0.005 for m in likely)
    # Nivolumab at eight weeks, where added: 7 of 46 instead of 3 of 46.
    (most,) = [m for m in found if m.is_bound]
    assert 0.03 < most.shift < 0.04
    assert shifts["review2023-039-percentage"] == 0
    assert all(abs(shift) < 0.005 for shift in shifts.values())
    (of_net,) = [m for m in found if m.quantity == misprint_effects.POOL_NET]
    # No responder among 16 instead of 6: 17 of 267 instead of 17 of 257, give or take the spread.
    assert of_net.finding == "jia2022-108-size"
    assert -0.005 < of_net.shift < 0
    (odds,) = [m for m in found if m.quantity == misprint_effects.ODDS]
    # (5 × 16 / 34 + 6 × 6 / 40 + 1 × 88 / 116) / (0 + 2 × 26 / 40 + 7 × 20 / 116).
    by_hand = (80 / 34 + 36 / 40 + 88 / 116) / (52 / 40 + 140 / 116)
    assert odds.otherwise == pytest.approx(by_hand)


def test_a_finding_that_is_gone_is_missed(data, monkeypatch):
    monkeypatch.setattr(misprint_effects, "audit", lambda data: ())
    with pytest.raises(LookupError, match="the audit no longer has the findings jia2022-108-size"):
        misprint_effects.misprint_effects(data)


def test_power_is_of_the_first_group_with_the_higher_rate():
    # The other way round, with the high rate among the six, it is many times that.
    pair = Comparison(Rate(5, 18), Rate(0, 6))
    found = contrasts.power(pair)
    assert found == (fisher_power(0.3, 18, 0.1, 6), fisher_power(0.5, 18, 0.1, 6))
    assert found[0] < fisher_power(0.1, 18, 0.3, 6) / 5


def test_trials_in_both_pools_and_the_pool_without_one(data):
    # Sintilimab 18 and 6, toripalimab 32 and 8, spartalizumab 21 and 95.
    assert in_both_pools(data) == (3, 71, 109)
    assert pool_without_trial(data, "NCT02721732").rate == Rate(14, 104)
    assert lcnec(data) == Rate(3, 45)
