# make demo, make test: each sets up everything it needs. Debian, Python 3.11 or newer, make, git.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# GPU=1 also installs CUDA for TensorFlow
LOCK := $(if $(GPU),requirements-gpu.lock,requirements.lock)
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo repro test lint format ui lock clean

help:
	@echo "make demo    run the whole pipeline on drawn pictures (minutes, no account, no GPU)"
	@echo "make repro   run it on the source that params.yaml names (Kaggle by default)"
	@echo "make ui      open MLflow on the runs"
	@echo "make test    run the tests          make lint   ruff and mypy"
	@echo "make setup   only make the environment in $(VENV) (GPU=1: with CUDA)"

setup: $(VENV)/installed-$(LOCK)

$(VENV)/installed-$(LOCK): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) must be Python 3.11 or newer with venv (Debian: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	$(BIN)/python -m dogs_vs_cats.demo

repro: setup
	$(BIN)/dvc repro

test: setup
	$(BIN)/pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# DIR=.demo opens the demo's runs
ui: setup
	cd $(or $(DIR),.) && $(BIN)/mlflow ui --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

lock:
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file requirements.lock
	uv pip compile pyproject.toml --extra dev --extra gpu --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--constraint requirements.lock --output-file requirements-gpu.lock

clean:
	rm -rf $(VENV) .demo
