"""Make up the patients from whom error-free tables are computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FOLLOW_UP = 30.0  # months, the same for everyone, so that a curve is a share of patients
SITES = ("Pancreas", "Gastrointestinal", "Lung", "Other")
RESPONSES = ("CR", "PR", "SD", "PD")
GRADES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, eq=False)
class Patients:
    """Made-up patients of a trial; each array has one entry for each patient.

    NEC is neuroendocrine carcinoma, NET neuroendocrine tumour.

    Attributes
    ----------
    nec, male, responder : array of bool
        Whether the patient has NEC (if not, NET), is male, and has a response.
    tested, positive, high : array of bool
        Whether the patient was tested for a biomarker, is positive for it, and has a high value
        of a second one.
    ecog : array of int
        ECOG performance status: how well the patient copes with daily life; 0 is best.
    site, response : array of int
        Positions in `SITES` and `RESPONSES`.
    age : array of float
        Years.
    pfs, os, dor : array of float
        Months to progression and to death, and duration of response; NaN without a response.
    treated : array of bool, shape (treatments, patients)
        Whether the patient had each earlier treatment.
    grades : array of int, shape (events, patients)
        Highest grade of each adverse event, 0 for none.
    """

    nec: np.ndarray
    male: np.ndarray
    ecog: np.ndarray
    site: np.ndarray
    age: np.ndarray
    treated: np.ndarray
    response: np.ndarray
    responder: np.ndarray
    pfs: np.ndarray
    os: np.ndarray
    dor: np.ndarray
    tested: np.ndarray
    positive: np.ndarray
    high: np.ndarray
    grades: np.ndarray


def draw(rng: np.random.Generator, n: int, *, treatments: int, events: int) -> Patients:
    """Make up `n` patients at random, some with neuroendocrine tumours (NET) and some with NEC.

    NEC is neuroendocrine carcinoma. In about half of the trials, all responders have NEC.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    n : int
        Number of patients.
    treatments, events : int
        Numbers of earlier treatments and of adverse events that are recorded for each patient.
    """
    nec = rng.permutation(n) < rng.integers(n // 3, 3 * n // 4)
    response = rng.choice(len(RESPONSES), size=n, p=(0.06, 0.24, 0.3, 0.4))
    response[rng.choice(np.flatnonzero(nec), size=2, replace=False)] = RESPONSES.index("PR")
    if rng.random() < 0.5:
        response[~nec] = rng.integers(2, len(RESPONSES), size=int((~nec).sum()))
    responder = response < 2
    # Those who respond, and NET, live longer, so that the groups that papers compare differ.
    scale = 4 * np.where(nec, 1, 2.5) * np.where(responder, 3, 1)
    pfs = rng.exponential(scale) + 0.8
    return Patients(
        nec=nec,
        male=rng.random(n) < 0.55,
        ecog=rng.integers(0, 2, size=n),
        site=rng.choice(len(SITES), size=n, p=(0.3, 0.4, 0.1, 0.2)),
        age=np.clip(rng.normal(57, 11, size=n), 20, 88),
        treated=rng.random((treatments, n)) < rng.uniform(0.05, 0.7, size=(treatments, 1)),
        response=response,
        responder=responder,
        pfs=pfs,
        os=pfs + rng.exponential(scale),
        dor=np.where(responder, rng.exponential(9, size=n) + 1.5, np.nan),
        tested=rng.random(n) < 0.75,
        positive=rng.random(n) < np.where(responder, 0.6, 0.3),
        high=rng.random(n) < np.where(responder, 0.5, 0.25),
        grades=np.where(
            rng.random((events, n)) < rng.uniform(0.05, 0.5, size=(events, 1)),
            rng.choice(GRADES, size=(events, n), p=(0.5, 0.25, 0.17, 0.05, 0.03)),
            0,
        ),
    )


def median(times: np.ndarray) -> float:
    """Return the time by which half of the patients had the event; infinite after the follow-up."""
    return _observed(np.sort(times)[(len(times) + 1) // 2 - 1])


def median_limits(times: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the confidence limits of the median of times without censoring.

    The limits are order statistics, by inversion of the sign test, so no distribution is assumed. A
    limit after the follow-up is infinite.

    Parameters
    ----------
    times : array of float
        Time to the event for each patient, in months.
    level : float
        Confidence level.
    """
    from scipy import stats  # here: the audit of printed numbers does without

    ordered = np.sort(times)
    outside = int(stats.binom.ppf((1 - level) / 2, len(ordered), 0.5))
    first = max(outside - 1, 0)
    return _observed(ordered[first]), _observed(ordered[len(ordered) - 1 - first])


def _observed(time: float) -> float:
    return float(time) if time <= FOLLOW_UP else float("inf")
