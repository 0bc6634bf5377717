"""List the locked packages that have no wheel for some Python version or system.

`make wheels` runs it. For each combination, uv resolves the locked versions again from the package
index, with wheels only. Nothing is installed. The exit status is 1 if a wheel is missing.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# uv's names of the systems. Linux is one with glibc 2.28 or later.
SYSTEMS = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux Arm": "aarch64-manylinux_2_28",
    "macOS Arm": "aarch64-apple-darwin",
    "Windows": "x86_64-pc-windows-msvc",
}
UNSATISFIABLE = 1  # the exit status of uv where no solution exists; other failures give 2


def pins(lock: Path) -> list[str]:
    """Return the pinned requirements of a lock file, each as ``name==version ; condition``."""
    text = lock.read_text(encoding="utf-8")
    return re.findall(r"^([\w.-]+==[^\\\n]+?)\s*\\$", text, re.M)


def have_wheels(pinned: list[str], python: str, system: str) -> bool:
    """Return whether every package has a wheel for a Python version and a system.

    Packages whose condition excludes this combination are ignored.

    Raises
    ------
    SystemExit
        If uv fails for another reason, for example because it cannot reach the package index.
    """
    command = [UV, "pip", "compile", "--quiet", "--no-python-downloads", "--no-deps"]
    command += ["--python", sys.executable, "--only-binary", ":all:"]
    command += ["--python-version", python, "--python-platform", system, "-"]
    run = subprocess.run(command, input="\n".join(pinned), capture_output=True, text=True)
    if run.returncode not in (0, UNSATISFIABLE):
        raise SystemExit(f"uv could not look for wheels:\n{run.stderr}")
    return run.returncode == 0


def without_wheel(pinned: list[str], python: str, system: str) -> list[str]:
    """Return the packages without a wheel for a Python version and system, as ``name==version``."""
    if have_wheels(pinned, python, system):
        return []
    if len(pinned) == 1:
        return [pinned[0].partition(" ")[0]]
    half = len(pinned) // 2
    parts = (pinned[:half], pinned[half:])
    return [name for part in parts for name in without_wheel(part, python, system)]


def main() -> int:
    """Print a line for each Python version and system; return 1 if any package has no wheel."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    lab = ROOT / "requirements-lab.lock"  # holds the packages of requirements.lock too
    parser.add_argument("lock", nargs="?", type=Path, default=lab, help=f"default: {lab.name}")
    pinned = pins(parser.parse_args().lock)
    missing = False
    for python in PYTHONS:
        for name, system in SYSTEMS.items():
            lacking = without_wheel(pinned, python, system)
            missing |= bool(lacking)
            result = f"no wheel of {', '.join(lacking)}" if lacking else "a wheel of each package"
            print(f"Python {python}, {name}: {result}", flush=True)
    return int(missing)


if __name__ == "__main__":
    raise SystemExit(main())
