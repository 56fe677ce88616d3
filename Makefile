# Every target sets itself up: a fresh machine needs Python >= 3.11, make and a C compiler.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
export PYTHONHASHSEED := 0

.PHONY: demo test test-gpu bench lint docs lock clean help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit("powermodel needs Python 3.11 or newer, found " + sys.version.split()[0] + "; set PYTHON=") if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## first phase of Colossus 2, ten seconds at 1 ms: table, picture, store in out/
	@mkdir -p out
	$(BIN)/powermodel run colossus2-phase1 out/demo.zarr --duration 10s --seed 7 --overwrite
	$(BIN)/powermodel show out/demo.zarr
	$(BIN)/powermodel plot out/demo.zarr out/demo.png

test: $(STAMP) ## every test, on all cores
	$(BIN)/python -m pytest -n auto --dist loadfile

test-gpu: $(STAMP) ## the tests that need an NVIDIA GPU
	$(BIN)/python -m pytest -m gpu

bench: $(STAMP) ## the benchmarks, then their table
	@mkdir -p out
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-json=out/bench.json
	$(BIN)/python benchmarks/table.py out/bench.json

lint: $(STAMP) ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: $(STAMP) ## the documentation, warnings are errors
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

lock: ## resolve requirements/dev.lock anew
	$(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet -o requirements/dev.lock

clean: ## remove what the targets made
	rm -rf $(VENV) out docs/_build
