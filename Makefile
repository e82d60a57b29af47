# Two commands matter: `make run` and `make test`. The rest is for those who work on the house.
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.PHONY: setup
setup: ## Install what `make run` needs into .venv
	@bash deploy/setup.sh run

.PHONY: setup-test
setup-test:
	@bash deploy/setup.sh test

.PHONY: run
run: setup ## Set up and serve the demo at http://127.0.0.1:8080 (Ctrl-C stops it)
	@exec $(BIN)/amtsweg demo

.PHONY: clean-data
clean-data: ## Remove the demo's data in var/
	rm -rf var

.PHONY: lint
# B608 (SQL built from strings) is ruff's S608 here, with a reason at every exception.
lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -ll --skip B608 -r engine forms integrations storage web

.PHONY: test
test: lint ## Set up and run everything that CI checks; pytest's summary is the last line
	$(BIN)/pytest -q -n 2 --dist loadscope

.PHONY: golden
golden: setup-test ## Replay recorded traces of a trusted engine: make golden [DIR=...]
	$(BIN)/python -m tests.golden.replay $(DIR)

.PHONY: tck
tck: setup-test ## Run the DMN TCK: make tck [DIR=...]
	$(BIN)/python -m tests.tck.run $(DIR)

.PHONY: kill
kill: setup-test ## Kill web and worker 2,000 times while cases run
	AMTSWEG_KILLS=2000 $(BIN)/pytest -q -m kill --log-cli-level=INFO --log-cli-format='%(asctime)s %(message)s'

.PHONY: fuzz
fuzz: setup-test ## Feed parsers and forms with what a stranger might send, a minute each
	AMTSWEG_FUZZ_S=60 $(BIN)/pytest -q tests/engine/feel/test_fuzz.py tests/engine/dmn/test_strangers.py tests/forms/test_fuzz.py

.PHONY: bench
bench: setup-test ## Measure steps, inbox and decisions, as ratios in one run
	$(BIN)/amtsweg bench
	$(BIN)/amtsweg bench feel

.PHONY: screenshots
screenshots: setup-test ## Take pictures of every page at 390 and 1280 px into docs/screenshots
	$(BIN)/python -m tests.e2e.screenshots
