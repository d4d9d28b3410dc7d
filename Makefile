# `make demo` and `make test` set everything up by themselves; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMPS := $(VENV)/.stamps

# What each stamp installs beside the package itself, as extras of setup.cfg.
extras_demo := render,plot
extras_test := test,render,plot
extras_bench := bench
extras_dev := dev
extras_torch := torch
# What `make bare` needs beside the package.
TOOLS := pytest pytest-xdist hypothesis scipy

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test slow compare bare sanitize notebooks bench lint types clean
.PHONY: begin-anew

help:
	@echo "make demo       train a small LeNet on handwritten digits, check hand derivations, write pictures"
	@echo "make test       the test-suite"
	@echo "make slow       the tests that take longer, those in a browser among them where Chromium is installed"
	@echo "make compare    the tests against PyTorch, which it installs"
	@echo "make bare       the main tests where there is no compiler: installed anew, without the compiled kernels"
	@echo "make sanitize   the tests of the compiled kernels under address and undefined-behaviour sanitizers"
	@echo "make notebooks  the notebooks made anew from their scripts, and executed"
	@echo "make bench      the benchmarks beside PyTorch, micrograd and others"
	@echo "make lint       ruff: style and format"
	@echo "make types      mypy"
	@echo "make clean      remove .venv and everything else that is made"
	@echo
	@echo "ARGS=\"...\"      options of the program: make demo ARGS=\"--help\", make test ARGS=\"-k conv2d\""
	@echo "PYTHON=...      the Python (3.11 or newer) to set up with; now: $(PYTHON)"

# One thread, here and in the tests: on small nets more threads mostly wait for each other.
demo test slow compare bare sanitize: export OMP_NUM_THREADS ?= 1

demo: $(STAMPS)/demo
	@$(PY) -m nn.demo $(ARGS)

test: $(STAMPS)/test
	$(PY) -m pytest -q -n 2 $(ARGS)

slow: $(STAMPS)/test
	$(PY) -m pytest -q -n 2 -m slow $(ARGS)

compare: $(STAMPS)/test $(STAMPS)/torch
	CHALKGRAD_REQUIRE_TORCH=1 $(PY) -m pytest -q -n 2 -m "slow or not slow" -k torch $(ARGS)

# Installed as by somebody without a compiler, and run from elsewhere, so that nothing comes from this folder.
bare: $(STAMPS)/test
	$(call source_archive,$(VENV)/bare)
	$(PYTHON) -m venv $(VENV)/bare/venv
	CC=false $(VENV)/bare/venv/bin/python -m pip install --quiet $(VENV)/bare/*.tar.gz $(TOOLS)
	cd $(VENV)/bare && venv/bin/python -c 'from autograd.native import native; assert native is None'
	cd $(VENV)/bare && venv/bin/pytest -q -n 2 -c ../../pyproject.toml -o pythonpath= -p no:cacheprovider $(ARGS) \
	    $(addprefix ../../tests/,autograd/kernels autograd/native autograd/test_engine.py autograd/test_config.py \
	    autograd/test_steps.py nn)

# Python is not built so, hence the LD_PRELOAD. The cache of freed memory is off at first: large arrays, too, then lie
# between bytes that must not be touched.
sanitize: $(STAMPS)/test
	$(call source_archive,$(VENV)/sanitized)
	CC=gcc CFLAGS="-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined" \
	    $(PY) -m pip install --quiet --no-deps --target $(VENV)/sanitized/package $(VENV)/sanitized/*.tar.gz
	export LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 CHALKGRAD_CACHE_LIMIT=0 CI=true \
	    PYTHONPATH=$(VENV)/sanitized/package && \
	$(PY) -P -c 'from autograd.native import native; assert "/sanitized/" in native.__file__' && \
	$(PY) -m pytest -q -n 2 -o pythonpath=$(VENV)/sanitized/package -p no:cacheprovider tests/autograd/native $(ARGS)

# As it would be published. What is built from it leaves nothing in this folder that a later build could take up.
define source_archive
	rm -rf $(1)
	$(PY) -m build --sdist --outdir $(1) . >/dev/null
endef

notebooks: $(STAMPS)/test
	$(PY) notebooks/build.py $(ARGS)

bench: $(STAMPS)/bench $(STAMPS)/peers
	$(PY) -m benchmarks $(ARGS)

lint: $(STAMPS)/dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(STAMPS)/dev
	$(PY) -m mypy

clean:
	rm -rf $(VENV) build dist *.egg-info demo-output browser-shots .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is made when its installation has ended well: `package` is the package itself, with its kernels compiled anew
# where a C file has changed, and every other one what its extras ask for. `under-way` lies there during
# every set-up: one that was cut short is begun anew.
$(STAMPS)/package: setup.cfg pyproject.toml setup.py $(wildcard autograd/native/*.c autograd/native/*.h) \
    $(if $(wildcard $(STAMPS)/under-way),begin-anew)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "chalkgrad needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1)"; \
	    echo "give another one:  make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@if [ -e $(STAMPS)/under-way ] || ! $(PY) -m pip --version >/dev/null 2>&1; then \
	    echo "Setting up $(VENV) ..."; \
	    $(PYTHON) -m venv --clear $(VENV) || { \
	        echo "$(PYTHON) cannot make a virtual environment: is its venv module installed (Debian: python3-venv)?"; \
	        rm -rf $(VENV); exit 1; }; \
	fi
	@mkdir -p $(STAMPS) && touch $(STAMPS)/under-way
	@echo "Installing chalkgrad into $(VENV) ..."
	@rm -f autograd/_native.*
	@$(PY) -m pip install --quiet --editable .
	@rm $(STAMPS)/under-way && touch $@

$(STAMPS)/%: setup.cfg $(STAMPS)/package
	@echo "Installing what chalkgrad[$(extras_$*)] needs ..."
	@touch $(STAMPS)/under-way
	@$(PY) -m pip install --quiet 'chalkgrad[$(extras_$*)]'
	@rm $(STAMPS)/under-way && touch $@

# HIPS autograd is imported under our name: it goes into a folder of its own, which only benchmarks/hips.py sees.
$(STAMPS)/peers: $(STAMPS)/bench
	@$(PY) -m pip install --quiet --no-deps --upgrade --target $(VENV)/peers autograd==1.8.0
	@touch $@
