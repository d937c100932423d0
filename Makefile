# Every target makes .venv from the lock first, if it is missing or older than the lock.
PYTHON ?= python3
# Areas run at the same time by `make briefing`.
WORKERS ?= 1
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: briefing test lab explore bench check lock environment dictionary licences sbom audit release-check clean

briefing: $(READY)  ## run every sample area and print where the index is
	$(BIN)/xuewei run --all --workers $(WORKERS)

test: $(READY)  ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

lab: $(READY)  ## open JupyterLab on the notebooks
	$(BIN)/xuewei lab

explore: $(READY)  ## open the ad hoc studies
	$(BIN)/xuewei lab --explore

bench: $(READY)  ## measure speed and memory against a baseline in the same run
	$(BIN)/python -m benchmarks

check: $(READY)  ## style, types
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

dictionary: $(READY)  ## write the data dictionary from the contracts
	$(BIN)/python docs/make_dictionary.py

lock: $(READY)  ## compile requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --extra cluster --extra explore --group dev --python-version 3.11 \
	  --no-strip-extras --custom-compile-command "make lock" -q -o requirements.lock

environment: $(READY)  ## write environment.yml from pyproject.toml and the lock
	$(BIN)/python docs/make_environment.py

licences: $(READY)  ## write docs/licences.md from the lock and the packages' own metadata
	$(BIN)/python docs/make_licences.py

sbom: $(READY)  ## write build/sbom.json, the CycloneDX bill of materials of the environment
	mkdir -p build
	$(BIN)/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
	  -o build/sbom.json

audit: $(READY)  ## look for known weaknesses: in our code, and in the lock where the service answers
	$(BIN)/bandit -q -r src -ll
	$(BIN)/python docs/audit_lock.py

release-check: $(READY)  ## everything a release must keep, as one list of yes and no
	$(BIN)/python docs/release_check.py

clean:  ## remove results, never raw data
	rm -rf data/processed reports

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)
