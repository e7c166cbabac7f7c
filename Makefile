SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build man format check test kills fuzz sanitize demo lint docs bench lab notebooks notebooks-html \
  wheel wheel-test install clean

python := .libtorch/python/bin/python
lethe := .build/release/lethe

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-14s %s\n", $$1, $$2 }'

setup: ## install what is missing: libraries, libtorch, Fashion-MNIST; skips what is there
	@.ci/setup

build: ## build .build/release/lethe
	swift build -c release

format: ## format the sources in place
	swift format --in-place --recursive Sources Tests Package.swift

check: ## for the inner loop: formatting, build, all tests but those of the command
	@.ci/check

test: setup ## build and run the tests
	@.ci/test

kills: setup ## kill runs at every operation on a file, and go on each time; hours
	LETHE_KILLS=all swift test --filter KilledRunTests

fuzz: setup ## give every reader what libFuzzer makes of small files, 10 seconds each; FUZZ_SECONDS=3600 for an hour each
	@.ci/fuzz

sanitize: setup ## the tests that need no libtorch, under AddressSanitizer and ThreadSanitizer
	@.ci/sanitize

demo: setup build ## forgetting and L2-SP on Fashion-MNIST, into demo/report.html
	@.ci/demo

lint: ## formatting, undeclared imports, public declarations without a comment, shell and Python syntax
	swift format lint --strict --recursive Sources Tests Package.swift
	python3 .ci/imports
	python3 .ci/undocumented
	for script in $$(grep -lE '^#!.*bash' .ci/*); do bash -n "$$script"; done
	for script in $$(git ls-files '*.py') $$(grep -lE -d skip '^#!.*python3' .ci/*); do python3 -m py_compile "$$script"; done
	python3 Tests/Benchmarks/results.py --check

docs: ## the reference of all libraries, into .build/docs/index.html
	@.ci/docs

bench: setup build ## whole runs of lethe against the same in PyTorch, and how often intervals hold the truth
	@$(python) -c 'import safetensors' 2>/dev/null || $(python) -m pip install --quiet safetensors
	@$(python) -c 'import importlib.util as u; assert u.find_spec("torchvision")' 2>/dev/null || $(python) -m pip install --quiet --no-deps torchvision==0.28.0 pillow
	$(python) Tests/Benchmarks/bench.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_files.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_models.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_language.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_images.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_similarity.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_transfer.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_compare.py --lethe $(lethe)
	$(python) Tests/Benchmarks/bench_diagnose.py --lethe $(lethe)
	$(python) Tests/Benchmarks/scaling.py --lethe $(lethe) --measure --write
	$(python) Tests/Benchmarks/study_gauge.py --lethe $(lethe)
	$(python) Tests/Benchmarks/study_gauge.py --lethe $(lethe) --task language
	LETHE_SIMULATIONS=1 swift test --filter 'CoverageTests|FalseAlarmTests' | grep -E '^simulated|failed|error'

lab: setup build ## open the lessons in JupyterLab
	@.ci/lab

notebooks: setup build ## run every cell of the lessons, as a reader would
	@.ci/notebooks

notebooks-html: setup build ## the same, and the lessons with their outputs into .build/lessons/index.html
	@.ci/notebooks --html .build/lessons

wheel: setup ## a wheel for those who have PyTorch and no Swift, into .build/wheel; minutes the first time
	@.ci/static
	@.ci/bindings
	@.ci/wheel

wheel-test: wheel ## install the wheel in fresh environments and use it there
	@.ci/wheel-test

install: setup ## install the command to PREFIX (/usr/local), to be run without this checkout
	@.ci/static
	@.ci/bindings --own
	@.ci/install

man: build ## the manual pages of all commands, into .build/man/man1
	@$(lethe) --generate-manual .build/man/man1 | tail -1

clean: ## remove build products and the demo's output; keeps .libtorch
	rm -rf .build demo
