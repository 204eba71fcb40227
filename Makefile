# Everything a person needs is two commands: `make demo` and `make test`.
# Python 3.11 or newer, git and make must be there; the rest is installed into .venv from the locked list.

PYTHON ?= $(firstword $(foreach candidate,python3.11 python3.12 python3.13 python3.14 python3,$(shell \
	$(candidate) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(candidate))))
VENV := .venv
BIN := $(VENV)/bin
# Written last, so that an interrupted installation is taken up again, and a finished one needs no network.
STAMP := $(VENV)/installed
DEMO_OPTIONS ?=
TEST_OPTIONS ?=
# Four, because most of the long tests wait half of their time; fewer where memory is short, because each has engines of
# its own, and a bus while it needs one: some 2 GB.
TEST_PROCESSES ?= $(shell awk '/^MemAvailable/ { all = int($$2 / 2500000); print (all > 4 ? 4 : all < 1 ? 1 : all) }' \
	/proc/meminfo 2>/dev/null || echo 2)
KILLS ?= 60
FAULTS ?=
SCHEDULES ?= 5000
SEED ?= 1
STEPS ?= 50

# Hundreds of processes are started by the tests, and each would compile every module anew. Empty means not set.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test check faults days simulate mutants bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z.]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## engines, a province, and a working day of traffic, with a summary (DEMO_OPTIONS="--seed 7")
	$(BIN)/pishkhan demo $(DEMO_OPTIONS)

test: $(STAMP) ## every test (TEST_OPTIONS="-k settlement", TEST_PROCESSES=0 for one after the other)
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(TEST_OPTIONS)

check: $(STAMP) ## lint, format, types, import direction, tidiness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/tidy

faults: $(STAMP) ## long: every fault on real engines, and one table (FAULTS="--fault kill --seed 7")
	$(BIN)/python -m tests.faults $(FAULTS)

days: $(STAMP) ## long: workers killed again and again while a day is played (KILLS=60), and other long trials
	PISHKHAN_KILLS=$(KILLS) PISHKHAN_LONG=1 $(BIN)/python -m pytest -o timeout=3600 tests/faults tests/e2e/test_county_split.py \
		tests/integration/deploy/test_degradation.py tests/integration/deploy/test_door_kills.py

simulate: $(STAMP) ## long: thousands of stories of crashes and zombies in memory (SCHEDULES=5000 SEED=1 STEPS=50)
	PISHKHAN_LONG=1 $(BIN)/python -m pytest -q tests/simulator/test_one_fault.py
	$(BIN)/python -m tests.simulator --schedules $(SCHEDULES) --seed $(SEED) --steps $(STEPS)

mutants: $(STAMP) ## long: faults put into the code on purpose, each of which must turn a test red
	$(BIN)/python -m tests.mutants

bench: $(STAMP) ## medians of the rates and latencies that docs/performance.md speaks of
	$(BIN)/python -m tests.bench

.venv: $(STAMP) ## the environment alone

$(STAMP): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@total=$$(grep -c '==' requirements-dev.lock); step=20; end='\n'; [ ! -t 1 ] || { step=1; end='\r'; }; \
	echo "installing $$total packages; it takes some two minutes, and once"; \
	{ $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes \
		-r requirements-dev.lock; echo "pip ended with $$?"; } \
	| awk -v total="$$total" -v step="$$step" -v end="$$end" '\
		/^Collecting / && ++found % step == 0 { printf "  %d of %d fetched" end, found, total; fflush() } \
		/^Installing collected/ { printf "  all are there: unpacking them          \n"; fflush() } \
		/^pip ended with/ { exit $$4 }'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

lock: ## choose new versions and write both lock files (needs the network)
	$(PYTHON) -m venv build/lock-tool
	build/lock-tool/bin/python -m pip install --quiet --disable-pip-version-check uv
	build/lock-tool/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		pyproject.toml -o requirements.lock
	build/lock-tool/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## the environment and everything generated in this folder (data of `pishkhan up` lives elsewhere)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
