"""The house: which way imports run, which names are public, and that each fact has one place."""

import ast
import configparser
import importlib.util
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import autograd as ag
import nn
from autograd.native import RECORDER

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (ag, nn)
COMPILED = "autograd._native"


def modules_of(package):
    """The dotted names of a package's modules in Python, itself included."""
    inner = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    return [package.__name__, *(found.name for found in inner if found.name != COMPILED)]


def fresh(code):
    """What ``code`` prints as JSON in a new process."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# -- imports -----------------------------------------------------------------------------------

PRIMITIVE = {"node", "notes", "values", "modes", "arrays", "conversion", "tensors"}
MAY_IMPORT = {
    "interpreter": set(),
    "node": {"interpreter", "notes"},
    "notes": set(),
    "values": {"interpreter", "modes._mode", "node.Value"},
    "modes": set(),
    "arrays": {"node"},
    "callers": set(),
    "conversion": {"modes", "callers"},
    "tensors": {
        "node", "notes", "values", "modes", "arrays", "conversion", "pairs", "declared", "devices.check_device",
    },
    "samples": set(),
    "traits": set(),
    "markup": set(),
    "words": set(),
    "native": {"_native"},
    "errors": {"tensors"},
    "watching": {*PRIMITIVE, "errors"},
    "broadcasting": {"node.Value", "traits", "callers"},
    "arguments": {*PRIMITIVE, "errors"},
    "recording": {
        *PRIMITIVE, "interpreter", "arguments", "errors", "watching", "broadcasting.warn_of_broadcasting",
        "words.called_in_torch_words",
    },
    "declaration": {
        "batch_rules.as_it_is", "node", "tensors", "recording.function_of", "watching.use_alias", "samples",
        "traits", "words",
    },
    "kernels": {"kernels", "native.native"},
    "ops": {
        "ops", "batch_rules", "kernels", "declaration", "of_values", "program.helpers", "random.generator_of",
        "samples", "tensors", "traits", "words.DTYPE", "words.Picked",
    },
    "ownership": {"interpreter", "kernels.arithmetic.copy"},
    "hooks": {*PRIMITIVE, "errors.described"},
    "unbroadcasting": {*PRIMITIVE, "errors", "ops.broadcasting.sum_to", "ops.shaping.astype"},
    "walking": {*PRIMITIVE, "interpreter", "errors", "hooks", "ownership", "unbroadcasting"},
    "seams": {*PRIMITIVE, "walking", "unbroadcasting", "errors"},
    "engine": {
        *PRIMITIVE, "walking", "seams", "unbroadcasting", "errors", "ownership.landed", "kernels.arithmetic.copy",
        "kernels.memory.use_cache", "declaration.alias", "ops.shaping.astype",
    },
    "temporaries": {"tensors", "callers"},
    "pairs": {"callers"},
    "declared": {"node.Value", "devices", "hooks", "tensors", "words"},
    "devices": set(),
    "cuda": set(),
    "creation": {"devices", "tensors"},
    "generators": {"devices"},
    "random": {"creation", "modes.current", "tensors"},
    "of_values": {"modes.current", "tensors", "words"},
    "selecting": {"ops", "of_values.order_of", "tensors", "words"},
    "synonyms": {"ops", "of_values"},
    "dlpack": {"array_api", "devices.check_device", "tensors"},
    "array_api": {
        *PRIMITIVE, "dlpack.from_dlpack", "devices", "ops", "linalg", "creation", "of_values", "selecting",
        "synonyms", "composed", "entries", "running",
    },
    "later": {"linalg", "special", "ops", "tensors"},
    "special": {"ops", "composed.exp2", "tensors"},
    "linalg": {"linalg", "ops", "composed.cross", "tensors"},
    "composed": {"creation", "ops", "tensors", "words"},
    "entries": {"composed.scaled", "ops", "tensors", "words"},
    "joining": {"composed", "ops", "selecting", "tensors"},
    "running": {"composed", "ops", "selecting", "tensors", "words"},
    "scattering": {"composed.scaled", "ops", "tensors"},
    "convolutions": {"ops", "tensors"},
    "statistics": {"errors.refuse_static_gradient", "ops", "composed", "of_values.order_of", "tensors", "words"},
    "missing": set(),
    "function": {*PRIMITIVE, "declaration", "ops"},
    "operators": {*PRIMITIVE, "temporaries", "broadcasting.warn_of_broadcasting", "declaration", "ops"},
    "methods": {
        *PRIMITIVE, "declaration.alias", "ops", "engine", "operators.give", "creation", "devices", "random",
        "of_values", "selecting", "statistics", "synonyms", "composed", "entries", "joining", "running", "scattering",
        "later", "hooks", "missing",
    },
    "numpy_protocol": {
        *PRIMITIVE, "broadcasting.warn_of_broadcasting", "declaration", "linalg", "ops", "special", "convolutions",
        "statistics", "composed", "entries", "joining", "running", "selecting",
    },
    "containers": {"node"},
    "batch_rules": {"traits"},
    "batched": {
        *PRIMITIVE, "arguments", "batch_rules", "declaration", "engine", "handlers.Handler", "ops",
        "random.generator_of",
    },
    "mapping": {*PRIMITIVE, "batched", "containers", "ops"},
    "transforms": {*PRIMITIVE, "batched", "containers", "declaration", "handlers.as_tensor", "ops", "engine"},
    "slopes": set(),
    "float_functions": {*PRIMITIVE, "declaration.alias", "engine.walk_to"},
    "finite_differences": {*PRIMITIVE, "declaration.alias", "float_functions", "slopes"},
    "taped": {*PRIMITIVE, "watching.alias_on_tape", "taped"},
    "checking": {
        *PRIMITIVE, "markup", "declaration.registry", "kernels", "engine", "slopes", "taped",
        "explaining.writing.derivation", "checking",
    },
    "explaining": {*PRIMITIVE, "markup", "declaration", "ops", "kernels", "engine", "taped", "explaining"},
    "drawing": {
        *PRIMITIVE, "files", "declaration", "engine", "kernels.windows.lay_out", "taped", "drawing", "explaining",
        "program",
    },
    "files": set(),
    "program": {
        *PRIMITIVE, "arguments", "config.empty_cache", "declaration", "engine", "files", "handlers.Handler", "kernels",
        "markup", "native", "ops", "ownership.memory_of", "program", "random", "replaying", "seams", "taped", "traits",
    },
    "teaching": {
        *PRIMITIVE, "markup", "files", "declaration", "engine", "taped", "checking", "explaining", "drawing",
        "teaching",
    },
    "shell": {*PRIMITIVE, "checking", "config", "drawing", "teaching"},
    "__main__": {"__version__", "shell", "teaching.command"},
    "cases": {*PRIMITIVE, "samples", "engine.walk_to"},
    "laws": {*PRIMITIVE, "traits", "samples", "engine", "transforms", "finite_differences.gradcheck", "cases"},
    "testing": {"checking", "cases", "declaration", "laws", "samples.Sample", "tensors.Tensor"},
    "placing": set(),
    "checkpointing": {
        *PRIMITIVE, "engine.apply_recorded", "function.Function", "handlers", "ownership.BORROWED", "walking.Walk",
    },
    "profiling": {"engine", "handlers.Handler", "modes", "node.births", "walking.land"},
    "replaying": {"interpreter", "node", "placing", "tensors.Tensor"},
    "handlers": {"arguments", "modes.current"},
    "steps": {*PRIMITIVE, "interpreter", "kernels.updates", "native.native"},
    "config": {"native", "kernels.memory.use_cache", "broadcasting.set_broadcast_warnings"},
    "extend": {"samples", "traits"},
    "internal": {
        "devices.is_device", "files.write_whole", "handlers.handler", "hooks", "modes", "ops",
        "profiling.Profiler", "program.instructions.resolved", "program.tracing.Tracer", "random", "steps",
    },
}  # fmt: skip
"""What each part of autograd may import of the others; "engine.x" allows the name x alone."""


def imports_of(module):
    """The dotted names that a module's source imports, wherever the import stands: "os", "autograd.node.Node"."""
    spec = importlib.util.find_spec(module)
    path = Path(spec.origin)
    if path.suffix == ".so":  # compiled from the Python file beside it
        path = path.with_name(module.rpartition(".")[2] + ".py")
    package = module if spec.submodule_search_locations else module.rpartition(".")[0]
    return imported(ast.parse(path.read_text(encoding="utf-8")), package)


