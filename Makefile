# Two commands do everything: `make run` shows a demo city, `make test` proves it works.
# Nothing is needed beforehand but Python 3.11 or newer (Debian: python3 and python3-venv).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TYPESCRIPT := 7.0.2
AXE := 4.14.1
ICAL := 2.2.1
READY := $(VENV)/.ready-run
READY_DEV := $(VENV)/.ready-dev

.PHONY: run test check fmt new-migration pictures bench clean

run: $(READY)
	@$(BIN)/office360 demo $(ARGS)

# Two processes, each with its own databases and ports; whole files stay together, but for tests/support/xdist_scheduler.py.
test: $(READY_DEV)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/tsc --noEmit
	$(BIN)/python -m pytest -q tests/architecture

fmt: $(READY_DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The next migration, from what differs between tables and migrations: make new-migration ARGS="add a column"
new-migration: $(READY_DEV)
	@$(BIN)/python -m office360.server.migrations.new_migration $(ARGS)

# Every screen, to be looked at: make pictures ARGS="room ticket"
pictures: $(READY_DEV)
	$(BIN)/python -m tests.support.screenshots var/pictures $(ARGS)

# How fast turns are pushed, beside others and a ceiling: make bench ARGS="cost idle" (benchmarks/README.md)
bench: $(READY_DEV)
	@$(BIN)/python -m office360.benchmarks.push $(ARGS)

clean:
	rm -rf $(VENV) var build *.egg-info

# The dependencies' names are ours, their versions stand in constraints.txt; where they come from is the machine's business.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Office 360 needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "This Python cannot make environments. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Setting up (once)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . -c constraints.txt
	@touch $@

$(READY_DEV): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev -c constraints.txt
	@$(BIN)/npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix $(VENV)/node typescript@$(TYPESCRIPT) axe-core@$(AXE) ical.js@$(ICAL)
	@ln -sf ../node/node_modules/.bin/tsc $(BIN)/tsc
	@touch $@


