# Two commands set everything up on a fresh machine: `make run` and `make test`. README says the same without make.

VENV   ?= .venv
# The Python that makes the environment; empty: the first suitable one.
PYTHON ?=
export PYTHON
OUT    ?= out
ARGS   ?=

BIN  := $(VENV)/bin
LOCK := requirements.lock

# pip meets the exact versions of the lock; what the lock does not name stays free.
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint $(LOCK)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint style types imports pytest format bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Set up what is missing, then open the workbench (no display: replay the sample day into out/)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" = Darwin ]; then \
	  .ci/system-packages window && exec $(BIN)/adaspring-workbench gui $(ARGS); \
	else \
	  $(BIN)/adaspring-workbench replay --sample --out $(OUT) $(ARGS) && \
	  printf '\n%s\n%s\n' \
	    "No display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the sample day was replayed into $(OUT)/." \
	    "For the window, run \`make run\` in a desktop session, through \`ssh -X\`, or under a virtual one: xvfb-run make run"; \
	fi

test: $(VENV)/.installed-test ## Set up what is missing, then check style, types, import rules and run the tests
	@.ci/system-packages window tests
	@$(MAKE) --no-print-directory lint pytest

lint: style types imports ## Check style, types and import rules

style: $(VENV)/.installed-test
	$(BIN)/ruff check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

imports: $(VENV)/.installed-test
	$(BIN)/lint-imports

pytest: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(ARGS)

format: $(VENV)/.installed-test ## Rewrite the source in the project's style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.installed ## Measure speed and memory on this machine
	$(BIN)/adaspring-workbench bench $(ARGS)

lock: ## Write requirements.lock anew from the newest versions that pyproject.toml allows
	.ci/write-lock "$${PYTHON:-$$(.ci/find-python)}" $(LOCK)

clean: ## Remove build results and caches; .venv and out/ stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find workbench tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An interrupted `venv` leaves python without pip, so the stamp and not python marks a usable environment.
$(VENV)/.created:
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  python=$${PYTHON:-$$(.ci/find-python)} || exit 1; \
	  echo "Making $(VENV) with $$python"; \
	  "$$python" -m venv $(VENV) || exit 1; \
	fi
	@touch $@

$(VENV)/.installed: pyproject.toml $(LOCK) $(VENV)/.created
	@echo "Installing the workbench and its libraries into $(VENV) (a few minutes the first time)"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing the test tools into $(VENV)"
	@$(PIP_INSTALL) --editable '.[test]'
	@touch $@
