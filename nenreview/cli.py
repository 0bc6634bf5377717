"""The command line: ``nenreview check``, ``audit``, ``render``, ``new-trial``, and others."""

from __future__ import annotations

import argparse
import os
import sys

from nenreview import commands
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
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = subcommands.add_parser(
        "check",
        help="check the data, the configuration and the chapters",
        description="Check every file of data/: its form, its values, and what must hold between "
        "files; then _quarto.yml, the chapters, the references, CITATION.cff and pyproject.toml. "
        "Prints one line a problem, with file, row, column and what was expected.",
    )
    check.set_defaults(run=commands.check)

    _add_audit(subcommands)

    render = subcommands.add_parser(
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
    render.add_argument(
        "--profile", action="store_true", help="say where the time went, by stage and chapter"
    )
    render.set_defaults(run=commands.render)

    watch = subcommands.add_parser(
        "watch",
        help="serve the review and render it again whenever a file is saved",
        description="Render the review, serve it from this machine alone, and render it again "
        "whenever one of its files is saved. Open pages load themselves again, or show what is "
        "wrong with file and line while the last good ones stay.",
    )
    watch.add_argument(
        "--to",
        default="html",
        metavar="FORMATS",
        help="html (the default), pdf, or html,pdf, which takes longer",
    )
    watch.add_argument(
        "--port", type=_port, default=8000, metavar="N", help="8000 by default; 0 takes any"
    )
    watch.add_argument("--open", action="store_true", help="open it in the browser")
    watch.set_defaults(run=commands.watch)

    _add_trials(subcommands)

    notebook = subcommands.add_parser(
        "notebook",
        help="write chapters as notebooks, to rerun and edit in Jupyter, and back again",
        description="Write the notebook of each chapter beside it. It runs from top to bottom in "
        "JupyterLab, which `make lab` opens. With --to-qmd, write the chapter from the "
        "notebook instead, without its outputs; one that was not edited comes back as it was.",
    )
    notebook.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="for example sintilimab; all, if none is named: then those that have no notebook, "
        "or with --to-qmd those that have one",
    )
    notebook.add_argument(
        "--to-qmd", action="store_true", help="write the chapter from its notebook"
    )
    notebook.add_argument(
        "--force",
        action="store_true",
        help="replace a notebook that is there; with --to-qmd, a chapter that has changed since "
        "its notebook was written",
    )
    notebook.set_defaults(run=commands.notebook)

    figures = subcommands.add_parser(
        "figures",
        help="write every figure to figures/",
        description="Draw every figure of the review and write it to figures/ as SVG and PNG.",
    )
    figures.set_defaults(run=commands.figures)

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
    release.set_defaults(run=commands.release)

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
    changes.set_defaults(run=commands.changes)

    stamp = subcommands.add_parser(
        "stamp",
        help="write version and checksum of the data into the files that repeat them",
        description="Write the version of pyproject.toml and the checksum of the data's tables "
        "into CITATION.cff and data/datapackage.json.",
    )
    stamp.set_defaults(run=commands.stamp)

    quarto = subcommands.add_parser(
        "quarto",
        help="render with Quarto and read its log",
        description="Run `quarto render` on this Python and fail where its log holds an "
        "unresolved reference, a missing citation or a warning of Quarto or Pandoc.",
    )
    quarto.set_defaults(run=commands.quarto)
    return parser


def _add_trials(subcommands) -> None:
    new = subcommands.add_parser(
        "new-trial",
        help="add a trial: rows to fill and a chapter that renders",
        description="Write the rows of a new trial, a chapter that shows whatever is in them, and "
        "its line in _quarto.yml, stamp the checksum of the data, and say what to do next. What "
        "exists is refused, and nothing is changed then. CONTRIBUTING.md walks through it.",
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
        help="regimen class, as in data/trials.csv; known of known inhibitors alone",
    )
    new.add_argument(
        "--part",
        default="",
        help="part of the book; the one of most trials of the class by default",
    )
    new.set_defaults(run=commands.new_trial)


def _add_audit(subcommands) -> None:
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
    audit.set_defaults(run=commands.audit)


# Repeated here, so that --help and a wrong word need no data; a test holds them together.
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


def _port(text: str) -> int:
    """Return the number of a port."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from 0 to 65535")
    return int(text)


def _positive(text: str) -> int:
    """Return a number of one or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number of one or more")
    return int(text)
