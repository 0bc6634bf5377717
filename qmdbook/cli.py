"""Command line of the engine: ``render``, ``watch``, ``notebook``, ``check`` and ``quarto``.

Each command imports its modules only when it runs, so that ``--help`` and messages on wrong usage
appear at once. Another program can add these commands to its own with `add_commands`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from qmdbook.errors import OF_THE_SYSTEM, InputError, Problem, failed_file, nearest, unknown_name

if TYPE_CHECKING:
    from qmdbook.publish.chapter_notebook import ChapterNotebook

# How argparse words what this module words in its own way.
_NO_CHOICE = re.compile(r"argument (.+): invalid choice: '(.*)' \(choose from (.+)\)")
_MISSING = "the following arguments are required: "
_UNKNOWN = "unrecognized arguments: "


class Parser(argparse.ArgumentParser):
    """Argument parser that reports wrong usage in one line and suggests the word probably meant."""

    _given: list[str]

    def __init__(self, *args: Any, **more: Any):
        super().__init__(*args, **more)
        self.set_defaults(prog=self.prog)  # that of the command, once its own parser has run

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Parse all arguments; print an error and exit if one is unknown."""
        self._given = sys.argv[1:] if args is None else list(args)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(_UNKNOWN + unknown[0])
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the usage, and exit with status 2."""
        if choice := _NO_CHOICE.fullmatch(message):
            argument, given, listed = choice.groups()
            known = [word.strip("'") for word in listed.split(", ")]
            if argument == "COMMAND":
                message = unknown_name(given, known, "a command")
            else:
                message = f"{argument}: {unknown_name(given, known, f'a value of {argument}')}"
        elif message.startswith(_MISSING):
            missing = message.removeprefix(_MISSING).split(", ")
            unknown = next(filter(self._is_unknown, self._given), None)
            # An argument is often missing because its name is misspelt: one cause, one message.
            message = self._unknown(unknown) if unknown else _missing(missing)
        elif message.startswith(_UNKNOWN):
            message = self._unknown(message.removeprefix(_UNKNOWN))
        message = message.replace("argument -", "-")
        end = " See" if message.endswith("?") else "; see"
        self.exit(2, f"{self.prog}: {message}{end} `{self.prog} --help`\n")

    def _is_unknown(self, given: str) -> bool:
        name = given.partition("=")[0]
        known = any(option.startswith(name) for option in self._option_string_actions)
        return name.startswith("--") and not known

    def _unknown(self, given: str) -> str:
        if not given.startswith("-"):
            return f"{given!r} is one word too many; expected only options after what was given"
        given = given.partition("=")[0]
        names = [name[2:] for name in self._option_string_actions if name.startswith("--")]
        near = nearest(given.lstrip("-"), names)
        expected = f"one of {', '.join(f'--{name}' for name in names)}"
        meant = f"; did you mean '--{near}'?" if near else ""
        return f"{given!r} is not an option of this command; expected {expected}{meant}"


def _missing(arguments: list[str]) -> str:
    if arguments == ["COMMAND"]:
        return "no command given; expected a command such as check or render"
    return f"{' and '.join(arguments)} {'is' if len(arguments) == 1 else 'are'} missing"


def main(argv: list[str] | None = None) -> int:
    """Run one command, and return its exit status: 0 for success, 1 for invalid input.

    Wrong usage ends the process with status 2.
    """
    parser = Parser(
        prog="qmdbook",
        description="Render a book of .qmd chapters to HTML and PDF, without Quarto.",
        epilog="Run it in the folder that holds _quarto.yml or in any folder below it. "
        "Example: %(prog)s render. `%(prog)s COMMAND --help` explains a command.",
    )
    add_commands(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))
    return run(parser, argv)


def run(parser: argparse.ArgumentParser, argv: list[str] | None) -> int:
    """Run the command in `argv`, print each input problem on a line, and return the exit status.

    `argv` defaults to the arguments of the process. The status is 130 after an interrupt.
    """
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except InputError as error:
        for problem in error.problems:
            print(f"{arguments.prog}: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, `head` for example, has seen enough; nothing is left to be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in OF_THE_SYSTEM:
            raise  # an error of ours
        from qmdbook.files import shown

        file = failed_file(error)
        place = f"{shown(Path(file), Path.cwd())}: " if file else ""
        print(
            f"{arguments.prog}: {place}{error.strerror}; the command has stopped", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        message = "interrupted; the last complete output is unchanged"
        print(f"{arguments.prog}: {message}", file=sys.stderr)
        return 130


def add_commands(subcommands: argparse._SubParsersAction, *, check: bool = True) -> None:
    """Add the commands of the engine to those of a program.

    Parameters
    ----------
    subcommands : argparse's action
        The return value of ``ArgumentParser.add_subparsers``.
    check : bool
        Whether to add the command ``check``; False for a program that has a ``check`` of its own.
    """
    if check:
        parser = subcommands.add_parser(
            "check",
            help="check the configuration, the chapters and the references",
            description="Check _quarto.yml, the chapters and the references without executing "
            "anything. Use it before a render or a commit: it takes seconds, and prints one line "
            "for each problem, with file, line and what was expected.",
            epilog="Example: %(prog)s",
        )
        parser.set_defaults(run=_check)

    render = subcommands.add_parser(
        "render",
        help="render the book to HTML and PDF, without Quarto",
        description="Render the book into _book/ with the built-in engine. Use it whenever you "
        "want to read the book. A chapter is executed again only if it, the data or the code has "
        "changed. The last book is replaced only when the whole render has succeeded.",
        epilog="Examples: %(prog)s; %(prog)s methods --to html",
    )
    render.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="execute only these chapters (methods, or chapters/methods.qmd) and leave the rest "
        "of the book as it was last executed; all chapters by default",
    )
    render.add_argument(
        "--to",
        default="html,pdf",
        metavar="FORMATS",
        help="html, pdf, or html,pdf (the default); a format that is not named stays as it is",
    )
    render.add_argument(
        "--jobs",
        type=_number(1),
        metavar="N",
        help="number of chapters to execute at the same time; the number of processors by default",
    )
    render.add_argument(
        "--kernel",
        action="store_true",
        help="execute each chapter in a Jupyter kernel, as JupyterLab does; this takes longer and "
        "gives the same book",
    )
    render.add_argument(
        "--profile", action="store_true", help="print how long each stage and each chapter took"
    )
    render.set_defaults(run=_render)

    watch = subcommands.add_parser(
        "watch",
        help="serve the book and render it again whenever a file is saved",
        description="Render the book, show it in the browser, and render it again whenever you "
        "save one of its files. Use it while you write: open pages reload themselves. If something "
        "is wrong, they keep the last good text and show the problem with file and line. Only this "
        "machine can open the pages.",
        epilog="Example: %(prog)s --open",
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
        help="port of the address; 8000 by default, 0 for any free port",
    )
    watch.add_argument("--open", action="store_true", help="open the book in the browser")
    watch.set_defaults(run=_watch)

    notebook = subcommands.add_parser(
        "notebook",
        help="write chapters as Jupyter notebooks, and notebooks back as chapters",
        description="Write each chapter as a notebook beside it. Use it to run or edit a chapter "
        "in JupyterLab. Afterwards, use --to-qmd: it writes the chapter from its notebook, without "
        "outputs. A notebook that was not edited gives the same chapter back.",
        epilog="Examples: %(prog)s methods; %(prog)s methods --to-qmd",
    )
    notebook.add_argument(
        "chapters",
        nargs="*",
        metavar="CHAPTER",
        help="for example methods; by default every chapter that has no notebook yet, or with "
        "--to-qmd every chapter that has one",
    )
    notebook.add_argument(
        "--to-qmd", action="store_true", help="write the chapter from its notebook"
    )
    notebook.add_argument(
        "--force",
        action="store_true",
        help="replace a notebook that exists; with --to-qmd, replace a chapter that has changed "
        "since its notebook was written",
    )
    notebook.set_defaults(run=_notebook)

    quarto = subcommands.add_parser(
        "quarto",
        help="render the book with Quarto and check its log",
        description="Run `quarto render` with this Python, and fail if its log shows an unresolved "
        "reference, a missing citation or a warning of Quarto or Pandoc. Use it to see that Quarto "
        "renders the book too; Quarto must be installed.",
        epilog="Example: %(prog)s",
    )
    quarto.set_defaults(run=_quarto)


def _check(_: argparse.Namespace) -> int:
    from qmdbook.files import find_root
    from qmdbook.publish.check import check_book

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
    from qmdbook.publish.chapter_notebook import ChapterNotebook

    # A chapter that is not there can come back from its notebook.
    config = read_config(find_root(), chapters_exist=not arguments.to_qmd)
    named = named_chapters(config, arguments.chapters)
    notebooks = {file: ChapterNotebook(config, file) for file in named or config.files}
    if arguments.to_qmd:
        if not named:
            notebooks = {file: one for file, one in notebooks.items() if one.path.exists()}
        return _from_notebooks(notebooks, force=arguments.force)
    from qmdbook.publish.notebooks import shown_in

    replaced = {
        file: one for file, one in notebooks.items() if arguments.force or not one.path.exists()
    }
    shown = shown_in(config, list(replaced)) if replaced else {}
    for file, notebook in notebooks.items():
        if named or file in replaced:
            notebook.write(shown.get(file), force=arguments.force)
            print(notebook.name)
        elif notebook.is_stale():
            print(
                f"{notebook.name}: not replaced, although {file} has changed since it was "
                "written; use --force to replace it",
                file=sys.stderr,
            )
    return 0


def _from_notebooks(notebooks: dict[str, ChapterNotebook], *, force: bool) -> int:
    if not notebooks:
        message = (
            "no chapter has a notebook; write one with `notebook`, for example `notebook methods`"
        )
        raise InputError(Problem("CHAPTER", message))
    problems: list[Problem] = []
    for file, notebook in notebooks.items():
        try:
            if notebook.to_qmd(force=force):
                print(file)
            else:
                print(f"{file}: unchanged, the same as its notebook", file=sys.stderr)
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
    """Return a function that reads a whole number between two limits."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            limits = f"from {least} to {most}" if most < float("inf") else f"of {least} or more"
            message = f"{text!r} is not allowed; expected a whole number {limits}"
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return read
