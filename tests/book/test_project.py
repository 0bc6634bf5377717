"""Installing, and the files that tell a service what to install and to run."""

import os
import re
import subprocess
import sys
import tomllib

import pypandoc
import pytest
import yaml
from helpers_data import ROOT

from qmdbook.config import HONOURED, IGNORED
from qmdbook.source.chapter import CELL_OPTIONS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
ITSELF = "-e ."
NOT_PYTHON = {"python", "quarto", "pip"}


def canonical(name: str) -> str:
    """Return a package name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


LOCK, LAB_LOCK, UV_LOCK = (f"requirements{of}.lock" for of in ("", "-lab", "-uv"))


def locked(file: str = LOCK) -> dict[str, str]:
    lines = text(file)
    return {canonical(n): v for n, v in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lines, re.M)}


def declared(*extras: str) -> set[str]:
    listed = [*PROJECT["dependencies"]]
    for extra in ("dev", *extras):
        listed += PROJECT["optional-dependencies"][extra]
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


def test_the_lock_files_pin_every_declared_package_at_the_same_version():
    assert declared() <= set(locked())
    assert declared("lab") <= set(locked(LAB_LOCK))
    assert locked().items() <= locked(LAB_LOCK).items()
    assert set(locked(UV_LOCK)) == {"uv"}


@pytest.mark.parametrize("file", [LOCK, LAB_LOCK, UV_LOCK])
def test_every_locked_package_has_hashes_and_no_index_is_named(file):
    lock = text(file)
    entries = re.split(r"^(?=[\w.-]+==)", lock, flags=re.M)[1:]
    assert entries and all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"index-url|https?://|file:", lock)


def test_conda_users_get_the_declared_packages_at_the_locked_versions():
    packages = {name: v for name, v in conda().items() if name not in NOT_PYTHON}
    assert packages == {name: locked(LAB_LOCK)[name] for name in declared("lab")}


# A program that does nothing and succeeds, and one that also says how it was called.
SILENT = "#!/bin/sh\n"
SAID = 'echo "${0##*/} $*" >> "$LOG"\n'
SCRIPTS = {
    ".ci/run": ["make report", "make test"],
    ".binder/postBuild": [
        "python -m pip install --no-deps --no-build-isolation --editable .",
        "nenreview notebook",
    ],
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_service_runs_what_a_user_runs(tmp_path, script):
    for name in ("make", "python", "nenreview", "apt-get", "git", "chromium", "python3"):
        quiet = name in ("git", "chromium", "python3")  # is only looked for
        (tmp_path / name).write_text(SILENT if quiet else SILENT + SAID)
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "LOG": str(tmp_path / "log")}
    subprocess.run([ROOT / script], cwd=ROOT, env=environment, check=True)
    assert (tmp_path / "log").read_text().splitlines() == SCRIPTS[script]


def test_make_lab_writes_the_notebooks_as_binder_does():
    run = subprocess.run(
        ["make", "-n", "--no-print-directory", "lab"], cwd=ROOT, capture_output=True, text=True
    )
    *_, notebooks, jupyter = run.stdout.splitlines()
    assert notebooks.endswith("python -m " + SCRIPTS[".binder/postBuild"][-1])
    assert jupyter.endswith("jupyter lab")


def test_conda_installs_the_project_itself():
    assert ITSELF in pip_of_conda()
    assert "setuptools" in locked()  # what it is built with, without isolation


def test_binder_has_the_locked_packages_on_the_oldest_python():
    (line,) = text(".binder/requirements.txt").splitlines()
    option, path = line.split()
    assert option == "-r" and (ROOT / ".binder" / path).resolve() == ROOT / LAB_LOCK
    assert text(".binder/runtime.txt").strip() == f"python-{PROJECT['requires-python'].strip('>=')}"
    # It would look in no other place: a second folder, or its root, is not read beside this one.
    assert not (ROOT / "binder").exists()


def test_conda_has_the_oldest_python_and_there_is_no_newest():
    assert PROJECT["requires-python"] == f">={conda()['python']}"


def test_the_changelog_begins_with_the_version_of_the_project():
    assert re.search(r"^## (\S+)$", text("CHANGELOG.md"), re.M)[1] == PROJECT["version"]


def test_the_keywords_are_those_of_the_citation():
    assert PROJECT["keywords"] == yaml.safe_load(text("CITATION.cff"))["keywords"]


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs() -> dict[str, dict]:
    """Return the jobs of the workflows by name."""
    found = {}
    for path in WORKFLOWS:
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def targets() -> set[str]:
    """Return the targets of the Makefile that are for users."""
    return set(re.search(r"^\.PHONY: (.+)$", text("Makefile"), re.M)[1].split())


def test_a_step_of_a_workflow_is_a_target_or_installs_a_package():
    runs = [step["run"] for job in jobs().values() for step in job["steps"] if "run" in step]
    for run in runs:
        target = re.fullmatch(r"make (\w+)", run)
        assert (target and target[1] in targets()) or re.fullmatch(
            r"sudo apt-get install --yes [\w.-]+", run
        ), run
    wanted = {"lint", "test", "report", "quarto", "parity", "release", "publish"}
    assert {f"make {name}" for name in wanted} <= set(runs)


def test_a_step_of_a_workflow_uses_an_action_at_one_commit():
    used = [step["uses"] for job in jobs().values() for step in job["steps"] if "uses" in step]
    assert used and all(re.search(r"@[0-9a-f]{40}$", action) for action in used)


def test_the_workflows_test_three_pythons_and_two_quartos_of_which_conda_has_the_newer():
    assert jobs()["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert jobs()["quarto"]["strategy"]["matrix"]["quarto"] == ["1.7.34", conda()["quarto"]]
    (quarto,) = (s for s in jobs()["quarto"]["steps"] if "quarto-actions" in s.get("uses", ""))
    assert quarto["with"]["version"] == "${{ matrix.quarto }}"


def test_the_files_of_a_published_version_are_those_that_a_release_writes():
    package = yaml.safe_load(text("data/datapackage.json"))  # JSON is YAML
    book = yaml.safe_load(text("_quarto.yml"))["book"]
    (attach,) = (s for s in jobs()["publish"]["steps"] if "files" in s.get("with", {}))
    folder = "_site/${{ github.ref_name }}"
    assert attach["with"]["files"].split("\n")[:2] == [
        f"{folder}/{book['output-file']}.pdf",
        f"{folder}/downloads/{package['name']}-${{{{ github.ref_name }}}}-data.zip",
    ]


def test_make_publish_commits_and_pushes_the_site_and_needs_one(tmp_path):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", tmp_path]
    make = ["make", "-f", ROOT / "Makefile", "publish"]
    alone = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True)
    assert alone.returncode != 0 and "_site is no working copy" in alone.stderr
    site, remote = tmp_path / "_site", tmp_path / "remote.git"
    subprocess.run([*git, "init", "-q", "--bare", "remote.git"], check=True)
    subprocess.run([*git, "clone", "-q", remote, site], check=True, capture_output=True)
    subprocess.run(["git", "-C", site, "config", "push.default", "current"], check=True)
    (site / "index.html").write_text("new")
    for _ in range(2):  # the second time there is nothing to commit, and that is no failure
        run = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
    files = subprocess.run(
        [*git[:-1], remote, "ls-tree", "--name-only", "-r", "--full-tree", "HEAD"],
        capture_output=True,
        text=True,
    )
    log = subprocess.run([*git[:-1], remote, "log", "--oneline"], capture_output=True, text=True)
    assert files.stdout == ".nojekyll\nindex.html\n" and len(log.stdout.splitlines()) == 1


# Stands for Python 3.11 or another: makes an environment of itself, lists its pip calls, gets uv
# where it may.
PYTHON = """#!/bin/sh
case "$*" in
  "-c "*) python3 -c "import sys; sys.version_info = (3, ${MINOR:-11}); $2" ;;
  "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *"-r requirements-uv.lock") test -z "$NO_UV" && cp uv .venv/bin/uv ;;
  *"pip install"*) echo "pip $*" >> log; exit "${PIP_EXIT:-0}" ;;
