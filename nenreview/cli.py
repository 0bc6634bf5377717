"""Run the command line: ``nenreview check``, ``audit``, ``render``, ``new-trial``, and others.

Each command imports what it needs where it needs it, so that --help and a wrong word answer at
once. Those that render the book are the engine's (`qmdbook.cli`).
"""

from __future__ import annotations

import argparse
import sys

import qmdbook.cli
from qmdbook.errors import InputError, Problem


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit status (0 done, 1 refused, 2 wrong usage)."""
    return qmdbook.cli.run(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nenreview",
        description="The review of PD-1/PD-L1 checkpoint inhibitors in neuroendocrine neoplasms: "
        "check its data, draw its figures, render its book.",
        epilog="Run it anywhere below the folder that holds _quarto.yml.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = subcommands.add_parser(
        "check",
        help="check the data, the configuration and the chapters",
        description="Check every file of data/: its form, its values, and what must hold between "
        "files; then _quarto.yml, the chapters, the references, CITATION.cff and pyproject.toml. "
        "Prints one line a problem, with file, row, column and what was expected.",
    )
    check.set_defaults(run=_check)

    _add_audit(subcommands)

    qmdbook.cli.add_commands(subcommands, check=False)
    _add_trials(subcommands)

    figures = subcommands.add_parser(
        "figures",
        help="write every figure to figures/",
        description="Draw every figure of the review and write it to figures/ as SVG and PNG.",
    )
    figures.set_defaults(run=_figures)

    release = subcommands.add_parser(
        "release",
        help="render the committed version into a folder of its own beside the others",
        description="Render the version of pyproject.toml, as it is committed, into its folder in "
        "_site/, with a page on what changed since the version before. A version that is there "
        "is never changed: with other content it is refused.",
    )
    release.add_argument(
        "--to", metavar="FOLDER", help="the folder of all versions; _site/ by default"
    )
    release.set_defaults(run=_release)

    changes = subcommands.add_parser(
        "changes",
        help="print what changed between two released versions",
        description="Compare two released versions and print the result as Markdown.",
    )
    changes.add_argument("old", metavar="OLD", help="for example 0.1.0")
    changes.add_argument("new", metavar="NEW", help="a later one")
    changes.add_argument(
        "--in",
        dest="folder",
        metavar="FOLDER",
        help="the folder of all versions; _site/ by default",
    )
    changes.set_defaults(run=_changes)

    stamp = subcommands.add_parser(
        "stamp",
        help="write version and checksum of the data into the files that repeat them",
        description="Write the version of pyproject.toml and the checksum of the data's tables "
        "into CITATION.cff and data/datapackage.json.",
    )
    stamp.set_defaults(run=_stamp)

    return parser


def _add_trials(subcommands: argparse._SubParsersAction) -> None:
    new = subcommands.add_parser(
        "new-trial",
        help="add a trial: rows to fill and a chapter that renders",
        description="Write the rows of a new trial, a chapter that shows whatever is in them, and "
        "its line in _quarto.yml, stamp the checksum of the data, and say what to do next. What "
        "exists is refused, and nothing is changed then. docs/new-trial.md walks through it.",
        epilog="For example: nenreview new-trial NCT02054806 --name pembrolizumab-keynote-028",
    )
    new.add_argument("number", metavar="NUMBER", help="number in a registry, NCT02054806")
    new.add_argument(
        "--name", required=True, help="name of the chapter's file, pembrolizumab-keynote-028"
    )
    new.add_argument(
        "--title", default="", help="name in tables and headings; that of the chapter by default"
    )
    new.add_argument(
        "--source",
        default="",
        metavar="KEY",
        help="the document, a new one or one of data/sources.csv, mehnert2020; a key is made from "
        "the number by default",
    )
    new.add_argument("--agents", default="", help="joined by +; read off the name by default")
    new.add_argument("--target", default="", help="joined by +; known of known inhibitors")
    new.add_argument(
        "--class",
        default="",
        dest="regimen_class",
        metavar="CLASS",
        help="regimen class, as in data/arms.csv; known of known inhibitors alone",
    )
    new.add_argument(
        "--part",
        default="",
        help="part of the book; the one of most trials of the class by default",
    )
    new.set_defaults(run=_new_trial)


def _add_audit(subcommands: argparse._SubParsersAction) -> None:
    audit = subcommands.add_parser(
        "audit",
        help="check every printed number against the others",
        description="Hold every printed number against the numbers that it should follow from "
        "or agree with. The table lists what is not reproducible as printed, and notes; "
        "--verdict or --severity list others. It ends with the counts of all verdicts.",
        epilog="Exit status: 0, or with --fail-on-new 1 where a finding is not in "
        "data/accepted.csv.",
    )
    audit.add_argument(
        "--json",
        action="store_true",
        help="print a JSON list of objects instead, every finding unless narrowed",
    )
    audit.add_argument(
        "--source",
        action="append",
        metavar="SOURCE",
        help="only this key of data/sources.csv; may be given again",
    )
    for name, values in (("verdict", _VERDICTS), ("severity", _SEVERITIES)):
        audit.add_argument(
            f"--{name}",
            action="append",
            choices=values,
            metavar=name.upper(),
            help=f"only these: {', '.join(values)}; may be given again",
        )
    group = audit.add_mutually_exclusive_group()
    group.add_argument(
        "--fail-on-new",
        action="store_true",
        help="exit 1 where a finding is not in data/accepted.csv as it is",
    )
    group.add_argument(
        "--accept",
        action="store_true",
        help="write data/accepted.csv anew from what is found now, after looking at it",
    )
    audit.set_defaults(run=_audit)


# Repeated here, so that --help and a wrong word need no data; a test holds them together.
_VERDICTS = (
    *("match", "rounding", "truncated", "inconsistent", "conflict", "note"),
    "not checkable",
)
_SEVERITIES = ("substantive", "minor", "typographic")


class _Version(argparse.Action):
    """Print the version, read only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from nenreview.evidence.record.edition import version

        print(f"nenreview {version()}")
        parser.exit()


