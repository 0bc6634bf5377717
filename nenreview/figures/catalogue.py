"""List all figures of the review by name, draw them, and write them to ``figures/``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nenreview.auditing.adverse_events import counts_by_grade
from nenreview.auditing.ledger import audit, counts
from nenreview.auditing.rebuild import Piece, rebuild
from nenreview.evidence.context import context_of
from nenreview.evidence.jia_table1 import table1_responses
from nenreview.evidence.overlaps import Report
from nenreview.evidence.record.dataset import Dataset, load, trials
from nenreview.evidence.record.paths import figures_folder, shown
from nenreview.evidence.responses import response_rate
from nenreview.evidence.sites import nec_by_site
from nenreview.evidence.sizes import printed_sizes, size
from nenreview.evidence.sources import MARKEY, source_names
from nenreview.evidence.traits import tumours_of
from nenreview.figures.findings import findings
from nenreview.figures.flow_diagram import flow_diagram
from nenreview.figures.forest import forest
from nenreview.figures.forest_rows import (
    OWN,
    Group,
    Row,
    reported_row,
    text_row,
)
from nenreview.figures.harm import severe_events_forest
from nenreview.figures.medians import medians
from nenreview.figures.misprint import Row as MisprintRow
from nenreview.figures.misprint import misprint
from nenreview.figures.stacked_bars import adverse_events
from nenreview.figures.style import ReviewFigure, to_bytes
from nenreview.figures.swimmer import Lane, swimmer
from nenreview.figures.traffic_lights import traffic_lights
from nenreview.single_trials import markey
from nenreview.single_trials.sintilimab import AE_TABLE, CHARACTERISTICS, SOURCE, TRIAL
from nenreview.stats.rate import Rate
from nenreview.synthesis.appraisal import checklist_topics, risk_of_bias
from nenreview.synthesis.flow import flow
from nenreview.synthesis.harm import severe_events
from nenreview.synthesis.times import times
from nenreview.wording import words
from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.textfile import write_together

FORMATS = ("svg", "png")
_MOST = 36  # rows of a figure in a chapter of a trial: more would not fit on a page of the PDF
SYNTHESIS = (  # the keys of `figures.synthesis.FIGURES`
    "of-a-hundred",
    "response-nec",
    "response-net",
    "synthesis-differences",
    "synthesis-randomised",
    "synthesis-forest",
    "synthesis-posterior",
    "synthesis-net-pool",
    "synthesis-net",
    "synthesis-classes",
    "synthesis-sites",
    "synthesis-map",
    "synthesis-curve",
    "synthesis-leave-one-out",
    "synthesis-cumulative",
)


def _sintilimab_response(data: Dataset) -> ReviewFigure:
    # No row leads to the chapter of its trial: the figure stands in it.
    def row(name: str, population: str, rate: Rate, who: str = "") -> Row:
        report = Report(SOURCE, TRIAL, population)
        return replace(reported_row(data, name, report, rate, who=who), chapter="")

    populations = {"All patients": "all", "NET": "all > NET", "NEC": "all > NEC"}
    rows = [
        *(
            row(name, population, response_rate(data, TRIAL, population, SOURCE))
            for name, population in populations.items()
        ),
        *(
            row(f"NEC, {site}", "all > NEC", rate, f"patients (NEC, {site})")
            for site, rate in nec_by_site(data, TRIAL).items()
        ),
    ]
    return forest([Group("", tuple(rows))])


def _sintilimab_adverse_events(data: Dataset) -> ReviewFigure:
    counts = counts_by_grade(data, SOURCE, TRIAL, AE_TABLE)
    figure = adverse_events(counts, n=size(data, TRIAL, "all", SOURCE))
    return _from(figure, source_names(data)[SOURCE])


def _synthesis_response(data: Dataset) -> ReviewFigure:
    rows = [
        reported_row(
            data,
            f"{trials(data)[one.report.trial].name}, "
            f"{tumours_of(data, one.report.trial, one.report.population)}",
            one.report,
            one.responders,
        )
        for one in table1_responses(data)
    ]
    return forest([Group("", tuple(rows))])


def _markey_swimmer(data: Dataset) -> ReviewFigure:
    lanes = [
        Lane(f"Patient {p.number}: {p.site}, {p.grade}", p.months, p.agent, p.progressed)
        for p in markey.patients(data)
    ]
    return _from(swimmer(lanes), source_names(data)[MARKEY])


def _search(data: Dataset) -> ReviewFigure:
    return _from(flow_diagram(flow(data)), "the log of our search, data/records.csv")


def _risk_of_bias(data: Dataset) -> ReviewFigure:
    figure = traffic_lights(risk_of_bias(data), checklist_topics(data))
    return _from(figure, "our answers on these reports, data/appraisal.csv")


def _from(figure: ReviewFigure, source: str) -> ReviewFigure:
    """Return a figure that names the source of its numbers."""
    figure.source = source
    return figure


def _readme_misprint(data: Dataset) -> ReviewFigure:
    """Draw the rows of the sintilimab paper in which the patients with NET are miscounted."""
    cells = rebuild(data, SOURCE, CHARACTERISTICS)
    pieces = dict(zip(cells["row"], cells["pieces"], strict=True))
    types = "Cancer types or histologic subtypes"
    labels = ("Number of patients, male", "Number of patients, female", types)
    rows = [MisprintRow(label, _lines(pieces[label])) for label in labels]
    reported = data.select(source=SOURCE, table=CHARACTERISTICS, row=types)["printed"]
    nec, net = reported.astype(int)
    treated, right = size(data, TRIAL, "all", SOURCE), size(data, TRIAL, "all > NET", SOURCE)
    places = printed_sizes(data, TRIAL, "all > NET", SOURCE).count(right)
    name = source_names(data)[SOURCE]
    return misprint(
        f"{name}, patient characteristics",
        rows,
        f"{nec} + {net} = {nec + net}, but the trial treated {treated} patients. "
        f"{words(places).capitalize()} other places in the paper report {right} patients with NET.",
    )


def _lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return the lines of a cell, which the transcription separates by a semicolon."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *others = piece.printed.split("; ")
        if not others:
            lines[-1].append(piece)
            continue
        # Only text has semicolons, never a number.
        lines[-1] += [Piece(first, first, disagrees=False)] if first else []
        lines += [[Piece(text, text, disagrees=False)] for text in others]
    return lines


def _context(trial: str) -> Callable[[Dataset], ReviewFigure]:
    def figure(data: Dataset) -> ReviewFigure:
        found = context_of(data, trial)
        own = [
            replace(reported_row(data, one.label, one.report, one.rate, OWN), chapter="")
            for one in found
            if one.report.trial == trial
        ]
        rest = [one for one in found if one.report.trial != trial]
        # The largest: which trials are drawn does not depend on their results.
        by_size = sorted(rest, key=lambda one: -one.rate.n)
        smallest = by_size[max(0, _MOST - len(own)) :]
        others = [
            reported_row(data, one.label, one.report, one.rate)
            for one in rest
            if one not in smallest
        ]
        highest_first = sorted(others, key=lambda row: -(row.value or 0))
        if smallest:
            left_out = f"{len(smallest)} groups of at most {smallest[0].rate.n} patients"
            highest_first.append(text_row(f"Not drawn: {left_out}"))
        name = trials(data)[trial].name
        return forest(
            [
                Group("This trial", tuple(own or [text_row(name, "number of responders unknown")])),
                Group("Other trials of its classes", tuple(highest_first)),
            ],
            order="response rate",
        )

    return figure


def _synthesis_figure(name: str) -> Callable[[Dataset], ReviewFigure]:
    def figure(data: Dataset) -> ReviewFigure:
        # Imported here: no figure of a trial needs the models of the pool.
        from nenreview.figures.synthesis import FIGURES

        return FIGURES[name](data)

    return figure


_FIGURES: dict[str, Callable[[Dataset], ReviewFigure]] = {
    "sintilimab-response": _sintilimab_response,
    "sintilimab-adverse-events": _sintilimab_adverse_events,
    "synthesis-response": _synthesis_response,
    "markey-swimmer": _markey_swimmer,
    "risk-of-bias": _risk_of_bias,
    "search": _search,
    "times": lambda data: medians(times(data), source_names(data)),
    "harm": lambda data: severe_events_forest(data, severe_events(data)),
    "audit-findings": lambda data: findings(counts(audit(data)).rename(index=source_names(data))),
    "readme-misprint": _readme_misprint,
    **{name: _synthesis_figure(name) for name in SYNTHESIS},
}


def catalogue(data: Dataset | None = None) -> dict[str, Callable[[Dataset], ReviewFigure]]:
    """Return the function that draws each figure, by the name of the figure.

    Each trial that reports responses has a figure ``context-`` and the name of its chapter. It
    shows the trial among other trials of its regimen class.
    """
    data = data or load()
    trials = data.trials[data.trials["trial"] != markey.TRIAL]
    return _FIGURES | {
        f"context-{trial.chapter}": _context(trial.trial) for trial in trials.itertuples()
    }


def draw(name: str, data: Dataset | None = None) -> ReviewFigure:
    """Draw the figure with this name from the data.

    Raises
    ------
    LookupError
        If the catalogue has no figure of that name.
    """
    data = data or load()
    known = catalogue(data)
    if name not in known:
        raise LookupError(
            unknown_name(name, known, "a figure", "a name of figures/ without its ending")
        )
    return known[name](data)


def write_all(folder: Path | None = None) -> list[Path]:
    """Write every figure to `folder` as SVG and PNG; return the paths of the files.

    All figures are drawn before the first is written. The default folder is ``figures/``.

    Raises
    ------
    InputError
        If a file cannot be written; no file is then changed.
    """
    folder = folder or figures_folder()
    drawn: dict[Path, bytes] = {}
    for name in catalogue():
        figure = draw(name).figure
        drawn |= {folder / f"{name}.{form}": to_bytes(figure, form) for form in FORMATS}
    try:
        folder.mkdir(exist_ok=True)
        write_together(drawn)
    except OSError as error:
        message = f"the file cannot be written: {error.strerror}; no figure is changed"
        raise InputError(Problem(shown(Path(error.filename)), message)) from None
    return list(drawn)
