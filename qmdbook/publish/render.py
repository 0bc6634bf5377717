"""Render a book: read, execute, write beside, swap."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from time import monotonic

from qmdbook.cache import Cache, LastRender, WrittenChapters
from qmdbook.config import BOOK, BookConfig, named_chapters, read_config
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.execute import forked
from qmdbook.execute.chapters import Executed, Run, cores, execute_all
from qmdbook.files import OutdatedError, State, checksums
from qmdbook.publish.output import alone, keep, replacing
from qmdbook.publish.progress import Progress
from qmdbook.source.chapter import Chapter, read_chapters
from qmdbook.write.discovery import CARD_NAME, SITEMAP_NAME
from qmdbook.write.downloads import write_downloads
from qmdbook.write.markdown import ChapterText, to_markdown
from qmdbook.write.pandoc import Pages, write_pages
from qmdbook.write.pdf import write_pdf
from qmdbook.write.search import FOLDER as SEARCH_INDEX
from qmdbook.write.search import write_index
from qmdbook.write.site import write_site

FORMATS = ("html", "pdf")


def render(
    root: Path,
    chapters: list[str] | None = None,
    formats: str = "html,pdf",
    *,
    jobs: int | None = None,
    kernel: bool = False,
    profile: bool = False,
    loaded: State | None = None,
) -> None:
    """Render a book into its ``_book/``, once no other process renders into it.

    Parameters
    ----------
    root : Path
        Root of the book.
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
    profile : bool
        Whether it is printed where the time went, by stage and chapter.
    loaded : State, optional
        The project when this process began to import from it.

    Raises
    ------
    InputError
        If anything is wrong; ``_book/`` is then as it was.
    OutdatedError
        If anything but a chapter differs from `loaded`.
    """
    wanted = named_formats(formats)
    with alone(root / BOOK):
        how = _How(jobs or cores(), kernel, profile, loaded)
        _render(root, chapters or [], wanted, how)


@dataclass(frozen=True)
class _How:
    """How to execute and what to say, as `render` has it."""

    jobs: int
    kernel: bool
    profile: bool
    loaded: State | None


def named_formats(formats: str) -> list[str]:
    """Return the formats named, separated by commas, in a fixed order.

    Raises
    ------
    InputError
        If one is no format, or none is named.
    """
    names = [name.strip() for name in formats.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise InputError(Problem("--to", f"{name!r}; expected {', '.join(FORMATS)} or both"))
    if not names:
        raise InputError(Problem("--to", f"no format; expected {', '.join(FORMATS)} or both"))
    return [name for name in FORMATS if name in names]


def warm_up(root: Path) -> None:
    """Begin to import what chapters import, for a render in this process to find it done.

    Raises
    ------
    InputError
        If the configuration or a chapter cannot be read.
    """
    if forked.AVAILABLE:
        config = read_config(root)
        forked.forks(read_chapters(root, config.files), config)


def _render(root: Path, chapters: list[str], wanted: list[str], how: _How) -> None:
    """Render into ``_book/``, where nobody else does."""
    started = monotonic()
    # First of all: a file that changes after it, even if it is changed back, is rendered again.
    state = State.now(root)
    checksums_of_files = checksums(root)
    config = read_config(root)
    read_edition(config)  # what is wrong with it is said before anything is executed
    files = config.files
    if how.loaded and how.loaded.differs(state, files):
        raise OutdatedError
    named = named_chapters(config, chapters)
    if named and not (config.book / "index.html").is_file():
        print("No earlier render to add to: rendering the whole book.", file=sys.stderr)
        named = []
    pages = frozenset(named or files) if "html" in wanted else frozenset()
    progress = Progress()
    with progress.stage("reading and comparing"):
        sources = read_chapters(root, files)
        cache = Cache(config, state, checksums_of_files)
        last = LastRender(config, cache)
    if not named and not how.kernel and last.is_current(wanted):
        print("Nothing has changed since the last render:")
        return _name_outputs(wanted, config)
    to_run = [c for c in sources if c.file in pages or "pdf" in wanted]
    executed = _executed(config, to_run, named, cache, progress, how)
    with progress.stage("from notebooks to Markdown"):
        texts = [_text(chapter, executed, config) for chapter in sources]
        by_file = dict(zip(files, texts, strict=True))
        shared = last.shared(by_file)
        written = None
        if not named and not how.kernel:
            pages = last.stale_pages(by_file, shared) if pages else pages
            written = WrittenChapters(root, shared, by_file)
    plan = _Plan(config, sources, texts, pages, frozenset(executed), written, progress)
    with replacing(config.book) as (new, work):
        progress.say("writing " + " and ".join(wanted))
        with progress.stage("writing"):
            _write(plan, wanted, new, work)
        if "html" not in wanted:
            keep(config.book, new, lambda file: file != plan.pdf)
        elif "pdf" not in wanted:
            keep(config.book, new, lambda file: file == plan.pdf)
        if written:
            for name in wanted:
                written.keep(work / name)
    if not named and State.now(root) == state:
        last.record(wanted, by_file, shared)
    seconds = monotonic() - started
    if how.profile:
        print(progress.report())
    print(f"Rendered {len(to_run)} chapter{'s' * (len(to_run) != 1)} in {seconds:.1f} s:")
    if 0 < len(pages) < len(files):
        print(f"  Wrote {len(pages)} of {len(files)} pages; the others stay as they are")
    _name_outputs(wanted, config)


def _name_outputs(wanted: list[str], config: BookConfig) -> None:
    names = {"html": "index.html", "pdf": f"{config.output_file}.pdf"}
    for name in wanted:
        print(f"  {config.shown(config.book / names[name])}")


@dataclass(frozen=True)
class _Plan:
    """What is written: the book, its chapters, and the files of those that have pages."""

    config: BookConfig
    sources: list[Chapter]
    texts: list[ChapterText]
    pages: frozenset[str]
    executed: frozenset[str]
    written: WrittenChapters | None
    progress: Progress

    @property
    def pdf(self) -> PurePath:
        """Where the PDF stands in the book."""
        return PurePath(f"{self.config.output_file}.pdf")

    def write(self, target: Pages, work: Path) -> None:
        if self.written:
            target = replace(target, summary=self.written.summary, pieces=self.written.typst)
        write_pages(self.config, self.sources, self.texts, work=work, pages=target)


def _write(plan: _Plan, wanted: list[str], new: Path, work: Path) -> None:
    """Write the formats side by side, each from a folder of its own."""
    writers = {"html": _write_html, "pdf": _write_pdf}
    with ThreadPoolExecutor() as pool:
        futures = []
        for name in wanted:
            (work / name).mkdir()
            futures.append(pool.submit(writers[name], plan, new, work / name))
    problems: dict[Problem, None] = {}  # what is wrong with a text, both formats say
    for future in futures:
        try:
            future.result()
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise InputError(*problems)


def _write_html(plan: _Plan, new: Path, work: Path) -> None:
    stage = plan.progress.stage
    with stage("  HTML: Pandoc"):
        plan.write(Pages(html=new, write=plan.pages, executed=plan.executed, typst=False), work)
    pairs = zip(plan.sources, plan.texts, strict=True)
    written = [(chapter, text) for chapter, text in pairs if chapter.file in plan.pages]
    with stage("  HTML: figures and downloads"):
        _write_figures(new, [text for _, text in written])
        write_downloads(new, written, plan.config)
    with stage("  HTML: styles, scripts and search"):
        write_site(new, plan.config)
        if len(plan.pages) < len(plan.sources):
            # What needs an address goes with the address, and the search has an index of its own.
            own = {plan.pdf, PurePath(SITEMAP_NAME), PurePath(CARD_NAME)}
            keep(
                plan.config.book,
                new,
                lambda file: file not in own and file.parts[0] != SEARCH_INDEX,
            )
        write_index(new)


def _write_pdf(plan: _Plan, new: Path, work: Path) -> None:
    stage = plan.progress.stage
    with stage("  PDF: Pandoc"):
        plan.write(Pages(html=None, write=frozenset(), executed=plan.executed, typst=True), work)
    with stage("  PDF: Typst"):
        _write_figures(work, plan.texts)
        write_pdf(new / plan.pdf, work, plan.config)


def _executed(
    config: BookConfig,
    chapters: list[Chapter],
    again: list[str],
    cache: Cache,
    progress: Progress,
    how: _How,
) -> dict[str, dict]:
    """Return executed notebooks by file: those that are kept, and the rest executed now."""
    notebooks = {}
    if not how.kernel:
        kept = {c.file: cache.get(c) for c in chapters if c.file not in again}
        notebooks = {file: one for file, one in kept.items() if one}
    # Those that take longest first, so that none is waited for at the end; where that is not
    # known, those of most cells.
    rest = [c for c in chapters if c.file not in notebooks]
    rest.sort(key=lambda chapter: (cache.seconds(chapter), len(chapter.cells)), reverse=True)
    with progress.executing(list(notebooks), [c.file for c in rest]):
        if not rest:
            return notebooks
        run, stop = _run(config, rest, how)

        def begin(chapter: Chapter) -> Executed:
            progress.began(chapter.file)
            return run(chapter)

        finished: list[tuple[Chapter, Executed]] = []

        def done(chapter: Chapter, executed: Executed) -> None:
            finished.append((chapter, executed))
            progress.done(chapter.file, executed.seconds)

        try:
            execute_all(rest, begin, done, jobs=how.jobs, stop=stop)
        finally:  # a chapter that fails takes no other with it
            if not how.kernel:
                cache.put(finished)
    return notebooks | {chapter.file: executed.notebook for chapter, executed in finished}


def _run(config: BookConfig, chapters: list[Chapter], how: _How) -> tuple[Run, Callable[[], None]]:
    """Return what executes a chapter, and what ends all executions."""
    if not how.kernel and forked.AVAILABLE:
        return forked.forks(chapters, config), forked.stop
    if not how.kernel:
        print("This system cannot fork: each chapter has a kernel of its own.", file=sys.stderr)
    from qmdbook.execute import kernel

    return lambda chapter: kernel.run_in_kernel(chapter, config.root), kernel.stop


def _text(chapter: Chapter, executed: dict, config: BookConfig) -> ChapterText:
    notebook = executed.get(chapter.file)
    if notebook is None:
        return to_markdown(chapter, chapter.notebook, echo=config.echo, executed=False)
    return to_markdown(chapter, notebook, echo=config.echo)


def _write_figures(folder: Path, texts: list[ChapterText]) -> None:
    for text in texts:
        for path, svg in text.figures.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(svg, encoding="utf-8")