def imported(tree, package):
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names += [f"{source}.{one.name}" for one in node.names]
    return names


def breaches(module, imports):
    """The imports of an autograd module that its place does not allow."""
    part = module.split(".")[1]
    allowed = MAY_IMPORT[part]
    own = [name.removeprefix("autograd.") for name in imports if name.split(".")[0] == "autograd"]
    wrong = [name for name in own if not {name, name.split(".")[0], name.rpartition(".")[0]} & allowed]
    return wrong + [name for name in imports if name.split(".")[0] == "nn"]


@pytest.mark.parametrize("module", [name for name in modules_of(ag) if name != "autograd"])
def test_imports_run_one_way(module):
    assert breaches(module, imports_of(module)) == []


def test_a_wrong_import_is_found():
    tree = ast.parse("from ..tensors import Tensor\nimport numpy\nfrom . import windows\ndef f():\n    import nn.data")
    names = imported(tree, "autograd.kernels")
    assert names == ["autograd.tensors.Tensor", "numpy", "autograd.kernels.windows", "nn.data"]
    assert breaches("autograd.kernels.conv", names) == ["tensors.Tensor", "nn.data"]
    assert breaches("autograd.unbroadcasting", ["autograd.ops.broadcasting.sum_to"]) == []
    assert breaches("autograd.unbroadcasting", ["autograd.ops.reduction.mean"]) == ["ops.reduction.mean"]


