# timebooks: every command a developer types. `make` alone lists them.
PYTHON ?= python3
JOBS ?= 3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCKED := install --require-hashes --no-build-isolation --no-deps --no-compile
RUN := $(VENV)/.installed
TEST := $(VENV)/.installed-test
BENCH := $(VENV)/.installed-bench
COMPILE := $(BIN)/pip-compile --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host --no-emit-options --resolver=backtracking --quiet

# Tests and demo start many processes: what one of them compiled, the next one loads.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo up test test-long test-node bench-deps reference lint lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN) ## run the main job on samples, against the emulator, in a data folder of its own; ends by itself
	@$(BIN)/timebooks demo

up: $(RUN) ## leave the product serving on this machine (Ctrl-C stops it)
	@$(BIN)/timebooks up

test: $(TEST) ## every test, at the short sizes
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup $(ARGS)

test-long: SEED ?= $(shell date +%s)
test-long: $(TEST) ## every test, at the full sizes (SEED=1 repeats a run)
	@TIMEBOOKS_TEST_SIZE=long TIMEBOOKS_TEST_SEED=$(SEED) $(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup --hypothesis-seed=$(SEED) $(ARGS)

test-node: $(TEST) ## send every request of the Postman collection to a running product, by newman (wants Node 20 and npm)
	@cd tests/node && npm ci --silent --no-audit --no-fund
	@$(BIN)/python -m tests.node.run

reference: $(TEST) ## write docs/reference again: the OpenAPI documents, the Postman collection, the table of routes
	@$(BIN)/python -m services.published

bench-deps: $(BENCH) ## what `python -m bench.NAME` needs: the locked requirements, those of tests among them
	@echo "measure with $(BIN)/python -m bench.xero_payday --json"

lint: $(TEST) ## style, and the rules of which part may import which
	@$(BIN)/ruff check shared services tests
	@$(BIN)/lint-imports --no-cache

lock: ## write the locked requirements again from requirements*.in (wants pip-tools)
	$(COMPILE) -o requirements-build.lock requirements-build.in
	$(COMPILE) -o requirements.lock -c requirements-build.lock requirements.in
	$(COMPILE) -o requirements-test.lock -c requirements.lock requirements.in requirements-test.in
	$(COMPILE) -o requirements-bench.lock -c requirements-test.lock requirements.in requirements-test.in requirements-bench.in

clean: ## remove what make made; data folders stay
	rm -rf $(VENV) build *.egg-info .pytest_cache .hypothesis .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): requirements.lock requirements-build.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

$(TEST): requirements-test.lock requirements-build.lock pyproject.toml
	$(call install,requirements-test.lock)
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib shared services > /dev/null 2>&1 || true # once, not in each process
	@touch $@ $(RUN)

$(BENCH): requirements-bench.lock requirements-build.lock pyproject.toml
	$(call install,requirements-bench.lock)
	@touch $@ $(TEST) $(RUN)

# The environment is made when it is missing or broken, and kept otherwise. What builds packages comes first.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "timebooks needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
		echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(BIN)/python -c 'import pip' 2> /dev/null || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing $(1) into $(VENV) ..."
	@$(PIP) $(LOCKED) -r requirements-build.lock
	@$(PIP) $(LOCKED) -r $(1)
	@$(PIP) check
	@$(PIP) install --no-build-isolation --no-deps --no-index --editable .
endef
