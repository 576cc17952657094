# Two commands: `make quick` (the laptop suite and its leaderboard) and `make test` (lint, types, tests).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CLUSTER := $(VENV)/.cluster
DOCS := $(VENV)/.docs

.PHONY: quick test browser-test example-test docs cluster-test lint fast install clean dist release-test

quick: install
	$(BIN)/a4g-bench run suites/quick.yaml

test: $(CLUSTER) lint fast
	$(BIN)/python -m pytest -n 2 -m "slow and not ray and not network and not cluster and not browser"
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow and ray and not network and not cluster and not browser"

fast: install
	$(BIN)/python -m pytest -n 2 -m "not network and not slow and not cluster and not browser"

# the example package, installed beside this one: its contract tests, and its attack on a board
example-test: install
	rm -rf $(VENV)/example
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(VENV)/example examples/a4g-example
	PYTHONPATH=$(VENV)/example $(BIN)/python -m pytest examples/a4g-example
	PYTHONPATH=$(VENV)/example $(BIN)/a4g-bench run examples/a4g-example/suite.yaml --results $(VENV)/example/results | grep nearest-threshold
	PYTHONPATH=$(VENV)/example $(BIN)/a4g-bench leaderboard $(VENV)/example/results --columns selection_gap | grep 'selection gap'

# the site, into site/; warnings are errors
docs: $(DOCS)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# the report in headless Chromium (Debian: apt install chromium chromium-driver)
browser-test: install
	$(BIN)/python -m pytest -m browser

# two nodes over ssh on this machine, in namespaces of their own; needs root (docs/cluster.md)
cluster-test: $(CLUSTER)
	$(BIN)/python -m pytest -m cluster

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 cannot make a virtual environment: on Debian, apt install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[data,test,dev]"
	@touch $(STAMP)

$(CLUSTER): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[cluster]"
	@touch $(CLUSTER)

$(DOCS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[docs]"
	@touch $(DOCS)

# wheel, sdist and the licences of what an install brings, into dist/; the same commit gives the same bytes
dist: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt build
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir dist
	$(BIN)/python -m tools.licences > dist/licences.md

# the wheel in an empty environment of each interpreter: PYTHONS="python3.11 python3.12"
PYTHONS ?= $(PYTHON)
release-test: dist
	for python in $(PYTHONS); do tools/try-wheel $$python dist/*.whl || exit 1; done

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache
