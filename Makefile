# Every target does its own set-up: Python 3.11, make and a package registry are enough.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check
DEMO ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test check protos bench requirements clean

help:
	@echo "make demo    run the whole federation on a synthetic town (Ctrl-C ends it)"
	@echo "make test    run the tests"
	@echo "make check   format, lint, types, architecture, dependencies, generated code"
	@echo "make bench   measure; make protos: regenerate; make clean: remove what was made"

setup: $(VENV)/.runtime

setup-dev: $(VENV)/.dev

$(VENV)/.runtime: deploy/requirements.txt pyproject.toml
	@echo "Setting up $(VENV) (once; downloads about 250 MB) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "Python 3.11 or newer is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r deploy/requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: tests/requirements.txt $(VENV)/.runtime
	@echo "Setting up the development tools in $(VENV) (once) ..."
	@$(PIP) install --require-hashes -r tests/requirements.txt
	@touch $@

demo: setup
	@$(BIN)/enishi demo up $(DEMO)

test: setup-dev
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest

check: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m protos.generate --check

protos: setup-dev
	$(BIN)/python -m protos.generate

bench: setup-dev
	$(BIN)/python -m tests.benchmarks

# Needs uv on the PATH; writes no registry address into the repository.
requirements:
	uv pip compile pyproject.toml --group build --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11 -o deploy/requirements.txt
	uv pip compile pyproject.toml --extra dask --group build -c deploy/requirements.txt --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 -o deploy/requirements-dask.txt
	uv pip compile pyproject.toml --extra dask --group build --group dev -c deploy/requirements.txt --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 -o tests/requirements.txt

clean:
	rm -rf $(VENV) .local .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
