"""Read the claims that documents make in words, from one YAML file for each document.

``data/datapackage.json`` describes the keys of a claim as it describes the columns of a table. The
line of every key is recorded for messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from nenreview.evidence.record.integrity import (
    CELL_KEY,
    in_cell,
    prose_sections,
    unknown_table,
)
from nenreview.evidence.record.schema import (
    column_names,
    constraints,
    invisible_sign,
    refusal,
)
from qmdbook.datapackage import resource_paths
from qmdbook.errors import InputError, Problem, nearest, not_yaml, unknown_name
from qmdbook.textfile import read_text
from qmdbook.yamltext import compose, value_of

_FOLDER = "claims"
_KINDS = {"string": (str, "a text"), "object": (dict, "a mapping, name: value")}
# The parser in C reads the files in a tenth of the time; not every build of PyYAML has it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def file_of(source: str) -> str:
    """Return the path of the file with a document's claims, ``data/claims/<source>.yml``."""
    return f"data/{_FOLDER}/{source}.yml"


def read_claims(folder: Path, resource: dict) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the claims of all documents, and collect all problems of their files.

    Parameters
    ----------
    folder : Path
        The folder of the data.
    resource : dict
        The entry of ``datapackage.json`` for the claims; its paths name the files.

    Returns
    -------
    claims : DataFrame
        One row for each claim. The columns are the keys of a claim, with `source` (the document,
        from the file name) as the second column, and `lines` as the last. Missing text is ``""``;
        `arguments` is a dict. `lines` maps each key to its line in the file, and each argument as
        ``arguments.name``.
    problems : list of Problem
        Everything that is wrong with the files.
    """
    listed = [folder / path for path in resource_paths(resource)]
    problems = [
        Problem(
            f"data/{_FOLDER}/{path.name}",
            "the file is not listed in data/datapackage.json; add it there, or remove it",
        )
        for path in sorted((folder / _FOLDER).glob("*"))
        if path not in listed
    ]
    rows: list[dict] = []
    for path in listed:
        entries, found = _entries(path, resource)
        problems += sorted(found, key=lambda p: p.row or 0)
        rows += entries
    first, *others = column_names(resource)
    claims = pd.DataFrame(rows, columns=[first, "source", *others, "lines"], dtype=object)
    return claims, problems


def _entries(path: Path, resource: dict) -> tuple[list[dict], list[Problem]]:
    """Return the claims of one file, and its problems."""
    file = file_of(path.stem)
    try:
        tree = compose(read_text(path, file), _Loader)
        if not isinstance(tree, yaml.SequenceNode):
            message = "the file is not a list; expected claims that each begin with `- claim:`"
            return [], [Problem(file, message)]
        read = [(node, value_of(node)) for node in tree.value]
    except InputError as error:
        return [], list(error.problems)
    except yaml.YAMLError as error:
        return [], [not_yaml(file, error)]
    entries: list[dict] = []
    problems: list[Problem] = []
    first_line: dict[str, int] = {}
    for node, given in read:
        line = node.start_mark.line + 1
        if not isinstance(given, dict):
            message = f"{given!r} is not a claim; expected keys and values, `claim: ...`"
            problems.append(Problem(file, message, line))
            continue
        lines: dict[str, int] = {}
        for key, at in _keys(node):
            if key in lines:
                message = f"the key is in line {lines[key]} already; expected it once"
                problems.append(Problem(file, message, at, key))
            lines.setdefault(key, at)
        problems += [
            Problem(file, message, lines.get(key, line), key)
            for key, message in _faults(given, resource, path.stem)
        ]
        claim = str(given.get("claim", ""))
        if claim and claim in first_line:
            message = f"{claim!r} is in line {first_line[claim]} already; expected each claim once"
            problems.append(Problem(file, message, lines["claim"], "claim"))
        first_line.setdefault(claim, line)
        empty: dict[str, object] = {name: "" for name in column_names(resource)} | {"arguments": {}}
        entries.append({**empty, **given, "source": path.stem, "lines": lines})
    return entries, problems


def _keys(node: yaml.MappingNode, above: str = "") -> Iterator[tuple[str, int]]:
    """Yield each key of a mapping and its nested mappings, ``arguments.rates``, with its line."""
    for key, value in node.value:
        name = f"{above}{key.value}"
        yield name, key.start_mark.line + 1
        if isinstance(value, yaml.MappingNode):
            yield from _keys(value, f"{name}.")


def _faults(given: dict, resource: dict, source: str) -> Iterator[tuple[str, str]]:
    """Yield each key of a claim that is missing, unknown or wrong, with the message."""
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    missing = [key for key in fields if key not in given]
    for key in map(str, given):
        if key not in fields:
            yield key, unknown_name(key, fields, "a key of a claim")
            if (meant := nearest(key, fields)) in missing:
                missing.remove(meant)  # misspelt: that it is missing would be the same problem
    for key, field in fields.items():
        kind, expected = _KINDS[field["type"]]
        if key in missing:
            if field.get("constraints", {}).get("required"):
                yield key, f"the key is missing; expected {expected}"
        elif key not in given:
            continue
        elif not isinstance(given[key], kind) or not given[key]:
            quoted = " in quotes" if kind is str and given[key] not in (None, "") else ""
            empty = given[key] in (None, "", {})
            found = (
                "the value is empty"
                if empty
                else f"{given[key]!r} is not {expected.partition(',')[0]}"
            )
            yield key, f"{found}; expected {expected}{quoted}"
        else:
            if kind is str:
                message = refusal(constraints(field, [f"{source}-claim-01"]), given[key])
            else:
                message = next(filter(None, map(invisible_sign, _texts(given[key]))), "")
            if message:
                yield key, message
    key = given.get("claim", "")
    if isinstance(key, str) and key and not key.startswith(f"{source}-"):
        yield "claim", f"{key!r} does not begin with {source!r}, the name of its file"


def _texts(value: object) -> Iterator[str]:
    """Yield each text in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def claim_place_problems(
    claims: pd.DataFrame, frames: dict[str, pd.DataFrame], files: dict[str, str]
) -> Iterator[Problem]:
    """Yield a problem for each claim that names an unknown document, trial or place on the page.

    Parameters
    ----------
    claims : DataFrame
        As `read_claims` returns them.
    frames : dict of DataFrame
        The tables of the data, by name, with all values as text.
    files : dict of str
        The file of each table as messages name it, such as ``data/cells.csv``.
    """
    sources, trials = set(frames["sources"]["source"]), set(frames["trials"]["trial"])
    cells = set(frames["cells"][CELL_KEY].itertuples(index=False, name=None))
    places = {key[:2] for key in cells} | prose_sections(frames["sources"])
    for source in claims["source"].unique():
        if source not in sources:
            kind = f"a document of {files['sources']}, which the name of the file must be"
            expected = "a key of its column source"
            yield Problem(file_of(source), unknown_name(source, sources, kind, expected))
    for claim in claims[claims["source"].isin(sources)].itertuples():
        file, lines = file_of(claim.source), claim.lines
        key = tuple(getattr(claim, name) for name in CELL_KEY)
        if claim.trial and claim.trial not in trials:
            kind = f"a trial of {files['trials']}"
            message = unknown_name(claim.trial, trials, kind, "a key of its column trial")
            yield Problem(file, message, lines["trial"], "trial")
        if key[:2] not in places:
            message = unknown_table(claim.table, claim.source, places, files)
            yield Problem(file, message, lines["table"], "table")
        elif any(key[2:]) and key not in cells:
            message = (
                f"{files['cells']} has no cell with {in_cell(key[2:])} in {key[1]!r} of "
                f"{claim.source}; expected a printed cell, or no row and no "
                "column if the claim is not about a cell"
            )
            last = max(lines[name] for name in CELL_KEY if name in lines)
            yield Problem(file, message, last, "row, column")
