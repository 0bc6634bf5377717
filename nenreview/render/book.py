"""Rendering the book: read, execute, write beside, swap."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from time import monotonic

from tqdm import tqdm

from nenreview.errors import Problem, ReviewError
from nenreview.paths import BOOK, ROOT, shown
from nenreview.render.cache import Cache
from nenreview.render.config import BookConfig, named_chapters, read_config
from nenreview.render.downloads import write_downloads
from nenreview.render.execute import Executed, Run, cores, execute_all
from nenreview.render.forked import AVAILABLE, forks
from nenreview.render.inputs import checksums
from nenreview.render.markdown import ChapterText, to_markdown
from nenreview.render.output import alone, replacing
from nenreview.render.pandoc import Pages, write_pages
from nenreview.render.pdf import write_pdf
from nenreview.render.site import write_site
from nenreview.render.source import Chapter, read_chapters

FORMATS = ("html", "pdf")


def render(
    chapters: list[str] | None = None,
    formats: str = "html,pdf",
    *,
    jobs: int | None = None,
    kernel: bool = False,
) -> None:
    """Render the review into ``_book/``, once no other process renders into it.

    Parameters
    ----------
    chapters : list of str, optional
        Chapters whose pages are written again, each by its file or its stem; all of them
        by default. The PDF is always the whole book.
    formats : str
        ``html``, ``pdf`` or both, separated by a comma. What is not named stays as it is.
    jobs : int, optional
        How many chapters are executed at a time; as many as there are processors by default.
    kernel : bool
        Whether each chapter runs in a Jupyter kernel, and not in a fork of one warm process.
        It takes longer and gives the same.

    Raises
    ------
    ReviewError
        If anything is wrong; ``_book/`` is then as it was.
    """
    wanted = _formats(formats)
    with alone(BOOK):
        _render(chapters or [], wanted, jobs=jobs or cores(), kernel=kernel)


def _render(chapters: list[str], wanted: list[str], *, jobs: int, kernel: bool) -> None:
    """Render into ``_book/``, where nobody else does."""
    started = monotonic()
    config = read_config(ROOT)
    files = [entry.file for entry in config.chapters]
    named = named_chapters(config, chapters)
    if named and not (BOOK / "index.html").is_file():
        print("No earlier render to add to: rendering the whole review.", file=sys.stderr)
        named = []
    pages = frozenset(named or files) if "html" in wanted else frozenset()
    sources = read_chapters(ROOT, files)
    to_run = [c for c in sources if c.file in pages or "pdf" in wanted]
    with _Progress([c.file for c in to_run]) as progress:
        executed = _executed(to_run, named, kernel=kernel, jobs=jobs, progress=progress)
        texts = [_text(chapter, executed, config) for chapter in sources]
        with replacing(BOOK) as (new, work):
            _keep(new, everything=bool(named) or "html" not in wanted, config=config, wanted=wanted)
            progress.say("writing " + " and ".join(wanted))
            html = new if "html" in wanted else None
            target = Pages(
                html=html, write=pages, executed=frozenset(executed), typst="pdf" in wanted
            )
            write_pages(config, sources, texts, root=ROOT, work=work, pages=target)
            written = [(c, t) for c, t in zip(sources, texts, strict=True) if c.file in pages]
            if html:
                _write_figures(html, [text for _, text in written])
                write_downloads(html, written)
                write_site(html, config)
            if "pdf" in wanted:
                _write_figures(work, texts)
                write_pdf(new / f"{config.output_file}.pdf", work, config)
    seconds = monotonic() - started
    print(f"Rendered {len(to_run)} chapters in {seconds:.1f} s:")
    for name in wanted:
        print(
            f"  {shown(BOOK / ('index.html' if name == 'html' else f'{config.output_file}.pdf'))}"
        )


def _formats(formats: str) -> list[str]:
    """Return the formats named, in a fixed order."""
    names = [name.strip() for name in formats.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise ReviewError(Problem("--to", f"{name!r}; expected {', '.join(FORMATS)} or both"))
    if not names:
        raise ReviewError(Problem("--to", f"no format; expected {', '.join(FORMATS)} or both"))
    return [name for name in FORMATS if name in names]


def _executed(
    chapters: list[Chapter], again: list[str], *, kernel: bool, jobs: int, progress: _Progress
) -> dict[str, dict]:
    """Return executed notebooks by file: those that are kept, and the rest executed now."""
    cache = Cache(ROOT, checksums(ROOT))
    notebooks = {}
    if not kernel:
        kept = {c.file: cache.get(c) for c in chapters if c.file not in again}
        notebooks = {file: one.notebook for file, one in kept.items() if one}
    # Those that take longest first, so that none is waited for at the end.
    rest = [c for c in chapters if c.file not in notebooks]
    rest.sort(key=cache.seconds, reverse=True)

    def done(chapter: Chapter, executed: Executed) -> None:
        cache.put(chapter, executed)
        progress.done(chapter.file)

    if rest:
        runs = execute_all(rest, _run(rest, kernel), done, jobs=jobs)
        notebooks |= {c.file: run.notebook for c, run in zip(rest, runs, strict=True)}
    return notebooks


def _run(chapters: list[Chapter], kernel: bool) -> Run:
    """Return what executes a chapter."""
    if not kernel and AVAILABLE:
        return forks(chapters, ROOT)
    if not kernel:
        print("This system cannot fork: each chapter has a kernel of its own.", file=sys.stderr)
    from nenreview.render.kernel import run_in_kernel

    return lambda chapter: run_in_kernel(chapter, ROOT)


def _text(chapter: Chapter, executed: dict, config: BookConfig) -> ChapterText:
    notebook = executed.get(chapter.file)
    if notebook is None:
        return to_markdown(chapter, chapter.notebook, echo=config.echo, executed=False)
    return to_markdown(chapter, notebook, echo=config.echo)


def _keep(new: Path, *, everything: bool, config: BookConfig, wanted: list[str]) -> None:
    """Carry over what this render does not write again."""
    pdf = BOOK / f"{config.output_file}.pdf"
    if everything and BOOK.is_dir():
        shutil.copytree(BOOK, new, dirs_exist_ok=True)
    elif "pdf" not in wanted and pdf.is_file():
        shutil.copy2(pdf, new / pdf.name)


def _write_figures(folder: Path, texts: list[ChapterText]) -> None:
    for text in texts:
        for path, svg in text.figures.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(svg, encoding="utf-8")


class _Progress:
    """What is going on: a bar on a terminal, plain lines elsewhere."""

    def __init__(self, files: list[str]):
        self._plain = not sys.stderr.isatty()
        self._bar = tqdm(
            total=len(files), unit="chapter", disable=self._plain, leave=False, file=sys.stderr
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bar.close()

    def done(self, file: str) -> None:
        self._bar.set_postfix_str(file)
        self._bar.update()
        self.say(f"executed {file}", only_plain=True)

    def say(self, line: str, *, only_plain: bool = False) -> None:
        if self._plain:
            print(line, file=sys.stderr, flush=True)
        elif not only_plain:
            self._bar.set_postfix_str(line)
