"""Write and read ``state.json``: the estimates and the audit verdicts of a version.

Two versions are compared by these files and by their data tables, which hold the reported numbers.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from nenreview.auditing.finding import DISAGREEING, NOTE, Finding
from nenreview.evidence.record.edition import commit, data_checksum, made, version
from nenreview.evidence.record.paths import data_folder, shown
from nenreview.releases.estimate import Estimate
from qmdbook.errors import InputError, Problem, unknown_name

NAME = "state.json"  # in the folder of a version


@dataclass(frozen=True)
class Verdict:
    """The audit's verdict on one reported number, as recorded in ``state.json``.

    Attributes
    ----------
    id : str
        Key of the finding, such as ``jia2022-108-size``.
    where : str
        Where the document reports the number.
    printed, recomputed : str
        The number as reported, and as computed; `recomputed` is empty if nothing can be computed.
    verdict : str
        One of `nenreview.auditing.finding.VERDICTS`, such as ``match``.
    """

    id: str
    where: str
    printed: str
    recomputed: str
    verdict: str

    @property
    def needs_check(self) -> bool:
        """Whether somebody must compare the number with the page: for a disagreement or a note."""
        return self.verdict in (*DISAGREEING, NOTE)

    @property
    def shown(self) -> str:
        """Verdict as text, followed by the computed value if it differs from the reported one."""
        if self.recomputed in ("", self.printed):
            return self.verdict
        return f"{self.verdict}: {self.recomputed}"


@dataclass(frozen=True)
class State:
    """A version as recorded in ``state.json``: its origin, its estimates and its audit verdicts.

    Attributes
    ----------
    version, date : str
        Version number, and date of the content, for example ``2026-11-03``.
    commit : str
        Hash of the commit that was rendered.
    checksum : str or None
        SHA-256 of the data; None for a book without data.
    estimates : tuple of Estimate
        Empty for a book without the tables of this review.
    verdicts : tuple of Verdict
        In the order of the pages; empty like `estimates`.
    """

    version: str
    date: str
    commit: str
    checksum: str | None
    estimates: tuple[Estimate, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def as_json(self) -> str:
        """Return the state as the text of ``state.json``."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


def current_state() -> State:
    """Compute the state of the review as it is now."""
    computed = _computed() if _is_review(data_folder()) else ((), ())
    return State(version(), made().date().isoformat(), commit() or "", data_checksum(), *computed)


def _computed() -> tuple[tuple[Estimate, ...], tuple[Verdict, ...]]:
    # Imported here: a book without these tables does not wait seconds for the statistics.
    from nenreview.auditing.ledger import audit
    from nenreview.evidence.record.dataset import load
    from nenreview.releases.estimates import estimates

    return estimates(load()), verdicts(audit(load()))


def verdicts(findings: tuple[Finding, ...]) -> tuple[Verdict, ...]:
    """Convert findings of the audit to the verdicts that are compared between versions."""
    from nenreview.auditing.report import where

    return tuple(Verdict(f.id, where(f), f.printed, f.recomputed, f.verdict) for f in findings)


def read_state(folder: Path) -> State:
    """Read the ``state.json`` of a released version.

    Parameters
    ----------
    folder : Path
        The folder of the version.

    Raises
    ------
    InputError
        If ``state.json`` does not exist or is malformed.
    """
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return State(
            **{
                **content,
                "estimates": tuple(Estimate(**one) for one in content["estimates"]),
                "verdicts": tuple(Verdict(**one) for one in content["verdicts"]),
            }
        )
    except FileNotFoundError:
        there = [one.parent.name for one in folder.parent.glob(f"*/{NAME}")]
        if there:
            message = unknown_name(folder.name, sorted(there), "a released version")
        else:
            message = "no released version here; name the folder of the versions with --in, or "
            message += "release each version with `nenreview release`"
        raise InputError(Problem(f"{shown(folder.parent)}/", message)) from None
    except (ValueError, KeyError, TypeError) as error:
        message = f"the file cannot be read as a state: {error!r}; expected what a release writes"
        raise InputError(Problem(shown(path), message)) from None


def _is_review(folder: Path) -> bool:
    """Return whether a folder has the tables of this review, not those of another book."""
    return (folder / "results.csv").is_file()
