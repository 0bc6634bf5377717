"""Render a book: read, execute, write beside the last book, swap the two."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath
from time import monotonic

from qmdbook.cache import ChapterCache, LastRender, PandocCache
from qmdbook.config import BOOK, BookConfig, named_chapters, read_config
from qmdbook.edition import read_edition
from qmdbook.errors import InputError, Problem
from qmdbook.execute import forked
from qmdbook.execute.chapters import Executed, RunAt, cores, execute_all
from qmdbook.files import OutdatedError, State, checksums
from qmdbook.publish.output import carry_over, locked, replacing
from qmdbook.publish.progress import Progress
from qmdbook.source.chapter import Chapter, read_chapters
from qmdbook.write.discovery import CARD_NAME, SITEMAP_NAME
from qmdbook.write.downloads import write_downloads
from qmdbook.write.markdown import ChapterText, to_markdown
from qmdbook.write.pandoc import write_pages
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
    with locked(root / BOOK):
        _render(root, chapters or [], wanted, jobs or cores(), kernel, profile, loaded)


def named_formats(formats: str) -> list[str]:
    """Return the formats named, separated by commas, in a fixed order.

    Raises
    ------
    InputError
        If one is no format, or none is named.
    """
    names = {name.strip() for name in formats.split(",")}
    if not names <= {*FORMATS, ""} or names == {""}:
        message = f"{formats!r}; expected {', '.join(FORMATS)} or both"
        raise InputError(Problem("--to", message))
    return [name for name in FORMATS if name in names]


def warm_up(root: Path) -> None:
    """Begin to import what chapters import, before the next render in this process.

    Raises
    ------
    InputError
        If the configuration or a chapter cannot be read.
    """
    if forked.AVAILABLE:
        config = read_config(root)
        forked.forks(read_chapters(root, config.files), config)


def _render(
    root: Path,
    chapters: list[str],
    wanted: list[str],
    jobs: int,
    kernel: bool,
    profile: bool,
    loaded: State | None,
) -> None:
    """Render into ``_book/``, where nobody else does."""
    started = monotonic()
    # First of all: a file that changes from now on, even if it is changed back, is rendered again.
    state = State.now(root)
    checksums_of_files = checksums(root)
    config = read_config(root)
    read_edition(config)  # what is wrong with it is said before anything is executed
    if loaded and loaded.differs(state, config.files):
        raise OutdatedError
    named = named_chapters(config, chapters)
    if named and not (config.book / "index.html").is_file():
        print("No earlier render to add to: rendering the whole book.", file=sys.stderr)
        named = []
    pages = frozenset(named or config.files) if "html" in wanted else frozenset()
    progress = Progress()
    with progress.stage("reading and comparing"):
        sources = read_chapters(root, config.files)
        cache = ChapterCache(config, state, checksums_of_files)
        last = LastRender(config, cache)
    incremental = not named and not kernel
    if incremental and last.is_current(wanted):
        print("Nothing has changed since the last render:")
        return _name_outputs(wanted, config)
    to_run = [c for c in sources if c.file in pages or "pdf" in wanted]
    notebooks = {}
    if not kernel:
        cached = ((c.file, cache.get(c)) for c in to_run if c.file not in named)
        notebooks = {file: notebook for file, notebook in cached if notebook}
    # Chapters that take longest come first, so that none is waited for at the end; where the time
    # is not known, those with most cells.
    rest = [c for c in to_run if c.file not in notebooks]
    rest.sort(key=lambda chapter: (cache.seconds(chapter), len(chapter.cells)), reverse=True)
    with progress.executing(list(notebooks), rest):
        notebooks |= _execute(config, rest, jobs, None if kernel else cache, progress)
    with progress.stage("from notebooks to Markdown"):
        texts = [to_markdown(c, notebooks.get(c.file), echo=config.echo) for c in sources]
        shared = last.shared(texts)
        pandoc_cache = None
        if incremental:
            pages = last.stale_pages(texts, shared) if pages else pages
            pandoc_cache = PandocCache(root, shared, texts)
    writer = _Writer(config, texts, pages, pandoc_cache, progress)
    with replacing(config.book) as (new, work):
        progress.say("writing " + " and ".join(wanted))
        with progress.stage("writing"):
            writer.write(wanted, new, work)
        if "html" not in wanted:
            carry_over(config.book, new, lambda file: file != writer.pdf)
        elif "pdf" not in wanted:
            carry_over(config.book, new, lambda file: file == writer.pdf)
        if pandoc_cache:
            for name in wanted:
                pandoc_cache.update(work / name)
    if not named and State.now(root) == state:
        last.record(wanted, texts, shared)
    seconds = monotonic() - started
    if profile:
        print(progress.report())
    print(f"Rendered {len(to_run)} chapter{'s' * (len(to_run) != 1)} in {seconds:.1f} s:")
    if 0 < len(pages) < len(sources):
        print(f"  Wrote {len(pages)} of {len(sources)} pages; the others stay as they are")
    _name_outputs(wanted, config)


def _name_outputs(wanted: list[str], config: BookConfig) -> None:
    names = {"html": "index.html", "pdf": f"{config.output_file}.pdf"}
    for name in wanted:
        print(f"  {config.shown(config.book / names[name])}")


def _execute(
    config: BookConfig,
    chapters: list[Chapter],
    jobs: int,
    cache: ChapterCache | None,
    progress: Progress,
) -> dict[str, dict]:
    """Execute chapters, in kernels where there is no cache; return the notebooks by file."""
    if not chapters:
        return {}
    run, stop = _runner(config, chapters, kernel=cache is None)
    executed: list[tuple[Chapter, Executed]] = []

    def begin(chapter: Chapter) -> Executed:
        progress.began(chapter.file)
        return run(chapter, lambda _: progress.cell_began(chapter.file))

    def done(chapter: Chapter, result: Executed) -> None:
        executed.append((chapter, result))
        progress.done(chapter.file, result.seconds)

    try:
        execute_all(chapters, begin, done, jobs=jobs, stop=stop)
    finally:  # the others are cached even if one chapter fails
        if cache:
            cache.put(executed)
    return {chapter.file: result.notebook for chapter, result in executed}


def _runner(
    config: BookConfig, chapters: list[Chapter], *, kernel: bool
) -> tuple[RunAt, Callable[[], None]]:
    """Return what executes a chapter, and what ends all executions."""
    if not kernel and forked.AVAILABLE:
        return forked.forks(chapters, config), forked.stop
    if not kernel:
        print("This system cannot fork: each chapter has a kernel of its own.", file=sys.stderr)
    from qmdbook.execute import kernel as kernels

    return lambda chapter, at: kernels.run_in_kernel(chapter, config.root, at), kernels.stop


@dataclass(frozen=True)
class _Writer:
    """Writes the formats of a book from its chapters: the pages of some of them, and the PDF."""

    config: BookConfig
    texts: list[ChapterText]
    pages: frozenset[str]
    cache: PandocCache | None
    progress: Progress

    @property
    def pdf(self) -> PurePath:
        """Where the PDF stands in the book."""
        return PurePath(f"{self.config.output_file}.pdf")

    def write(self, wanted: list[str], new: Path, work: Path) -> None:
        """Write the formats side by side, each from a folder of its own."""
        writers = {"html": self._write_html, "pdf": self._write_pdf}
        with ThreadPoolExecutor() as pool:
            futures = []
            for name in wanted:
                (work / name).mkdir()
                futures.append(pool.submit(writers[name], new, work / name))
        problems: dict[Problem, None] = {}  # both formats report what is wrong with a text
        for future in futures:
            try:
                future.result()
            except InputError as error:
                problems |= dict.fromkeys(error.problems)
        if problems:
            raise InputError(*problems)

    def _write_html(self, new: Path, work: Path) -> None:
        stage = self.progress.stage
        with stage("  HTML: Pandoc"):
            summary = self.cache.summary if self.cache else None
            write_pages(self.config, self.texts, work, html=new, pages=self.pages, summary=summary)
        written = [text for text in self.texts if text.file in self.pages]
        with stage("  HTML: figures and downloads"):
            _write_figures(new, written)
            write_downloads(new, written, self.config)
        with stage("  HTML: styles, scripts and search"):
            write_site(new, self.config)
            if len(written) < len(self.texts):
                # A book that has lost its address has neither sitemap nor card; the search index is
                # written anew.
                own = {self.pdf, PurePath(SITEMAP_NAME), PurePath(CARD_NAME)}
                carry_over(
                    self.config.book,
                    new,
                    lambda file: file not in own and file.parts[0] != SEARCH_INDEX,
                )
            write_index(new)

    def _write_pdf(self, new: Path, work: Path) -> None:
        stage = self.progress.stage
        with stage("  PDF: Pandoc"):
            summary = self.cache.summary if self.cache else None
            typst = self.cache.typst if self.cache else {}
            write_pages(self.config, self.texts, work, summary=summary, typst=typst)
        with stage("  PDF: Typst"):
            _write_figures(work, self.texts)
            write_pdf(new / self.pdf, work, self.config)


def _write_figures(folder: Path, texts: list[ChapterText]) -> None:
    for text in texts:
        for path, svg in text.figures.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(svg, encoding="utf-8")
