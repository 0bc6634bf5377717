"""What each command does: calls the package, prints, and gives the exit status.

Each imports what it needs where it needs it, so that --help and a wrong word answer at once.
"""

from __future__ import annotations

import sys

from nenreview.errors import ReviewError


def check(_) -> int:
    """Check the data and the book; print what is wrong, or what there is."""
    from nenreview.evidence.integrity import NOT_YET
    from nenreview.paths import DATA, ROOT
    from nenreview.project import check_project
    from nenreview.soundness import read_and_check

    try:
        dataset, problems = read_and_check(DATA)
    except ReviewError as error:  # the description of the data, without which nothing is read
        dataset, problems = None, list(error.problems)
    counts, of_the_book = check_project(ROOT)
    problems += of_the_book
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", file=sys.stderr)
        return 1
    print(
        f"data/ is sound: {len(dataset.sources)} sources, {len(dataset.trials)} trials, "
        f"{len(dataset.cells)} printed cells, {len(dataset.results)} numbers"
    )
    print(f"the book is sound: {counts.chapters} chapters, {counts.references} references")
    rows = dataset.sources[dataset.sources["transcribed"] == NOT_YET]
    if len(rows):
        print(f"not yet transcribed: {', '.join(rows['source'])}")
    return 0


def audit(arguments) -> int:
    """Print what the audit finds, and hold it against what was accepted."""
    import shutil

    from nenreview.audit import accepted, report
    from nenreview.audit.ledger import audit, selected
    from nenreview.errors import Problem
    from nenreview.evidence.dataset import load
    from nenreview.paths import DATA, shown

    data = load()
    known = list(data.sources["source"])
    for source in arguments.source or ():
        if source not in known:
            message = f"{source!r} is no document; expected one of {', '.join(known)}"
            raise ReviewError(Problem("SOURCE", message))
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


def render(arguments) -> int:
    """Render with the built-in engine."""
    from nenreview.render.book import render

    render(
        arguments.chapters,
        arguments.to,
        jobs=arguments.jobs,
        kernel=arguments.kernel,
        profile=arguments.profile,
    )
    return 0


def watch(arguments) -> int:
    """Serve the book and render it again after every change."""
    from nenreview.render.watch import watch

    watch(arguments.to, arguments.port, opened=arguments.open)
    return 0


def new_trial(arguments) -> int:
    """Add a trial and say what to do next."""
    from nenreview.paths import ROOT
    from nenreview.scaffold.new_trial import Request, new_trial, next_steps

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
    print(next_steps(new_trial(ROOT, request)))
    return 0


def notebook(arguments) -> int:
    """Write chapters as notebooks, or notebooks back as chapters."""
    from nenreview.paths import ROOT
    from nenreview.render.config import named_chapters, read_config

    # A chapter that is not there can come back from its notebook.
    config = read_config(ROOT, chapters_exist=not arguments.to_qmd)
    files = [entry.file for entry in config.chapters]
    named = named_chapters(config, arguments.chapters)
    if arguments.to_qmd:
        return _from_notebooks(files, named, force=arguments.force)
    return _to_notebooks(named or files, named=bool(named), force=arguments.force)


def _to_notebooks(files: list[str], *, named: bool, force: bool) -> int:
    from nenreview.paths import ROOT, shown
    from nenreview.render.notebook import is_stale, notebook_path, write_notebook

    for file in files:
        path = notebook_path(ROOT, file)
        if named or force or not path.exists():
            print(shown(write_notebook(ROOT, file, force=force)))
        elif is_stale(ROOT, file):
            print(
                f"{shown(path)} is left as it is, although {file} has changed since; "
                "--force replaces it",
                file=sys.stderr,
            )
    return 0


def _from_notebooks(files: list[str], named: list[str], *, force: bool) -> int:
    from nenreview.errors import Problem
    from nenreview.paths import ROOT, shown
    from nenreview.render.notebook import notebook_path, to_qmd

    chosen = named or [file for file in files if notebook_path(ROOT, file).exists()]
    if not chosen:
        message = "no chapter has a notebook beside it; `nenreview notebook` writes them"
        raise ReviewError(Problem("CHAPTER", message))
    problems = []
    for file in chosen:
        try:
            if to_qmd(ROOT, file, files, force=force):
                print(shown(ROOT / file))
            else:
                print(f"{file} is as its notebook has it", file=sys.stderr)
        except ReviewError as error:
            problems.extend(error.problems)
    if problems:
        raise ReviewError(*problems)
    return 0


def figures(_) -> int:
    """Draw every figure."""
    from nenreview.figures.catalogue import write_all
    from nenreview.paths import shown

    for path in write_all():
        print(shown(path))
    return 0


def release(arguments) -> int:
    """Render the committed version into a folder of its own."""
    from pathlib import Path

    from nenreview.paths import shown
    from nenreview.releases.release import FOLDER, release
    from nenreview.version import version

    to = Path(arguments.to).resolve() if arguments.to else FOLDER
    said = "released in" if release(to) else "is there already, with the same content:"
    print(f"Version {version()} {said} {shown(to / version())}")
    return 0


def changes(arguments) -> int:
    """Print what changed between two versions."""
    from pathlib import Path

    from nenreview.releases.release import FOLDER, changes_between

    print(changes_between(arguments.old, arguments.new, Path(arguments.folder or FOLDER)), end="")
    return 0


def stamp(_) -> int:
    """Write version and checksum into the files that repeat them."""
    from nenreview.paths import shown
    from nenreview.stamp import stamp

    for path in stamp():
        print(shown(path))
    return 0


def quarto(_) -> int:
    """Render with Quarto."""
    from nenreview.render.quarto import render_with_quarto

    return render_with_quarto()
