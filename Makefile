# Aura from a fresh clone. `make demo` shows it, `make test` proves it; both install what they need into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
INSTALLED := $(VENV)/.installed
ARGS ?=

.PHONY: help
help:  ## Say what there is.
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: install
install: $(INSTALLED)  ## Make .venv with everything in it.

# Again whenever the lock or the project changes; at once otherwise.
$(INSTALLED): infra/requirements.lock pyproject.toml infra/install.sh
	@infra/install.sh venv
	@touch $@

PEERS := .aura/peers/.installed
$(PEERS): infra/peers.lock infra/install.sh | $(INSTALLED)
	@infra/install.sh peers
	@touch $@

.PHONY: demo
demo: $(INSTALLED)  ## Live sentiment in a browser, with embedded services. ARGS="--help" tells more.
	@$(VENV)/bin/aura demo $(ARGS)

.PHONY: lint
lint: $(INSTALLED)  ## Check style and types.
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy

# Tests wait for servers much of the time: two at once, each with servers of its own. They start hundreds of programs,
# which read bytecode where Python may keep it.
.PHONY: test
test: export PYTHONDONTWRITEBYTECODE :=
test: lint $(PEERS)  ## Lint, then run every test. ARGS="tests/infra -x" narrows it down.
	@infra/install.sh test-tools
	@$(VENV)/bin/pytest -n 2 --dist loadfile --durations=10 $(ARGS)

.PHONY: faults
faults: $(INSTALLED)  ## Break Kafka, Redis and workers in every way there is, and count. tests/faults/README.md tells more.
	@AURA_FAULTS=full $(VENV)/bin/pytest tests/faults -v -o log_cli=true -o log_cli_level=INFO $(ARGS)

.PHONY: bench
bench: $(INSTALLED)  ## Measure the throughput of the whole path. ARGS="--help" tells more.
	@$(VENV)/bin/aura bench pipeline $(ARGS)

.PHONY: peers
peers: $(INSTALLED) $(PEERS)  ## Measure Aura beside a plain loop, Faust, Quix Streams and Bytewax. ARGS as for bench.
	@$(VENV)/bin/aura bench peers $(ARGS)

MINUTES ?= 5
.PHONY: fuzz
fuzz: $(INSTALLED)  ## Look for input that breaks something, MINUTES=5 a target. Keeps its corpus in .aura/fuzz.
	@for target in $$($(VENV)/bin/python -m tests.fuzz); do \
	    $(VENV)/bin/python -m tests.fuzz $$target .aura/fuzz -max_total_time=$$(( $(MINUTES) * 60 )) $(ARGS); done

.PHONY: clean
clean:  ## Remove .venv and every cache.
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
