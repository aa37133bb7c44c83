# Two commands: `make ask` and `make test`. Both do all the set-up that they need.

VENV := .venv
PYTHON := $(VENV)/bin/python
BLIK := $(VENV)/bin/blik
Q ?= We willen 40 beveiligingscamera's aanbesteden voor de binnenstad. Waar moet ik op letten?
EXTRAS ?=
EMBEDDINGS ?=

ifneq ($(EMBEDDINGS),)
export BLIK_EMBEDDINGS := $(EMBEDDINGS)
ifneq ($(filter sentence-transformers%,$(EMBEDDINGS)),)
override EXTRAS := $(EXTRAS) sentence-transformers
endif
endif

empty :=
space := $(empty) $(empty)
comma := ,
JOINED := $(subst $(space),$(comma),$(strip $(EXTRAS)))
# One stamp for each set of extras, newer than what decides the installation.
RUN := $(VENV)/.installed-run-$(subst $(comma),-,$(JOINED))
TEST := $(VENV)/.installed-test-$(subst $(comma),-,$(JOINED))

.DEFAULT_GOAL := help
.PHONY: help ask bot chat ingest test test-long check vectors bench clean eval-peers
export Q

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

ask: $(RUN)  ## Answer a question: make ask Q="…" (EMBEDDINGS=sentence-transformers:MODEL for another model)
	@$(BLIK) ingest --prune --quiet || true
	@$(BLIK) ask -- "$$Q"

chat: $(RUN)  ## Talk, a line at a time
	@$(BLIK) ingest --prune --quiet || true
	@$(BLIK) chat

bot: $(RUN)  ## Answer buyers in Telegram (needs TELEGRAM_BOT_TOKEN and BLIK_OPEN=true or BLIK_ALLOWED_USERS, in .env)
	@$(BLIK) ingest --prune --quiet || true
	@exec $(BLIK) telegram

ingest: $(RUN)  ## Bring the library up to date with knowledge/
	@$(BLIK) ingest

test: $(TEST)  ## Run the tests (EXTRAS=sentence-transformers: also those of the other engine)
	$(PYTHON) -m pytest

test-long: $(TEST)  ## Run what takes long: kills, scale, full evals
	$(PYTHON) -m pytest -m long -rs

check: $(TEST)  ## Linters, types and the library's content
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(BLIK) check

vectors: $(TEST)  ## Renew the vectors of built-in documents that come with the program
	$(PYTHON) -m ingest.ship

bench: $(TEST)  ## Measure speed and memory, as ratios
	$(PYTHON) -m tests.benchmarks.speed

clean:  ## Remove the virtual environment and the data folder var/
	rm -rf $(VENV) var

$(VENV)/bin/pip:
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
		|| { echo "Python 3.11 or 3.12 is needed; python3 is another version."; exit 1; }
	python3 -m venv $(VENV)

$(RUN): $(VENV)/bin/pip pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (some minutes the first time) …"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.$(addprefix [,$(addsuffix ],$(JOINED)))'
	@touch $@

$(TEST): $(VENV)/bin/pip pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (some minutes the first time) …"
	@$(PYTHON) -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[test$(subst $(space),,$(foreach extra,$(EXTRAS),$(comma)$(extra)$(comma)test-$(extra)))]'
	@touch $@

# The environment and the results of the comparison with other libraries stand apart from ours.
PEERS := tests/evals/peers
PEERS_VENV := var/evals/peers-venv

eval-peers: $(PEERS_VENV)/.installed  ## Search with the defaults of LangChain, LlamaIndex and Haystack (long the first time)
	$(PEERS_VENV)/bin/python $(PEERS)/run.py knowledge tests/evals/data/search.questions.tsv var/evals/peers.json

$(PEERS_VENV)/.installed: $(PEERS)/requirements.txt
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
		|| { echo "Python 3.11 or 3.12 is needed; python3 is another version."; exit 1; }
	@echo "Installing into $(PEERS_VENV) (some minutes the first time) …"
	@python3 -m venv $(PEERS_VENV)
	@$(PEERS_VENV)/bin/python -m pip install -qq --disable-pip-version-check -r $(PEERS)/requirements.txt
	@touch $@
