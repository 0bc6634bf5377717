"""The command line: ``nenreview check``, ``audit``, ``render``, ``notebook``, and others."""

from __future__ import annotations

import argparse
import os
import sys

from nenreview.errors import ReviewError


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit status (0 done, 1 refused, 2 wrong usage)."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except ReviewError as error:
        for problem in error.problems:
            print(f"nenreview: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, `head` for example, has seen enough; nothing is left to be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("nenreview: interrupted; what stood before still stands", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nenreview",
        description="The review of PD-1/PD-L1 checkpoint inhibitors in neuroendocrine neoplasms: "
        "check its data, draw its figures, render its book.",
        epilog="Run it anywhere below the folder that holds _quarto.yml.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = commands.add_parser(
        "check",
        help="check the data",
        description="Check every file of data/: its form, its values, and what must hold between "
        "files. Prints one line a problem, with file, row, column and what was expected.",
    )
    check.set_defaults(run=_check)

    _add_audit(commands)

    render = commands.add_parser(
        "render",
        help="render the review to HTML and PDF, without Quarto",
        description="Render the review with the built-in engine into _book/. What stands there is "
        "replaced only when the whole render has succeeded.",
    )
    render.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="execute these chapters alone (sintilimab, or chapters/sintilimab.qmd); the "
        "rest of the book is taken as it was last executed. All, if none is named.",
    )
    render.add_argument(
        "--to",
        default="html,pdf",
        metavar="FORMATS",
        help="html, pdf, or html,pdf (the default); the format not named stays as it is",
    )
    render.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="how many chapters are executed at a time; by default as many as processors",
    )
    render.add_argument(
        "--kernel",
        action="store_true",
        help="execute each chapter in a Jupyter kernel of its own, and not in a fork of one "
        "process that has imported everything; slower, with the same result",
    )
    render.set_defaults(run=_render)

    notebook = commands.add_parser(
        "notebook",
        help="write a chapter as a notebook, to rerun in Jupyter",
        description="Write the notebook of a chapter beside it. It runs from top to bottom in "
        "JupyterLab, which `.venv/bin/jupyter lab` opens.",
    )
    notebook.add_argument("chapter", metavar="CHAPTER", help="for example sintilimab")
    notebook.add_argument("--force", action="store_true", help="replace a notebook that is there")
    notebook.set_defaults(run=_notebook)

    figures = commands.add_parser(
        "figures",
        help="write every figure to figures/",
        description="Draw every figure of the review and write it to figures/ as SVG and PNG.",
    )
    figures.set_defaults(run=_figures)

    release = commands.add_parser(
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

    changes = commands.add_parser(
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

    stamp = commands.add_parser(
        "stamp",
        help="write version and checksum of the data into the files that repeat them",
        description="Write the version of pyproject.toml and the checksum of the data's tables "
        "into CITATION.cff and data/datapackage.json.",
    )
    stamp.set_defaults(run=_stamp)

    quarto = commands.add_parser(
        "quarto",
        help="render with Quarto and read its log",
        description="Run `quarto render` on this Python and fail where its log holds an "
        "unresolved reference, a missing citation or a warning of Quarto or Pandoc.",
    )
    quarto.set_defaults(run=_quarto)
    return parser


def _add_audit(commands) -> None:
    audit = commands.add_parser(
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
    for name, values in (("source", _SOURCES), ("verdict", _VERDICTS), ("severity", _SEVERITIES)):
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
_SOURCES = ("lu2020", "jia2022", "review2023", "markey2017")
_VERDICTS = (
    *("match", "rounding", "truncated", "inconsistent", "conflict", "note"),
    "not checkable",
)
_SEVERITIES = ("substantive", "minor", "typographic")


class _Version(argparse.Action):
    """Print the version, read only when it is asked for."""

    def __call__(self, parser, *_):
        from nenreview.version import version

        print(f"nenreview {version()}")
        parser.exit()


def _positive(text: str) -> int:
    """Return a number of one or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number of one or more")
    return int(text)


# Each command imports what it needs, so that --help and a wrong word answer at once.


def _check(_) -> int:
    from nenreview.audit.claims import claim_problems
    from nenreview.evidence.dataset import read
    from nenreview.paths import DATA

    dataset, problems = read(DATA)
    if dataset is not None:
        problems = claim_problems(dataset)
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", file=sys.stderr)
        return 1
    print(
        f"data/ is sound: {len(dataset.sources)} sources, {len(dataset.trials)} trials, "
        f"{len(dataset.cells)} printed cells, {len(dataset.results)} numbers"
    )
    return 0


def _audit(arguments) -> int:
    import shutil

    from nenreview.audit import accepted, report
    from nenreview.audit.ledger import audit, selected
    from nenreview.evidence.dataset import load
    from nenreview.paths import DATA, shown

    data = load()
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
        listed = chosen if narrowed else accepted.in_need(chosen)
        print(report.as_table(listed, shutil.get_terminal_size((160, 24)).columns))
        print(f"\n{report.as_counts(chosen)}")
        if len(listed) < len(chosen):
            rest = len(chosen) - len(listed)
            print(f"{rest} that agree or are not checkable are not listed; --verdict lists them")
    if arguments.accept:
        path = DATA / "accepted.csv"
        accepted.write(path, findings)
        print(
            f"{len(accepted.in_need(findings))} findings accepted in {shown(path)}", file=sys.stderr
        )
    if not arguments.fail_on_new:
        return 0
    new = accepted.new(data, findings)
    for f in new:
        print(f"new: {f.id}, {report.where(f)}: {f.explanation}", file=sys.stderr)
    for ident in accepted.gone(data, findings):
        print(f"accepted, and not found as it was: {ident}", file=sys.stderr)
    return 1 if new else 0


def _render(arguments) -> int:
    from nenreview.build import BUILT_IN, ENGINE
    from nenreview.render.book import render

    os.environ[ENGINE] = BUILT_IN
    render(arguments.chapters, arguments.to, jobs=arguments.jobs, kernel=arguments.kernel)
    return 0


def _notebook(arguments) -> int:
    from nenreview.paths import ROOT, shown
    from nenreview.render.config import named_chapters, read_config
    from nenreview.render.notebook import write_notebook

    file = named_chapters(read_config(ROOT), [arguments.chapter])[0]
    print(shown(write_notebook(ROOT, file, force=arguments.force)))
    return 0


def _figures(_) -> int:
    from nenreview.figures.catalogue import write_all
    from nenreview.paths import shown

    for path in write_all():
        print(shown(path))
    return 0


def _release(arguments) -> int:
    from pathlib import Path

    from nenreview.paths import shown
    from nenreview.releases.release import FOLDER, release
    from nenreview.version import version

    to = Path(arguments.to).resolve() if arguments.to else FOLDER
    said = "released in" if release(to) else "is there already, with the same content:"
    print(f"Version {version()} {said} {shown(to / version())}")
    return 0


def _changes(arguments) -> int:
    from pathlib import Path

    from nenreview.releases.release import FOLDER, changes_between

    print(changes_between(arguments.old, arguments.new, Path(arguments.folder or FOLDER)), end="")
    return 0


def _stamp(_) -> int:
    from nenreview.paths import shown
    from nenreview.stamp import stamp

    for path in stamp():
        print(shown(path))
    return 0


def _quarto(_) -> int:
    from nenreview.render.quarto import render_with_quarto

    return render_with_quarto()
