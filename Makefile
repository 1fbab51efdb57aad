# The only place where commands are spelled. `make demo` and `make test` need Python 3.9+, cargo and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CARGO ?= cargo

.PHONY: help demo test test-rust test-python lint format bench bench-peers growth build tables names honest mutate clean

help:
	@echo "make demo    build into a virtual environment of its own and scan the files of examples/"
	@echo "make test    Rust tests, Python tests, lint"
	@echo "make format  rewrite the sources as the linters want them"
	@echo "make bench   measure the workloads of benches/ in ten minutes (BENCH_FULL=1: full sizes)"
	@echo "make growth  check that the cost grows no faster than the input"
	@echo "make bench-peers  install other scanners, which make bench then runs beside this one"
	@echo "make tables  read the wheels of libraries again into the tables of safe callables"
	@echo "make names   read wheels again into the lists of Keras objects and TensorFlow ops"
	@echo "make honest  save objects of installed libraries and scan them: nothing above info"
	@echo "make mutate  scan 10,000 damaged copies of each kind of container"
	@echo "make clean   remove what was built"

# One stamp for the environment, one for what is installed in it: both are made anew when their inputs change.
$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/tools: $(VENV)/made pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev click
	touch $@

RUST_SOURCES := $(shell find rust -type f) Cargo.toml Cargo.lock

$(VENV)/built: $(VENV)/made pyproject.toml $(RUST_SOURCES)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

build: $(VENV)/built

demo: build
	@$(BIN)/modelaudit scan examples; code=$$?; \
	echo; echo "exit code $$code: 1 means that there are findings, which examples/suspicious_model.pkl is there for"; \
	test $$code -eq 1

test: lint test-rust test-python

test-rust:
	$(CARGO) test --release --locked --quiet

test-python: build $(VENV)/tools
	$(BIN)/python -m pytest --quiet

lint: build $(VENV)/tools
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets --quiet -- -D warnings
	$(CARGO) clippy --locked --features python --quiet -- -D warnings
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy

format:
	$(CARGO) fmt
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: build $(VENV)/tools
	$(BIN)/python benches/run.py

# Fails if the cost of something grows faster than the input.
growth: build $(VENV)/tools
	$(BIN)/python benches/growth.py

# Other scanners to measure beside this one, each in an environment of its own.
bench-peers: $(VENV)/made
	$(BIN)/python benches/peers.py

# Not needed to build: the tables are in the repository. Wheels are downloaded and read, nothing of them is installed.
tables:
	$(PYTHON) -m venv $(VENV)-tables
	$(VENV)-tables/bin/python tools/safe_tables.py

# The same for the names that Keras configurations and TensorFlow graphs may hold.
names:
	$(PYTHON) -m venv $(VENV)-tables
	$(VENV)-tables/bin/python tools/keras_tables.py
	$(VENV)-tables/bin/python tools/tensorflow_ops.py

# What mainstream libraries save, in every way they do: a scan has to find nothing above info.
honest: build
	$(PYTHON) -m venv $(VENV)-honest
	$(VENV)-honest/bin/python -m pip install --quiet --requirement tools/requirements.txt
	$(VENV)-honest/bin/python tools/honest_pickles.py $(VENV)-honest/files
	$(BIN)/modelaudit scan $(VENV)-honest/files

mutate: build $(VENV)/tools
	$(BIN)/python tests/mutations.py 10000

clean:
	rm -rf target $(VENV) $(VENV)-tables $(VENV)-honest benches/work
