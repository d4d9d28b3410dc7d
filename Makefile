# `make help` lists the targets. Each sets up .venv by itself, the first time and whenever what it is made from changes.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
COMPILED_FROM := $(shell find autograd -name '*.[ch]' -o -name '*.pxd')
COMPILED_FROM += $(wildcard $(patsubst %.pxd,%.py,$(filter %.pxd,$(COMPILED_FROM))))
ENGINE_TESTS := $(wildcard tests/autograd/test_*.py)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# One thread: on small nets more threads mostly wait for each other.
demo test slow compare bare installed sanitize: export OMP_NUM_THREADS ?= 1

.NOTPARALLEL:
.PHONY: help demo test slow compare bare installed sanitize notebooks docs links bench edges lint types release-check clean

help: ## this list
	@sed -nE 's/^([a-z-]+):.* ## (.*)/make \1\t\2/p' Makefile | expand -t 16
	@echo 'ARGS="..."      options of the program: make demo ARGS="--help", make test ARGS="-k conv2d"'
	@echo 'PYTHON=...      the Python (3.11 or newer) to set up with; now: $(PYTHON)'

demo: $(VENV)/with-render $(VENV)/with-plot ## train a small LeNet on digits, check hand derivations, write pictures
	@$(PY) -m nn.demo $(ARGS)

test: $(VENV)/with-test $(VENV)/with-render ## the test-suite
	$(PY) -m pytest -q -n 2 $(ARGS)

slow: $(VENV)/with-test $(VENV)/with-render $(VENV)/with-mpi ## the tests that take longer, in a browser too where Chromium is installed
	CHALKGRAD_REQUIRE_MPI=1 $(PY) -m pytest -q -n 2 -m slow $(ARGS)

compare: $(VENV)/with-test $(VENV)/with-torch $(VENV)/with-onnx ## the tests against PyTorch and onnxruntime, which it installs
	CHALKGRAD_REQUIRE_TORCH=1 CHALKGRAD_REQUIRE_ONNX=1 $(PY) -m pytest -q -n 2 -m "slow or not slow" -k "torch or onnx" $(ARGS)

# From the source archive, as it would be published; and with PYTHONSAFEPATH nothing is imported from this folder.
SOURCE_ARCHIVE = rm -rf $(VENV)/$@ && $(PY) -m build --sdist --outdir $(VENV)/$@ . >/dev/null
INSTALLED = $(VENV)/$@/venv/bin/python

installed: $(VENV)/with-test ## the main tests of the package installed anew, with the Python that PYTHON names
installed: TESTS := $(ENGINE_TESTS) tests/autograd/native tests/autograd/program tests/nn/data \
    $(addprefix tests/nn/test_,checkpoint.py io.py layers.py module.py optim.py torch_files.py training.py)
bare: $(VENV)/with-test ## the tests of the engine, of the package installed anew without a compiler
# The same Python runs, of all tests, in `CHALKGRAD_NATIVE=0 make test`: what is new here is how it was installed.
bare: TESTS := $(addprefix tests/autograd/test_,config.py engine.py history.py modes.py steps.py tensor.py transforms.py)
bare installed: export PYTHONSAFEPATH := 1
bare installed:
	$(SOURCE_ARCHIVE)
	$(PYTHON) -m venv $(VENV)/$@/venv
	$(if $(filter bare,$@),CC=false) $(INSTALLED) -m pip install --quiet $(VENV)/$@/*.tar.gz pytest pytest-xdist hypothesis scipy
	$(INSTALLED) -c 'from autograd.native import native; assert (native is None) == ("$@" == "bare")'
	$(INSTALLED) -m pytest -q -n 2 -o pythonpath= -p no:cacheprovider $(TESTS) $(ARGS)

# Python itself is built without sanitizers, hence the LD_PRELOAD. The cache of freed memory is off: large arrays, too,
# then lie between bytes that must not be touched.
sanitize: $(VENV)/with-test ## the tests of the compiled kernels under address and undefined-behaviour sanitizers
	$(SOURCE_ARCHIVE)
	CC=gcc CFLAGS="-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined" \
	    $(PY) -m pip install --quiet --no-deps --target $(VENV)/$@/package $(VENV)/$@/*.tar.gz
	export LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 CHALKGRAD_CACHE_LIMIT=0 CI=true \
	    PYTHONPATH=$(VENV)/$@/package && \
	$(PY) -P -c 'from autograd.native import native; assert "/sanitize/" in native.__file__' && \
	$(PY) -m pytest -q -n 2 -o pythonpath=$(VENV)/$@/package -p no:cacheprovider tests/autograd/native $(ARGS)

notebooks: $(VENV)/with-test $(VENV)/with-render ## the notebooks made anew from their scripts, and executed
	$(PY) notebooks/build.py $(ARGS)

docs: $(VENV)/with-docs ## the site, into docs/_build; warnings are errors
	OMP_NUM_THREADS=1 $(PY) -m sphinx -W --keep-going -n -q -j auto -b html docs docs/_build $(ARGS)
	@echo "the site: docs/_build/index.html"

links: $(VENV)/with-docs ## whether the site's links to other sites lead somewhere, with a list of them
	OMP_NUM_THREADS=1 $(PY) -m sphinx -q -b linkcheck docs docs/_build/links $(ARGS)

bench: $(VENV)/with-bench $(VENV)/peers ## the benchmarks beside PyTorch, micrograd and others
	$(PY) -m benchmarks $(ARGS)

edges: $(VENV)/with-edges $(VENV)/peers ## docs/edges.md: what PyTorch, JAX and others give at kinks, ties, zeros …
	$(PY) -m edges $(ARGS)

lint: $(VENV)/with-dev ## ruff, clang-format and oxlint: style and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/clang-format --dry-run --Werror autograd/native/*.[ch]
	$(PY) tests/lint_page.py

types: $(VENV)/with-dev $(VENV)/with-test ## mypy: the library, and programs that use it
	$(PY) -m mypy
	$(PY) -m pytest -q -m "slow or not slow" tests/test_types.py

release-check: $(VENV)/with-test ## what would be published: source archive and wheels, each installed and tried
	.ci/release-check $(ARGS)

clean: ## remove .venv and everything else that is made
	rm -rf $(VENV) build dist docs/_build docs/made *.egg-info demo-output browser-shots .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# READY is there when no set-up is under way: one that was cut short is begun anew.
$(READY): setup.cfg pyproject.toml setup.py $(COMPILED_FROM)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "chalkgrad needs Python 3.11 or newer; give another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11")'
	test -e $@ || $(PYTHON) -m venv --clear $(VENV)
	rm -f $@ && find autograd -name '*.so' -delete
	$(PY) -m pip install --quiet --editable .
	touch $@

$(VENV)/with-%: setup.cfg $(READY)
	mv $(READY) $(READY).not
	$(PY) -m pip install --quiet 'chalkgrad[$*]'
	mv $(READY).not $(READY) && touch $@

# HIPS autograd is imported under our name: it goes into a folder of its own, which only those two put on their path.
$(VENV)/peers: $(READY)
	rm -rf $@ && $(PY) -m pip install --quiet --no-deps --target $@ autograd==1.8.0 && touch $@