esac
"""
UV = """#!/bin/sh
echo "uv $*" >> log; exit "${UV_EXIT:-0}"
"""


@pytest.fixture
def set_up(tmp_path):
    """Return a function that makes the environment of stand-ins, and says how it went."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    for name in ("Makefile", LOCK, LAB_LOCK, UV_LOCK, "pyproject.toml"):
        (folder / name).write_text(text(name))
    for name, script in {"python": PYTHON, "uv": UV}.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)

    def run(target=".installed", **env):
        command = ["make", f".venv/{target}", "PYTHON=./python"]
        made = subprocess.run(
            command, cwd=folder, env=os.environ | env, capture_output=True, text=True
        )
        log = folder / "log"
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        installing = [call for call in calls if "--editable" not in call and " -e " not in call]
        return made, installing, (folder / ".venv" / target).exists()

    return run


def test_an_older_python_than_the_project_takes_is_refused(set_up):
    oldest = int(PROJECT["requires-python"].removeprefix(">=3."))
    made, calls, installed = set_up(MINOR=str(oldest - 1))
    assert made.returncode != 0 and not calls and not installed
    assert f"Python 3.{oldest} or later is needed" in made.stderr
    assert set_up(MINOR=str(oldest))[2]


def test_uv_installs_the_lock_with_its_hashes_into_the_environment(set_up):
    made, (call,), installed = set_up()
    assert call.startswith("uv ") and f"--require-hashes -r {LOCK}" in call
    assert "--python .venv/bin/python" in call and "--no-python-downloads" in call
    assert made.returncode == 0 and installed and made.stderr == ""


