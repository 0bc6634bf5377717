"""Pooled proportions, against metafor and lme4, published examples and what must hold of any."""

import math

import numpy as np
import pytest
from helpers_data import TOLERANCE, counts_by_set, mixed_reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from statsmodels.stats.meta_analysis import combine_effects

from nenreview.meta import FitError, pool_proportions
from nenreview.meta.inverse_variance import TRANSFORMATIONS
from nenreview.meta.pool import ALLOWED_INTERVALS, INTERVALS, METHODS
from nenreview.stats.rate import Rate

SETS = counts_by_set()
# Families of twelve with 0 to 12 boys: Wikipedia, "Beta-binomial distribution", the example
# of the sex ratio.
GEISSLER = [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7]
SETS["geissler"] = (np.repeat(range(13), GEISSLER), np.full(sum(GEISSLER), 12))
ROWS = mixed_reference("meta_pools.csv")


def name_of(row):
    """Return what tells a row of the reference from the others."""
    keys = ("set", "method", "effects", "tau2_method", "ci", "level")
    return " ".join(str(row[key]) for key in keys if row[key])


def pooled(row, **how):
    """Return our pool for a row of the reference."""
    method = "glmm" if row["method"] == "exact" else row["method"]
    if method in TRANSFORMATIONS and row["effects"] == "random":
        how["tau2"] = row["tau2_method"]
    return pool_proportions(
        *SETS[row["set"]],
        method=method,
        effects=row["effects"],
        ci=row["ci"],
        level=row["level"],
        **how,
    )


def rows(*methods, but=()):
    """Return the rows of the reference for these methods, as a parametrisation.

    Those whose set and effects are in `but` are left out.
    """
    chosen = [
        row
        for row in ROWS
        if row["method"] in methods
        and row["ci"] != "profile"
        and f"{row['set']} {row['effects']}" not in but
    ]
    return pytest.mark.parametrize("row", chosen, ids=[name_of(row) for row in chosen])


QUANTITIES = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "mean", "se", "tau2")
HETEROGENEITY = ("i2", "h2", "q", "q_p")


def compare(row, result, quantities, tolerance):
    """Assert that the quantities that the reference has are ours."""
    expected = {key: row[key] for key in quantities if row[key] is not None}
    found = {key: getattr(result, key) for key in expected}
    assert found == {key: pytest.approx(value, **tolerance) for key, value in expected.items()}


# R, metafor: rma() for PLO, PAS and PFT; see reference/meta.R.
@rows("logit", "arcsine", "freeman_tukey")
def test_inverse_variance_is_that_of_metafor(row):
    result = pooled(row)
    compare(row, result, QUANTITIES + HETEROGENEITY, TOLERANCE["pool"])
    for df, key in (("k-1", "pi1"), ("k-2", "pi2")):
        if row[f"{key}_low"] is not None:
            other = pooled(row, pi_df=df)
            expected = pytest.approx((row[f"{key}_low"], row[f"{key}_high"]), **TOLERANCE["pool"])
            assert (other.pi_low, other.pi_high) == expected


# R, metafor: rma.glmm(measure = "PLO", nAGQ = 25), fitted by lme4; see reference/meta.R. Where
# trials differ as much as in "outlier", 25 nodes are too few: the next test has the exact value.
@rows("glmm", but=("outlier random",))
def test_logistic_model_is_that_of_metafor(row):
    result = pooled(row)
    keys = (*QUANTITIES, *HETEROGENEITY, "q_lrt", "q_lrt_p")
    if row["effects"] == "random":
        # Not the log-likelihood: with several nodes lme4 leaves constants out of it.
        compare(row, result, keys, TOLERANCE["lme4 pool"])
    else:
        compare(row, result, (*keys, "loglik"), TOLERANCE["glm pool"])


# The same likelihood with R's integrate() and Newton's method; see reference/meta.R.
@rows("exact")
def test_logistic_model_is_at_the_maximum_of_the_exact_likelihood(row):
    compare(row, pooled(row), (*QUANTITIES, "loglik"), TOLERANCE["exact pool"])


# R: lme4's deviance for the logistic model, lbeta() for the beta-binomial, which VGAM confirms.
PROFILES = [row for row in ROWS if row["ci"] == "profile"]