def _check(_: argparse.Namespace) -> int:
    """Check the data and the book; print what is wrong, or what there is."""
    from nenreview.checks.book import check_project
    from nenreview.checks.data import read_and_check
    from nenreview.evidence.record.integrity import NOT_YET
    from nenreview.evidence.record.paths import data_folder, root

    try:
        dataset, problems = read_and_check(data_folder())
    except InputError as error:  # the description of the data, without which nothing is read
        dataset, problems = None, list(error.problems)
    counts, of_the_book = check_project(root())
    problems += of_the_book
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", file=sys.stderr)
        return 1
    assert dataset is not None and counts is not None  # else there are problems
    print(
        f"data/ is sound: {len(dataset.sources)} sources, {len(dataset.trials)} trials, "
        f"{len(dataset.cells)} printed cells, {len(dataset.results)} numbers"
    )
    print(f"the book is sound: {counts.chapters} chapters, {counts.references} references")
    rows = dataset.sources[dataset.sources["transcribed"] == NOT_YET]
    if len(rows):
        print(f"not yet transcribed: {', '.join(rows['source'])}")
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    """Print what the audit finds, and hold it against what was accepted."""
    import shutil

    from nenreview.audit import accepted, report
    from nenreview.audit.ledger import audit, selected
    from nenreview.evidence.record.dataset import load
    from nenreview.evidence.record.paths import data_folder, shown

    data = load()
    known = list(data.sources["source"])
    for source in arguments.source or ():
        if source not in known:
            message = f"{source!r} is no document; expected one of {', '.join(known)}"
            raise InputError(Problem("SOURCE", message))
    findings = audit(data)
    narrowed = bool(arguments.verdict or arguments.severity)
    chosen = selected(
        findings,
        sources=arguments.source,
        verdicts=arguments.verdict,
        severities=arguments.severity,
    )
    if arguments.json:
        print(report.as_json(chosen))
    else:
        listed = chosen if narrowed else accepted.needing_review(chosen)
        print(report.as_table(listed, shutil.get_terminal_size((160, 24)).columns))
        print(f"\n{report.as_counts(chosen)}")
        if len(listed) < len(chosen):
            rest = len(chosen) - len(listed)
            print(f"{rest} that agree or are not checkable are not listed; --verdict lists them")
    if arguments.accept:
        path = data_folder() / "accepted.csv"
        accepted.write(path, findings)
        print(
            f"{len(accepted.needing_review(findings))} findings accepted in {shown(path)}",
            file=sys.stderr,
        )
    if not arguments.fail_on_new:
        return 0
    new = accepted.new(data, findings)
    for f in new:
        print(f"new: {f.id}, {report.where(f)}: {f.explanation}", file=sys.stderr)
    for ident in accepted.gone(data, findings):
        print(f"accepted, and not found as it was: {ident}", file=sys.stderr)
    return 1 if new else 0


def _new_trial(arguments: argparse.Namespace) -> int:
    """Add a trial and say what to do next."""
    from nenreview.evidence.record.paths import root
    from nenreview.scaffold.new_trial import new_trial, next_steps
    from nenreview.scaffold.rows import Request

    request = Request(
        arguments.number,
        arguments.name,
        arguments.title,
        arguments.source,
        arguments.agents,
        arguments.target,
        arguments.regimen_class,
        arguments.part,
    )
    print(next_steps(new_trial(root(), request)))
    return 0


def _figures(_: argparse.Namespace) -> int:
    """Draw every figure."""
    from nenreview.evidence.record.paths import shown
    from nenreview.figures.catalogue import write_all

    for path in write_all():
        print(shown(path))
    return 0


def _release(arguments: argparse.Namespace) -> int:
    """Render the committed version into a folder of its own."""
    from pathlib import Path

    from nenreview.evidence.record.edition import version
    from nenreview.evidence.record.paths import root, shown
    from nenreview.releases.release import FOLDER, release

    to = Path(arguments.to).resolve() if arguments.to else root() / FOLDER
    said = "released in" if release(to) else "is there already, with the same content:"
    print(f"Version {version()} {said} {shown(to / version())}")
    return 0


def _changes(arguments: argparse.Namespace) -> int:
    """Print what changed between two versions."""
    from pathlib import Path

    from nenreview.evidence.record.paths import root
    from nenreview.releases.release import FOLDER, changes_between

    folder = Path(arguments.folder) if arguments.folder else root() / FOLDER
    print(changes_between(arguments.old, arguments.new, folder), end="")
    return 0


def _stamp(_: argparse.Namespace) -> int:
    """Write version and checksum into the files that repeat them."""
    from nenreview.evidence.record.paths import shown
    from nenreview.releases.stamp import stamp

    for path in stamp():
        print(shown(path))
    return 0
