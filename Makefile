# Everything this project can do, one word each. Needs Python 3.11 or newer, make, and a package registry.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# For `make demo`, as in: make demo ARGS=--once
ARGS ?=
# Moments in the wheel: those of the last commit, so that whoever builds it gets the same bytes.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1767225600)
export SOURCE_DATE_EPOCH
# For `make words`
LOCALE := digest/locale
EXTRACT := --mapping $(LOCALE)/babel.cfg --add-comments Translators: --add-location file --no-wrap --sort-by-file
UPDATE := --domain digest --no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date
# For `make test`: one process for each processor, at most four, since each starts a PostgreSQL of its own.
# As in: make test PYTEST_ARGS="tests/feeds -x"
PYTEST_ARGS ?= -n logical --maxprocesses 4

COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --all-extras

.DEFAULT_GOAL := help
.PHONY: help demo test check format lock words docs man wheel supply clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## all of Digest on this machine: sample feeds, a mail catcher, pages to look at
	@$(BIN)/digest demo $(ARGS)

test: $(READY) ## run the tests, with coverage
	$(BIN)/pytest --cov=digest --cov-report=term $(PYTEST_ARGS)

check: $(READY) ## lint, format, types, who imports whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(READY) ## resolve the dependencies again; UPGRADE=--upgrade takes the newest
	$(COMPILE) $(UPGRADE) pyproject.toml -o requirements.lock
	$(COMPILE) $(UPGRADE) --group dev pyproject.toml -o requirements-dev.lock

words: $(READY) ## bring the words of the templates and the code into the catalogues
	$(BIN)/pybabel --quiet extract $(EXTRACT) --output-file $(VENV)/words.pot .
	$(BIN)/pybabel --quiet update $(UPDATE) --input-file $(VENV)/words.pot --output-dir $(LOCALE)

docs: $(READY) ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs --quiet build --strict
	@echo "site/index.html"

man: $(READY) ## write the manual pages, build/man/*.1
	$(BIN)/python packaging/man.py build/man

wheel: $(READY) ## build dist/*.whl
	rm -rf dist
	$(BIN)/python -m hatchling build -t wheel

supply: $(READY) ## what Digest is made of: dist/sbom.json, licences, known vulnerabilities
	$(BIN)/python packaging/supply.py dist

clean: ## remove what the other words made
	rm -rf $(VENV) dist build site htmlcov .coverage .coverage.* coverage.xml
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find digest tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# uv is the one thing that pip installs, at the version and with the hashes of the lock; uv does the rest in a second.
# Byte code is compiled here, so that the first command is as quick as the second.
$(READY): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Digest needs Python 3.11 or newer, and $(PYTHON) is not; try: make PYTHON=python3.13" >&2; exit 1; }
	@echo "Preparing $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^[^ #]/ {wanted = /^uv==/} wanted' requirements-dev.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements-dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q digest
	@touch $@