@pytest.mark.parametrize("module", modules_of(nn))
def test_nn_imports_public_names_only(module):
    for name in imports_of(module):
        if name.split(".")[0] == "autograd" and name != "autograd":
            package, _, own = name.removeprefix("autograd.").rpartition(".")
            assert package in ("", "internal") and own in (ag.internal if package else ag).__all__


def test_what_is_imported_is_a_requirement():
    """Third-party imports are those of setup.cfg; extras are imported inside functions."""
    required = set(requirements("options", "install_requires"))
    extras = {"PIL", "h5py", "matplotlib", "mpi4py", "pygraphviz", "scipy", "torch"}
    for package in PACKAGES:
        for module in modules_of(package):
            names = {name.split(".")[0] for name in imports_of(module)}
            foreign = names - set(sys.stdlib_module_names) - {"autograd", "nn"}
            assert foreign <= required | extras, module


HEAVY = tuple(
    "PIL dataclasses graphviz h5py hypothesis matplotlib mpi4py numpy.random pathlib pygraphviz pytest safetensors "
    "scipy torch tqdm nn.layers nn.optim autograd.checking autograd.explaining".split()
)


def test_what_one_part_lends_another_is_there_from_the_beginning():
    """A page to practise on has hints, and other libraries exchange arrays, before anything else was asked for."""
    assert fresh(
        "import json, autograd as ag; from autograd.drawing import hints; "
        "print(json.dumps([len(hints._lent), hasattr(ag.Tensor, '__dlpack__'), hasattr(ag.Tensor, 'to_device')]))"
    ) == [1, True, True]


def test_importing_loads_nothing_heavy():
    """Also none of the standard library's that take long, and no part of ours that is loaded when it is used."""
    modules = "import sys, json, numpy; before = set(sys.modules); import autograd, nn; new = set(sys.modules) - before"
    assert fresh(f"{modules}; print(json.dumps(sorted(new & set({HEAVY}))))") == []


# -- names -------------------------------------------------------------------------------------


def public(package):
    """The names without an underscore that are no submodules of the package."""
    submodules = {found.name for found in pkgutil.iter_modules(package.__path__)}
    return {name for name in vars(package) if not name.startswith("_") and name not in submodules}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_all_is_what_is_public(package):
    assert len(set(package.__all__)) == len(package.__all__)
    assert list(package.__all__) == sorted(package.__all__)
    chosen = {name for name in package.__all__ if not isinstance(getattr(package, name), ModuleType)}
    assert chosen == public(package)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_public_name_has_a_docstring(package):
    assert [name for name in package.__all__ if not getattr(package, name).__doc__] == []


