# make run     set up, then start the charge point on simulated hardware
# make test    set up, then run the tests        (a part of them: make test ARGS=tests/nodes)
# make check   format, lint, types, layers       make fix     what of that can mend itself
# make bench   measure speed and memory          make docs    rewrite the generated parts
# make lock    choose new versions               make clean   remove what was built
# make home-assistant   try our messages at Home Assistant's own schemas, and at itself
#
# The first run makes .venv; a later one finds it ready.

BIN := .venv/bin
PIP := $(BIN)/python -m pip
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11

.PHONY: run test check fix docs bench lock clean page home-assistant
.DELETE_ON_ERROR:

run: .venv/.runtime page
	@test -f .demo/oppleo.yaml || $(BIN)/oppleo-flow init .demo --simulated
	@$(BIN)/oppleo-flow run .demo --flow flows/charge-point.yaml

test: .venv/.dev page
	$(BIN)/python -m pytest $(or $(ARGS),--numprocesses=auto --dist=loadfile --cov --cov-report=term-missing)

check: .venv/.dev
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python webui/frontend/build_page.py check

fix: .venv/.dev
	$(BIN)/ruff check --fix --exit-zero --quiet
	$(BIN)/ruff format --quiet

docs: .venv/.dev
	$(BIN)/oppleo-flow schema -o schemas
	$(BIN)/python -m tests.docs.generated

bench: .venv/.dev page
	$(BIN)/python -m tests.benchmarks $(if $(ROW),--row $(ROW)) $(if $(REPS),--reps $(REPS))

lock: .venv/.dev
	$(COMPILE) --group rfid --extra backup --extra mqtt --extra notify --extra pi --extra postgres \
		pyproject.toml -o requirements.lock
	$(COMPILE) --group pyproject.toml:build -o requirements-build.lock
	$(COMPILE) --group rfid --group build --group test --group lint --extra backup \
		--extra mqtt --extra notify --extra pi --extra postgres --extra holidays \
		-c requirements.lock -c requirements-build.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/python webui/frontend/build_page.py lock

# It is heavy and needs the Python it was made for: so it has an environment of its own, on request.
home-assistant: .venv/.dev .venv-home-assistant/.ready
	OPPLEO_FLOW_HOME_ASSISTANT=.venv-home-assistant/bin/python \
		$(BIN)/python -m pytest tests/oppleo_flow/systems/home_assistant/test_entities.py \
		tests/nodes/network/test_home_assistant_itself.py

.venv-home-assistant/.ready:
	$(BIN)/uv venv --quiet --python $(BIN)/python .venv-home-assistant
	$(BIN)/uv pip install --quiet --python .venv-home-assistant/bin/python \
		-r tests/nodes/network/home_assistant.txt
	@touch $@

clean:
	rm -rf .venv-home-assistant
	rm -rf build dist *.egg-info .coverage* htmlcov webui/static webui/frontend/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

page: .venv/.runtime
	@$(BIN)/python webui/frontend/build_page.py

# Hashes, and no address of any registry: whoever installs uses the registry that pip is set up for.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --upgrade

# The locks are complete, so nothing may add to them.  uv is quicker but does not read pip's
# configuration: where there is one (a mirror, a certificate), pip is used.
define install
	@echo "Installing $(1) into .venv"
	@if command -v uv >/dev/null && test -z "$$($(PIP) config list)"; then \
		uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes $(1:%=-r %); \
	else \
		$(PIP) install --quiet --no-deps --require-hashes $(1:%=-r %); \
	fi
endef

.venv/.made:
	@for python in $(PYTHONS); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$($$python --version)"; \
			$$python -m venv .venv && touch $@ && exit 0 || exit 1; \
		fi; \
	done; \
	echo "oppleo_flow needs Python 3.11 or newer; none of $(PYTHONS) is" >&2; exit 1

.venv/.runtime: .venv/.made requirements.lock requirements-build.lock setup.cfg pyproject.toml
	$(call install,requirements.lock requirements-build.lock)
	@echo "Building the web page"
	@$(BIN)/python webui/frontend/build_page.py
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(call install,requirements-dev.lock)
	@touch $@
