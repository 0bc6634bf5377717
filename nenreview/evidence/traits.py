"""Read the traits of a population from its path: tumour, grade, site, marker, arm, report."""

from __future__ import annotations

from functools import lru_cache

from nenreview.evidence.record.dataset import DATASETS, Dataset, trials
from nenreview.evidence.record.population import levels
from nenreview.evidence.record.rows import Level, rows_of

NEC, LCNEC, NET, NEN = "NEC", "LCNEC", "NET", "NEN"
NET_G3 = "NET G3"
# NEN that are not divided into NEC and NET.
UNDIVIDED_G3, UNDIVIDED = "G3 NEN, undivided", "NEN, undivided"
LOW_GRADES = ("G1", "G2", "G1 or G2")
KINDS = (NEC, LCNEC, UNDIVIDED_G3, NET, UNDIVIDED)  # of tumours, in the order of tables


@lru_cache(DATASETS)
def vocabulary(data: Dataset) -> dict[str, Level]:
    """Return what each level of a population path means, by the name of the level."""
    return {level.level: level for level in rows_of(data.populations, Level)}


def traits(data: Dataset, population: str) -> Level:
    """Return what the path of a population says about its patients, such as tumour, grade and site.

    If several levels set the same trait, the deepest level counts.

    Raises
    ------
    LookupError
        If ``populations.csv`` does not have a level of the path.
    """
    found = Level(population, *[""] * (len(Level._fields) - 1))
    for name in levels(population):
        level = vocabulary(data).get(name)
        if level is None:
            raise LookupError(f"data/populations.csv has no level {name!r} of {population!r}")
        said = {field: value for field, value in level._asdict().items() if value}
        found = found._replace(**said | {"level": population})
    return found


def is_whole(patients: Level) -> bool:
    """Return whether a population is chosen only by tumour, site or arm.

    False if it is chosen by grade, by a biomarker, by an earlier report, or as another subset.
    """
    return not (patients.grade or patients.marker or patients.report or patients.subset)


def tumours_of(data: Dataset, trial: str, population: str) -> str:
    """Return the tumours that the path of a population names; if none, those of its trial."""
    return traits(data, population).tumour or trials(data)[trial].tumours


def kind_of(data: Dataset, trial: str, population: str) -> str:
    """Return the kind of tumour of a population, one of `KINDS`, from its path or its trial.

    Neuroendocrine neoplasms of grade 1 or 2 count as neuroendocrine tumours (NET), because
    neuroendocrine carcinoma (NEC) is always high-grade in the WHO classification of 2019.

    Raises
    ------
    LookupError
        If the path does not give the kind and the dataset does not have the trial.
    """
    found = traits(data, population)
    if found.tumour in (NEC, LCNEC, NET):
        return found.tumour
    if found.grade in LOW_GRADES:
        return NET
    facts = trials(data).get(trial)
    if facts is None:
        raise LookupError(f"{population!r} of {trial}: neither says which tumours these are")
    whole = {"G3 NEN": UNDIVIDED_G3, NEN: UNDIVIDED}.get(facts.tumours, facts.tumours)
    return UNDIVIDED_G3 if found.tumour == NEN and found.grade == "G3" else whole
