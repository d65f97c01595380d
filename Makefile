# Ten verbs at most. Each makes the virtual environment it needs, from pyproject.toml and constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PYTHONWARNINGS=ignore $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt
DATA ?= ../shared/data
# Where this is set to 1, as in some containers, every process compiles all of our code anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run run-full test lint bench soak eval fmt

run: $(VENV)/base  ## the whole product; the address is printed
	@$(BIN)/emoseum run

run-full: $(VENV)/full  ## the same with the large engines' libraries (torch, diffusers, transformers)
	@$(BIN)/emoseum run

test: $(VENV)/dev  ## everything, in about a quarter of an hour on two cores
	@sh tests/prepare.sh
	@$(BIN)/python -m pytest -n 4 --dist loadfile

soak: $(VENV)/fuzz  ## what is too long for `make test`, at full length once; then the fault suite twenty times in a row
	@sh tests/prepare.sh
	@$(BIN)/python -m tests.soak

lint: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

fmt: $(VENV)/dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/dev  ## figures for docs/lab.md
	@$(BIN)/python -m training.bench

eval: $(VENV)/dev  ## the small models on the data folder: make eval DATA=...
	@$(BIN)/python -m training.evaluate --data $(DATA)

$(VENV)/pip: constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@touch $@

$(VENV)/base: $(VENV)/pip pyproject.toml
	@echo "Installing Emoseum into $(VENV) (about a minute) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/full: $(VENV)/base
	@echo "Installing the large engines' libraries (several minutes) ..."
	@$(PIP) --editable '.[core,voice]'
	@touch $@

$(VENV)/dev: $(VENV)/base
	@$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/fuzz: $(VENV)/dev
	@$(PIP) --editable '.[dev,fuzz]'
	@touch $@