def subpackages():
    """The dotted names of both packages and of every package in them."""
    for package in PACKAGES:
        inner = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        yield from (package.__name__, *(found.name for found in inner if found.ispkg))


@pytest.mark.parametrize("name", list(subpackages()))
def test_no_submodule_bears_the_name_of_a_function(name):
    """Importing it would put the module in the function's place."""
    package = importlib.import_module(name)
    for found in pkgutil.iter_modules(package.__path__):
        if found.name in getattr(package, "__all__", ()):
            assert isinstance(getattr(package, found.name), ModuleType), found.name


def test_no_call_replaces_a_public_name():
    """In a fresh process: everything twice, with every submodule imported in between."""
    code = """
import importlib, json, pkgutil
import numpy as np
import autograd, nn

def names(package):
    return {f"{package.__name__}.{name}": getattr(package, name) for name in package.__all__}

before = {**names(autograd), **names(nn)}
called = 0

def call_everything():
    global called
    from autograd.declaration import registry
    for name, op in registry.items():
        for sample in op.samples:
            args, kwargs = sample.make(np.random.default_rng(0))
            op.function(*args, **kwargs)
            called += 1
            break
    w = autograd.Tensor(2.0, requires_grad=True)
    with autograd.tape() as tape, autograd.scope("s"), autograd.detect_anomaly():
        y = w * w
    autograd.gradients(y, [w], retain_graph=True)
    autograd.draw(tape)
    autograd.gradcheck(autograd.exp, [np.ones(2)])
    for transform in (autograd.grad, autograd.value_and_grad, autograd.hessian, autograd.jacobian):
        transform(autograd.square)(3.0)
    nn.manual_seed(0)
    nn.models.LeNet()(np.zeros((1, 1, 8, 8), np.float32))

with np.errstate(all="ignore"):
    call_everything()
for package in (autograd, nn):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
with np.errstate(all="ignore"):
    call_everything()
after = {**names(autograd), **names(nn)}
print(json.dumps([called, [name for name in before if before[name] is not after[name]]]))
"""
    called, replaced = fresh(code)
    assert called > 200
    assert replaced == []


# -- one place for each fact -------------------------------------------------------------------


def setup_cfg():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(section, key):
    """The names of the distributions asked for."""
    return [re.match(r"[\w-]+", line).group() for line in setup_cfg()[section][key].split()]


def test_metadata_stand_in_setup_cfg_and_tools_in_pyproject():
    assert set(setup_cfg().sections()) == {
        "metadata", "options", "options.entry_points", "options.packages.find", "options.package_data",
        "options.extras_require",
    }  # fmt: skip
    assert set(pyproject()) == {"build-system", "tool"}
    assert "setuptools" not in pyproject()["tool"]
    others = "pytest.ini tox.ini mypy.ini .mypy.ini ruff.toml .ruff.toml conftest.py".split()
    assert [name for name in others if (ROOT / name).exists()] == []
    assert list(ROOT.glob("requirements*.txt")) == []


def test_the_version_stands_in_one_place():
    assert re.fullmatch(r"\d+\.\d+\.\d+", ag.__version__) and nn.__version__ is ag.__version__
    assert setup_cfg()["metadata"]["version"] == "attr: autograd.__version__"
    assert f"version: {ag.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")  # no code can read it


def test_both_packages_say_that_they_are_typed():
    assert all((ROOT / package.__name__ / "py.typed").exists() for package in PACKAGES)
    assert all("py.typed" in setup_cfg()["options.package_data"][package.__name__].split() for package in PACKAGES)


def test_compiled_modules_hold_no_examples():
    """Which pytest would not run: it is told to leave these files out."""
    options = pyproject()["tool"]["pytest"]["ini_options"]["addopts"]
    for module in RECORDER:
        assert f"--ignore=autograd/{module}.py" in options
        assert ">>>" not in (ROOT / "autograd" / f"{module}.py").read_text(encoding="utf-8")


def test_a_source_archive_has_what_cython_reads():
    assert "*.pxd" in setup_cfg()["options.package_data"]["autograd"].split()
    assert {path.parent.name for path in (ROOT / "autograd").rglob("*.pxd")} == {"autograd"}


