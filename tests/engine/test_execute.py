"""Execution: a fork and a kernel give the same, and no chapter sees another."""

from pathlib import Path

import pytest
from helpers_book import tiny_book, wait_for

from qmdbook.config import read_config
from qmdbook.errors import InputError
from qmdbook.execute import forked, warm
from qmdbook.execute.chapters import INLINE_RESULTS, execute_all
from qmdbook.execute.forked import AVAILABLE, start_fork_server
from qmdbook.execute.kernel import run_in_kernel
from qmdbook.source.chapter import Chapter, read_chapters

pytestmark = pytest.mark.slow

needs_fork = pytest.mark.skipif(not AVAILABLE, reason="this system cannot fork")

# What differs most easily between two ways to execute: order of streams and displays, kinds of
# output, pictures, names that IPython gives, the folder, awaiting, random numbers.
EVERYTHING = """# Everything {#sec-everything}

```{python}
import asyncio, os, random
from IPython.display import HTML, Markdown, display
import numpy as np
print("before", end=" ")
print("and after")
display(Markdown("*shown*"), HTML("<b>x</b>"))
print("last")
[1, 2]
```

```{python}
_ + [3]
```

```{python}
4;
```

```{python}
class Picture:
    def _repr_png_(self):
        return bytes(range(256))
    def __repr__(self):
        return "picture"
Picture()
```

Inline: `{python} Out[1]`, `{python} Markdown("**b**")`, `{python} 27.8`.

```{python}
await asyncio.sleep(0)
random.random(), np.random.random(), os.path.basename(os.getcwd()), __name__
```

```{python}
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
```
"""


def chapters(root: Path, **texts: str) -> list[Chapter]:
    """Return chapters with some text, in the folder ``chapters`` of `root`."""
    tiny_book(root)
    (root / "chapters").mkdir(exist_ok=True)
    for name, text in texts.items():
        (root / "chapters" / f"{name}.qmd").write_text(text, encoding="utf-8")
    return read_chapters(root, [f"chapters/{name}.qmd" for name in texts])


def by_fork(given: list[Chapter], root: Path, jobs: int = 1) -> list[dict]:
    notebooks = {}

    def done(chapter, executed):
        notebooks[chapter.file] = executed.notebook

    execute_all(given, start_fork_server(given, read_config(root)), done, jobs=jobs)
    return [notebooks[chapter.file] for chapter in given]


def printed(notebook: dict) -> str:
    return "".join(
        output["text"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if output["output_type"] == "stream"
    )


@needs_fork
def test_a_fork_gives_what_a_kernel_gives(tmp_path):
    (chapter,) = given = chapters(tmp_path, everything=EVERYTHING)
    (fork,) = by_fork(given, tmp_path)
    for one, other in zip(
        fork["cells"], run_in_kernel(chapter, tmp_path).notebook["cells"], strict=True
    ):
        assert one == other
    inline = fork["cells"][5]["metadata"][INLINE_RESULTS]
    assert inline['Markdown("**b**")']["text/markdown"] == "**b**"


# What differed between the two ways; each gives text that does not depend on the way.
LIKEWISE = {
    "a wide frame": "import pandas as pd\nprint(pd.DataFrame([range(1000000, 1000014)]).add_prefix('column'))",
    "a subprocess": "import subprocess, sys\nprint('a')\n_ = subprocess.run(['echo', 'b'])\nprint('c')",
    "standard error of a subprocess": "import subprocess\n_ = subprocess.run('echo b >&2', shell=True)",
    "a pool": "from multiprocessing import Pool\ndef g(x): return x + 1\nprint(Pool(2).map(g, [1, 2]))",
    "an executor": "from concurrent.futures import ProcessPoolExecutor as P\ndef g(x): return x + 1\nwith P(2) as p: print(list(p.map(g, [1, 2])))",
    "typer": "import typer\ntyper.secho('x', fg='red')",
    "rich": "import rich\nrich.print('[bold]x[/bold]')",
    "what a stream says of itself": "import sys\no = sys.stdout\nprint(o.encoding, o.name, o.isatty(), o.writable(), o.fileno() > 0)",
    "a picture asked for by magic": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1])",
    "a display that is updated": "from IPython.display import display\nh = display('one', display_id=True)\nprint('x')\nh.update('two')",
    "an output that is cleared": "from IPython.display import clear_output\nprint('a'); clear_output(wait=True); print('b')",
    "an output that would be cleared": "from IPython.display import clear_output\nprint('a'); clear_output(wait=True)",
    "help beside the page": "len?",
    "a warning": "import sys, warnings\nwarnings.warn('careful')\nprint('after')",
    "colours": "print('\\x1b[2K\\x1b[1;31mred\\x1b[0m')",
    "an object's address": "object()",
    "the window": "import shutil\nprint(shutil.get_terminal_size())",
}  # fmt: skip


