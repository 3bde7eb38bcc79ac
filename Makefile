# The commands of a developer. `make demo` and `make test` need nothing but Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
MARKS ?= not wheel

.PHONY: install demo test lint format lock picture bench bench-peers clean

install: .venv/installed

.venv/installed: .requirements/lock.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed; say which with make PYTHON=..." >&2; exit 1; }
	@echo "Installing into .venv (a minute or two the first time) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .requirements/lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	@$(BIN)/digest demo --folder demo

test: install lint
	$(BIN)/python -m pytest -m "$(MARKS)"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	@$(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.*'
	.venv/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --all-extras --group dev --custom-compile-command "make lock" pyproject.toml -o .requirements/lock.txt

picture: demo
	$(BIN)/python docs/picture.py demo docs/issue.png

bench: install
	$(BIN)/python -m benchmarks

bench-peers:
	@$(PYTHON) -m venv .venv/peers
	@.venv/peers/bin/python -m pip install --quiet --disable-pip-version-check reader==3.26 rss2email==3.14 sgmllib3k==1.0.0 datasketch==2.0.0 scikit-learn==1.9.1

clean:
	rm -rf .venv demo dist
