"""Read the description of a data package, ``datapackage.json``, and check it whole.

The format is Frictionless Data Package. The engine needs the names, titles, files and licences;
whoever reads the tables has more to expect of them and checks it with `violations`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

from qmdbook.errors import InputError, Problem, unknown_name
from qmdbook.files import LONGEST, path_fault
from qmdbook.textfile import read_text
from qmdbook.yamltext import DEEPEST, compose

_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_BRACKET = re.compile(r"[\[\]{}]")
_SHOWN = 60  # signs of a wrong value in a message


def a_text(**limits: object) -> dict:
    """Return the JSON schema of a text that is not empty."""
    return {"description": "a text", "type": "string", "minLength": 1, **limits}


def a_list(items: dict, description: str, **limits: object) -> dict:
    """Return the JSON schema of a list that is not empty."""
    return {"description": description, "type": "array", "minItems": 1, "items": items, **limits}


def an_object(properties: dict, description: str, *required: str) -> dict:
    """Return the JSON schema of a mapping that has no other keys."""
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_NAME = a_text(
    pattern=r"^\w[\w.-]*\Z",
    maxLength=LONGEST // 4,
    description=f"a name of letters, digits and . _ -, at most {LONGEST // 4} of them",
)
_ADDRESS = a_text(pattern="^https?://", description="an address that begins with https://")
_LICENCE = an_object(
    {"name": a_text(), "title": a_text(), "path": _ADDRESS},
    "a licence: name, title and path",
    *("name", "title", "path"),
)
_PATH = a_text(description="a path")
# Keys of Frictionless that only others read.
_UNREAD = {"description": "anything"}
_RESOURCE = an_object(
    {
        "name": _NAME,
        "path": {
            "description": "a path, or a list of paths",
            "anyOf": [_PATH, a_list(_PATH, "a list of paths")],
        },
        **{key: a_text() for key in ("title", "description", "mediatype")},
        **{key: a_text() for key in ("profile", "type", "format", "encoding")},
        "schema": {"description": "a mapping", "type": "object"},
        **dict.fromkeys(("dialect", "hash", "bytes", "sources", "licenses"), _UNREAD),
    },
    "a resource: name, path, title, description, mediatype",
    *("path", "title", "description", "mediatype"),
)
PACKAGE = an_object(
    {
        "name": _NAME,
        "title": a_text(),
        "description": a_text(),
        "version": _NAME,
        "licenses": a_list(_LICENCE, "a list of licences"),
        "resources": a_list(_RESOURCE, "a list of tables"),
        "profile": a_text(),
        "checksum": a_text(),
        **dict.fromkeys(
            (*("id", "homepage", "image", "created"), *("keywords", "contributors", "sources")),
            _UNREAD,
        ),
    },
    "a JSON object, `{...}`",
    *("name", "title", "description", "version", "licenses", "resources"),
)


def resource_paths(resource: dict) -> list[str]:
    """Return the files of a resource in ``datapackage.json``, relative to its folder."""
    path = resource["path"]
    return [path] if isinstance(path, str) else path


def read_package(path: Path, file: str) -> dict:
    """Read and check the description of a data package.

    Parameters
    ----------
    path : Path
        The file; the data are in its folder.
    file : str
        Its name in messages.

    Raises
    ------
    InputError
        With every problem: what is not JSON, a key that is unknown, missing or has another value
        than expected, a name that occurs twice, a file outside the folder of the data.
    """
    text = read_text(path, file)
    package = _checked(text, file)
    strange = _strange_files(path.parent, file.rpartition("/")[0])
    known = {problem.file for problem in strange}
    problems = [
        Problem(file, f"{one!r} {fault}; expected a path below the folder of the data", *place)
        for number, resource in enumerate(package["resources"])
        for one in resource_paths(resource)
        if (fault := path_fault(path.parent, one, exists=False))
        and f"{file.rpartition('/')[0]}/{one}" not in known
        for place in [place_of(text, package, ("resources", number, "path"))]
    ]
    problems += strange
    if problems:
        raise InputError(*problems)
    return package


def violations(
    text: str, package: Any, schema: dict, file: str, *above: int | str
) -> list[Problem]:
    """Return a problem for each part of a description that differs from a JSON schema.

    Every schema within `schema` has a ``description``, which says what is expected. `package` is
    what `text` holds, and `above` the keys that lead to the part with this schema.
    """
    from jsonschema import Draft202012Validator  # takes as long as all else here together

    part = package
    for key in above:
        part = part[key]
    errors = sorted(
        Draft202012Validator(schema).iter_errors(part),
        key=lambda e: list(map(str, e.absolute_path)),
    )
    return [
        Problem(file, message, *place_of(text, package, (*above, *error.absolute_path)))
        for error in errors
        for message in _messages(error)
    ]


def _messages(error: Any) -> Iterator[str]:
    """Yield what is wrong with a part of a description."""
    schema, value = error.schema, error.instance
    if error.validator == "required":
        for key in schema["required"]:
            if key not in value:
                expected = schema["properties"][key]["description"]
                # One error of the library for each key that is missing.
                if error.message.startswith(f"{key!r} is a required"):
                    yield f"the key {key} is missing; expected {expected}"
    elif error.validator == "additionalProperties":
        for key in value:
            if key not in schema["properties"]:
                yield unknown_name(key, schema["properties"], "a key of this description")
    elif error.validator == "enum":
        yield unknown_name(str(value), map(str, schema["enum"]), schema["description"])
    else:
        yield f"the value is {_shortened(value)}; expected {schema['description']}"


def _shortened(value: object) -> str:
    if value in ("", [], {}):
        return "empty"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def place_of(text: str, package: Any, path: tuple[int | str, ...]) -> tuple[int | None, str | None]:
    """Return the line and the name of a part of a description; an entry has its own name.

    >>> place_of('{"a": [\\n{"name": "b"}]}', {"a": [{"name": "b"}]}, ("a", 0, "name"))
    (2, 'a.b.name')
    """
    names, part = [], package
    for key in path:
        part = part[key]
        named = isinstance(part, dict) and isinstance(key, int) and part.get("name")
        names.append(str(named or key))
    try:
        node = compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # JSON is YAML
        for key in path:
            if isinstance(node, yaml.SequenceNode):
                node = node.value[int(key)]
            elif isinstance(node, yaml.MappingNode):
                node = next(value for name, value in node.value if name.value == key)
    except (yaml.YAMLError, StopIteration):
        return None, ".".join(names) or None
    return node and node.start_mark.line + 1, ".".join(names) or None


@lru_cache(4)
def _checked(text: str, file: str) -> dict:
    """Return the description that a text holds."""
    if deep := _too_deep(text):
        message = f"more than {DEEPEST} brackets within each other; expected a data package"
        raise InputError(Problem(file, message, deep))
    try:
        package = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_without_twins
        )
    except json.JSONDecodeError as error:
        message = f"check the commas and quotation marks near this line ({error.msg})"
        raise InputError(Problem(file, f"not valid JSON; {message}", error.lineno)) from None
    except ValueError as error:
        raise InputError(Problem(file, f"not valid JSON: {error}")) from None
    if not isinstance(package, dict):
        message = "the file does not describe a data package; expected a JSON object, `{...}`"
        raise InputError(Problem(file, message))
    problems = violations(text, package, PACKAGE, file)
    if not problems:
        named = [resource.get("name") for resource in package["resources"]]
        problems = [
            Problem(file, f"the name {name!r} is given twice; expected each name once", *place)
            for number, name in enumerate(named)
            if name and name in named[:number]
            for place in [place_of(text, package, ("resources", number, "name"))]
        ]
    if problems:
        raise InputError(*problems)
    return package


def _too_deep(text: str) -> int:
    """Return the first line with more brackets within each other than JSON is read with; or 0."""
    depth = 0
    for line, row in enumerate(_QUOTED.sub("", text).split("\n"), start=1):
        for sign in _BRACKET.findall(row):
            depth += 1 if sign in "[{" else -1
            if depth > DEEPEST:
                return line
    return 0


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON; expected digits")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict:
    read = dict(pairs)
    if len(read) < len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twin!r} is given twice; expected it once")
    return read


def _strange_files(folder: Path, name: str) -> list[Problem]:
    """Return a problem for each pipe, device and link to elsewhere in a folder of data.

    All files in the folder are offered for download, also those that the description does not name.
    """
    problems = []
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).as_posix()
        if not path.is_dir() and path.exists() and (fault := path_fault(folder, inner)):
            message = f"the file {fault}; expected a regular file in the folder of the data"
        elif path.is_symlink() and path.is_dir():
            message = "the folder is a link; expected a folder"
        else:
            continue
        problems.append(Problem(f"{name}/{inner}" if name else inner, message))
    return problems
