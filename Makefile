.DEFAULT_GOAL := help
VENV := .venv
PYTHON := $(VENV)/bin/python
BASE_PYTHON ?= python3
STUBS := pawtrait/.made

$(STUBS): $(shell find protos -name '*.proto')
	@rm -rf pawtrait
	@$(PYTHON) -m grpc_tools.protoc -Iprotos --plugin=protoc-gen-mypy=$(VENV)/bin/protoc-gen-mypy \
		--plugin=protoc-gen-mypy_grpc=$(VENV)/bin/protoc-gen-mypy_grpc \
		--python_out=. --grpc_python_out=. --mypy_out=. --mypy_grpc_out=. $^
	@touch pawtrait/py.typed $@

.PHONY: protos
protos: $(STUBS)  ## generate the stubs from protos/