def test_setup_py_holds_the_extensions_alone():
    """Their paths depend on NumPy's, which a declaration in setup.cfg cannot say."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "setup"]
    assert [keyword.arg for keyword in call.keywords] == ["ext_modules", "cmdclass"] and not call.args
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    extensions = [node for node in calls if ast.unparse(node.func) == "Extension"]
    assert repr(COMPILED) in [ast.unparse(extension.args[0]) for extension in extensions]
    for extension in extensions:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in extension.keywords}
        assert given["optional"] == "True" and "march" not in given["extra_compile_args"]


def test_the_least_python_is_the_same_everywhere():
    (least,) = re.fullmatch(r">=(3\.\d+)", setup_cfg()["options"]["python_requires"]).groups()
    minor = least.partition(".")[2]
    assert pyproject()["tool"]["ruff"]["target-version"] == f"py3{minor}"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"(3, {minor})" in makefile and f"needs Python {least} or newer" in makefile


def test_no_requirement_is_pinned_twice():
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    pins = re.findall(r"^    (\S+?)\s*[=>]=", text, re.MULTILINE)
    assert sorted(set(pins)) == sorted(pins)


def test_runtime_requirements():
    assert set(requirements("options", "install_requires")) == {"numpy", "graphviz", "safetensors", "tqdm"}


# -- what the documents promise ------------------------------------------------------------------

VARIABLE = r"CHALKGRAD_[A-Z_]+"


def text_of(*patterns):
    return "\n".join(path.read_text(encoding="utf-8") for pattern in patterns for path in sorted(ROOT.glob(pattern)))


def test_environment_variables_are_named_where_they_are_read():
    """Those that users may set stand in the README, and no document names one that nobody reads."""
    read = set(re.findall(rf'environ(?:\.get\(|\[)\s*"({VARIABLE})"', text_of("autograd/**/*.py", "nn/**/*.py")))
    assert read and read <= set(re.findall(VARIABLE, text_of("README.md")))
    known = read | set(re.findall(rf'environ(?:\.get\(|\[)\s*"({VARIABLE})"', text_of("tests/**/*.py", "setup.py")))
    named = set(re.findall(VARIABLE, text_of("*.md", "docs/*.md", "Makefile", ".ci/run", "autograd/**/*.py")))
    assert named <= known


def test_documents_name_targets_that_make_has():
    makefile = text_of("Makefile")
    (targets,) = [set(line.split()) for line in re.findall(r"^\.PHONY: (help .*)$", makefile, re.MULTILINE)]
    assert targets <= {name for line in re.findall(r"^([a-z -]+):", makefile, re.MULTILINE) for name in line.split()}
    assert targets == set(re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE))
    documents = text_of("*.md", "docs/*.md", ".ci/run", "autograd/**/*.py", "nn/**/*.py")
    named = set(re.findall(r"(?:`|^)(?:[A-Z_]+=\S+ )*make ([a-z-]+)", documents, re.MULTILINE))
    assert {"test", "bench", "sanitize"} <= named <= targets


def test_functions_that_the_readme_names_exist():
    for package, short in ((ag, "ag"), (nn, "nn")):
        for name in re.findall(rf"`{short}\.(\w+)", text_of("README.md", "CONTRIBUTING.md")):
            assert hasattr(package, name), f"{short}.{name}"


# -- files that can be read at a sitting ---------------------------------------------------------

LONG = 500


def sources():
    """What people write and read: Python, C and the page's JavaScript and styles."""
    for folder in ("autograd", "nn", "tests", "benchmarks", "edges"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".pxd", ".c", ".h", ".js", ".css"}:
                yield path


def test_a_long_file_gives_its_reason():
    """In its opening docstring or comment: ``Long because …``."""
    unreasoned = []
    for path in sources():
        lines = path.read_text(encoding="utf-8").splitlines()
        head = "\n".join(lines[:40])
        if len(lines) > LONG and not re.search(r"\blong because\b", head, re.IGNORECASE):
            unreasoned.append(f"{path.relative_to(ROOT)}: {len(lines)} lines")
    assert unreasoned == []


def test_files_of_tests_have_names_of_their_own():
    """Else one is taken for the other where both are collected: tests are no packages."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
