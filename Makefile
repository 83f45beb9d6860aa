# `make soak SCENARIO=50symbols` and `make test` are all a newcomer needs; each sets itself up first.
#
#   make soak SCENARIO=name|RESUME=result [CONTROLS=short|long SCALE= SEEDS= MAX_SEEDS= FIRST_SEED= HOURS=
#        ANCHORS=minutes CONFIGS= REVISIONS=v1.4,main JOBS= OUT= VERBOSE=1]
#   make sweep SCENARIO=name NAME=sweep [OVER=key=a,b SCALE= SEEDS= HOURS= CONFIGS= JOBS= OUT= ON= DRY=1]
#   make compare A=result [B=result]      make plot RESULT=latest [VERBOSE=1]      make list
#   make control [SCENARIO=name SHORT=1 SCALE= JOBS= OUT=]
#   make repeat [SCENARIO=name TIMES=100 LEAK=budgets FIRST_SEED=1001]
#   make scales [SCENARIO=name SCALES=0.1,0.4,1 SEEDS= CONFIGS= JOBS=]
#   make test   make test-long   make exam   make torture [TRIALS= SEED= TRIAL=]   make check   make bench   make calibrate   make modules   make nightly   make clean

SCENARIO ?= 50symbols
RESULT ?= latest
A ?= latest
B ?=
PYTHON ?= python3

BIN := .venv/bin
READY := .venv/.ready
export PIP_DISABLE_PIP_VERSION_CHECK = 1

OPTIONS := $(if $(SCALE),--scale $(SCALE)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(MAX_SEEDS),--max-seeds $(MAX_SEEDS)) \
           $(if $(FIRST_SEED),--first-seed $(FIRST_SEED)) $(if $(HOURS),--hours $(HOURS)) $(if $(ANCHORS),--anchor-minutes $(ANCHORS)) $(if $(CONFIGS),--configs $(CONFIGS)) \
           $(if $(JOBS),--jobs $(JOBS)) $(if $(OUT),--out $(OUT)) $(if $(CONTROLS),--controls $(CONTROLS))
CONTROL_OPTIONS := $(if $(SHORT),--short) $(if $(SCALE),--scale $(SCALE)) $(if $(JOBS),--jobs $(JOBS)) $(if $(OUT),--out $(OUT))
SCALES_OPTIONS := $(if $(SCALES),--scales $(SCALES)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(CONFIGS),--configs $(CONFIGS)) \
                  $(if $(JOBS),--jobs $(JOBS)) $(if $(OUT),--out $(OUT))
SWEEP_OPTIONS := $(if $(OVER),--over $(OVER)) $(if $(SCALE),--scale $(SCALE)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(HOURS),--hours $(HOURS)) \
                 $(if $(CONFIGS),--configs $(CONFIGS)) $(if $(JOBS),--jobs $(JOBS)) $(if $(OUT),--out $(OUT)) $(if $(ON),--on $(ON)) $(if $(DRY),--dry-run)
REPEAT_OPTIONS := $(if $(filter file,$(origin SCENARIO)),,$(SCENARIO)) $(if $(TIMES),--times $(TIMES)) $(if $(LEAK),--leak $(LEAK)) $(OPTIONS)

.PHONY: help setup soak sweep control compare plot list test test-long exam torture check bench calibrate repeat scales modules nightly clean

help:
	@sed -n '3,10s/^# *//p' Makefile

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing: install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is $$($(PYTHON) -V 2>&1): Python 3.11 or newer is needed (make PYTHON=python3.12 ... names another)" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) has no venv: install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 2; }
	@echo "Setting up .venv (once; a minute or so) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install -qq --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

# Ends with what the exit code means, below the screen: make's own "Error 4" says nothing to a newcomer.
soak: $(READY)
	@$(BIN)/soak run $(if $(RESUME),--resume $(RESUME),$(SCENARIO)) $(if $(REVISIONS),--revisions $(REVISIONS)) $(OPTIONS) $(if $(VERBOSE),--verbose); code=$$?; case $$code in \
	  0) ;; \
	  1) echo "Missed (1): something that was expected does not hold; the lines marked missed say what." ;; \
	  2) echo "Not started (2): the line above says what to change." ;; \
	  3) echo "No verdict (3): it is incomplete or no evidence; what it says first is why. Mend that, run it again." ;; \
	  4) echo "Undecided (4), not failed: run it again with what is Next above: HOURS= SEEDS= MAX_SEEDS= ANCHORS=" ;; \
	  *) echo "Ended by something else ($$code): run it again." ;; \
	esac >&2; exit $$code

