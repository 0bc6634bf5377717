"""What Pandoc made of single chapters, kept for those that the next render finds as they were."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from nenreview.render.inputs import FOLDER, checksum_of
from nenreview.render.markdown import ChapterText
from nenreview.textfile import write_whole

SUMMARY = "summary.json"  # in a folder that Pandoc writes into, and so are the pieces


class Pieces:
    """The chapters of one render, as Pandoc has left them for it or for one before.

    Everything is named by what it was made from, so that nothing old can be found.

    Parameters
    ----------
    root : Path
        Root of the review.
    shared : str
        Checksum of all that a page can be made from but its own chapter (`Made.shared`).
    texts : mapping of str to ChapterText
        Every chapter of the book, executed, by its file.
    """

    def __init__(self, root: Path, shared: str, texts: Mapping[str, ChapterText]):
        self._folder = root / FOLDER / "pieces"
        self._summary = self._folder / f"{shared}.json"
        self._typst = {
            file: self._folder / f"{checksum_of(f'{shared} {file} {text.markdown}')}.json"
            for file, text in texts.items()
        }

    @property
    def summary(self) -> Path | None:
        """What chapters take from each other, if it is known."""
        return self._summary if self._summary.is_file() else None

    @property
    def typst(self) -> dict[str, Path]:
        """Those chapters, by their files, that are there in Typst."""
        return {file: path for file, path in self._typst.items() if path.is_file()}

    def keep(self, work: Path) -> None:
        """Keep what is new in a folder that Pandoc wrote into, and nothing that is old.

        Nothing is said where it cannot be written: the next render makes it again.
        """
        new = {work / SUMMARY: self._summary}
        new |= {work / piece_name(n): path for n, path in enumerate(self._typst.values())}
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            for made, kept in new.items():
                if made.is_file():
                    write_whole(kept, made.read_bytes())
            for path in {*self._folder.iterdir()} - {self._summary, *self._typst.values()}:
                path.unlink()


def piece_name(number: int) -> str:
    """Return the name of the file that Pandoc writes a chapter into, by its place in the book."""
    return f"piece-{number}.json"