@needs_fork
def test_what_an_analyst_may_write_gives_the_same_by_fork_and_by_kernel(
    tmp_path, capfd, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "200")  # of the window of the person who renders
    # With this variable, a kernel does not look at what its processes write.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    cells = (f"## {name}\n\n```{{python}}\n{code}\n```\n" for name, code in LIKEWISE.items())
    (chapter,) = given = chapters(tmp_path, likewise="# Likewise\n\n" + "\n".join(cells))
    (fork,) = by_fork(given, tmp_path)
    kernel = run_in_kernel(chapter, tmp_path).notebook
    assert capfd.readouterr().out == ""  # nothing went past the outputs
    outputs = {}
    for name, one, other in zip(LIKEWISE, code_cells(fork), code_cells(kernel), strict=True):
        assert one["outputs"] == other["outputs"], name
        outputs[name] = one["outputs"]
    texts = {name: [o["text"] for o in given if "text" in o] for name, given in outputs.items()}
    assert "column13" in texts["a wide frame"][0] and "..." not in texts["a wide frame"][0]
    assert texts["a subprocess"] == ["a\nb\nc\n"]
    assert texts["a pool"] == texts["an executor"] == ["[2, 3]\n"]
    assert texts["typer"] == ["x\n"] and texts["colours"] == ["red\n"]
    assert texts["a warning"] == ["after\n", "UserWarning: careful\n"]
    assert texts["an output that is cleared"] == ["b\n"]
    assert texts["an output that would be cleared"] == ["a\n"]
    assert outputs["help beside the page"] == []
    assert outputs["a display that is updated"][0]["data"] == {"text/plain": "'two'"}
    assert outputs["an object's address"][0]["data"] == {"text/plain": "<object>"}
    assert [[*o["data"]] for o in outputs["a picture asked for by magic"]] == [
        ["text/plain", "image/png"]
    ]


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@needs_fork
@pytest.mark.parametrize("way", ["fork", "kernel"])
def test_a_later_cell_updates_what_an_earlier_one_displayed(tmp_path, way):
    text = "# A\n\n```{python}\nh = display('one', display_id=True)\n```\n\n```{python}\nprint('x')\nh.update('two')\n```\n"
    (chapter,) = given = chapters(tmp_path, updates=text)
    notebook = (
        by_fork(given, tmp_path)[0] if way == "fork" else run_in_kernel(chapter, tmp_path).notebook
    )
    one, other = code_cells(notebook)
    assert one["outputs"][0]["data"] == {"text/plain": "'two'"}
    assert [output.get("text") for output in other["outputs"]] == ["x\n"]


@needs_fork
@pytest.mark.parametrize("way", ["fork", "kernel"])
def test_the_settings_of_the_person_who_renders_change_nothing(tmp_path, monkeypatch, way):
    home = tmp_path / "home"
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    for file in (startup / "first.py", home / "startup.py"):
        file.write_text("import builtins\nbuiltins.left = 1\n")
    (home / "matplotlibrc").write_text("lines.linewidth: 9\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("IPYTHONDIR", str(home / ".ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(home / "startup.py"))
    monkeypatch.setenv("MATPLOTLIBRC", str(home / "matplotlibrc"))
    code = "import builtins, matplotlib\nprint(hasattr(builtins, 'left'), matplotlib.rcParams['lines.linewidth'])"
    (chapter,) = given = chapters(tmp_path, settings=f"# A\n\n```{{python}}\n{code}\n```\n")
    notebook = (
        by_fork(given, tmp_path)[0] if way == "fork" else run_in_kernel(chapter, tmp_path).notebook
    )
    assert printed(notebook) == "False 1.5\n"


@needs_fork
def test_processes_of_a_cell_end_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(forked, "SECONDS", 1)
    code = "from multiprocessing import Pool\nimport os, pathlib, time\ndef g(x):\n    pathlib.Path(f'pid-{x}').write_text(str(os.getpid()))\n    time.sleep(60)\nPool(2).map(g, [1, 2])"
    given = chapters(tmp_path, hangs=f"# Hangs\n\n```{{python}}\n{code}\n```\n")
    with pytest.raises(InputError, match="did not finish in 1 s"):
        by_fork(given, tmp_path)
    pids = [int(file.read_text()) for file in (tmp_path / "chapters").glob("pid-*")]
    assert len(pids) == 2
    assert wait_for(lambda: not any(runs(pid) for pid in pids))


