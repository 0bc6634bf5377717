"""What a chapter of tables leaves unimported: matplotlib, scipy.stats and statsmodels."""

import json
import os
import subprocess
import sys

import pytest
from helpers_data import ROOT

from qmdbook.execute import warm
from qmdbook.execute.chapters import inline_of
from qmdbook.source.chapter import read_chapters

pytestmark = pytest.mark.slow

LARGE = ["matplotlib", "scipy.stats", "statsmodels"]  # each takes about a second to import
# Run in a fresh Python: what the warm process does, then the code in an IPython, as a fork does.
SCRIPT = """
import json, sys
import nenreview.chapter
names, code, large = json.load(sys.stdin)
nenreview.chapter.prepare(names)
if code:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    for source in code:
        shell.run_cell(source).raise_error()
print()
print(json.dumps([name for name in large if name in sys.modules]))
"""
# Those with tables only, and one whose single figure is left out.
OF_TABLES = ("avelumab-net-001", "coverage", "data-dictionary", "evidence", "glossary")


def used(code):
    """Return the names that some code uses, as the engine hands them on."""
    return warm.preload_environment(code, "")[warm.NAMES].split()


def imported_by(names, code, folder):
    """Return which of the large packages a fresh Python has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([list(names), code, LARGE]),
        cwd=ROOT,
        env=os.environ | {"IPYTHONDIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def code_of(*chapters):
    """Return the cells and inline expressions of chapters in order, without their figures."""
    found = []
    for chapter in read_chapters(ROOT, [f"chapters/{name}.qmd" for name in chapters]):
        for cell in chapter.notebook["cells"]:
            found += [cell["source"]] if cell["cell_type"] == "code" else inline_of(cell)
    return [source for source in found if "figure(" not in source]


def test_chapters_of_tables_import_no_large_package(tmp_path):
    code = code_of(*OF_TABLES)
    assert sum("label: tbl-" in source for source in code) > len(OF_TABLES)
    assert imported_by(used(code), code, tmp_path) == []


def test_a_figure_imports_its_packages_when_it_is_drawn(tmp_path):
    code = ["from nenreview.chapter import *", 'figure("context-avelumab-net-001")']
    assert imported_by([], code, tmp_path) == ["matplotlib"]


def test_the_packages_of_figures_are_imported_before_the_forks_if_a_chapter_draws(tmp_path):
    assert imported_by(["figure"], [], tmp_path) == ["matplotlib"]


@pytest.mark.parametrize("code", ['figure("x")', "import nenreview.chapter as c\nc.figure('x')"])
def test_the_warm_process_learns_that_a_chapter_draws(code):
    names = used(["not python", code, "1 + 1"])
    assert "figure" in names
    assert "load" not in names