@pytest.mark.parametrize("row", PROFILES, ids=[name_of(row) for row in PROFILES])
def test_profile_interval_is_that_of_r(row):
    result = pooled(row)
    found = logit([result.ci_low, result.ci_high])
    assert found == pytest.approx(
        logit([row["ci_low"], row["ci_high"]]), **TOLERANCE["profile limit"]
    )
    if row["method"] == "beta_binomial":
        compare(row, result, ("estimate", "mean", "rho", "loglik"), TOLERANCE["exact pool"])
        compare(row, result, ("se",), TOLERANCE["numerical se"])


# Stijnen, Hamza & Özdemir, Stat Med 2010;29:3046, Table II (p. 3050), as in metafor's own
# test of it (test_analysis_example_stijnen2010.r): mean and se on the logit scale, τ², then
# the estimate and its interval. 0.0355 is 0.035 and 0.0554 is 0.056 in the paper.
STIJNEN = [
    ("logit", "nielweise_control", ("-3.3018", "0.2378", "0.6629", "0.0355", "0.0226", "0.0554")),
    ("logit", "nielweise_treated", ("-4.2604", "0.2589", "0.3928", "0.0139", "0.0084", "0.0229")),
    ("glmm", "nielweise_control", ("-3.4964", "0.2570", "0.8124", "0.0294", "0.0180", "0.0478")),
    ("glmm", "nielweise_treated", ("-4.8121", "0.3555", "0.8265", "0.0081", "0.0040", "0.0161")),
]


@pytest.mark.parametrize(("method", "name", "expected"), STIJNEN)
def test_pool_is_that_of_stijnen_table_2(method, name, expected):
    result = pool_proportions(*SETS[name], method=method)
    found = (result.mean, result.se, result.tau2, result.estimate, result.ci_low, result.ci_high)
    # Seven nodes and lme4's stopping rule against the maximum itself: the third decimal moves.
    for value, text, within in zip(
        found, expected, (5e-4, 5e-4, 2e-3, 1e-4, 1e-4, 1e-4), strict=True
    ):
        assert value == pytest.approx(float(text), abs=within)


def test_freeman_tukey_is_that_of_miller():
    # Miller, Am Stat 1978;32:138: values and variances of the table, the weighted mean, and
    # its proportion; as in metafor's own test of it (test_analysis_example_miller1978.r).
    events, n = (np.array(x) for x in SETS["miller1978"])
    values, variances = TRANSFORMATIONS["freeman_tukey"].transform(events, n)
    assert [f"{x:.4f}" for x in 2 * values] == ["1.1391", "1.2888", "1.5253", "0.9515"]
    assert [f"{x:.4f}" for x in 4 * variances] == ["0.0870", "0.0571", "0.0465", "0.1538"]
    result = pool_proportions(events, n, method="freeman_tukey", effects="common")
    assert (f"{2 * result.mean:.4f}", f"{result.estimate:.4f}") == ("1.3093", "0.3595")
    inverse = TRANSFORMATIONS["freeman_tukey"].inverse
    assert f"{inverse(values.mean(), n):.4f}" == "0.3164"


def test_beta_binomial_is_that_of_the_families_of_twelve():
    # Wikipedia, "Beta-binomial distribution", maximum likelihood: α 34.09558, β 31.5715,
    # log-likelihood −12492.9. The ridge is flat: VGAM and we find α 34.103, a little higher.
    result = pool_proportions(*SETS["geissler"], method="beta_binomial")
    size = (1 - result.rho) / result.rho
    assert size * result.estimate == pytest.approx(34.09558, abs=0.01)
    assert size * (1 - result.estimate) == pytest.approx(31.5715, abs=0.01)
    assert f"{result.loglik:.1f}" == "-12492.9"


def test_two_far_trials_are_pooled_as_by_meta():
    # R's package meta prints 0.2355 [0.0191; 0.8297] for 5 of 119 and 116 of 170; a
    # quadrature that is not adaptive is far off.
    result = pool_proportions([5, 116], [119, 170])
    found = tuple(f"{x:.4f}" for x in (result.estimate, result.ci_low, result.ci_high))
    assert found == ("0.2355", "0.0191", "0.8297")


