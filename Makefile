# Everything a person does with this checkout. Each target sets itself up first; a second run starts at once.

python := .venv/bin/python
setup := packaging/linux/setup.sh

.DEFAULT_GOAL := help
.PHONY: help run test gauntlet quiet shots lint format bench soak lock clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  ARGS=… is handed on, as in: make run ARGS=--help, make test ARGS='tests/unit -k viewport'"

run: ## open the gallery; on a machine without a display, tour it and write build/tour/*.png
	@$(setup) runtime
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		exec .venv/bin/vaultsecure $(ARGS); \
	else \
		echo "No display here: touring the program on a private one instead, pictures in build/tour/."; \
		exec $(python) -m tests.tour $(ARGS); \
	fi

test: ## run every test
	@$(setup) dev
	@# Root could install every part that tests start, so none may be missing then; REQUIRE_PARTS=0 allows it.
	@REQUIRE_PARTS=$${REQUIRE_PARTS:-$$([ "$$(id -u)" != 0 ] || echo 1)} \
		$(python) -m pytest -n 2 --dist loadfile $(ARGS)

gauntlet: ## run every capture tool against the program, for hours, and print the table; ARGS=--help
	@$(setup) gauntlet
	@$(python) -m tests.protection.gauntlet $(ARGS)

quiet: ## work beside the program for an hour, in which it must see no capture; ARGS=MINUTES
	@$(setup) gauntlet
	@$(python) -m tests.protection.gauntlet.quiet $(ARGS)

shots: ## take 48 screenshots of marked pictures, and trace each; ARGS='--keep FOLDER'
	@$(setup) dev
	@$(python) -m tests.protection.gauntlet.shots $(ARGS)

lint: ## check style, types and the house's import rules
	@$(setup) dev
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy
	.venv/bin/lint-imports

format: ## put the code into its one shape
	@$(setup) dev
	$(python) -m ruff check --fix
	$(python) -m ruff format

bench: ## measure; no figure passes or fails
	@$(setup) dev
	@for file in $(filter-out tests/bench/bench_soak.py,$(wildcard tests/bench/bench_*.py)); do \
		$(python) -m tests.bench.$$(basename $$file .py) $(ARGS) || exit; \
	done

soak: ## measure for an hour whether anything grows; ARGS='MINUTES VIEWERS'
	@$(setup) dev
	@$(python) -m tests.bench.bench_soak $(ARGS)

lock: ## remake the lock files; ARGS=--upgrade takes the newest versions
	@packaging/linux/lock.sh $(ARGS)

clean: ## remove what was built, the virtual environment included
	rm -rf .venv build dist .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
