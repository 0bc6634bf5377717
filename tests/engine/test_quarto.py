"""Reading Quarto's log: what makes a render bad although Quarto exits with 0."""

import os
import stat
import sys

import pytest

from qmdbook.errors import InputError
from qmdbook.publish import quarto

CLEAN = """\
Starting python3 kernel...[IPKernelApp] WARNING | Kernel is running over TCP without encryption.
Done
Output created: _book/index.html
"""


def test_a_clean_log_with_the_kernels_own_warning_has_no_complaint():
    assert quarto.warnings_and_errors(CLEAN) == []


@pytest.mark.parametrize(
    "line",
    [
        "WARN: Unable to resolve link target: chapters/none.qmd",
        "\x1b[33m[WARNING] Citeproc: citation nobody1999 not found\x1b[39m",
        "WARNING (/x/crossref.lua:1) Unable to resolve crossref @tbl-none",
        "ERROR: Validation of YAML failed.",
        "[WARNING] Missing character: There is no ≥ in font",
    ],
)
def test_a_complaint_is_found_without_its_colours(line):
    found = quarto.warnings_and_errors(CLEAN + line + "\n")
    assert len(found) == 1 and "\x1b" not in found[0]


@pytest.fixture
def fake_quarto(tmp_path, monkeypatch):
    """Put a program named quarto on PATH that prints a log and exits as told."""

    def install(log: str, status: int = 0) -> None:
        program = tmp_path / "quarto"
        program.write_text(
            f"#!{sys.executable}\nimport os\nprint({log!r}, os.environ['QUARTO_PYTHON'])\nraise SystemExit({status})\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return install


def test_quarto_runs_on_this_python(fake_quarto, tmp_path, capfd):
    fake_quarto("Done")
    assert quarto.render_with_quarto(tmp_path) == 0
    assert sys.executable in capfd.readouterr().out


def test_a_complaint_fails_a_render_that_quarto_calls_good(fake_quarto, tmp_path):
    fake_quarto("WARNING Unable to resolve crossref @tbl-none\n")
    with pytest.raises(InputError, match="@tbl-none"):
        quarto.render_with_quarto(tmp_path)


def test_a_failed_render_is_reported(fake_quarto, tmp_path):
    fake_quarto("Done", status=3)
    with pytest.raises(InputError, match="exit status 3"):
        quarto.render_with_quarto(tmp_path)


def test_without_quarto_the_way_without_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="install it, or use `render`"):
        quarto.render_with_quarto(tmp_path)