@pytest.mark.parametrize("env", [{"NO_UV": "1"}, {"UV_EXIT": "2"}], ids=["no wheel", "no index"])
def test_pip_installs_with_hashes_where_uv_cannot(set_up, env):
    made, calls, installed = set_up(**env)
    assert calls[-1].startswith("pip ") and f"--require-hashes -r {LOCK}" in calls[-1]
    assert made.returncode == 0 and installed
    assert made.stderr.count("uv cannot install the packages") == 1


def test_a_failed_installation_is_begun_again(set_up):
    made, _, installed = set_up(UV_EXIT="2", PIP_EXIT="1")
    assert made.returncode != 0 and not installed
    assert set_up()[2]


def test_a_failed_installation_of_jupyterlab_begins_with_a_new_environment(set_up):
    assert set_up()[2]
    made, _, installed = set_up(".installed-lab", UV_EXIT="2", PIP_EXIT="1")
    assert made.returncode != 0 and not installed
    made, calls, installed = set_up(".installed-lab")
    assert [call.rpartition(" ")[2] for call in calls] == [LOCK, LAB_LOCK]
    assert made.returncode == 0 and installed
    assert set_up(".installed-lab")[1] == set_up()[1] == []


def test_every_make_target_is_in_its_help():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert set(re.findall(r"^  make ([\w-]+)", shown, re.M)) == targets()


def test_the_subset_of_quarto_is_written_down():
    written = text("docs/engine.md")
    for name in (*HONOURED, *CELL_OPTIONS):
        assert f"`{name}`" in written, name
    for key in IGNORED:
        assert f"`{key}`" in written or f"`{key.rpartition('.')[2]}`" in written, key


def test_no_python_is_too_new():
    """The lock file leaves none out."""
    packages = re.findall(r"^\S+==\S+(?: ; (.+?))? \\$", text(LOCK), re.M)
    conditions = {
        c
        for c in packages
        if re.search(r"python_(full_)?version", c) and "python_full_version < '3.12'" not in c
    }
    assert len(packages) > 100 and conditions == set()


def test_git_ignores_what_quarto_would_add_to_the_file():
    # Quarto 1.8 and later add a line that is missing, and so change a file that Git tracks.
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split("\n")
    assert {"/.quarto/", "**/*.quarto_ipynb"} <= set(ignored)


@pytest.mark.parametrize(
    "python, said",
    [
        (".venv/no-such/python", ".venv/no-such/python does not exist; run `make report` first"),
        (sys.executable, ""),
        ("python3", ""),  # conda's, found on PATH
    ],
)
def test_quarto_stops_before_rendering_without_its_python(python, said):
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), "lua", ROOT / "tools/python_for_quarto.lua"],
        env={**os.environ, "QUARTO_PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr.startswith(said) and bool(said) == bool(run.stderr) == bool(run.returncode)
