# make demo    build in a virtual environment of its own, train three networks on embedded data, show a table, leave figures
# make test    the same environment with the test extra, and the whole suite
# make oracle  the same suite with PyTorch beside it
# make bench   netcore beside PyTorch and JAX: see bench/README.md
# make lint    ruff and mypy            make sanitize   the suite under AddressSanitizer and UndefinedBehaviorSanitizer
# make lessons every lesson of docs/lessons over three seeds, its numbers beside their bands
# make docs    these pages as a site, in build/docs/html; every notebook page runs (quick the second time)
# make linkcheck   links that lead out of the site (needs the network)
# make dist    sdist and wheel          make clean      remove what was built

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
SOURCES := pyproject.toml setup.py $(wildcard csrc/*.pyx csrc/*/*.h csrc/*/*.c netcore/_kernels/*.pxd)

.PHONY: demo test oracle bench lessons docs linkcheck lint sanitize dist clean

demo: $(VENV)/.demo
	"$(PY)" -m netcore demo

test: $(VENV)/.test
	"$(PY)" -m pytest

oracle: $(VENV)/.oracle
	"$(PY)" -m pytest tests/oracle

bench: $(VENV)/.bench
	"$(PY)" -m bench

lessons: $(VENV)/.test
	"$(PY)" tools/lessons.py --seeds 0 1 2

docs: $(VENV)/.docs
	"$(PY)" -m sphinx -q -n -W --keep-going -b html docs build/docs/html
	@echo "open build/docs/html/index.html"

linkcheck: $(VENV)/.docs
	NETCORE_DOCS_EXECUTE=off "$(PY)" -m sphinx -q -b linkcheck docs build/docs/linkcheck

lint: $(VENV)/.dev
	"$(PY)" -m ruff check .
	"$(PY)" -m mypy

# An editable install builds the kernels in place, once, so that the suite tests this checkout.
$(VENV)/.built: $(VENV)/.python $(SOURCES)
	"$(PY)" -m pip install --quiet --editable .
	touch "$@"

# What an extra needs is installed by name: the package itself need not be built again for it.
EXTRAS = "$(PY)" tools/requirements.py $(1) > "$@.txt" && "$(PY)" -m pip install --quiet --requirement "$@.txt"

$(VENV)/.demo: $(VENV)/.built pyproject.toml
	$(call EXTRAS,all)
	touch "$@"

$(VENV)/.test: $(VENV)/.built pyproject.toml
	$(call EXTRAS,test)
	touch "$@"

$(VENV)/.oracle: $(VENV)/.test
	$(call EXTRAS,test-oracle)
	touch "$@"

$(VENV)/.bench: $(VENV)/.built pyproject.toml
	$(call EXTRAS,bench)
	touch "$@"

$(VENV)/.docs: $(VENV)/.built pyproject.toml
	$(call EXTRAS,docs)
	touch "$@"

$(VENV)/.dev: $(VENV)/.test
	$(call EXTRAS,dev)
	touch "$@"

# The Python environment, before anything is built.
$(VENV)/.python:
	"$(PYTHON)" tools/require_python.py
	"$(PYTHON)" -m venv "$(VENV)"
	"$(PY)" -m pip install --quiet --upgrade pip
	touch "$@"

dist: $(VENV)/.dev
	"$(PY)" -m build

# A build of its own, in a copy, so that the kernels of the checkout stay as they are.
sanitize: $(VENV)/.dev
	"$(PY)" tools/sanitize.py

clean:
	rm -rf build dist *.egg-info "$(VENV)" netcore/_kernels/*.so netcore/_kernels/*.pyd csrc/*.c
