"""Draw which part of the packages imports which, as a Mermaid diagram, with its measures.

Run as ``python docs/imports.py [PACKAGE ...]`` in the folder that holds the packages.
"""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter

import grimp

PACKAGES = ("nenreview", "qmdbook")


def room(module: str) -> str:
    """Return the part of a package that a module is in: the folder or module at its root."""
    return ".".join(module.split(".")[:2])


def arrows(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    """Return which room imports which."""
    found = {
        (room(module), room(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {(one, other) for one, other in found if one != other and "." in one}


def floors(graph: grimp.ImportGraph) -> int:
    """Return how many modules the longest chain of imports has; 0 where it runs in a circle."""
    imports = {m: graph.find_modules_directly_imported_by(m) for m in graph.modules}
    height: dict[str, int] = {}
    try:
        for module in TopologicalSorter(imports).static_order():
            height[module] = 1 + max((height[i] for i in imports[module]), default=0)
    except CycleError:
        return 0
    return max(height.values())


def nearest(drawn: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the arrows that no longer way replaces, so that the picture stays readable."""
    below: dict[str, set[str]] = {}
    for one, other in drawn:
        below.setdefault(one, set()).add(other)

    def reached(start: str, seen: set[str]) -> set[str]:
        for other in below.get(start, set()) - seen:
            seen.add(other)
            reached(other, seen)
        return seen

    return sorted(
        (one, other)
        for one, other in drawn
        if not any(other in reached(third, set()) for third in below[one] - {other})
    )


def main(packages: list[str]) -> None:
    """Print the diagram and the measures."""
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=True)
    drawn = arrows(graph)
    print("```mermaid\ngraph TD")
    for one, other in nearest({(a, b) for a, b in drawn if (b, a) not in drawn}):
        print(f"  {one} --> {other}")
    print("```\n")
    for package in packages:
        rooms = {room(m) for m in graph.modules if m.startswith(f"{package}.")}
        print(f"{package}: {len(rooms)} folders and modules at the root")
    print(f"longest chain of imports: {floors(graph)} modules")
    back = sorted((a, b) for a, b in drawn if (b, a) in drawn and a < b)
    print(
        f"pairs that import each other: {len(back)}", *(f"  {a} <-> {b}" for a, b in back), sep="\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:] or list(PACKAGES))