@pytest.mark.parametrize("name", ["review", "pritz1997", "hannum2020", "uneven", "miller1978"])
@pytest.mark.parametrize("method", TRANSFORMATIONS)
@pytest.mark.parametrize("tau2", ["DL", "PM"])
def test_inverse_variance_is_that_of_statsmodels(name, method, tau2):
    values, variances = TRANSFORMATIONS[method].transform(*(np.array(x) for x in SETS[name]))
    theirs = combine_effects(values, variances, method_re=tau2.lower())
    ours = pool_proportions(*SETS[name], method=method, tau2=tau2)
    # Their Paule-Mandel solver stops once the estimating equation is within 1e-5. With a smaller
    # tolerance rounding decides: on some processors it steps over the root and returns 0. The
    # values of metafor in meta_pools.csv hold ours more closely.
    rel = 1e-8 if tau2 == "DL" else 1e-5
    if theirs.tau2 > 0:  # below 0 statsmodels goes on with a negative variance
        expected = pytest.approx((theirs.tau2, theirs.mean_effect_re, theirs.q), rel=rel)
        assert (ours.tau2, ours.mean, ours.q) == expected
        hksj = pool_proportions(*SETS[name], method=method, tau2=tau2, ci="hksj")
        assert hksj.se == pytest.approx(math.sqrt(theirs.var_hksj_re), rel=rel)
    else:
        assert ours.tau2 == 0


# What must hold of any counts.


@st.composite
def several(draw, least=2, most=6, largest=60):
    """Draw trials, some events and some patients without among them."""
    n = draw(st.lists(st.integers(1, largest), min_size=least, max_size=most))
    events = [draw(st.integers(0, size)) for size in n]
    if sum(events) in (0, sum(n)):
        events[0], n[0] = 1, max(2, n[0])
        events[1] = 0
    return events, n


def inside(events, n):
    """Return whether a trial has both events and patients without."""
    return any(0 < e < m for e, m in zip(events, n, strict=True))


likelihoods = [("glmm", {}), ("beta_binomial", {})]
models = [*likelihoods, ("logit", {}), ("arcsine", {}), ("freeman_tukey", {})]
MODEL = pytest.mark.parametrize("method", [name for name, _ in models])


def fitted(events, n, **how):
    """Return the pool, or None where all trials are empty or full and none exists."""
    if inside(events, n) or how.get("method") in TRANSFORMATIONS:
        return pool_proportions(events, n, **how)
    with pytest.raises(FitError, match="every trial has no events or nothing but events"):
        pool_proportions(events, n, **how)
    return None


@MODEL
@settings(max_examples=25)
@given(data=several())
def test_order_of_trials_does_not_matter(method, data):
    events, n = data
    result = fitted(events, n, method=method)
    if result:
        mirrored = pool_proportions(events[::-1], n[::-1], method=method)
        assert mirrored.estimate == pytest.approx(result.estimate, abs=1e-7)
        assert mirrored.ci_high == pytest.approx(result.ci_high, abs=1e-7)


@pytest.mark.slow
@MODEL
@settings(max_examples=25)
@given(data=several())
def test_patients_without_the_event_are_pooled_to_the_complement(method, data):
    events, n = data
    result = fitted(events, n, method=method)
    if result:
        others = [m - e for e, m in zip(events, n, strict=True)]
        mirrored = pool_proportions(others, n, method=method)
        found = (1 - mirrored.estimate, 1 - mirrored.ci_high, 1 - mirrored.ci_low)
        assert found == pytest.approx((result.estimate, result.ci_low, result.ci_high), abs=1e-6)


@pytest.mark.parametrize("method", ["glmm", "beta_binomial", "arcsine"])
@settings(max_examples=25)
@given(data=several())
def test_estimate_lies_between_the_rates_of_the_trials(method, data):
    events, n = data
    result = fitted(events, n, method=method)
    if result:
        rates = [e / m for e, m in zip(events, n, strict=True)]
        assert min(rates) - 1e-9 <= result.estimate <= max(rates) + 1e-9
        assert result.ci_low <= result.estimate <= result.ci_high


@settings(max_examples=40)
@given(data=several())
def test_common_logit_is_that_of_the_summed_counts(data):
    events, n = data
    result = pool_proportions(events, n, effects="common")
    p = sum(events) / sum(n)
    assert result.estimate == pytest.approx(p, rel=1e-12)
    assert result.se == pytest.approx(1 / math.sqrt(sum(n) * p * (1 - p)), rel=1e-12)
    assert (result.tau2, result.i2, result.pi_low, result.pi_high) == (0.0, 0.0, None, None)


