"""Build the tables for documents that were added after the first four.

Chapters name the first four documents. For all later ones they show the same tables, made here from
the data, so that a new document needs no change in a chapter.
"""

from __future__ import annotations

from collections.abc import Callable

from IPython.display import Markdown

from nenreview.evidence.record.dataset import load
from nenreview.evidence.sources import in_chapters, later_documents, source_names
from nenreview.wording import words


def documents_added() -> str:
    """Return a sentence that says how many documents were added since the first edition."""
    later, first = len(later_documents(load())), words(len(in_chapters(load())))
    if not later:
        return f"The review still rests on the original {first} documents."
    document = "document was" if later == 1 else "documents were"
    return (
        f"The first edition of this review used the {first} documents above; {later} further "
        f"{document} added since."
    )


def for_each_added(
    table: Callable[[str], Markdown],
    label: str,
    caption: str,
    *,
    where: Callable[[str], object] = bool,
) -> Markdown:
    """Return one table, with label and caption, for each document added after the first four.

    Parameters
    ----------
    table : callable
        Returns the table of a source by its key.
    label : str
        Label of a table without ``tbl-`` and without the key, which is added.
    caption : str
        Caption, in which ``{}`` stands for the name of the document.
    where : callable
        Returns, by its key, whether a document has rows for the table; by default, every document
        does.
    """
    names = source_names(load())
    return Markdown(
        "\n".join(
            f"::: {{#tbl-{label}-{key}}}\n\n{table(key).data}\n"
            f"{caption.format(names[key])}\n\n:::\n"
            for key in later_documents(load())
            if where(key)
        )
    )
