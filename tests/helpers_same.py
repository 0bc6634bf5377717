"""Two renders held against each other, byte by byte."""

import re
import zlib
from pathlib import Path

from helpers_book import HERE, qmdbook, render, snapshot

# Five hours behind, the zone as POSIX has it, which needs no data; `HERE` is nine ahead.
THERE = {**HERE, "TZ": "EST5EDT,M3.2.0,M11.1.0", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"}
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)


def rendered(
    root: Path, *options: str, env: dict[str, str], umask: int, command=qmdbook
) -> dict[str, bytes]:
    """Render with a command and return every file of the book."""
    return snapshot(render(root, *options, command=command, env=env, umask=umask) / "_book")


def unpacked(content: bytes) -> bytes:
    """Return a file, with what is compressed in it."""
    parts = [content]
    for stream in _STREAM.findall(content) if content.startswith(b"%PDF") else ():
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:  # a picture or a font that is not compressed
            continue
    if content.startswith(b"\x1f\x8b"):
        parts.append(zlib.decompress(content, wbits=31))
    return b"\n".join(parts)


def require_same(one: dict[str, bytes], other: dict[str, bytes], *folders: Path) -> None:
    """Hold two books against each other, and look for the paths of some folders in them."""
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    for folder in folders:
        found = [name for name, content in one.items() if bytes(folder) in unpacked(content)]
        assert found == [], f"{folder} stands in them"
