"""Command line of the review: ``check``, ``audit``, ``render``, ``new-trial`` and others.

Each command imports what it needs only when it runs, so that --help and wrong usage answer at
once. The commands that render the book belong to the engine (`qmdbook.cli`).
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import qmdbook.cli
from qmdbook.errors import InputError, Problem, unknown_name

if TYPE_CHECKING:
    from nenreview.auditing.finding import Finding
    from nenreview.evidence.record.dataset import Dataset


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit status: 0 if done, 1 if refused, 2 for wrong usage."""
    return qmdbook.cli.run(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = qmdbook.cli.Parser(
        prog="nenreview",
        description="The review of PD-1/PD-L1 checkpoint inhibitors in neuroendocrine neoplasms: "
        "check its data, draw its figures, render its book.",
        epilog="Run it in the folder that holds _quarto.yml or in any folder below it. "
        "Example: %(prog)s check. `%(prog)s COMMAND --help` explains a command.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="print the version of the review"
    )
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = subcommands.add_parser(
        "check",
        help="check the data, the configuration and the chapters, without rendering",
        description="Check every file of data/ (form, values, consistency between files), "
        "_quarto.yml, the chapters, the references, CITATION.cff and pyproject.toml. Use it after "
        "every change: it takes seconds, and prints one line for each problem, with file, line, "
        "column and what was expected.",
        epilog="Example: %(prog)s",
    )
    check.set_defaults(run=_check)

    _add_audit(subcommands)

    qmdbook.cli.add_commands(subcommands, check=False)
    _add_trials(subcommands)

    figures = subcommands.add_parser(
        "figures",
        help="write every figure to figures/",
        description="Draw every figure of the review and write it to figures/ as SVG and PNG. Use "
        "it after a change to the data or to how figures are drawn, and commit the result.",
        epilog="Example: %(prog)s",
    )
    figures.set_defaults(run=_figures)

    release = subcommands.add_parser(
        "release",
        help="render the committed version into its own folder beside the earlier versions",
        description="Render the last commit into a folder of _site/ named after the version in "
        "pyproject.toml, with a page on what changed since the previous version. Use it to publish "
        "a version. A released version never changes: before you release other content, raise the "
        "version.",
        epilog="Example: %(prog)s",
    )
    release.add_argument(
        "--to", metavar="FOLDER", help="folder that holds all versions; _site/ by default"
    )
    release.set_defaults(run=_release)

    changes = subcommands.add_parser(
        "changes",
        help="print what changed between two released versions",
        description="Compare two released versions and print as Markdown which numbers, estimates "
        "and verdicts changed. Use it to see what a new version means for readers of an old one.",
        epilog="Example: %(prog)s 0.1.0 0.2.0",
    )
    changes.add_argument("old", metavar="OLD", help="the earlier version, for example 0.1.0")
    changes.add_argument("new", metavar="NEW", help="the later version, for example 0.2.0")
    changes.add_argument(
        "--in",
        dest="folder",
        metavar="FOLDER",
        help="folder that holds all versions; _site/ by default",
    )
    changes.set_defaults(run=_changes)

    stamp = subcommands.add_parser(
        "stamp",
        help="write the version of the review and the checksum of its data into CITATION.cff and "
        "data/datapackage.json",
        description="Write two things into CITATION.cff and data/datapackage.json: the version of "
        "the review, which pyproject.toml holds, and the checksum of its data, one SHA-256 of all "
        ".csv and .yml files in data/. Use it after every change to the data or to the version.",
        epilog="Example: %(prog)s",
    )
    stamp.set_defaults(run=_stamp)

    return parser


def _add_trials(subcommands: argparse._SubParsersAction) -> None:
    new = subcommands.add_parser(
        "new-trial",
        help="add a trial: rows to fill and a chapter that renders",
        description="Add rows for a trial to the tables in data/, write chapters/NAME.qmd, which "
        "shows these rows, and list it in _quarto.yml; then print the next steps. Use it to "
        "include a new trial. The rows hold no numbers yet; you fill them in. If the trial or the "
        "chapter exists already, the command changes nothing. docs/new-trial.md explains each "
        "step.",
        epilog="Example: %(prog)s NCT02054806 --name pembrolizumab-keynote-028",
    )
    new.add_argument("number", metavar="NUMBER", help="registry number, for example NCT02054806")
    new.add_argument(
        "--name",
        required=True,
        help="name of the chapter's file, for example pembrolizumab-keynote-028",
    )
    new.add_argument(
        "--title",
        default="",
        help="name in tables and headings, for example 'pembrolizumab (KEYNOTE-028)'; the value "
        "of --name by default",
    )
    new.add_argument(
        "--source",
        default="",
        metavar="KEY",
        help="key of the document that reports the trial, for example mehnert2020: one of "
        "data/sources.csv, or a new one; made from NUMBER by default",
    )
    new.add_argument(
        "--agents",
        default="",
        help="drugs, for example 'durvalumab + tremelimumab'; by default the drug names found in "
        "--name",
    )
    new.add_argument(
        "--target",
        default="",
        help="targets of the drugs, for example 'PD-L1 + CTLA-4'; needed if data/arms.csv "
        "does not list one of these drugs as a checkpoint inhibitor",
    )
    new.add_argument(
        "--class",
        default="",
        dest="regimen_class",
        metavar="CLASS",
        help="class of the treatment, for example 'with chemotherapy': a value of the column "
        "regimen_class of data/arms.csv; needed if data/arms.csv does not list one of "
        "these drugs as a checkpoint inhibitor",
    )
    new.add_argument(
        "--part",
        default="",
        help="part of the book, for example 'Combinations', as in _quarto.yml; by default the "
        "part with most trials of the same class",
    )
    new.set_defaults(run=_new_trial)


def _add_audit(subcommands: argparse._SubParsersAction) -> None:
    audit = subcommands.add_parser(
        "audit",
        help="check every reported number against the other reported numbers, or those of a table "
        "of your own",
        description="""\
Recompute every reported number from the other reported numbers, and list the
findings that somebody must compare with the page of the document. These are
the findings with one of four verdicts: truncated, inconsistent, conflict or
note. The last lines of the output count all findings, also those not listed.
Use it after adding a document or correcting a transcription.

With FILE, check a table of your own instead, anywhere: a CSV file with one row
for each reported rate. docs/audit-your-table.md explains the columns.""",
        epilog=f"""\
verdicts:
{_listed(_VERDICTS)}

severities:
{_listed(_SEVERITIES)}

columns of FILE, all but label may be left out:
{_listed(_COLUMNS)}

Example: %(prog)s --source jia2022
Example: %(prog)s my-table.csv, if my-table.csv is

  label,events,patients,percent,ci_low,ci_high
  response,5,18,28.7,9.7,53.5

which finds that 5 of 18 is 27.8%%, not 28.7%%.

Exit status: 0 if the audit ran; 1 if the data or a cell of FILE cannot be read, or with
--fail-on-new if a finding is new; 2 for a wrong option.""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audit.add_argument("file", nargs="?", metavar="FILE", help="a table of your own")
    audit.add_argument(
        "--json",
        action="store_true",
        help="print JSON instead of a table; without other options, all findings, also those that "
        "agree",
    )
    audit.add_argument(
        "--source",
        action="append",
        metavar="SOURCE",
        help="only findings on this document: a key of data/sources.csv, such as jia2022; can "
        "be repeated",
    )
    for name, values, end in (
        ("verdict", _VERDICTS, ""),
        ("severity", _SEVERITIES, " (a finding that agrees has none)"),
    ):
        audit.add_argument(
            f"--{name}",
            action="append",
            choices=values,
            metavar=name.upper(),
            help=f"only findings with this {name}: {', '.join(values)}{end}; can be repeated",
        )
    group = audit.add_mutually_exclusive_group()
    group.add_argument(
        "--fail-on-new",
        action="store_true",
        help="exit with status 1 if a finding with one of the four verdicts is not in "
        "data/accepted.csv, the list of the findings that somebody has compared with the page",
    )
    group.add_argument(
        "--accept",
        action="store_true",
        help="bring data/accepted.csv up to date with all findings that have one of the four "
        "verdicts, and print only what is added and removed; first compare each finding that is "
        "new with the page of its document",
    )
    audit.set_defaults(run=_audit, parser=audit)


# Repeated here so that --help and wrong usage need no data; a test compares them with the audit.
_VERDICTS = {
    "match": "agrees with the other numbers",
    "rounding": "agrees if an exact half is rounded to the even digit",
    "truncated": "differs: the decimals were cut off, not rounded",
    "inconsistent": "does not follow from the other numbers",
    "conflict": "another place reports another value",
    "note": "neither agrees nor differs, but a reader should know it",
    "not checkable": "no other number allows a check",
}
_COLUMNS = {
    "label": "name of the row, different in each row",
    "events": "number of patients with the event",
    "patients": "number of patients in the group",
    "percent": "percentage with the event, as printed",
    "ci_low": "lower limit of the confidence interval of the percentage",
    "ci_high": "upper limit of the confidence interval of the percentage",
    "ci_level": "level of the confidence interval in percent; 95 if empty",
    "p": "p value, in one of the rows that it compares",
    "statistic": "test statistic beside the p value, such as chi2(1) = 3.25",
    "part_of": "label of the row to which this row and others must add up",
    "compare": "any name, the same in all rows that one p value compares",
}
_SEVERITIES = {
    "substantive": "about a result, such as a response rate or survival",
    "minor": "about anything else, or only about decimals that were cut off",
    "typographic": "about spelling or a damaged character",
}


def _listed(meanings: dict[str, str]) -> str:
    return "\n".join(f"  {name:14} {meaning}" for name, meaning in meanings.items())


class _Version(argparse.Action):
    """Print the version, which is read only if it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from nenreview.evidence.record.edition import version

        print(f"nenreview {version()}")
        parser.exit()


def _check(_: argparse.Namespace) -> int:
    """Check the data and the book; print the problems, or the counts if there are none."""
    from nenreview.checks.book import check_project
    from nenreview.checks.data import read_and_check
    from nenreview.evidence.record.integrity import NOT_YET
    from nenreview.evidence.record.paths import data_folder, root

    try:
        dataset, problems = read_and_check(data_folder())
    except InputError as error:  # the description of the data, without which nothing is read
        dataset, problems = None, list(error.problems)
    counts, of_the_book = check_project(root(), dataset)
    problems += of_the_book
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem{'s' * (len(problems) != 1)}", file=sys.stderr)
        return 1
    assert dataset is not None and counts is not None  # else there are problems
    print(
        f"data/ is sound: {len(dataset.sources)} sources, {len(dataset.trials)} trials, "
        f"{len(dataset.cells)} table cells, {len(dataset.results)} reported numbers"
    )
    print(f"the book is sound: {counts.chapters} chapters, {counts.references} references")
    rows = dataset.sources[dataset.sources["transcribed"] == NOT_YET]
    if len(rows):
        print(f"not yet transcribed: {', '.join(rows['source'])}")
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    """Print the findings of the audit, and compare them with the accepted findings."""
    import shutil

    if arguments.file is not None:
        return _audit_file(arguments)
    from nenreview.auditing import accepted, report
    from nenreview.auditing.ledger import audit, selected
    from nenreview.evidence.record.dataset import load

    data = load()
    known = list(data.sources["source"])
    for source in arguments.source or ():
        if source not in known:
            expected = f"a key of its column source, for example {known[0]}"
            message = unknown_name(source, known, "a document of data/sources.csv", expected)
            raise InputError(Problem("--source", message))
    findings = audit(data)
    if arguments.accept:
        return _accept(arguments, data, findings)
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
            print(_not_listed(len(chosen) - len(listed)))
    if not arguments.fail_on_new:
        return 0
    new = accepted.new(data, findings)
    for f in new:
        print(f"not accepted: {f.id}, {report.where(f)}: {f.explanation}", file=sys.stderr)
    for ident in accepted.gone(data, findings):
        print(f"accepted, but no longer found in this form: {ident}", file=sys.stderr)
    if new:
        advice = "correct the data, or use `nenreview audit --accept` if the document says so"
        print(f"{len(new)} finding{'s' * (len(new) != 1)} not accepted; {advice}", file=sys.stderr)
    return 1 if new else 0


def _accept(arguments: argparse.Namespace, data: Dataset, findings: tuple[Finding, ...]) -> int:
    """Accept all findings, and print which ones that adds to the accepted ones and removes."""
    from nenreview.auditing import accepted, report
    from nenreview.evidence.record.paths import data_folder, shown

    for name in ("source", "verdict", "severity", "json"):
        if getattr(arguments, name):
            arguments.parser.error(f"--accept accepts all findings; leave out --{name}")
    path = data_folder() / "accepted.csv"
    new, gone = accepted.new(data, findings), accepted.gone(data, findings)
    count = len(accepted.needing_review(findings))
    if not new and not gone:
        print(f"nothing new: {shown(path)} has all {count} findings already")
        return 0
    for f in new:
        print(f"added: {f.id}, {report.where(f)}: {report.values(f)}. {f.explanation}")
    for ident in gone:
        print(f"removed: {ident}, which the audit no longer finds in this form")
    accepted.write(path, findings)
    print(f"{shown(path)}: {len(new)} added, {len(gone)} removed; {count} findings accepted")
    return 0


def _audit_file(arguments: argparse.Namespace) -> int:
    """Print the findings on a table of the user's own."""
    import shutil
    from pathlib import Path

    for name in ("source", "severity", "fail_on_new", "accept"):
        if getattr(arguments, name):
            option = f"--{name.replace('_', '-')}"
            arguments.parser.error(
                f"{option}: only for the review; leave it out, or leave out FILE"
            )
    from nenreview.auditing import report
    from nenreview.auditing.finding import DISAGREEING
    from nenreview.auditing.own_table import audit_file

    findings, unread = audit_file(Path(arguments.file))
    verdicts = arguments.verdict
    chosen = [f for f in findings if not verdicts or f.verdict in verdicts]
    if arguments.json:
        print(report.own_as_json(chosen))
    else:
        listed = chosen if verdicts else [f for f in chosen if f.verdict in DISAGREEING]
        print(report.own_as_table(listed, shutil.get_terminal_size((160, 24)).columns))
        print(f"\n{report.own_as_counts(chosen)}")
        if len(listed) < len(chosen):
            print(_not_listed(len(chosen) - len(listed)))
    if unread:  # the other cells have been checked
        raise InputError(*unread)
    return 0


def _not_listed(count: int) -> str:
    agree, are, use = ("agrees", "is", "it") if count == 1 else ("agree", "are", "them")
    return (
        f"{count} finding{'s' * (count != 1)} that {agree} or cannot be checked {are} not listed; "
        f"to list {use}, use --verdict, for example --verdict match"
    )


def _new_trial(arguments: argparse.Namespace) -> int:
    """Add a trial and print the next steps."""
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
    """Render the committed version into its own folder."""
    from pathlib import Path

    from nenreview.evidence.record.edition import version
    from nenreview.evidence.record.paths import root, shown
    from nenreview.releases.release import FOLDER, release

    to = Path(arguments.to).resolve() if arguments.to else root() / FOLDER
    result = "released in" if release(to) else "was released before, with the same content, in"
    print(f"Version {version()} {result} {shown(to / version())}")
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
