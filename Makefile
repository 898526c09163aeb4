# Two commands set everything up on a fresh machine: `make bench` and `make test`.
PYTHON ?= python3
SUITE  ?= quick
ARGS   ?=
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
PIPOPT := --quiet --disable-pip-version-check
# An environment keeps the path of its folder: that of a checkout that was copied or moved is another's, and is made anew.
FOREIGN := $(shell grep -q '^command' $(VENV)/pyvenv.cfg 2>/dev/null && \
	! grep -qF ' $(CURDIR)/$(VENV)' $(VENV)/pyvenv.cfg && echo foreign)
# Many clusters tell pip to install for the user, which it refuses to do in an environment.
export PIP_USER := 0
# Without bytecode each of the many processes of a run or of the tests would compile every module again.
export PYTHONDONTWRITEBYTECODE :=
# Two processes of tests at a time: threads that wait by turning in a loop would take the cores from one another.
TWO    := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive

.DEFAULT_GOAL := help
.PHONY: help bench report reference-report data docs test test-all lint wheel format lists perf gpu clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-17s %s\n", $$1, $$2}'

bench: $(STAMP) ## run SUITE (default: quick), then print its table and write its report
	$(BIN)/inrbench run $(SUITE) $(ARGS)

report: $(STAMP) ## write the report of SUITE again from its stored results
	$(BIN)/inrbench report $(SUITE)

reference-report: $(STAMP) ## write the report of the reference results, which are in docs/results
	$(BIN)/inrbench report reference --results docs/results

data: $(STAMP) ## fetch the originals that SUITE needs into the data folder
	$(BIN)/inrbench data $(SUITE)

docs: $(VENV)/.docs ## build the documentation site, site/index.html, from README, docs, docstrings and the registry
	INRBENCH_COMPILE=0 MPLBACKEND=Agg NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "site/index.html"

test: $(DEV) ## run the tests (five to ten minutes on 2 cores, and one or two more to compile the first time)
	@$(BIN)/python -m tests.compile_code
	$(TWO) $(BIN)/python -m pytest -q -n 2 --dist loadfile

test-all: $(DEV) ## run the tests, the slow ones too
	@$(BIN)/python -m tests.compile_code
	$(TWO) $(BIN)/python -m pytest -q -n 2 --dist loadfile -m ""

lint: $(DEV) ## check style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: ## build a wheel, install it into an environment of its own and use it from an empty folder
	rm -rf build dist .wheel
	$(PYTHON) -m venv .wheel
	.wheel/bin/python -m pip wheel $(PIPOPT) --no-deps --wheel-dir dist .
	.wheel/bin/python -m pip install $(PIPOPT) --no-compile -c constraints.txt dist/*.whl
	cd "$$(mktemp -d)" && export PATH="$(CURDIR)/.wheel/bin:$$PATH" && inrbench doctor && inrbench list suites && \
		inrbench run quick --set repeats=1 --set train.steps=20 && inrbench report reference-small > reference.txt && \
		inrbench new activation mine && inrbench rank mine.py -t image -t denoise --trials 2 && \
		python -c 'import inrbench; print(inrbench.fit("camera", steps=20).score)'
	rm -rf .wheel build

perf: $(DEV) ## measure steps against their floor and how times grow (a quarter to half an hour on 2 idle cores)
	@$(BIN)/python -m tests.perf.compile_code
	GOMP_SPINCOUNT=10000 $(BIN)/python -m pytest -q tests/perf -o addopts="--import-mode=importlib --strict-markers" -o timeout=900 \
		--benchmark-only --benchmark-columns=min,median,rounds --benchmark-sort=fullname
	$(BIN)/python -m tests.perf.draw

gpu: $(if $(wildcard $(STAMP)),$(DEV)) ## run what needs a GPU, with the environment that is there: ARGS="tests perf", --minutes 8 (see docs/how-to/gpu.md)
	@$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) -m tests.gpu.run $(ARGS)

format: $(DEV) ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lists: $(DEV) ## write the lists of plugins in README and docs from the registry
	$(BIN)/python -m tests.lists

clean: ## remove the environment and every cache, keep results
	rm -rf $(VENV) .wheel build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

# An environment: pip would compile every module of every package to bytecode on one core, which is half of its time. Here all
# cores do it, and where the tools of a developer are not wanted, only for what a run imports.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "inrbench needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(PIPOPT) --no-compile -c constraints.txt -e '$(1)'
endef

.PHONY: foreign
foreign:
	@echo "$(VENV) is the environment of another folder; it is made anew"
	rm -rf $(VENV)

$(STAMP): pyproject.toml constraints.txt $(FOREIGN)
	$(call install,.)
	@$(BIN)/python -c 'import torch._inductor.compile_fx' & \
		$(BIN)/python -c 'import inrbench.bench.commands, inrbench.report.writer, scipy.stats, seaborn, skimage.metrics'; wait
	@touch $@

$(DEV): pyproject.toml constraints.txt $(FOREIGN)
	$(call install,.[dev])
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true # packages hold templates that are no Python
	@touch $(STAMP) $@

$(VENV)/.docs: $(DEV)
	$(BIN)/python -m pip install $(PIPOPT) -c constraints.txt -e '.[docs]'
	@touch $@
