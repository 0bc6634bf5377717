"""What of a chapter is computed, apart from its prose: its code in order, and the results of it.

Prose is edited most often, and nothing that is computed depends on it.
"""

from __future__ import annotations

import copy

from nenreview.render.execute import INLINE_RESULTS, inline_of


def code_of(notebook: dict) -> list[str | list[str]]:
    """Return what is executed of a notebook, in order.

    Returns
    -------
    list of str or list of str
        The code of each cell without its options, and between cells the inline expressions,
        each once where prose repeats them.
    """
    return [_lines(c) if _is_code(c) else inline_of(c) for c in _computed(notebook)]


def with_results(notebook: dict, executed: dict) -> dict:
    """Return a notebook with the results of another that has the same code.

    Parameters
    ----------
    notebook : dict
        As it is now, not executed.
    executed : dict
        As it was executed; `code_of` is the same of both.
    """
    result = copy.deepcopy(notebook)
    for here, there in zip(_computed(result), _computed(executed), strict=True):
        if _is_code(here):
            here |= {key: there[key] for key in ("outputs", "execution_count")}
        else:
            here["metadata"][INLINE_RESULTS] = there["metadata"][INLINE_RESULTS]
    return result


def _computed(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if _is_code(cell) or inline_of(cell)]


def _is_code(cell: dict) -> bool:
    return cell["cell_type"] == "code"


def _lines(cell: dict) -> str:
    """Return the code of a cell without the options at its top."""
    lines = cell["source"].splitlines()
    head = next((n for n, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    return "\n".join(lines[head:])
