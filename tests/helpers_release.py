"""A small book under version control, with a table of data, to be released."""

import json
import os
import re
import subprocess
from pathlib import Path

from helpers_book import copy_small_book, edit, nenreview

PACKAGE = {
    "name": "small",
    "title": "Small numbers",
    "version": "0.0.0",
    "checksum": "sha256:",
    "description": "Numbers to look at.",
    "licenses": [
        {
            "name": "CC-BY-4.0",
            "title": "CC BY 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }
    ],
    "resources": [
        {
            "name": "weights",
            "path": "weights.csv",
            "title": "Weights",
            "description": "One row a thing.",
            "mediatype": "text/csv",
            "schema": {"primaryKey": ["thing"]},
        }
    ],
}


# Where a book tells the engine what names it, and what it says to name itself as the review does
# and to offer its data.
NAMED = "qmdbook:\n  front-matter: front_matter.front_matter\n"
AS_THE_REVIEW = """qmdbook:
  front-matter: nenreview.releases.front_matter.front_matter
  data-package: data/datapackage.json
"""


def git(root: Path, *arguments: str, day: int = 1) -> str:
    """Run Git as nobody, on a day of March 2026."""
    when = f"2026-03-{day:02}T12:00:00+00:00"
    environment = {**os.environ, "GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when}
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    run = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout


def committed_book(folder: Path) -> Path:
    """Return a small book, version 1.2.3, stamped and committed, nothing released."""
    root = copy_small_book(folder)
    (root / "data").mkdir()
    (root / "data" / "datapackage.json").write_text(json.dumps(PACKAGE, indent=2), encoding="utf-8")
    (root / "data" / "weights.csv").write_text("thing,weight\nfeather,1\nstone,2\n", "utf-8")
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.3\n\n- All of it.\n", "utf-8")
    (root / ".gitignore").write_text("_site/\n_book/\n", encoding="utf-8")
    edit(root, "_quarto.yml", NAMED, AS_THE_REVIEW)
    git(root, "init", "-q")
    commit(root, 1)
    return root


def commit(root: Path, day: int) -> None:
    """Stamp and commit everything, on a day of March 2026."""
    assert nenreview("stamp", cwd=root).returncode == 0
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "x", day=day)


def next_version(root: Path, number: str, changelog: str, day: int = 2) -> None:
    """Give the book another number, with a section of the changelog, and commit it all."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    before = re.search(r'version = "(.+)"', text)[1]
    edit(root, "pyproject.toml", f'version = "{before}"', f'version = "{number}"')
    edit(root, "CHANGELOG.md", f"## {before}", f"## {number}\n\n{changelog}\n\n## {before}")
    commit(root, day)
