"""Render a book: read and execute its chapters, write a new book, swap it with the last one."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath
from threading import Event, Thread, current_thread
from time import monotonic

from qmdbook.cache import ChapterCache, LastRender, PandocCache
from qmdbook.config import BOOK, BookConfig, named_chapters, read_config
from qmdbook.edition import read_edition, require_functions
from qmdbook.errors import OF_THE_SYSTEM, InputError, Problem, unknown_name, without_room
from qmdbook.execute import forked
from qmdbook.execute.chapters import Executed, RunAt, cores, execute_all
from qmdbook.files import OutdatedError, State, checksums
from qmdbook.publish.check import check_sources
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
from qmdbook.write.site import write_static_files
from qmdbook.write.standalone import write_standalone
from qmdbook.write.webfont import FOLDER as FONTS
from qmdbook.write.webfont import write_fonts

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
    """Render a book into the folder ``_book``, after waiting for any other render of it.

    Parameters
    ----------
    root : Path
        Root of the book.
    chapters : list of str, optional
        Chapters to execute and write again, each by file or stem (``methods``); all by default. The
        PDF always has the whole book.
    formats : str
        ``html``, ``pdf`` or both, separated by a comma. A format not named stays as it is.
    jobs : int, optional
        Number of chapters executed at the same time; the number of processors by default.
    kernel : bool
        Whether to execute each chapter in a Jupyter kernel instead of a fork. It takes longer, with
        the same result.
    profile : bool
        Whether to print how long each stage and each chapter took.
    loaded : State, optional
        State of the project when this process began to import modules from it.

    Raises
    ------
    InputError
        With every problem of the book; ``_book`` is then unchanged.
    OutdatedError
        If anything but a chapter has changed since `loaded`.
    """
    wanted = named_formats(formats)
    with locked(root / BOOK):
        _render(root, chapters or [], wanted, jobs or cores(), kernel, profile, loaded)


def named_formats(formats: str) -> list[str]:
    """Parse formats such as ``html,pdf``, and return them as a list in a fixed order.

    Raises
    ------
    InputError
        If a format is unknown, or none is named.
    """
    names = [name.strip() for name in formats.split(",") if name.strip()] or [formats]
    for name in names:
        if name not in FORMATS:
            message = unknown_name(name, FORMATS, "a format", "html, pdf or html,pdf")
            raise InputError(Problem("--to", message))
    return [name for name in FORMATS if name in names]


def warm_up(root: Path) -> None:
    """Begin to import the modules of the chapters, to make the next render in this process faster.

    Raises
    ------
    InputError
        If the configuration or a chapter cannot be read.
    """
    if forked.AVAILABLE:
        config = read_config(root)
        _fork_server(read_chapters(root, config.files), config)


def _render(
    root: Path,
    chapters: list[str],
    wanted: list[str],
    jobs: int,
    kernel: bool,
    profile: bool,
    loaded: State | None,
) -> None:
    """Render into ``_book/``, whose lock this process holds."""
    started = monotonic()
    # Taken first: a file that changes from now on is rendered again, even if it is changed back.
    state = State.now(root)
    checksums_of_files = checksums(root)
    config = read_config(root)
    read_edition(config)  # its problems are reported before anything is executed
    require_functions(config)
    if loaded and loaded.differs(state, config.files):
        raise OutdatedError
    named = named_chapters(config, chapters)
    if named and not (config.book / "index.html").is_file():
        print("No earlier render exists, so the whole book is rendered.", file=sys.stderr)
        named = []
    pages = frozenset(named or config.files) if "html" in wanted else frozenset()
    progress = Progress()
    with progress.stage("comparing"):
        cache = ChapterCache(config, state, checksums_of_files)
        last = LastRender(config, cache)
    incremental = not named and not kernel
    if incremental and last.is_current(wanted):
        print("Nothing has changed since the last render:")
        return _name_outputs(wanted, config)
    with progress.stage("reading and checking"):
        sources, _ = check_sources(config)
    to_run = [c for c in sources if c.file in pages or "pdf" in wanted]
    notebooks = {}
    if not kernel:
        cached = ((c.file, cache.get(c)) for c in to_run if c.file not in named)
        notebooks = {file: notebook for file, notebook in cached if notebook}
    # The chapters that take longest begin first, so that no long one runs alone at the end. If the
    # times are not known, the chapters with most cells begin first.
    rest = [c for c in to_run if c.file not in notebooks]
    rest.sort(key=lambda chapter: (cache.seconds(chapter), len(chapter.cells)), reverse=True)
    with progress.executing(list(notebooks), rest):
        notebooks |= execute_chapters(config, rest, jobs, None if kernel else cache, progress)
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
        print(f"  Wrote {len(pages)} of {len(sources)} pages; the other pages are unchanged")
    _name_outputs(wanted, config)


def _name_outputs(wanted: list[str], config: BookConfig) -> None:
    names = {"html": "index.html", "pdf": f"{config.output_file}.pdf"}
    for name in wanted:
        print(f"  {config.shown(config.book / names[name])}")


def execute_chapters(
    config: BookConfig,
    chapters: list[Chapter],
    jobs: int,
    cache: ChapterCache | None,
    progress: Progress,
) -> dict[str, dict]:
    """Execute chapters, in kernels if there is no cache; return the notebooks by file."""
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
    finally:  # chapters that succeeded are cached even if another one fails
        if cache:
            cache.put(executed)
    return {chapter.file: result.notebook for chapter, result in executed}


def _runner(
    config: BookConfig, chapters: list[Chapter], *, kernel: bool
) -> tuple[RunAt, Callable[[], None]]:
    """Return a function that executes a chapter, and one that ends all executions."""
    if not kernel and forked.AVAILABLE:
        return _fork_server(chapters, config), forked.stop
    if not kernel:
        print("This system cannot fork, so each chapter runs in its own kernel.", file=sys.stderr)
    from qmdbook.execute import kernel as kernels

    return lambda chapter, at: kernels.run_in_kernel(chapter, config.root, at), kernels.stop


def _fork_server(chapters: list[Chapter], config: BookConfig) -> RunAt:
    try:
        return forked.start_fork_server(chapters, config)
    except OSError as error:
        folder = tempfile.gettempdir()
        if error.errno in OF_THE_SYSTEM:
            raise InputError(without_room(error, folder)) from None
        message = f"{error} in {folder!r}; set TMPDIR to a folder with a shorter path"
        raise InputError(Problem("TMPDIR", message)) from None


@dataclass(frozen=True)
class _Writer:
    """A writer of the formats of a book: the pages of some chapters, and the PDF."""

    config: BookConfig
    texts: list[ChapterText]
    pages: frozenset[str]
    cache: PandocCache | None
    progress: Progress

    @property
    def pdf(self) -> PurePath:
        """Path of the PDF, relative to the folder of the rendered book."""
        return PurePath(f"{self.config.output_file}.pdf")

    def write(self, wanted: list[str], new: Path, work: Path) -> None:
        """Write the formats in parallel, each from its own folder."""
        writers = {"html": self._write_html, "pdf": self._write_pdf}
        for name in wanted:
            (work / name).mkdir()
        threads: list[Thread] = []
        ended = Event()

        def write(name: str) -> None:
            threads.append(current_thread())
            if not ended.is_set():
                writers[name](new, work / name)

        problems: dict[Problem, None] = {}  # both formats can report the same one of a text
        try:
            with ThreadPoolExecutor() as pool:
                futures = [pool.submit(write, name) for name in wanted]
                for future in futures:
                    try:
                        future.result()
                    except InputError as error:
                        problems |= dict.fromkeys(error.problems)
        finally:
            # They would go on writing while the folder is removed. The pool waits for those that it
            # knows of, and not for one that an interrupt met as it began.
            ended.set()
            for thread in threads:
                thread.join()
        if problems:
            raise InputError(*problems)

    def _write_html(self, new: Path, work: Path) -> None:
        stage = self.progress.stage
        with stage("  HTML: Pandoc"):
            summary = self.cache.summary(work) if self.cache else None
            captions = write_pages(
                self.config, self.texts, work, html=new, pages=self.pages, summary=summary
            )
        written = [text for text in self.texts if text.file in self.pages]
        with stage("  HTML: figures and downloads"):
            write_downloads(new, written, self.config)
            write_standalone(new, written, captions, self.config)
        with stage("  HTML: styles, scripts and search"):
            write_static_files(new, self.config)
            if len(written) < len(self.texts):
                # The sitemap and the card depend on the book's address, and the search index on
                # all pages, as do the fonts, so they are not carried over.
                own = {self.pdf, PurePath(SITEMAP_NAME), PurePath(CARD_NAME)}
                carry_over(
                    self.config.book,
                    new,
                    lambda file: file not in own and file.parts[0] not in (SEARCH_INDEX, FONTS),
                )
            write_fonts(new, self.config.font)
            write_index(new)

    def _write_pdf(self, new: Path, work: Path) -> None:
        stage = self.progress.stage
        with stage("  PDF: Pandoc"):
            summary = self.cache.summary(work) if self.cache else None
            typst = self.cache.typst(work) if self.cache else {}
            write_pages(self.config, self.texts, work, summary=summary, typst=typst)
        with stage("  PDF: Typst"):
            for text in self.texts:
                drawn = {path: one.svg.encode() for path, one in text.figures.items()}
                for path, content in (drawn | text.files).items():
                    (work / path).parent.mkdir(parents=True, exist_ok=True)
                    (work / path).write_bytes(content)
            write_pdf(new / self.pdf, work, self.config)
