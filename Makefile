# One command runs the shop, another proves it. The work itself is done in site/config/.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
IN := PYTHONPATH=site exec $(VENV)/bin/python -m
export PORT

.PHONY: run test test-fast faults lint quality bench lock clean

run: $(VENV)/installed
	@$(IN) config.run

test: $(VENV)/installed
	@$(IN) config.check all

test-fast: $(VENV)/installed
	@$(IN) config.check fast

faults: $(VENV)/installed
	@$(IN) config.check faults

lint: $(VENV)/installed
	@$(IN) config.check static

quality: $(VENV)/installed
	@PYTHONPATH=site $(VENV)/bin/python -m config.check sweep
	@$(IN) config.quality

bench: $(VENV)/installed # SIZES='1000 10000', else 1000, 10 000 and 100 000 products
	@PYTHONPATH=site:. exec $(VENV)/bin/python -m tests.benchmarks $(SIZES)

$(VENV)/installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Etalase needs Python 3.11 or newer (make PYTHON=python3.12)")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'Python has no venv here. Type: sudo apt-get install python3-venv' >&2; exit 1; }
	@echo 'Installing the requirements into $(VENV)'
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

lock:
	for set in base observe dev s3 pdf; do UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --python-version 3.11 --universal \
		--generate-hashes --no-emit-index-url requirements/$$set.in -o requirements/$$set.txt || exit 1; done

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
