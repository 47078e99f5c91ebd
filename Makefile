# `sudo make demo` and `sudo make test` work on a fresh Debian 12; `make help` lists the rest.
SHELL := /bin/bash
BIN := .venv/bin
TOPOLOGY ?= topologies/pmipv6

.DEFAULT_GOAL := help
.PHONY: help provision install demo test lint format schema docs bench clean

help: ## what can be made
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

provision: ## install what is missing: system packages and .venv
	@vagrant/provision.sh

install: ## the same, and put dmm-testbed on everybody's PATH
	@vagrant/provision.sh --link

demo: provision ## run the PMIPv6 topology (another: TOPOLOGY=topologies/NAME)
	$(BIN)/dmm-testbed run $(TOPOLOGY)

test: provision lint ## every check, then every test but the benchmarks
	@vagrant/provision.sh --browser
	$(BIN)/python -m pytest -m "not benchmark and not alone" -n 3 --dist loadfile --ignore tests/scapy_layers
	$(BIN)/python -m pytest tests/scapy_layers # by themselves: they change how scapy reads packets
	$(BIN)/python -m pytest -m "alone"

lint: provision ## style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: provision ## put the code into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: provision ## write topologies/schema.json anew from the model
	$(BIN)/python -m testbed.protocols.schema

docs: provision ## write anew what in docs/ is generated: wire.md, network.svg, result.schema.json
	$(BIN)/python -m agents.wire.reference >docs/wire.md.new
	mv docs/wire.md.new docs/wire.md
	$(BIN)/python -c 'from testbed.evidence.report import planned_picture as picture; \
		from testbed.protocols import load; print(picture(load("pmipv6")))' >docs/network.svg.new
	mv docs/network.svg.new docs/network.svg
	$(BIN)/python -m testbed.evidence.schema >docs/result.schema.json.new
	mv docs/result.schema.json.new docs/result.schema.json

bench: provision ## the measured ratios, one table
	$(BIN)/python -m pytest -m benchmark tests/benchmarks -s

clean: ## remove .venv and caches; results/ stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