@settings(max_examples=15)
@given(data=several(largest=30))
def test_random_effects_fit_no_worse_than_a_common_effect(data):
    events, n = data
    random, common = fitted(events, n), pool_proportions(events, n, effects="common")
    if random:
        assert random.loglik >= common.loglik - 1e-9
        assert (random.tau2 == 0) == (random.loglik <= common.loglik + 1e-9) or random.tau2 < 1e-3


@MODEL
@settings(max_examples=15)
@given(rate=st.integers(1, 30), more=st.integers(1, 30), k=st.integers(2, 5))
def test_trials_of_one_rate_have_no_spread(method, rate, more, k):
    result = pool_proportions([rate] * k, [rate + more] * k, method=method)
    assert result.rho == 0 if method == "beta_binomial" else result.tau2 == 0
    if method not in ("arcsine", "freeman_tukey"):
        assert result.estimate == pytest.approx(rate / (rate + more), rel=1e-9)
    assert result.q_lrt in (None, pytest.approx(0, abs=1e-9))
    assert result.tau2_p in (None, 1.0)


@pytest.mark.parametrize(
    ("method", "effects", "ci"),
    [(*m, ci) for m in ALLOWED_INTERVALS for ci in ALLOWED_INTERVALS[m]],
)
def test_higher_level_gives_a_wider_interval(method, effects, ci):
    how = {"method": method, "effects": effects, "ci": ci}
    narrow, wide = (pool_proportions(*SETS["review"], level=level, **how) for level in (0.8, 0.95))
    assert wide.ci_low < narrow.ci_low < narrow.estimate < narrow.ci_high < wide.ci_high
    assert wide.estimate == narrow.estimate


def test_hartung_knapp_floor_never_narrows():
    events, n = [5, 5, 5, 6], [20, 20, 20, 20]
    plain, floor, t = (
        pool_proportions(events, n, method="logit", ci=ci) for ci in ("hksj", "hksj_adhoc", "t")
    )
    assert plain.se < floor.se == t.se
    assert plain.ci_df == floor.ci_df == t.ci_df == 3


def test_profile_is_where_the_likelihood_has_fallen_by_the_quantile():
    events, n = [5, 6], [18, 32]  # τ² is 0 at the maximum and above it at the limits
    result = pool_proportions(events, n, ci="profile")
    common = pool_proportions(events, n, effects="common", ci="profile")
    assert result.ci_low < common.ci_low < common.ci_high < result.ci_high


def test_marginal_mean_is_the_mean_of_simulated_trials():
    result = pool_proportions(*SETS["far_pair"])
    draws = np.random.default_rng(1).standard_normal(400_000)
    simulated = expit(result.mean + math.sqrt(result.tau2) * draws).mean()
    assert result.marginal_mean == pytest.approx(simulated, abs=2e-3)
    assert result.marginal_mean > result.estimate + 0.05


def test_marginal_mean_of_arcsines_is_that_of_simulated_trials():
    result = pool_proportions(*SETS["review"], method="arcsine")
    draws = result.mean + math.sqrt(result.tau2) * np.random.default_rng(1).standard_normal(400_000)
    assert result.marginal_mean == pytest.approx((np.sin(draws) ** 2).mean(), abs=5e-4)


@pytest.mark.parametrize("method", TRANSFORMATIONS)
def test_prediction_interval_needs_three_trials_and_random_effects(method):
    assert pool_proportions([5, 6], [18, 32], method=method).pi_low is None
    assert pool_proportions([5, 6, 2], [18, 32, 29], method=method).pi_low is not None
    assert pool_proportions([5, 6, 2], [18, 32, 29], method=method, effects="common").pi_low is None


def test_prediction_interval_takes_its_distribution_from_the_interval_unless_told():
    dfs = {ci: pool_proportions(*SETS["review"], ci=ci).pi_df for ci in ("wald", "t", "profile")}
    assert dfs == {"wald": None, "t": 3, "profile": None}
    assert pool_proportions(*SETS["review"], pi_df="k-2").pi_df == 2
    assert pool_proportions(*SETS["review"], ci="t", pi_df="k-2").pi_df == 2


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"effects": "common"}, "all trials are taken to have one rate"),
        ({"method": "beta_binomial"}, "it is not computed for this model"),
    ],
)
def test_a_missing_prediction_interval_is_noted_and_printed(how, says):
    pooled = pool_proportions(*SETS["review"], **how)
    assert pooled.pi_low is None
    assert pooled.notes == (f"no prediction interval: {says}",)
    assert repr(pooled).endswith(f"\n  {pooled.notes[0]}")


