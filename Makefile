# Two commands: `make run` opens the county, `make test` proves it. Each sets up what it needs first.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data

.PHONY: run test test-real test-faults test-shifts test-radar test-lake fuzz check check-locks bench lock wheelhouse deb windows test-deb test-windows clean setup setup-dev

run: setup
	$(BIN)/zhian run $(ARGS)

# A worker a core, a file to each at a time; `make test SHARED=` runs one test after the other. A worker that dies ends
# the run: with another in its place, what was left of its file would be waited for without end.
SHARED ?= -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder
test: setup-dev check
	$(BIN)/python -m pytest -m "not real" $(SHARED) $(ARGS)

# Imports and plays the real files of a folder laid out as docs/real-data.md says.
test-real: setup-dev
	ZHIAN_REAL_DATA=$(abspath $(DATA)) $(BIN)/python -m pytest -m real $(ARGS)

# Kills, stops, cuts off and starves a running engine, and accounts for every message. As root also on a full disk.
SEED ?= 1
FAULTS ?= 200
test-faults: setup-dev
	$(BIN)/python -m tests.faults --seed $(SEED) --faults $(FAULTS) $(ARGS)

# Two shifts of the demo county in fast time: every alert ends in an outcome, every figure equals a count without SQL.
HOURS ?= 24
test-shifts: setup-dev
	$(BIN)/python -m tests.shifts --hours $(HOURS) --seed $(SEED) $(ARGS)

# The wave that is planned anew from radars, in SUMO in fast time, two of them failing on the way; ARGS=--calm: none.
RADAR_MINUTES ?= 60
test-radar: setup-dev
	$(BIN)/python -m tests.radar --minutes $(RADAR_MINUTES) --seed $(SEED) $(ARGS)

# Asks a distributed engine the same questions as DuckDB: Spark on two workers, one of which is killed. Needs a JRE 17.
test-lake: setup-dev
	$(BIN)/uv venv --quiet --allow-existing .venv-lake
	$(BIN)/uv pip sync --quiet --require-hashes --python .venv-lake requirements-lake.lock
	.venv-lake/bin/python -m pytest tests/lake/check_spark.py $(ARGS)

# Changes recorded messages at random and has every decoder read them, for as long as asked; with ARGS=--guided the
# code that an input reaches chooses the next (Linux).
MINUTES ?= 10
fuzz: setup-dev
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) --seed $(SEED) $(ARGS)

check: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Asks the package index: every locked wheel runs on the desktops we install on.
check-locks: setup-dev
	$(BIN)/python packaging/check_locks.py

bench: setup-dev
	$(BIN)/python -m benchmarks

lock: setup-dev
	$(BIN)/uv pip compile --quiet pyproject.toml --group install --universal --generate-hashes \
		--python-version 3.11 --no-header --output-file requirements.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group install --group dev --universal --generate-hashes \
		--python-version 3.11 --no-header --constraint requirements.lock --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group install --group dev --group lake --universal \
		--generate-hashes --python-version 3.11 --no-header --constraint requirements-dev.lock \
		--output-file requirements-lake.lock

# A folder of wheels for a machine without a network: copy it there and say `make run WHEELHOUSE=dir`.
wheelhouse:
	$(PYTHON) -m pip download --quiet --require-hashes --only-binary :all: --dest wheelhouse --requirement requirements.lock

# Installers, into dist/ (docs/install.md). WORK names the folder for what is made on the way, SIGN_KEY a minisign key.
deb: setup-dev
	$(BIN)/python packaging/make_deb.py

windows: setup-dev
	$(BIN)/python packaging/make_windows.py

# Installs, uses and removes what `make deb` made, in a clean Debian 11 and 12 without a network; as root.
test-deb: setup-dev
	$(BIN)/python packaging/try_deb.py $(ARGS)

# The same for what `make windows` made, under wine, as far as wine goes.
test-windows: setup-dev
	$(BIN)/python packaging/try_windows.py $(ARGS)

setup:
	@$(PYTHON) packaging/bootstrap.py run

setup-dev:
	@$(PYTHON) packaging/bootstrap.py dev

clean:
	rm -rf .venv .venv-lake out dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