def runs(pid: int) -> bool:
    """Return whether a process runs; one that has ended may wait for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


LEAVES = """# Leaves {#sec-leaves}

```{python}
import builtins, csv, math, os, random, sys
left = builtins.left = math.left = os.environ["LEFT"] = sys.modules["left"] = "left"
csv.reader = None
random.seed(1)
os.chdir("/")
```
"""
LOOKS = """# Looks {#sec-looks}

```{python}
import builtins, csv, math, os, random, sys
from pathlib import Path
print("left" in globals(), hasattr(builtins, "left"), hasattr(math, "left"))
print("LEFT" in os.environ, "left" in sys.modules, list(csv.reader(["1"])), Path.cwd().name)
print(random.random())
```
"""


@needs_fork
@pytest.mark.parametrize("way", ["fork", "kernel"])
def test_no_chapter_sees_what_another_left(tmp_path, way):
    given = chapters(tmp_path, leaves=LEAVES, looks=LOOKS)
    if way == "fork":
        _, looks = by_fork(given, tmp_path)
    else:
        _, looks = (run_in_kernel(chapter, tmp_path).notebook for chapter in given)
    (alone,) = by_fork(given[1:], tmp_path)
    assert printed(looks).splitlines()[:2] == ["False False False", "False False [['1']] chapters"]
    assert printed(looks) == printed(alone)


def test_random_numbers_are_the_same_again_and_others_in_another_chapter(tmp_path):
    texts = dict.fromkeys(
        ("one", "two"), "# T\n\n```{python}\nimport random\nprint(random.random())\n```\n"
    )
    given = chapters(tmp_path, **texts)
    one, two = (printed(run_in_kernel(chapter, tmp_path).notebook) for chapter in given)
    assert one == printed(run_in_kernel(given[0], tmp_path).notebook) != two


ENDS = {
    "exit": (
        "import os; os._exit(3)",
        "line 5: the cell ended its process with exit status 3; expected it to run to its end",
    ),
    "signal": (
        "import os; os.kill(os.getpid(), 9)",
        "line 5: the cell ended its process by signal 9; expected it to run to its end",
    ),
    "too long": (
        "import time; time.sleep(60)",
        "line 5: the cell did not finish in 1 s; expected less time for each cell",
    ),
}


@needs_fork
@pytest.mark.parametrize(("code", "expected"), ENDS.values(), ids=ENDS)
def test_a_process_that_ends_or_hangs_is_named_with_its_cell(tmp_path, monkeypatch, code, expected):
    if "sleep" in code:
        monkeypatch.setattr(forked, "SECONDS", 1)
    given = chapters(
        tmp_path, ends=f"# Ends\n\nText.\n\n```{{python}}\n{code}\n```\n", fine="# Fine\n"
    )
    with pytest.raises(InputError) as caught:
        by_fork(given, tmp_path)
    assert [str(problem) for problem in caught.value.problems] == [f"chapters/ends.qmd, {expected}"]


def test_what_code_imports_is_found():
    code = "import a.b as c\nfrom d import e, f\nfrom . import g\ndef h():\n    import i"
    found = warm.preload_environment([code, "from d import *", "not python", "j.k(l)"], "m.n")
    assert found == {
        warm.MODULES: "a.b d d.e d.f i",
        warm.NAMES: "d j k l python",
        warm.PREPARE: "m.n",
    }


@needs_fork
def test_an_expression_that_fails_is_told_in_one_line(tmp_path):
    with pytest.raises(InputError) as caught:
        by_fork(chapters(tmp_path, one="# One\n\nThe sum is `{python} nothere`.\n"), tmp_path)
    (problem,) = caught.value.problems
    said = "inline expression `nothere` raised NameError: name 'nothere' is not defined"
    assert str(problem) == f"chapters/one.qmd, line 3: {said}"


@needs_fork
def test_a_number_of_numpy_is_refused_in_prose(tmp_path):
    text = "# One\n\nThe sum is `{python} __import__('numpy').int64(5)`.\n"
    with pytest.raises(InputError) as caught:
        by_fork(chapters(tmp_path, one=text), tmp_path)
    (problem,) = caught.value.problems
    assert str(problem).startswith("chapters/one.qmd, line 3: inline expression")
    assert str(problem).endswith("gives np.int64(5); convert it with int(...) or to text")
