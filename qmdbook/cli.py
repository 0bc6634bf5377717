"""The command line: ``qmdbook render``, ``watch``, ``notebook``, ``check`` and ``quarto``.

Each command imports what it needs where it needs it, so that --help and a wrong word answer at
once. A package that renders its own book can put these commands beside its own (`add_commands`).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from qmdbook.errors import InputError, Problem

if TYPE_CHECKING:
    from qmdbook.write.notebook import ChapterNotebook


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit status (0 done, 1 refused, 2 wrong usage)."""
    parser = argparse.ArgumentParser(
        prog="qmdbook",
        description="Render a book of .qmd chapters to HTML and PDF, without Quarto.",
        epilog="Run it anywhere below the folder that holds _quarto.yml.",
    )
    add_commands(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))
    return run(parser, argv)


def run(parser: argparse.ArgumentParser, argv: list[str] | None) -> int:
    """Run the command that a parser reads, and print what is wrong without a traceback."""
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except InputError as error:
        for problem in error.problems:
            print(f"{parser.prog}: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, `head` for example, has seen enough; nothing is left to be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted; what stood before still stands", file=sys.stderr)
        return 130


def add_commands(subcommands: argparse._SubParsersAction, *, check: bool = True) -> None:
    """Add the commands of the engine to those of a program.

    Parameters
    ----------
    subcommands : argparse's action
        What ``ArgumentParser.add_subparsers`` returned.
    check : bool
        Whether ``check`` is among them; a program may have a wider one of its own.
    """
    if check:
        parser = subcommands.add_parser(
            "check",
            help="check the configuration, the chapters and the references",
            description="Check _quarto.yml, the chapters and the references. Prints one line a "
            "problem, with file, line and what was expected.",
        )
        parser.set_defaults(run=_check)

    render = subcommands.add_parser(
        "render",
        help="render the book to HTML and PDF, without Quarto",
        description="Render the book with the built-in engine into _book/. The last book is "
        "replaced only when the whole render has succeeded.",
    )
    render.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="execute these chapters alone (methods, or chapters/methods.qmd); the "
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
        type=_number(1),
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
    render.set_defaults(run=_render)

    watch = subcommands.add_parser(
        "watch",
        help="serve the book and render it again whenever a file is saved",
        description="Render the book, serve it from this machine alone, and render it again "
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
        "--port",
        type=_number(0, 65_535),
        default=8000,
        metavar="N",
        help="8000 by default; 0 takes any",
    )
    watch.add_argument("--open", action="store_true", help="open it in the browser")
    watch.set_defaults(run=_watch)

    notebook = subcommands.add_parser(
        "notebook",
        help="write chapters as notebooks, to rerun and edit in Jupyter, and back again",
        description="Write the notebook of each chapter beside it. It runs from top to bottom in "
        "JupyterLab. With --to-qmd, write the chapter from the "
        "notebook instead, without its outputs; one that was not edited comes back as it was.",
    )
    notebook.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="for example methods; all, if none is named: then those that have no notebook, "
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
    notebook.set_defaults(run=_notebook)

    quarto = subcommands.add_parser(
        "quarto",
        help="render with Quarto and read its log",
        description="Run `quarto render` on this Python and fail where its log holds an "
        "unresolved reference, a missing citation or a warning of Quarto or Pandoc.",
    )
    quarto.set_defaults(run=_quarto)


def _check(_: argparse.Namespace) -> int:
    from qmdbook.files import find_root
    from qmdbook.source.check import check_book

    counts = check_book(find_root())
    print(f"the book is sound: {counts.chapters} chapters, {counts.references} references")
    return 0


def _render(arguments: argparse.Namespace) -> int:
    from qmdbook.files import find_root
    from qmdbook.publish.render import render

    render(
        find_root(),
        arguments.chapters,
        arguments.to,
        jobs=arguments.jobs,
        kernel=arguments.kernel,
        profile=arguments.profile,
    )
    return 0


def _watch(arguments: argparse.Namespace) -> int:
    from qmdbook.files import find_root
    from qmdbook.publish.watch import watch

    watch(find_root(), arguments.to, arguments.port, opened=arguments.open)
    return 0


def _notebook(arguments: argparse.Namespace) -> int:
    from qmdbook.config import named_chapters, read_config
    from qmdbook.files import find_root
    from qmdbook.write.notebook import ChapterNotebook

    # A chapter that is not there can come back from its notebook.
    config = read_config(find_root(), chapters_exist=not arguments.to_qmd)
    named = named_chapters(config, arguments.chapters)
    notebooks = {file: ChapterNotebook(config, file) for file in named or config.files}
    if arguments.to_qmd:
        if not named:
            notebooks = {file: one for file, one in notebooks.items() if one.path.exists()}
        return _from_notebooks(notebooks, force=arguments.force)
    for file, notebook in notebooks.items():
        if named or arguments.force or not notebook.path.exists():
            notebook.write(force=arguments.force)
            print(notebook.name)
        elif notebook.is_stale():
            print(
                f"{notebook.name} is left as it is, although {file} has changed since; "
                "--force replaces it",
                file=sys.stderr,
            )
    return 0


def _from_notebooks(notebooks: dict[str, ChapterNotebook], *, force: bool) -> int:
    if not notebooks:
        message = "no chapter has a notebook beside it; `notebook` writes them"
        raise InputError(Problem("CHAPTER", message))
    problems: list[Problem] = []
    for file, notebook in notebooks.items():
        try:
            if notebook.to_qmd(force=force):
                print(file)
            else:
                print(f"{file} is as its notebook has it", file=sys.stderr)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    return 0


def _quarto(_: argparse.Namespace) -> int:
    from qmdbook.files import find_root
    from qmdbook.publish.quarto import render_with_quarto

    return render_with_quarto(find_root())


def _number(least: int, most: float = float("inf")) -> Callable[[str], int]:
    """Return what reads a whole number between two limits."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            limits = f"from {least} to {most}" if most < float("inf") else f"of {least} or more"
            raise argparse.ArgumentTypeError(f"{text!r}; expected a number {limits}")
        return int(text)

    return read
