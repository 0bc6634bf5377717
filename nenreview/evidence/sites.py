"""Read the response of neuroendocrine carcinoma (NEC) by primary site, from Jia 2022."""

from __future__ import annotations

from nenreview.evidence.record.dataset import Dataset
from nenreview.evidence.record.population import below
from nenreview.evidence.responses import remainder, response_rate
from nenreview.evidence.sources import JIA
from nenreview.stats.rate import Rate

SITES = ("gastro-oesophageal", "intestinal", "pancreatic")
_IN_RESULTS = {"gastro-oesophageal": "gastro-esophageal"}  # the spelling of the paper
OTHER = "other sites"  # by subtraction: no source reports it


def nec_by_site(data: Dataset, trial: str) -> dict[str, Rate]:
    """Return the response rate of neuroendocrine carcinoma (NEC) by primary site, from Jia 2022.

    Returns
    -------
    dict of str to Rate
        The three sites in `SITES`, then `OTHER` for all NEC of other sites, by subtraction.

    Raises
    ------
    LookupError
        If Jia 2022 does not report the sites of the trial.
    """
    paths = {site: below("all", "NEC", _IN_RESULTS.get(site, site)) for site in SITES}
    named = {site: response_rate(data, trial, path, JIA) for site, path in paths.items()}
    return named | {OTHER: remainder(data, trial, list(paths.values()), JIA)}
