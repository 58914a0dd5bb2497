# The two commands of the README, and what they are made of. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= $(HOME)/keizoku-demo
LARGE_DIR ?= $(HOME)/keizoku-large

.PHONY: help env up test test-ci lint generate goldens fuzz bench bench-silent bench-large bench-dashboards screenshots lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# --without-pip: works where the package python3-venv is absent; the machine's own pip fills the environment.
$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "creating the environment in $(VENV) (about one minute) / 環境を作成しています（約1分）"
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --require-hashes -r requirements.lock
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --no-deps --no-build-isolation -e .
	@touch $@

env: $(VENV)/.ready ## create or refresh the environment from requirements.lock

up: env ## demo company, pipeline, Dagster and dashboards; prints both addresses
	$(BIN)/keizoku --home "$(HOME_DIR)" up --demo

test: env ## the fast tests (under 12 minutes on 2 cores)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser and not slow"

test-ci: env ## what every change must pass beyond `make test`
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "browser or slow"

screenshots: env ## pictures of every page of a demo company into docs/pages (needs chromium and a Japanese font)
	@mkdir -p docs/pages
	KEIZOKU_SCREENSHOTS="$(CURDIR)/docs/pages" $(BIN)/python -m pytest -m browser tests/dashboards/test_browser_pages.py -k fits

lint: env ## ruff and sqlfluff
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint dbt

generate: env ## write staging models and their docs anew from sources/entities.yml
	$(BIN)/python dbt/generate.py

goldens: env ## every golden figure and the tests that prove it; fails when one is missing
	$(BIN)/python -m tests.goldens

fuzz: env ## random companies against the slow reference: make fuzz PACKS=20 SEED=7 (a pack is 100)
	@seed=$${SEED:-$$RANDOM$$RANDOM}; echo "seed $$seed"; KEIZOKU_FUZZ_SEED=$$seed KEIZOKU_FUZZ_PACKS=$${PACKS:-10} \
	  $(BIN)/python -m pytest -m slow tests/fuzz

bench: env ## time the pipeline and print ratios
	$(BIN)/python -m tests.benchmarks.time_pipeline

bench-silent: env ## cells of bad files read silently wrong: this product, duckdb and polars
	$(BIN)/python -m tests.benchmarks.silent_conversions

bench-large: env ## the same at 10,000 customers x 48 months against 1,000, with all data tests
	$(BIN)/python -m tests.benchmarks.time_pipeline --customers 1000 10000 --months 48

bench-dashboards: env ## pages, filters, queries and 20 readers over 100,000 customers, beside their limits (needs chromium)
	$(BIN)/python -m tests.benchmarks.dashboards_at_scale --home "$(LARGE_DIR)"

lock: ## resolve requirements.lock anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements.lock

clean: ## remove the environment and caches; company homes stay
	rm -rf $(VENV) dbt/target dbt/logs .pytest_cache .ruff_cache .hypothesis *.egg-info
