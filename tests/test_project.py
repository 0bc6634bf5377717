"""The files that must say the same: versions, packages, commands, lists of keys."""

import os
import re
import subprocess
import tomllib

import pytest
import yaml
from helpers_data import ROOT

from nenreview.paths import find_root
from nenreview.render.config import HONOURED, IGNORED
from nenreview.render.source import CELL_OPTIONS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
ITSELF = "-e ."
NOT_PYTHON = {"python", "quarto", "librsvg", "pip"}


def canonical(name: str) -> str:
    """Return a package name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {canonical(n): v for n, v in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lines, re.M)}


def declared() -> set[str]:
    listed = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    return {canonical(re.match(r"[\w.-]+", entry)[0]) for entry in listed}


def conda() -> dict[str, str]:
    entries = [e for e in CONDA["dependencies"] if isinstance(e, str)]
    entries += [e for e in pip_of_conda() if e != ITSELF]
    pairs = (re.split(r"[>=]+", entry, maxsplit=1) for entry in entries)
    return {canonical(p[0]): p[1] if len(p) > 1 else "" for p in pairs}


def pip_of_conda() -> list[str]:
    return next(e["pip"] for e in CONDA["dependencies"] if isinstance(e, dict))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_lock_file_pins_every_declared_package():
    assert declared() <= set(locked())


def test_every_locked_package_has_hashes_and_no_index_is_named():
    lock = text("requirements.lock")
    entries = re.split(r"^(?=[\w.-]+==)", lock, flags=re.M)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"index-url|https?://|file:", lock)


def test_conda_users_get_the_declared_packages_at_the_locked_versions():
    packages = {name: v for name, v in conda().items() if name not in NOT_PYTHON}
    assert packages == {name: locked()[name] for name in declared()}


def test_conda_and_binder_install_the_project_itself():
    assert ITSELF in pip_of_conda()
    script = text(".binder/postBuild")
    assert re.search(r"^python -m pip install --no-deps .*--editable \.$", script, re.M)
    assert "setuptools" in locked()  # what it is built with, without isolation


def test_binder_has_the_locked_packages_on_the_oldest_python():
    (line,) = text(".binder/requirements.txt").splitlines()
    option, path = line.split()
    assert option == "-r" and (ROOT / ".binder" / path).resolve() == ROOT / "requirements.lock"
    assert text(".binder/runtime.txt").strip() == f"python-{PROJECT['requires-python'].strip('>=')}"
    # It would look in no other place: a second folder, or its root, is not read beside this one.
    assert not (ROOT / "binder").exists()


def test_binder_ends_with_what_make_lab_begins_with():
    script = ROOT / ".binder" / "postBuild"
    assert os.access(script, os.X_OK)
    last = script.read_text(encoding="utf-8").splitlines()[-1]
    recipe = re.search(r"^lab:.*\n((?:\t.*\n)+)", text("Makefile"), re.M)[1].splitlines()
    assert recipe == [f"\t$(BIN)/python -m {last}", "\t$(BIN)/jupyter lab"]
    assert f"    {last} && jupyter lab\n" in text("README.md")
    subprocess.run(["bash", "-n", script], check=True)


def test_python_is_stated_the_same_everywhere_without_an_upper_limit():
    assert PROJECT["requires-python"] == ">=3.11"
    assert conda()["python"] == "3.11"
    assert "(3, 11)" in text("Makefile") and "Python 3.11 or later" in text("README.md")


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("CITATION.cff", r"^version: (.+)$"),
        ("data/datapackage.json", r'^  "version": "(.+)",$'),
        ("CHANGELOG.md", r"^## (\S+)$"),
    ],
)
def test_files_that_repeat_the_version_have_the_one_of_the_project(file, pattern):
    assert re.search(pattern, text(file), re.M)[1] == PROJECT["version"]


def test_the_keywords_are_those_of_the_citation():
    assert PROJECT["keywords"] == yaml.safe_load(text("CITATION.cff"))["keywords"]


def test_the_readme_opens_with_the_two_commands():
    commands = re.findall(r"^    (.+?)(?:\s+#.*)?$", text("README.md"), re.M)
    assert commands[:2] == ["make report", "make test"]


def test_ci_runs_the_readmes_test_command():
    assert text(".ci/run").rstrip().splitlines()[-1] == "make test"


def test_every_make_target_is_in_its_help():
    targets = set(re.findall(r"^\.PHONY: (.+)$", text("Makefile"), re.M)[0].split())
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert set(re.findall(r"^  make (\w+)", shown, re.M)) == targets


def test_the_subset_of_quarto_is_written_down():
    written = text("CONTRIBUTING.md")
    for name in (*HONOURED, *CELL_OPTIONS):
        assert f"`{name}`" in written, name
    for key in IGNORED:
        assert f"`{key}`" in written or f"`{key.rpartition('.')[2]}`" in written, key


def test_the_root_is_the_nearest_folder_with_the_books_file(tmp_path):
    inner = tmp_path / "outer" / "inner"
    (inner / "deep").mkdir(parents=True)
    for folder in (tmp_path / "outer", inner):
        (folder / "_quarto.yml").touch()
    assert find_root(inner / "deep") == inner
    assert find_root(tmp_path / "outer") == tmp_path / "outer"


def test_nothing_reaches_back():
    layers = ["evidence", "stats", "audit", "figures", "render"]
    late = {"evidence": layers[1:], "stats": layers[3:], "audit": layers[3:], "figures": ["render"]}
    for layer, later in late.items():
        for path in (ROOT / "nenreview" / layer).glob("*.py"):
            imported = re.findall(r"^(?:from|import) nenreview\.(\w+)", path.read_text(), re.M)
            assert not {*imported} & {*later, "chapter"}, path
    for path in (ROOT / "nenreview" / "render").glob("*.py"):
        assert not re.search(r"nenreview\.(chapter|stats|audit|evidence)", path.read_text()), path
