.DEFAULT_GOAL := help
SHELL := /bin/bash
BASE_PYTHON ?= python3
VENV := .venv
PYTHON := $(VENV)/bin/python
TRAIN_VENV := .venv-train
TRAIN_PYTHON := $(TRAIN_VENV)/bin/python
STUBS := pawtrait/.made
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# ---- set-up: each target makes what is missing, and nothing twice -------------------------------

$(VENV)/.run: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) …"
	@test -x $(PYTHON) || $(BASE_PYTHON) -m venv $(VENV)
	@$(PYTHON) $(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Adding the tools for tests and checks …"
	@$(PYTHON) $(PIP_INSTALL) --editable '.[dev,dlib]'
	@touch $@

$(TRAIN_VENV)/.made: pyproject.toml constraints.txt
	@echo "Setting up $(TRAIN_VENV) with PyTorch, several gigabytes …"
	@test -x $(TRAIN_PYTHON) || $(BASE_PYTHON) -m venv $(TRAIN_VENV)
	@$(TRAIN_PYTHON) $(PIP_INSTALL) --editable '.[train,dev,dlib]'
	@# ultralytics asks for the OpenCV with windows, which needs a display's libraries and lies in the
	@# same folder as the headless one: leave only the headless one.
	@$(TRAIN_PYTHON) -m pip uninstall --quiet --yes opencv-python
	@$(TRAIN_PYTHON) $(PIP_INSTALL) --no-deps --force-reinstall opencv-python-headless
	@touch $@

$(STUBS): $(shell find protos -name '*.proto') $(VENV)/.run
	@rm -rf pawtrait
	@PATH=$(CURDIR)/$(VENV)/bin:$$PATH $(PYTHON) -m grpc_tools.protoc -Iprotos --python_out=. --grpc_python_out=. \
		--mypy_out=quiet:. --mypy_grpc_out=quiet:. $(shell find protos -name '*.proto')
	@touch pawtrait/py.typed $@

.PHONY: setup setup-dev setup-train protos
setup: $(VENV)/.run $(STUBS)  ## set up what running needs
setup-dev: setup $(VENV)/.dev  ## … and what tests and checks need
setup-train: setup $(TRAIN_VENV)/.made  ## … and what training needs (PyTorch)
protos: $(STUBS)  ## generate the stubs from protos/

# ---- running -------------------------------------------------------------------------------------

.PHONY: run demo
run: setup  ## start everything on loopback (PORT=8000, DATA_DIR=.data)
	@exec $(PYTHON) -m shared.launcher

demo: setup  ## photo to icon once: make demo PHOTO=dog.jpg
	@$(PYTHON) -m shared.launcher.demo $(if $(PHOTO),"$(PHOTO)")

# ---- checking ------------------------------------------------------------------------------------

.PHONY: test test-train test-slow lint format
test: setup-dev  ## unit, integration and browser tests
	@$(PYTHON) -m pytest -m "not train and not slow"

test-train: setup-train  ## smoke tests of the training code
	@$(TRAIN_PYTHON) -m pytest -m train

test-slow: setup-dev  ## long fault and scale suites
	@$(PYTHON) -m pytest -m slow

lint: setup-dev  ## style, types, contracts and what bandit finds
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(PYTHON) -m mypy
	@$(VENV)/bin/buf lint protos
	@$(VENV)/bin/bandit --quiet --recursive --configfile pyproject.toml gateway services shared deploy

format: setup-dev  ## put the code into its style
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

# ---- measuring -----------------------------------------------------------------------------------

.PHONY: bench evaluate evaluate-dlib evaluate-noses evaluate-faces
bench: setup-dev  ## speed and memory; with PyTorch set up, also the ratio to the older design
	@$(PYTHON) -m tests.bench $(BENCH)

evaluate: setup-dev  ## accuracy on validation photos
	@mkdir -p out
	@$(PYTHON) -m services.facecolor.evaluate_detector
	@$(PYTHON) -m services.facecolor.evaluate_colours
	@$(PYTHON) -m services.facecolor.evaluate_detector --write-boxes out/head_boxes.csv
	@$(PYTHON) -m services.traits.evaluate --head-boxes out/head_boxes.csv --out out/traits.json
	@$(PYTHON) -m services.noseprint.evaluate_detector
	@$(PYTHON) -m services.noseprint.evaluate --real --out out/real_noses.json
	@$(MAKE) --no-print-directory evaluate-faces
	@if test -x $(TRAIN_PYTHON); then $(MAKE) --no-print-directory evaluate-noses; \
		else echo "synthetic noses and their baselines are left out: they need make setup-train"; fi

evaluate-noses: setup-train  ## nose prints on synthetic individuals never trained on, beside plain baselines
	@mkdir -p out
	@$(TRAIN_PYTHON) -m services.noseprint.training.embedder_recipe runs/nose-embedder --only test
	@$(TRAIN_PYTHON) -m services.noseprint.evaluate --synthetic runs/nose-embedder/sets/test \
		--out out/synthetic_noses.json

evaluate-faces: setup-dev  ## types of faces on validation photos and on breeds never trained, beside the breed's type
	@mkdir -p out
	@test -f out/head_boxes.csv || $(PYTHON) -m services.facecolor.evaluate_detector --write-boxes out/head_boxes.csv
	@$(PYTHON) -m services.traits.write_breeds --head-boxes out/head_boxes.csv --out out/breeds.csv
	@$(PYTHON) -m services.facetype.evaluate --breeds out/breeds.csv --figures out/facetypes --out out/facetypes.json

evaluate-dlib: setup-dev  ## the head detector beside dlib's, on samples: make evaluate-dlib DLIB=dogHeadDetector.dat
	@$(PYTHON) -m services.facecolor.evaluate_detector --sample 20 --dlib $(or $(DLIB),../shared/data/pretrained/dogHeadDetector.dat)

# ---- training ------------------------------------------------------------------------------------

.PHONY: train-traits train-detector train-colours
# TRAIN holds further arguments of the command; its --help lists them.
train-traits: setup-train  ## train the traits network
	@$(TRAIN_PYTHON) -m services.traits.training.train $(or $(TRAIN),--out runs/traits)

train-detector: setup-train  ## train the head detector
	@$(TRAIN_PYTHON) -m services.facecolor.training.detector.recipe $(or $(TRAIN),runs/detector)

train-colours: setup-train  ## train the colour head
	@$(TRAIN_PYTHON) -m services.facecolor.training.colour_head $(TRAIN)

.PHONY: train-nose-detector
train-nose-detector: setup-train  ## train the nose detector
	@$(TRAIN_PYTHON) -m services.noseprint.training.detector_recipe $(or $(TRAIN),runs/nose-detector)

.PHONY: train-nose-embedder nose-sheet
train-nose-embedder: setup-train  ## grow synthetic noses, train the nose embedder on them, calibrate
	@$(TRAIN_PYTHON) -m services.noseprint.training.embedder_recipe $(or $(TRAIN),runs/nose-embedder)

nose-sheet: setup-dev  ## draw synthetic noses, with REAL=folder of photos per dog beside real ones
	@mkdir -p out
	@$(PYTHON) -m services.noseprint.synthesis.sheet --out out/noses.jpg $(if $(REAL),--real "$(REAL)")

# ---- deploying -----------------------------------------------------------------------------------

.PHONY: image secrets model-hashes
image:  ## build the container image (BASE_IMAGE=… names what it is built on)
	@docker build --tag pawtrait:local $(if $(BASE_IMAGE),--build-arg BASE_IMAGE="$(BASE_IMAGE)") .

secrets:  ## make passwords and keys for docker compose; for Kubernetes: make secrets FOLDER=k8s/overlays/small/secrets
	@$(BASE_PYTHON) deploy/make_secrets.py $(FOLDER)

model-hashes: setup  ## write SHA256SUMS beside the weights, after they were changed on purpose
	@$(PYTHON) -m shared.model_files

.PHONY: train-face-parts train-face-types
# FACES is a COCO folder whose categories are <label>/<part>; by default one made of the training photos.
FACES ?= runs/faces/coco
runs/faces/coco/annotations.json:
	@mkdir -p runs/faces
	@$(TRAIN_PYTHON) -m services.facecolor.evaluate_detector --write-boxes runs/faces/heads.csv
	@$(TRAIN_PYTHON) -m services.noseprint.evaluate_detector --write-boxes runs/faces/noses.csv
	@$(TRAIN_PYTHON) -m services.facetype.labelling.autolabel --out runs/faces/coco \
		--heads runs/faces/heads.csv --noses runs/faces/noses.csv

train-face-parts: setup-train $(FACES)/annotations.json  ## train the detector of the parts of a face and the gate
	@$(TRAIN_PYTHON) -m services.facetype.training.parts_train $(FACES) --out runs/faces/parts \
		--target services/facetype/catalogues/dogs/parts.onnx $(TRAIN)
	@$(TRAIN_PYTHON) -m services.facetype.training.looks_train $(FACES)
	@$(TRAIN_PYTHON) -m services.facetype.training.gate_fit $(FACES) --write

train-face-types: setup-train $(FACES)/annotations.json  ## train the reader of types of faces
	@mkdir -p runs/faces
	@$(TRAIN_PYTHON) -m services.facetype.training.false_faces $(FACES) --out runs/faces/false_faces.csv \
		--detector services/facecolor/model/head_detector.onnx
	@test -d runs/faces/painted || { $(TRAIN_PYTHON) -m services.icon.portraits runs/faces/portraits --count 240 --seed 777 \
		--size 400 300 && $(TRAIN_PYTHON) -m services.facetype.training.painted_faces runs/faces/portraits \
		--out runs/faces/painted; }
	@$(TRAIN_PYTHON) -m services.facetype.training.reader_train $(FACES) --out runs/faces/types \
		--false-faces runs/faces/false_faces.csv --further runs/faces/painted $(or $(TRAIN),--install)

# ---- the rest ------------------------------------------------------------------------------------

.PHONY: help clean
clean:  ## remove environments and everything generated
	rm -rf $(VENV) $(TRAIN_VENV) pawtrait *.egg-info .mypy_cache .ruff_cache .pytest_cache

help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*##' '{printf "  make %-20s%s\n", $$1, $$2}'
