"""Installing the package without a copy of the repository beside it."""

import subprocess
import sys
import sysconfig
import venv

import pytest
from helpers_book import copy_review

import nenreview as nr


@pytest.mark.slow
def test_the_installed_package_brings_its_data(tmp_path):
    """The package is imported by a Python of its own, which has the libraries of this one."""
    source, folder = copy_review(tmp_path), tmp_path / "elsewhere"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "wheel", *offline, "-w", tmp_path, source], check=True)
    venv.create(folder)
    python = folder / "bin" / "python"
    (wheel,) = tmp_path.glob("*.whl")
    install = ["--python", python, "install", "--ignore-installed"]
    subprocess.run([*pip, *install, "--no-deps", "--no-index", wheel], check=True)
    run = subprocess.run(
        [python, "-c", "import nenreview as nr; print(nr.__file__); print(nr.pool())"],
        cwd=folder,
        env={"PYTHONPATH": sysconfig.get_path("purelib")},
        capture_output=True,
        text=True,
        check=False,
    )
    file, _, pooled = run.stdout.strip().partition("\n")
    assert file.startswith(str(folder)), run.stderr
    assert pooled == repr(nr.pool())