NO_SPREAD = ([0, 2, 4, 3, 1, 7], [6, 8, 107, 25, 16, 95])


def test_a_spread_at_its_boundary_is_noted():
    assert pool_proportions(*NO_SPREAD).tau2 == 0
    assert "spread is 0, the least possible" in repr(pool_proportions(*NO_SPREAD))
    assert pool_proportions(*SETS["review"]).tau2 > 0
    assert pool_proportions(*SETS["review"]).notes == ()
    assert not any(
        "spread" in note for note in pool_proportions(*NO_SPREAD, effects="common").notes
    )


def test_prediction_and_profile_interval_are_those_of_metafor_and_lme4():
    # metafor 3.8-1: predict(rma.glmm(measure = "PLO", xi, ni, test = "z" or "t"), transf.ilogit);
    # lme4 1.1-31: plogis(confint(glmer(..., nAGQ = 25), method = "profile", parm = "beta_")).
    # metafor has no profile interval for this model: its prediction interval is always that of z
    # or t, and here the profile interval reaches beyond that of z.
    z, t, profile = (pool_proportions(*NO_SPREAD, ci=ci) for ci in ("wald", "t", "profile"))
    assert (z.pi_low, z.pi_high) == pytest.approx((0.04151, 0.10382), abs=1e-5)
    assert (t.pi_low, t.pi_high) == pytest.approx((0.03583, 0.11897), abs=1e-5)
    assert (profile.ci_low, profile.ci_high) == pytest.approx((0.03714, 0.12440), abs=1e-5)
    assert (profile.pi_low, profile.pi_high) == (z.pi_low, z.pi_high)
    assert "the profile interval reaches beyond it" in profile.notes[-1]
    assert not any("profile" in note for note in (*z.notes, *t.notes))


# Edges.

FITS = [(method, effects) for method, effects in ALLOWED_INTERVALS]


@pytest.mark.parametrize(("method", "effects"), FITS)
@pytest.mark.parametrize("full", [False, True], ids=["no events", "all events"])
def test_edge_is_the_interval_of_the_summed_counts(method, effects, full):
    n = [5, 6, 7]
    result = pool_proportions(n if full else [0, 0, 0], n, method=method, effects=effects)
    interval = Rate(18 if full else 0, 18).clopper_pearson()
    assert result.boundary
    assert result.estimate == (1 if full else 0)
    assert (result.ci_low, result.ci_high) == (interval.low, interval.high)
    assert (result.mean, result.se, result.pi_low, result.loglik) == (None, None, None, None)
    assert result.tau2 == (0 if effects == "common" else None)
    assert "every patient had the event" in result.notes[0] or not full


def test_empty_trials_get_a_half_in_their_row_alone():
    values, _ = TRANSFORMATIONS["logit"].transform(np.array([0, 5, 7]), np.array([10, 20, 7]))
    assert values == pytest.approx([math.log(0.5 / 10.5), math.log(5 / 15), math.log(7.5 / 0.5)])
    assert "1/2 added" in pool_proportions([0, 5], [10, 20], method="logit").notes[0]
    notes = pool_proportions([1, 5], [10, 20], method="logit").notes
    assert notes[0] == "no prediction interval: it needs three trials or more"
    assert not any("1/2" in note for note in notes)


def test_empty_and_full_trials_alone_have_no_likelihood_estimate():
    for method in ("glmm", "beta_binomial"):
        with pytest.raises(FitError, match="every trial has no events or nothing but events"):
            pool_proportions([0, 0, 5], [5, 5, 5], method=method)


def test_profile_that_does_not_close_reaches_the_end_and_says_so():
    result = pool_proportions([0, 0, 0, 0, 7], [5, 5, 5, 5, 8], ci="profile")
    assert result.ci_low == 0
    assert 0.3 < result.ci_high < 0.7
    assert result.notes[0] == "the profile likelihood does not close below: the limit is 0"
    mirrored = pool_proportions([5, 5, 5, 5, 1], [5, 5, 5, 5, 8], ci="profile")
    assert mirrored.ci_high == 1
    assert mirrored.notes[0] == "the profile likelihood does not close above: the limit is 1"


