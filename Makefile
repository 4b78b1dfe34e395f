SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PY      ?= python3
PORT    ?= 8000
VECTORS := contracts/tests/vectors
FILES   ?= $(wildcard $(VECTORS)/*.json)
UV      := .tools/bin/uv
RUN     := $(UV) run --no-sync
EXPORT  := $(UV) export --all-packages --all-groups --no-header --no-annotate --quiet
DISTS   := backoffice core contracts hosts/django plugins/domestic_card plugins/intl_card plugins/nganluong plugins/order_only protocols/onepay simulators storefront web
SOURCES := $(addsuffix /src,$(DISTS))
unexport PYTHONDONTWRITEBYTECODE VIRTUAL_ENV
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never

.PHONY: help demo test check fix bench docs simulate fuzz mutate vectors wheels lock browser
help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(UV):
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "need python3 >= 3.11 (or: make PY=/path/to/python3.11)"; exit 1; }
	$(PY) -m venv .tools || { echo "need the venv module (Debian: apt-get install python3-venv)"; exit 1; }
	.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'
.venv/.stamp: $(UV) requirements.lock pyproject.toml $(addsuffix /pyproject.toml,$(DISTS))
	@echo "setting up .venv from requirements.lock"
	$(UV) venv --quiet --allow-existing --python $(PY) .venv
	$(UV) pip sync --quiet requirements.lock
	@touch $@
browser:
	@test -x "$${PAYPORT_CHROMIUM:-}" || command -v chromium >/dev/null || { echo "obtaining Chromium for the browser tests" \
	  && [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	  || { echo "need Chromium: install it as root (Debian: apt-get install chromium), or name it in PAYPORT_CHROMIUM"; exit 1; }

demo: .venv/.stamp      ## the shop and a simulated gateway on SQLite: prints its address
	$(RUN) payport-storefront demo --port $(PORT)
test: .venv/.stamp browser  ## every test, those on PostgreSQL and in a browser included
	$(RUN) pytest -q -n 3 --dist loadgroup $(ARGS)
check: .venv/.stamp     ## lock, format, lint, types, layers, dependencies
	@$(EXPORT) | diff -q - requirements.lock >/dev/null || { echo 'requirements.lock is stale: make lock'; exit 1; }
	@! grep -nE '://' requirements.lock
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy $(SOURCES) tests/support tests/simulation benchmarks
	@for host in examples/*/shop.py; do $(CURDIR)/.venv/bin/mypy --no-error-summary $$host || exit 1; done
	$(RUN) lint-imports
	@for dist in $(DISTS); do (cd $$dist && $(CURDIR)/.venv/bin/deptry src); done
fix: .venv/.stamp       ## format, and mend what ruff can mend
	$(RUN) ruff format .
	$(RUN) ruff check --fix .
vectors: .venv/.stamp   ## run vector files against contracts and plugins: make vectors FILES="a.json b.json"
	$(RUN) python -m payport_contracts.kit.vectors $(FILES)
docs: .venv/.stamp      ## the site of docs/ into .build/site: open .build/site/index.html
	$(RUN) zensical build --clean --strict
bench: .venv/.stamp     ## ratios, measured within one run
	$(RUN) python -m benchmarks
simulate: .venv/.stamp  ## whole histories with faults, on one thread: make simulate SEED=1 RUNS=500
	PYTHONHASHSEED=0 $(RUN) python -m tests.simulation $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS))
fuzz: .venv/.stamp      ## look for a message that gets past a verifier: make fuzz SECONDS=600 (needs Linux, Python < 3.14)
	$(RUN) --with 'atheris>=3,<4' python -m tests.fuzz $(SECONDS)
mutate: .venv/.stamp    ## change the rules bit by bit; lists the changes that no test notices (minutes)
	mkdir -p .build/mutate/core/tests .build/mutate/tests/support && rm -rf .build/mutate/src .build/mutate/core/tests/rules
	cp -r core/src .build/mutate/ && cp -r core/tests/rules .build/mutate/core/tests/ && cp core/tests/mutate.toml .build/mutate/pyproject.toml && cp tests/support/bank_lines.py .build/mutate/tests/support/
	cd .build/mutate && $(CURDIR)/.venv/bin/mutmut run && $(CURDIR)/.venv/bin/mutmut results
wheels: .venv/.stamp    ## build every distribution into dist/
	$(UV) build --all-packages --wheel --quiet --out-dir dist
lock: $(UV)             ## resolve anew (moves nothing until exclude-newer moves)
	rm -f uv.lock
	$(EXPORT) > requirements.lock