# A scenario at every setting of the axes that it declares as [sweeps.NAME].
sweep: $(READY)
	@$(BIN)/soak sweep $(SCENARIO) $(NAME) $(SWEEP_OPTIONS)

# What is known beforehand must be found: exit code 3 where it is not.
control: $(READY)
	@$(BIN)/soak control $(SCENARIO) $(CONTROL_OPTIONS)

compare: $(READY)
	@$(BIN)/soak compare $(A) $(B)

plot: $(READY)
	@$(BIN)/soak report $(RESULT) $(if $(VERBOSE),--verbose)

list: $(READY)
	@$(BIN)/soak list

# Tests that run real soaks come second, two at a time: each takes memory and cores enough. Both parts run even if one fails.
# (Not xdist's loadgroup: with pytest 9.2 it keeps no tests together.)
test: check
	@$(BIN)/pytest -m "not soak and not long and not exam" --numprocesses logical --maxprocesses 4 --dist worksteal; code=$$?; \
	  $(BIN)/pytest -m "soak and not long" --numprocesses 2 --dist worksteal && exit $$code

# Soaks of ten seconds and more, two at a time; then what wants the machine for itself, such as controls in real time.
test-long: $(READY)
	@$(BIN)/pytest -m "long and not alone" --numprocesses 2 --dist worksteal; code=$$?; \
	  $(BIN)/pytest -m "long and alone" && exit $$code

# 72 programs whose truth is known, written by somebody who had not read the instrument. Twenty minutes or so.
exam: $(READY)
	@$(BIN)/pytest -m exam --numprocesses 2 tests/exam

# Soaks whose processes are killed, stopped and interrupted at drawn instants, on full disks, with hostile targets, and then
# resumed: what is promised under faults must hold. Twenty seconds a trial; what breaks one prints the command that replays it.
torture: $(READY)
	@$(BIN)/python -m tests.torture $(if $(TRIALS),--trials $(TRIALS)) $(if $(SEED),--seed $(SEED)) $(if $(TRIAL),--trial $(TRIAL))

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/pytest tests/benchmarks --benchmark-enable --benchmark-only --override-ini addopts='--import-mode=importlib'

# How often the verdicts err, on synthetic curves: writes docs/reference/calibration.md. Some minutes.
calibrate: $(READY)
	@$(BIN)/python -P -m harness.calibration

# How often a whole soak is red or undecided, each repetition with fresh seeds; with LEAK=3 it should always be red. Hours.
# Ends with docs/reference/repetitions.md; what is recorded in results/repetitions is resumed.
repeat: $(READY)
	@$(BIN)/python -P -m harness.calibration.repetitions $(REPEAT_OPTIONS)

# Every config at every scale up to the largest that fits: writes docs/reference/scales.md. An hour and a half on two cores.
scales: $(READY)
	@$(BIN)/python -P -m harness.calibration.scales $(SCENARIO) $(SCALES_OPTIONS)

# Every module in one line: writes docs/modules.md from the first lines of docstrings.
modules: $(READY)
	@$(BIN)/python -P tests/module_index.py

# Each with its controls first: where one does not hold, the soak is invalid (3). CONTROLS=short shortens those of both.
# The note's scenario must keep its verdicts, and may leave open (4) what the time for its anchor runs does not decide; the
# one whose leak no fix reaches must be caught: exit code 1, and no other; what it misses is no error in a log of GitHub.
nightly: test-long exam
	@$(BIN)/soak run 50symbols --controls long --max-seeds 6 --anchor-minutes 12 $(OPTIONS); code=$$?; \
	  if [ $$code -eq 4 ]; then echo "50symbols: something is open; what is decided is as it must be"; \
	  elif [ $$code -ne 0 ]; then exit $$code; fi
	@GITHUB_ACTIONS= $(BIN)/soak run residual --controls short $(OPTIONS); code=$$?; \
	  if [ $$code -eq 1 ]; then echo "residual: missed, as it must be"; \
	  elif [ $$code -eq 0 ]; then echo "residual: the leak was NOT caught" >&2; exit 1; \
	  else echo "residual: exit code $$code where a missed claim (1) was due" >&2; exit $$code; fi

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
