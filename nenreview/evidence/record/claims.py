"""Read the claims that the sources make in words: one YAML file a source, a list of claims.

``data/datapackage.json`` describes the keys of a claim as it describes the columns of a table.
Every key keeps its line, for the messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from nenreview.evidence.record.integrity import CELL_KEY, prose_sections
from nenreview.evidence.record.schema import column_names, constraints
from qmdbook.errors import InputError, Problem, not_yaml
from qmdbook.files import resource_paths
from qmdbook.textfile import read_text

_FOLDER = "claims"
_KINDS = {"string": (str, "text"), "object": (dict, "a mapping, name: value")}
# The parser in C reads the files in a tenth of the time; not every build of PyYAML has it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def file_of(source: str) -> str:
    """Return the file of the claims of a source, as messages name it."""
    return f"data/{_FOLDER}/{source}.yml"


def read_claims(folder: Path, resource: dict) -> tuple[pd.DataFrame, list[Problem]]:
    """Read the claims of all sources, and say all that is wrong with their files.

    Parameters
    ----------
    folder : Path
        The folder of the data.
    resource : dict
        The Frictionless resource of the claims; its paths name the files.

    Returns
    -------
    claims : DataFrame
        One row a claim. The columns are the keys, with `source`, the name of the file, after the
        first. Text that is not given is ``""``, `arguments` a dict. `lines` has the line of every
        key, and that of every argument as ``arguments.name``.
    problems : list of Problem
    """
    listed = [folder / path for path in resource_paths(resource)]
    problems = [
        Problem(
            f"data/{_FOLDER}/{path.name}", "not listed in data/datapackage.json; expected it there"
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
    """Return the claims of one file, and what is wrong with it."""
    file = file_of(path.stem)
    try:
        tree = yaml.compose(read_text(path, file), _Loader)
        if not isinstance(tree, yaml.SequenceNode):
            return [], [Problem(file, "no list; expected claims, each beginning with `- claim:`")]
        read = [
            (node, yaml.constructor.SafeConstructor().construct_document(node))
            for node in tree.value
        ]
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
            problems.append(Problem(file, f"{given!r}; expected a claim, `claim: ...`", line))
            continue
        lines: dict[str, int] = {}
        for key, at in _keys(node):
            if key in lines:
                message = f"given again; line {lines[key]} has it, expected it once"
                problems.append(Problem(file, message, at, key))
            lines.setdefault(key, at)
        problems += [
            Problem(file, message, lines.get(key, line), key)
            for key, message in _faults(given, resource, path.stem)
        ]
        claim = str(given.get("claim", ""))
        if claim and claim in first_line:
            message = f"{claim!r} again; line {first_line[claim]} has it, expected no duplicate"
            problems.append(Problem(file, message, lines["claim"], "claim"))
        first_line.setdefault(claim, line)
        empty: dict[str, object] = {name: "" for name in column_names(resource)} | {"arguments": {}}
        entries.append({**empty, **given, "source": path.stem, "lines": lines})
    return entries, problems


def _keys(node: yaml.MappingNode, above: str = "") -> Iterator[tuple[str, int]]:
    """Yield every key of a mapping and of those in it, ``arguments.rates``, with its line."""
    for key, value in node.value:
        name = f"{above}{key.value}"
        yield name, key.start_mark.line + 1
        if isinstance(value, yaml.MappingNode):
            yield from _keys(value, f"{name}.")


def _faults(given: dict, resource: dict, source: str) -> Iterator[tuple[str, str]]:
    """Yield each key of a claim that is missing, unknown or not as described, and why."""
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    for key in given:
        if key not in fields:
            yield str(key), f"unknown; expected one of {', '.join(fields)}"
    for key, field in fields.items():
        kind, expected = _KINDS[field["type"]]
        if key not in given:
            if field.get("constraints", {}).get("required"):
                yield key, f"missing; expected {expected}"
        elif not isinstance(given[key], kind) or not given[key]:
            quoted = " in quotes" if kind is str and given[key] not in (None, "") else ""
            yield key, f"{given[key]!r}; expected {expected}{quoted}"
        else:
            for expectation, holds in constraints(field):
                if not holds(given[key]):
                    yield key, f"{given[key]!r}; expected {expectation}"
    key = given.get("claim", "")
    if isinstance(key, str) and key and not key.startswith(f"{source}-"):
        yield "claim", f"{key!r} of {source}; expected a key that begins with it"


def misplaced(
    claims: pd.DataFrame, frames: dict[str, pd.DataFrame], files: dict[str, str]
) -> Iterator[Problem]:
    """Yield claims of a source or about a trial that the tables do not have, or that stand nowhere.

    Parameters
    ----------
    claims : DataFrame
        As `read_claims` returns them.
    frames : dict of DataFrame
        The text of each table, by name.
    files : dict of str
        Name of each file in messages.
    """
    sources, trials = set(frames["sources"]["source"]), set(frames["trials"]["trial"])
    cells = set(frames["cells"][CELL_KEY].itertuples(index=False, name=None))
    places = {key[:2] for key in cells} | prose_sections(frames["sources"])
    for source in claims["source"].unique():
        if source not in sources:
            message = (
                f"{source!r} is not in {files['sources']}; expected a file named by a key of it"
            )
            yield Problem(file_of(source), message)
    for claim in claims[claims["source"].isin(sources)].itertuples():
        file, lines = file_of(claim.source), claim.lines
        key = tuple(getattr(claim, name) for name in CELL_KEY)
        if claim.trial and claim.trial not in trials:
            message = f"{claim.trial!r} is not in {files['trials']}; expected a key of it"
            yield Problem(file, message, lines["trial"], "trial")
        if key[:2] not in places:
            message = (
                f"{claim.table!r} is no table of {claim.source} in {files['cells']} and no section "
                f"in prose_sections of {files['sources']}"
            )
            yield Problem(file, message, lines["table"], "table")
        elif any(key[2:]) and key not in cells:
            message = (
                f"no cell {' / '.join(key[2:])!r} in {key[1]!r} of {files['cells']}; expected a "
                "printed cell, or neither row nor column where the claim stands in no single one"
            )
            last = max(lines[name] for name in CELL_KEY if name in lines)
            yield Problem(file, message, last, "row, column")
