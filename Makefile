# `make report` and `make test` need nothing before them but Python 3.11 or later with its
# venv, git and make. PYTHON chooses another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LAB := $(VENV)/.installed-lab
LOCK := requirements.lock
LAB_LOCK := requirements-lab.lock
UV_LOCK := requirements-uv.lock
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV := $(BIN)/uv --quiet --no-python-downloads --system-certs
# uv installs in seconds what takes pip a minute. pip installs where no wheel of uv exists or uv
# fails, for example because only pip knows the package index. Both check the hashes.
INSTALL = { test -x $(BIN)/uv && $(UV) pip install --python $(BIN)/python --require-hashes -r $(1); } || \
	{ echo 'uv cannot install the packages, for the reason above; pip tries now, in a minute or two' >&2; \
	  $(PIP) --require-hashes -r $(1); }
COMPILE := $(UV) pip compile --python $(BIN)/python --upgrade --universal --fork-strategy fewest \
	--generate-hashes --python-version 3.11 --no-header --no-annotate
SIDE_BY_SIDE := -n auto --dist worksteal
# A shell may hold these for other projects; they would change what uv installs, or stop it.
unexport UV_CONSTRAINT UV_EXCLUDE UV_EXCLUDE_NEWER UV_NO_BINARY UV_OVERRIDE UV_WORKING_DIR
# Where Python keeps no bytecode, every process compiles every module that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help report test test-fast browser check figures lab quarto parity release publish bench lint lock wheels clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(STAMP) ## render the review: _book/index.html and _book/nen-checkpoint-review.pdf
	$(BIN)/python -m nenreview render

test: $(STAMP) ## run all tests
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-fast: $(STAMP) ## run the tests that render nothing, in under a minute
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'not slow'

browser: $(STAMP) ## visit every page in Chromium (skipped if it is not installed) and print a summary
	$(BIN)/python -m pytest tests/browser

check: $(STAMP) ## check the data, the configuration and the chapters without rendering
	$(BIN)/python -m nenreview check

figures: $(STAMP) ## write every figure to figures/
	$(BIN)/python -m nenreview figures

lab: $(LAB) ## write every chapter as a notebook and open JupyterLab
	$(BIN)/python -m nenreview notebook
	$(BIN)/jupyter lab

quarto: $(STAMP) ## render with Quarto (must be installed) and fail if its log has a warning
	$(BIN)/python -m nenreview quarto

parity: $(STAMP) ## compare the pages that Quarto (must be installed) and the engine render
	@command -v quarto >/dev/null || { echo 'quarto: not on PATH, so there are no pages to compare; install Quarto' >&2; exit 1; }
	$(BIN)/python -m pytest tests/book/test_parity.py

release: $(STAMP) ## render the committed version into its own folder in _site/
	$(BIN)/python -m nenreview release

publish: ## commit and push _site/, which must be a working copy of the branch gh-pages
	@test -e _site/.git || { echo '_site is no working copy; check out the branch of the site there' >&2; exit 1; }
	touch _site/.nojekyll # the host is to serve the files as they are
	git -C _site add --all
	git -C _site diff --cached --quiet || git -C _site -c user.name=release -c user.email=release@localhost commit --quiet --message 'Publish a version'
	git -C _site push

bench: $(STAMP) ## measure how long rendering takes (and Quarto, if installed); takes minutes
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/bench.py --growth

lint: $(STAMP) ## check style, types and which module imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

lock: $(STAMP) ## pin the newest packages that pyproject.toml allows in the lock files
	$(COMPILE) --extra dev pyproject.toml -o $(LOCK)
	$(COMPILE) --extra dev --extra lab -c $(LOCK) pyproject.toml -o $(LAB_LOCK)
	echo uv | $(COMPILE) - -o $(UV_LOCK)

wheels: $(STAMP) ## list locked packages without a ready-built package for some Python or system
	$(BIN)/python tools/wheels.py

clean: ## remove .venv, _book, caches, and what an interrupted quarto render left
	rm -rf $(VENV) _book ._book.* ._site.* .quarto .cache .pytest_cache .ruff_cache .hypothesis *.egg-info build
	rm -rf index.html index_files site_libs chapters/*.html chapters/*_files
	find . -name '*.quarto_ipynb' -delete -o -name '*.being-written' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made anew when the lock file or the project's own file changes; the
# stamp is written last, so that an interrupted installation is begun again.
$(STAMP): $(LOCK) $(UV_LOCK) pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@$(PIP) --only-binary :all: --require-hashes -r $(UV_LOCK) || true # then pip installs all
	@$(call INSTALL,$(LOCK))
	$(PIP) --no-deps --no-build-isolation -e .
	touch $(STAMP)

# Without the first stamp, an interrupted installation of JupyterLab begins with a new .venv.
$(LAB): $(STAMP) $(LAB_LOCK)
	@rm -f $(STAMP)
	@$(call INSTALL,$(LAB_LOCK))
	touch $(STAMP) $(LAB)
