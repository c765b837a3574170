# What a developer runs is what CI runs.
PYTHON ?= python3
PORT ?= 8000
ARGS ?=
BIN = .venv/bin
PLAIN = claims/agreement.py claims/comparing.py claims/offsets.py claims/quantities.py claims/extract.py claims/errors.py claims/matching.py claims/policy.py claims/words.py claims/formats claims/publishing annotate/pipeline
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11.0 --no-header $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help run test check fix bench lock clean

help: ## say what there is
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

run: ## serve the annotated demo at http://127.0.0.1:8000 (another port: PORT=8001) and print a sign-in link
	@$(PYTHON) tools/environment.py requirements.txt
	@$(BIN)/python manage.py start --port $(PORT)

test: ## run every test on SQLite and on PostgreSQL, browser journeys included (a part: ARGS="-k policy")
	@$(PYTHON) tools/test.py $(ARGS)

check: ## look for what needs no running: style, types, templates, migrations, deployment
	@$(PYTHON) tools/environment.py requirements-dev.txt
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PLAIN)
	find templates -name '*.html' | xargs $(BIN)/djade --check --target-version 5.2
	$(BIN)/python manage.py makemigrations --check --dry-run
	HTTPS=1 DEBUG=0 $(BIN)/python manage.py check --deploy --fail-level WARNING

fix: ## put right what a program can: imports, format, templates
	@$(PYTHON) tools/environment.py requirements-dev.txt
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates -name '*.html' | xargs $(BIN)/djade --target-version 5.2

bench: ## measure speed and memory with 10,000 documents, and print it beside what is to be reached
	@$(PYTHON) tools/environment.py requirements-dev.txt
	@for script in bench/*.py; do $(BIN)/python $$script $(ARGS) || exit 1; done

lock: ## pin what requirements*.in ask for, with hashes (newer versions: ARGS=--upgrade)
	@$(PYTHON) tools/environment.py requirements-dev.txt
	$(BIN)/python -m pip install --quiet uv
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) requirements-aif.in --output-file requirements-aif.txt

clean: ## remove the environment and every cache; what people made, in var/, stays
	rm -rf .venv .venv-aif .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
