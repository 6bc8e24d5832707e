# `make` prints what there is. Every target sets up what it needs; a second run takes no set-up time.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARTIFACT ?= .artifacts/synthetic
HOST ?= 127.0.0.1
PORT ?= 8080
BASE ?=
HEAD ?=
# The checkout comes before anything that is installed, so that a second checkout never tests the first one's code.
export PYTHONPATH := $(CURDIR)
export PACT_DO_NOT_TRACK := true

.PHONY: help
help: ## Print this list
	@echo "recsys-guardrails: a merge gate for recommender services. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Make .venv from requirements.lock (hash-checked)

# uv itself is pinned in the lock: its entry is cut out and installed by pip with its hashes, then uv installs the rest.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or later is needed; {sys.executable} is {sys.version.split()[0]}. Name another: make PYTHON=python3.12")'
	@echo "setting up $(VENV) from requirements.lock (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[A-Za-z0-9]/ { keep = /^uv==/ } keep' requirements.lock > $(VENV)/uv.lock
	@PYTHONPATH= $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.lock
	@PYTHONPATH= VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements.lock
	@PYTHONPATH= VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

COMPILE = pyproject.toml --universal --generate-hashes --no-emit-index-url --python-version 3.11 --no-annotate \
  --custom-compile-command "make lock" --quiet $(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: $(READY) ## Write the locks anew from pyproject.toml (UPGRADE=1 takes newer versions)
	$(BIN)/uv pip compile $(COMPILE) --extra dev --output-file requirements.lock
	$(BIN)/uv pip compile $(COMPILE) --extra dev --extra peers --constraint requirements.lock --output-file requirements-peers.lock

.PHONY: test
test: $(READY) ## Run the fast tests in parallel
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

.PHONY: test-all
test-all: $(READY) ## Run every test, the slow ones too
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: lint
lint: $(READY) ## Lint, format check, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(READY) ## Format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: gate
gate: $(READY) ## Judge the newest change of this checkout (BASE=… HEAD=… for another; ARGS= for more)
	@status=0; $(BIN)/python -m guardrails check $(if $(BASE)$(HEAD),$(if $(BASE),--base $(BASE)) $(if $(HEAD),--head $(HEAD)),--newest) $(ARGS) || status=$$?; \
	case $$status in \
	  0) echo "gate: pass" ;; \
	  3) echo "gate: review: a person must decide what is listed above" ;; \
	  1) echo "gate: block: what is listed above must be fixed" >&2; exit 1 ;; \
	  *) echo "gate: error: the change could not be judged (status $$status); see above" >&2; exit 2 ;; \
	esac

.PHONY: probe
probe: $(READY) ## Prove that every gate can fail: plant its violations and see them caught
	$(BIN)/python -m guardrails probe $(ARGS)

.PHONY: demo
demo: $(READY) ## Gate a good and a bad agent-style change, and show both verdicts
	@$(BIN)/python -m benchmarks.demo

.PHONY: train
train: $(READY) ## Train on the synthetic world into ARTIFACT=.artifacts/synthetic (ARGS="--data PATH" for real data)
	$(BIN)/python -m recsys train --force --output $(ARTIFACT) $(ARGS)

$(ARTIFACT)/manifest.json: | $(READY)
	$(BIN)/python -m recsys train --output $(ARTIFACT)

.PHONY: serve
serve: $(ARTIFACT)/manifest.json ## Serve recommendations on HOST:PORT (trains first if there is no artifact)
	$(BIN)/python -m recsys serve --artifact $(ARTIFACT) --host $(HOST) --port $(PORT) $(ARGS)

.PHONY: load
load: $(READY) ## Load the newest change against its base, as the load gate does for a release
	$(BIN)/python -m guardrails load $(if $(BASE)$(HEAD),$(if $(BASE),--base $(BASE)) $(if $(HEAD),--head $(HEAD)),--newest) $(ARGS)

.PHONY: contracts
contracts: $(READY) ## Run the consumers' tests and verify the pacts against this checkout
	$(BIN)/python -m pytest contracts/consumers
	$(BIN)/python -m guardrails check --newest --only contracts

.PHONY: pacts
pacts: $(READY) ## Write contracts/pacts anew from the consumers' tests
	rm -f contracts/pacts/*.json
	PACT_OUTPUT_DIR=contracts/pacts $(BIN)/python -m pytest -q -p no:xdist contracts/consumers

.PHONY: openapi
openapi: $(READY) ## Write contracts/openapi.json anew from the types
	$(BIN)/python -c "from recsys.serving import openapi; print(openapi.text(), end='')" > contracts/openapi.json

.PHONY: fuzz
fuzz: $(READY) ## Fuzz every endpoint from the service's own description (ARGS="--seconds 600 --examples 2000")
	$(BIN)/python -m benchmarks.fuzz $(ARGS)

.PHONY: bench-gate
bench-gate: $(READY) ## Compare the gate with the plain sequence of tools; writes docs/benchmarks/gate.md
	$(BIN)/python -m benchmarks.gate

.PHONY: bench-catch
bench-catch: $(READY) ## Judge the planted and the honest changes; writes docs/benchmarks/catch.md (ARGS="--only CLASS")
	$(BIN)/python -m benchmarks.catch $(ARGS)

.PHONY: bench-load
bench-load: $(READY) ## Plant slowdowns and see how often the load gate finds them; writes docs/benchmarks/load.md (ARGS="--minutes 30")
	$(BIN)/python -m benchmarks.load $(ARGS)

.PHONY: bench-histories
bench-histories: $(READY) ## Judge ordinary commits of other projects (ARGS="REPO... --last N")
	$(BIN)/python -m benchmarks.histories $(ARGS)

$(VENV)/.peers: $(READY) requirements-peers.lock
	@PYTHONPATH= VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --require-hashes --requirement requirements-peers.lock
	@touch $@

.PHONY: bench-quality
bench-quality: $(VENV)/.peers ## Compare our slates with implicit's on one split (ARGS="--data PATH"); adds to docs/benchmarks/quality.md
	$(BIN)/python -W ignore -m benchmarks.quality --write $(ARGS)

.PHONY: bench-serve
bench-serve: $(VENV)/.peers ## Compare our service with a default stack; writes docs/benchmarks/serve.md (ARGS="--quick")
	$(BIN)/python -m benchmarks.serving $(if $(findstring --quick,$(ARGS)),,--write) $(ARGS)

.PHONY: clean
clean: ## Remove what these targets made (.venv, artifacts, caches of the tools)
	rm -rf $(VENV) .artifacts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist
