"""Find the text that the pages show for each expression, citation and reference of chapters."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from qmdbook.cache import ChapterCache
from qmdbook.config import BOOK, BookConfig
from qmdbook.errors import InputError
from qmdbook.execute.chapters import cores
from qmdbook.files import State, checksums
from qmdbook.publish.output import locked
from qmdbook.publish.progress import Progress
from qmdbook.publish.render import execute_chapters
from qmdbook.source.chapter import read_chapters
from qmdbook.write.markdown import to_markdown
from qmdbook.write.pandoc import citation_texts, reference_texts
from qmdbook.write.readable import Shown, citations_in


def shown_in(config: BookConfig, files: Sequence[str]) -> dict[str, Shown]:
    """Return what the pages of chapters show, by the files of the chapters.

    Chapters that have not been executed since their code or data changed are executed. What cannot
    be found because of an error is left out; the error is printed to standard error.
    """
    root = config.root
    sources = read_chapters(root, config.files)
    wanted = [chapter for chapter in sources if chapter.file in files]
    with locked(root / BOOK):
        cache = ChapterCache(config, State.now(root), checksums(root))
        executed = {c.file: notebook for c in wanted if (notebook := cache.get(c))}
        rest = [chapter for chapter in wanted if chapter.file not in executed]
        progress = Progress()
        try:
            with progress.executing(list(executed), rest):
                executed |= execute_chapters(config, rest, cores(), cache, progress)
        except InputError as error:
            print(f"{error}\nThe notebooks show expressions without their values.", file=sys.stderr)
    references: dict[str, str] = {}
    citations: dict[str, str] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="qmdbook-") as work:
            texts = [to_markdown(chapter, None, echo=False) for chapter in sources]
            references = reference_texts(config, texts, Path(work))
        cited = {
            c: None for chapter in wanted for _, line in chapter.prose for c in citations_in(line)
        }
        citations = citation_texts(config, [one for one in cited if one[1:] not in references])
    except InputError as error:
        print(f"{error}\nThe notebooks show the keys of references.", file=sys.stderr)
    return {c.file: Shown(executed.get(c.file), references, citations) for c in wanted}
