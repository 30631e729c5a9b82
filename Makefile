# What a developer does here; every target does all the set-up that it needs.

VENV := .venv
BIN := $(VENV)/bin
MEASURED := $(VENV)/measured
# They start thousands of processes, which take twice as long when measured, of code that other tests cover.
UNMEASURED := tests/chaos tests/docs tests/fuzz tests/pages tests/e2e/test_pitfalls.py tests/e2e/test_run_pitfalls.py
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable

# The first Python that is new enough and works; `make PYTHON=… run` takes another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help run test test-slurm test-gridengine test-pages check docs format clean bench bench-peers fuzz chaos soak

help:
	@echo 'make run      run the example walk-forward: ends in a table with a Sharpe ratio'
	@echo 'make test     run the tests'
	@echo 'make test-slurm   run the tests of the cluster on a Slurm of their own: installs it once, which root can'
	@echo 'make test-pages   open a report in a real Chromium: installs it once, which root can'
	@echo 'make test-gridengine   run its scripts on a Grid Engine of their own: installs that once, which root can'
	@echo 'make check    format, lint, types, import contracts, tests with coverage: what CI runs'
	@echo 'make docs     build the documentation into site/'
	@echo 'make format   lay out the code and sort imports'
	@echo 'make bench    measure Daybreak: minutes; make bench-peers installs and measures what else there is: an hour'
	@echo 'make fuzz     read 100,000 fuzzed job files and data files: minutes; COUNT=… and SEED=… take others'
	@echo 'make chaos    inject faults at every system call: hours; CHAOS="--every 20 --random 50" for minutes'
	@echo 'make soak     half an hour of mixed jobs with kills in between; CHAOS="--minutes 5" for less'
	@echo 'make clean    remove what the targets above have installed and cached'

run: $(VENV)/installed
	@$(BIN)/daybreak run jobs/examples/walk_forward.yaml

test: $(VENV)/installed-dev
	@$(BIN)/python -m pytest

test-slurm: $(VENV)/installed-dev
	@tests/slurm/cluster during $(BIN)/python -m pytest tests/slurm

test-pages: $(VENV)/installed-dev
	@command -v chromium chromium-browser google-chrome >/dev/null || { echo 'installing chromium (once) ...'; \
		get='apt-get -qq -o DPkg::Lock::Timeout=120'; export DEBIAN_FRONTEND=noninteractive; \
		{ $$get install -y --no-install-recommends chromium || { $$get update && \
		$$get install -y --no-install-recommends chromium; }; } >/dev/null 2>&1; } || echo 'only root can, by apt-get'
	@$(BIN)/python -m pytest tests/pages

test-gridengine: $(VENV)/installed-dev
	@tests/gridengine/cluster during $(BIN)/python -m pytest tests/gridengine

check: $(VENV)/installed-dev $(MEASURED)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/coverage erase
	$(MEASURED)/bin/python -m pytest $(UNMEASURED:%=--ignore=%)
	$(BIN)/python -m pytest $(UNMEASURED)
	@$(BIN)/python -W ignore -m coverage combine --quiet && rm -f .coverage.*  # a killed phase leaves an unreadable one
	$(BIN)/coverage report

docs: $(VENV)/installed-dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build  # --quiet would make it lenient
	@echo 'site/index.html; with search: $(BIN)/python -m http.server --directory site'

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

bench: $(VENV)/installed
	@$(BIN)/python -m benchmarks ours

bench-peers: $(VENV)/installed
	@$(BIN)/python -m benchmarks peers

fuzz: $(VENV)/installed-dev
	@$(BIN)/python -m tests.fuzz $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

chaos: $(VENV)/installed-dev
	@$(BIN)/python -m tests.chaos campaign $(CHAOS)

soak: $(VENV)/installed-dev
	@$(BIN)/python -m tests.chaos soak $(CHAOS)

clean:
	rm -rf $(VENV) .bench .fuzz site .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# The stamps are made last: what was interrupted is done again, and so is all of it when pyproject.toml has changed.
$(VENV)/installed: pyproject.toml
	@test -n '$(PYTHON)' || { echo 'error: no Python >= 3.11 with venv and pip was found on the PATH.' \
		'Install one (Debian: python3 and python3-venv), or say make PYTHON=/path/to/python' >&2; exit 1; }
	@echo 'Making $(VENV) with $(PYTHON) and installing Daybreak (once, about half a minute) ...'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP_INSTALL) .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo 'Installing the tools of the developer (once) ...'
	@$(PIP_INSTALL) '.[dev]'
	@touch $@

# An interpreter that measures every process it runs. Phases are processes with an environment built from nothing, so
# no variable could tell them to measure: that their sys.executable is this one does, and the product needs no hook.
$(MEASURED)/installed: $(VENV)/installed-dev
	@$(BIN)/python -m venv --clear --without-pip $(MEASURED)
	@printf '%s\n' \
		"import os; os.environ.update(COVERAGE_PROCESS_START='$(CURDIR)/pyproject.toml', COVERAGE_FILE='$(CURDIR)/.coverage')" \
		"import site; site.addsitedir('$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')')" \
		"import coverage; coverage.process_startup()" \
		> "$$($(MEASURED)/bin/python -c 'import site; print(site.getsitepackages()[0])')/measured.pth"
	@touch $@