def test_hartung_knapp_interval_of_equal_trials_says_that_it_has_no_width():
    result = pool_proportions([5, 5, 5], [20, 20, 20], method="logit", ci="hksj")
    assert result.ci_low == pytest.approx(result.ci_high)
    assert "no width" in result.notes[0]
    floor = pool_proportions([5, 5, 5], [20, 20, 20], method="logit", ci="hksj_adhoc")
    assert floor.ci_high - floor.ci_low > 0.2


def test_one_trial_has_a_common_effect_only():
    result = pool_proportions([5], [18], effects="common")
    assert result.estimate == pytest.approx(5 / 18)
    assert (result.q, result.q_lrt, result.i2, result.tau2_p) == (None, None, 0.0, None)
    assert pool_proportions([5], [18], method="logit", effects="common").q == 0


def test_result_says_how_it_was_made():
    result = pool_proportions(*SETS["review"], method="logit", tau2="PM", ci="t", level=0.9)
    made = (result.method, result.effects, result.tau2_method, result.ci, result.level)
    assert made == ("logit", "random", "PM", "t", 0.9)
    assert (result.k, result.n, result.events, result.boundary) == (4, 108, 14, False)
    assert result.rate == Rate(14, 108)
    assert pool_proportions(*SETS["review"], method="logit").tau2_method == "REML"
    assert pool_proportions(*SETS["review"]).tau2_method == "ML"
    assert pool_proportions(*SETS["review"], effects="common").tau2_method is None


ALL = [(m, e, ci) for m in METHODS for e in ("random", "common") for ci in INTERVALS]


@pytest.mark.parametrize(("method", "effects", "ci"), ALL)
def test_combination_is_made_or_refused(method, effects, ci):
    how = {"method": method, "effects": effects, "ci": ci}
    if ci in ALLOWED_INTERVALS.get((method, effects), ()):
        assert 0 < pool_proportions(*SETS["review"], **how).estimate < 1
    else:
        with pytest.raises(ValueError, match=r"does not go with|without spread is a binomial"):
            pool_proportions(*SETS["review"], **how)


REFUSED = [
    ([], [], {}, "no trials to pool"),
    ([1, 2], [5], {}, r"events of shape \(2,\) and n of shape \(1,\)"),
    ([[1]], [[5]], {}, r"events of shape \(1, 1\)"),
    ([1, 6], [5, 5], {}, "trial 2: 6 events among 5 patients"),
    ([-1, 2], [5, 5], {}, "trial 1: -1 events among 5 patients"),
    ([0, 2], [0, 5], {}, "trial 1: 0 events among 0 patients"),
    ([1.5, 2], [5, 5], {}, "events are not all whole numbers"),
    ([1, 2], [5, math.nan], {}, "n are not all whole numbers"),
    (["1", "2"], [5, 5], {}, "events are not all whole numbers"),
    ([1, 2], [5, 5], {"method": "probit"}, "method is 'probit'"),
    ([1, 2], [5, 5], {"effects": "fixed"}, "effects is 'fixed'; expected random or common"),
    ([1, 2], [5, 5], {"ci": "exact"}, "ci is 'exact'"),
    ([1, 2], [5, 5], {"level": 95}, "level is 95; expected between 0 and 1"),
    ([1, 2], [5, 5], {"pi_df": "k"}, "pi_df is 'k'; expected None, k-1 or k-2"),
    ([1, 2], [5, 5], {"tau2": "DL"}, "one of the methods logit, arcsine, freeman_tukey"),
    ([1, 2], [5, 5], {"method": "logit", "tau2": "ML"}, "tau2 is 'ML'; expected one of REML"),
    (
        [1, 2],
        [5, 5],
        {"method": "logit", "tau2": "DL", "effects": "common"},
        "does not go with common",
    ),
    (
        [1, 2],
        [5, 5],
        {"ci": "hksj"},
        "'hksj' does not go with random effects by glmm; expected one of wald, t, profile",
    ),
    ([1, 2], [5, 5], {"effects": "common", "pi_df": "k-2"}, "no prediction interval for common"),
    (
        [1, 2],
        [5, 5],
        {"method": "beta_binomial", "effects": "common"},
        "use the common-effect glmm",
    ),
    ([5], [18], {}, "one trial cannot tell how trials differ"),
    ([5], [18], {"effects": "common", "ci": "t"}, "one trial leaves no degrees of freedom"),
]


@pytest.mark.parametrize(("events", "n", "how", "message"), REFUSED)
def test_impossible_pool_is_refused(events, n, how, message):
    with pytest.raises(ValueError, match=message):
        pool_proportions(events, n, **how)
